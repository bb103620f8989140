//! A row that is a session: who, when, how they came, how many pages, and what the visitor had reached.
//!
//! The pages become page views: the first and the last with their addresses where the row has them, the others without, since
//! the row says that they were shown and not which. The end is no item, it moves the session's last time. A milestone is a
//! visitor's and stands in each of their rows, and in which session it was reached no row says: it becomes one item by its
//! name and time, outside of all sessions.

mod items;

use uuid::Uuid;
use waymark_protocol::{ClickIds, limits};

use self::items::Span;
use super::facts::{self, Visit, Way};
use super::{Bad, Convert, Converted, Field, Mapping, Outside, Record, moment};
use crate::ingest::ids;
use crate::journey::{Device, Ga, Screen};

/// Page views of one session beyond this are a mistake in the column.
const MOST_PAGES: u32 = 1_000;
/// A session that lasted longer is a mistake in the column.
const LONGEST_MS: i64 = 31 * 24 * 60 * 60 * 1000;

/// Makes facts of rows that are sessions.
#[derive(Debug)]
pub struct Sessions {
    outside: Outside,
    mapping: Mapping,
    /// Where a landing page is that is told without its host.
    base: Option<String>,
    /// Whether any column says how visitors came: then a row without a value says that they came directly.
    knows_way: bool,
}

impl Sessions {
    /// For rows with this mapping.
    pub fn new(outside: Outside, mapping: Mapping) -> Self {
        let plain = |origin: &&String| !origin.contains('*');
        let base = outside.site.origins.iter().find(plain).cloned();
        let ways = [
            Field::Landing,
            Field::Referrer,
            Field::Source,
            Field::Medium,
            Field::Campaign,
        ];
        let knows_way = ways.iter().any(|field| mapping.column(*field).is_some())
            || !mapping.click_ids.is_empty();
        Self {
            outside,
            mapping,
            base,
            knows_way,
        }
    }

    fn text<'r>(&self, record: &'r Record, field: Field) -> Option<&'r str> {
        record.get(self.mapping.column(field))
    }

    fn bad(&self, field: Field, message: impl Into<String>) -> Bad {
        let column = self.mapping.column(field);
        Bad::new(self.mapping.label(field.name(), column), message)
    }

    fn moment(&self, record: &Record, field: Field) -> Result<Option<i64>, Bad> {
        let read = |text| moment::read(text, &self.outside.zone, self.outside.now);
        let text = self.text(record, field);
        text.map(read)
            .transpose()
            .map_err(|message| self.bad(field, message))
    }

    fn ended(&self, record: &Record, started: i64) -> Result<i64, Bad> {
        if let Some(ended) = self.moment(record, Field::Ended)? {
            return match ended {
                ended if ended < started => Err(self.bad(Field::Ended, "lies before the start")),
                ended if ended - started > LONGEST_MS => {
                    Err(self.bad(Field::Ended, "lies more than 31 days after the start"))
                }
                ended => Ok(ended),
            };
        }
        let Some(text) = self.text(record, Field::Duration) else {
            return Ok(started);
        };
        let seconds = text.parse::<f64>().ok();
        let ms = seconds.map(|seconds| (seconds * 1000.0).round());
        match ms {
            Some(ms) if (0.0..=LONGEST_MS as f64).contains(&ms) => Ok(started + ms as i64),
            _ => Err(self.bad(Field::Duration, "is no number of seconds up to 31 days")),
        }
    }

    fn pages(&self, record: &Record) -> Result<Option<u32>, Bad> {
        let Some(text) = self.text(record, Field::PageViews) else {
            return Ok(None);
        };
        match text.parse() {
            Ok(pages) if pages <= MOST_PAGES => Ok(Some(pages)),
            _ => Err(self.bad(
                Field::PageViews,
                format!("is no whole number from 0 to {MOST_PAGES}"),
            )),
        }
    }

    fn user(&self, record: &Record) -> Result<Option<String>, Bad> {
        let label = || self.bad(Field::User, "").field;
        self.text(record, Field::User)
            .map(|text| facts::id_text(text, label))
            .transpose()
    }

    fn visitor(&self, record: &Record, user: Option<&str>) -> Result<Uuid, Bad> {
        let site_id = self.outside.site.id;
        let named = ids::visitor(site_id, self.text(record, Field::Visitor), user);
        let of_ga = || {
            let client = self.text(record, Field::GaClient)?;
            Some(ids::ga_client(site_id, client))
        };
        named.or_else(of_ga).ok_or_else(|| {
            let message = "is empty, and so are the user and the client id";
            self.bad(Field::Visitor, message)
        })
    }

    fn url(&self, record: &Record, field: Field) -> Option<String> {
        let text = self.text(record, field)?;
        match &self.base {
            Some(base) if text.starts_with('/') => {
                facts::short(Some(&format!("{base}{text}")), limits::URL_CHARS)
            }
            _ => facts::short(Some(text), limits::URL_CHARS),
        }
    }

    fn way(&self, record: &Record, landing_url: Option<String>) -> Way {
        let text = |field| self.text(record, field).map(str::to_owned);
        let click_ids = self.mapping.click_ids.iter().filter_map(|(name, column)| {
            Some(((*name).into(), record.get(Some(*column))?.to_owned()))
        });
        Way {
            landing_url,
            referrer: text(Field::Referrer),
            source: text(Field::Source),
            medium: text(Field::Medium),
            campaign: text(Field::Campaign),
            term: text(Field::Term),
            content: text(Field::Content),
            click_ids: ClickIds(click_ids.collect()),
        }
    }

    fn device(&self, record: &Record, left_out: &mut Vec<String>) -> Device {
        let short = |field| facts::short(self.text(record, field), limits::TEXT_CHARS);
        let agent = self.text(record, Field::UserAgent).map(facts::of_agent);
        let agent = agent.unwrap_or_default();
        let mut known = |field, read: &dyn Fn(&str) -> Option<String>| {
            let text = self.text(record, field)?;
            let value = read(text);
            if value.is_none() {
                left_out.push(self.bad(field, "").field);
            }
            value
        };
        let kind = known(Field::Device, &|text| {
            facts::device_kind(text).map(str::to_owned)
        });
        Device {
            kind: kind.or(agent.kind),
            browser: short(Field::Browser).or(agent.browser),
            os: short(Field::Os).or(agent.os),
            country: known(Field::Country, &facts::country),
            region: short(Field::Region),
            city: short(Field::City),
            language: short(Field::Language),
            time_zone: short(Field::TimeZone),
        }
    }

    fn ga(&self, record: &Record) -> Option<Ga> {
        let short = |field| facts::short(self.text(record, field), limits::TEXT_CHARS);
        Some(Ga {
            client_id: Some(short(Field::GaClient)?),
            session_id: short(Field::GaSession),
        })
    }

    /// The milestones that the row tells, by name and time.
    fn milestones(&self, record: &Record) -> Result<Vec<(&str, i64)>, Bad> {
        let mut reached = Vec::new();
        for (name, column) in &self.mapping.milestones {
            if let Some(text) = record.get(Some(*column)) {
                let at = moment::read(text, &self.outside.zone, self.outside.now);
                let label = || self.mapping.label(name, Some(*column));
                reached.push((name.as_str(), at.map_err(|why| Bad::new(label(), why))?));
            }
        }
        Ok(reached)
    }
}

impl Convert for Sessions {
    fn convert(&self, record: &Record, into: &mut Converted) -> Result<(), Bad> {
        let site_id = self.outside.site.id;
        let started = self
            .moment(record, Field::Started)?
            .ok_or_else(|| self.bad(Field::Started, "is empty"))?;
        let ended = self.ended(record, started)?;
        let told_pages = self.pages(record)?;
        let user_id = self.user(record)?;
        let visitor_id = self.visitor(record, user_id.as_deref())?;
        let milestones = self.milestones(record)?;
        let session_id = match self.text(record, Field::Session) {
            Some(text) => ids::session(site_id, visitor_id, text),
            None => ids::session_at(site_id, visitor_id, started),
        };

        let mut left_out = Vec::new();
        let landing = self.url(record, Field::Landing);
        let exit = self.url(record, Field::Exit);
        let touch = self.knows_way.then(|| {
            let way = self.way(record, landing.clone());
            way.conclude(started, &self.outside, &mut left_out)
        });
        let visit = Visit {
            visitor_id,
            session_id,
            started_at: Some(started),
            user_id,
            touch,
            ga: self.ga(record),
            device: self.device(record, &mut left_out),
            screen: Screen::default(),
        };
        let arrival = visit.arrival(&self.outside);
        let span = Span {
            started,
            ended,
            pages: told_pages.unwrap_or_else(|| {
                u32::from(landing.is_some()) + u32::from(exit.is_some() && exit != landing)
            }),
            landing,
            exit,
            referrer: facts::short(self.text(record, Field::Referrer), limits::URL_CHARS),
        };
        items::presences(&arrival, &span, into);
        items::page_views(&arrival, span, into);
        for (name, at) in milestones {
            items::milestone(&arrival, name, at, into);
        }
        into.leave_out(left_out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use waymark_protocol::ItemKind;

    use super::*;
    use crate::journey::Definition;
    use crate::store::sites::Site;

    fn outside() -> Outside {
        Outside {
            site: Site {
                id: 1,
                workspace: 1,
                name: String::new(),
                key: String::new(),
                origins: vec![
                    "https://*.shop.test".to_owned(),
                    "https://shop.test".to_owned(),
                ],
                time_zone: "UTC".to_owned(),
                currency: None,
                is_demo: false,
                server_key_required: false,
                renew_cookie: false,
                cookie_domain: None,
                created_at: 0,
            },
            stages: Definition::standard(),
            zone: TimeZone::UTC,
            now: 1_795_876_628_628,
        }
    }

    /// Rows of `column=value` pairs.
    fn convert(rows: &[&[(&str, &str)]]) -> Result<Converted, Bad> {
        let mut columns: Vec<String> = Vec::new();
        for (name, _) in rows.iter().copied().flatten() {
            if !columns.iter().any(|known| known == name) {
                columns.push((*name).to_owned());
            }
        }
        let mapping = Mapping::find(&[], &columns, &Definition::standard()).unwrap();
        let sessions = Sessions::new(outside(), mapping);
        let mut converted = Converted::default();
        for row in rows {
            let value = |column: &String| {
                let (_, value) = row.iter().find(|(name, _)| name == column)?;
                Some((*value).to_owned()).filter(|value| !value.is_empty())
            };
            let record = Record {
                place: 1,
                values: columns.iter().map(value).collect(),
                line: None,
            };
            sessions.convert(&record, &mut converted)?;
        }
        Ok(converted)
    }

    const WHO: (&str, &str) = ("visitor_id", "v1");
    const WHEN: (&str, &str) = ("started_at", "2026-01-31T12:00:00Z");
    const AT: i64 = 1_769_860_800_000;

    #[test]
    fn a_session_is_its_pages_its_end_and_its_milestones() {
        let converted = convert(&[&[
            WHO,
            WHEN,
            ("ended_at", "2026-01-31T12:10:00Z"),
            ("landing_page", "/pricing?utm_source=News&utm_medium=email"),
            ("exit_page", "/contact"),
            ("pageviews", "4"),
            ("signup_at", "2026-02-03"),
            ("nda_signed_at", ""),
            ("country", "Atlantis"),
            ("device", "Laptop"),
        ]])
        .unwrap();
        let told: Vec<_> = converted
            .facts
            .iter()
            .map(|fact| (fact.kind, fact.at - AT, fact.url.as_deref(), fact.dated))
            .collect();
        let shown = |at, url| (ItemKind::PageView, at, url, true);
        let minutes = 60_000;
        assert_eq!(
            told,
            [
                (ItemKind::PagePing, 10 * minutes, None, true),
                shown(
                    0,
                    Some("https://shop.test/pricing?utm_source=News&utm_medium=email")
                ),
                shown(0, None),
                shown(0, None),
                shown(10 * minutes, Some("https://shop.test/contact")),
                (
                    ItemKind::Milestone,
                    (2 * 24 + 12) * 60 * minutes,
                    None,
                    false
                ),
            ]
        );
        let arrival = &converted.facts[0].arrival;
        let touch = arrival.touch.as_ref().unwrap();
        assert_eq!(touch.source.as_deref(), Some("news"));
        assert_eq!(touch.channel.as_deref(), Some("Email"));
        assert_eq!(arrival.device.kind.as_deref(), Some("desktop"));
        assert_eq!(arrival.device.country, None);
        assert_eq!(converted.left_out.len(), 1);
        assert_eq!(converted.left_out["country"], 1);
    }

    #[test]
    fn the_same_row_makes_the_same_items_and_a_milestone_is_one_in_all_of_them() {
        let first: &[_] = &[WHO, WHEN, ("signup_at", "2026-02-03")];
        let second: &[_] = &[
            WHO,
            ("started_at", "2026-02-01T12:00:00Z"),
            ("signup_at", "2026-02-03"),
        ];
        let facts = convert(&[first, second, first]).unwrap().facts;
        let ids: Vec<Uuid> = facts.iter().map(|fact| fact.id).collect();
        assert_eq!(ids[..2], ids[4..]);
        assert_eq!(facts[1], facts[3]);
        assert_ne!(ids[0], ids[2]);
    }

    #[test]
    fn what_no_column_says_is_unknown_and_what_is_empty_was_direct() {
        let facts = convert(&[&[WHO, WHEN]]).unwrap().facts;
        assert_eq!(facts[0].arrival.touch, None);
        let facts = convert(&[&[WHO, WHEN, ("referrer", "")]]).unwrap().facts;
        let touch = facts[0].arrival.touch.as_ref().unwrap();
        assert_eq!(touch.channel.as_deref(), Some("Direct"));
    }

    #[test]
    fn a_session_without_pages_still_tells_its_user() {
        let facts = convert(&[&[WHO, WHEN, ("user_id", "u1")]]).unwrap().facts;
        let kinds: Vec<_> = facts.iter().map(|fact| fact.kind).collect();
        assert_eq!(kinds, [ItemKind::PagePing, ItemKind::Identify]);
    }

    #[test]
    fn a_bad_row_names_its_field_and_column() {
        for (name, value, message) in [
            ("started_at", "soon", "started (started_at): is no time"),
            ("started_at", "", "started (started_at): is empty"),
            ("visitor_id", "", "visitor (visitor_id): is empty"),
            (
                "ended_at",
                "2026-01-31T11:00:00Z",
                "ended (ended_at): lies before",
            ),
            ("ended_at", "2026-04-01", "ended (ended_at): lies more than"),
            ("duration", "-1", "duration: is no number"),
            ("page_views", "many", "page_views: is no whole number"),
            ("page_views", "1001", "page_views: is no whole number"),
            ("signup_at", "yes", "signup_at: is no time"),
        ] {
            let mut row = vec![WHO, WHEN];
            row.retain(|(known, _)| *known != name);
            row.push((name, value));
            let bad = convert(&[&row]).unwrap_err().to_string();
            assert!(bad.starts_with(message), "{bad}");
        }
        let long = "u".repeat(257);
        let bad = convert(&[&[WHO, WHEN, ("user_id", &long)]]).unwrap_err();
        assert_eq!(
            bad.to_string(),
            "user (user_id): is longer than 256 characters"
        );
    }
}
