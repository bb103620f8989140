//! By what rows are told apart, and which of them are shown.

use std::str::FromStr;

use super::Asked;
use crate::analytics::dimension::{Dimension, Of};
use crate::analytics::groups::By;
use crate::analytics::rows::TooMany;
use crate::error::{ApiError, Code};

/// The most rows of an answer.
pub(super) const MOST_ROWS: usize = 1_000;

/// Rows of an answer where nobody says how many.
pub(super) const USUAL_ROWS: usize = 100;

/// Names of dimensions with commas between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dimensions(pub(super) Vec<Dimension>);

/// Why a text is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no dimension")]
pub(crate) struct UnknownDimension(String);

impl FromStr for Dimensions {
    type Err = UnknownDimension;

    fn from_str(text: &str) -> Result<Self, UnknownDimension> {
        let names = text.split(',').map(str::trim);
        let read = names.map(|name| name.parse().map_err(|_| UnknownDimension(name.to_owned())));
        read.collect::<Result<_, _>>().map(Self)
    }
}

impl<T> Asked<T> {
    /// Dimensions of sessions and visitors that whoever asks may see the values of.
    pub(super) fn by(
        &self,
        dimensions: Vec<Dimension>,
        most: usize,
        field: &'static str,
    ) -> Result<By, ApiError> {
        if dimensions.len() > most {
            return Err(wrong(field, &format!("names more than {most} dimensions")));
        }
        for (place, dimension) in dimensions.iter().enumerate() {
            if dimensions[..place].contains(dimension) {
                return Err(wrong(field, &format!("names {dimension} twice")));
            }
            if dimension.of() == Of::Item {
                let message = format!("names {dimension}, which is of no session as a whole");
                return Err(wrong(field, &message));
            }
            self.allow(*dimension, field)?;
        }
        Ok(By::of(dimensions))
    }
}

/// How many rows are shown.
pub(super) fn limit(asked: Option<usize>, usual: usize) -> Result<usize, ApiError> {
    let limit = asked.unwrap_or(usual);
    if (1..=MOST_ROWS).contains(&limit) {
        return Ok(limit);
    }
    Err(wrong("limit", &format!("has to be from 1 to {MOST_ROWS}")))
}

/// What cannot be told apart, as an error of the parameter that asked for it.
pub(super) fn too_many(field: &'static str) -> impl FnOnce(TooMany) -> ApiError {
    move |error| wrong(field, &error.to_string())
}

pub(super) fn wrong(field: &'static str, message: &str) -> ApiError {
    let message = format!("The parameter {field} {message}.");
    ApiError::new(Code::InvalidParameter, message).field(field)
}
