//! Properties of events in conditions and breakdowns, held against every fact.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::reference::{earned, figures, of, on_days, people, sessions, told};
use super::world::{DAY, Fact, Session, World, day_in};
use super::{ask, encoded};
use crate::support::app::{TestApp, error};
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(
    conditions_on_properties_are_those_of_the_facts,
    events_are_told_apart_by_what_they_tell,
    what_a_property_is_does_not_depend_on_the_database,
    who_may_not_be_told_of_persons_is_told_of_no_property,
    what_names_no_property_names_its_parameter,
);

/// A condition, and what it finds in an event: what it wants, or for a negative one its opposite.
struct Case {
    name: &'static str,
    op: &'static str,
    values: Value,
    finds: fn(Option<&str>) -> bool,
}

fn cases() -> Vec<Case> {
    let case = |name, op, values, finds: fn(Option<&str>) -> bool| Case {
        name,
        op,
        values,
        finds,
    };
    vec![
        case("colour", "is", json!(["red", "green"]), |text| {
            matches!(text, Some("red" | "green"))
        }),
        case("colour", "is_not", json!(["red"]), |text| {
            text == Some("red")
        }),
        case("colour", "is", json!([null, "blue"]), |text| {
            matches!(text, None | Some("blue"))
        }),
        case("size", "is", json!(["3", "0"]), |text| {
            matches!(text, Some("3" | "0"))
        }),
        case("new", "is", json!(["true"]), |text| text == Some("true")),
        case("currency", "contains", json!(["us"]), |text| {
            text == Some("USD")
        }),
        case("order_id", "matches", json!(["^A-1?[0-9]$"]), |text| {
            text.is_some_and(|text| {
                let number: u32 = text[2..].parse().unwrap();
                text.starts_with("A-") && number < 20
            })
        }),
        case("colour", "not_matches", json!(["^(red|b)"]), |text| {
            matches!(text, Some("red" | "blue"))
        }),
        case("shoe", "is", json!(["44"]), |_| false),
    ]
}

impl Case {
    fn text(&self) -> String {
        json!([{"dimension": format!("property:{}", self.name), "op": self.op, "values": self.values}])
            .to_string()
    }

    fn wants(&self) -> bool {
        !matches!(self.op, "is_not" | "not_matches")
    }

    fn finds(&self, fact: &Fact) -> bool {
        is_told(fact) && (self.finds)(told(fact, self.name).as_deref())
    }

    /// Whether a session counts.
    fn holds(&self, world: &World, session: &Session) -> bool {
        of(world, session).iter().any(|fact| self.finds(fact)) == self.wants()
    }

    /// Whether an item counts in a session that does.
    fn counts(&self, fact: &Fact) -> bool {
        !is_told(fact) || self.finds(fact) == self.wants()
    }
}

fn is_told(fact: &Fact) -> bool {
    ["event", "milestone"].contains(&fact.kind)
}

/// Something that a signed-in owner makes of site 1.
async fn made(app: &TestApp, cookie: &str, what: &str, body: &Value) -> Value {
    let path = format!("/api/v1/{what}?site=1");
    let request = app.request(Method::POST, &path).header("Cookie", cookie);
    let response = request.json(body).send().await.unwrap();
    assert_eq!(response.status(), 201, "{body}");
    response.json().await.unwrap()
}

async fn conditions_on_properties_are_those_of_the_facts(database: Database) {
    let (app, world) = World::start(database, 51).await;
    let from = day_in(world.anchor - 20 * DAY, "UTC").to_string();
    let to = day_in(world.anchor + 15 * DAY, "UTC").to_string();
    let zone = "America/New_York";
    let within = on_days(&from, &to, zone);
    let all = people(&world);
    let mut kept = 0;
    for case in cases() {
        let filters = case.text();
        let asked = [
            ("from", &*from),
            ("to", &to),
            ("zone", zone),
            ("filters", &filters),
        ];
        let begun: Vec<&Session> = sessions(&all)
            .into_iter()
            .filter(|session| within(session.started_at) && case.holds(&world, session))
            .collect();
        let items: Vec<&Fact> = all
            .iter()
            .copied()
            .filter(|fact| {
                within(fact.at) && case.counts(fact) && case.holds(&world, &fact.session)
            })
            .collect();
        let answer = ask(&app, "overview", &asked).await;
        assert_eq!(
            answer["data"]["total"],
            figures(&world, &begun, &items),
            "{filters}"
        );
        assert_eq!(
            answer["filters"],
            serde_json::from_str::<Value>(&filters).unwrap()
        );
        kept += begun.len();

        let events: Vec<&Fact> = items.iter().copied().filter(|fact| is_told(fact)).collect();
        let answer = ask(&app, "events", &asked).await;
        assert_eq!(answer["data"]["total"]["count"], events.len(), "{filters}");
        let orders: u64 = answer["data"]["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["orders"].as_u64().unwrap())
            .sum();
        assert_eq!(earned(&world, &items)["orders"], orders, "{filters}");

        let mut asked = asked.to_vec();
        asked.extend([("event", "product_viewed"), ("property", "colour")]);
        let answer = ask(&app, "properties", &asked).await;
        let viewed: Vec<&Fact> = events
            .iter()
            .copied()
            .filter(|fact| fact.name == Some("product_viewed"))
            .collect();
        assert_eq!(answer["data"]["looked_at"], viewed.len(), "{filters}");
        let coloured = viewed
            .iter()
            .filter(|fact| fact.props.get("colour").is_some());
        let row = &answer["data"]["rows"][0]["count"];
        assert_eq!(
            row.as_u64().unwrap_or(0),
            coloured.count() as u64,
            "{filters}"
        );
    }
    assert!(kept > 100, "{kept}");

    // Of a segment too.
    let one = &cases()[0];
    let segment =
        json!({"name": "Warm", "filters": serde_json::from_str::<Value>(&one.text()).unwrap()});
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    made(&app, &cookie, "segments", &segment).await;
    let days = [("from", &*from), ("to", &to), ("zone", zone)];
    let by_segment = [&days[..], &[("segment", "Warm")]].concat();
    let text = one.text();
    let by_filter = [&days[..], &[("filters", &text)]].concat();
    assert_eq!(
        ask(&app, "overview", &by_segment).await["data"],
        ask(&app, "overview", &by_filter).await["data"]
    );
    app.log.assert_quiet();
}

async fn events_are_told_apart_by_what_they_tell(database: Database) {
    let (app, world) = World::start(database, 52).await;
    let from = day_in(world.anchor - 15 * DAY, "UTC").to_string();
    let to = day_in(world.anchor + 10 * DAY, "UTC").to_string();
    let earlier = day_in(world.anchor - 41 * DAY, "UTC").to_string();
    let before = day_in(world.anchor - 16 * DAY, "UTC").to_string();
    let zone = "Europe/Berlin";
    for name in ["colour", "size", "currency", "order_id", "shoe"] {
        let field = format!("property:{name}");
        let asked = [
            ("from", &*from),
            ("to", &to),
            ("zone", zone),
            ("breakdown", &field),
            ("compare", "previous"),
            ("limit", "1000"),
        ];
        let answer = ask(&app, "events", &asked).await;
        type Key = (&'static str, Option<&'static str>, Option<String>);
        let key = |fact: &Fact| -> Key { (fact.kind, fact.name, told(fact, name)) };
        let of_days = |from: &str, to: &str| -> Vec<&Fact> {
            let within = on_days(from, to, zone);
            let all = people(&world).into_iter();
            all.filter(|fact| is_told(fact) && within(fact.at))
                .collect()
        };
        let (now, then) = (of_days(&from, &to), of_days(&earlier, &before));
        let keys: BTreeSet<Key> = now.iter().map(|fact| key(fact)).collect();
        for (data, facts) in [("data", &now), ("previous", &then)] {
            let rows = answer[data]["rows"].as_array().unwrap();
            assert_eq!(rows.len(), keys.len(), "{name}");
            let mut seen = BTreeSet::new();
            for row in rows {
                let is_own = |one: &Key| {
                    row["kind"] == one.0
                        && row["name"].as_str() == one.1
                        && row["by"][&field].as_str() == one.2.as_deref()
                };
                let own = keys.iter().find(|one| is_own(one)).unwrap();
                assert!(seen.insert(own), "{row}");
                let facts: Vec<&Fact> = facts
                    .iter()
                    .copied()
                    .filter(|fact| key(fact) == *own)
                    .collect();
                let visitors: BTreeSet<usize> = facts
                    .iter()
                    .map(|fact| fact.session.browser.number)
                    .collect();
                let mut expected = json!({
                    "name": row["name"],
                    "kind": row["kind"],
                    "by": row["by"],
                    "count": facts.len(),
                    "visitors": visitors.len(),
                    "sessions": sessions(&facts).len(),
                    "conversions": facts.iter().filter(|fact| fact.is_conversion).count(),
                });
                for (name, value) in earned(&world, &facts).as_object().unwrap() {
                    expected[name] = value.clone();
                }
                assert_eq!(row, &expected, "{data} {name}");
            }
            assert_eq!(answer[data]["total"]["count"], facts.len());
        }
        let table = app
            .get(&format!(
                "/api/v1/analytics/events?from={from}&to={to}&format=csv&breakdown={}",
                encoded(&field)
            ))
            .await;
        let table = table.text().await.unwrap();
        assert!(
            table.starts_with(&format!("name,kind,by.{field},count,")),
            "{table}"
        );
    }
    app.log.assert_quiet();
}

async fn what_a_property_is_does_not_depend_on_the_database(database: Database) {
    let app = TestApp::start(database).await;
    let long = "ü".repeat(256);
    let longer = format!("{long}ü");
    let values = [
        json!("pro"),
        json!("4"),
        json!(4),
        json!(4.0),
        json!(0.1),
        json!(1e3),
        json!(-0.0),
        json!(12_345_678_901_234_567_890_u64),
        json!(true),
        json!(null),
        json!([4]),
        json!({"a": 4}),
        json!(""),
        json!(long),
        json!(longer),
    ];
    let visit = Visit::new(&app.key);
    let items: Vec<Value> = values
        .iter()
        .map(|value| {
            let mut item = event("tried");
            item["data"]["props"] = json!({"plan": value});
            item
        })
        .collect();
    app.accept(&visit.batch(&items)).await;
    let answer = ask(&app, "events", &[("breakdown", "property:plan")]).await;
    let rows = answer["data"]["rows"].as_array().unwrap();
    let mut told: Vec<(Option<&str>, u64)> = rows
        .iter()
        .map(|row| {
            let value = row["by"]["property:plan"].as_str();
            (value, row["count"].as_u64().unwrap())
        })
        .collect();
    told.sort_unstable();
    let mut expected = vec![
        (None, 4),
        (Some(""), 1),
        (Some("0"), 1),
        (Some("0.1"), 1),
        (Some("1000"), 1),
        (Some("12345678901234567890"), 1),
        (Some("4"), 3),
        (Some("pro"), 1),
        (Some("true"), 1),
        (Some(&*long), 1),
    ];
    expected.sort_unstable();
    assert_eq!(told, expected);
    app.log.assert_quiet();
}

async fn who_may_not_be_told_of_persons_is_told_of_no_property(database: Database) {
    let app = TestApp::start(database).await;
    let mut item = event("tried");
    item["data"]["props"] = json!({"email": "ann@mail.example"});
    app.accept(&Visit::new(&app.key).batch(&[item])).await;
    let cookie = app.set_up("owner@shop.example", "a long password").await;
    let link = made(&app, &cookie, "shares", &json!({"name": "Board"})).await;
    let token = link["token"].as_str().unwrap();
    let filters = encoded(r#"[{"dimension":"property:email","op":"contains","values":["@"]}]"#);
    let steps =
        encoded(r#"[{"event":"tried","props":{"email":"ann@mail.example"}},{"event":"tried"}]"#);
    for (query, field) in [
        (format!("overview?filters={filters}"), "filters"),
        ("events?breakdown=property:email".to_owned(), "breakdown"),
        ("conversions?by=property:email".to_owned(), "by"),
        (format!("funnel?steps={steps}"), "steps"),
        (
            format!(
                "paths?start={}",
                encoded(r#"{"event":"tried","props":{"email":"x"}}"#)
            ),
            "start",
        ),
    ] {
        let answer = app
            .get_with(&format!("/api/v1/analytics/{query}"), token)
            .await;
        assert_eq!(
            error(answer).await,
            (403, "forbidden".into(), Some(field.to_owned())),
            "{query}"
        );
        let answer = app.get(&format!("/api/v1/analytics/{query}&site=1")).await;
        assert_eq!(answer.status(), 200, "{query}");
    }
    app.log.assert_quiet();
}

async fn what_names_no_property_names_its_parameter(database: Database) {
    let app = TestApp::start(database).await;
    let long = "x".repeat(101);
    let filters = |name: &str| {
        let filters =
            json!([{"dimension": format!("property:{name}"), "op": "is", "values": ["x"]}]);
        format!("overview?filters={}", encoded(&filters.to_string()))
    };
    let steps = |step: Value| {
        let steps = json!([step, {"event": "b"}]).to_string();
        format!("funnel?steps={}", encoded(&steps))
    };
    let many: serde_json::Map<String, Value> = (0..21)
        .map(|number| (format!("p{number}"), json!("x")))
        .collect();
    for (query, field) in [
        (filters(""), "filters"),
        (filters(&long), "filters"),
        ("events?breakdown=colour".to_owned(), "breakdown"),
        ("events?breakdown=source".to_owned(), "breakdown"),
        ("overview?breakdown=property:colour".to_owned(), "breakdown"),
        ("conversions?by=property:".to_owned(), "by"),
        ("attribution?by=property:colour".to_owned(), "by"),
        ("stages?breakdown=property:colour".to_owned(), "breakdown"),
        (steps(json!({"event": "a", "props": "pro"})), "steps"),
        (
            steps(json!({"page": "/", "props": {"plan": "pro"}})),
            "steps",
        ),
        (
            steps(json!({"event": "a", "props": {"plan": {"a": 1}}})),
            "steps",
        ),
        (steps(json!({"event": "a", "props": {"plan": []}})), "steps"),
        (
            steps(json!({"event": "a", "props": {"plan": [[1]]}})),
            "steps",
        ),
        (steps(json!({"event": "a", "props": {"": 1}})), "steps"),
        (steps(json!({"event": "a", "props": many})), "steps"),
        (
            format!(
                "paths?start={}",
                encoded(r#"{"event":"a","props":{"plan":[{}]}}"#)
            ),
            "start",
        ),
    ] {
        let response = app.get(&format!("/api/v1/analytics/{query}")).await;
        let (status, _, named) = error(response).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }
}
