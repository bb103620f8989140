//! Who asks: a signed-in browser, an API key or the holder of a share link, which sites they may see, and whether they may do
//! what they ask for.

use std::collections::BTreeSet;

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use url::Url;

use super::capability::Capability;
use super::rules::{self, Rule};
use super::shares;
use crate::app::App;
use crate::clock;
use crate::credentials;
use crate::error::{ApiError, Code};
use crate::site_shares;
use crate::store::keys::{ApiKey, Scope};
use crate::store::shares::Shows;
use crate::store::sites::Site;
use crate::store::users::SignedIn;

/// The sign-in cookie's name. With the prefix no other host of the domain, and nothing without TLS, can set one.
pub(crate) const fn cookie_name(is_https: bool) -> &'static str {
    if is_https {
        "__Host-wm_login"
    } else {
        "wm_login"
    }
}

/// Who asks, and what the route that they ask needs. As an argument of a handler it demands that somebody does who may.
///
/// A site or workspace in which the caller has no part is answered as one that is not there, with 404. One in which they
/// have, but may not do what the route needs, is answered with 403, and so is whoever may do it nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Caller {
    who: Who,
    needs: Rule,
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// A person, by the cookie.
    User(SignedIn),
    /// A machine, by its key.
    ApiKey {
        /// The key's id.
        id: i64,
        /// The workspace whose it is.
        workspace: i64,
        /// The one site it sees; none for every site of the workspace.
        site: Option<i64>,
        /// What it may do.
        scopes: BTreeSet<Scope>,
    },
    /// Whoever has a share link.
    Share {
        /// The workspace of its site.
        workspace: i64,
        /// The site it is for.
        site: i64,
        /// What its maker calls it.
        name: String,
        /// What it shows.
        shows: Shows,
        /// From when on it is good for nothing.
        expires_at: i64,
    },
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let who = Who::of(&parts.headers, app).await?;
        if let Who::Share { shows, .. } = &who {
            shares::allow(*shows, parts)?;
        }
        let route = parts.extensions.get::<MatchedPath>();
        let needs = route
            .and_then(|route| rules::rule(parts.method.as_str(), route.as_str()))
            .ok_or_else(|| ApiError::internal(format_args!("{route:?} has no rule")))?;
        let caller = Self { who, needs };
        let somewhere = match needs {
            Rule::Installation => caller.is_installation_owner(),
            _ => caller.workspaces().iter().any(|id| caller.may_in(*id)) || needs == Rule::Known,
        };
        if somewhere {
            Ok(caller)
        } else {
            Err(caller.refusal())
        }
    }
}

impl Who {
    /// Who sends these headers. A bearer token decides alone: with a wrong one the cookie is not looked at.
    ///
    /// # Errors
    /// 401 `unauthenticated` for nobody, `share_ended` for a share link that is good for nothing any more.
    pub(crate) async fn of(headers: &HeaderMap, app: &App) -> Result<Self, ApiError> {
        let store = app.store();
        let who = match headers.get(AUTHORIZATION) {
            Some(value) => match bearer(value) {
                Some(secret) if secret.starts_with(site_shares::PREFIX) => {
                    shares::holder(app, &credentials::digest(secret)).await?
                }
                Some(secret) => {
                    let digest = credentials::digest(secret);
                    let key = store.api_key_by_secret(&digest).await?;
                    key.map(|key| Self::key(key, app))
                }
                None => None,
            },
            None => match cookie(headers, app.is_https()) {
                Some(secret) => {
                    let digest = credentials::digest(secret);
                    let user = store.user_by_login(&digest, clock::now()).await?;
                    user.map(Self::User)
                }
                None => None,
            },
        };
        who.ok_or_else(|| {
            ApiError::new(
                Code::Unauthenticated,
                "Sign in, or send an API key as Authorization: Bearer <key>.",
            )
        })
    }

    fn key(key: ApiKey, app: &App) -> Self {
        let who = Self::ApiKey {
            id: key.id,
            workspace: key.workspace,
            site: key.site,
            scopes: key.scopes.clone(),
        };
        // Beside the answer: who reads does not wait for those who write, and does without where nothing can be written.
        let store = app.store().clone();
        tokio::spawn(async move { store.key_was_used(&key, clock::now()).await });
        who
    }
}

impl Caller {
    /// Who it is, for who is to be told apart from another.
    pub(crate) fn who(&self) -> &Who {
        &self.who
    }

    /// Their name in the audit log.
    pub(crate) fn actor(&self) -> String {
        match &self.who {
            Who::User(user) => format!("user:{}", user.id),
            Who::ApiKey { id, .. } => format!("api_key:{id}"),
            // It may change nothing.
            Who::Share { .. } => "share".to_owned(),
        }
    }

    fn is_installation_owner(&self) -> bool {
        matches!(&self.who, Who::User(user) if user.is_owner)
    }

    /// The workspaces in which they have a part.
    pub(crate) fn workspaces(&self) -> Vec<i64> {
        match &self.who {
            Who::User(user) => user.memberships.iter().map(|own| own.workspace).collect(),
            Who::ApiKey { workspace, .. } | Who::Share { workspace, .. } => vec![*workspace],
        }
    }

    /// Whether they may do something in a workspace.
    pub(crate) fn may(&self, capability: Capability, workspace: i64) -> bool {
        match &self.who {
            Who::User(user) => user
                .memberships
                .iter()
                .any(|own| own.workspace == workspace && capability.is_of(own.role)),
            Who::ApiKey {
                workspace: own,
                site,
                scopes,
                ..
            } => {
                let whole = site.is_none() || capability != Capability::AddSites;
                let scope = capability.scope();
                *own == workspace && whole && scope.is_some_and(|scope| scopes.contains(&scope))
            }
            // Which routes of these, `super::shares` says.
            Who::Share {
                workspace: own,
                shows,
                ..
            } => {
                let shown = match capability {
                    Capability::Read => true,
                    Capability::ReadPersons => *shows == Shows::Journeys,
                    _ => false,
                };
                *own == workspace && shown
            }
        }
    }

    /// Whether they may do in a workspace what the route needs.
    fn may_in(&self, workspace: i64) -> bool {
        match self.needs {
            Rule::May(capability) => self.may(capability, workspace),
            Rule::Member => matches!(&self.who, Who::User(_)),
            // Of other routes nobody looks for a workspace.
            _ => false,
        }
    }

    /// 403 `forbidden`, with what they would need.
    fn refusal(&self) -> ApiError {
        let message: String = match (&self.who, self.needs) {
            (Who::User(_), Rule::Installation) => {
                "Only the installation's owner may do this.".into()
            }
            (Who::User(_), _) => "Your role does not let you do this.".into(),
            (Who::ApiKey { scopes, .. }, Rule::May(capability)) => match capability.scope() {
                Some(scope) if !scopes.contains(&scope) => {
                    format!("This API key does not have the scope {scope}.")
                }
                Some(_) => "This API key is for one site and may not do this.".into(),
                None => "Only a signed-in person may do this, an API key may not.".into(),
            },
            (Who::ApiKey { .. }, _) => {
                "Only a signed-in person may do this, an API key may not.".into()
            }
            (Who::Share { .. }, _) => "This link does not show that.".into(),
        };
        ApiError::new(Code::Forbidden, message)
    }

    /// The sites the caller sees.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(crate) async fn sites(&self, app: &App) -> Result<Vec<Site>, ApiError> {
        let mut sites = app.store().sites().await?;
        sites.retain(|site| self.sees(site));
        Ok(sites)
    }

    fn sees(&self, site: &Site) -> bool {
        match &self.who {
            Who::User(user) => {
                let mut own = user.memberships.iter();
                own.any(|own| own.workspace == site.workspace)
            }
            Who::ApiKey {
                workspace,
                site: only,
                ..
            } => *workspace == site.workspace && only.is_none_or(|only| only == site.id),
            Who::Share { site: only, .. } => *only == site.id,
        }
    }

    /// The site that a request is about: the one it names, or the only one the caller sees.
    ///
    /// # Errors
    /// 404 `not_found` for a site the caller does not see or when there is none, 400 when there are several and
    /// none is named, 403 `forbidden` when they see it and may not do with it what the route needs.
    pub(crate) async fn site(&self, app: &App, named: Option<i64>) -> Result<Site, ApiError> {
        let site = match named {
            Some(id) => {
                let site = app.store().site(id).await?;
                site.filter(|site| self.sees(site))
                    .ok_or_else(ApiError::not_found)?
            }
            None => {
                let mut sites = self.sites(app).await?;
                match (sites.pop(), sites.is_empty()) {
                    (Some(only), true) => only,
                    (None, _) => {
                        return Err(ApiError::new(Code::NotFound, "There is no site yet."));
                    }
                    (Some(_), false) => {
                        return Err(ApiError::new(
                            Code::InvalidParameter,
                            "There are several sites: say which one with the parameter site.",
                        )
                        .field("site"));
                    }
                }
            }
        };
        if self.may_in(site.workspace) {
            Ok(site)
        } else {
            Err(self.refusal())
        }
    }

    /// The workspace that a request is about: the one it names, or the only one in which the caller may do what the route
    /// needs.
    ///
    /// # Errors
    /// 404 `not_found` for one in which the caller has no part, 403 `forbidden` for one in which they may not, 400 when
    /// there are several and none is named.
    pub(crate) fn workspace(&self, named: Option<i64>) -> Result<i64, ApiError> {
        let own = self.workspaces();
        match named {
            Some(id) if !own.contains(&id) => Err(ApiError::not_found()),
            Some(id) if !self.may_in(id) => Err(self.refusal()),
            Some(id) => Ok(id),
            None => match *self.open_workspaces() {
                [only] => Ok(only),
                [] => Err(self.refusal()),
                _ => Err(ApiError::new(
                    Code::InvalidField,
                    "You are in several workspaces: say which one.",
                )
                .field("workspace")),
            },
        }
    }

    /// The workspaces in which the caller may do what the route needs.
    pub(crate) fn open_workspaces(&self) -> Vec<i64> {
        let mut own = self.workspaces();
        own.retain(|id| self.may_in(*id));
        own
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
