//! A running collector against its own description: whatever schemathesis makes up by it, no answer is a failure of the
//! collector's, and every answer is one that the description promises.

use std::process::Stdio;

use serde_json::json;
use tokio::process::Command;

use crate::support::app::{ORIGIN, after, cookie};
use crate::support::batch::{Visit, event, milestone, page_view};
use crate::support::collector::{Collector, KEY};
use crate::support::database::Database;
use crate::support::{long, on_both_databases, required};

on_both_databases!(every_answer_is_as_described);

/// The key of the site that the description's example sends to.
const DESCRIBED: &str = "wk_described1";

const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance,response_headers_conformance";

async fn every_answer_is_as_described(database: Database) {
    let rates = ["--client-rate", "0", "--key-rate", "0"];
    let collector = Collector::with(database, ORIGIN, &rates).await;
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}{path}", collector.origin());
    let token = after(collector.setup_link(), "#token=");
    let setup = json!({"token": token, "email": "a@b.example", "password": "0123456789"});
    let answer = client
        .post(url("/api/v1/setup"))
        .json(&setup)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 204);
    let login = cookie(&answer);
    collector.add_site("Described", DESCRIBED).await;
    // Something to answer with.
    for key in [KEY, DESCRIBED] {
        let visit = Visit::new(key);
        let items = [
            page_view("https://shop.example/?utm_source=x"),
            event("seen"),
            milestone("signup_at"),
        ];
        let sent = client
            .post(url("/v1/events"))
            .header("Origin", ORIGIN)
            .body(visit.batch(&items).to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(sent.status(), 200);
    }

    let mut schemathesis = Command::new(required("WAYMARK_TEST_SCHEMATHESIS"));
    schemathesis
        .args(["run", &url("/api/v1/openapi.json")])
        .args(["--header", &format!("Cookie: {login}")])
        // One has no end, and the other ends what the rest is asked with.
        .args(["--exclude-path", "/api/v1/live"])
        .args(["--exclude-path", "/api/v1/logout"])
        // A demo is made before its answer comes, which takes this unoptimised program some seconds.
        .args(["--request-timeout", "60"])
        .args(["--checks", CHECKS])
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--continue-on-failure", "--no-color", "--warnings", "off"]);
    if long() {
        schemathesis.args(["--max-examples", "1000"]);
    } else {
        // The same every time: what fails here fails for everybody.
        schemathesis.args(["--max-examples", "15", "--generation-deterministic"]);
    }
    // Beside the process's own folder it keeps what it found, which belongs to nobody.
    let folder = tempfile::tempdir().unwrap();
    let output = schemathesis
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}");
    assert!(report.contains("No issues found"), "{report}");
    collector.assert_quiet_log();
}
