//! What the core knows, in the words that people use.

use serde::Serialize;

/// The core's state at one moment. What is not known is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct State {
    /// The browser's lasting id.
    pub visitor_id: Option<String>,
    /// The running session.
    pub session_id: Option<String>,
    /// Its first activity, in milliseconds since the Unix epoch.
    pub session_started_at: Option<i64>,
    /// Its latest activity in any tab, likewise.
    pub last_activity_at: Option<i64>,
    /// The site's own id of the person.
    pub user_id: Option<String>,
    /// The tab.
    pub tab_id: Option<String>,
    /// Items that wait for an answer.
    pub queued: u64,
    /// Items given up since the page was loaded.
    pub dropped: u64,
    /// The URL by which the session was entered.
    pub landing_url: Option<String>,
    /// The page before that one.
    pub referrer: Option<String>,
    /// What the visitor has agreed to.
    pub consent: Option<String>,
    /// Google Analytics' client id.
    pub ga_client_id: Option<String>,
}

/// A text, unless it is empty.
fn some(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn number(text: Option<&str>) -> Option<i64> {
    text?.parse().ok()
}

impl State {
    /// Reads the text that the engine says, `Engine::state` in `browser/engine.rs`: fields separated by zeros, the first
    /// and the fifth of which are themselves texts with spaces.
    pub fn read(text: &str) -> State {
        let mut fields = text.split('\0');
        let mut record = fields.next().unwrap_or_default().splitn(6, ' ');
        let (visitor, session) = (record.next(), record.next());
        let (started, last) = (record.next(), record.next());
        // The flags are the engine's own affair.
        let user = record.nth(1);
        let tab = fields.next();
        let (queued, dropped) = (number(fields.next()), number(fields.next()));
        // Owner, time, URL, page before.
        let mut landing = fields.next().unwrap_or_default().split(' ').skip(2);
        let count = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok()).unwrap_or(0);
        State {
            visitor_id: some(visitor),
            session_id: some(session),
            session_started_at: number(started),
            last_activity_at: number(last),
            user_id: some(user),
            tab_id: some(tab),
            queued: count(queued),
            dropped: count(dropped),
            landing_url: some(landing.next()),
            referrer: some(landing.next()),
            consent: some(fields.next()),
            ga_client_id: some(fields.next()),
        }
    }

    /// The state in one line.
    pub fn headline(&self) -> String {
        let consent = self.consent.as_deref().unwrap_or("unknown");
        let mut line = format!("{} waiting, consent {consent}", self.queued);
        if self.dropped > 0 {
            line.push_str(&format!(", {} given up", self.dropped));
        }
        if let Some(session) = &self.session_id {
            line.push_str(&format!(", session {session}"));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_state_is_read_whole() {
        let text = [
            "v s 5 6 3 user 7",
            "t",
            "2",
            "1",
            "s 5 https://a.example/?x https://b.example/",
            "granted",
            "12.34",
        ]
        .join("\0");
        let state = State::read(&text);
        assert_eq!(
            serde_json::to_value(&state).expect("JSON"),
            serde_json::json!({
                "visitor_id": "v", "session_id": "s", "session_started_at": 5, "last_activity_at": 6,
                "user_id": "user 7", "tab_id": "t", "queued": 2, "dropped": 1,
                "landing_url": "https://a.example/?x", "referrer": "https://b.example/",
                "consent": "granted", "ga_client_id": "12.34",
            })
        );
        assert_eq!(
            state.headline(),
            "2 waiting, consent granted, 1 given up, session s"
        );
    }

    #[test]
    fn what_is_not_known_is_null() {
        let state = State::read("\0t\x000\x000\0\0denied\0");
        assert_eq!(state.visitor_id, None);
        assert_eq!((state.landing_url, state.ga_client_id), (None, None));
        assert_eq!(state.consent.as_deref(), Some("denied"));
        assert_eq!(State::read("").tab_id, None);
    }
}
