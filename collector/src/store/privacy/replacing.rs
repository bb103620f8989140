//! The marks in the statements of `sql/privacy/`, and what they stand for.
//!
//! | Mark | Stands for |
//! |---|---|
//! | `{of KIND}`, `{texts KIND}` | the ids that are being replaced |
//! | `{browsers}` | those of browsers, whole and shared |
//! | `{visitor x}`, `{session x}`, `{tab x}`, `{item x}`, `{user x}`, `{order x}` | the id that takes the place of `x`, or `x` |
//! | `{anew x}` | the same of an item that may have no row: a random id in any case |
//! | `{clean x}` | an address without query and fragment; null where a user's id or an e-mail address stands in its path |
//! | `{plain x}` | a text, or null where it is a user's id or has an e-mail address |
//! | `{random}`, `{word}` | a random id, a random text |
//! | `{c}` | bytes are compared |

use crate::store::Kind;

/// The statement with what its marks stand for.
pub(super) fn written(kind: Kind, text: &str) -> String {
    let (random, word, at, bytes) = match kind {
        Kind::Sqlite => (
            "randomblob(16)",
            "'erased-' || lower(hex(randomblob(16)))",
            "instr",
            "",
        ),
        Kind::Postgres => (
            "gen_random_uuid()",
            "'erased-' || replace(CAST(gen_random_uuid() AS TEXT), '-', '')",
            "strpos",
            " COLLATE \"C\"",
        ),
    };
    let mut text = text.to_owned();
    while let Some((from, to, written)) = first_mark(&text) {
        text.replace_range(from..to, &written);
    }
    text.replace("{at}", at)
        .replace("{random}", random)
        .replace("{word}", word)
        .replace("{c}", bytes)
}

/// Where the first mark with an argument, or that stands for others, is, and what it stands for.
fn first_mark(text: &str) -> Option<(usize, usize, String)> {
    let mut from = 0;
    while let Some(open) = text.get(from..)?.find('{') {
        let start = from + open;
        let end = start + text.get(start..)?.find('}')?;
        let inside = text.get(start + 1..end)?;
        if let Some(written) = meaning(inside) {
            return Some((start, end + 1, written));
        }
        from = end;
    }
    None
}

fn meaning(mark: &str) -> Option<String> {
    let chosen = |table: &str, condition: &str| {
        format!("(SELECT e.old FROM {table} AS e WHERE e.site_id = $1 AND e.kind {condition})")
    };
    let Some((verb, x)) = mark.split_once(' ') else {
        return (mark == "browsers").then(|| chosen("erasing_ids", "IN ('visitor', 'shared')"));
    };
    Some(match verb {
        "of" => chosen("erasing_ids", &format!("= '{x}'")),
        "texts" => chosen("erasing_texts", &format!("= '{x}'")),
        "visitor" | "session" | "tab" | "item" => {
            format!("COALESCE({}, {x})", fresh("erasing_ids", verb, x, ""))
        }
        "anew" => format!(
            "CASE WHEN {x} IS NOT NULL THEN COALESCE({}, {{random}}) END",
            fresh("erasing_ids", "item", x, "")
        ),
        "user" | "order" => format!("COALESCE({}, {x})", fresh("erasing_texts", verb, x, "{c}")),
        "clean" => {
            let path = format!("substr({x}, 1, {{at}}({x} || '?', '?') - 1)");
            let path = format!("substr({path}, 1, {{at}}({path} || '#', '#') - 1)");
            let told = format!("{{at}}({path} || '/', '/' || e.old{{c}} || '/') > 0");
            format!("CASE WHEN NOT ({}) THEN {path} END", tells(&path, &told))
        }
        "plain" => {
            let told = format!("e.old{{c}} = {x}");
            format!("CASE WHEN NOT ({}) THEN {x} END", tells(x, &told))
        }
        _ => return None,
    })
}

fn fresh(table: &str, kind: &str, x: &str, bytes: &str) -> String {
    format!(
        "(SELECT e.fresh FROM {table} AS e WHERE e.site_id = $1 AND e.kind = '{kind}' AND e.old{bytes} = {x})"
    )
}

/// Whether a text has an e-mail address, or `told` holds of a user's id `e.old`. Of null it says nothing.
fn tells(x: &str, told: &str) -> String {
    format!(
        "{{at}}({x}, '@') > 0 OR {{at}}(lower({x}), '%40') > 0 OR EXISTS (SELECT 1 FROM erasing_texts AS e \
         WHERE e.site_id = $1 AND e.kind = 'user' AND {told})"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_written_out() {
        assert_eq!(
            written(Kind::Sqlite, "SELECT {random}{c} WHERE id IN {of item}"),
            "SELECT randomblob(16) WHERE id IN (SELECT e.old FROM erasing_ids AS e WHERE e.site_id = $1 AND e.kind = 'item')"
        );
        for kind in [Kind::Sqlite, Kind::Postgres] {
            let text = written(
                kind,
                "{clean url}, {plain term}, {anew a.b}, {user u}, {browsers}",
            );
            assert!(!text.contains('{') && !text.contains('}'), "{text}");
        }
        assert!(written(Kind::Postgres, "{user u}").contains("e.old COLLATE \"C\" = u"));
    }
}
