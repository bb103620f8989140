//! Answers from sums by hour ([`crate::rollups`]), for questions that they can tell, while no copy of the site's rows is there or
//! where it does not fit.
//!
//! A copy that is there, or nearly, is better: it is exact and knows every condition. So it is waited for a moment, and made in
//! the background meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Asked, Range, Worked};
use crate::analytics::definitions::Definition;
use crate::analytics::prices::{self, Prices};
use crate::analytics::rolled::{self, Rolled};
use crate::analytics::scope::Sample;
use crate::app::App;
use crate::clock;
use crate::columns::Columns;
use crate::error::ApiError;
use crate::store::rollups::{Read, Sold};

/// How long a copy is waited for.
const PATIENCE: Duration = Duration::from_millis(250);

/// Sums of each time that is asked about.
#[derive(Debug)]
pub(super) struct Sums {
    began: Instant,
    as_of: i64,
    now: Read,
    before: Option<Read>,
}

/// What a question made of sums: its answer, what that rests on, and the standard error of visitors.
pub(super) type Made<G> = (G, Sample, f64);

impl<T> Asked<T> {
    /// Sums, if they tell what is asked and there is no copy that does. `fits` says of a time whether they tell it.
    pub(super) async fn sums(
        &self,
        app: &App,
        sold: Sold,
        fits: impl Fn(&Range) -> bool,
    ) -> Result<Option<Sums>, ApiError> {
        let began = Instant::now();
        let ranges = || std::iter::once(&self.range).chain(&self.compared);
        if !self.filters.is_empty() || !ranges().all(fits) {
            return Ok(None);
        }
        let copy = app.columns().of(self.site.id);
        if let Ok(Ok(_)) = tokio::time::timeout(PATIENCE, copy).await {
            return Ok(None);
        }
        let as_of = clock::now();
        let mut read = Vec::new();
        for range in ranges() {
            let Some(hours) = rolled::hours(range.span()) else {
                return Ok(None);
            };
            match app.store().read_hours(self.site.id, hours, sold).await? {
                Some(sums) => read.push(sums),
                None => return Ok(None),
            }
        }
        let mut read = read.into_iter();
        Ok(read.next().map(|now| Sums {
            began,
            as_of,
            now,
            before: read.next(),
        }))
    }

    /// Works the answer out by `question` for each time that is asked about, and says it as `tell` does.
    pub(super) async fn answer_sums<G, D: Serialize + ToSchema + Send + 'static>(
        self,
        app: &App,
        definition: Definition,
        sums: Sums,
        question: impl Fn(&Rolled<'_>, &Range) -> Result<Made<G>, ApiError> + Send + 'static,
        tell: impl FnOnce((&Columns, &Prices), G, Option<G>) -> (D, Option<D>) + Send + 'static,
    ) -> Result<Response, ApiError> {
        let Sums {
            began,
            as_of,
            now,
            before,
        } = sums;
        let columns = Arc::new(rolled::columns(std::iter::once(&now).chain(&before)));
        let currencies = prices::currencies(&columns);
        let exchange = app.store().exchange(&self.site, currencies).await?;
        let prices = Prices::of(&columns, &exchange);
        let (bots, ranges) = (self.bots, (self.range.clone(), self.compared.clone()));
        let work = move || {
            let ask = |read: &Read, range: &Range| {
                let rolled = Rolled {
                    read,
                    bots,
                    columns: &columns,
                    prices: &prices,
                };
                question(&rolled, range)
            };
            let (now, sample, error) = ask(&now, &ranges.0)?;
            let before = before.as_ref().zip(ranges.1.as_ref());
            let before = before.map(|(read, range)| ask(read, range)).transpose()?;
            let other = before.as_ref().map_or(0.0, |(.., error)| *error);
            let before = before.map(|(before, ..)| before);
            let (data, previous) = tell((&columns, &prices), now, before);
            Ok(Worked {
                data,
                previous,
                sample,
                visitors_error: Some(error.max(other)),
            })
        };
        let worked = app.questions().work(work).await?;
        self.say(definition, (began, as_of), worked)
    }
}
