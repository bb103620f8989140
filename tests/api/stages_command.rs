//! `collector stages …`, on both databases, while a collector runs.

use std::io::Write;

use serde_json::{Value, json};
use tempfile::NamedTempFile;
use waymark_collector::commands::{Command, StagesCommand};

use super::stages::{PATH, document};
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, page_view};
use crate::support::database::Database;
use crate::support::program::good;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    the_command_line_does_the_same,
    what_was_not_searched_yet_is_searched_after_a_restore,
);

fn file(document: &Value) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(document.to_string().as_bytes()).unwrap();
    file
}

async fn the_command_line_does_the_same(database: Database) {
    let app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[page_view("https://shop.example/"), event("paid")]))
        .await;
    let good = file(&document());
    let path = || good.path().to_owned();
    let show = Command::Stages(StagesCommand::Show { site: 1 });
    let printed = app.command(&show).await;
    assert!(printed.contains("\"signup_at\""), "{printed}");
    let preview = StagesCommand::Preview {
        site: 1,
        file: path(),
    };
    let previewed = app.command(&Command::Stages(preview)).await;
    for line in [
        "Compared with version 0: 1 of 1 journeys are at another stage.",
        "  anonymous -> paying: 1 (",
        "  paying: 0 -> 1",
        "Milestone first_payment: appears in 1 journeys, vanishes from 0",
    ] {
        assert!(previewed.contains(line), "{previewed}");
    }
    let history = Command::Stages(StagesCommand::History { site: 1 });
    assert_eq!(app.command(&history).await, "");

    let set = |by: Option<&str>| {
        Command::Stages(StagesCommand::Set {
            site: 1,
            file: path(),
            by: by.map(str::to_owned),
        })
    };
    let printed = app.command(&set(Some("Ann"))).await;
    assert!(printed.starts_with(&previewed), "{printed}");
    assert!(printed.contains("version 1 holds."), "{printed}");
    assert!(
        printed.ends_with("The past has been searched.\n"),
        "{printed}"
    );
    let printed = app.command(&show).await;
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), document());
    let printed = app.command(&history).await;
    assert!(
        printed.starts_with("1\t20")
            && printed.ends_with("Z\tAnn\tvisitor > trying > paying\t3 milestones\n"),
        "{printed}"
    );
    // The collector that runs goes by it soon.
    let (app, id) = (&app, visit.visitor);
    eventually("the journey is at its stage", || async move {
        let full = app.json(&format!("/api/v1/visitors/{id}")).await;
        full["journey"]["stage"] == "paying"
    })
    .await;
    assert_eq!(app.json(PATH).await["changed_by"], "Ann");

    assert_eq!(
        app.refused(&set(Some(" "))).await,
        "--by: The name has to have 1 to 100 characters."
    );
    let mut wrong = document();
    wrong["milestones"][0]["stage"] = json!("gone");
    let wrong = file(&wrong);
    let preview = StagesCommand::Preview {
        site: 1,
        file: wrong.path().to_owned(),
    };
    let refused = app.refused(&Command::Stages(preview)).await;
    assert!(
        refused.ends_with("/milestones/0/stage: There is no stage with this key."),
        "{refused}"
    );
    let nobody = Command::Stages(StagesCommand::Show { site: 7 });
    assert_eq!(app.refused(&nobody).await, "there is no site 7");
    app.log.assert_quiet();
}

async fn what_was_not_searched_yet_is_searched_after_a_restore(database: Database) {
    let mut app = TestApp::start(database).await;
    let visit = Visit::new(&app.key);
    app.accept(&visit.batch(&[event("paid")])).await;
    // Set while nobody is there who would search.
    app.stop().await;
    let store = waymark_collector::store::Store::open(app.database.url())
        .await
        .unwrap();
    let definition = waymark_collector::journey::Definition::of(document()).unwrap();
    let by = waymark_collector::store::audit::By {
        actor: "test",
        now: 1,
    };
    let set = store.set_stages(1, 0, &definition, by, None).await;
    assert!(set.unwrap());
    store.close().await;
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup.jsonl").display().to_string();
    good(app.database.url(), &["backup", &backup]).await;
    for target in [Database::empty_sqlite(), Database::empty_postgres().await] {
        good(target.url(), &["restore", &backup]).await;
        let pending = "SELECT COUNT(*) FROM stage_restatements";
        assert_eq!(target.number(pending).await, 1);
        let restored = TestApp::start(target).await;
        let (restored, id) = (&restored, visit.visitor);
        eventually("the journey is at its stage", || async move {
            let full = restored
                .json(&format!("/api/v1/visitors/{id}?site=1"))
                .await;
            full["journey"]["stage"] == "paying"
        })
        .await;
    }
}
