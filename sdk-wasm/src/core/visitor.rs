//! The visitor's lasting id: which of two copies holds, and how the cookie is written.

use uuid::Uuid;

use super::id;
use super::text::{Fields, push};

/// Name of the cookie.
pub const COOKIE: &str = "wm_id";

/// 400 days in seconds: the longest life that Chromium grants a cookie.
const MAX_AGE: &str = "34560000";

/// The id that holds, given what the cookie and the storage say. Where they disagree the older id wins, because the
/// younger one was made while the older could not be seen. After a reset (`stored_holds`) storage wins: the old id may
/// come back in a cookie that an answer on its way was setting.
pub fn reconcile(cookie: Option<Uuid>, stored: Option<Uuid>, stored_holds: bool) -> Option<Uuid> {
    match (cookie, stored) {
        (Some(cookie), Some(stored)) if !stored_holds => Some(cookie.min(stored)),
        (cookie, stored) => stored.or(cookie),
    }
}

/// The readable id among the cookies of that name in `document.cookie`; of several, the oldest.
pub fn from_cookies(cookies: &str) -> Option<Uuid> {
    let mut oldest = None;
    let mut cookies = Fields(cookies, b';');
    while !cookies.is_done() {
        let (name, value) = pair(&mut cookies);
        if name == COOKIE
            && let Some(id) = id::parse(value)
            && oldest.is_none_or(|oldest| id < oldest)
        {
            oldest = Some(id);
        }
    }
    oldest
}

/// Takes the next cookie: its name and value.
#[inline(never)]
pub fn pair<'a>(cookies: &mut Fields<'a>) -> (&'a str, &'a str) {
    let cookie = cookies.take();
    let mut cookie = Fields(cookie.strip_prefix(' ').unwrap_or(cookie), b'=');
    (cookie.take(), cookie.0)
}

/// The text to assign to `document.cookie`; `None` for the id removes the cookie.
pub fn cookie(visitor: Option<&Uuid>, secure: bool, domain: Option<&str>) -> String {
    let mut out = String::from(COOKIE);
    push(&mut out, "=");
    push(&mut out, &visitor.map(id::text).unwrap_or_default());
    push(&mut out, "; path=/; samesite=lax; max-age=");
    push(&mut out, if visitor.is_some() { MAX_AGE } else { "0" });
    if let Some(domain) = domain {
        push(&mut out, "; domain=");
        push(&mut out, domain);
    }
    if secure {
        push(&mut out, "; secure");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_at(at: i64) -> Uuid {
        id::new(at, &[7; id::RANDOM_BYTES])
    }

    #[test]
    fn the_older_copy_wins_and_one_copy_is_enough() {
        let (old, new) = (made_at(1_000), made_at(2_000));
        assert_eq!(reconcile(Some(old), Some(new), false), Some(old));
        assert_eq!(reconcile(Some(new), Some(old), false), Some(old));
        assert_eq!(reconcile(Some(new), None, false), Some(new));
        assert_eq!(reconcile(None, Some(new), false), Some(new));
        assert_eq!(reconcile(None, None, false), None);
    }

    #[test]
    fn a_reset_is_not_undone_by_an_older_cookie() {
        let (old, new) = (made_at(1_000), made_at(2_000));
        assert_eq!(reconcile(Some(old), Some(new), true), Some(new));
        assert_eq!(reconcile(Some(old), None, true), Some(old));
    }

    #[test]
    fn the_cookie_is_short_and_reads_back() {
        let id = made_at(1_749_482_504_000);
        let cookie = cookie(Some(&id), true, Some(".shop.example"));
        assert!(cookie.len() < 200, "{cookie}");
        assert!(cookie.ends_with("; domain=.shop.example; secure"));
        let sent = cookie.split(';').next().expect("a name and a value");
        assert_eq!(from_cookies(sent), Some(id));
    }

    #[test]
    fn a_foreign_or_broken_value_is_no_id() {
        assert_eq!(from_cookies("wm_id=; a=b; wm_id=hello; wm_idx=1"), None);
        assert_eq!(from_cookies(""), None);
    }

    #[test]
    fn of_two_cookies_the_oldest_counts() {
        let (old, new) = (made_at(1_000), made_at(2_000));
        let mut cookies = String::from("x=1; wm_id=");
        cookies.push_str(&id::text(&new));
        cookies.push_str("; wm_id=");
        cookies.push_str(&id::text(&old));
        assert_eq!(from_cookies(&cookies), Some(old));
    }
}
