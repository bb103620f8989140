//! Which message an item travels in: one for all items of a batch whose visitors are of one partition.
//!
//! A browser's batch is of one visitor and so is one message; a server's is up to as many as there are partitions. A message's
//! id follows from whose and which items it has, so a batch that is sent again is noticed by the stream.

use std::collections::BTreeMap;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::form;
use crate::journey::Fact;

/// Partitions of the stream. Fixed, since it stands in the names of subjects and consumers: others would leave behind what
/// waits in these.
pub const PARTITIONS: u8 = 16;
/// Bytes of a message's id: enough that no two are the same by chance.
const ID_BYTES: usize = 16;

/// The partition of a visitor.
pub fn partition(visitor_id: Uuid) -> u8 {
    Sha256::digest(visitor_id.as_bytes())[0] % PARTITIONS
}

/// One message to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Message {
    /// Whose visitors it is of.
    pub(super) partition: u8,
    /// What it is known by for as long as the stream looks for duplicates.
    pub(super) id: String,
    /// The items.
    pub(super) payload: Bytes,
    /// Which of the facts they are.
    pub(super) places: Vec<usize>,
}

/// All of these facts, in messages of at most so many bytes each; one item alone may be more.
pub(super) fn messages(facts: &[Fact], most: usize) -> Vec<Message> {
    let mut partitions: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
    for (place, fact) in facts.iter().enumerate() {
        let partition = partition(fact.arrival.visitor_id);
        partitions.entry(partition).or_default().push(place);
    }
    let mut messages = Vec::with_capacity(partitions.len());
    for (partition, places) in partitions {
        cut(facts, partition, &places, most, &mut messages);
    }
    messages
}

/// Adds one message, or several where one would be too large.
fn cut(facts: &[Fact], partition: u8, places: &[usize], most: usize, messages: &mut Vec<Message>) {
    let own = || places.iter().map(|place| &facts[*place]);
    let payload = form::encode(own());
    if payload.len() > most && places.len() > 1 {
        let (left, right) = places.split_at(places.len() / 2);
        cut(facts, partition, left, most, messages);
        cut(facts, partition, right, most, messages);
        return;
    }
    messages.push(Message {
        partition,
        id: id(own()),
        payload: payload.into(),
        places: places.to_vec(),
    });
}

/// Site and visitor belong to it: nobody can keep out another's items by knowing their ids.
fn id<'f>(facts: impl Iterator<Item = &'f Fact>) -> String {
    let mut digest = Sha256::new();
    for fact in facts {
        digest.update(fact.arrival.site_id.to_be_bytes());
        digest.update(fact.arrival.visitor_id.as_bytes());
        digest.update(fact.id.as_bytes());
    }
    hex(&digest.finalize()[..ID_BYTES])
}

/// Bytes as text.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use waymark_protocol::ItemKind;

    use super::*;
    use crate::ingest;
    use crate::journey::Arrival;

    fn arrival(visitor: u128) -> Arc<Arrival> {
        let body = include_bytes!("../../../protocol/fixtures/v1/batch.full.json");
        let envelope = ingest::envelope::read(body).unwrap();
        let site = crate::store::sites::Site {
            id: 1,
            workspace: 1,
            name: String::new(),
            key: String::new(),
            origins: Vec::new(),
            time_zone: "UTC".to_owned(),
            server_key_required: false,
            renew_cookie: false,
            cookie_domain: None,
            currency: None,
            is_demo: false,
            created_at: 0,
        };
        let received = ingest::Received {
            at_ms: envelope.sent_at,
            ..ingest::Received::default()
        };
        let reading = ingest::read(&site, &envelope, &received).unwrap();
        Arc::new(Arrival {
            visitor_id: Uuid::from_u128(visitor),
            ..(*reading.facts[0].arrival).clone()
        })
    }

    fn facts(visitors: std::ops::Range<u128>, each: u128) -> Vec<Fact> {
        let of_one = |visitor: u128| {
            let arrival = arrival(visitor);
            (0..each).map(move |number| {
                let id = Uuid::from_u128(visitor * 1000 + number);
                Fact::bare(&arrival, ItemKind::Event, id, 5)
            })
        };
        visitors.flat_map(of_one).collect()
    }

    #[test]
    fn one_visitors_batch_is_one_message_and_the_same_one_again() {
        let facts = facts(7..8, 20);
        let first = messages(&facts, 1 << 20);
        assert_eq!(first.len(), 1);
        assert_eq!(first[0].places, (0..20).collect::<Vec<_>>());
        assert_eq!(form::decode(&first[0].payload).unwrap(), facts);
        assert_eq!(messages(&facts, 1 << 20), first);
        // Anything else is another one, also the same ids of somebody else.
        assert_ne!(messages(&facts[1..], 1 << 20)[0].id, first[0].id);
        let mut others = facts.clone();
        let other = arrival(8);
        for fact in &mut others {
            fact.arrival = Arc::clone(&other);
        }
        assert_ne!(messages(&others, 1 << 20)[0].id, first[0].id);
    }

    #[test]
    fn every_item_is_in_one_message_whatever_is_cut() {
        let facts = facts(0..40, 3);
        for most in [1, 3000, 1 << 20] {
            let messages = messages(&facts, most);
            let mut places: Vec<usize> = Vec::new();
            for message in &messages {
                assert!(message.payload.len() <= most || message.places.len() == 1);
                let own: Vec<Fact> = message.places.iter().map(|p| facts[*p].clone()).collect();
                assert_eq!(form::decode(&message.payload).unwrap(), own);
                let of = |fact: &Fact| partition(fact.arrival.visitor_id);
                assert!(own.iter().all(|fact| of(fact) == message.partition));
                places.extend(&message.places);
            }
            places.sort_unstable();
            assert_eq!(places, (0..facts.len()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn partitions_are_what_they_were_and_share_evenly() {
        let of = |number: u128| partition(Uuid::from_u128(number));
        let mut counts = [0; PARTITIONS as usize];
        for number in 0..16_000 {
            counts[usize::from(of(number))] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)));
    }
}
