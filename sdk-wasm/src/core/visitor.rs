//! The visitor's lasting id: which of two copies holds. The cookie is written by `host.js`.

use uuid::Uuid;

use super::id;
use super::text::Fields;

/// Name of the cookie.
pub const COOKIE: &str = "wm_id";

/// The id that holds, given what the cookie and the storage say; nil stands for none. Where they disagree the older id wins,
/// because the younger one was made while the older could not be seen. After a reset (`stored_holds`) storage wins: the
/// old id may come back in a cookie that an answer on its way was setting.
pub fn reconcile(cookie: Uuid, stored: Uuid, stored_holds: bool) -> Uuid {
    if cookie.is_nil() || (!stored.is_nil() && (stored_holds || stored < cookie)) {
        stored
    } else {
        cookie
    }
}

/// The readable id among the cookies of that name in `document.cookie`; of several, the oldest. Nil if there is none.
pub fn from_cookies(cookies: &str) -> Uuid {
    let mut oldest = Uuid::nil();
    let mut cookies = Fields(cookies, b';');
    while !cookies.is_done() {
        let (name, value) = pair(&mut cookies);
        if name == COOKIE {
            oldest = reconcile(id::parse(value), oldest, false);
        }
    }
    oldest
}

/// Takes the next cookie: its name and value.
#[inline(never)]
pub fn pair<'a>(cookies: &mut Fields<'a>) -> (&'a str, &'a str) {
    let cookie = cookies.take();
    let mut cookie = Fields(cookie.strip_prefix(" ").unwrap_or(cookie), b'=');
    (cookie.take(), cookie.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made_at(at: i64) -> Uuid {
        id::new(at, [7; 2])
    }

    #[test]
    fn the_older_copy_wins_and_one_copy_is_enough() {
        let (old, new, none) = (made_at(1_000), made_at(2_000), Uuid::nil());
        assert_eq!(reconcile(old, new, false), old);
        assert_eq!(reconcile(new, old, false), old);
        assert_eq!(reconcile(new, none, false), new);
        assert_eq!(reconcile(none, new, false), new);
        assert_eq!(reconcile(none, none, false), none);
    }

    #[test]
    fn a_reset_is_not_undone_by_an_older_cookie() {
        let (old, new) = (made_at(1_000), made_at(2_000));
        assert_eq!(reconcile(old, new, true), new);
        assert_eq!(reconcile(old, Uuid::nil(), true), old);
    }

    #[test]
    fn a_foreign_or_broken_value_is_no_id() {
        assert!(from_cookies("wm_id=; a=b; wm_id=hello; wm_idx=1").is_nil());
        assert!(from_cookies("").is_nil());
    }

    #[test]
    fn of_two_cookies_the_oldest_counts() {
        let (old, new) = (made_at(1_000), made_at(2_000));
        let mut cookies = String::from("x=1; wm_id=");
        cookies.push_str(&id::text(&new));
        cookies.push_str("; wm_id=");
        cookies.push_str(&id::text(&old));
        assert_eq!(from_cookies(&cookies), old);
    }
}
