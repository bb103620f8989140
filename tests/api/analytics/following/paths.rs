//! Paths, held against each session's by itself, and against what has to add up.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Days, assert_same, holds, meets, rate};
use crate::api::analytics::ask;
use crate::api::analytics::world::{Fact, World};
use crate::support::app::TestApp;

/// A thing at a place of a path: its kind and its name.
type Thing = (&'static str, Option<&'static str>);

/// A browser, and the path of a session of its.
type Followed = (usize, Vec<Thing>);

const OTHERS: Thing = ("others", None);

pub(super) async fn check(app: &TestApp, world: &World) {
    let pricing = json!({"page": "/pricing"});
    let bought = json!({"event": "purchase"});
    let red = json!({"event": "product_viewed", "props": {"colour": "red"}});
    let google = json!([{"dimension": "source", "op": "is", "values": ["google"]}]);
    for days in Days::of(world) {
        for (way, anchor, of, depth, top, filters) in [
            ("start", None, "pages", 5, 10, Value::Null),
            ("start", Some(&pricing), "both", 10, 3, Value::Null),
            ("start", Some(&bought), "pages", 2, 50, Value::Null),
            ("end", None, "both", 4, 2, google.clone()),
            ("start", Some(&red), "both", 4, 5, Value::Null),
            ("end", Some(&bought), "events", 6, 1, Value::Null),
        ] {
            let (depth_text, top_text) = (depth.to_string(), top.to_string());
            let anchor_text = anchor.map_or("session".to_owned(), Value::to_string);
            let conditions = filters.to_string();
            let mut more = vec![
                (way, &*anchor_text),
                ("of", of),
                ("depth", &depth_text),
                ("top", &top_text),
                ("sequences", &top_text),
            ];
            if !filters.is_null() {
                more.push(("filters", &conditions));
            }
            let answer = ask(app, "paths", &days.asking(&more)).await;
            let mut sessions: BTreeMap<usize, Vec<&Fact>> = BTreeMap::new();
            for fact in &world.facts {
                let session = &fact.session;
                if !session.browser.is_bot && days.has(session.started_at) && holds(&filters, fact)
                {
                    sessions.entry(session.number).or_default().push(fact);
                }
            }
            let followed: Vec<Followed> = sessions
                .into_values()
                .filter_map(|facts| {
                    let browser = facts[0].session.browser.number;
                    Some((browser, path(facts, way, anchor, of)?))
                })
                .collect();
            let sequences = sequences(&followed, depth);
            assert_eq!(
                answer["data"]["sequences"],
                json!(sequences[..sequences.len().min(top)]),
                "{more:?}"
            );
            let paths: Vec<Vec<Thing>> = followed.into_iter().map(|(_, path)| path).collect();
            assert!(paths.len() > 3, "{more:?}");
            let (nodes, rows) = counted(&paths, depth, top);
            assert_eq!(answer["data"]["sessions"], paths.len(), "{more:?}");
            assert_same(&answer["data"]["nodes"], &nodes, &format!("{more:?}"));
            assert_same(&answer["data"]["rows"], &rows, &format!("{more:?}"));
            conserved(&answer["data"]);
        }
    }
}

/// The path of a session, however long it is.
fn path(mut facts: Vec<&Fact>, way: &str, anchor: Option<&Value>, of: &str) -> Option<Vec<Thing>> {
    facts.sort_by_key(|fact| (fact.at, fact.id));
    if way == "end" {
        facts.reverse();
    }
    let follows = |fact: &&&Fact| match fact.kind {
        "page_view" => of != "events",
        "event" | "milestone" => of != "pages",
        _ => false,
    };
    let start = match anchor {
        Some(step) => facts.iter().position(|fact| meets(step, fact))?,
        None => facts.iter().position(|fact| follows(&fact))?,
    };
    let thing = |fact: &Fact| match fact.kind {
        "page_view" => ("page", fact.page.map(|page| page.path)),
        kind => (kind, fact.name),
    };
    let mut path = vec![thing(facts[start])];
    for fact in facts[start + 1..].iter().filter(follows) {
        let next = thing(fact);
        if next.0 != "page" || path.last() != Some(&next) {
            path.push(next);
        }
    }
    Some(path)
}

/// Every sequence that somebody went, the most frequent first.
fn sequences(followed: &[Followed], depth: usize) -> Vec<Value> {
    let cut = |path: &[Thing]| path[..path.len().min(depth)].to_vec();
    let all: BTreeSet<Vec<Thing>> = followed.iter().map(|(_, path)| cut(path)).collect();
    let mut all: Vec<(Vec<Thing>, Vec<&Followed>)> = all
        .into_iter()
        .map(|steps| {
            let own = followed.iter().filter(|(_, path)| cut(path) == steps);
            (steps.clone(), own.collect())
        })
        .collect();
    all.sort_by_cached_key(|(steps, own)| {
        let texts = steps.iter().map(|(kind, name)| (*name, order(kind)));
        (std::cmp::Reverse(own.len()), texts.collect::<Vec<_>>())
    });
    let told = all.into_iter().map(|(steps, own)| {
        let visitors: BTreeSet<usize> = own.iter().map(|(browser, _)| *browser).collect();
        let steps = steps.iter();
        json!({
            "steps": steps.map(|(kind, name)| json!({"kind": kind, "name": name})).collect::<Vec<_>>(),
            "sessions": own.len(),
            "rate": rate(own.len(), followed.len()),
            "ended": own.iter().filter(|(_, path)| path.len() <= depth).count(),
            "visitors": visitors.len(),
        })
    });
    told.collect()
}

fn counted(paths: &[Vec<Thing>], depth: usize, top: usize) -> (Vec<Value>, Vec<Value>) {
    let at = |place: usize| {
        let mut seen: BTreeMap<Thing, usize> = BTreeMap::new();
        for thing in paths.iter().filter_map(|path| path.get(place)) {
            *seen.entry(*thing).or_default() += 1;
        }
        let mut all: Vec<_> = seen.into_iter().collect();
        all.sort_by_key(|((kind, name), seen)| (std::cmp::Reverse(*seen), *name, order(kind)));
        let told = all.into_iter().take(top).map(|(thing, _)| thing);
        told.collect::<BTreeSet<Thing>>()
    };
    let told: Vec<BTreeSet<Thing>> = (0..depth).map(at).collect();
    let shown = |place: usize, thing: Thing| {
        if told[place].contains(&thing) {
            thing
        } else {
            OTHERS
        }
    };
    let (mut nodes, mut links): (BTreeMap<_, (usize, usize)>, BTreeMap<_, usize>) =
        Default::default();
    for path in paths {
        for (place, thing) in path.iter().take(depth).enumerate() {
            let from = shown(place, *thing);
            let node = nodes.entry((place, from)).or_default();
            node.0 += 1;
            let to = match path.get(place + 1) {
                None => {
                    node.1 += 1;
                    ("end", None)
                }
                Some(_) if place + 1 == depth => continue,
                Some(next) => shown(place + 1, *next),
            };
            *links.entry((place, from, to)).or_default() += 1;
        }
    }
    let rows = links.iter().map(|((depth, from, to), sessions)| {
        json!({
            "depth": depth,
            "from_kind": from.0,
            "from": from.1,
            "to_kind": to.0,
            "to": to.1,
            "sessions": sessions,
            "rate": rate(*sessions, nodes[&(*depth, *from)].0),
        })
    });
    let rows = rows.collect();
    let nodes = nodes
        .iter()
        .map(|((depth, (kind, name)), (sessions, ended))| {
            json!({
                "depth": depth,
                "kind": kind,
                "name": name,
                "sessions": sessions,
                "rate": rate(*sessions, paths.len()),
                "ended": ended,
            })
        });
    (nodes.collect(), rows)
}

fn order(kind: &str) -> usize {
    let kinds = ["page", "event", "milestone"];
    kinds.iter().position(|one| *one == kind).unwrap()
}

/// Whoever is somewhere came from somewhere and goes on or ends.
fn conserved(data: &Value) {
    let sum = |rows: &[&Value]| {
        rows.iter()
            .map(|row| row["sessions"].as_u64().unwrap())
            .sum::<u64>()
    };
    let rows: Vec<&Value> = data["rows"].as_array().unwrap().iter().collect();
    let nodes = data["nodes"].as_array().unwrap();
    let last = nodes
        .iter()
        .map(|node| node["depth"].as_u64().unwrap())
        .max()
        .unwrap();
    for node in nodes {
        let depth = node["depth"].as_u64().unwrap();
        let is = |row: &Value, at: u64, end: &str| {
            row["depth"] == at
                && row[format!("{end}_kind")] == node["kind"]
                && row[end] == node["name"]
        };
        let out: Vec<&Value> = rows
            .iter()
            .copied()
            .filter(|row| is(row, depth, "from"))
            .collect();
        if depth < last {
            assert_eq!(sum(&out), node["sessions"], "{node}");
        }
        if depth > 0 {
            let into: Vec<&Value> = rows
                .iter()
                .copied()
                .filter(|row| is(row, depth - 1, "to"))
                .collect();
            assert_eq!(sum(&into), node["sessions"], "{node}");
        }
    }
}
