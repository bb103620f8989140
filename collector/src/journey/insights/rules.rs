//! The rules of insights, each with a name, a version and its thresholds. One that is changed gets another version.

use uuid::Uuid;

use super::super::score::{DAY_MS, Occasion, RecordKind};
use super::super::trend::{Counts, Direction, LEVEL};
use super::{Asks, Evidence, InsightKind, Record, Seen};

/// Records that an insight points at; of more, the latest.
pub(super) const MOST_RECORDS: usize = 10;

/// Score from which engagement is high.
pub(super) const HIGH_SCORE: f64 = 0.7;
/// Channels that are several.
const SEVERAL_CHANNELS: usize = 3;
/// Occasions in a window that make somebody active.
const ACTIVE_OCCASIONS: usize = 3;
/// Days of silence after which somebody who was active goes quiet, and after which it is no news any more.
pub(super) const QUIET_DAYS: (i64, i64) = (14, 90);
/// Days of silence that make the next occasion a return, and for how many days that is news.
pub(super) const RETURN_DAYS: (i64, i64) = (30, 7);
/// Views of the prices that are repeated.
const PRICE_VIEWS: usize = 3;
/// Sessions without a conversion that are many.
const MANY_SESSIONS: i64 = 8;

/// A rule: its name and version, and what it finds.
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) version: u32,
    pub(super) kind: InsightKind,
    pub(super) action: &'static str,
    pub(super) find: fn(&Seen<'_>) -> Option<Finding>,
}

/// What a rule found.
pub(super) struct Finding {
    pub(super) text: String,
    pub(super) evidence: Vec<Evidence>,
    pub(super) records: Vec<Record>,
}

/// The rules, in the order in which their insights are shown.
pub(super) static RULES: [Rule; 7] = [
    Rule {
        name: "high_engagement",
        version: 1,
        kind: InsightKind::Signal,
        action: "A good moment for an offer.",
        find: high_engagement,
    },
    Rule {
        name: "several_channels",
        version: 1,
        kind: InsightKind::Signal,
        action: "They look for you in more than one place: ask what they need.",
        find: several_channels,
    },
    Rule {
        name: "prices_seen",
        version: 1,
        kind: InsightKind::Signal,
        action: "Answer questions of price before they are asked.",
        find: prices_seen,
    },
    Rule {
        name: "returned",
        version: 1,
        kind: InsightKind::Signal,
        action: "Something brought them back: look at what they came for.",
        find: returned,
    },
    Rule {
        name: "going_quiet",
        version: 1,
        kind: InsightKind::Risk,
        action: "Get in touch before they are gone.",
        find: going_quiet,
    },
    Rule {
        name: "fading",
        version: 1,
        kind: InsightKind::Risk,
        action: "Ask what has changed for them.",
        find: fading,
    },
    Rule {
        name: "no_conversion",
        version: 1,
        kind: InsightKind::Risk,
        action: "Find out what holds them back.",
        find: no_conversion,
    },
];

/// Whether an address is that of a page of prices: a part of its path is named so, in English.
pub fn shows_prices(url: &str) -> bool {
    let Ok(url) = url::Url::parse(url) else {
        return false;
    };
    let Some(mut parts) = url.path_segments() else {
        return false;
    };
    parts.any(|part| {
        let part = part.to_lowercase();
        let name = part.split('.').next().unwrap_or_default();
        matches!(name, "pricing" | "prices" | "price" | "plans")
    })
}

fn high_engagement(seen: &Seen<'_>) -> Option<Finding> {
    let score = seen.score.score?;
    let at_least = (score >= HIGH_SCORE).then(|| at_least("score", score, HIGH_SCORE))?;
    Some(Finding {
        text: format!("Engagement is high: {score:.2} of 1."),
        evidence: vec![at_least],
        records: records(seen.occasions.within_window(seen.now)),
    })
}

fn several_channels(seen: &Seen<'_>) -> Option<Finding> {
    let channels = &seen.score.parts.as_ref()?.channels.names;
    if channels.len() < SEVERAL_CHANNELS {
        return None;
    }
    let with_channel = seen
        .occasions
        .within_window(seen.now)
        .filter(|one| one.channel.is_some());
    Some(Finding {
        text: format!(
            "Came by {} channels within {} days: {}.",
            channels.len(),
            seen.window_days(),
            channels.join(", ")
        ),
        evidence: vec![at_least(
            "channels",
            channels.len() as f64,
            SEVERAL_CHANNELS as f64,
        )],
        records: records(with_channel),
    })
}

fn prices_seen(seen: &Seen<'_>) -> Option<Finding> {
    let views = seen.price_views.len();
    if views < PRICE_VIEWS {
        return None;
    }
    let record = |(_, id): &(i64, Uuid)| Record {
        kind: RecordKind::PageView,
        id: *id,
    };
    Some(Finding {
        text: format!(
            "Looked at the prices {views} times within {} days.",
            seen.window_days()
        ),
        evidence: vec![at_least("price_views", views as f64, PRICE_VIEWS as f64)],
        records: seen
            .price_views
            .iter()
            .take(MOST_RECORDS)
            .map(record)
            .collect(),
    })
}

fn returned(seen: &Seen<'_>) -> Option<Finding> {
    let (silence, news) = RETURN_DAYS;
    let begun = || {
        let all = seen.occasions.all().iter();
        all.filter(|one| one.began <= seen.now)
    };
    // The first occasion after the latest silence.
    let mut until: Option<i64> = None;
    let mut found: Option<(&Occasion, i64)> = None;
    for one in begun() {
        if let Some(last) = until
            && one.began - last >= silence * DAY_MS
        {
            found = Some((one, one.began - last));
        }
        until = until.max(Some(one.last.max(one.began)));
    }
    let (back, gap) = found?;
    let ago = seen.now - back.began;
    if ago > news * DAY_MS {
        return None;
    }
    Some(Finding {
        text: format!("Came back after {} days of silence.", gap / DAY_MS),
        evidence: vec![
            at_least("days_of_silence", days(gap), silence as f64),
            at_most("days_since_return", days(ago), news as f64),
        ],
        records: records(begun().filter(|one| one.began >= back.began)),
    })
}

fn going_quiet(seen: &Seen<'_>) -> Option<Finding> {
    let (quiet, gone) = QUIET_DAYS;
    let last = seen.occasions.last_at(seen.now)?;
    let silence = seen.now - last;
    let before: Vec<&Occasion> = seen.occasions.within_window(last).collect();
    let is_quiet = (quiet * DAY_MS..=gone * DAY_MS).contains(&silence);
    if !is_quiet || before.len() < ACTIVE_OCCASIONS {
        return None;
    }
    Some(Finding {
        text: format!(
            "Was there {} times within {} days, and not for {} days since.",
            before.len(),
            seen.window_days(),
            silence / DAY_MS
        ),
        evidence: vec![
            at_least(
                "occasions_before",
                before.len() as f64,
                ACTIVE_OCCASIONS as f64,
            ),
            at_least("days_since_last", days(silence), quiet as f64),
            at_most("days_since_last", days(silence), gone as f64),
        ],
        records: records(before.into_iter()),
    })
}

fn fading(seen: &Seen<'_>) -> Option<Finding> {
    let trend = Counts::at(seen.occasions, seen.now)?;
    if trend.direction() != Direction::Falling {
        return None;
    }
    let Counts { now, before } = trend;
    Some(Finding {
        text: format!(
            "Was there {now} times within {} days, and {before} times in as many days before.",
            seen.window_days()
        ),
        evidence: vec![
            at_most("occasions_in_window", now as f64, before as f64),
            at_most("chance", trend.chance(), LEVEL),
        ],
        records: records(
            seen.occasions
                .within_window(seen.now - seen.occasions.scale().window_ms()),
        ),
    })
}

fn no_conversion(seen: &Seen<'_>) -> Option<Finding> {
    let recent = seen.occasions.within_window(seen.now).count();
    let is_open = !seen.is_converted && !seen.has_ordered;
    if !is_open || recent == 0 || seen.total_sessions < MANY_SESSIONS {
        return None;
    }
    Some(Finding {
        text: format!(
            "{} sessions, and neither an order nor the last stage.",
            seen.total_sessions
        ),
        evidence: vec![
            at_least("sessions", seen.total_sessions as f64, MANY_SESSIONS as f64),
            at_most("orders", 0.0, 0.0),
            at_least("occasions_in_window", recent as f64, 1.0),
        ],
        records: records(seen.occasions.within_window(seen.now)),
    })
}

fn at_least(figure: &'static str, value: f64, threshold: f64) -> Evidence {
    Evidence {
        figure,
        value,
        asks: Asks::AtLeast,
        threshold,
    }
}

fn at_most(figure: &'static str, value: f64, threshold: f64) -> Evidence {
    Evidence {
        asks: Asks::AtMost,
        ..at_least(figure, value, threshold)
    }
}

fn days(ms: i64) -> f64 {
    ms as f64 / DAY_MS as f64
}

/// The latest of some occasions.
fn records<'o>(occasions: impl Iterator<Item = &'o Occasion>) -> Vec<Record> {
    let mut records: Vec<Record> = occasions
        .map(|one| Record {
            kind: one.kind,
            id: one.id,
        })
        .collect();
    records.reverse();
    records.truncate(MOST_RECORDS);
    records
}
