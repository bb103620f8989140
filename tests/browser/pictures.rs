//! The pictures of `docs/dashboard.md`: each page of the demo in the light theme, small enough to be kept beside the text.
//!
//! They are made with every run of the browser tests, below `target/screenshots/docs`; `cargo xtask screenshots` puts them where
//! the text shows them. A page that the text shows and that is not made here fails.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::places::sign_in;
use super::settings::{click, fill};
use super::{Chromium, Database, eventually};
use crate::support::app::TestApp;

/// Bytes of a picture, and of all.
const ONE: usize = 60_000;
const ALL: usize = 1_200_000;

/// The page on which a file was chosen and looked at.
const IMPORTS: &str = "imports";

/// Every picture: its name, the page, and what is there once the page shows something.
const PICTURES: &[(&str, &str, &str)] = &[
    ("overview", "/", "[data-testid=figure-visitors]"),
    ("sources", "/sources?by=campaign", "[data-testid=table-row]"),
    ("pages", "/pages", "[data-testid=table-row]"),
    ("journeys", "/journeys", "[data-testid=journey-row]"),
    ("people", "/people", "[data-testid=person-row]"),
    (
        "person",
        "/people/user:nora.lindqvist",
        "[data-testid=lane]",
    ),
    ("accounts", "/accounts", "[data-testid=account-row]"),
    (
        "funnels",
        "/funnels?range=90d&compare=none&window=30d&s=page.contains:%2F|as:Any%20page&s=page:%2Fpricing&s=event:signup_started&s=milestone:signup_at&s=milestone:fee_agreement_at",
        "[data-testid=funnel-step]",
    ),
    ("paths", "/paths", "main svg path"),
    ("retention", "/retention?range=90d", "[data-testid=best]"),
    (
        "attribution",
        "/attribution?by=campaign",
        "[data-testid=leader]",
    ),
    ("stages", "/stages?range=90d", "[data-testid=stage-step]"),
    ("insights", "/insights", "[data-testid=insight-row]"),
    ("events", "/events", "[data-testid=events]"),
    ("sessions", "/sessions", "[data-testid=session-row]"),
    ("quality", "/quality?show=bots", "[data-testid=figure-loss]"),
    ("alerts", "/alerts?add=alert", "[data-testid=alert-looks]"),
    ("stages-settings", "/settings/stages", "main h2"),
    (IMPORTS, "/settings/imports", "[data-testid=import-run]"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_of_the_pages_are_small_and_all_that_are_shown() {
    let app = TestApp::start(Database::sqlite()).await;
    let browser = Chromium::start().await;
    sign_in(&app, &browser).await;
    let make = "fetch('/api/v1/sites/demo', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
        .then((answer) => answer.json())";
    let demo = browser.settled(make).await;
    assert_eq!(demo["is_demo"], true, "{demo}");
    let demo = demo["id"].as_i64().unwrap();
    app.judged().await;
    let light = json!({"features": [{"name": "prefers-color-scheme", "value": "light"}, {"name": "prefers-reduced-motion", "value": "reduce"}]});
    browser.devtools("Emulation.setEmulatedMedia", light).await;
    let size = json!({"width": 1280, "height": 860, "deviceScaleFactor": 1, "mobile": false});
    browser
        .devtools("Emulation.setDeviceMetricsOverride", size)
        .await;

    browser
        .devtools("Emulation.setScrollbarsHidden", json!({"hidden": true}))
        .await;

    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join("target/screenshots/docs");
    std::fs::create_dir_all(&folder).unwrap();
    let mut sum = 0;
    for (name, path, shows) in PICTURES {
        let sign = if path.contains('?') { '&' } else { '?' };
        // The demo takes nothing in.
        let site = if *name == IMPORTS { 1 } else { demo };
        browser
            .open(&format!("{}{path}{sign}site={site}", app.base))
            .await;
        if *name == IMPORTS {
            look_at_file(&browser).await;
        }
        drawn(&browser, path, shows).await;
        let taken = json!({"format": "webp", "quality": 58});
        let taken = browser.devtools("Page.captureScreenshot", taken).await;
        sum += keep(&folder, name, &taken);
    }
    assert!(sum <= ALL, "{sum} bytes in all");

    let text = std::fs::read_to_string(root.join("docs/dashboard.md")).unwrap();
    let made: BTreeSet<&str> = PICTURES.iter().map(|(name, ..)| *name).collect();
    let shown: BTreeSet<&str> = text
        .split("(images/dashboard/")
        .skip(1)
        .filter_map(|rest| rest.split_once(".webp)"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(made, shown);
    for name in &shown {
        let kept = root.join(format!("docs/images/dashboard/{name}.webp"));
        assert!(
            kept.exists(),
            "{}: cargo xtask screenshots makes it",
            kept.display()
        );
    }
    app.log.assert_quiet();
}

/// Chooses a file of sessions and looks at it, as somebody does who has some.
async fn look_at_file(browser: &Chromium) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visits.csv");
    let mut rows =
        "visitor_id,session_id,started_at,landing_page,utm_source,page_views\n".to_owned();
    for number in 1..=40_i64 {
        let at = Timestamp::now() - (30 * number).hours();
        let at = at.strftime("%Y-%m-%d %H:00:00");
        let visitor = number % 17;
        writeln!(
            rows,
            "v{visitor},s{number},{at},https://shop.example/,newsletter,{}",
            1 + number % 4
        )
        .unwrap();
    }
    std::fs::write(&path, rows).unwrap();
    fill(browser, "import-file", path.to_str().unwrap()).await;
    click(browser, "import-look").await;
    // It is read from there until it was looked at.
    eventually("the file was looked at", || async {
        browser
            .run("return !!document.querySelector('[data-testid=import-run]')")
            .await
            == json!(true)
    })
    .await;
}

/// Waits until the page is as it stays.
async fn drawn(browser: &Chromium, path: &str, shows: &str) {
    let script = format!(
        "return !!document.querySelector('{shows}') &&
            document.querySelectorAll('main [aria-busy=true], main .skeleton, main [data-drawn=false], main .stale').length === 0"
    );
    eventually(&format!("{path} shows {shows}"), || async {
        browser.run(&script).await == json!(true)
    })
    .await;
    // Twice the same picture: nothing fades in any more.
    let mut before = Value::Null;
    let settled = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(document.querySelector('main').innerHTML.length))))";
    for _ in 0..100 {
        let now = browser.settled(settled).await;
        if now == before {
            return;
        }
        before = now;
    }
    panic!("{path} does not come to rest");
}

fn keep(folder: &Path, name: &str, taken: &Value) -> usize {
    let picture = taken["data"].as_str().unwrap();
    let picture = base64::engine::general_purpose::STANDARD
        .decode(picture)
        .unwrap();
    assert!(picture.len() <= ONE, "{name} has {} bytes", picture.len());
    std::fs::write(folder.join(format!("{name}.webp")), &picture).unwrap();
    picture.len()
}
