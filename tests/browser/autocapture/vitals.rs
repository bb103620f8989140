//! Web vitals, each in the page view in which it happened.

use std::collections::BTreeMap;

use super::{Scene, eventually, page_with_sdk};

/// Metric and value by the path of the page view, each of which may occur once.
type Vitals = BTreeMap<(String, String), f64>;

impl Scene {
    async fn vitals(&self) -> Vitals {
        let rows = self
            .texts(
                "SELECT p.url, e.url, e.props FROM events e JOIN events p ON p.id = e.page_view_id
                 WHERE e.name = 'web_vital' AND p.kind = 'page_view' ORDER BY e.seq",
            )
            .await;
        let mut vitals = Vitals::new();
        for row in rows {
            let [Some(page), Some(own), Some(props)] = row.as_slice() else {
                panic!("two addresses and properties: {row:?}");
            };
            assert_eq!(page, own, "an event's address is that of its page view");
            let props: serde_json::Value = serde_json::from_str(props).expect("properties");
            let path = page.replace(&self.site.url(""), "");
            let metric = props["metric"].as_str().expect("a name").to_owned();
            let value = props["value"].as_f64().expect("a value");
            let before = vitals.insert((path, metric), value);
            assert_eq!(
                before, None,
                "one value for a metric and page view: {props}"
            );
        }
        let all = self
            .number("SELECT COUNT(*) FROM events WHERE name = 'web_vital'")
            .await;
        assert_eq!(vitals.len() as i64, all, "each belongs to a page view");
        vitals
    }
}

fn of(vitals: &Vitals, path: &str) -> Vec<String> {
    let metrics = vitals.keys().filter(|(other, _)| other == path);
    metrics.map(|(_, metric)| metric.clone()).collect()
}

/// Works for so many milliseconds, as a slow handler does; and lets the page paint.
const APP: &str = "<button id=slow onclick='work(80)'>Slow</button>
    <button id=go onclick='work(500); go(\"/two\")'>Go</button><div id=block></div><p>Text</p>
    <script>
        const work = ms => { const end = performance.now() + ms; while (performance.now() < end); };
        const go = path => { history.pushState({}, '', path); document.title = path; };
        const painted = () => new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)));
        const shifts = [];
        new PerformanceObserver(list => shifts.push(...list.getEntries().filter(e => !e.hadRecentInput)))
            .observe({ type: 'layout-shift', buffered: true });
    </script>";

#[tokio::test]
async fn a_page_has_each_vital_once_when_it_is_left() {
    let scene = Scene::capturing(APP).await;
    scene.click_on("#slow").await;
    scene.browser.settled("painted()").await;
    scene.open("/next").await;
    scene.flushed().await;
    let vitals = scene.vitals().await;
    assert_eq!(of(&vitals, "/"), ["CLS", "FCP", "INP", "LCP", "TTFB"]);
    let value = |metric: &str| vitals[&("/".to_owned(), metric.to_owned())];
    assert!(value("INP") >= 70.0, "{vitals:?}");
    assert!(
        value("LCP") >= value("FCP") && value("FCP") >= value("TTFB"),
        "{vitals:?}"
    );
}

#[tokio::test]
async fn page_views_within_an_app_have_their_own_vitals() {
    let scene = Scene::with_pages([
        ("", page_with_sdk("Home", "data-autocapture=vitals", APP)),
        ("next", page_with_sdk("Next", "", "")),
    ])
    .await;
    scene.browser.before_each_page(super::WATCH).await;
    scene.open("/").await;
    scene.captures("prerenderingchange").await;
    // The slow click is the first page view's, although the browser tells of it in the second.
    scene.click_on("#go").await;
    scene.browser.settled("painted()").await;
    let browser = &scene.browser;
    eventually("a shift that no input explains", || async {
        browser
            .run("block.style.height = Math.random() * 400 + 'px'; return shifts.length")
            .await
            .as_u64()
            > Some(0)
    })
    .await;
    scene.browser.settled("painted()").await;
    scene.click_on("#slow").await;
    scene.browser.settled("painted()").await;
    scene.browser.run("go('/three')").await;
    scene.browser.settled("painted()").await;
    scene.open("/next").await;
    scene.flushed().await;

    let vitals = scene.vitals().await;
    let value = |path: &str, metric: &str| {
        let key = (path.to_owned(), metric.to_owned());
        *vitals
            .get(&key)
            .unwrap_or_else(|| panic!("{key:?}: {vitals:?}"))
    };
    assert_eq!(of(&vitals, "/"), ["CLS", "FCP", "INP", "LCP", "TTFB"]);
    assert_eq!(of(&vitals, "/two"), ["CLS", "INP"]);
    assert_eq!(of(&vitals, "/three"), ["CLS"]);
    assert!(value("/", "INP") >= 480.0, "{vitals:?}");
    assert!((70.0..480.0).contains(&value("/two", "INP")), "{vitals:?}");
    assert!(value("/two", "CLS") > 0.0, "{vitals:?}");
    assert!(
        value("/", "CLS") + value("/three", "CLS") == 0.0,
        "{vitals:?}"
    );
}
