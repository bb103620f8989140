//! `collector migrate-to`: everything to the other kind of database, and back, while a collector goes on.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use waymark_collector::commands::{Command, PrivacyCommand};
use waymark_collector::store::Store;
use waymark_collector::store::moving::{MoveError, Report, Stage, Watch};

use super::backup::{path, tables};
use super::filled::fill;
use crate::support::app::TestApp;
use crate::support::batch::{Visit, event, identify, now};
use crate::support::database::Database;
use crate::support::on_both_databases;
use crate::support::program::{good, run};

on_both_databases!(
    what_is_moved_is_what_was_there,
    what_is_erased_or_changed_meanwhile_stays_so,
    a_target_with_rows_stays_as_it_is,
    a_move_that_is_given_up_leaves_nothing,
    a_later_run_takes_over,
    a_run_that_was_killed_between_the_ends_is_ended,
);

/// What is counted anew.
fn is_left_out(table: &str) -> bool {
    table == "changes" || table.starts_with("rollup")
}

/// Holds everything in one database against everything in another.
pub(crate) async fn assert_same(one: &Database, other: &Database) {
    assert_same_rows(one, other).await;
    // Which backups do not have.
    let secrets = "SELECT COUNT(*) FROM destination_secrets";
    assert_eq!(one.number(secrets).await, other.number(secrets).await);
}

/// The same of everything that a backup has.
pub(crate) async fn assert_same_rows(one: &Database, other: &Database) {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (path(&folder, "here.jsonl"), path(&folder, "there.jsonl"));
    good(one.url(), &["backup", &here]).await;
    good(other.url(), &["backup", &there]).await;
    let (here, there) = (tables(&here), tables(&there));
    assert!(here.keys().eq(there.keys()));
    for (table, rows) in &here {
        assert_eq!(rows, &there[table], "{table}");
    }
}

async fn what_is_moved_is_what_was_there(database: Database) {
    let app = TestApp::start(database).await;
    fill(&app).await;
    // The last id that was given out is the last one also where nobody has it any more.
    let sites = "SELECT MAX(id) FROM sites";
    app.add_site("Third", &[]).await;
    let last = app.database.number(sites).await;
    app.database
        .execute("DELETE FROM retention WHERE site_id = 3; DELETE FROM sites WHERE id = 3")
        .await;
    assert!(app.database.number(sites).await < last);

    let target = app.database.of_the_other_kind().await;
    let planned = good(
        app.database.url(),
        &["migrate-to", target.url(), "--dry-run"],
    )
    .await;
    assert!(planned.contains("Nothing was changed."), "{planned}");
    assert!(!app.database.tables().await.contains(&"moving".to_owned()));
    let mut expected = app.database.tables().await;
    expected.retain(|table| !is_left_out(table));

    let printed = good(app.database.url(), &["migrate-to", target.url()]).await;
    for table in &expected {
        let rows = app.database.rows(table).await.len().to_string();
        let line = printed.lines().find(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(table)
                && words.next() == Some(&rows)
                && words.next() == Some(&rows)
                && words.next() == Some("equal")
        });
        assert!(line.is_some(), "{table}: {printed}");
    }
    assert_eq!(printed.matches("  equal\n").count(), expected.len());
    assert_same(&app.database, &target).await;
    good(target.url(), &["verify"]).await;

    // What was moved takes nothing, and says where it is.
    let answer = app
        .send(&Visit::new(&app.key).batch(&[event("late")]))
        .await;
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["results"][0]["status"], "retry", "{answer}");
    assert!(app.log.text().contains("has been moved to"));
    assert_eq!(app.get("/readyz").await.status(), 503);
    let checked = run(app.database.url(), &["check"]).await;
    assert!(checked.out.contains("has been moved to"), "{}", checked.out);
    let refused = run(app.database.url(), &["sites", "list"]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("has been moved to"), "{}", refused.err);
    let again = good(app.database.url(), &["migrate-to", target.url()]).await;
    assert!(again.contains("moved there already"), "{again}");

    // What it was moved to is a database like any other.
    let moved = TestApp::start(target).await;
    for path in ["visitors", "sessions", "events", "rejected"] {
        let path = format!("/api/v1/{path}?site=1");
        assert_eq!(moved.json(&path).await, app.json(&path).await, "{path}");
    }
    assert_eq!(moved.database.number(sites).await, last + 1);
    moved
        .accept(&Visit::new(&app.key).batch(&[event("x")]))
        .await;
    let login = json!({"email": "owner@shop.example", "password": "a long password"});
    assert_eq!(moved.post("/api/v1/login", &login).await.status(), 204);

    // And back, from where it is served.
    let back = moved.database.of_the_other_kind().await;
    good(moved.database.url(), &["migrate-to", back.url()]).await;
    assert_same(&moved.database, &back).await;
    good(back.url(), &["verify"]).await;
}

/// A move in this process, which waits at each stage until it is told to go on.
struct Held {
    at: UnboundedReceiver<Stage>,
    go: std::sync::mpsc::Sender<()>,
    moving: std::thread::JoinHandle<Result<Option<Report>, MoveError>>,
}

struct Waits {
    tell: tokio::sync::mpsc::UnboundedSender<Stage>,
    go: std::sync::mpsc::Receiver<()>,
}

impl Watch for Waits {
    fn begins(&mut self, stage: Stage) {
        self.tell.send(stage).ok();
        self.go.recv().ok();
    }

    fn at(&mut self, _rows: u64) {}
}

impl Held {
    fn begin(from: &Database, to: &Database) -> Self {
        let (tell, at) = unbounded_channel();
        let (go, told) = std::sync::mpsc::channel();
        let (from, to) = (from.url().to_owned(), to.url().to_owned());
        let moving = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            let mut waits = Waits { tell, go: told };
            runtime.block_on(Store::move_to(&from, &to, now(), &mut waits))
        });
        Self { at, go, moving }
    }

    /// Waits until it begins something that is as it should be, and lets it stand there.
    async fn until(&mut self, wanted: impl Fn(Stage) -> bool) {
        loop {
            let stage = tokio::time::timeout(Duration::from_secs(60), self.at.recv());
            let stage = stage.await.expect("in time").expect("it has not ended");
            if wanted(stage) {
                return;
            }
            self.go();
        }
    }

    fn go(&self) {
        self.go.send(()).ok();
    }

    /// Lets it go to its end.
    async fn end(self) -> Result<Option<Report>, MoveError> {
        drop(self.go);
        tokio::task::spawn_blocking(|| self.moving.join().unwrap())
            .await
            .unwrap()
    }
}

fn erase(visit: &Visit, delete: bool) -> Command {
    Command::Privacy(PrivacyCommand::Erase {
        site: 1,
        person: format!("visitor:{}", visit.visitor).parse().unwrap(),
        delete,
        grace_days: Some(0),
        dry_run: false,
    })
}

async fn what_is_erased_or_changed_meanwhile_stays_so(database: Database) {
    let app = TestApp::start(database).await;
    let visits: Vec<Visit> = (0..6).map(|_| Visit::new(&app.key)).collect();
    for (place, visit) in visits.iter().enumerate() {
        let items = [identify(&format!("user-{place}")), event("x")];
        app.accept(&visit.batch(&items)).await;
    }
    app.set_up("owner@shop.example", "a long password").await;
    let target = app.database.of_the_other_kind().await;
    let mut held = Held::begin(&app.database, &target);
    let mut erased = Vec::new();
    // Once everything has been copied and once all has been compared: random ids in the place of one person's, the rows of another
    // one gone, somebody new, something unique that goes from one row over to another, and the tables that are bound together.
    for (round, reached) in [
        (|stage| matches!(stage, Stage::Comparing { .. })) as fn(Stage) -> bool,
        |stage| stage == Stage::Holding,
    ]
    .into_iter()
    .enumerate()
    {
        held.until(reached).await;
        let there = target.number("SELECT COUNT(*) FROM visitors").await;
        assert!(there >= 4, "{there} visitors were copied");
        for (delete, visit) in [false, true].into_iter().zip(&visits[2 * round..]) {
            app.command(&erase(visit, delete)).await;
            erased.push(visit.visitor);
        }
        app.accept(&Visit::new(&app.key).batch(&[event("new")]))
            .await;
        app.accept(&visits[5].batch(&[event("more")])).await;
        app.add_site("Another", &[]).await;
        app.add_key(Some(1)).await;
        app.database
            .execute("UPDATE users SET email = 'changed@shop.example' WHERE email IS NOT NULL; DELETE FROM logins")
            .await;
        held.go();
    }
    let report = held.end().await.unwrap().unwrap();
    assert!(report.compared > 0 && report.since > 0, "{report:?}");
    assert_same(&app.database, &target).await;
    good(target.url(), &["verify"]).await;
    for table in target.tables().await {
        for row in target.rows(&table).await {
            let row = row.to_lowercase().replace('-', "");
            for visitor in &erased {
                let id = visitor.simple().to_string();
                assert!(!row.contains(&id), "{table} has an erased id: {row}");
            }
        }
    }
    assert_eq!(app.database.rows("moving_keys").await, [""; 0]);
}

async fn a_target_with_rows_stays_as_it_is(database: Database) {
    let app = TestApp::start(database).await;
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
    let target = app.database.of_the_other_kind().await;
    good(
        target.url(),
        &["sites", "add", "--name", "Theirs", "--key", "wk_theirs0000"],
    )
    .await;
    let mut before = Vec::new();
    for table in target.tables().await {
        before.push((target.rows(&table).await, table));
    }
    for arguments in [
        &["migrate-to", target.url()][..],
        &["migrate-to", target.url(), "--dry-run"],
    ] {
        let refused = run(app.database.url(), arguments).await;
        assert_eq!(refused.code, 1);
        assert!(refused.err.contains("is not empty"), "{}", refused.err);
    }
    let mut after = Vec::new();
    for table in target.tables().await {
        after.push((target.rows(&table).await, table));
    }
    assert_eq!(after, before);
    assert!(!app.database.tables().await.contains(&"moving".to_owned()));

    let itself = run(app.database.url(), &["migrate-to", app.database.url()]).await;
    assert_eq!(itself.code, 1);
    let nowhere = run(app.database.url(), &["migrate-to", "mysql://x:hidden@y/z"]).await;
    assert_eq!(nowhere.code, 1);
    assert!(!nowhere.err.contains("hidden"), "{}", nowhere.err);
    let nothing = Database::empty_sqlite();
    let nothing = run(nothing.url(), &["migrate-to", app.database.url()]).await;
    assert!(nothing.err.contains("no database"), "{}", nothing.err);
    app.accept(&Visit::new(&app.key).batch(&[event("y")])).await;
    app.log.assert_quiet();
}

async fn a_move_that_is_given_up_leaves_nothing(database: Database) {
    let app = TestApp::start(database).await;
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
    let target = app.database.of_the_other_kind().await;
    let url = app.database.url();
    let tables = app.database.tables().await;
    let mut held = Held::begin(&app.database, &target);
    held.until(|stage| stage == Stage::Holding).await;
    // What is being filled is served by nobody, and one move is enough.
    let early = run(target.url(), &["sites", "list"]).await;
    assert_eq!(early.code, 1);
    assert!(early.err.contains("is being filled"), "{}", early.err);
    let early = run(target.url(), &["migrate-to", "--give-up"]).await;
    assert_eq!(early.code, 1);
    assert!(early.err.contains("is being filled"), "{}", early.err);
    let third = Database::empty_sqlite();
    let second = run(url, &["migrate-to", third.url()]).await;
    assert_eq!(second.code, 1);
    assert!(second.err.contains("is under way"), "{}", second.err);

    let printed = good(url, &["migrate-to", "--give-up"]).await;
    assert!(printed.contains("was given up"), "{printed}");
    assert_eq!(app.database.tables().await, tables);
    assert!(matches!(held.end().await, Err(MoveError::Followed)));
    let late = run(url, &["migrate-to", target.url()]).await;
    assert_eq!(late.code, 1);
    assert!(
        late.err.contains("use a database that is empty"),
        "{}",
        late.err
    );

    // Also after its end, and no password is printed.
    let target = app.database.of_the_other_kind().await;
    let secret = target.url().replacen("postgres@", "postgres:hidden@", 1);
    let moved = run(url, &["migrate-to", &secret]).await;
    assert_eq!(moved.code, 0, "{}", moved.err);
    assert!(!format!("{}{}", moved.out, moved.err).contains("hidden"));
    let refused = run(url, &["sites", "list"]).await;
    assert!(!refused.err.contains("hidden"), "{}", refused.err);
    good(url, &["migrate-to", "--give-up"]).await;
    app.accept(&Visit::new(&app.key).batch(&[event("y")])).await;
    let none = good(url, &["migrate-to", "--give-up"]).await;
    assert!(none.contains("not being moved"), "{none}");
}

async fn a_later_run_takes_over(database: Database) {
    let app = TestApp::start(database).await;
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
    let target = app.database.of_the_other_kind().await;
    let mut first = Held::begin(&app.database, &target);
    first.until(|stage| stage == Stage::Holding).await;
    app.accept(&Visit::new(&app.key).batch(&[event("y")])).await;
    good(app.database.url(), &["migrate-to", target.url()]).await;
    assert!(matches!(first.end().await, Err(MoveError::Followed)));
    assert_same(&app.database, &target).await;
}

async fn a_run_that_was_killed_between_the_ends_is_ended(database: Database) {
    let app = TestApp::start(database).await;
    app.accept(&Visit::new(&app.key).batch(&[event("x")])).await;
    let target = app.database.of_the_other_kind().await;
    let arguments = ["migrate-to", target.url()];
    good(app.database.url(), &arguments).await;
    // As it was after the source's last transaction, and before the target's.
    let id = app.database.texts("SELECT id FROM moving").await;
    let id = id[0][0].as_deref().unwrap();
    let marked = format!(
        "CREATE TABLE moving (
             id TEXT PRIMARY KEY, side TEXT NOT NULL, state TEXT NOT NULL, other TEXT NOT NULL, run TEXT NOT NULL,
             beats BIGINT NOT NULL, began_at BIGINT NOT NULL
         );
         CREATE TABLE moving_tables (name TEXT PRIMARY KEY, after_key TEXT, copied BIGINT NOT NULL, is_done BIGINT NOT NULL);
         INSERT INTO moving VALUES ('{id}', 'target', 'copying', 'there', 'killed', 7, 1)"
    );
    target.execute(marked.leak()).await;
    let early = run(target.url(), &["sites", "list"]).await;
    assert!(early.err.contains("is being filled"), "{}", early.err);
    let printed = good(app.database.url(), &arguments).await;
    assert!(printed.contains("events"), "{printed}");
    good(target.url(), &["verify"]).await;
    assert!(!target.tables().await.contains(&"moving".to_owned()));
}
