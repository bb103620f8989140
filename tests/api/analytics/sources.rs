//! Sessions by where they came from, held against every fact.

use serde_json::Value;

use super::ask;
use super::reference::{hold_rows, of_sessions, on_days};
use super::world::{DAY, World, day_in};
use crate::support::app::error;
use crate::support::database::Database;
use crate::support::on_both_databases;

on_both_databases!(sources_are_those_of_the_facts);

async fn sources_are_those_of_the_facts(database: Database) {
    let (app, world) = World::start(database, 2).await;
    let from = day_in(world.anchor - 24 * DAY, "UTC").to_string();
    let to = day_in(world.anchor + DAY, "UTC").to_string();
    let earlier = day_in(world.anchor - 50 * DAY, "UTC").to_string();
    let before = day_in(world.anchor - 25 * DAY, "UTC").to_string();
    let usual = ["source", "medium", "campaign", "channel"];
    for (by, limit) in [
        (&usual[..], None),
        (&["channel", "source"], Some("3")),
        (&["exit_page"], None),
        (&["entry_page", "hostname"], Some("2")),
        (&["term", "content", "referrer"], None),
        (&["browser", "os", "language", "country"], None),
        (&["region", "city"], None),
        (&["first_channel"], None),
    ] {
        let named = by.join(",");
        let mut asked = vec![
            ("from", &*from),
            ("to", &to),
            ("zone", "Australia/Lord_Howe"),
            ("compare", "previous"),
        ];
        if by != usual {
            asked.push(("by", &named));
        }
        if let Some(limit) = limit {
            asked.push(("limit", limit));
        }
        let answer = ask(&app, "sources", &asked).await;
        let within = on_days(&from, &to, "Australia/Lord_Howe");
        hold_rows(&world, &answer["data"], by, &|means| {
            of_sessions(&world, means, &within)
        });
        // The days before have the same rows, in the same order.
        let keys = |data: &str| -> Vec<Value> {
            let rows = answer[data]["rows"].as_array().unwrap().iter();
            rows.map(|row| row["by"].clone()).collect()
        };
        assert_eq!(keys("data"), keys("previous"));
        let within = on_days(&earlier, &before, "Australia/Lord_Howe");
        let total = of_sessions(&world, &|_| true, &within);
        assert_eq!(answer["previous"]["total"], total);
        let first = &answer["previous"]["rows"][0];
        let mut expected = of_sessions(
            &world,
            &|session| {
                by.iter().all(|name| {
                    super::reference::value(&world, session, name).as_deref()
                        == first["by"][name].as_str()
                })
            },
            &within,
        );
        expected["by"] = first["by"].clone();
        assert_eq!(first, &expected);
    }
    for (query, field) in [
        ("by=page", "by"),
        ("by=source,medium,channel,term,content", "by"),
        ("limit=1001", "limit"),
    ] {
        let answer = app.get(&format!("/api/v1/analytics/sources?{query}")).await;
        let (status, _, named) = error(answer).await;
        assert_eq!((status, named.as_deref()), (400, Some(field)), "{query}");
    }
    app.log.assert_quiet();
}
