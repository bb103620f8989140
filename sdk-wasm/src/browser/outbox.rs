//! From an item to the collector and back: storing, sending, and acting on the answer.
//!
//! An item is durable once [`Engine::enqueue`] returns, by one small write; it leaves storage when an answer names it.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use waymark_protocol::{Item, limits};

use super::engine::{Engine, with};
use super::identity::json;
use super::methods::Js;
use super::storage::Store;
use super::transport::{self, Answer};
use super::{clock, dom, storage};
use crate::core::context::Context;
use crate::core::delivery::{self, Verdict};
use crate::core::item::{self, Data};
use crate::core::queue::{Entry, Take};
use crate::core::{batch, id, number, session};

/// Milliseconds after which a request without an answer is given up.
const TIMEOUT: u32 = 10_000;
/// Bytes of items in an ordinary batch, well under the collector's limit for a body.
const BATCH_BYTES: usize = 256 * 1024;

/// A request under way.
#[derive(Debug)]
pub(crate) struct Flight {
    number: u32,
    items: usize,
    /// Bytes booked as able to outlive the page; 0 for an ordinary request.
    bytes: usize,
    controller: JsValue,
    timer: Option<Timeout>,
}

impl Flight {
    /// Ends the request.
    pub(crate) fn abort(&self) {
        let _ = dom::call(&self.controller, "abort", &[]);
    }
}

fn key(prefix: &str, tab: &Uuid, seq: u64) -> String {
    let mut key = String::from(prefix);
    key.push_str(&id::text(tab));
    key.push('.');
    number::push(&mut key, seq);
    key
}

/// Writes an item, and its context if storage does not have that yet.
fn store_entry(store: &Store, entry: &mut Entry) {
    let context = &entry.context;
    if !context.stored.get() {
        let key = key(storage::CONTEXT, &context.tab, context.number);
        context.stored.set(store.set(&key, &context.json));
    }
    let mut text = String::new();
    number::push(&mut text, context.number);
    text.push(' ');
    text.push_str(&entry.json);
    let key = key(storage::ITEM, &entry.tab, entry.seq);
    entry.stored = context.stored.get() && store.set(&key, &text);
}

impl Engine {
    /// Makes an item that happened at `at`. Returns its id and number; `None` if the site's values cannot be sent.
    pub(crate) fn enqueue(
        &mut self,
        at: i64,
        page_view: Option<Uuid>,
        data: Data<Js>,
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
        };
        store_entry(&self.store, &mut entry);
        let gone = self.queue.push(entry);
        if !gone.is_empty() {
            self.warn("queue: full, the oldest items were dropped");
        }
        self.erase(gone);
        if urgent || self.queue.waiting() >= self.options.batch_size {
            self.send_all();
        } else {
            self.arm(self.options.flush_after);
        }
        Some((id, seq))
    }

    /// The JSON of an item; warns and gives `None` if it cannot be sent.
    pub(crate) fn write_item(&self, item: Item<Data<Js>>) -> Option<String> {
        let json = json(&item).filter(|json| item::fits(json));
        if json.is_none() {
            self.warn("props: too large, too deep or not JSON; item dropped");
        }
        json
    }

    /// Replaces an item that has never been in a batch.
    pub(crate) fn rewrite(&mut self, id: &Uuid, json: String) {
        self.queue.replace(id, json);
        if let Some(entry) = self.queue.unsent(id) {
            store_entry(&self.store, entry);
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
            self.arm(wait);
            return;
        }
        self.timer = None;
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
            self.post(&body, items, false);
        } else {
            self.resolve_waiters();
            if self.queue.waiting() > 0 {
                self.arm(delivery::REFUSED_WAIT);
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
        let fetch = transport::fetch_outlives_page();
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
            if fetch {
                self.post(&body, items, true);
            } else {
                // Nobody hears of a beacon's end. It counts as in flight until the page is seen again.
                transport::beacon(&self.options.endpoint, &body);
                self.track_flight(items, body.len(), JsValue::UNDEFINED, false);
            }
        }
    }

    /// The page is seen again: what beacons carried is sent anew, since no answer named it.
    pub(crate) fn land_beacons(&mut self) {
        let mut at = 0;
        while let Some(flight) = self.flights.get(at) {
            if flight.controller.is_undefined() {
                let flight = self.flights.remove(at);
                self.ledger.release(flight.bytes);
                self.queue.land(flight.number);
            } else {
                at += 1;
            }
        }
        if !self.queue.is_empty() {
            self.arm(self.options.flush_after);
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
        let ga = ga.client_id.is_some().then(|| json(&ga)).flatten();
        let count = items.len();
        let body = batch::body(
            &self.head,
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

    fn post(&mut self, body: &str, items: usize, keepalive: bool) {
        let number = self.last_flight;
        let controller = transport::post(
            &self.options.endpoint,
            body,
            keepalive,
            Box::new(move |answer| with(Box::new(move |engine| engine.answered(number, answer)))),
        );
        let bytes = if keepalive { body.len() } else { 0 };
        self.track_flight(items, bytes, controller, true);
    }

    fn track_flight(&mut self, items: usize, bytes: usize, controller: JsValue, limited: bool) {
        let number = self.last_flight;
        let timer = limited.then(|| {
            Timeout::new(TIMEOUT, move || {
                with(Box::new(move |engine| {
                    if let Some(flight) = engine.flights.iter().find(|f| f.number == number) {
                        flight.abort();
                    }
                }));
            })
        });
        self.flights.push(Flight {
            number,
            items,
            bytes,
            controller,
            timer,
        });
    }

    fn answered(&mut self, number: u32, answer: Answer) {
        let Some(at) = self.flights.iter().position(|f| f.number == number) else {
            return;
        };
        let flight = self.flights.remove(at);
        drop(flight.timer);
        self.ledger.release(flight.bytes);
        let now = clock::now();
        let mut failed = false;
        match delivery::verdict(answer.status, answer.readable) {
            Verdict::Read => {
                let done = answer.done.iter();
                let done = done.filter_map(|id| self.queue.settle(id)).collect();
                self.erase(done);
                if answer.dropped {
                    self.warn("the collector dropped an item; its answer says why");
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
                self.warn("item: too large for the collector; dropped");
            }
            Verdict::HoldContext => {
                self.queue.hold(number, now + delivery::REFUSED_WAIT);
                self.warn("the collector cannot read the batch; next attempt in 5 minutes");
            }
            Verdict::Refused => {
                self.backoff.refused(now);
                self.warn("key: the collector refuses the key or this origin");
            }
            Verdict::Later => failed = true,
        }
        self.queue.land(number);
        if failed {
            self.backoff
                .failed(now, clock::chance(), answer.retry_after);
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
            if self.flights.iter().all(|f| f.controller.is_undefined()) {
                self.resolve_waiters();
            }
            if !self.queue.is_empty() {
                self.arm(self.options.flush_after);
            }
        }
    }

    /// Sends after `wait` milliseconds, unless that is already to happen.
    fn arm(&mut self, wait: i64) {
        if self.timer.is_none() {
            self.timer = Some(Timeout::new(wait as u32, || {
                with(Box::new(|engine| {
                    engine.timer = None;
                    engine.send_all();
                }));
            }));
        }
    }

    /// Answers those who asked for a flush with the number of items still waiting.
    pub(crate) fn resolve_waiters(&mut self) {
        for resolve in self.waiters.drain(..) {
            let _ = resolve.call1(&JsValue::UNDEFINED, &(self.queue.len() as f64).into());
        }
    }

    /// Removes items from storage, and contexts that nothing uses any more.
    pub(crate) fn erase(&mut self, gone: Vec<Entry>) {
        for entry in gone {
            if entry.stored {
                self.store
                    .remove(&key(storage::ITEM, &entry.tab, entry.seq));
                self.erase_unused(&entry.context);
            }
        }
    }

    /// Removes a context from storage if no item uses it.
    pub(crate) fn erase_unused(&self, context: &Rc<Context>) {
        if context.stored.get() && !self.queue.uses(context) {
            self.store
                .remove(&key(storage::CONTEXT, &context.tab, context.number));
            context.stored.set(false);
        }
    }
}

const _: () = assert!(BATCH_BYTES < limits::BODY_BYTES / 2);
