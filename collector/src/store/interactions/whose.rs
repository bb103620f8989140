//! The conditions by which interactions are somebody's, as they are asked of rows.
//!
//! Each way in which an interaction is a person's is a statement of its own, so that each finds its rows by an index. No
//! interaction is found in two ways, because each way asks that those before it lead nowhere.

use uuid::Uuid;

use super::{InteractionFilter, Whose};
use crate::store::persons::MOST_BROWSERS;
use crate::store::rows::{Filters, Value, pad};

/// Conditions and values that a statement may name as `{i.user_known}`, of the row `i`.
const NAMED: [(&str, &str); 5] = [
    // It names others.
    (
        "matched",
        "COALESCE({t}.was_matched, ({{t}.user_known} OR {{t}.visitor_known} OR {{t}.email_user} IS NOT NULL))",
    ),
    (
        "user_known",
        include_str!("../sql/interactions/user_known.sql"),
    ),
    (
        "visitor_known",
        include_str!("../sql/interactions/visitor_known.sql"),
    ),
    (
        "visitor_user",
        include_str!("../sql/interactions/visitor_user.sql"),
    ),
    (
        "email_user",
        include_str!("../sql/interactions/email_user.sql"),
    ),
];

/// The statement with what it names.
pub(super) fn asked(text: &str) -> String {
    let mut text = text.to_owned();
    for (name, sql) in NAMED {
        for table in ["i", "own"] {
            let mark = format!("{{{table}.{name}}}");
            if text.contains(&mark) {
                text = text.replace(&mark, sql.trim_end().replace("{t}", table).as_str());
            }
        }
    }
    text
}

/// The conditions of each statement, for one with `own` parameters of its own.
pub(super) fn ways<'w>(whose: Whose<'w>, own: usize) -> Vec<Filters<'w>> {
    let mut ways = Vec::new();
    let mut way = |condition: &str, lists: &[(&str, Vec<Value<'w>>)]| {
        let mut filters = Filters::new(own);
        filters.add_lists(condition, lists);
        ways.push(filters);
    };
    match whose {
        Whose::Anybodys(filter) => {
            let mut filters = Filters::new(own);
            any(&mut filters, filter);
            ways.push(filters);
        }
        Whose::Visitors(visitor) => way(
            "i.visitor_id IN ({visitor}) AND NOT {i.user_known}",
            &[("{visitor}", vec![visitor.into()])],
        ),
        Whose::Persons(slices) => {
            let users = || -> Vec<Value<'w>> {
                let users = slices.users().take(MOST_BROWSERS).map(Value::from);
                pad(&users.collect::<Vec<_>>())
            };
            let browsers = |ids: &mut dyn Iterator<Item = Uuid>| -> Vec<Value<'w>> {
                pad(&ids.map(Value::from).collect::<Vec<_>>())
            };
            let whole = browsers(&mut slices.whole());
            if !whole.is_empty() {
                way(
                    "i.visitor_id IN ({whole}) AND NOT {i.user_known}",
                    &[("{whole}", whole)],
                );
            }
            if slices.users().next().is_none() {
                return ways;
            }
            way("i.user_id IN ({users})", &[("{users}", users())]);
            let shared = browsers(&mut slices.shared());
            if !shared.is_empty() {
                way(
                    "i.visitor_id IN ({shared}) AND NOT {i.user_known} AND {i.visitor_user} IN ({users})",
                    &[("{shared}", shared), ("{users}", users())],
                );
            }
            let emails = include_str!("../sql/interactions/emails_of_users.sql");
            way(
                &format!(
                    "i.email_hash IN ({emails}) AND NOT {{i.user_known}} AND NOT {{i.visitor_known}}"
                ),
                &[("{users}", users())],
            );
        }
    }
    ways
}

/// The conditions of a filter.
fn any<'w>(filters: &mut Filters<'w>, filter: &'w InteractionFilter) {
    filters.add("i.channel = $?", filter.channel.as_deref());
    filters.add("i.kind = $?", filter.kind.as_deref());
    filters.add("{i.matched} = $?", filter.matched);
    if let Some(ids) = &filter.ids {
        let ids: Vec<Value<'w>> = ids.iter().copied().map(Value::from).collect();
        filters.add_lists("i.id IN ({ids})", &[("{ids}", pad(&ids))]);
    }
}
