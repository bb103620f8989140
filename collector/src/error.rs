//! The only place where an error becomes an HTTP answer.
//!
//! Every answer that is not a success has the shape `{"error": {"code", "message", "field"?}}`. The codes are the
//! stable part, listed in [`Code`] and described in `docs/api.md`; the messages are for people. What went wrong
//! inside is logged here and never sent: a 500 says one plain sentence.

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use waymark_protocol::{ErrorAnswer, ErrorBody};

use crate::credentials::CredentialError;
use crate::ingest::IngestError;
use crate::ingest::envelope::RefusalCode;
use crate::store::StoreError;

/// After how long it may be another program that answers, while one is put in place of the other.
const UPDATE: Duration = Duration::from_secs(30);

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:ident $text:literal,)*) => {
        /// What an error answer says in `code`. A code never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The status it comes with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }
        }
    };
}

codes! {
    /// The body is no JSON.
    InvalidJson = BAD_REQUEST "invalid_json",
    /// A field of the body is missing or cannot be read.
    InvalidField = BAD_REQUEST "invalid_field",
    /// A query or path parameter cannot be read.
    InvalidParameter = BAD_REQUEST "invalid_parameter",
    /// The batch's `v` is not known.
    UnsupportedVersion = BAD_REQUEST "unsupported_version",
    /// The body cannot be decompressed.
    InvalidEncoding = BAD_REQUEST "invalid_encoding",
    /// No site has this write key.
    UnknownKey = UNAUTHORIZED "unknown_key",
    /// Neither a signed-in browser nor an API key.
    Unauthenticated = UNAUTHORIZED "unauthenticated",
    /// E-mail address and password do not belong together.
    WrongCredentials = UNAUTHORIZED "wrong_credentials",
    /// No set-up link has this token.
    WrongToken = UNAUTHORIZED "wrong_token",
    /// A share link has expired or was taken back.
    ShareEnded = UNAUTHORIZED "share_ended",
    /// The site does not list the page's origin.
    OriginNotAllowed = FORBIDDEN "origin_not_allowed",
    /// The site takes events of servers with a server key alone.
    ServerKeyRequired = FORBIDDEN "server_key_required",
    /// A page of another site wants to change something.
    CrossSite = FORBIDDEN "cross_site",
    /// The caller may not do this.
    Forbidden = FORBIDDEN "forbidden",
    /// There is no such thing, or not for this caller.
    NotFound = NOT_FOUND "not_found",
    /// The path is right, the method is not.
    MethodNotAllowed = METHOD_NOT_ALLOWED "method_not_allowed",
    /// The body did not arrive in time.
    Timeout = REQUEST_TIMEOUT "timeout",
    /// An item of the inbox is not whole any more.
    NotRetryable = CONFLICT "not_retryable",
    /// The workspace has a demo site already.
    DemoExists = CONFLICT "demo_exists",
    /// Another import of the site goes on.
    ImportGoesOn = CONFLICT "import_goes_on",
    /// The import was ended before its file was here.
    ImportEnded = CONFLICT "import_ended",
    /// The site is no demo, so it is not removed.
    NotADemo = CONFLICT "not_a_demo",
    /// Nobody else owns the workspace.
    LastOwner = CONFLICT "last_owner",
    /// The set-up link has been used.
    SetupDone = GONE "setup_done",
    /// The set-up link is too old.
    SetupExpired = GONE "setup_expired",
    /// The invitation has been accepted.
    InvitationUsed = GONE "invitation_used",
    /// The invitation is too old.
    InvitationExpired = GONE "invitation_expired",
    /// The body is over the limit.
    BodyTooLarge = PAYLOAD_TOO_LARGE "body_too_large",
    /// The batch has more items than the limit.
    TooManyItems = PAYLOAD_TOO_LARGE "too_many_items",
    /// The content encoding is not known.
    UnsupportedEncoding = UNSUPPORTED_MEDIA_TYPE "unsupported_encoding",
    /// The body has to be JSON and says it is not.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE "unsupported_media_type",
    /// Too many failed attempts to sign in.
    Throttled = TOO_MANY_REQUESTS "throttled",
    /// More requests than the rate allows.
    RateLimited = TOO_MANY_REQUESTS "rate_limited",
    /// Something failed inside.
    Internal = INTERNAL_SERVER_ERROR "internal",
    /// The queue is full.
    Overloaded = SERVICE_UNAVAILABLE "overloaded",
    /// The collector is about to end.
    ShuttingDown = SERVICE_UNAVAILABLE "shutting_down",
    /// The database does not answer.
    StoreUnavailable = SERVICE_UNAVAILABLE "store_unavailable",
    /// The site's rows do not fit into the memory for them.
    InsufficientMemory = INSUFFICIENT_STORAGE "insufficient_memory",
    /// There is no room for a file.
    InsufficientSpace = INSUFFICIENT_STORAGE "insufficient_space",
}

/// An error on its way to the client.
#[derive(Debug)]
pub struct ApiError {
    /// The stable code, which decides the status.
    pub code: Code,
    /// A sentence for people.
    pub message: Cow<'static, str>,
    /// The field, parameter or header at fault.
    pub field: Option<String>,
    /// The limit that was passed.
    pub limit: Option<u64>,
    retry_after: Option<Duration>,
    /// What is logged and not sent.
    detail: Option<String>,
}

impl ApiError {
    /// An error with its code and a sentence.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            limit: None,
            retry_after: None,
            detail: None,
        }
    }

    /// Names the field at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Names the limit that was passed.
    #[must_use]
    pub fn limit(mut self, limit: usize) -> Self {
        self.limit = u64::try_from(limit).ok();
        self
    }

    /// Says when to try again; on the wire in whole seconds, at least one.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds what is logged and not sent.
    #[must_use]
    pub fn detail(mut self, detail: impl Display) -> Self {
        self.detail = Some(detail.to_string());
        self
    }

    /// A failure inside.
    pub fn internal(detail: impl Display) -> Self {
        Self::new(
            Code::Internal,
            "Something went wrong in the collector. Its log says more.",
        )
        .detail(detail)
    }

    /// There is no such thing, or not for this caller.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing here.")
    }

    /// The body did not arrive within `limit`.
    pub fn late_body(limit: Duration) -> Self {
        let seconds = limit.as_secs();
        Self::new(
            Code::Timeout,
            format!("The body took longer than {seconds} s to arrive."),
        )
    }

    /// More requests than the rate allows, of whom or what `whose` says.
    pub fn rate_limited(whose: &str, wait: Duration) -> Self {
        Self::new(
            Code::RateLimited,
            format!("Too many requests {whose}. Send this again later."),
        )
        .retry_after(wait)
    }

    /// The collector is about to end.
    pub fn shutting_down() -> Self {
        Self::new(
            Code::ShuttingDown,
            "The collector is shutting down. Send this again in a moment.",
        )
        .retry_after(Duration::from_secs(1))
    }
}

impl From<CredentialError> for ApiError {
    fn from(error: CredentialError) -> Self {
        match error {
            CredentialError::Busy => Self::new(
                Code::Overloaded,
                "Too many people are signing in. Try again in a moment.",
            )
            .retry_after(Duration::from_secs(5)),
            other => Self::internal(other),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Some(detail) = &self.detail {
            tracing::error!(code = self.code.as_str(), detail, "request failed");
        }
        let body = ErrorAnswer {
            error: ErrorBody {
                code: self.code.as_str().to_owned(),
                message: self.message.into_owned(),
                field: self.field,
                limit: self.limit,
            },
        };
        let mut response = (self.code.status(), Json(body)).into_response();
        if let Some(wait) = self.retry_after {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            response
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict(_) => Self::new(
                Code::StoreUnavailable,
                "The database does not answer. Try again in a moment.",
            )
            .retry_after(Duration::from_secs(2))
            .detail(error),
            StoreError::Moved(_) => Self::new(
                Code::StoreUnavailable,
                "The database has been moved, and this collector has not been pointed to where it is. Try again in a moment.",
            )
            .retry_after(Duration::from_secs(2))
            .detail(error),
            StoreError::Full => Self::new(
                Code::InsufficientMemory,
                "The site's rows do not fit into the memory that the setting columns_memory allows. Whoever runs the collector \
                 can raise it, or keep things for a shorter time.",
            )
            .detail(error),
            // Whoever asks again may reach the newer program, which is being put in place of this one.
            StoreError::Newer(_) => Self::new(
                Code::StoreUnavailable,
                "The database is of a newer version of the collector, which has to do this. Try again once the update is over.",
            )
            .retry_after(UPDATE)
            .detail(error),
            StoreError::InvalidCursor => Self::new(
                Code::InvalidParameter,
                "The cursor is not one that this list gave out.",
            )
            .field("cursor"),
            other => Self::internal(other),
        }
    }
}

impl From<IngestError> for ApiError {
    fn from(error: IngestError) -> Self {
        match error {
            IngestError::Refused(refused) => Self {
                field: refused.field,
                limit: refused.limit.and_then(|limit| u64::try_from(limit).ok()),
                ..Self::new(refused.code.into(), refused.message)
            },
            IngestError::Overloaded { retry_after } => Self::new(
                Code::Overloaded,
                "More arrives than can be stored. Send this again later.",
            )
            .retry_after(retry_after),
            IngestError::ShuttingDown => Self::shutting_down(),
        }
    }
}

impl From<RefusalCode> for Code {
    fn from(code: RefusalCode) -> Self {
        match code {
            RefusalCode::InvalidJson => Self::InvalidJson,
            RefusalCode::InvalidField => Self::InvalidField,
            RefusalCode::UnsupportedVersion => Self::UnsupportedVersion,
            RefusalCode::TooManyItems => Self::TooManyItems,
        }
    }
}
