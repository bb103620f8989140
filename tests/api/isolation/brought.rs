//! History that a workspace brings in.

use reqwest::Method;
use serde_json::Value;

use super::world::Caller;
use crate::support::app::TestApp;
use crate::support::eventually;

/// A file with a row that is not imported, and is kept for a while. Gives the import's id.
pub(super) async fn in_vain(app: &TestApp, owner: &Caller, site: i64, word: &str) -> String {
    let path = format!("/api/v1/sites/{site}/imports");
    let target = format!("{path}?kind=sessions&file={word}.csv");
    let request = owner.on(app.request(Method::POST, &target));
    let rows = format!("visitor,started,{word}\n{word},never,{word}\n");
    let begun = request.body(rows).send().await.unwrap();
    assert_eq!(begun.status(), 202);
    let begun: Value = begun.json().await.unwrap();
    let id = begun["id"].as_str().unwrap().to_owned();
    let path = format!("{path}/{id}");
    eventually("the import has ended", || async {
        owner.good(app, Method::GET, &path, None).await["rejects_kept"] == true
    })
    .await;
    // It is noted a moment after its rows are kept.
    eventually("that is noted", || async {
        !owner.good(app, Method::GET, &path, None).await["ended_at"].is_null()
    })
    .await;
    id
}
