//! `collector catalogue …`, on both databases, while a collector runs.

use std::io::Write;

use serde_json::{Value, json};
use waymark_collector::catalogue::Mode;
use waymark_collector::commands::{CatalogueCommand, Command};

use super::catalogue::{PATH, document};
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event};
use crate::support::database::Database;
use crate::support::{eventually, on_both_databases};

on_both_databases!(
    the_command_line_does_the_same,
    what_another_process_sets_holds_soon,
);

async fn the_command_line_does_the_same(database: Database) {
    let app = TestApp::start(database).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(document().to_string().as_bytes()).unwrap();
    let path = || file.path().to_owned();
    let catalogue = Command::Catalogue;
    let check = app
        .command(&catalogue(CatalogueCommand::Check { file: path() }))
        .await;
    assert_eq!(check, "Good: 2 events.\n");
    let refused = app
        .refused(&catalogue(CatalogueCommand::Get { site: 1 }))
        .await;
    assert!(refused.contains("no catalogue"), "{refused}");
    let set = |file: Option<std::path::PathBuf>, mode| {
        Command::Catalogue(CatalogueCommand::Set {
            site: 1,
            file,
            mode,
        })
    };
    let refused = app.refused(&set(None, Some(Mode::Reject))).await;
    assert!(refused.starts_with("--mode: "), "{refused}");
    let printed = app.command(&set(Some(path()), Some(Mode::Reject))).await;
    assert!(
        printed.contains("2 events") && printed.contains("dropped into the inbox"),
        "{printed}"
    );
    let printed = app
        .command(&catalogue(CatalogueCommand::Get { site: 1 }))
        .await;
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap(), document());

    app.send(&Visit::new(&app.key).batch(&[event("closed")]))
        .await;
    let unknown = catalogue(CatalogueCommand::Unknown { site: 1 });
    let (app, unknown) = (&app, &unknown);
    eventually("a line about the event", || async move {
        let printed = app.command(unknown).await;
        printed.starts_with("1\t20") && printed.ends_with("Z\tunknown_event\tclosed\tdata.name\n")
    })
    .await;
    let adopt = CatalogueCommand::Adopt {
        site: 1,
        name: "closed".into(),
    };
    app.command(&catalogue(adopt)).await;
    assert_eq!(app.command(unknown).await, "");
    let stored = app.json(PATH).await;
    assert_eq!(
        (&stored["mode"], &stored["revision"]),
        (&json!("reject"), &json!(2))
    );

    let mut wrong = tempfile::NamedTempFile::new().unwrap();
    wrong
        .write_all(br#"{"version": 1, "events": {"a": {"prop": {}}}}"#)
        .unwrap();
    let check = CatalogueCommand::Check {
        file: wrong.path().to_owned(),
    };
    let refused = app.refused(&catalogue(check)).await;
    assert!(
        refused.contains("/events/a/prop: There is no such member"),
        "{refused}"
    );
    let nobody = CatalogueCommand::Unknown { site: 7 };
    assert_eq!(app.refused(&catalogue(nobody)).await, "there is no site 7");
}

async fn what_another_process_sets_holds_soon(database: Database) {
    let app = TestApp::start(database).await;
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(document().to_string().as_bytes()).unwrap();
    let set = CatalogueCommand::Set {
        site: 1,
        file: Some(file.path().to_owned()),
        mode: Some(Mode::Flag),
    };
    app.command(&Command::Catalogue(set)).await;
    let visit = Visit::new(&app.key);
    let (app, visit) = (&app, &visit);
    eventually("a flagged event", || async move {
        let answer: Value = app
            .send(&visit.batch(&[event("closed")]))
            .await
            .json()
            .await
            .unwrap();
        answer["results"][0]["flagged"] == json!(["data.name"])
    })
    .await;
}
