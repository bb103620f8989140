//! `/api/v1/definitions`: what figures mean.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::analytics::definitions::{ALL, Definition};
use crate::error::{ApiError, Code};
use crate::http::caller::Caller;
use crate::http::input::Id;
use crate::http::openapi::failures;

/// A definition with its words.
#[derive(Serialize, ToSchema)]
#[schema(as = DefinitionText)]
pub(crate) struct Told {
    #[serde(flatten)]
    definition: Definition,
    /// Markdown.
    text: &'static str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Definitions)]
pub(crate) struct Listed {
    data: Vec<Told>,
}

impl From<Definition> for Told {
    fn from(definition: Definition) -> Self {
        Self {
            definition,
            text: definition.text(),
        }
    }
}

/// Every definition.
#[utoipa::path(get, path = "/api/v1/definitions", tag = "analytics", security(("api_key" = []), ("cookie" = [])), responses((status = 200, body = Listed), failures::Asking))]
pub(crate) async fn list(_: Caller) -> Json<Listed> {
    Json(Listed {
        data: ALL.iter().copied().map(Told::from).collect(),
    })
}

/// One of them, by its name.
#[utoipa::path(get, path = "/api/v1/definitions/{id}", tag = "analytics", security(("api_key" = []), ("cookie" = [])), params(("id" = String, Path)), responses((status = 200, body = Told), failures::Asking))]
pub(crate) async fn one(_: Caller, Id(name): Id<String>) -> Result<Json<Told>, ApiError> {
    let definition = Definition::named(&name)
        .ok_or_else(|| ApiError::new(Code::NotFound, "There is no such definition."))?;
    Ok(Json(definition.into()))
}
