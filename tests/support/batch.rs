//! Batches as a browser makes them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use uuid::Uuid;

/// One visitor's session in one tab.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) key: String,
    pub(crate) visitor: Uuid,
    pub(crate) session: Uuid,
    pub(crate) tab: Uuid,
    pub(crate) started_at: i64,
}

impl Visit {
    /// A new visitor's first session.
    pub(crate) fn new(key: &str) -> Self {
        Self {
            key: key.to_owned(),
            visitor: Uuid::now_v7(),
            session: Uuid::now_v7(),
            tab: Uuid::now_v7(),
            started_at: now(),
        }
    }

    /// A batch of these items.
    pub(crate) fn batch(&self, items: &[Value]) -> Value {
        json!({
            "v": 1,
            "key": self.key,
            "sent_at": now(),
            "sdk": {"name": "waymark-js", "version": "0.1.0"},
            "context": {
                "visitor_id": self.visitor,
                "tab_id": self.tab,
                "session": {"id": self.session, "started_at": self.started_at},
            },
            "items": items,
        })
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

/// A page view of `url`.
pub(crate) fn page_view(url: &str) -> Value {
    item("page_view", json!({"url": url, "title": "A page"}))
}

/// An event.
pub(crate) fn event(name: &str) -> Value {
    item("event", json!({"name": name}))
}

/// A milestone.
pub(crate) fn milestone(name: &str) -> Value {
    item("milestone", json!({"name": name}))
}

/// The visitor is this user.
pub(crate) fn identify(user_id: &str) -> Value {
    item("identify", json!({"user_id": user_id}))
}

/// An item of any kind.
pub(crate) fn item(kind: &str, data: Value) -> Value {
    static SEQ: AtomicU64 = AtomicU64::new(1);
    let id = Uuid::now_v7();
    let mut item = json!({
        "type": kind,
        "id": id,
        "at": now(),
        "seq": SEQ.fetch_add(1, Ordering::Relaxed),
        "data": data,
    });
    if kind == "page_view" {
        item["page_view_id"] = json!(id);
    }
    item
}
