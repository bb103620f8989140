//! Query strings and JSON bodies, read into types, with errors that name the parameter or field.
//!
//! Refuses what it does not know: a misspelt filter that is passed over would show everything as if it had been
//! filtered.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::app::App;
use crate::catalogue;
use crate::error::{ApiError, Code};

/// A query string. Parameters without a value count as absent.
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::read(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

impl<T: DeserializeOwned> Query<T> {
    /// Reads a query string.
    pub(crate) fn read(query: &str) -> Result<T, ApiError> {
        let present: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        let text = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&present)
            .finish();
        let pairs =
            serde_urlencoded::Deserializer::new(url::form_urlencoded::parse(text.as_bytes()));
        serde_path_to_error::deserialize(pairs).map_err(|e| {
            let name = e.path().to_string();
            let message = format!("The query parameter {name}: {}.", e.inner());
            ApiError::new(Code::InvalidParameter, message).field(name)
        })
    }
}

/// The `{id}` of a path.
pub(crate) struct Id<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let wrong = |detail: &dyn std::fmt::Display| {
            let message = format!("The parameter id: {detail}.");
            ApiError::new(Code::InvalidParameter, message).field("id")
        };
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| wrong(&"not readable as text"))?;
        text.parse().map(Self).map_err(|error| wrong(&error))
    }
}

/// Reads an optional parameter by its type's `FromStr`: `#[serde(default, deserialize_with = "input::parsed")]`.
pub(crate) fn parsed<'de, D: Deserializer<'de>, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// Tells a field that is null from one that is absent: `#[serde(default, deserialize_with = "input::or_null")]`.
pub(crate) fn or_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The two ids of a path that has two, the second of which is called `name`.
pub(crate) async fn two_ids<A, B>(
    parts: &mut Parts,
    state: &App,
    name: &'static str,
) -> Result<(A, B), ApiError>
where
    A: std::str::FromStr<Err: std::fmt::Display>,
    B: std::str::FromStr<Err: std::fmt::Display>,
{
    fn wrong(name: &'static str, detail: &dyn std::fmt::Display) -> ApiError {
        let message = format!("The parameter {name}: {detail}.");
        ApiError::new(Code::InvalidParameter, message).field(name)
    }
    let Path((first, second)) = Path::<(String, String)>::from_request_parts(parts, state)
        .await
        .map_err(|_| wrong("id", &"not readable as text"))?;
    Ok((
        first.parse().map_err(|error| wrong("id", &error))?,
        second.parse().map_err(|error| wrong(name, &error))?,
    ))
}

/// The most rows of one page, and how many there are when nobody says.
const LIMIT: std::ops::RangeInclusive<u32> = 1..=500;
const DEFAULT_LIMIT: u32 = 50;

/// How many rows a page has: 1 to 500.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit(u32);

impl Default for Limit {
    fn default() -> Self {
        Self(DEFAULT_LIMIT)
    }
}

impl Limit {
    /// The number of rows.
    pub(crate) fn get(self) -> u32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u32::deserialize(deserializer)?;
        if LIMIT.contains(&number) {
            Ok(Self(number))
        } else {
            Err(serde::de::Error::custom(format_args!(
                "{number} is not within {} to {}",
                LIMIT.start(),
                LIMIT.end()
            )))
        }
    }
}

/// Bytes of a body of the API, where little is large.
pub(crate) const BYTES: usize = 64 * 1024;
/// Bytes of one that holds an event catalogue.
pub(crate) const LARGE_BYTES: usize = catalogue::BYTES + BYTES;

/// A JSON body of the API.
pub(crate) struct Json<T>(pub(crate) T);

/// One that may be large.
pub(crate) struct Large<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<App> for Large<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let Json(value) = Json::read(request, app.body_timeout(), LARGE_BYTES).await?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        Self::read(request, app.body_timeout(), BYTES).await
    }
}

impl<T: DeserializeOwned> Json<T> {
    async fn read(request: Request, patience: Duration, limit: usize) -> Result<Self, ApiError> {
        // A form of another origin can send every content type but this one without asking first.
        let is_json = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(ApiError::new(
                Code::UnsupportedMediaType,
                "The body has to be JSON, with Content-Type: application/json.",
            ));
        }
        let arrived = tokio::time::timeout(patience, Bytes::from_request(request, &())).await;
        let body = arrived
            .map_err(|_| ApiError::late_body(patience))?
            .map_err(|e| {
                if e.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
                    let message = format!("The body is larger than {} KiB.", limit / 1024);
                    ApiError::new(Code::BodyTooLarge, message)
                        .field("body")
                        .limit(limit)
                } else {
                    ApiError::new(Code::InvalidJson, "The body ended before it was complete.")
                }
            })?;
        let mut json = serde_json::Deserializer::from_slice(&body);
        let value = serde_path_to_error::deserialize(&mut json).map_err(|e| {
            let path = e.path().to_string();
            let inner = e.into_inner();
            if inner.is_data() {
                let field = if path == "." {
                    named_field(&inner)
                } else {
                    Some(path)
                };
                let error = ApiError::new(
                    Code::InvalidField,
                    format!("The body is not as expected: {inner}."),
                );
                match field {
                    Some(field) => error.field(field),
                    None => error,
                }
            } else {
                ApiError::new(Code::InvalidJson, format!("The body is not JSON: {inner}."))
            }
        })?;
        json.end()
            .map_err(|e| ApiError::new(Code::InvalidJson, format!("The body is not JSON: {e}.")))?;
        Ok(Self(value))
    }
}

/// The field that serde names in `missing field `x``, for which there is no path.
fn named_field(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    text.split('`').nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Filter {
        site: Option<i64>,
        #[serde(default)]
        limit: Limit,
    }

    async fn read(query: &str) -> Result<Filter, ApiError> {
        let request = Request::builder()
            .uri(format!("/x?{query}"))
            .body(axum::body::Body::empty())
            .unwrap();
        let (mut parts, _) = request.into_parts();
        Query::from_request_parts(&mut parts, &())
            .await
            .map(|Query(f)| f)
    }

    #[tokio::test]
    async fn parameters_are_typed_and_an_empty_one_is_absent() {
        let filter = read("site=7&limit=500").await.unwrap();
        assert_eq!((filter.site, filter.limit.get()), (Some(7), 500));
        let filter = read("site=&limit=").await.unwrap();
        assert_eq!((filter.site, filter.limit.get()), (None, 50));
    }

    #[tokio::test]
    async fn errors_name_the_parameter() {
        for (query, name) in [
            ("site=x", "site"),
            ("limit=0", "limit"),
            ("limit=501", "limit"),
            ("limit=-1", "limit"),
            ("stie=1", "stie"),
        ] {
            let error = read(query).await.unwrap_err();
            assert_eq!(error.field.as_deref(), Some(name), "{query}");
            assert_eq!(error.code, Code::InvalidParameter);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let never = futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>();
        let request = Request::builder()
            .header(CONTENT_TYPE, "application/json")
            .body(axum::body::Body::from_stream(never))
            .unwrap();
        let answer = Json::<Filter>::read(request, Duration::from_secs(30), BYTES).await;
        assert_eq!(answer.err().map(|error| error.code), Some(Code::Timeout));
    }
}
