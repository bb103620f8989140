//! Who the visitor is to the site: user, account, the properties of all events, and what the site lets through.

use serde_json::{Value, json};

use super::{Scene, page_with_sdk, text};

/// The entries that tell of a person or account, in the order in which they were made.
const TOLD: &str =
    "SELECT kind, COALESCE(name, ''), COALESCE(user_id, ''), COALESCE(props, '{}') FROM events
    WHERE kind IN ('identify', 'group') ORDER BY at, seq";
const EVENTS: &str =
    "SELECT name, COALESCE(props, 'none') FROM events WHERE kind = 'event' ORDER BY at, seq";
const MISSING: &str = "SELECT MAX(seq) - COUNT(*) FROM events";

impl Scene {
    /// The first column's texts beside the JSON of the last.
    async fn said(&self, sql: &'static str) -> Vec<(Vec<String>, Value)> {
        let rows = self.texts(sql).await;
        rows.into_iter()
            .map(|row| {
                let mut texts: Vec<String> =
                    row.into_iter().map(Option::unwrap_or_default).collect();
                let json = texts.pop().unwrap_or_default();
                (texts, serde_json::from_str(&json).unwrap_or(Value::Null))
            })
            .collect()
    }
}

fn row(texts: &[&str], json: Value) -> (Vec<String>, Value) {
    (texts.iter().map(|&text| text.to_owned()).collect(), json)
}

#[tokio::test]
async fn a_trait_that_cannot_be_kept_costs_itself_and_not_the_call() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene
        .browser
        .run(
            "let deep = 1;
             for (let i = 0; i < 8; i++) deep = [deep];
             const circular = {};
             circular.self = circular;
             waymark.identify(7, { plan: 'team', seats: 5, since: new Date(0), none: null, deep, long: 'x'.repeat(5000) });
             waymark.group('acme', { name: 'Acme', circular, size: 10n, tags: ['a', { b: true }] });
             waymark.identify('8', 'no traits')",
        )
        .await;
    scene.flushed().await;
    let since = "1970-01-01T00:00:00.000Z";
    assert_eq!(
        scene.said(TOLD).await,
        [
            row(
                &["identify", "", "7"],
                json!({"plan": "team", "seats": 5, "since": since, "none": null})
            ),
            row(
                &["group", "acme", "7"],
                json!({"name": "Acme", "tags": ["a", {"b": true}]})
            ),
            row(&["identify", "", "8"], json!({})),
        ]
    );
}

#[tokio::test]
async fn a_group_is_the_visitors_account_and_an_entry() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene
        .browser
        .run("waymark.group('first', { seats: 3 }); waymark.group('acme')")
        .await;
    scene.flushed().await;
    assert_eq!(
        scene
            .texts("SELECT account_id, user_id FROM visitors")
            .await,
        [[text("acme"), None]]
    );
    assert_eq!(
        scene.said(TOLD).await,
        [
            row(&["group", "first", ""], json!({"seats": 3})),
            row(&["group", "acme", ""], json!({}))
        ]
    );
}

#[tokio::test]
async fn an_alias_says_that_two_ids_are_one_user() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene
        .browser
        .run(
            "waymark.alias('u0'); waymark.identify('ann'); waymark.alias('u1'); waymark.alias('u2', 'bob')",
        )
        .await;
    scene.flushed().await;
    assert_eq!(
        scene.said(TOLD).await,
        [
            row(&["identify", "", "u0"], json!({})),
            row(&["identify", "", "ann"], json!({})),
            row(&["identify", "", "u1"], json!({"previous_id": "ann"})),
            row(&["identify", "", "u2"], json!({"previous_id": "bob"})),
        ]
    );
    assert_eq!(
        scene.texts("SELECT user_id FROM visitors").await,
        [[text("u2")]]
    );
}

#[tokio::test]
async fn of_calls_in_one_millisecond_the_last_counts() {
    let scene = Scene::start().await;
    scene.open("/").await;
    let calls =
        "for (let i = 0; i < 200; i++) { waymark.identify('u' + i); waymark.group('g' + i); }";
    scene.browser.run(calls).await;
    scene.flushed().await;
    assert_eq!(
        scene
            .texts("SELECT user_id, account_id FROM visitors")
            .await,
        [["u199", "g199"].map(text)]
    );
    let times = "SELECT COUNT(DISTINCT at) FROM events WHERE kind = 'identify'";
    assert!(
        scene.number(times).await < 200,
        "several in one millisecond"
    );
}

#[tokio::test]
async fn registered_properties_go_with_every_later_event_on_every_page() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene
        .browser
        .run(
            "waymark.track('before');
             waymark.register({ plan: 'team', theme: 'dark' });
             waymark.register({ seats: 5 });
             waymark.track('one');
             waymark.track('two', { plan: 'own', n: 1 });
             waymark.conversion('three', { value: '1', currency: 'EUR' })",
        )
        .await;
    scene.flushed().await;
    scene.open("/pricing").await;
    scene
        .browser
        .run("waymark.unregister('theme'); waymark.unregister(['seats', 'nothing']); waymark.track('four')")
        .await;
    scene.flushed().await;
    scene
        .browser
        .run("waymark.reset(); waymark.track('five')")
        .await;
    scene.flushed().await;
    assert_eq!(
        scene.said(EVENTS).await,
        [
            row(&["before"], Value::Null),
            row(
                &["one"],
                json!({"plan": "team", "theme": "dark", "seats": 5})
            ),
            row(
                &["two"],
                json!({"plan": "own", "theme": "dark", "seats": 5, "n": 1})
            ),
            row(
                &["three"],
                json!({"plan": "team", "theme": "dark", "seats": 5})
            ),
            row(&["four"], json!({"plan": "team"})),
            row(&["five"], Value::Null),
        ]
    );
}

#[tokio::test]
async fn registered_properties_that_would_crowd_out_an_events_own_are_refused() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene
        .browser
        .run(
            "let deep = 1;
             for (let i = 0; i < 9; i++) deep = [deep];
             waymark.register({ a: 1 });
             waymark.register({ long: 'x'.repeat(9000) });
             waymark.register({ deep });
             waymark.register('no object');
             waymark.track('kept')",
        )
        .await;
    scene.flushed().await;
    assert_eq!(scene.said(EVENTS).await, [row(&["kept"], json!({"a": 1}))]);
}

#[tokio::test]
async fn a_reset_begins_a_new_visitor_without_user() {
    let scene = Scene::start().await;
    scene.open("/").await;
    scene.browser.run("waymark.identify('ann')").await;
    scene.flushed().await;
    scene
        .browser
        .run("waymark.reset(); waymark.track('after')")
        .await;
    scene.flushed().await;
    assert_eq!(scene.number("SELECT COUNT(*) FROM visitors").await, 2);
    assert_eq!(
        scene
            .texts("SELECT user_id FROM events WHERE name = 'after'")
            .await,
        [[None]]
    );
}

/// A page with a function of the site at which every item passes by.
async fn filtered(function: &str) -> Scene {
    let page = page_with_sdk("Home", "data-before-send=\"filter\"", "");
    let script = format!(
        "<head><script>
            window.seen = [];
            addEventListener('error', e => seen.push(e.message));
            addEventListener('unhandledrejection', e => seen.push(String(e.reason)));
            window.filter = {function};
         </script>"
    );
    Scene::with_pages([("", page.replace("<head>", &script))]).await
}

#[tokio::test]
async fn before_send_changes_and_drops_items_before_they_are_stored() {
    let scene = filtered(
        "item => {
            window.copies = (window.copies ?? []).concat(JSON.stringify(item));
            if (item.data.name == 'secret') return null;
            if (item.type == 'identify') return { ...item, id: 'mine', seq: 99, data: { user_id: 'hash-of-' + item.data.user_id.length } };
            if (item.data.props) item.data.props.seen = true;
            if (item.data.name == 'in_place') return;
            return item;
        }",
    )
    .await;
    scene.open("/").await;
    scene.browser.settled("waymark.ready()").await;
    scene
        .browser
        .run(
            "waymark.track('one', { n: 1 });
             waymark.track('secret', { n: 2 });
             waymark.identify('ann@mail.example');
             waymark.track('in_place', { n: 3 })",
        )
        .await;
    // What is stored has passed too.
    let stored = scene
        .browser
        .run("return JSON.stringify(localStorage)")
        .await;
    scene.flushed().await;
    assert!(
        !stored
            .as_str()
            .is_some_and(|all| all.contains("ann@mail.example") || all.contains("secret")),
        "{stored}"
    );
    assert_eq!(
        scene.said(EVENTS).await,
        [
            row(&["one"], json!({"n": 1, "seen": true})),
            row(&["in_place"], json!({"n": 3, "seen": true}))
        ]
    );
    assert_eq!(
        scene
            .texts("SELECT user_id FROM events WHERE user_id IS NOT NULL ORDER BY seq")
            .await,
        [[text("hash-of-16")], [text("hash-of-16")]],
        "the id before it passed is nowhere"
    );
    assert_eq!(
        scene.number(MISSING).await,
        0,
        "what was dropped leaves no gap"
    );
    let first = scene.browser.run("return JSON.parse(copies[0])").await;
    assert_eq!(first["type"], "page_view");
    assert!(
        first["id"].as_str().is_some_and(|id| id.len() == 36),
        "{first}"
    );
    assert_eq!(scene.browser.run("return seen").await, json!([]));
}

#[tokio::test]
async fn before_send_that_fails_neither_loses_the_item_nor_reaches_the_page() {
    for function in [
        "() => { throw new Error('mine') }",
        "async () => 7",
        "() => 'text'",
        "item => { const data = {}; data.data = data; return { ...item, data } }",
        "undefined",
    ] {
        let scene = filtered(function).await;
        scene.open("/").await;
        scene.browser.run("waymark.track('kept', { n: 1 })").await;
        scene.flushed().await;
        assert_eq!(
            scene.said(EVENTS).await,
            [row(&["kept"], json!({"n": 1}))],
            "{function}"
        );
        assert_eq!(scene.browser.run("return seen").await, json!([]));
    }
}
