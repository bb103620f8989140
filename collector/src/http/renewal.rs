//! Renewing the visitor's cookie with an answer.
//!
//! Safari lets a cookie that a script has set live for seven days, and one that an answer of the site's own host has set
//! as long as it says. So where a site asks for it, the answer to a batch sets again what the request brought, beside a
//! copy that scripts can neither read nor change. Nothing is made up here: a request without the cookie gets none, so
//! who stores nothing in the browser goes on storing nothing, and who has deleted the cookie loses the copy with it.

use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use super::caller::cookies;
use crate::store::sites::Site;

/// The SDK's cookie.
const NAME: &str = "wm_id";
/// The copy that scripts cannot reach.
const COPY: &str = "wm_id_copy";
/// 400 days, the longest life that browsers grant.
const MAX_AGE: u32 = 400 * 24 * 60 * 60;

/// Adds the cookies to an answer's headers, if the site wants them and the request brought one.
pub(crate) fn renew(site: &Site, secure: bool, request: &HeaderMap, answer: &mut HeaderMap) {
    if !site.renew_cookie {
        return;
    }
    let domain = site.cookie_domain.as_deref();
    // Of several the oldest is the one the SDK goes by.
    if let Some(id) = cookies(request, NAME)
        .filter_map(|value| Uuid::try_parse(value).ok())
        .filter(|id| !id.is_nil())
        .min()
    {
        let id = id.to_string();
        set(answer, &cookie(NAME, &id, MAX_AGE, domain, secure));
        let copy = cookie(COPY, &id, MAX_AGE, domain, secure);
        set(answer, &format!("{copy}; HttpOnly"));
    } else if cookies(request, COPY).next().is_some() {
        let gone = cookie(COPY, "", 0, domain, secure);
        set(answer, &format!("{gone}; HttpOnly"));
    }
}

fn cookie(name: &str, value: &str, max_age: u32, domain: Option<&str>, secure: bool) -> String {
    let domain = domain.map_or(String::new(), |domain| format!("; Domain={domain}"));
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={max_age}; SameSite=Lax{domain}{secure}")
}

fn set(answer: &mut HeaderMap, cookie: &str) {
    // The domain was checked when it was stored, and the rest is made here.
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.append(SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use axum::http::header::COOKIE;

    use super::*;

    const ID: &str = "0190c2f4-7b1d-7c3a-9d2e-5f6071829304";
    const YOUNGER: &str = "0190c2f5-7b1d-7c3a-9d2e-5f6071829304";

    fn answer(renew_cookie: bool, domain: Option<&str>, cookies: &str) -> Vec<String> {
        let site = Site {
            id: 1,
            workspace: 1,
            name: String::new(),
            key: String::new(),
            origins: Vec::new(),
            time_zone: "UTC".into(),
            server_key_required: false,
            renew_cookie,
            cookie_domain: domain.map(str::to_owned),
            currency: None,
            is_demo: false,
            created_at: 0,
        };
        let mut request = HeaderMap::new();
        request.insert(COOKIE, cookies.parse().unwrap());
        let mut answer = HeaderMap::new();
        renew(&site, domain.is_some(), &request, &mut answer);
        let set = answer.get_all(SET_COOKIE);
        set.iter()
            .map(|value| value.to_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn what_the_request_brought_is_set_again_twice() {
        let cookies = format!("a=b; wm_id={YOUNGER}; wm_id={ID}");
        assert_eq!(
            answer(true, None, &cookies),
            [
                format!("wm_id={ID}; Path=/; Max-Age=34560000; SameSite=Lax"),
                format!("wm_id_copy={ID}; Path=/; Max-Age=34560000; SameSite=Lax; HttpOnly"),
            ]
        );
        let cookies = format!("wm_id={ID}");
        assert_eq!(
            answer(true, Some("shop.example"), &cookies)[0],
            format!(
                "wm_id={ID}; Path=/; Max-Age=34560000; SameSite=Lax; Domain=shop.example; Secure"
            )
        );
    }

    #[test]
    fn nothing_is_made_up() {
        assert!(answer(false, None, &format!("wm_id={ID}")).is_empty());
        for cookies in ["a=b", "wm_id=", "wm_id=x; a", "xwm_id=1"] {
            assert!(answer(true, None, cookies).is_empty(), "{cookies}");
        }
    }

    #[test]
    fn who_deleted_the_cookie_loses_the_copy() {
        assert_eq!(
            answer(true, None, &format!("wm_id_copy={ID}")),
            ["wm_id_copy=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly"]
        );
    }
}
