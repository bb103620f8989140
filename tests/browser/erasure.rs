//! An owner exports and erases a person in the dashboard, and takes it back.

use super::journey::BROWSER;
use super::{KEY, Scene, eventually};
use crate::support::batch::{Visit, event, page_view};

#[tokio::test]
async fn an_owner_exports_erases_and_takes_back() {
    let scene = Scene::start().await;
    scene.set_up().await;
    scene.element("snippet").await;
    let visit = Visit::new(KEY);
    let mut batch = visit.batch(&[page_view("https://shop.example/"), event("annsecretword")]);
    batch["context"]["user_id"] = "ann".into();
    scene.send_as_page(&batch, BROWSER).await;
    let other = Visit::new(KEY);
    scene
        .send_as_page(&other.batch(&[event("other")]), BROWSER)
        .await;
    let row = scene.row_of(&visit.visitor.to_string()).await;
    Scene::open_row(&row).await;
    // What the link leads to is the person's.
    scene.element("export").await;
    let name = scene.element("name").await.text().await.expect("its text");
    let exported = scene
        .browser
        .settled("fetch(document.querySelector('[data-testid=export]').href).then(answer => answer.text())")
        .await;
    let exported = exported.as_str().expect("a text").to_owned();
    assert!(exported.contains("annsecretword") && exported.contains("\"end\""));
    assert!(!exported.contains("\"other\""));

    // The dialog says what would go, and waits for the name.
    scene.click("erase").await;
    let rows = scene.element("erase-rows").await;
    assert!(rows.text().await.expect("its text").contains("events"));
    // WebKit's driver takes what may be cut for hidden.
    let ids = "return document.querySelector('[data-testid=erase-ids]').innerText";
    let ids = scene.browser.run(ids).await;
    assert!(ids.as_str().expect("a text").contains("user:ann"), "{ids}");
    let confirm = scene.element("erase-confirm").await;
    assert!(!confirm.is_enabled().await.expect("its state"));
    scene.fill("erase-name", "somebody-else").await;
    assert!(!confirm.is_enabled().await.expect("its state"));
    scene
        .element("erase-name")
        .await
        .clear()
        .await
        .expect("it is emptied");
    scene.fill("erase-name", &name).await;
    scene.browser.screenshot("erase").await;
    assert!(confirm.is_enabled().await.expect("its state"));
    scene.click("erase-confirm").await;
    scene
        .eventually_shows(&["Nobody finds this person any more."])
        .await;
    assert_eq!(left(&scene).await, 0);

    // Taken back at once.
    scene.click("erase-undo").await;
    scene
        .eventually_shows(&["Taken back: everything is as it was."])
        .await;
    assert_eq!(left(&scene).await, 1);
    scene.click("erase-close").await;

    // And once more later, from the list.
    scene.click("erase").await;
    scene.element("erase-rows").await;
    scene.fill("erase-name", &name).await;
    scene.click("erase-confirm").await;
    scene.click("erase-close").await;
    scene.row_of(&other.visitor.to_string()).await;
    scene
        .browser
        .open(&format!(
            "{}/journeys/{}",
            scene.collector.origin(),
            visit.visitor
        ))
        .await;
    scene.element("not-found").await;
    scene
        .browser
        .open(&format!("{}/erasures", scene.collector.origin()))
        .await;
    scene.element("erasure").await;
    scene.browser.screenshot("erasures").await;
    scene.click("undo").await;
    scene.element("restored").await;
    scene.element("no-erasures").await;
    assert_eq!(left(&scene).await, 1);
    scene
        .browser
        .open(&format!(
            "{}/journeys/{}",
            scene.collector.origin(),
            visit.visitor
        ))
        .await;
    scene.eventually_shows(&["annsecretword"]).await;

    // For good: no undo.
    scene.click("erase").await;
    let days = scene.element("erase-days").await;
    days.clear().await.expect("it is emptied");
    scene.fill("erase-days", "0").await;
    scene.click("erase-delete").await;
    scene.fill("erase-name", &name).await;
    scene.click("erase-confirm").await;
    scene.eventually_shows(&["Erased for good."]).await;
    assert_eq!(scene.count("erase-undo").await, 0);
    assert_eq!(left(&scene).await, 0);
    eventually("the rows are gone", || async {
        scene.number("SELECT COUNT(*) FROM events").await == 1
    })
    .await;
    scene.collector.assert_quiet_log();
}

/// How many rows there are by which Ann can be told.
async fn left(scene: &Scene) -> i64 {
    let own = "SELECT COUNT(*) FROM events WHERE name = 'annsecretword' AND user_id = 'ann'";
    scene.number(own).await
}
