//! What is kept in a browser and what is never told: cookieless mode, opt-out, the guard at addresses, and the inventory of
//! `docs/privacy.md`.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};

use super::hostile::self_served;
use super::{Chromium, Database, HELD, Scene, page_with_sdk, text};

const ITEMS: &str = "SELECT COUNT(*) FROM events";
const PAGE_VIEWS: &str = "SELECT COUNT(*) FROM events WHERE kind = 'page_view'";
const VISITORS: &str = "SELECT COUNT(*) FROM visitors";

/// Notes every name under which something is written, and every text, for as long as the tab is there.
const NOTE: &str = "
    const set = Storage.prototype.setItem;
    const note = (place, name, value) => {
        const all = new Set(JSON.parse(sessionStorage.getItem('noted') || '[]'));
        all.add(place + ' ' + name + ' ' + value);
        set.call(sessionStorage, 'noted', JSON.stringify([...all]));
    };
    Storage.prototype.setItem = function (name, value) {
        note(this === sessionStorage ? 'sessionStorage' : 'localStorage', name, value);
        set.call(this, name, value);
    };
    const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
    Object.defineProperty(Document.prototype, 'cookie', {
        ...cookie,
        set(text) {
            note('cookie', text.split('=')[0], text.slice(text.indexOf('=') + 1));
            cookie.set.call(this, text);
        },
    });";

/// A browser whose writes are noted.
async fn noting() -> Chromium {
    let browser = Chromium::start().await;
    browser.before_each_page(NOTE).await;
    browser
}

impl Scene {
    /// Waits until nothing but the opt-out is kept. Other tabs learn of it, and remove what they wrote meanwhile.
    async fn eventually_out(&self) {
        super::eventually("nothing else is kept", || async move {
            self.browser.run(HELD).await == json!(["wm-out"])
        })
        .await;
    }

    /// What has been written in this tab: place, name, value.
    async fn written(&self) -> Vec<String> {
        let noted = self
            .browser
            .run("return JSON.parse(sessionStorage.getItem('noted') || '[]')")
            .await;
        serde_json::from_value(noted).expect("texts")
    }
}

#[tokio::test]
async fn cookieless_mode_stores_nothing_and_removes_what_was_stored() {
    let scene = Scene::with(
        Database::sqlite(),
        [
            ("before", page_with_sdk("Before", "", "")),
            ("between", "<title>Nothing here</title>".to_owned()),
            ("", page_with_sdk("Home", "data-cookieless", "")),
            ("next", page_with_sdk("Next", "data-cookieless", "")),
        ],
        noting().await,
    )
    .await;
    scene.open("/before").await;
    scene.flushed().await;
    assert_ne!(scene.browser.run(HELD).await, json!([]));
    scene.open("/between").await;
    scene
        .browser
        .run("sessionStorage.removeItem('noted')")
        .await;

    scene.open("/?utm_source=partner").await;
    scene
        .browser
        .run("waymark.register({ plan: 'team' }); waymark.identify('ann'); waymark.track('one')")
        .await;
    scene.flushed().await;
    scene.browser.run("history.pushState({}, '', '/app')").await;
    scene.browser.run("waymark.track('two')").await;
    scene.eventually_number(PAGE_VIEWS, 3).await;
    scene.flushed().await;
    assert_eq!(scene.browser.run(HELD).await, json!([]));
    assert_eq!(scene.number(VISITORS).await, 2, "a page is one visitor");
    assert_eq!(
        scene
            .texts("SELECT props FROM events WHERE kind = 'event' ORDER BY seq")
            .await,
        [[text("{\"plan\":\"team\"}")], [text("{\"plan\":\"team\"}")]]
    );
    assert_eq!(
        scene
            .texts("SELECT source FROM visitors WHERE user_id = 'ann'")
            .await,
        [[text("partner")]]
    );

    scene.open("/next").await;
    scene.flushed().await;
    assert_eq!(scene.number(VISITORS).await, 3, "the next page another");
    // Not even for a moment: what is written is the removal of the cookie.
    let written = scene.written().await;
    assert!(
        written
            .iter()
            .all(|line| line.starts_with("cookie wm_id ") && line.contains("max-age=0")),
        "{written:?}"
    );
}

#[tokio::test]
async fn an_opt_out_removes_everything_and_lasts_until_it_is_undone() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene.browser.run("waymark.track('before')").await;
    scene.flushed().await;
    // Another tab, which goes on when the first one opts out.
    let browser = &scene.browser;
    let first = browser.driver().window().await.expect("this tab");
    browser.open_in_new_tab(&scene.site.url("/pricing")).await;
    scene.flushed().await;
    let before = scene.number(ITEMS).await;
    browser
        .driver()
        .switch_to_window(first)
        .await
        .expect("the first tab");

    browser
        .run("waymark.optOut(); waymark.track('after'); waymark.consent('granted'); waymark.track('again')")
        .await;
    scene.heard().await;
    scene.eventually_out().await;
    assert_eq!(
        browser.run("return localStorage['wm-out']").await,
        json!("1")
    );

    // The other tab.
    let windows = browser.driver().windows().await.expect("the tabs");
    let other = windows.into_iter().next_back().expect("the other tab");
    browser
        .driver()
        .switch_to_window(other)
        .await
        .expect("the tab");
    browser.run("waymark.track('elsewhere')").await;
    scene.heard().await;
    scene.eventually_out().await;

    // A later visit.
    scene.open("/").await;
    browser
        .run("waymark.consent('granted'); waymark.track('later')")
        .await;
    scene.heard().await;
    scene.eventually_out().await;
    assert_eq!(scene.number(ITEMS).await, before);

    browser.run("waymark.optIn(); waymark.track('back')").await;
    scene.flushed().await;
    assert_eq!(scene.number(VISITORS).await, 2, "nobody is recognised");
    assert_eq!(
        scene
            .texts("SELECT name FROM events WHERE kind = 'event' ORDER BY at")
            .await,
        [[text("before")], [text("back")]]
    );
    assert_eq!(
        browser.run("return localStorage['wm-out'] ?? null").await,
        json!(null)
    );
    scene.collector.assert_quiet_log();
}

#[tokio::test]
async fn an_opt_out_counts_before_the_module_is_there() {
    let calls = "waymark.track('early'); waymark.optOut();";
    let scene = super::hostile::left_before_the_module(calls, "/slow").await;
    scene.heard().await;
    scene.eventually_out().await;
    assert_eq!(scene.number(ITEMS).await, 0);
}

/// What everybody's tables and requests must not hold.
const PERSONAL: [&str; 5] = ["ann", "4111-1111", "41111111", "hunter2", "%40"];

#[tokio::test]
async fn personal_data_in_addresses_is_redacted_before_it_is_stored_or_sent() {
    let early = "<script>
        const called = setInterval(() => {
            if (!window.waymark) return;
            clearInterval(called);
            waymark.track('early', { link: 'https://other.example/?to=ann@mail.example' });
            waymark.page({ url: location.origin + '/users/ann@mail.example', referrer: 'https://b.example/?card=4111111111111111' });
            window.called = true;
        }, 10);
    </script>";
    let scene = Scene::with(
        Database::sqlite(),
        [
            ("slow", self_served("Slow", early)),
            ("next", self_served("Next", "")),
        ],
        noting().await,
    )
    .await;
    scene.site.delay_engine(Duration::from_secs(20));
    scene
        .open("/slow?email=ann%40mail.example&utm_source=partner&password=hunter2#/users/ann@mail.example")
        .await;
    let browser = &scene.browser;
    super::eventually("the page has made its calls", || async move {
        browser.run("return !!window.called").await == json!(true)
    })
    .await;
    scene.site.delay_engine(Duration::ZERO);
    // The page before this one, as the browser tells it, has the address.
    browser
        .run("location.href = '/next?card=4111-1111-1111-1111&utm_campaign=june'")
        .await;
    super::eventually("the next page is there", || async move {
        browser
            .run("return location.pathname == '/next' && !!window.waymark")
            .await
            == json!(true)
    })
    .await;
    scene.flushed().await;
    browser
        .run("history.pushState({}, '', '/account/ann@mail.example?ok=1'); waymark.track('two', { page: location.href })")
        .await;
    browser
        .run("history.replaceState({}, '', '/last?m=ann@mail.example')")
        .await;
    scene.eventually_number(PAGE_VIEWS, 5).await;
    scene.flushed().await;

    let everything = scene
        .texts(
            "SELECT url, referrer, props, NULL FROM events
             UNION ALL SELECT landing_url, referrer, source, campaign FROM visitors
             UNION ALL SELECT landing_url, referrer, entry_url, exit_url FROM sessions",
        )
        .await;
    let told: Vec<String> = everything.into_iter().flatten().flatten().collect();
    let written = scene.written().await;
    assert!(
        written
            .iter()
            .any(|line| line.contains("wm_stub") && line.contains("early"))
    );
    for word in PERSONAL {
        for line in told.iter().chain(&written) {
            assert!(!line.contains(word), "{word} in {line}");
        }
    }
    let has = |part: &str| told.iter().any(|line| line.contains(part));
    assert!(has(
        "/slow?email=redacted&utm_source=partner&password=redacted#/users/redacted"
    ));
    assert!(has("/next?card=redacted&utm_campaign=june"));
    assert!(has("https://other.example/?to=redacted"));
    assert!(has("/account/redacted?ok=1"));
    assert_eq!(
        scene.texts("SELECT source FROM visitors").await,
        [[text("partner")]]
    );
}

#[tokio::test]
async fn the_site_changes_what_is_redacted() {
    let page = page_with_sdk(
        "Home",
        "data-redact-params=\"iban,ref\" data-allow-params=\"contact\"",
        "",
    );
    let off = page_with_sdk("Off", "data-redact-params=\"false\"", "");
    let scene = Scene::with_pages([("", page), ("off", off)]).await;
    scene
        .open("/?iban=DE1&ref=7&contact=team@shop.example&x=1")
        .await;
    scene.flushed().await;
    scene.open("/off?email=team@shop.example").await;
    scene.flushed().await;
    let urls = scene
        .texts("SELECT url FROM events WHERE kind = 'page_view' ORDER BY at")
        .await;
    assert_eq!(
        urls,
        [
            [Some(scene.site.url(
                "/?iban=redacted&ref=redacted&contact=team@shop.example&x=1"
            ))],
            [Some(scene.site.url("/off?email=team@shop.example"))],
        ]
    );
}

/// A name as the inventory has it: ids and numbers by what they are.
fn kind_of(place: &str, name: &str) -> String {
    let mut parts = name.split('.');
    let mut kind = format!("{place} {}", parts.next().unwrap_or_default());
    let first = if kind.ends_with("wm_stub") {
        ".<page>"
    } else {
        ".<tab>"
    };
    for (part, word) in parts.zip([first, ".<number>"]) {
        assert!(!part.is_empty());
        kind.push_str(word);
    }
    kind
}

#[tokio::test]
async fn the_browser_holds_what_the_inventory_says_and_nothing_else() {
    let inventory: BTreeSet<String> = include_str!("../../docs/privacy.md")
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let (name, place) = (cells.next()?.strip_suffix('`')?, cells.next()?);
            // What only an answer can set no script can see.
            ["cookie", "localStorage", "sessionStorage"]
                .contains(&place)
                .then(|| format!("{place} {name}"))
        })
        .collect();

    let before = "<script>
        delete Navigator.prototype.locks;
        Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true });
    </script>";
    let signalled = self_served("Signalled", "").replace("<head>", &format!("<head>{before}"));
    let scene = Scene::with(
        Database::sqlite(),
        [
            ("slow", self_served("Slow", "")),
            ("next", self_served("Next", "")),
            ("signalled", signalled),
        ],
        noting().await,
    )
    .await;
    // A page that is left before the module came, one that has all of it, one with a signal and without locks.
    scene.site.delay_engine(Duration::from_secs(20));
    scene.open("/slow").await;
    scene.leave_without_module().await;
    scene.open("/next?waymark_debug").await;
    super::eventually("debug mode is there", || async {
        let script = "return !!document.querySelector('waymark-inspector')";
        scene.browser.run(script).await == json!(true)
    })
    .await;
    scene
        .browser
        .run("waymark.register({ plan: 'team' }); waymark.identify('ann'); waymark.track('one')")
        .await;
    scene.flushed().await;
    let mut held = BTreeSet::new();
    for (place, names) in [
        ("localStorage", "Object.keys(localStorage)"),
        (
            "sessionStorage",
            "Object.keys(sessionStorage).filter(name => name != 'noted')",
        ),
        (
            "cookie",
            "document.cookie.split('; ').map(cookie => cookie.split('=')[0])",
        ),
    ] {
        let names = scene.browser.run(&format!("return {names}")).await;
        let names: Vec<String> = serde_json::from_value(names).expect("names");
        held.extend(names.iter().map(|name| kind_of(place, name)));
    }
    scene.open("/signalled").await;
    scene.browser.run("waymark.consent('granted')").await;
    scene.flushed().await;
    scene.browser.run("waymark.optOut()").await;
    scene.heard().await;

    let written: BTreeSet<String> = scene
        .written()
        .await
        .iter()
        .filter_map(|line| {
            let mut parts = line.splitn(3, ' ');
            Some(kind_of(parts.next()?, parts.next()?))
        })
        .collect();
    assert_eq!(written, inventory);
    assert!(held.is_subset(&inventory), "{held:?}");
    assert!(!held.is_empty());
}

#[tokio::test]
async fn a_signal_keeps_a_page_from_being_kept_for_the_next() {
    let browser = noting().await;
    browser
        .before_each_page(
            "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })",
        )
        .await;
    let pages = [
        ("slow", self_served("Slow", "")),
        ("next", self_served("Next", "")),
    ];
    let scene = Scene::with(Database::sqlite(), pages, browser).await;
    scene.site.delay_engine(Duration::from_secs(20));
    scene.open("/slow").await;
    scene.browser.run("waymark.track('no')").await;
    scene.leave_without_module().await;
    scene.open("/next").await;
    scene.heard().await;
    let kept: Vec<Value> = scene
        .written()
        .await
        .into_iter()
        .filter(|line| line.starts_with("localStorage"))
        .map(Value::from)
        .collect();
    assert_eq!(kept, Vec::<Value>::new());
    assert_eq!(scene.number(ITEMS).await, 0);
}
