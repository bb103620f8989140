//! From an item to the collector and back: storing, sending, and acting on the answer.
//!
//! An item is durable once [`Engine::enqueue`] returns, by one small write; it leaves storage when an answer names it.

use std::rc::Rc;

use uuid::Uuid;
use waymark_protocol::{Item, limits};

use super::engine::{Alarm, Engine};
use super::{clock, host, storage};
use crate::core::context::Context;
use crate::core::delivery::{self, Verdict};
use crate::core::item::{self, Data};
use crate::core::json::{self, Raw};
use crate::core::queue::{Entry, Take};
use crate::core::text::{self, push};
use crate::core::{batch, id, number, session};

/// Bytes of items in an ordinary batch, well under the collector's limit for a body.
const BATCH_BYTES: usize = 256 * 1024;

/// A request under way.
#[derive(Debug)]
pub(crate) struct Flight {
    number: u32,
    items: usize,
    /// Bytes booked as able to outlive the page; 0 for an ordinary request.
    bytes: usize,
    /// Whether an answer will come; none comes to a beacon.
    answers: bool,
}

fn key(prefix: &str, tab: &Uuid, seq: u64) -> String {
    let mut key = String::from(prefix);
    push(&mut key, &id::text(tab));
    push(&mut key, ".");
    number::push(&mut key, seq);
    key
}

/// Writes an item, and its context if storage does not have that yet.
fn store_entry(entry: &mut Entry) {
    let context = &entry.context;
    if !context.stored.get() {
        let key = key(storage::CONTEXT, &context.tab, context.number);
        context.stored.set(host::save(&key, &context.json));
    }
    let mut text = String::new();
    number::push(&mut text, context.number);
    push(&mut text, " ");
    push(&mut text, &entry.json);
    let key = key(storage::ITEM, &entry.tab, entry.seq);
    entry.stored = context.stored.get() && host::save(&key, &text);
}

impl Engine {
    /// Makes an item that happened at `at`. Returns its id and number; `None` if the site's values cannot be sent.
    pub(crate) fn enqueue(
        &mut self,
        at: i64,
        page_view: Option<Uuid>,
        data: Data<Raw>,
        urgent: bool,
    ) -> Option<(Uuid, u64)> {
        let id = clock::id(at);
        let seq = self.seq + 1;
        let is_view = matches!(data, Data::View(_));
        let urgent = urgent || data.is_urgent();
        let json = self.write_item(Item {
            kind: data.kind(),
            id,
            at,
            seq,
            page_view_id: if is_view { Some(id) } else { page_view },
            data,
        })?;
        let context = self.context()?;
        // Only now: an item that is refused leaves no gap in the count, which the collector would call a loss.
        self.seq = seq;
        self.save_tab();
        let mut entry = Entry {
            id,
            tab: self.tab,
            seq,
            context,
            json,
            stored: false,
            flight: 0,
            sent: false,
            gone: false,
        };
        store_entry(&mut entry);
        let gone = self.queue.push(entry);
        if !gone.is_empty() {
            self.warn("queue: full, oldest items dropped");
        }
        self.erase(gone);
        if urgent || self.queue.waiting() >= self.options.batch_size {
            self.send_all();
        } else {
            self.arm_flush(self.options.flush_after);
        }
        Some((id, seq))
    }

    /// The JSON of an item; warns and gives `None` if it cannot be sent.
    pub(crate) fn write_item(&self, item: Item<Data<Raw>>) -> Option<String> {
        let json = Some(json::text(&item)).filter(|json| item::fits(json));
        if json.is_none() {
            self.warn("props: too large or too deep");
        }
        json
    }

    /// Replaces an item that has never been in a batch.
    pub(crate) fn rewrite(&mut self, id: &Uuid, json: String) {
        self.queue.replace(id, json);
        if let Some(entry) = self.queue.unsent(id) {
            store_entry(entry);
        }
    }

    /// Sends everything that waits now, one batch after the other.
    pub(crate) fn send_all(&mut self) {
        self.due = clock::now();
        self.send();
    }

    fn send(&mut self) {
        let now = clock::now();
        if !self.ready || self.flights.iter().any(|flight| flight.bytes == 0) {
            return;
        }
        let wait = self.backoff.wait(now);
        if wait > 0 {
            self.resolve_waiters();
            self.arm_flush(wait);
            return;
        }
        self.unset(Alarm::Flush);
        self.look_for_ga();
        self.refresh_title();
        let old = self.queue.expire(now);
        self.erase(old);
        let limit = Take {
            items: self.batch_items,
            bytes: BATCH_BYTES,
            hard: false,
            again_after: 0,
        };
        if let Some((body, items)) = self.next_batch(now, limit) {
            self.ordinary = self.last_flight;
            self.post(&body, items, 0);
        } else {
            self.resolve_waiters();
            if self.queue.waiting() > 0 {
                self.arm_flush(delivery::REFUSED_WAIT);
            }
        }
    }

    /// Sends what it can in a way that outlives the page; the rest waits in storage for the next one.
    pub(crate) fn send_leaving(&mut self) {
        let now = clock::now();
        if !self.ready || self.backoff.wait(now) > 0 {
            return;
        }
        self.look_for_ga();
        loop {
            let limit = Take {
                items: self.batch_items,
                bytes: self.ledger.free(),
                hard: true,
                again_after: std::mem::take(&mut self.ordinary),
            };
            let Some((body, items)) = self.next_batch(now, limit) else {
                return;
            };
            self.ledger.add(body.len());
            // Nobody hears of a beacon's end. It counts as in flight until the page is seen again.
            self.post(&body, items, body.len());
        }
    }

    /// The page is seen again: what beacons carried is sent anew, since no answer named it.
    pub(crate) fn land_beacons(&mut self) {
        let mut at = 0;
        while let Some(flight) = self.flights.get(at) {
            if !flight.answers {
                let flight = self.flights.remove(at);
                self.ledger.release(flight.bytes);
                self.queue.land(flight.number);
            } else {
                at += 1;
            }
        }
        if !self.queue.is_empty() {
            self.arm_flush(self.options.flush_after);
        }
    }

    fn next_batch(&mut self, now: i64, limit: Take) -> Option<(String, usize)> {
        let flight = self.last_flight + 1;
        let items = self.queue.take(flight, now, limit);
        let context = Rc::clone(&items.first()?.context);
        self.last_flight = flight;
        let own = self.record.as_ref().map(|record| record.session);
        // The ids belong to this browser; that of the session belongs to the session running now.
        let mut ga = self.ga.ids.clone();
        if context.session != own {
            ga.session_id = None;
        }
        let ga = ga.client_id.is_some().then(|| json::text(&ga));
        let count = items.len();
        let body = batch::body(
            &self.options.head,
            now,
            &context.json,
            ga.as_deref(),
            items.iter().map(|entry| entry.json.as_str()),
        );
        if ga.is_none() && context.session == own {
            self.set_flag(session::SENT_WITHOUT_GA);
        }
        Some((body, count))
    }

    /// Sends the batch just taken; `bytes` is 0 unless it has to outlive the page.
    fn post(&mut self, body: &str, items: usize, bytes: usize) {
        let number = self.last_flight;
        let answers = host::post(number, &self.options.endpoint, body, bytes > 0);
        self.flights.push(Flight {
            number,
            items,
            bytes,
            answers,
        });
    }

    /// Request `number` has ended; see [`crate::core::signal::ANSWERED`] for the text.
    pub(crate) fn answered(&mut self, number: u32, told: &str) {
        let Some(at) = self.flights.iter().position(|f| f.number == number) else {
            return;
        };
        let flight = self.flights.remove(at);
        self.ledger.release(flight.bytes);
        let now = clock::now();
        let mut failed = false;
        let mut answer = text::fields(told);
        let status = number::parse(answer.take()).unwrap_or(0) as u16;
        let retry_after = number::parse_time(answer.take()).unwrap_or(0) * 1_000;
        let readable = answer.take() == "1";
        match delivery::verdict(status, readable) {
            Verdict::Read => {
                while !answer.is_done() {
                    let id = id::parse(answer.take());
                    let status = answer.take();
                    if status == "dropped" {
                        self.warn("item: dropped by the collector");
                    }
                    if delivery::is_final(status)
                        && let Some(done) = id.and_then(|id| self.queue.settle(&id))
                    {
                        self.erase(vec![done]);
                    }
                }
                failed = self.queue.land(number) > 0;
                if !failed {
                    self.backoff.succeeded();
                }
            }
            Verdict::Split if flight.items > 1 => self.batch_items = flight.items / 2,
            Verdict::Split => {
                let gone = self.queue.give_up(number);
                self.erase(gone);
                self.warn("item: too large for the collector");
            }
            Verdict::HoldContext => {
                self.queue.hold(number, now + delivery::REFUSED_WAIT);
                self.warn("batch: not readable for the collector");
            }
            Verdict::Refused => {
                self.backoff.refused(now);
                self.warn("key: refused, or this origin");
            }
            Verdict::Later => failed = true,
        }
        self.queue.land(number);
        if failed {
            self.backoff.failed(now, clock::chance(), retry_after);
            self.resolve_waiters();
        }
        self.send_if_due();
    }

    /// Goes on with what was to be sent when sending began; what came since waits for its own batch.
    pub(crate) fn send_if_due(&mut self) {
        if self.queue.is_due(self.due) {
            self.send();
        } else {
            // What a request carries is still to be answered; a beacon never is.
            if self.flights.iter().all(|flight| !flight.answers) {
                self.resolve_waiters();
            }
            if !self.queue.is_empty() {
                self.arm_flush(self.options.flush_after);
            }
        }
    }

    /// Sends after `wait` milliseconds, unless that is already to happen.
    fn arm_flush(&mut self, wait: i64) {
        if !self.is_set(Alarm::Flush) {
            self.set_alarm(Alarm::Flush, wait);
        }
    }

    /// Answers those who asked for a flush with the number of items still waiting.
    pub(crate) fn resolve_waiters(&mut self) {
        if std::mem::take(&mut self.waited_for) {
            host::flushed(self.queue.len() as u32);
        }
    }

    /// Removes items from storage, and contexts that nothing uses any more.
    pub(crate) fn erase(&mut self, gone: Vec<Entry>) {
        for entry in gone {
            if entry.stored {
                host::save(&key(storage::ITEM, &entry.tab, entry.seq), "");
                self.erase_unused(&entry.context);
            }
        }
    }

    /// Removes a context from storage if no item uses it.
    pub(crate) fn erase_unused(&self, context: &Rc<Context>) {
        if context.stored.get() && !self.queue.uses(context) {
            host::save(&key(storage::CONTEXT, &context.tab, context.number), "");
            context.stored.set(false);
        }
    }
}

const _: () = assert!(BATCH_BYTES < limits::BODY_BYTES / 2);
