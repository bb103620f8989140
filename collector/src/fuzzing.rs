//! What has to hold whatever strangers send. The fuzzer of `fuzz/` looks for what breaks it, and a test replays what it
//! has found before.

use std::net::SocketAddr;

use axum::http::{HeaderMap, HeaderValue};

use waymark_protocol::{ClickIds, Status, Touch, limits};

use crate::enrich::client_hints::ClientHints;
use crate::enrich::geo::Place;
use crate::enrich::{touch, user_agent};
use crate::http::body;
use crate::http::client;
use crate::http::client_address::TrustedProxies;
use crate::ingest::segment::{self, Call};
use crate::ingest::{self, Reading, Received, envelope};
use crate::journey::Definition;
use crate::store::sites::Site;

const LIMIT: usize = 64 * 1024;
/// How far a sender's clock may be ahead without being corrected (`ingest/clock.rs`).
const AHEAD_MS: i64 = 60_000;

/// A body of a batch: its first byte says how it is packed.
pub fn body(data: &[u8]) {
    let Some((packing, packed)) = data.split_first() else {
        return;
    };
    let Ok(body) = body::unpacked(*packing, packed, LIMIT) else {
        return;
    };
    assert!(body.len() <= LIMIT);
    let Ok(envelope) = envelope::read(&body) else {
        return;
    };
    let Ok(reading) = ingest::read(&site(), &envelope, &received()) else {
        return;
    };
    let items = envelope.items.len();
    assert!(items <= limits::BATCH_ITEMS);
    assert_answered(reading, items);
}

/// A body of Segment's API: its first byte says which call it is of.
pub fn segment(data: &[u8]) {
    let Some((call, body)) = data.split_first() else {
        return;
    };
    let call = match call {
        b'b' => Call::Batch,
        b'i' => Call::Identify,
        b'p' => Call::Page,
        b's' => Call::Screen,
        b'g' => Call::Group,
        b'a' => Call::Alias,
        _ => Call::Track,
    };
    let Ok(batch) = segment::read(call, body) else {
        return;
    };
    let site = site();
    let stages = Definition::standard();
    let request = segment::Request {
        stages: &stages,
        received: received(),
        locate: Some(&|address| (Place::default(), Some(address.to_string()))),
    };
    let parts = batch.parts(&site, &request);
    assert!(parts.len() <= limits::BATCH_ITEMS);
    for part in &parts {
        let reading = Reading::of_part(&site, &part.envelope(&site), &part.received);
        for fact in &reading.facts {
            assert!(fact.at <= request.received.at_ms + AHEAD_MS);
            assert!(!fact.arrival.visitor_id.is_nil() && !fact.arrival.session_id.is_nil());
        }
        assert_answered(reading, 1);
    }
}

/// Every item has a line, and those that are good wait for the commit.
fn assert_answered(reading: Reading, items: usize) {
    let open = reading.facts.len();
    let lines = reading.answers.into_results();
    assert_eq!(lines.len(), items);
    let waiting = lines.iter().filter(|line| line.status == Status::Retry);
    assert_eq!(waiting.count(), open);
    let answer = serde_json::to_string(&lines).unwrap_or_default();
    assert!(answer.starts_with('['));
}

fn received() -> Received {
    Received {
        at_ms: 1_749_482_510_000,
        ..Received::default()
    }
}

/// A touch: its fields, one on each line, in the order of the wire's.
pub fn touch(text: &str) {
    let mut lines = text.split('\n').map(|line| match line {
        "" => None,
        line => Some(line.to_owned()),
    });
    let mut next = || lines.next().flatten();
    let raw = Touch {
        at: 1,
        landing_url: next(),
        referrer: next(),
        source: next(),
        medium: next(),
        campaign: next(),
        term: next(),
        content: next(),
        click_ids: ClickIds(next().map(|id| ("gclid".into(), id)).into_iter().collect()),
    };
    let touch = touch::conclude(raw, Some, &["https://shop.example".to_owned()]);
    assert!(touch.channel.is_some());
    // Reports group by these, and what is not known is null.
    for text in [touch.source, touch.medium, touch.channel]
        .into_iter()
        .flatten()
    {
        assert!(!text.trim().is_empty());
    }
}

/// A `User-Agent` header.
pub fn user_agent(header: &str) {
    let hints = ClientHints::default();
    let agent = user_agent::read(Some(header), &hints);
    for text in [&agent.browser, &agent.os].into_iter().flatten() {
        assert!(!text.is_empty());
    }
    assert_eq!(user_agent::read(Some(header), &hints), agent);
}

/// Where a trusted proxy says that a request comes from: on the first line in `X-Forwarded-For`, on the second in
/// `Forwarded`.
pub fn client(text: &str) {
    let mut headers = HeaderMap::new();
    for (name, line) in ["x-forwarded-for", "forwarded"]
        .into_iter()
        .zip(text.split('\n'))
    {
        if let Ok(value) = line.parse::<HeaderValue>() {
            headers.append(name, value);
        }
    }
    let Ok(trusted) = "10.0.0.0/8".parse() else {
        return;
    };
    let proxies = TrustedProxies::new(vec![trusted]);
    let peer = SocketAddr::from(([10, 0, 0, 1], 443));
    if let Some(address) = proxies.client(peer, &headers) {
        let network = client::network(address);
        assert_eq!(network, client::network(address.to_canonical()));
    }
    // Who is not trusted is who it is, whatever it says.
    let stranger = SocketAddr::from(([192, 0, 2, 1], 443));
    assert_eq!(proxies.client(stranger, &headers), Some(stranger.ip()));
}

/// A site that is in no database.
pub(crate) fn site() -> Site {
    Site {
        id: 1,
        workspace: 1,
        name: String::new(),
        key: "wk_fixture".to_owned(),
        origins: vec!["https://shop.example".to_owned()],
        time_zone: "UTC".to_owned(),
        server_key_required: false,
        renew_cookie: false,
        cookie_domain: None,
        currency: None,
        is_demo: false,
        created_at: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn replay(target: &str, run: impl Fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        let files: Vec<_> = fs::read_dir(corpus.join(target)).unwrap().collect();
        assert!(!files.is_empty());
        for file in files {
            run(&fs::read(file.unwrap().path()).unwrap());
        }
    }

    fn text(run: fn(&str)) -> impl Fn(&[u8]) {
        move |data| {
            if let Ok(text) = str::from_utf8(data) {
                run(text);
            }
        }
    }

    #[test]
    fn what_the_fuzzer_found_holds() {
        replay("body", body);
        replay("segment", segment);
        replay("touch", text(touch));
        replay("user_agent", text(user_agent));
        replay("client", text(client));
    }
}
