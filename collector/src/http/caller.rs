//! Who asks: a signed-in browser or an API key, and which sites they may see.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use crate::app::App;
use crate::clock;
use crate::credentials;
use crate::error::{ApiError, Code};
use crate::store::sites::Site;

/// The sign-in cookie's name. With the prefix no other host of the domain, and nothing without TLS, can set one.
pub(crate) const fn cookie_name(is_https: bool) -> &'static str {
    if is_https {
        "__Host-wm_login"
    } else {
        "wm_login"
    }
}

/// Who asks. As an argument of a handler it demands that somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A person, by the cookie.
    User {
        /// The login's id.
        id: i64,
        /// Whether it is the owner.
        owner: bool,
        /// The address they signed in with.
        email: Option<String>,
    },
    /// A machine, by its key.
    ApiKey {
        /// The one site it sees; none for every site.
        site: Option<i64>,
    },
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        Self::of(&parts.headers, app).await
    }
}

impl Caller {
    /// Who sends these headers. A bearer token decides alone: with a wrong one the cookie is not looked at.
    ///
    /// # Errors
    /// 401 `unauthenticated` for nobody.
    pub(crate) async fn of(headers: &HeaderMap, app: &App) -> Result<Self, ApiError> {
        let caller = match headers.get(AUTHORIZATION) {
            Some(value) => match bearer(value) {
                Some(secret) => app
                    .store()
                    .api_key_by_secret(&credentials::digest(secret))
                    .await?
                    .map(|key| Self::ApiKey { site: key.site }),
                None => None,
            },
            None => match cookie(headers, app.is_https()) {
                Some(secret) => app
                    .store()
                    .user_by_login(&credentials::digest(secret), clock::now())
                    .await?
                    .map(|(id, email, role)| Self::User {
                        id,
                        owner: role == "owner",
                        email,
                    }),
                None => None,
            },
        };
        caller.ok_or_else(|| {
            ApiError::new(
                Code::Unauthenticated,
                "Sign in, or send an API key as Authorization: Bearer <key>.",
            )
        })
    }

    /// Only for people.
    ///
    /// # Errors
    /// 403 `forbidden` for an API key.
    pub(crate) fn person(&self) -> Result<(), ApiError> {
        match self {
            Self::User { .. } => Ok(()),
            Self::ApiKey { .. } => Err(ApiError::new(
                Code::Forbidden,
                "Only a signed-in person may do this, an API key may not.",
            )),
        }
    }

    /// Only for the owner. Gives their name in the audit log.
    ///
    /// # Errors
    /// 403 `forbidden` for anybody else.
    pub(crate) fn owner(&self) -> Result<String, ApiError> {
        match self {
            Self::User {
                id, owner: true, ..
            } => Ok(format!("user:{id}")),
            Self::User { .. } | Self::ApiKey { .. } => Err(ApiError::new(
                Code::Forbidden,
                "Only the owner, signed in, may do this.",
            )),
        }
    }

    /// Only for who sees every site.
    ///
    /// # Errors
    /// 403 `forbidden` for an API key of one site.
    pub(crate) fn every_site(&self) -> Result<(), ApiError> {
        match self {
            Self::User { .. } | Self::ApiKey { site: None } => Ok(()),
            Self::ApiKey { site: Some(_) } => Err(ApiError::new(
                Code::Forbidden,
                "This API key is for one site and may not do this.",
            )),
        }
    }

    /// The sites the caller sees.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn sites(&self, app: &App) -> Result<Vec<Site>, ApiError> {
        let mut sites = app.store().sites().await?;
        if let Self::ApiKey { site: Some(own) } = self {
            sites.retain(|site| site.id == *own);
        }
        Ok(sites)
    }

    /// The site that a request is about: the one it names, or the only one the caller sees.
    ///
    /// # Errors
    /// 404 `not_found` for a site the caller does not see or when there is none, 400 when there are several and
    /// none is named.
    pub(crate) async fn site(&self, app: &App, named: Option<i64>) -> Result<Site, ApiError> {
        let mut sites = self.sites(app).await?;
        if let Some(id) = named {
            return sites
                .into_iter()
                .find(|site| site.id == id)
                .ok_or_else(ApiError::not_found);
        }
        match (sites.pop(), sites.is_empty()) {
            (Some(only), true) => Ok(only),
            (None, _) => Err(ApiError::new(Code::NotFound, "There is no site yet.")),
            (Some(_), false) => Err(ApiError::new(
                Code::InvalidParameter,
                "There are several sites: say which one with the parameter site.",
            )
            .field("site")),
        }
    }
}

/// The token of `Authorization: Bearer <token>`; nothing of any other scheme.
pub(crate) fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| secret.trim())
}

/// The sign-in cookie's value.
pub(crate) fn cookie(headers: &HeaderMap, is_https: bool) -> Option<&str> {
    cookies(headers, cookie_name(is_https)).find(|value| !value.is_empty())
}

/// The values of every cookie of this name.
pub(crate) fn cookies<'a>(
    headers: &'a HeaderMap,
    wanted: &'a str,
) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

/// Lets a request that changes something pass only from the collector's own pages or from outside any browser.
///
/// Browsers add the cookie by themselves, so a page elsewhere could have them change things. They say where a
/// request comes from in `Sec-Fetch-Site`, and in `Origin` where the collector is reached without TLS. Without
/// both it is no browser that knows of cross-site requests, and an API key is never added by a browser.
pub(crate) async fn same_site_only(
    State(app): State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let headers = request.headers();
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    if safe || headers.contains_key(AUTHORIZATION) || is_own(headers, app.public_url()) {
        Ok(next.run(request).await)
    } else {
        Err(ApiError::new(
            Code::CrossSite,
            "This has to come from the collector's own pages.",
        ))
    }
}

fn is_own(headers: &HeaderMap, public_url: Option<&Url>) -> bool {
    let text = |name| {
        headers
            .get(name)
            .map(|value: &HeaderValue| value.to_str().unwrap_or("?"))
    };
    if let Some(from) = text(axum::http::HeaderName::from_static("sec-fetch-site")) {
        return from == "same-origin" || from == "none";
    }
    let Some(origin) = text(ORIGIN) else {
        return true;
    };
    let Ok(origin) = Url::parse(origin) else {
        return false;
    };
    if public_url.is_some_and(|own| own.origin() == origin.origin()) {
        return true;
    }
    // The scheme cannot be compared: a proxy may end TLS.
    text(HOST)
        .and_then(|host| Url::parse(&format!("{}://{host}", origin.scheme())).ok())
        .is_some_and(|own| own.origin() == origin.origin())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    axum::http::HeaderName::from_static(name),
                    value.parse().unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let found = |value| cookie(&headers(&[("cookie", value)]), false).map(str::to_owned);
        assert_eq!(found("a=b; wm_login=xyz; c=d").as_deref(), Some("xyz"));
        assert_eq!(found("not_wm_login=xyz"), None);
        assert_eq!(found("wm_login="), None);
        let https = |value| cookie(&headers(&[("cookie", value)]), true).map(str::to_owned);
        assert_eq!(https("__Host-wm_login=xyz").as_deref(), Some("xyz"));
        assert_eq!(
            https("wm_login=xyz"),
            None,
            "any host of the domain can set it"
        );
    }

    #[test]
    fn only_own_pages_may_change_things() {
        let public = Url::parse("https://stats.example").unwrap();
        let own = |pairs: &[_]| is_own(&headers(pairs), Some(&public));
        assert!(own(&[]));
        assert!(own(&[
            ("sec-fetch-site", "same-origin"),
            ("origin", "https://x.example")
        ]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        assert!(!own(&[("sec-fetch-site", "cross-site")]));
        assert!(own(&[
            ("origin", "https://stats.example"),
            ("host", "inner:8700")
        ]));
        assert!(own(&[
            ("origin", "http://127.0.0.1:8700"),
            ("host", "127.0.0.1:8700")
        ]));
        assert!(!own(&[
            ("origin", "http://127.0.0.1:9999"),
            ("host", "127.0.0.1:8700")
        ]));
        assert!(!own(&[("origin", "null"), ("host", "127.0.0.1:8700")]));
    }
}
