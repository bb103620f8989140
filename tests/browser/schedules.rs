//! Random visits in a real browser: tabs that open, load, go back, reload, close and crash over a network that loses, delays
//! and refuses. However it went, in the end every event that was made is in the database exactly once.
//!
//! What the visitor does follows from a schedule's seed, and what the network does to the first batch, the second and so on. When
//! batches come is the browser's. `WAYMARK_TEST_SEED` runs the schedules from that seed on, as many as `WAYMARK_TEST_SCHEDULES`
//! says; a failure names its own and says what happened.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use thirtyfour::WindowHandle;
use waymark_collector::store::Store;

use super::network::Fate;
use super::{Address, Chromium, Collector, Database, Site, eventually, page_with_own_sdk};
use crate::support::{long, setting};

/// The latest site's.
const NAMES: &str = "SELECT name FROM events WHERE kind = 'event'
    AND site_id = (SELECT MAX(id) FROM sites) ORDER BY name";
/// Visitors, sessions, sessions counted, events counted, page views, page views counted, numbers that a tab gave twice.
const COUNTS: &str = "SELECT
    (SELECT COUNT(*) FROM visitors WHERE site_id = s.id) || ' ' ||
    (SELECT COUNT(*) FROM sessions WHERE site_id = s.id) || ' ' ||
    (SELECT SUM(total_sessions) FROM visitors WHERE site_id = s.id) || ' ' ||
    (SELECT SUM(total_events) FROM visitors WHERE site_id = s.id) || ' ' ||
    (SELECT COUNT(*) FROM events WHERE site_id = s.id AND kind = 'page_view') || ' ' ||
    (SELECT SUM(total_page_views) FROM visitors WHERE site_id = s.id) || ' ' ||
    (SELECT COUNT(*) - COUNT(DISTINCT hex(tab_id) || seq) FROM events WHERE site_id = s.id)
    FROM sites s WHERE s.id = (SELECT MAX(id) FROM sites)";

/// Keeps what is warned of: a fault of the core ends with a word on the console and no other.
const WARNED: &str = "<script>console.warn = (...all) =>
    localStorage.setItem('warned', all.map((one) => `${one} ${one?.stack ?? ''}`).join(' '))</script>";

/// How long the last page waits for what others have left, beyond what it finds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Random numbers that follow from a seed (splitmix64).
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    /// A number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// What becomes of a batch where the network is bad.
    fn fate(&mut self) -> Fate {
        match self.below(10) {
            0 | 1 => Fate::LostBefore,
            2 | 3 => Fate::LostAfter,
            4 => Fate::Late(Duration::from_millis(self.below(400))),
            5 => Fate::Answered(503, None, String::new()),
            6 => Fate::Answered(503, Some(1), String::new()),
            _ => Fate::Through,
        }
    }
}

/// What the database says of a schedule.
#[derive(Debug, PartialEq)]
struct Seen {
    /// The events, each as often as it is there.
    names: Vec<String>,
    /// See [`COUNTS`].
    counts: String,
    /// Gaps in what the tabs counted, pings and all.
    missing: i64,
}

/// Everything that the schedules share.
struct Stage {
    collector: Collector,
    store: Store,
    browser: Chromium,
    /// A tab outside every site, from which the others are governed.
    home: WindowHandle,
}

/// One schedule under way. What it did is printed if it fails.
struct Schedule<'a> {
    stage: &'a Stage,
    site: Site,
    site_id: i64,
    seed: u64,
    dice: Dice,
    tabs: Vec<WindowHandle>,
    at: usize,
    made: BTreeSet<String>,
    views: usize,
    story: Story,
}

/// What has happened so far, for whoever looks into a failure.
#[derive(Clone)]
struct Story {
    began: Instant,
    text: Arc<Mutex<String>>,
}

impl Story {
    fn begin() -> Self {
        let (began, text) = (Instant::now(), Arc::default());
        Self { began, text }
    }

    fn note(&self, what: &str) {
        let ms = self.began.elapsed().as_millis();
        let mut text = self.text.lock().expect("a story");
        write!(text, "\n  {ms:6} {what}").expect("a text takes more");
    }

    /// A batch, and what becomes of it.
    fn note_batch(&self, batch: &Value, fate: &Fate) {
        let mut items = String::new();
        for item in batch["items"].as_array().into_iter().flatten() {
            let data = &item["data"];
            let name = [&data["name"], &data["url"], &item["type"]]
                .into_iter()
                .find_map(Value::as_str);
            // Of an address, the path.
            let name = name.and_then(|name| name.rsplit('/').next());
            write!(items, " {}:{}", item["seq"], name.unwrap_or("?")).expect("a text takes more");
        }
        let context = &batch["context"];
        let ids = [
            &context["visitor_id"],
            &context["session"]["id"],
            &context["tab_id"],
        ];
        // An id ends in what tells it from others.
        let ids = ids.map(|id| id.as_str().and_then(|id| id.get(30..)).unwrap_or("?"));
        self.note(&format!("    {fate:?} {}{items}", ids.join(" ")));
    }
}

impl Drop for Schedule<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.told());
        }
    }
}

#[tokio::test]
async fn whatever_tabs_and_network_do_each_event_is_there_once() {
    let schedules = setting("WAYMARK_TEST_SCHEDULES").map_or(if long() { 200 } else { 20 }, |n| {
        n.parse().expect("a number")
    });
    let clock = || {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        now.expect("a clock after 1970").as_secs()
    };
    let seed =
        setting("WAYMARK_TEST_SEED").map_or_else(clock, |seed| seed.parse().expect("a number"));
    let browser = Chromium::start().await;
    let home = browser.driver().window().await.expect("the first tab");
    let collector = Collector::start(Database::sqlite(), "http://localhost").await;
    let store = Store::open(collector.database().url()).await;
    let stage = Stage {
        store: store.expect("the database"),
        collector,
        browser,
        home,
    };
    let mut failed = Vec::new();
    for seed in seed..seed + schedules {
        let mut schedule = Schedule::begin(&stage, seed).await;
        for _ in 0..5 + schedule.dice.below(8) {
            schedule.step().await;
        }
        if let Err(what) = schedule.end().await {
            failed.push(what);
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {schedules} schedules: {}",
        failed.len(),
        failed.join("\n")
    );
    stage.collector.assert_quiet_log();
}

impl<'a> Schedule<'a> {
    async fn begin(stage: &'a Stage, seed: u64) -> Self {
        let address = Address::take().await;
        let key = format!("wk_schedule{seed}");
        stage.collector.add_site("Schedule", &key).await;
        let busy = "data-flush-interval-ms=100 data-heartbeat-ms=300 data-batch-size=4";
        let page = |title| {
            let page = page_with_own_sdk(title, busy, "<a href=/next>Next</a>");
            page.replace("<head>", &format!("<head>{WARNED}"))
        };
        let pages = [("", page("Home")), ("next", page("Next"))];
        let site = address.serve(pages, &stage.collector.origin(), &key);
        // A port has storage of its own, and no cookies; but an earlier schedule may have had the same port.
        let forgotten = json!({ "origin": site.url(""), "storageTypes": "all" });
        for (command, of) in [
            ("Network.clearBrowserCookies", json!({})),
            ("Storage.clearDataForOrigin", forgotten),
        ] {
            stage.browser.devtools(command, of).await;
        }
        let site_id = (stage.collector.database())
            .number("SELECT MAX(id) FROM sites")
            .await;
        let mut schedule = Self {
            stage,
            site,
            site_id,
            seed,
            dice: Dice(seed),
            tabs: Vec::new(),
            at: 0,
            made: BTreeSet::new(),
            views: 0,
            story: Story::begin(),
        };
        let (mut network, story) = (schedule.dice.clone(), schedule.story.clone());
        schedule.site.network().set(move |batch| {
            let fate = network.fate();
            story.note_batch(batch, &fate);
            fate
        });
        // All at once, so that tabs meet where there is no visitor yet.
        let tabs = 1 + schedule.dice.below(4);
        for _ in 0..tabs {
            schedule.open().await;
        }
        schedule
    }

    /// Does something that a visitor, or bad luck, might.
    async fn step(&mut self) {
        match self.dice.below(12) {
            0 if self.tabs.len() < 4 => self.open().await,
            1 => self.load().await,
            2 => self.reload().await,
            3 => self.follow_and_return().await,
            4 if self.tabs.len() > 1 => self.close().await,
            5 if self.tabs.len() > 1 => self.crash().await,
            6 => {
                self.at = usize::try_from(self.dice.below(self.tabs.len() as u64)).expect("a tab");
                self.turn().await;
            }
            _ => self.track().await,
        }
    }

    fn note(&self, what: &str) {
        let tabs = self.tabs.len();
        self.story
            .note(&format!("tab {} of {tabs}: {what}", self.at));
    }

    fn told(&self) -> String {
        let text = self.story.text.lock().expect("a story");
        format!("WAYMARK_TEST_SEED={}{text}", self.seed)
    }

    async fn to(&self, tab: &WindowHandle) {
        let driver = self.stage.browser.driver();
        driver.switch_to_window(tab.clone()).await.expect("a tab");
    }

    async fn turn(&self) {
        self.to(&self.tabs[self.at]).await;
    }

    /// A page does not wait for the SDK, and neither does its visitor.
    async fn open(&mut self) {
        let browser = &self.stage.browser;
        self.to(&self.stage.home).await;
        let tab = browser.driver().new_tab().await.expect("a new tab");
        self.at = self.tabs.len();
        self.tabs.push(tab);
        self.turn().await;
        self.load().await;
    }

    async fn load(&mut self) {
        let path = ["/", "/next"][self.dice.below(2) as usize];
        self.note(&format!("load {path}"));
        self.stage.browser.open(&self.site.url(path)).await;
        self.views += 1;
    }

    async fn reload(&mut self) {
        self.note("reload");
        self.stage
            .browser
            .driver()
            .refresh()
            .await
            .expect("a reload");
        self.views += 1;
    }

    /// Along a link and back again, most often from the back/forward cache.
    async fn follow_and_return(&mut self) {
        self.note("follow and return");
        let browser = &self.stage.browser;
        self.stage.browser.open(&self.site.url("/")).await;
        browser
            .run_to_leave("document.querySelector('a').click()")
            .await;
        self.eventually_at("/next").await;
        browser.run_to_leave("history.back()").await;
        self.eventually_at("/").await;
        self.views += 3;
    }

    async fn eventually_at(&self, path: &str) {
        let script = format!(
            "return document.readyState == 'complete' && !!window.waymark && location.pathname == '{path}'"
        );
        let (browser, script) = (&self.stage.browser, script.as_str());
        eventually(
            path,
            || async move { browser.run(script).await == json!(true) },
        )
        .await;
    }

    async fn track(&mut self) {
        let events = 1 + self.dice.below(6);
        self.note(&format!("track {events}"));
        let mut calls = String::new();
        for _ in 0..events {
            let name = format!("e{:04}", self.made.len());
            write!(calls, "waymark.track('{name}');").expect("a text takes more");
            self.made.insert(name);
        }
        self.stage.browser.run(&calls).await;
    }

    /// Closes a tab whose core is there. A page that goes on to another one before that is held to its word, too; but what
    /// a page writes while its tab closes, and its process with it, the browser does not promise to keep.
    async fn close(&mut self) {
        self.stage.browser.settled("waymark.ready()").await;
        self.note("close");
        self.stage
            .browser
            .driver()
            .close_window()
            .await
            .expect("it closes");
        self.leave_out();
        self.turn().await;
    }

    /// Kills the page without a word to it, in the middle of its work. Before the core is there nothing is durable yet, so
    /// that is waited for.
    async fn crash(&mut self) {
        let browser = &self.stage.browser;
        let ids = browser.settled("waymark.ready()").await;
        assert_ne!(ids, Value::Null, "the page is measured");
        browser.settled("waymark.flush()").await;
        self.track().await;
        self.note("crash");
        let tab = self.tabs[self.at].clone();
        let killed = browser
            .driver()
            .cdp()
            .send_raw("Page.crash", json!({}))
            .await;
        assert!(killed.is_err(), "nobody answers any more");
        self.to(&self.stage.home).await;
        browser
            .devtools("Target.closeTarget", json!({ "targetId": tab.to_string() }))
            .await;
        self.leave_out();
        self.turn().await;
    }

    fn leave_out(&mut self) {
        self.tabs.remove(self.at);
        self.at = 0;
    }

    async fn seen(&self) -> Seen {
        let database = self.stage.collector.database();
        let names = database.texts(NAMES).await;
        let counts = database.texts(COUNTS).await.concat();
        let loss = self.stage.store.loss(self.site_id, 0, i64::MAX).await;
        Seen {
            names: names.into_iter().flatten().flatten().collect(),
            counts: counts.into_iter().flatten().collect(),
            missing: loss.expect("an estimate").missing,
        }
    }

    fn expected(&self) -> Seen {
        let (events, views) = (self.made.len(), self.views);
        Seen {
            names: self.made.iter().cloned().collect(),
            counts: format!("1 1 1 {events} {views} {views} 0"),
            missing: 0,
        }
    }

    /// The network is good again, all tabs but one are closed, and that one delivers what they left. An error says what is
    /// not as it was done.
    async fn end(mut self) -> Result<(), String> {
        let browser = &self.stage.browser;
        let story = self.story.clone();
        self.site.network().set(move |batch| {
            story.note_batch(batch, &Fate::Through);
            Fate::Through
        });
        while self.tabs.len() > 1 {
            self.close().await;
        }
        self.load().await;
        // What a page stores on its way out may be seen elsewhere a little later.
        let started = Instant::now();
        let seen = loop {
            browser.settled("waymark.ready()").await;
            browser.settled("waymark.flush()").await;
            let waits =
                "return Object.keys(localStorage).filter(key => /^wm_([cq]\\.|stub)/.test(key))";
            let waits = browser.run(waits).await;
            let seen = self.seen().await;
            let late = started.elapsed() > PATIENCE;
            if late || (waits == json!([]) && seen == self.expected()) {
                break seen;
            }
            if waits != json!([]) {
                self.reload().await;
            }
        };
        let warned = browser.run("return localStorage.warned ?? ''").await;
        browser.driver().close_window().await.expect("it closes");
        self.to(&self.stage.home).await;
        if seen == self.expected() && warned == json!("") {
            return Ok(());
        }
        let expected = self.expected();
        Err(format!(
            "{seen:#?}\ninstead of\n{expected:#?}\n{warned}\n{}",
            self.told()
        ))
    }
}
