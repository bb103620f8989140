//! The error answers, by status, with the codes that each can have.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use utoipa::IntoResponses;
use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, RefOr, Response, ResponseBuilder, schema::Type,
};

use crate::error::Code;

/// Of questions.
pub(crate) struct Asking;
/// Of changes.
pub(crate) struct Changing;
/// Of trying dropped items again.
pub(crate) struct Retrying;
/// Of bringing in a file.
pub(crate) struct Importing;
/// Of changing who is in a workspace.
pub(crate) struct Owning;
/// Of signing in.
pub(crate) struct SigningIn;
/// Of sending events.
pub(crate) struct Sending;
/// Of signs of life.
pub(crate) struct Living;

const ASKING: &[u16] = &[400, 401, 403, 404, 429, 500, 503, 507];
const BODY: &[u16] = &[408, 413, 415];

impl IntoResponses for Asking {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        answers(ASKING)
    }
}

impl IntoResponses for Changing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        answers(&[ASKING, BODY].concat())
    }
}

impl IntoResponses for Retrying {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        answers(&[ASKING, BODY, &[409]].concat())
    }
}

impl IntoResponses for Importing {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        Retrying::responses()
    }
}

impl IntoResponses for Owning {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        Retrying::responses()
    }
}

impl IntoResponses for SigningIn {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        answers(&[&[400, 401, 403, 410, 429, 500, 503], BODY].concat())
    }
}

impl IntoResponses for Sending {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        answers(&[&[400, 401, 403, 429, 500, 503], BODY].concat())
    }
}

impl IntoResponses for Living {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        answers(&[500, 503])
    }
}

fn answers(statuses: &[u16]) -> BTreeMap<String, RefOr<Response>> {
    statuses
        .iter()
        .map(|status| (status.to_string(), RefOr::T(answer(*status))))
        .collect()
}

fn answer(status: u16) -> Response {
    let codes: Vec<&str> = Code::ALL
        .iter()
        .filter(|code| code.status().as_u16() == status)
        .map(|code| code.as_str())
        .collect();
    let text = |about: &str| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about))
    };
    let error = ObjectBuilder::new()
        .property(
            "code",
            text("Stable, for programs.").enum_values(Some(codes)),
        )
        .property("message", text("A sentence for people."))
        .property("field", text("The field, parameter or header at fault."))
        .property(
            "limit",
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .description(Some("The limit that was passed.")),
        )
        .required("code")
        .required("message");
    let body = ObjectBuilder::new()
        .property("error", error)
        .required("error");
    let reason = StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or_default();
    ResponseBuilder::new()
        .description(reason)
        .content(
            "application/json",
            ContentBuilder::new().schema(Some(body)).build(),
        )
        .build()
}
