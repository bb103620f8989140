//! Pages with a content security policy, or whose WebAssembly does not come: measured all the same, and it is said by what.

use serde_json::{Value, json};

use super::drivers::{Engine, free_port};
use super::site::{Address, page_with_sdk};
use super::{Chromium, Collector, Database, KEY, Scene};

const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";
/// A script tag with this nonce, on the site's own host.
const NONCE: &str = "c2VydmVkLW9uY2U";

fn own_tag(attributes: &str) -> String {
    format!(
        "<script async src=\"/sdk/waymark.js\" data-key=\"{{{{WAYMARK_KEY}}}}\" \
         data-endpoint=\"{{{{WAYMARK_ORIGIN}}}}/v1/events\" {attributes}></script>"
    )
}

fn page(tag: &str) -> String {
    format!("<!doctype html><html><head><title>Strict</title>{tag}</head><body></body></html>")
}

/// A page with this tag under this policy, opened; what it makes arrives.
async fn measured(tag: &str, policy: &str) -> Scene {
    let scene = Scene::with_pages([("strict", page(tag))]).await;
    scene.site.set_policy(policy);
    scene.open("/strict?utm_source=partner").await;
    scene.answered().await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
    let sources = scene.texts("SELECT source FROM visitors").await;
    assert_eq!(sources, [[super::text("partner")]]);
    scene
}

#[tokio::test]
async fn own_scripts_alone_are_enough() {
    let scene = measured(&own_tag(""), "script-src 'self'").await;
    scene.assert_engine(Engine::Js).await;
}

#[tokio::test]
async fn webassembly_runs_where_it_is_allowed() {
    let scene = measured(&own_tag(""), "script-src 'self' 'wasm-unsafe-eval'").await;
    scene.assert_engine(Engine::Wasm).await;
}

/// Without WebAssembly, so without the core's words; everything else of debug mode is there.
#[tokio::test]
async fn the_inspector_needs_no_more_than_own_scripts() {
    let scene = Scene::with_pages([("strict", page(&own_tag("")))]).await;
    scene
        .site
        .set_policy("script-src 'self'; style-src 'none'; require-trusted-types-for 'script'");
    scene.open("/strict?waymark_debug").await;
    scene.answered().await;
    let panel = "document.querySelector('waymark-inspector')?.shadowRoot.querySelector('.panel')";
    let shown = format!(
        "return [getComputedStyle({panel}).display, {panel}.textContent.includes('Batch 1')].join()"
    );
    let (browser, shown) = (&scene.browser, &shown);
    crate::support::eventually("a panel with its styles and a batch", || async move {
        browser.run(shown).await == json!("flex,true")
    })
    .await;
}

#[tokio::test]
async fn a_nonce_is_passed_on_to_what_the_tag_loads() {
    let policy = format!("script-src 'nonce-{NONCE}'");
    let scene = measured(&own_tag(&format!("nonce={NONCE}")), &policy).await;
    scene.assert_engine(Engine::Js).await;
}

#[tokio::test]
async fn strict_dynamic_trusts_what_a_trusted_script_loads() {
    let policy = format!("script-src 'nonce-{NONCE}' 'strict-dynamic'");
    let scene = measured(&own_tag(&format!("nonce={NONCE}")), &policy).await;
    scene.assert_engine(Engine::Js).await;
    // As a tag manager puts it there.
    let inserted = format!(
        "<script nonce={NONCE}>
            const tag = document.createElement('script');
            tag.src = '/sdk/waymark.js';
            tag.dataset.key = '{{{{WAYMARK_KEY}}}}';
            tag.dataset.endpoint = '{{{{WAYMARK_ORIGIN}}}}/v1/events';
            document.head.append(tag);
        </script>"
    );
    let scene = measured(&inserted, &policy).await;
    scene.assert_engine(Engine::Js).await;
}

#[tokio::test]
async fn a_browser_without_webassembly_has_the_fallback() {
    let browser = Chromium::start().await;
    browser
        .before_each_page("delete globalThis.WebAssembly")
        .await;
    let pages = [("", page_with_sdk("Old", "", ""))];
    let scene = Scene::with(Database::sqlite(), pages, browser).await;
    scene.open("/").await;
    scene.answered().await;
    scene.assert_engine(Engine::Js).await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
}

#[tokio::test]
async fn a_module_that_does_not_come_or_is_another_is_replaced_by_the_fallback() {
    for other in ["gone.wasm", "stub.js"] {
        let policy = "script-src 'self' 'wasm-unsafe-eval'";
        let scene = measured(&own_tag(&format!("data-wasm={other}")), policy).await;
        scene.assert_engine(Engine::Js).await;
    }
}

#[tokio::test]
async fn the_engine_is_said_with_each_batch() {
    let address = Address::take().await;
    let metrics = format!("127.0.0.1:{}", free_port());
    let settings = ["--metrics-listen", &metrics];
    let collector = Collector::with(Database::sqlite(), &address.origin(), &settings).await;
    let site = address.serve([("", page(&own_tag("")))], &collector.origin(), KEY);
    let scene = Scene {
        site,
        collector,
        browser: Chromium::start().await,
    };
    let batches = async |engine: &str| {
        let text = reqwest::get(format!("http://{metrics}/metrics")).await;
        let text = text.expect("the metrics").text().await.expect("their text");
        let name = format!("waymark_batches_total{{engine=\"{engine}\"}} ");
        let line = text.lines().find_map(|line| line.strip_prefix(&name));
        line.map_or(0, |count| count.parse().expect("a number"))
    };
    scene.site.set_policy("script-src 'self'");
    scene.open("/").await;
    scene.answered().await;
    assert!(batches("js").await >= 1);
    assert_eq!(batches("wasm").await, 0);
    let by_fallback = batches("js").await;
    scene
        .site
        .set_policy("script-src 'self' 'wasm-unsafe-eval'");
    scene.open("/").await;
    scene.answered().await;
    assert!(batches("wasm").await >= 1);
    // What the page before still had to say may come from it as it leaves.
    assert!(batches("js").await <= by_fallback + 1);
}

#[tokio::test]
async fn the_fallbacks_memory_grows_without_losing_what_is_in_it() {
    let scene = measured(&own_tag(""), "script-src 'self'").await;
    scene
        .browser
        .run(
            "for (let i = 0; i < 60; i++) {
                 const text = String.fromCharCode(97 + i % 26).repeat(20000);
                 waymark.track('large_' + i, { text });
             }",
        )
        .await;
    scene.answered().await;
    scene.assert_engine(Engine::Js).await;
    const WHOLE: &str = "SELECT COUNT(DISTINCT name) FROM events WHERE name LIKE 'large_%'
        AND length(replace(props, substr(props, 10, 1), '')) < 12 AND length(props) > 20000";
    assert_eq!(scene.number(WHOLE).await, 60);
}

fn manifest() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../js-wrapper/dist/manifest.json"
    );
    let text = std::fs::read_to_string(path).expect("the SDK is built");
    serde_json::from_str(&text).expect("a manifest")
}

#[tokio::test]
async fn a_script_pinned_by_its_hash_runs_and_another_does_not() {
    let pinned = manifest()["integrity"].as_str().expect("a hash").to_owned();
    let tag = |hash: &str| format!("crossorigin=anonymous integrity=\"{hash}\"");
    let wrong = "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let scene = Scene::with_pages([
        ("", page_with_sdk("Pinned", &tag(&pinned), "")),
        ("wrong", page_with_sdk("Wrong", &tag(wrong), "")),
    ])
    .await;
    scene.open("/wrong").await;
    let there = scene.browser.run("return typeof waymark").await;
    assert_eq!(there, json!("undefined"));
    scene.open("/").await;
    scene.flushed().await;
    assert_eq!(scene.number(PAGE_VIEWS).await, 1);
}
