//! A share link as somebody without a sign-in opens it, in the collector's own dashboard.

use serde_json::json;

use super::{Chromium, Scene, eventually};
use crate::support::app::after;
use crate::support::program::good;

const TEXT: &str = "return document.body.innerText";

impl Scene {
    /// Makes a link by the command line, and gives it as the running collector serves it, with its token.
    async fn link(&self, more: &[&str]) -> (String, String) {
        let add = ["shares", "add", "--site", "1", "--name", "Agency"];
        let url = self.collector.database().url();
        let printed = good(url, &[&add[..], more].concat()).await;
        let link = after(&printed, "Shown this once: ");
        let (_, token) = link.split_once('#').expect("a token");
        let here = format!("{}/share#{token}", self.collector.origin());
        (here, token.to_owned())
    }
}

/// Opens a link and waits until the page says `word`.
async fn opened(browser: &Chromium, link: &str, word: &str) -> String {
    // Another fragment alone would load no page.
    browser.open("about:blank").await;
    browser.open(link).await;
    eventually(word, || async move {
        let text = browser.run(TEXT).await;
        text.as_str().is_some_and(|text| text.contains(word))
    })
    .await;
    browser.run(TEXT).await.as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn a_link_shows_figures_without_a_sign_in() {
    let scene = Scene::start().await;
    scene.open("/?utm_source=newsletter").await;
    scene
        .browser
        .run("waymark.identify('ann'); waymark.conversion('bought', { value: '49.90', currency: 'EUR', order_id: 'A-1' })")
        .await;
    scene.flushed().await;
    let (figures, token) = scene.link(&[]).await;
    let (journeys, _) = scene.link(&["--shows", "journeys"]).await;

    let holder = Chromium::start().await;
    let text = opened(&holder, &figures, "49.90").await;
    assert!(text.contains("Tests"), "{text}");
    assert!(!text.contains("ann"), "{text}");
    let count =
        |what: &str| format!("return document.querySelectorAll('[data-testid={what}]').length");
    assert_eq!(holder.run(&count("share-day")).await, json!(1));
    assert_eq!(holder.run(&count("share-journeys")).await, json!(0));
    // What is kept of the token is the address alone.
    let kept = "return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])";
    let kept = holder.run(kept).await;
    assert!(!kept.as_str().expect("a text").contains(&token), "{kept}");
    let asked = "return performance.getEntriesByType('resource').map(e => e.name).join(' ')";
    let asked = holder.run(asked).await;
    assert!(!asked.as_str().expect("a text").contains(&token), "{asked}");

    let text = opened(&holder, &journeys, "newsletter").await;
    assert!(text.contains("ann"), "{text}");
    assert_eq!(holder.run(&count("share-journey")).await, json!(1));

    // Of a sign-in there is nothing to be had.
    holder.open(&format!("{}/", scene.collector.origin())).await;
    eventually("the sign-in", || async {
        holder.run("return location.pathname").await == json!("/login")
    })
    .await;

    let url = scene.collector.database().url();
    let listed = good(url, &["shares", "list", "--site", "1"]).await;
    for line in listed.lines() {
        let id = line.split('\t').next().expect("an id");
        good(url, &["shares", "revoke", "--site", "1", id]).await;
    }
    for link in [&figures, &journeys] {
        let text = opened(&holder, link, "This link has ended").await;
        assert!(!text.contains("49.90"), "{text}");
    }
    let nowhere = format!("{}/share", scene.collector.origin());
    opened(&holder, &nowhere, "This link is not complete").await;
    let wrong = format!("{figures}0");
    opened(&holder, &wrong, "This link is not complete").await;
    scene.collector.assert_quiet_log();
    assert!(!scene.collector.log().contains(&token));
}
