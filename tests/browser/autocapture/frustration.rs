//! Clicks in anger.

use serde_json::json;

use super::{Scene, eventually};

#[tokio::test]
async fn clicks_in_quick_succession_on_one_spot_are_a_rage_click() {
    let scene = Scene::capturing(
        "<button id=stuck>Save</button><p id=text>Three clicks select this line</p>
        <div id=picture style='width:50px;height:50px;background:red'></div><button id=calm>Calm</button>",
    )
    .await;
    scene.press("#calm", "left", 2).await;
    scene.press("#stuck", "left", 5).await;
    scene.press("#text", "left", 3).await;
    scene.browser.run("getSelection().removeAllRanges()").await;
    scene.press("#picture", "left", 3).await;
    scene.flushed().await;
    assert_eq!(
        scene.all("rage_click").await,
        [
            json!({ "element": "button", "element_id": "stuck", "text": "Save" }),
            json!({ "element": "div", "element_id": "picture" }),
        ]
    );
    scene.unharmed().await;
}

/// Each of these does something that can be noticed, in one way each.
const ALIVE: &str = "
    <button id=alters onclick='document.title = 1'>Alters</button>
    <button id=moves onclick='history.pushState({}, null, \"/other\")'>Moves</button>
    <button id=focuses onclick='field.focus()'>Focuses</button><input id=field>
    <button id=selects onclick='getSelection().selectAllChildren(text)'>Selects</button><p id=text>Text</p>
    <button id=scrolls onclick='window.scrollBy(0, 50)'>Scrolls</button><div style='height:3000px'></div>
    <form onsubmit='event.preventDefault()'><button id=submits>Submits</button></form>";

#[tokio::test]
async fn a_click_that_nothing_follows_is_dead() {
    let scene = Scene::capturing_with(
        "data-autocapture=rage",
        "auxclick",
        "<button id=dead>Nothing</button><a id=link href=# onclick='event.preventDefault()'>Link</a>",
    )
    .await;
    let browser = &scene.browser;
    for (css, count) in [("#dead", 1), ("#link", 2)] {
        scene.click_on(css).await;
        eventually("a dead click", || async {
            browser.settled("waymark.flush()").await;
            scene.all("dead_click").await.len() >= count
        })
        .await;
    }
    assert_eq!(
        scene.all("dead_click").await,
        [
            json!({ "element": "button", "element_id": "dead", "text": "Nothing" }),
            json!({
                "element": "a", "element_id": "link", "text": "Link",
                "link_url": scene.site.url("/"), "link_domain": "localhost",
            }),
        ]
    );
}

#[tokio::test]
async fn a_click_that_has_an_effect_is_not_dead() {
    let scene = Scene::capturing_with("data-autocapture=rage", "auxclick", ALIVE).await;
    for id in [
        "alters", "focuses", "selects", "scrolls", "submits", "moves",
    ] {
        scene.click_on(&format!("#{id}")).await;
        // As long as a click is given, by the clock that it is given it by.
        scene
            .browser
            .settled("new Promise(done => setTimeout(done, 2600))")
            .await;
    }
    scene.flushed().await;
    assert_eq!(scene.events().await, []);
    scene.unharmed().await;
}
