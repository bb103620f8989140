//! The queue under every order of pushes, sends, answers and adoptions that a page can bring about.

use super::*;
use proptest::prelude::*;

const ALL: Take = Take {
    items: 500,
    bytes: MAX_BYTES,
    hard: false,
    again_after: 0,
};

fn context(number: u64) -> Rc<Context> {
    let tab = id::new(1, &[1; id::RANDOM_BYTES]);
    Rc::new(Context::restored(tab, number, "{\"c\":1}".to_owned()))
}

fn entry(kind: &str, seq: u64, context: &Rc<Context>) -> Entry {
    let mut random = [0; id::RANDOM_BYTES];
    random[2..].copy_from_slice(&seq.to_be_bytes());
    let made = id::new(1_000 + seq as i64, &random);
    let json = format!("{{\"type\":\"{kind}\",\"id\":\"{made}\",\"seq\":{seq}}}");
    let mut entry = Entry::restored(seq, Rc::clone(context), json).expect("an item");
    entry.sent = false;
    entry
}

fn filled(count: u64, context: &Rc<Context>) -> Queue {
    let mut queue = Queue::default();
    for seq in 1..=count {
        assert!(queue.push(entry("event", seq, context)).is_empty());
    }
    queue
}

fn seqs(entries: &[&Entry]) -> Vec<u64> {
    entries.iter().map(|e| e.seq).collect()
}

#[test]
fn an_item_stays_until_an_answer_names_it() {
    let context = context(1);
    let mut queue = filled(3, &context);
    let sent: Vec<Uuid> = queue.take(1, 0, ALL).iter().map(|e| e.id).collect();
    assert_eq!(queue.waiting(), 0);
    assert!(queue.take(2, 0, ALL).is_empty());
    assert_eq!(queue.settle(&sent[1]).map(|e| e.seq), Some(2));
    assert!(queue.settle(&sent[1]).is_none());
    assert_eq!(queue.land(1), 2);
    assert_eq!(seqs(&queue.take(2, 0, ALL)), [1, 3]);
}

#[test]
fn a_batch_has_one_context() {
    let (a, b) = (context(1), context(2));
    let mut queue = filled(2, &a);
    queue.push(entry("event", 3, &b));
    queue.push(entry("event", 4, &a));
    assert_eq!(seqs(&queue.take(1, 0, ALL)), [1, 2, 4]);
    assert_eq!(seqs(&queue.take(2, 0, ALL)), [3]);
}

#[test]
fn a_context_on_hold_does_not_hold_up_the_others() {
    let (a, b) = (context(1), context(2));
    let mut queue = filled(2, &a);
    queue.push(entry("event", 3, &b));
    queue.take(1, 0, ALL);
    queue.hold(1, 5_000);
    queue.land(1);
    assert_eq!(seqs(&queue.take(2, 100, ALL)), [3]);
    queue.land(2);
    assert_eq!(seqs(&queue.take(3, 5_000, ALL)), [1, 2]);
}

#[test]
fn batches_keep_to_count_and_bytes() {
    let context = context(1);
    let mut queue = filled(5, &context);
    assert_eq!(seqs(&queue.take(1, 0, Take { items: 2, ..ALL })), [1, 2]);
    // A limit that is not hard lets one item through, or nothing ever would be sent.
    assert_eq!(seqs(&queue.take(2, 0, Take { bytes: 1, ..ALL })), [3]);
    let hard = |bytes| Take {
        bytes,
        hard: true,
        ..ALL
    };
    assert!(queue.take(3, 0, hard(300)).is_empty());
    assert_eq!(seqs(&queue.take(3, 0, hard(700))), [4, 5]);
}

#[test]
fn leaving_takes_what_an_ordinary_request_carries_but_not_what_outlives_the_page() {
    let context = context(1);
    let mut queue = filled(4, &context);
    queue.take(1, 0, Take { items: 2, ..ALL });
    let leaving = Take {
        again_after: 1,
        items: 3,
        ..ALL
    };
    assert_eq!(seqs(&queue.take(2, 0, leaving)), [1, 2, 3]);
    assert_eq!(seqs(&queue.take(3, 0, leaving)), [4]);
    assert_eq!(queue.land(1), 0);
}

#[test]
fn pings_go_first_when_there_is_too_much() {
    let context = context(1);
    let mut queue = filled(MAX_ITEMS as u64 - 2, &context);
    queue.push(entry("page_ping", 2_001, &context));
    queue.push(entry("page_ping", 2_002, &context));
    let mut gone = Vec::new();
    for seq in 3_001..=3_003 {
        gone.extend(queue.push(entry("event", seq, &context)));
    }
    let gone: Vec<u64> = gone.iter().map(|e| e.seq).collect();
    assert_eq!(gone, [2_001, 2_002, 1]);
    assert_eq!((queue.len(), queue.dropped()), (MAX_ITEMS, 3));
}

#[test]
fn bytes_are_bounded() {
    let context = context(1);
    let mut queue = Queue::default();
    for seq in 1..=40 {
        let mut big = entry("event", seq, &context);
        big.json.push_str(&" ".repeat(30_000));
        queue.push(big);
    }
    assert!(queue.bytes <= MAX_BYTES);
    assert_eq!(queue.len() as u64 + queue.dropped(), 40);
    assert!(queue.entries.iter().any(|e| e.seq == 40));
}

#[test]
fn a_week_is_long_enough() {
    let context = context(1);
    let mut queue = filled(3, &context);
    assert!(queue.expire(1_001 + MAX_AGE).is_empty());
    assert_eq!(queue.expire(1_002 + MAX_AGE).len(), 1);
    assert_eq!((queue.len(), queue.dropped()), (2, 1));
}

#[test]
fn only_an_item_never_sent_changes() {
    let context = context(1);
    let mut queue = filled(2, &context);
    let ids: Vec<Uuid> = queue.entries.iter().map(|e| e.id).collect();
    queue.take(1, 0, Take { items: 1, ..ALL });
    queue.land(1);
    queue.replace(&ids[0], "new".to_owned());
    queue.replace(&ids[1], "new".to_owned());
    assert_ne!(queue.entries[0].json, "new");
    assert_eq!(queue.entries[1].json, "new");
    assert_eq!(queue.bytes, queue.entries[0].json.len() + 3);
}

#[test]
fn the_same_item_is_queued_once() {
    let context = context(1);
    let mut queue = filled(1, &context);
    queue.push(entry("event", 1, &context));
    assert_eq!(queue.len(), 1);
}

#[test]
fn what_storage_holds_can_be_forgotten_in_memory() {
    let context = context(1);
    let mut queue = filled(2, &context);
    queue.entries[0].stored = false;
    queue.forget_stored();
    assert_eq!(queue.len(), 1);
    assert!(queue.uses(&context));
}

#[test]
fn strange_texts_are_no_items() {
    for text in [
        "",
        "{}",
        "{\"id\":\"x\"}",
        "{\"id\":\"01975560-7a01-4000-8000-000000000010\"}",
    ] {
        assert!(Entry::restored(1, context(1), text.to_owned()).is_none());
    }
}

proptest! {
    /// Whatever requests do, nothing is lost: every item is in the queue or was named.
    #[test]
    fn items_leave_only_when_named(steps in proptest::collection::vec((0u8..4, 0usize..6), 1..60)) {
        let contexts = [context(1), context(2)];
        let mut queue = Queue::default();
        let (mut made, mut named, mut flight) = (0u64, 0usize, 0u32);
        for (step, n) in steps {
            match step {
                0 => {
                    made += 1;
                    queue.push(entry("event", made, &contexts[n % 2]));
                }
                1 => {
                    flight += 1;
                    let batch = queue.take(flight, 0, Take { items: n.max(1), ..ALL });
                    prop_assert!(batch.windows(2).all(|w| w[0].seq < w[1].seq));
                    prop_assert!(batch.windows(2).all(|w| Rc::ptr_eq(&w[0].context, &w[1].context)));
                }
                2 => { queue.land(flight.saturating_sub(n as u32).max(1)); }
                _ => {
                    if let Some(id) = queue.entries.get(n).map(|e| e.id) {
                        named += usize::from(queue.settle(&id).is_some());
                    }
                }
            }
            prop_assert_eq!(queue.len() + named, made as usize);
            prop_assert_eq!(queue.bytes, queue.entries.iter().map(|e| e.json.len()).sum::<usize>());
        }
    }
}
