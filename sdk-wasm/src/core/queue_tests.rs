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
    let tab = id::new(1, [1; 2]);
    Rc::new(Context::restored(tab, number, "{\"c\":1}".to_owned()))
}

fn entry(kind: &str, seq: u64, context: &Rc<Context>) -> Entry {
    let made = id::new(1_000 + seq as i64, [0, seq]);
    let json = format!("{{\"type\":\"{kind}\",\"id\":\"{made}\",\"seq\":{seq}}}");
    let mut entry = Entry::restored(seq, Rc::clone(context), json);
    assert_eq!(entry.id, made);
    entry.sent = false;
    entry
}

fn filled(count: u64, context: &Rc<Context>) -> Queue {
    let mut queue = Queue::default();
    for seq in 1..=count {
        queue.push(entry("event", seq, context));
        assert!(queue.surplus(0).is_none());
    }
    queue
}

/// Takes a batch and says which items are in it.
fn batch(queue: &mut Queue, flight: u32, now: i64, limit: Take) -> Vec<u64> {
    let taken = queue.take(flight, now, limit).is_some();
    let seqs: Vec<u64> = queue.aboard(flight).map(|e| e.seq).collect();
    assert_eq!(taken, !seqs.is_empty());
    seqs
}

#[test]
fn an_item_stays_until_an_answer_names_it() {
    let context = context(1);
    let mut queue = filled(3, &context);
    batch(&mut queue, 1, 0, ALL);
    let sent: Vec<Uuid> = queue.aboard(1).map(|e| e.id).collect();
    assert_eq!(queue.waiting(), 0);
    assert!(queue.take(2, 0, ALL).is_none());
    assert_eq!(queue.settle(&sent[1]).map(|e| e.seq), Some(2));
    assert!(queue.settle(&sent[1]).is_none());
    assert_eq!(queue.land(1), 2);
    assert_eq!(batch(&mut queue, 2, 0, ALL), [1, 3]);
}

#[test]
fn a_batch_has_one_context() {
    let (a, b) = (context(1), context(2));
    let mut queue = filled(2, &a);
    queue.push(entry("event", 3, &b));
    queue.push(entry("event", 4, &a));
    assert_eq!(batch(&mut queue, 1, 0, ALL), [1, 2, 4]);
    assert_eq!(batch(&mut queue, 2, 0, ALL), [3]);
}

#[test]
fn a_context_on_hold_does_not_hold_up_the_others() {
    let (a, b) = (context(1), context(2));
    let mut queue = filled(2, &a);
    queue.push(entry("event", 3, &b));
    queue.take(1, 0, ALL);
    queue.hold(1, 5_000);
    queue.land(1);
    assert_eq!(batch(&mut queue, 2, 100, ALL), [3]);
    queue.land(2);
    assert_eq!(batch(&mut queue, 3, 5_000, ALL), [1, 2]);
}

#[test]
fn batches_keep_to_count_and_bytes() {
    let context = context(1);
    let mut queue = filled(5, &context);
    assert_eq!(batch(&mut queue, 1, 0, Take { items: 2, ..ALL }), [1, 2]);
    // A limit that is not hard lets one item through, or nothing ever would be sent.
    assert_eq!(batch(&mut queue, 2, 0, Take { bytes: 1, ..ALL }), [3]);
    let hard = |bytes| Take {
        bytes,
        hard: true,
        ..ALL
    };
    assert!(queue.take(3, 0, hard(300)).is_none());
    assert_eq!(batch(&mut queue, 3, 0, hard(700)), [4, 5]);
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
    assert_eq!(batch(&mut queue, 2, 0, leaving), [1, 2, 3]);
    assert_eq!(batch(&mut queue, 3, 0, leaving), [4]);
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
        queue.push(entry("event", seq, &context));
        gone.extend(queue.surplus(0).map(|e| e.seq));
        assert!(queue.surplus(0).is_none());
    }
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
        while queue.surplus(0).is_some() {}
    }
    assert!(queue.bytes <= MAX_BYTES);
    assert_eq!(queue.len() as u64 + queue.dropped(), 40);
    assert!(queue.entries.iter().any(|e| e.seq == 40));
}

#[test]
fn a_week_is_long_enough() {
    let context = context(1);
    let mut queue = filled(3, &context);
    assert!(queue.surplus(1_001 + MAX_AGE).is_none());
    assert_eq!(queue.surplus(1_002 + MAX_AGE).map(|e| e.seq), Some(1));
    assert!(queue.surplus(1_002 + MAX_AGE).is_none());
    assert_eq!((queue.len(), queue.dropped()), (2, 1));
}

#[test]
fn only_an_item_never_sent_changes() {
    let context = context(1);
    let mut queue = filled(2, &context);
    let ids: Vec<Uuid> = queue.entries.iter().map(|e| e.id).collect();
    queue.take(1, 0, Take { items: 1, ..ALL });
    queue.land(1);
    assert!(queue.replace(&ids[0], "new".to_owned()).is_none());
    assert!(queue.replace(&ids[1], "new".to_owned()).is_some());
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
    // Read back from storage, it is another one in memory and the same there.
    let again = Context::restored(context.tab, context.number, "{}".to_owned());
    let other = Context::restored(context.tab, context.number + 1, "{}".to_owned());
    assert!(queue.uses(&again) && !queue.uses(&other));
}

#[test]
fn strange_texts_are_no_items() {
    for text in [
        "",
        "{}",
        "{\"id\":\"x\"}",
        "{\"id\":\"01975560-7a01-4000-8000-000000000010\"}",
    ] {
        assert!(Entry::restored(1, context(1), text.to_owned()).id.is_nil());
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
                    queue.take(flight, 0, Take { items: n.max(1), ..ALL });
                    let batch: Vec<&Entry> = queue.aboard(flight).collect();
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
