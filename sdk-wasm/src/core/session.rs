//! The record that all tabs of a browser share: who the visitor is and which session runs.
//!
//! Owns the record's text form and the rule by which a session lives. Which tab writes it, and under which lock, is
//! decided in `browser/identity`.

use uuid::Uuid;

use super::text::{Fields, own, push};
use super::{id, number};

/// How long a session lives, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Without activity.
    pub idle: i64,
    /// In all.
    pub max: i64,
}

/// A batch of the session was built before Google Analytics' cookie was there.
pub const SENT_WITHOUT_GA: u64 = 1;
/// The session's one `ga_linked` item has been made.
pub const GA_LINKED: u64 = 2;
/// The visitor id was made by a reset; see [`super::visitor::reconcile`].
pub const RESET: u64 = 4;

/// The shared record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The browser's lasting id.
    pub visitor: Uuid,
    /// The running session.
    pub session: Uuid,
    /// Its first activity.
    pub started_at: i64,
    /// Its latest activity in any tab.
    pub last: i64,
    /// Of [`SENT_WITHOUT_GA`], [`GA_LINKED`], [`RESET`].
    pub flags: u64,
    /// The site's own id of the person; empty as long as it is not known.
    pub user: String,
}

impl Record {
    /// Of nobody.
    pub const fn none() -> Record {
        Record {
            visitor: Uuid::nil(),
            session: Uuid::nil(),
            started_at: 0,
            last: 0,
            flags: 0,
            user: String::new(),
        }
    }

    /// Begins a session: its id tells when.
    #[inline(never)]
    pub fn begin(&mut self, session: Uuid) {
        self.session = session;
        self.started_at = id::made_at(&session);
        self.last = self.started_at;
    }

    /// Reads what [`Record::text`] wrote; anything else is `None`.
    pub fn parse(text: &str) -> Option<Record> {
        let mut fields = Fields(text, b' ');
        let visitor = id::parse(fields.take());
        let session = id::parse(fields.take());
        let started_at = number::parse(fields.take());
        let last = number::parse(fields.take());
        let flags = number::parse(fields.take());
        if visitor.is_nil() || session.is_nil() || started_at | last | flags < 0 {
            return None;
        }
        Some(Record {
            visitor,
            session,
            started_at,
            last,
            flags: flags as u64,
            user: own(fields.0),
        })
    }

    /// The fields, separated by spaces; the user id, which may contain spaces itself, comes last.
    pub fn text(&self) -> String {
        let mut out = id::text(&self.visitor);
        push(&mut out, " ");
        push(&mut out, &id::text(&self.session));
        push(&mut out, " ");
        number::push_time(&mut out, self.started_at);
        push(&mut out, " ");
        number::push_time(&mut out, self.last);
        push(&mut out, " ");
        number::push(&mut out, self.flags);
        push(&mut out, " ");
        push(&mut out, &self.user);
        out
    }

    /// Whether the session takes an activity at `at`. A clock that was set back beyond the idle time ends it too: its
    /// latest activity would otherwise lie in the future and keep it alive for as long.
    pub fn takes(&self, at: i64, limits: Limits) -> bool {
        !self.session.is_nil()
            && at - self.last < limits.idle
            && self.last - at < limits.idle
            && at - self.started_at < limits.max
    }

    /// Whether two records speak of the same visitor, session and user, so that one context holds for both.
    pub fn same_context(&self, other: &Record) -> bool {
        self.session == other.session && self.visitor == other.visitor && self.user == other.user
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: Limits = Limits {
        idle: 30 * 60_000,
        max: 24 * 3_600_000,
    };

    fn record(started_at: i64, last: i64, user: &str) -> Record {
        Record {
            visitor: id::new(1, [1; 2]),
            session: id::new(started_at, [2; 2]),
            started_at,
            last,
            flags: RESET | SENT_WITHOUT_GA,
            user: user.to_owned(),
        }
    }

    #[test]
    fn a_session_ends_after_thirty_minutes_without_activity() {
        let record = record(0, 1_000_000, "");
        assert!(record.takes(1_000_000 + LIMITS.idle - 1, LIMITS));
        assert!(!record.takes(1_000_000 + LIMITS.idle, LIMITS));
    }

    #[test]
    fn a_busy_session_ends_after_a_day() {
        let record = record(0, LIMITS.max - 1, "");
        assert!(record.takes(LIMITS.max - 1, LIMITS));
        assert!(!record.takes(LIMITS.max, LIMITS));
    }

    #[test]
    fn a_clock_set_back_a_little_is_tolerated_and_by_hours_is_not() {
        let record = record(10_000_000, 10_000_000, "");
        assert!(record.takes(10_000_000 - 60_000, LIMITS));
        assert!(!record.takes(10_000_000 - LIMITS.idle, LIMITS));
    }

    #[test]
    fn a_session_begins_when_its_id_was_made_and_nobodys_takes_nothing() {
        let mut record = Record::none();
        record.begin(id::new(10_000_000, [3; 2]));
        assert_eq!(record.started_at, 10_000_000);
        assert!(record.takes(10_000_500, LIMITS));
        assert!(!record.takes(10_000_000 + LIMITS.idle, LIMITS));
        record.begin(Uuid::nil());
        assert!(!record.takes(0, LIMITS));
    }

    #[test]
    fn broken_texts_are_no_record() {
        let good = record(5, 6, "").text();
        assert!(Record::parse(&good).is_some());
        for bad in ["", "a b c d e", &good[1..], &good[..good.len() - 3]] {
            assert_eq!(Record::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn a_record_survives_text(start in 0i64..4_000_000_000_000, more in 0i64..100_000_000, user in "\\PC{0,40}") {
            let record = record(start, start + more, &user);
            prop_assert_eq!(Record::parse(&record.text()), Some(record));
        }
    }
}
