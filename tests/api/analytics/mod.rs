//! Questions about many journeys, asked as a user would ask them.

mod alerts;
mod attribution;
mod clickhouse;
mod conversions;
mod credited;
mod following;
mod funnel;
mod insights;
mod overview;
mod pages;
mod parquet;
mod prediction;
mod properties;
mod realtime;
mod reference;
mod sources;
mod sums;
pub(crate) mod world;

use serde_json::Value;
use url::form_urlencoded::byte_serialize;

use crate::support::app::TestApp;

/// What a question answers, with the conditions that are JSON in the query string.
pub(super) async fn ask(app: &TestApp, question: &str, parameters: &[(&str, &str)]) -> Value {
    let query: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    let answer = app
        .json(&format!("/api/v1/analytics/{question}?{}", query.join("&")))
        .await;
    assert!(answer["took_ms"].as_f64().unwrap() >= 0.0);
    let href = answer["definition"]["href"].as_str().unwrap();
    let definition = app.json(href).await;
    assert_eq!(definition["version"], answer["definition"]["version"]);
    assert!(!definition["text"].as_str().unwrap().is_empty());
    answer
}

pub(super) fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}
