//! When a message happened and when it was sent, by its sender's clock.
//!
//! `originalTimestamp`, or `timestamp` where it stands alone, is the sender's clock; `sentAt` is the same clock when it
//! sent, and [`Clock`](super::super::clock::Clock) moves the one by what the other is off. `timestamp` beside
//! `originalTimestamp` is somebody's better knowledge: a server's that corrected it, or the caller's own; it stands.

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::super::fields::Fields;

/// A message's times in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// When it happened.
    pub(super) at: i64,
    /// The same clock when it was sent.
    pub(super) sent_at: i64,
    /// Whether the message says when it happened.
    pub(super) told: bool,
}

/// Reads a message's times. `sent_at` is its batch's, and what is not said is the time of arrival.
pub(super) fn read(message: &Fields<'_>, sent_at: Option<i64>, received_at: i64) -> Moment {
    let own = |name: &str| message.raw(name).and_then(time);
    let (at, sent_at) = match (own("originalTimestamp"), own("timestamp")) {
        (Some(_), Some(known)) => (Some(known), None),
        (Some(at), None) | (None, Some(at)) => (Some(at), own("sentAt").or(sent_at)),
        (None, None) => (None, None),
    };
    Moment {
        at: at.unwrap_or(received_at),
        sent_at: sent_at.unwrap_or(received_at),
        told: at.is_some(),
    }
}

/// A time as ISO 8601 with an offset, or as whole milliseconds.
pub(in crate::ingest) fn time(raw: &RawValue) -> Option<i64> {
    if let Ok(ms) = serde_json::from_str::<i64>(raw.get()) {
        return Some(ms);
    }
    let text = serde_json::from_str::<String>(raw.get()).ok()?;
    let time: Timestamp = text.trim().parse().ok()?;
    Some(time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_795_876_628_628;

    fn of(json: &str, sent_at: Option<i64>) -> (i64, i64, bool) {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        let moment = read(&Fields::read("", raw).unwrap(), sent_at, NOW);
        (moment.at, moment.sent_at, moment.told)
    }

    #[test]
    fn times_are_read_as_clients_write_them() {
        for text in [
            r#""2026-11-28T14:37:08.628Z""#,
            r#""2026-11-28T14:37:08.628000+00:00""#,
            r#""2026-11-28T15:37:08.628+01:00""#,
            r#""2026-11-28 14:37:08.628Z""#,
            "1795876628628",
        ] {
            assert_eq!(
                time(serde_json::from_str(text).unwrap()),
                Some(NOW),
                "{text}"
            );
        }
        for text in [
            r#""yesterday""#,
            r#""2026-11-28T14:37:08""#,
            "{}",
            "1.5",
            r#""""#,
        ] {
            assert_eq!(time(serde_json::from_str(text).unwrap()), None, "{text}");
        }
    }

    #[test]
    fn the_senders_clock_is_that_of_the_original() {
        let original = r#"{"originalTimestamp": 1000, "sentAt": 3000}"#;
        assert_eq!(of(original, Some(9)), (1000, 3000, true));
        assert_eq!(of(r#"{"timestamp": 1000}"#, Some(4000)), (1000, 4000, true));
        assert_eq!(of(r#"{"timestamp": 1000}"#, None), (1000, NOW, true));
        let both = r#"{"originalTimestamp": 1000, "timestamp": 2000, "sentAt": 3000}"#;
        assert_eq!(of(both, Some(4000)), (2000, NOW, true));
        assert_eq!(of("{}", Some(4000)), (NOW, NOW, false));
        assert_eq!(of(r#"{"timestamp": "soon"}"#, None), (NOW, NOW, false));
    }
}
