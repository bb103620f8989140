//! Definitions of stages under which other tests run, and what a change of them asks for.

use serde_json::{Value, json};
use waymark_collector::journey::Definition;
use waymark_collector::store::Store;
use waymark_collector::store::audit::By;
use waymark_collector::store::first_events::Slice;

/// How many [`definition`] knows.
pub(super) const DEFINITIONS: usize = 5;

/// A definition by its number; the collector's own is 0.
pub(crate) fn definition(number: usize) -> Definition {
    let stages = |keys: &[&str]| -> Value {
        let all = keys.iter().map(|key| json!({"key": key, "label": key}));
        all.collect()
    };
    let (stages, milestones) = match number {
        0 => return (*Definition::standard()).clone(),
        1 => (
            stages(&["start", "tried", "done"]),
            json!([
                {"name": "tried", "stage": "tried", "event": "e1"},
                {"name": "x", "stage": "done"},
                {"name": "signup_at"},
            ]),
        ),
        // The same events reach others, under names that are sent as well.
        2 => (
            stages(&["anonymous", "converted", "registered"]),
            json!([
                {"name": "signup_at", "stage": "converted", "event": "e1"},
                {"name": "x", "stage": "registered", "event": "e2"},
                {"name": "seen", "event": "e0"},
            ]),
        ),
        3 => (stages(&["all"]), json!([])),
        _ => (
            stages(&["start", "tried", "done"]),
            json!([
                {"name": "tried", "stage": "tried", "event": "e3"},
                {"name": "x", "stage": "done", "event": "e2"},
            ]),
        ),
    };
    let document = json!({"version": 1, "stages": stages, "milestones": milestones});
    Definition::of(document).unwrap()
}

/// Who changes things in these tests.
pub(super) const BY: By<'static> = By {
    actor: "test",
    now: 1,
};

/// Sets a site's definition, as nobody else does meanwhile.
pub(crate) async fn set(store: &Store, site_id: i64, definition: &Definition) {
    let latest = store.stage_versions(site_id, 1).await.unwrap();
    let seen = latest.first().map_or(0, |latest| latest.version);
    let set = store
        .set_stages(site_id, seen, definition, BY, Some("a test"))
        .await;
    assert!(set.unwrap());
    store.refresh_stages().await.unwrap();
}

/// Searches all that a site's definition has left to search, `items` items at a time, and gives the number of slices.
pub(crate) async fn restate(store: &Store, site_id: i64, items: u32) -> usize {
    let mut since = None;
    while store.older_writers(&mut since).await.unwrap() {
        tokio::task::yield_now().await;
    }
    let mut slices = 0;
    loop {
        let all = store.restatements().await.unwrap();
        let Some(own) = all.iter().find(|one| one.site_id == site_id) else {
            return slices;
        };
        slices += 1;
        let slice = store.restate_slice(own, items).await.unwrap();
        assert_ne!(slice, Slice::Taken);
    }
}
