//! Questions about many journeys: `/api/v1/analytics/…`.
//!
//! Every question takes the same parameters beside its own ([`Common`]) and is answered in the same envelope ([`Answer`]): what
//! the figures mean and in which version, about which days and rows they are, how much they rest on, as of when, and how long
//! it took. A file here reads one question's own parameters; what is answered is [`crate::analytics`]'. The columns that are
//! asked are [`crate::columns`]'. A question is worked out on a thread of its own, and only so many at once as there are
//! processors, so that those who store are not kept waiting.

pub(crate) mod attribution;
pub(crate) mod conversions;
pub(crate) mod definitions;
pub(crate) mod events;
pub(crate) mod funnel;
pub(crate) mod insights;
mod layout;
mod length;
pub(crate) mod overview;
pub(crate) mod pages;
pub(crate) mod paths;
pub(crate) mod prediction;
pub(crate) mod properties;
mod range;
pub(crate) mod realtime;
pub(crate) mod retention;
mod rows;
pub(crate) mod sources;
pub(crate) mod stages;
mod sums;
mod table;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequestParts, Query as Pairs};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::caller::Caller;
use super::capability::Capability;
use super::input::{self, Query};
use crate::analytics::buckets::Span;
use crate::analytics::definitions::Definition;
use crate::analytics::field::Field;
use crate::analytics::filter::{Filter, Filters, MOST_FILTERS};
use crate::analytics::prices::{self, Prices};
use crate::analytics::scope::{Sample, Scope};
use crate::analytics::steps::Step;
use crate::app::App;
use crate::columns::Columns;
use crate::error::{ApiError, Code};
use crate::store::Bots;
use crate::store::sites::Site;

pub(crate) use range::{Compare, Range, Said, moments};
pub(crate) use table::Format;

/// What every question takes: about which time, and how it is answered.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Timed {
    site: Option<i64>,
    /// The first day; thirty days up to `to` where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<jiff::civil::Date>,
    /// The last day, included; today where there is none.
    #[serde(default, deserialize_with = "input::parsed")]
    #[param(value_type = Option<String>, format = Date)]
    to: Option<jiff::civil::Date>,
    /// The IANA name of the time zone in which days begin; the site's where there is none.
    zone: Option<String>,
    /// With which time the answer is compared.
    #[serde(default, deserialize_with = "input::parsed")]
    compare: Option<Compare>,
    #[serde(default, deserialize_with = "input::parsed")]
    format: Option<Format>,
}

/// By what a question is narrowed down.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Narrowed {
    /// A JSON list of conditions, all of which have to hold: `[{"dimension":"source","op":"is","values":["google"]}]`. Beside
    /// dimensions there is `property:NAME`, a property of events.
    filters: Option<String>,
    /// The name or id of a segment, whose conditions have to hold too.
    segment: Option<String>,
    #[serde(default, deserialize_with = "input::parsed")]
    bots: Option<Bots>,
}

/// The names of [`Timed`]'s parameters.
const TIMED: [&str; 6] = ["site", "from", "to", "zone", "compare", "format"];
/// The names of [`Narrowed`]'s.
const NARROWED: [&str; 3] = ["filters", "segment", "bots"];

/// What every question takes that can be narrowed down.
pub(crate) struct Common;

impl IntoParams for Common {
    fn into_params(of: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut all = Timed::into_params(&of);
        all.extend(Narrowed::into_params(&of));
        all
    }
}

/// A question, as an argument of its handler.
pub(crate) struct Asked<T> {
    pub(crate) site: Site,
    pub(crate) range: Range,
    compared: Option<Range>,
    filters: Vec<Filter>,
    bots: Bots,
    /// Whether a segment is named.
    is_segment: bool,
    format: Format,
    /// Properties of events that the columns have to hold.
    properties: BTreeSet<String>,
    /// Whether whoever asks may be told of single persons.
    pub(crate) shows_persons: bool,
    /// The question's own parameters.
    pub(crate) own: T,
}

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Asked<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let Pairs(pairs) = Pairs::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::new(Code::InvalidParameter, error.body_text()))?;
        let (timed, others): (Vec<_>, Vec<_>) = pairs
            .into_iter()
            .partition(|(name, _)| TIMED.contains(&name.as_str()));
        let (narrowed, own): (Vec<_>, Vec<_>) = others
            .into_iter()
            .partition(|(name, _)| NARROWED.contains(&name.as_str()));
        let common: Timed = read(&timed)?;
        let narrowed: Narrowed = read(&narrowed)?;
        let own = read(&own)?;
        let site = caller.site(app, common.site).await?;
        let range = Range::of(common.from, common.to, common.zone.as_deref(), &site)?;
        let compared = common.compare.map(|compare| range.compared(compare));
        let mut filters = filters(narrowed.filters.as_deref())?;
        if let Some(segment) = &narrowed.segment {
            filters.extend(segment_of(app, &site, segment).await?);
            Filters::of(&filters).map_err(|unfit| wrong("segment", unfit))?;
        }
        let mut asked = Self {
            compared: compared.transpose()?,
            range,
            filters,
            bots: narrowed.bots.unwrap_or_default(),
            is_segment: narrowed.segment.is_some(),
            format: common.format.unwrap_or_default(),
            properties: BTreeSet::new(),
            shows_persons: caller.may(Capability::ReadPersons, site.workspace),
            own,
            site,
        };
        for filter in asked.filters.clone() {
            asked.reads(&filter.dimension, "filters")?;
        }
        Ok(asked)
    }
}

impl<T> Asked<T> {
    /// Whether whoever asks may be shown values of a field, or ask for one of them: 403 `forbidden` where it tells of single
    /// persons and they may not.
    pub(crate) fn allow(&self, of: impl Into<Field>, field: &'static str) -> Result<(), ApiError> {
        let of = of.into();
        if self.shows_persons || !of.is_personal() {
            return Ok(());
        }
        let message = match of {
            Field::Dimension(dimension) => format!("The dimension {dimension} tells"),
            Field::Property(_) => "Properties of events may tell".to_owned(),
        };
        let message = format!("{message} of single persons, which you may not be told of.");
        Err(ApiError::new(Code::Forbidden, message).field(field))
    }

    /// The same of a field that is read for the answer, which the columns have to hold then.
    pub(super) fn reads(&mut self, of: &Field, field: &'static str) -> Result<(), ApiError> {
        self.allow(of.clone(), field)?;
        self.properties.extend(of.name().map(str::to_owned));
        if self.properties.len() > MOST_FILTERS {
            let message = format!("names more than {MOST_FILTERS} properties with all others");
            return Err(wrong(field, message));
        }
        Ok(())
    }

    /// The same of the conditions of a step that was checked.
    fn reads_step(&mut self, step: &Step, field: &'static str) -> Result<(), ApiError> {
        for filter in step.conditions().map_err(|error| wrong(field, error))? {
            self.reads(&filter.dimension, field)?;
        }
        Ok(())
    }

    /// The columns of the site.
    async fn columns(&self, app: &App) -> Result<Arc<Columns>, ApiError> {
        let names = self.properties.iter().cloned().collect();
        Ok(app.columns().with(self.site.id, names).await?)
    }
}

/// Reads some of a query's parameters.
fn read<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, ApiError> {
    let text = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    Query::<T>::read(&text)
}

fn wrong(field: &'static str, message: impl std::fmt::Display) -> ApiError {
    let message = format!("The parameter {field} {message}.");
    ApiError::new(Code::InvalidParameter, message).field(field)
}

/// The conditions of a segment.
async fn segment_of(app: &App, site: &Site, segment: &str) -> Result<Vec<Filter>, ApiError> {
    let text = app.store().segment(site.id, segment).await?;
    let text = text.ok_or_else(|| {
        ApiError::new(Code::NotFound, "The site has no such segment.").field("segment")
    })?;
    serde_json::from_str(&text).map_err(ApiError::internal)
}

fn filters(text: Option<&str>) -> Result<Vec<Filter>, ApiError> {
    let Some(text) = text else {
        return Ok(Vec::new());
    };
    let filters: Vec<Filter> = serde_json::from_str(text).map_err(|error| {
        wrong(
            "filters",
            format_args!("is no JSON list of conditions: {error}"),
        )
    })?;
    // Read once more for each range; what cannot be read is told now.
    Filters::of(&filters).map_err(|unfit| wrong("filters", unfit))?;
    Ok(filters)
}

/// What every question is answered in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answer<T> {
    definition: Meaning,
    range: Said,
    /// The time that `previous` is of.
    compared: Option<Said>,
    filters: Vec<Filter>,
    bots: &'static str,
    /// How much `data` rests on, after all conditions.
    sample: Sample,
    /// Everything that was stored before this moment is counted.
    as_of: i64,
    /// How long it took to work out, in milliseconds, waiting included.
    took_ms: f64,
    /// The standard error of counts of visitors, as a part of one, where the answer is from sums by hour: 0 where none of them is
    /// estimated. Null where everything was counted.
    visitors_error: Option<f64>,
    data: T,
    /// The same of the time that is compared with.
    previous: Option<T>,
}

/// What the figures mean.
#[derive(Debug, Serialize, ToSchema)]
struct Meaning {
    name: &'static str,
    version: u32,
    /// Where the definition is read.
    href: String,
}

impl<T> Asked<T> {
    /// Works the answer out, by `question` for each time that is asked about.
    pub(crate) async fn answer<D: Serialize + ToSchema + Send + 'static>(
        self,
        app: &App,
        definition: Definition,
        question: impl Fn(&Scope<'_>, &Range) -> Result<(D, Sample), ApiError> + Send + 'static,
    ) -> Result<Response, ApiError> {
        self.answer_beside(app, definition, question, |_, now, before| (now, before))
            .await
    }

    /// The same of a question of which the answer for one time depends on the other's: `tell` says what both are once they
    /// were worked out.
    pub(crate) async fn answer_beside<
        G: Send + 'static,
        D: Serialize + ToSchema + Send + 'static,
    >(
        self,
        app: &App,
        definition: Definition,
        question: impl Fn(&Scope<'_>, &Range) -> Result<(G, Sample), ApiError> + Send + 'static,
        tell: impl FnOnce(&Columns, G, Option<G>) -> (D, Option<D>) + Send + 'static,
    ) -> Result<Response, ApiError> {
        let began = Instant::now();
        let columns = self.columns(app).await?;
        let as_of = columns.as_of();
        let worked = self.work(app, columns, question, tell).await?;
        self.say(definition, (began, as_of), worked)
    }

    /// The same of a question that asks what orders brought.
    pub(crate) async fn answer_priced<
        G: Send + 'static,
        D: Serialize + ToSchema + Send + 'static,
    >(
        self,
        app: &App,
        definition: Definition,
        question: impl Fn(&Scope<'_>, &Range, &Prices) -> Result<(G, Sample), ApiError> + Send + 'static,
        tell: impl FnOnce((&Columns, &Prices), G, Option<G>) -> (D, Option<D>) + Send + 'static,
    ) -> Result<Response, ApiError> {
        let began = Instant::now();
        let columns = self.columns(app).await?;
        let as_of = columns.as_of();
        let currencies = prices::currencies(&columns);
        let exchange = app.store().exchange(&self.site, currencies).await?;
        let priced = Arc::new(Prices::of(&columns, &exchange));
        let own = Arc::clone(&priced);
        let question = move |scope: &Scope<'_>, range: &Range| question(scope, range, &priced);
        let tell = move |columns: &Columns, now, before| tell((columns, &own), now, before);
        let worked = self.work(app, columns, question, tell).await?;
        self.say(definition, (began, as_of), worked)
    }

    /// What `question` comes to in each time that is asked about, as `tell` says it.
    async fn work<G, D: Send + 'static>(
        &self,
        app: &App,
        columns: Arc<Columns>,
        question: impl Fn(&Scope<'_>, &Range) -> Result<(G, Sample), ApiError> + Send + 'static,
        tell: impl FnOnce(&Columns, G, Option<G>) -> (D, Option<D>) + Send + 'static,
    ) -> Result<Worked<D>, ApiError> {
        let (filters, bots) = (self.filters.clone(), self.bots);
        let ranges = (self.range.clone(), self.compared.clone());
        let work = move || {
            let ask = |range: &Range| ask(&columns, range, &filters, bots, &question);
            let (now, sample) = ask(&ranges.0)?;
            let before = ranges.1.as_ref().map(ask).transpose()?;
            let (data, previous) = tell(&columns, now, before.map(|(before, _)| before));
            Ok(Worked {
                data,
                previous,
                sample,
                visitors_error: None,
            })
        };
        app.questions().work(work).await
    }

    /// The answer to what began to be worked out at a moment, however that was done.
    pub(crate) fn told<D: Serialize + ToSchema>(
        self,
        began: Instant,
        definition: Definition,
        as_of: i64,
        (data, sample): (D, Sample),
        previous: Option<D>,
    ) -> Result<Response, ApiError> {
        let worked = Worked {
            data,
            previous,
            sample,
            visitors_error: None,
        };
        self.say(definition, (began, as_of), worked)
    }

    /// The answer, of columns as of a moment, as it was asked for.
    fn say<D: Serialize + ToSchema>(
        self,
        definition: Definition,
        (began, as_of): (Instant, i64),
        worked: Worked<D>,
    ) -> Result<Response, ApiError> {
        let answer = Answer {
            definition: Meaning {
                name: definition.name,
                version: definition.version,
                href: definition.path(),
            },
            range: self.range.said(),
            compared: self.compared.as_ref().map(Range::said),
            filters: self.filters,
            bots: self.bots.as_str(),
            sample: worked.sample,
            as_of,
            took_ms: began.elapsed().as_secs_f64() * 1000.0,
            visitors_error: worked.visitors_error,
            data: worked.data,
            previous: worked.previous,
        };
        match self.format {
            Format::Json => Ok(axum::Json(answer).into_response()),
            other => table::response(other, definition, self.site.id, &answer.data),
        }
    }

    /// The same question about the time from one moment to another, which is not compared with any.
    fn about(mut self, span: Span) -> Result<Self, ApiError> {
        self.range = self.range.within(span)?;
        self.compared = None;
        Ok(self)
    }
}

/// What a question came to.
struct Worked<D> {
    data: D,
    previous: Option<D>,
    sample: Sample,
    visitors_error: Option<f64>,
}

fn ask<D>(
    columns: &Arc<Columns>,
    range: &Range,
    filters: &[Filter],
    bots: Bots,
    question: &impl Fn(&Scope<'_>, &Range) -> Result<(D, Sample), ApiError>,
) -> Result<(D, Sample), ApiError> {
    let filters = Filters::of(filters).map_err(ApiError::internal)?;
    let scope = Scope {
        columns,
        span: range.span(),
        bots,
        filters: filters.decide(columns),
    };
    question(&scope, range)
}

/// The threads that work answers out.
#[derive(Debug)]
pub(crate) struct Questions(Arc<tokio::sync::Semaphore>);

impl Default for Questions {
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new(tokio::sync::Semaphore::new(threads)))
    }
}

impl Questions {
    /// Works on a thread of its own, once there is one.
    pub(in crate::http) async fn work<R: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<R, ApiError> + Send + 'static,
    ) -> Result<R, ApiError> {
        let turn = Arc::clone(&self.0).acquire_owned().await;
        let turn = turn.map_err(ApiError::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(ApiError::internal)?
    }
}
