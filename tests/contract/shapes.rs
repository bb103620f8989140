//! The shapes that the dashboard is written against are those that the collector describes.

use tokio::process::Command;

use super::root;
use crate::support::app::TestApp;
use crate::support::database::Database;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_dashboard_has_the_shapes_that_the_collector_describes() {
    let app = TestApp::start(Database::sqlite()).await;
    let output = Command::new("node")
        .arg(root().join("collector/dashboard/api-types.mjs"))
        .arg("--check")
        .arg(format!("{}/api/v1/openapi.json", app.base))
        .output()
        .await
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}
