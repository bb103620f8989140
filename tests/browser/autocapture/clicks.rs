//! Clicks, and where they lead.

use serde_json::{Value, json};
use thirtyfour::Key;

use super::Scene;

#[tokio::test]
async fn a_click_says_what_was_clicked() {
    let scene = Scene::capturing(
        "<section data-waymark-section=pricing data-waymark-plan-name=any>
            <button id=buy data-waymark-plan-name=team onclick='this.append(1)'>
                Buy <b>now</b><input value=hidden-in-here><span data-waymark-ignore>4111</span></button>
            <button id=icon aria-label='Close me' onclick='this.append(1)'>x</button>
            <button id=long onclick='this.append(1)'></button>
            <p>Not a button</p>
        </section>
        <div data-waymark-event=card_opened onclick='this.append(1)'>Card <span>one</span></div>
        <script>long.textContent = 'me@example.com 4111 1111 1111 1111 ' + '😀'.repeat(80)</script>",
    )
    .await;
    for css in ["#buy b", "p", "#icon", "#long", "div span"] {
        scene.click_on(css).await;
    }
    scene.flushed().await;

    let events = scene.events().await;
    let expect = |i: usize, name: &str, props: Value| {
        assert_eq!(events[i], (name.to_owned(), props));
    };
    let said = |id: &str, text: &str| json!({ "element": "button", "element_id": id, "text": text, "section": "pricing", "plan_name": "any" });
    let mut buy = said("buy", "Buy now");
    buy["plan_name"] = json!("team");
    expect(0, "click", buy);
    expect(1, "click", said("icon", "Close me"));
    let long = format!("* * {}", "😀".repeat(48));
    expect(2, "click", said("long", &long));
    expect(
        3,
        "card_opened",
        json!({ "element": "div", "text": "Card one" }),
    );
    assert_eq!(events.len(), 4, "a text is no button");
    scene.unharmed().await;
}

#[tokio::test]
async fn what_is_ignored_is_ignored_on_any_ancestor() {
    let scene = Scene::capturing(
        "<div data-waymark-ignore><p><button id=one>One</button></p><div id=host></div></div>
        <div contenteditable><a id=two href=#two>Two</a></div>
        <button id=three onclick='this.append(1)'>Three</button>
        <script>host.attachShadow({ mode: 'open' }).innerHTML = '<a href=#four style=display:block>Four</a>'</script>",
    )
    .await;
    for css in ["#one", "#two", "#host"] {
        scene.press(css, "left", 3).await;
    }
    scene.click_on("#three").await;
    scene.flushed().await;

    let texts: Vec<_> = scene.events().await.into_iter().collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert_eq!(texts[0].1["text"], json!("Three"));
}

#[tokio::test]
async fn a_link_is_followed_in_many_ways() {
    let scene = Scene::capturing(
        "<a id=plain href='#plain'>Plain</a> <a id=middle href='/next?secret=1'>Middle</a>
        <a id=picture href='#picture'><svg width=20 height=20><rect width=20 height=20 /></svg></a>
        <svg width=20 height=20><a id=drawn href='#drawn'><rect width=20 height=20 /></a></svg>
        <label>I have read <a id=terms href='#terms'>the terms</a><input type=checkbox></label>
        <label data-waymark-event=agreed id=agree>Agree<input type=checkbox></label>
        <div id=host><b>slotted</b></div>
        <script>
            host.attachShadow({ mode: 'open' }).innerHTML = '<a id=shadow href=\"#shadow\"><slot></slot></a>';
        </script>",
    )
    .await;
    scene.type_into("#plain", Key::Enter + "").await;
    scene.press("#middle", "middle", 1).await;
    scene.click_on("#picture rect").await;
    scene.click_on("#drawn rect").await;
    scene.click_on("#terms").await;
    scene.press("#agree", "left", 1).await;
    scene.click_on("#host b").await;
    scene.flushed().await;

    let origin = scene.site.url("");
    let said: Vec<_> = scene
        .events()
        .await
        .into_iter()
        .map(|(name, props)| {
            let text = |key: &str| props[key].as_str().unwrap_or("").to_owned();
            (
                name,
                text("element_id"),
                text("text"),
                text("link_url").replace(&origin, ""),
            )
        })
        .collect();
    let expected = [
        ("click", "plain", "Plain", "/"),
        ("click", "middle", "Middle", "/next"),
        ("click", "picture", "", "/"),
        ("click", "drawn", "", "/"),
        ("click", "terms", "the terms", "/"),
        ("agreed", "agree", "Agree", ""),
        ("click", "shadow", "slotted", "/"),
    ];
    let expected: Vec<_> = expected
        .map(|(a, b, c, d)| (a.to_owned(), b.to_owned(), c.to_owned(), d.to_owned()))
        .into();
    assert_eq!(said, expected);
    scene.unharmed().await;
}

#[tokio::test]
async fn an_outbound_link_is_told_while_the_page_is_left() {
    let scene = Scene::capturing("<a data-waymark-place=footer>Partner</a>").await;
    let away = scene.site.url("/elsewhere?token=secret#top");
    let away = away.replace("localhost", "127.0.0.1");
    let script = format!("document.querySelector('a').href = '{away}'");
    scene.browser.run(&script).await;
    scene.click_on("a").await;

    let told = scene.eventually_all("outbound_clicked", 1).await;
    let url = away.split('?').next();
    assert_eq!(
        told,
        [json!({
            "element": "a", "text": "Partner", "place": "footer",
            "link_url": url, "link_domain": "127.0.0.1",
        })]
    );
    assert_eq!(scene.all("click").await.len(), 0, "one event for a click");
}

#[tokio::test]
async fn a_download_is_told_by_extension_and_by_attribute() {
    let scene = Scene::capturing(
        "<a id=a href='/files/Price%20list.PDF?token=secret' onclick='event.preventDefault()'>Prices</a>
        <a id=b download='report.csv'>Report</a><a id=c href='mailto:me@example.com' onclick='event.preventDefault()'>Mail</a>
        <script>b.href = URL.createObjectURL(new Blob(['x']))</script>",
    )
    .await;
    for css in ["#a", "#b", "#c"] {
        scene.click_on(css).await;
    }
    // At once, without having been asked to send.
    let told = scene.eventually_all("file_downloaded", 2).await;
    assert_eq!(
        told,
        [
            json!({
                "element": "a", "element_id": "a", "text": "Prices", "file_name": "Price%20list.PDF", "file_extension": "pdf",
                "link_url": scene.site.url("/files/Price%20list.PDF"), "link_domain": "localhost",
            }),
            json!({
                "element": "a", "element_id": "b", "text": "Report",
                "file_name": "report.csv", "file_extension": "csv",
            }),
        ]
    );
    scene.flushed().await;
    assert_eq!(
        scene.all("click").await,
        [json!({ "element": "a", "element_id": "c", "text": "Mail" })]
    );
}
