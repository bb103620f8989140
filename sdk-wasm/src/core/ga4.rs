//! Google Analytics 4's ids from the text of `document.cookie`.
//!
//! `_ga` is `GA1.<depth>[-<path depth>].<random>.<unix seconds>`; the client id is the last two fields. `_ga_<stream>` is
//! `GS1.1.<session id>.…` or, since May 2025, `GS2.1.s<session id>$o1$…` with fields in any order. Whatever looks
//! otherwise, such as `deleted`, is refused: a wrong id is worse than none.

use super::text::Fields;
use super::{number, visitor};

/// The ids; empty for one that is not there.
#[derive(Debug, Clone, Copy)]
pub struct Ids<'a> {
    /// Of the browser.
    pub client: &'a str,
    /// Of its session.
    pub session: &'a str,
}

/// The ids that are there now.
#[inline(never)]
pub fn ids(cookies: &str) -> Ids<'_> {
    let (mut client, mut depth) = ("", i64::MAX);
    let (mut session, mut began) = ("", 0);
    let mut cookies = Fields(cookies, b';');
    while !cookies.is_done() {
        let (name, value) = visitor::pair(&mut cookies);
        if name == "_ga" {
            // Of cookies for several domains and paths the one with the least depth is the widest, which is where gtag
            // puts it.
            let (of, id) = client_id(value);
            if of >= 0 && of < depth {
                (client, depth) = (id, of);
            }
        } else if name.starts_with("_ga_") {
            // Of several streams the one whose session began last is the one in use.
            let id = session_id(value);
            let at = number::parse(id);
            if at >= began {
                (session, began) = (id, at);
            }
        }
    }
    Ids { client, session }
}

/// The depth, that of the domain before that of the path, and the client id of a `_ga` value. A negative depth refuses it.
fn client_id(value: &str) -> (i64, &str) {
    let mut fields = Fields(value, b'.');
    if fields.take() != "GA1" {
        return (-1, "");
    }
    let depth = fields.take();
    let mut depths = Fields(depth, b'-');
    let domain = depths.take();
    // A path's depth is left out where it is 1.
    let path = if domain.len() < depth.len() {
        number::parse(depths.0)
    } else {
        1
    };
    let depth = number::parse(domain) << 10 | path;
    let id = fields.0;
    if number::parse(fields.take()) | number::parse(fields.0) < 0 {
        return (-1, "");
    }
    (depth, id)
}

/// What stands for the session's id in a `_ga_<stream>` value; empty if nothing does.
fn session_id(value: &str) -> &str {
    let mut fields = Fields(value, b'.');
    let version = fields.take();
    fields.take();
    if version == "GS1" {
        return fields.take();
    }
    let mut fields = Fields(fields.0, b'$');
    while version == "GS2" && !fields.is_done() {
        if let Some(id) = fields.take().strip_prefix("s")
            && number::parse(id) >= 0
        {
            return id;
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(cookies: &str) -> (Option<String>, Option<String>) {
        let found = ids(cookies);
        let some = |id: &str| Some(id.to_owned()).filter(|id| !id.is_empty());
        (some(found.client), some(found.session))
    }

    fn both(client: &str, session: &str) -> (Option<String>, Option<String>) {
        (Some(client.to_owned()), Some(session.to_owned()))
    }

    #[test]
    fn old_and_new_session_cookies() {
        assert_eq!(
            pair(
                "a=b; _ga=GA1.1.1162820436.1749482504; _ga_ABC123=GS1.1.1732016998.2.1.1732018235.0.0.692404937"
            ),
            both("1162820436.1749482504", "1732016998")
        );
        assert_eq!(
            pair(
                "_ga=GA1.2.1162820436.1749482504; _ga_ABC123=GS2.1.s1748246127$o6$g1$t1748248990$j22$l0$h263126385"
            ),
            both("1162820436.1749482504", "1748246127")
        );
        assert_eq!(
            pair("_ga=GA1.1-2.5.6; _ga_X=GS2.1.t1748248990$zfoo$s1748246127$dAbC"),
            both("5.6", "1748246127")
        );
    }

    #[test]
    fn the_widest_of_two_client_cookies_counts_in_any_order() {
        for cookies in [
            "_ga=GA1.3.33.3; _ga=GA1.1.11.1",
            "_ga=GA1.1.11.1; _ga=GA1.3.33.3",
        ] {
            assert_eq!(pair(cookies).0.as_deref(), Some("11.1"));
        }
        for cookies in [
            "_ga=GA1.1-2.12.2; _ga=GA1.1.11.1; _ga=GA1.2.13.3",
            "_ga=GA1.1.11.1; _ga=GA1.1-3.12.2",
        ] {
            assert_eq!(pair(cookies).0.as_deref(), Some("11.1"), "{cookies}");
        }
    }

    #[test]
    fn the_latest_of_two_streams_counts() {
        assert_eq!(
            pair("_ga_A=GS1.1.100.1; _ga_B=GS2.1.s200$o1; _ga_C=GS1.1.150.1"),
            (None, Some("200".to_owned()))
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for cookies in [
            "",
            "_ga=deleted; _ga_X=deleted",
            "_ga=GA1.1.1162820436",
            "_ga=GA1.1.1162820436.x",
            "_ga=GA1.1.1.2.3",
            "_ga=GA1..1.2",
            "_ga=GA1.1-.1.2",
            "_ga=GA2.1.1.2",
            "_ga=GA1.1.11111111111111111111.2",
            "_gat=GA1.1.1.2; _gid=GA1.1.1.2; x_ga=GA1.1.1.2",
            "_ga_X=GS1.1.; _ga_X=GS1; _ga_Y=GS2.1.o6$g1; _ga_Z=GS3.1.s5; _ga_W=GS2.1.sabc$o1",
        ] {
            assert_eq!(pair(cookies), (None, None), "{cookies}");
        }
    }
}
