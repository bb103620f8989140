//! The list of persons, most recently seen first, or by their kept scores.
//!
//! By time a person stands where one of their browsers was seen last. So the list walks the browsers by time, and passes over
//! those whose person was, or will be, found at a later one. A browser that several used stands there once for each of
//! them, at the last item that names them.

use std::collections::HashMap;

use sqlx::AssertSqlSafe;
use uuid::Uuid;
use waymark_protocol::limits;

use super::Found;
use crate::journey::{Definition, Identity, Person};
use crate::store::journeys::{containing, firsts_of, reached};
use crate::store::judgements::Ranking;
use crate::store::page::{Page, TextCursor};
use crate::store::rows::{Filters, bind};
use crate::store::{Bots, Kind, Store, StoreError, VisitorFilter, on};

/// Browsers that are looked at for one page at most. A page that ends here may be short.
const MOST_LOOKED_AT: usize = 5_000;
/// Browsers that are looked at together.
const TOGETHER: std::ops::RangeInclusive<u32> = 32..=500;

/// A place in the list, and who has it there: of a browser, or a person's own.
type Candidate = (TextCursor, Identity);

/// How the list goes.
#[derive(Clone, Copy)]
enum Way {
    /// By the time at which somebody was seen last.
    Recent,
    /// By a ranking, of a standing of at least so much.
    Ranked(Ranking, Option<i64>),
}

impl Store {
    /// Persons of a site, most recently seen first. `cursor` is what the page before gave, `None` for the first. A page
    /// may be short though it is not the last one, where few browsers are of anybody that the filter asks for.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn persons(
        &self,
        site_id: i64,
        filter: &VisitorFilter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Person>, StoreError> {
        self.walked(site_id, filter, Way::Recent, cursor, limit)
            .await
    }

    /// Persons of a site by what was kept of them when they were judged, the highest first; those without a score, or not
    /// judged yet, are not there. `least` is the least standing of those who are.
    ///
    /// # Errors
    /// [`StoreError::InvalidCursor`]; [`StoreError::Unavailable`].
    pub async fn ranked_persons(
        &self,
        site_id: i64,
        filter: &VisitorFilter,
        (by, least): (Ranking, Option<i64>),
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Person>, StoreError> {
        self.walked(site_id, filter, Way::Ranked(by, least), cursor, limit)
            .await
    }

    async fn walked(
        &self,
        site_id: i64,
        filter: &VisitorFilter,
        way: Way,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page<Person>, StoreError> {
        let mut place = TextCursor::read(cursor)?;
        let mut found: Vec<(TextCursor, Person)> = Vec::new();
        let nothing = Page {
            data: Vec::new(),
            next_cursor: None,
        };
        // As in the list of visitors: never stored, or not to be asked for.
        let too_long = |q: &String| q.chars().nth(limits::USER_ID_CHARS).is_some();
        let definition = self.stages(site_id);
        let no_stage = |key: &String| definition.rank(key).is_none();
        if filter.source.as_ref().is_some_and(|s| s.contains('\0'))
            || filter.q.as_ref().is_some_and(too_long)
            || filter.stage.as_ref().is_some_and(no_stage)
        {
            return Ok(nothing);
        }
        let together = (limit + 1).clamp(*TOGETHER.start(), *TOGETHER.end());
        let mut looked_at = 0;
        while found.len() <= limit as usize {
            let candidates = match way {
                Way::Recent => {
                    self.candidates(site_id, filter, &definition, &place, together)
                        .await?
                }
                Way::Ranked(by, least) => self.ranked(site_id, by, least, &place, together).await?,
            };
            let ranked: HashMap<&Identity, &TextCursor> =
                candidates.iter().map(|(at, id)| (id, at)).collect();
            // Whoever is somebody else's by now stands where they stand.
            let place_of = |found: Found| match way {
                Way::Recent => Some((found.place, found.person)),
                Way::Ranked(..) => {
                    let at = ranked.get(&found.person.id)?;
                    Some(((*at).clone(), found.person))
                }
            };
            let ids: Vec<Identity> = candidates.iter().map(|(_, id)| id.clone()).collect();
            let mut people: HashMap<TextCursor, Person> = self
                .people(site_id, &ids)
                .await?
                .into_iter()
                .filter(|found| matches(filter, &found.person))
                .filter_map(place_of)
                .collect();
            looked_at += candidates.len();
            let is_last = candidates.len() < together as usize;
            for (at, _) in candidates {
                if let Some(person) = people.remove(&at) {
                    found.push((at.clone(), person));
                }
                place = at;
            }
            if is_last {
                break;
            }
            if looked_at >= MOST_LOOKED_AT && found.len() <= limit as usize {
                return Ok(Page {
                    data: found.into_iter().map(|(_, person)| person).collect(),
                    next_cursor: Some(place.to_string()),
                });
            }
        }
        let page = Page::cut(found, limit, |(place, _)| place.clone());
        Ok(Page {
            data: page.data.into_iter().map(|(_, person)| person).collect(),
            next_cursor: page.next_cursor,
        })
    }

    /// The next browsers after a place, of people whom the filter may ask for.
    async fn candidates(
        &self,
        site_id: i64,
        filter: &VisitorFilter,
        definition: &Definition,
        place: &TextCursor,
        limit: u32,
    ) -> Result<Vec<Candidate>, StoreError> {
        let pattern = filter.q.as_deref().map(containing);
        let mut filters = Filters::new(4);
        let either = |condition: &str| self.of_any_browser(condition);
        filters.add(
            &either("lower({t}.name) LIKE lower($?) ESCAPE '!' OR lower(u.user_id) LIKE lower($?) ESCAPE '!'"),
            pattern.as_deref(),
        );
        if let Some(rank) = filter.stage.as_ref().and_then(|key| definition.rank(key)) {
            // Whoever is at a stage has reached it on one of their browsers; who is at the first has reached none on any.
            let (not, names) = match rank {
                0 => ("NOT ", definition.leading_to(|other| other > 0)),
                rank => ("", definition.leading_to(|other| other == rank)),
            };
            let reached = reached("{t}", !names.1.is_empty());
            filters.add_lists(&either(&format!("{not}{reached}")), &firsts_of(names));
        }
        filters.add(&either("{t}.source = $?"), filter.source.as_deref());
        filters.add(
            &either("COALESCE({t}.bot_decision, {t}.device_type = 'bot', FALSE) = $?"),
            filter.bots.wanted(),
        );
        let sql = filters.apply(include_str!("../sql/visitors/list_whole.sql"));
        let whole: Vec<(i64, Uuid, Option<String>)> = on!(self, read of site_id, |pool| {
            let query = sqlx::query_as(AssertSqlSafe(sql))
                .bind(site_id)
                .bind(place.at)
                .bind(place.id)
                .bind(i64::from(limit));
            bind!(query, &filters.values).fetch_all(pool).await
        })?;
        let shared: Vec<(i64, Uuid, String)> = on!(self, read of site_id, |pool| {
            sqlx::query_as(include_str!("../sql/visitor_users/list_shared.sql"))
                .bind(site_id)
                .bind(place.at)
                .bind(place.id)
                .bind(&place.text)
                .bind(i64::from(limit))
                .fetch_all(pool)
                .await
        })?;
        let whole = whole.into_iter().map(|(at, id, user)| {
            let text = String::new();
            let person = user.map_or(Identity::Visitor(id), Identity::User);
            (TextCursor { at, id, text }, person)
        });
        let shared = shared.into_iter().map(|(at, id, user)| {
            let text = user.clone();
            (TextCursor { at, id, text }, Identity::User(user))
        });
        let mut candidates: Vec<Candidate> = whole.chain(shared).collect();
        candidates.sort_by(|(a, _), (b, _)| b.cmp(a));
        candidates.truncate(limit as usize);
        Ok(candidates)
    }

    /// The condition that this browser, `v`, or another one of its user meets `condition`, or that its person has other
    /// ids, who are then looked at.
    fn of_any_browser(&self, condition: &str) -> String {
        let digits = match self.kind() {
            Kind::Sqlite => "lower(hex(v.visitor_id))",
            Kind::Postgres => "replace(CAST(v.visitor_id AS TEXT), '-', '')",
        };
        include_str!("../sql/visitors/of_any_browser.sql")
            .replace("{digits}", digits)
            .replace("{own}", &condition.replace("{t}", "v"))
            .replace("{other}", &condition.replace("{t}", "o"))
    }
}

/// Whether a person is one whom the filter asks for.
fn matches(filter: &VisitorFilter, person: &Person) -> bool {
    let q = filter.q.as_ref().map(|q| q.to_lowercase());
    let has = |text: &String| {
        q.as_ref()
            .is_none_or(|q| text.to_lowercase().contains(q.as_str()))
    };
    let source = person
        .figures
        .first_touch
        .as_ref()
        .and_then(|touch| touch.source.as_ref());
    (person.user_ids.iter().any(has) || person.visitors.iter().any(|visitor| has(&visitor.name)))
        && filter
            .stage
            .as_ref()
            .is_none_or(|stage| person.figures.stage == *stage)
        && (filter.source.is_none() || filter.source.as_ref() == source)
        && Bots::shows(filter.bots, person.bot)
}
