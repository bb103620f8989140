//! Addresses within one document, from the landing through whatever a router does: exactly one page view each, with the page
//! before as its referrer and the title that the router has set by then.

use serde_json::json;

use super::{Scene, eventually, page_with_sdk, text};

pub(super) const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";
pub(super) const VIEWS: &str =
    "SELECT url, title, referrer FROM events WHERE kind = 'page_view' ORDER BY at, seq";

/// A page view: path, title, path of the page before.
type View<'a> = (&'a str, &'a str, Option<&'a str>);

async fn app(attributes: &str) -> Scene {
    let page = page_with_sdk("Start", attributes, "");
    let scene = Scene::with_pages([("app", page)]).await;
    scene.open("/app").await;
    scene.flushed().await;
    scene
}

impl Scene {
    /// Runs `script` in the page, waits until what it may have caused has happened, and sends everything.
    pub(super) async fn after(&self, script: &str) {
        self.browser.run(script).await;
        // Two turns of the loop, for what is told in a microtask or a task of its own.
        self.browser
            .settled("new Promise(done => setTimeout(() => setTimeout(done, 100), 0))")
            .await;
        self.flushed().await;
    }

    /// Fails unless these are the page views in the database, in their order.
    pub(super) async fn assert_views(&self, expected: &[View<'_>]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(path, title, before)| {
                let before = before.map(|path| self.site.url(path));
                vec![text(&self.site.url(path)), text(title), before]
            })
            .collect();
        assert_eq!(self.texts(VIEWS).await, expected);
    }
}

#[tokio::test]
async fn a_pushed_address_is_one_page_view_with_the_page_before_as_referrer() {
    let scene = app("").await;
    scene
        .after("history.pushState({}, '', '/app/one'); document.title = 'One'")
        .await;
    scene
        .after("history.pushState({}, '', '/app/one?page=2'); document.title = 'Two'")
        .await;
    scene
        .assert_views(&[
            ("/app", "Start", None),
            ("/app/one", "One", Some("/app")),
            ("/app/one?page=2", "Two", Some("/app/one")),
        ])
        .await;
}

#[tokio::test]
async fn a_replaced_path_is_one_page_view_and_a_replaced_query_is_none() {
    let scene = app("").await;
    scene
        .after("history.replaceState({}, '', '/app/home'); document.title = 'Home'")
        .await;
    scene
        .after("history.replaceState({}, '', '/app/home?filter=a'); waymark.track('filtered')")
        .await;
    scene
        .after("history.replaceState({}, '', '/app/home?filter=ab')")
        .await;
    scene
        .after("history.pushState({}, '', '/app/one'); document.title = 'One'")
        .await;
    scene
        .assert_views(&[
            ("/app", "Start", None),
            ("/app/home", "Home", Some("/app")),
            ("/app/one", "One", Some("/app/home?filter=ab")),
        ])
        .await;
}

#[tokio::test]
async fn what_a_router_redirects_at_once_is_one_page_view() {
    let scene = app("").await;
    scene
        .after(
            "history.pushState({}, '', '/app/private'); history.replaceState({}, '', '/app/login');
             document.title = 'Log in'",
        )
        .await;
    scene
        .assert_views(&[
            ("/app", "Start", None),
            ("/app/login", "Log in", Some("/app")),
        ])
        .await;
}

#[tokio::test]
async fn back_and_forward_are_one_page_view_each() {
    let scene = app("").await;
    scene
        .browser
        .run("addEventListener('popstate', () => document.title = location.pathname)")
        .await;
    scene
        .after("history.pushState({}, '', '/app/one'); document.title = 'One'")
        .await;
    for (step, path) in [("back", "/app"), ("forward", "/app/one")] {
        scene.browser.run(&format!("history.{step}()")).await;
        scene.eventually_at(path).await;
        scene.after("").await;
    }
    scene
        .assert_views(&[
            ("/app", "Start", None),
            ("/app/one", "One", Some("/app")),
            ("/app", "/app", Some("/app/one")),
            ("/app/one", "/app/one", Some("/app")),
        ])
        .await;
}

#[tokio::test]
async fn a_hash_counts_only_with_hash_routing() {
    let scene = app("").await;
    scene.after("location.hash = '/one'").await;
    scene.after("history.pushState({}, '', '#/two')").await;
    scene.assert_views(&[("/app", "Start", None)]).await;

    let scene = app("data-hash-routing").await;
    scene
        .after("location.hash = '/one'; document.title = 'One'")
        .await;
    scene.after("location.hash = '/one'").await;
    scene
        .after("history.pushState({}, '', '#/two'); document.title = 'Two'")
        .await;
    scene
        .after("history.replaceState({}, '', '#/three'); document.title = 'Three'")
        .await;
    scene
        .assert_views(&[
            ("/app", "Start", None),
            ("/app#/one", "One", Some("/app")),
            ("/app#/two", "Two", Some("/app#/one")),
            ("/app#/three", "Three", Some("/app#/two")),
        ])
        .await;
}

#[tokio::test]
async fn a_title_that_the_router_sets_late_is_the_page_views() {
    let scene = app("").await;
    let late = "(() => { history.pushState({}, '', '/app/one'); return new Promise(done => setTimeout(() => {
        document.title = 'One'; done() }, 400)) })()";
    scene.browser.settled(late).await;
    // A click that leads on: the title is read before the router has another one.
    scene
        .browser
        .run("document.body.dispatchEvent(new PointerEvent('pointerdown', { bubbles: true }))")
        .await;
    scene
        .after("history.pushState({}, '', '/app/two'); document.title = 'Two'")
        .await;
    scene
        .assert_views(&[
            ("/app", "Start", None),
            ("/app/one", "One", Some("/app")),
            ("/app/two", "Two", Some("/app/one")),
        ])
        .await;
}

#[tokio::test]
async fn a_landing_whose_campaign_is_tidied_away_is_one_page_view_with_its_title() {
    let tidy = "<script>history.replaceState({}, '', location.pathname)</script>";
    let scene = Scene::with_pages([("app", page_with_sdk("Start", "", tidy))]).await;
    scene.open("/app?utm_source=partner").await;
    scene.after("waymark.track('looked_around')").await;
    // The first call may have brought the module, which looks at the address a moment after it came.
    scene.after("waymark.track('looked_again')").await;
    scene.after("location.hash = 'more'").await;
    scene
        .assert_views(&[("/app?utm_source=partner", "Start", None)])
        .await;
}

#[tokio::test]
async fn a_start_that_runs_twice_is_one_page_view() {
    // As React's StrictMode does with every effect, in a site that uses the npm package.
    let page = "<!doctype html><title>Start</title><script type=module>
        import waymark from '/sdk/index.js';
        window.waymark = waymark;
        const settings = { key: '{{WAYMARK_KEY}}', endpoint: '{{WAYMARK_ORIGIN}}' };
        for (const _ of [1, 2]) waymark.init(settings);
    </script>";
    let scene = Scene::with_pages([("app", page.to_owned())]).await;
    scene.open("/app").await;
    eventually("the module has run", || async {
        scene.browser.run("return !!window.waymark").await == json!(true)
    })
    .await;
    scene.flushed().await;
    scene.assert_views(&[("/app", "Start", None)]).await;
}

impl Scene {
    pub(super) async fn eventually_at(&self, path: &str) {
        let script = format!(
            "return document.readyState == 'complete' && !!window.waymark && location.pathname == '{path}'"
        );
        let script = script.as_str();
        eventually(path, || async move {
            self.browser.run(script).await == json!(true)
        })
        .await;
    }
}
