//! History is brought in by clicks: a file is looked at, its columns are chosen, and its sessions are in the dashboard.

use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use thirtyfour::By;
use thirtyfour::extensions::query::ElementQueryable;

use super::pages::{AXE, AXE_CHECK, NOTE};
use super::places::sign_in;
use super::{Chromium, Database, eventually};
use crate::support::app::TestApp;

struct User {
    app: TestApp,
    browser: Chromium,
}

impl User {
    async fn start() -> Self {
        let app = TestApp::start(Database::sqlite()).await;
        let browser = Chromium::start().await;
        browser.before_each_page(NOTE).await;
        sign_in(&app, &browser).await;
        browser
            .open(&format!("{}/settings/imports", app.base))
            .await;
        let user = Self { app, browser };
        user.until("nothing was imported yet", "return has('no-imports')")
            .await;
        user
    }

    async fn run(&self, script: &str) -> Value {
        let helpers = "const at = (id) => document.querySelector(`[data-testid=${id}]`);
            const has = (id) => !!at(id);
            const text = (id) => at(id)?.innerText.trim() ?? null;";
        self.browser.run(&format!("{helpers} {script}")).await
    }

    async fn until(&self, what: &str, script: &str) {
        eventually(what, || async { self.run(script).await == json!(true) }).await;
    }

    async fn click(&self, testid: &str) {
        let query = self.browser.driver().query(By::Testid(testid));
        let query = query.wait(Duration::from_secs(45), Duration::from_millis(100));
        let found = query.and_clickable().first().await;
        let found = found.unwrap_or_else(|error| panic!("{testid}: {error}"));
        found.scroll_into_view().await.unwrap();
        found.click().await.unwrap();
    }

    /// Chooses files as a person does.
    async fn choose(&self, files: &[&std::path::Path]) {
        let paths: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
        let query = self.browser.driver().query(By::Testid("import-file"));
        let field = query.first().await.unwrap();
        field.send_keys(paths.join("\n")).await.unwrap();
        let count = format!(
            "return document.querySelectorAll('[data-testid=import-one]').length === {}",
            files.len()
        );
        self.until("the files are listed", &count).await;
    }

    async fn assert_within_reach(&self, what: &str) {
        let axe = std::fs::read_to_string(AXE).unwrap();
        for theme in ["light", "dark"] {
            let features = json!({"features": [{"name": "prefers-color-scheme", "value": theme}]});
            self.browser
                .devtools("Emulation.setEmulatedMedia", features)
                .await;
            self.browser.run(&axe).await;
            let found = self.browser.settled(AXE_CHECK).await;
            assert_eq!(found, json!([]), "{what} in the {theme} theme");
            self.browser.screenshot(&format!("{what}-{theme}")).await;
        }
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true});
        self.browser
            .devtools("Emulation.setDeviceMetricsOverride", phone)
            .await;
        let width = "return document.documentElement.scrollWidth <= 390";
        self.until(&format!("{what} fits a phone"), width).await;
        self.browser.screenshot(&format!("{what}-phone")).await;
        self.browser
            .devtools("Emulation.clearDeviceMetricsOverride", json!({}))
            .await;
        self.browser.assert_nothing_noted(what).await;
    }
}

/// Sessions of the last days, of which one has no time.
fn visits() -> String {
    let day = |days: i64| {
        let at = Timestamp::now() - (24 * days).hours();
        at.strftime("%Y-%m-%d 12:00:00").to_string()
    };
    format!(
        "visitor_id,session_id,when,landing_page,utm_source,page_views\n\
         v1,s1,{},https://shop.example/pricing,newsletter,3\n\
         v1,s2,{},https://shop.example/,newsletter,1\n\
         v2,s3,yesterday,https://shop.example/account,,1\n\
         v3,s4,{},https://shop.example/,,2\n",
        day(9),
        day(5),
        day(2),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_looked_at_mapped_and_imported_by_clicks() {
    let user = User::start().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("visits.csv.gz");
    let mut file = GzEncoder::new(std::fs::File::create(&path).unwrap(), Compression::fast());
    file.write_all(visits().as_bytes()).unwrap();
    file.finish().unwrap();

    user.choose(&[&path]).await;
    user.click("import-look").await;
    // No column has a name by which it would be taken for the start: it is asked which one.
    user.until(
        "it says what it needs",
        "return (text('import-problem') ?? '').includes('no column says when a session started')",
    )
    .await;
    let choose = "const field = at('import-field-started'); field.value = 'when';
        field.dispatchEvent(new Event('change', { bubbles: true })); return at('import-fields').open";
    assert_eq!(user.run(choose).await, json!(true));
    user.click("import-look").await;
    user.until("it was looked at", "return has('import-run')")
        .await;
    let figures =
        "return ['rows', 'rejected', 'visitors', 'sessions'].map((name) => text(`import-${name}`))";
    assert_eq!(user.run(figures).await, json!(["4", "1", "2", "3"]));
    let rejects = "return [...document.querySelectorAll('[data-testid=import-rejects] tbody td')].map((one) => one.innerText)";
    assert_eq!(
        user.run(rejects).await,
        json!([
            "4",
            "started (when)",
            "is no time, such as 2026-01-31T12:00:00Z or 1769860800"
        ])
    );
    let file = "fetch(document.querySelector('[data-testid=import-rejects-file]').href).then((answer) => answer.text())";
    let given = user.browser.settled(file).await;
    let lines = visits();
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(given, format!("{}\n{}\n", lines[0], lines[3]));
    assert_eq!(
        user.app
            .database
            .number("SELECT COUNT(*) FROM sessions")
            .await,
        0
    );
    user.assert_within_reach("import-looked").await;

    assert_eq!(user.run("return text('import-run')").await, "Import 3 rows");
    user.click("import-run").await;
    user.until("it is imported", "return text('import-new') === '6'")
        .await;
    let listed = "return [...document.querySelectorAll('[data-testid=import]')].map((one) =>
        [one.dataset.state, one.querySelector('strong').innerText, one.querySelector('.who').innerText])";
    let expected = json!([["done", "visits.csv.gz", "owner@example.test"]]);
    eventually("it is listed", || async {
        user.run(listed).await == expected
    })
    .await;
    user.assert_within_reach("import-done").await;

    // The same again is nothing, with the columns chosen anew.
    user.click("import-anew").await;
    user.choose(&[&path]).await;
    user.click("import-look").await;
    user.until("it is asked again", "return has('import-problem')")
        .await;
    user.run(choose).await;
    user.click("import-look").await;
    user.click("import-run").await;
    user.until(
        "nothing of it is new",
        "return text('import-new') === '0' && text('import-known') === '6'",
    )
    .await;

    user.browser
        .open(&format!("{}/sessions?range=30d", user.app.base))
        .await;
    let sessions = "return document.querySelectorAll('[data-testid=session-row]').length === 3";
    user.until("its sessions are there", sessions).await;
    user.browser
        .open(&format!("{}/sources?by=source", user.app.base))
        .await;
    let source = "return [...document.querySelectorAll('[data-testid=sources] [data-testid=table-row]')].some((row) => row.innerText.includes('newsletter'))";
    user.until("its source is among the sources", source).await;
    user.app.log.assert_quiet();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_files_of_an_export_are_imported_in_turn() {
    let user = User::start().await;
    user.run("at('import-kind').querySelector('input[value=plausible]').click()")
        .await;
    user.until(
        "it says what such files are",
        "return text('import-about').startsWith('The CSV files of its export')",
    )
    .await;
    let folder = tempfile::tempdir().unwrap();
    let visitors = folder
        .path()
        .join("imported_visitors_20230209_20240123.csv");
    std::fs::write(
        &visitors,
        "date,visitors,pageviews,bounces,visits,visit_duration\n2024-01-01,5,12,1,6,60\n2024-01-02,6,14,2,8,90\n",
    )
    .unwrap();
    let sources = folder.path().join("imported_sources_20230209_20240123.csv");
    std::fs::write(
        &sources,
        "date,source,visitors\n2024-01-01,Google,4\nsoon,Bing,1\n",
    )
    .unwrap();
    user.choose(&[&visitors, &sources]).await;
    user.click("import-look").await;
    user.click("import-run").await;
    let states = "return [...document.querySelectorAll('[data-testid=import-one]')].map((one) => one.dataset.state).join() === 'done,done' && has('import-anew')";
    user.until("both are imported", states).await;
    user.until(
        "the days are there",
        "return text('imported-days') === '2 days, from 2024-01-01 to 2024-01-02, with 26 page views.'",
    )
    .await;

    // One that goes on is seen, and ended, also by who did not begin it.
    let rows: String = (0..3_000)
        .map(|n| format!("v{n},2026-03-01T00:00:00Z,https://shop.example/,1000\n"))
        .collect();
    let begin = format!(
        "fetch('/api/v1/sites/1/imports?kind=sessions&file=long.csv', {{ method: 'POST', body: {} }}).then((answer) => answer.status)",
        json!(format!(
            "visitor_id,started_at,landing_page,page_views\n{rows}"
        ))
    );
    assert_eq!(user.browser.settled(&begin).await, 202);
    user.browser.driver().refresh().await.unwrap();
    let going = "return document.querySelector('[data-testid=import][data-state=running] [data-testid=import-remove]')?.innerText === 'End'";
    user.until("it goes on", going).await;
    user.run("document.querySelector('[data-testid=import][data-state=running] [data-testid=import-remove]').click()")
        .await;
    user.until(
        "it is ended",
        "return !!document.querySelector('[data-testid=import][data-state=cancelled]')",
    )
    .await;
    user.app.log.assert_quiet();
}
