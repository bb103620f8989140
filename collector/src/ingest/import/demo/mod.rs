//! A shop that never was: twelve weeks of made-up visits, by which somebody without visitors sees what answers look like.
//!
//! ```text
//! site, now ─► Calendar ─► person by person ─┬─ plan    when they come, by which way, and what for
//!                                            ├─ visit   what happens then, as facts ─► Ingest::submit_facts
//!                                            └─ letters what passes by mail and phone ─► Ingest::submit_interactions
//! ```
//!
//! Everything follows from the site, the moment and [`SEED`]: asked again at the same moment it is the same. People are made one
//! after the other, so there is never more than one of them in memory. What is concluded of them is concluded as of everybody.
//!
//! It is made to be asked about. The campaign by which most buyers come first, the one by which they come last, and the one
//! between are three ([`plan`]), so models of attribution differ; most who sign up do not agree, so a funnel has a place where it
//! leaks; those of one week come back far more than others ([`Calendar::best`]); and [`star`] is somebody with a name, three
//! devices and a story.
//!
//! Refuses to know of databases and requests, and that it is a demo: whoever asks for it keeps it apart.

mod calendar;
mod dice;
mod letters;
mod plan;
mod shop;
mod star;
mod visit;

use serde_json::Value;

use self::calendar::Calendar;
use self::dice::Dice;
use self::plan::Plan;
use super::Outside;
use crate::journey::Fact;

/// What the site is called.
pub const NAME: &str = "Demo shop";
/// Where it would be.
pub const ORIGIN: &str = "https://shop.example";
/// What it sells in.
pub const CURRENCY: &str = "EUR";

/// Another seed, another shop.
const SEED: u64 = 0x57a7_0001;
/// Weeks before the present one.
const WEEKS: i64 = 12;
/// Who come for the first time in a week, in the first one, and how many more in each week after.
const COMERS: u32 = 84;
const GROWTH: u32 = 3;

/// What one person did.
#[derive(Debug, Default)]
pub struct Told {
    /// On the pages, in the order of time.
    pub facts: Vec<Fact>,
    /// Beside them, as servers tell it.
    pub interactions: Vec<Value>,
}

/// The people of the shop, one after the other.
#[derive(Debug)]
pub struct Demo {
    outside: Outside,
    calendar: Calendar,
    /// Who is next: the week in which they come, and their number in it.
    next: (i64, u32),
    /// How many there were.
    number: u32,
}

impl Demo {
    /// The shop of a site.
    pub fn new(outside: Outside) -> Self {
        let calendar = Calendar::new(outside.now, &outside.zone);
        Self {
            outside,
            calendar,
            next: (0, 0),
            number: 0,
        }
    }

    fn comers(week: i64) -> u32 {
        COMERS + GROWTH * u32::try_from(week).unwrap_or_default()
    }
}

impl Iterator for Demo {
    type Item = Told;

    fn next(&mut self) -> Option<Told> {
        let (week, place) = self.next;
        if week > WEEKS {
            return None;
        }
        self.next = match place + 1 < Self::comers(week) {
            true => (week, place + 1),
            false => (week + 1, 0),
        };
        let number = self.number;
        self.number += 1;
        let mut dice = Dice::new(SEED.wrapping_add(u64::from(number) << 20));
        let plan = match number {
            0 => star::plan(&self.calendar),
            _ => Plan::new(number, week, &self.calendar, &mut dice),
        };
        let mut told = Told::default();
        for stay in &plan.stays {
            told.facts
                .extend(visit::facts(&self.outside, &plan, stay, &mut dice));
        }
        told.interactions = letters::of(&plan, &mut dice);
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::tz::TimeZone;
    use waymark_protocol::ItemKind;

    use super::*;
    use crate::journey::Definition;
    use crate::store::sites::Site;

    fn shop() -> Demo {
        Demo::new(Outside {
            site: Site {
                id: 1,
                workspace: 1,
                name: NAME.into(),
                key: "wk_demo12345".into(),
                origins: vec![ORIGIN.into()],
                time_zone: "UTC".into(),
                server_key_required: false,
                renew_cookie: false,
                cookie_domain: None,
                currency: Some(CURRENCY.into()),
                is_demo: true,
                created_at: 0,
            },
            stages: Definition::standard(),
            zone: TimeZone::UTC,
            now: 1_795_876_628_628,
        })
    }

    #[test]
    fn it_is_the_same_each_time_and_of_the_past() {
        let (one, other): (Vec<Told>, Vec<Told>) = (shop().collect(), shop().collect());
        assert!(one.len() > 1_000, "{}", one.len());
        let mut ids = BTreeSet::new();
        let mut facts = 0;
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.facts, other.facts);
            assert_eq!(one.interactions, other.interactions);
            for fact in &one.facts {
                assert!(fact.at <= 1_795_876_628_628, "{fact:?}");
                ids.insert(fact.id);
                facts += 1;
            }
        }
        assert_eq!(ids.len(), facts, "no id is used twice");
        assert!((10_000..40_000).contains(&facts), "{facts}");
    }

    #[test]
    fn there_is_something_to_be_asked_of_everything() {
        let all: Vec<Told> = shop().collect();
        let facts = || all.iter().flat_map(|told| &told.facts);
        let named = |name: &str| {
            facts()
                .filter(|fact| fact.name.as_deref() == Some(name))
                .count()
        };
        let (signed, agreed, connected) = (
            named("signup_at"),
            named("fee_agreement_at"),
            named("first_connection_at"),
        );
        assert!(
            signed > 2 * agreed && agreed > connected && connected > 20,
            "{signed} {agreed} {connected}"
        );
        for name in [
            "purchase",
            "refund",
            "cta_clicked",
            "tool_entered",
            "content_exported",
        ] {
            assert!(named(name) > 5, "{name}: {}", named(name));
        }
        for kind in [ItemKind::Identify, ItemKind::Group, ItemKind::PagePing] {
            assert!(facts().any(|fact| fact.kind == kind), "{kind:?}");
        }
        let orders = facts().filter_map(|fact| fact.transaction.as_deref());
        assert!(orders.filter(|order| order.amount.is_some()).count() > 60);
        let star: BTreeSet<_> = all[0]
            .facts
            .iter()
            .map(|fact| fact.arrival.visitor_id)
            .collect();
        assert_eq!(star.len(), 3, "devices");
        assert!(facts().any(|fact| fact.arrival.device.is_bot()));
        assert!(
            all.iter()
                .map(|told| told.interactions.len())
                .sum::<usize>()
                > 50
        );
    }
}
