//! From an item to the collector and back: storing, sending, and acting on the answer.
//!
//! An item is durable once [`Engine::enqueue`] returns, by one small write; it leaves storage when an answer names it.

use std::rc::Rc;

use uuid::Uuid;
use waymark_protocol::{Consent, GaIds, ItemKind, limits};

use super::engine::{Alarm, Engine};
use super::{clock, host, storage};
use crate::core::context::Context;
use crate::core::delivery::{self, Verdict};
use crate::core::item::{self, Stamp};
use crate::core::problem::Problem;
use crate::core::queue::{Entry, Take};
use crate::core::text::{self, push};
use crate::core::{batch, ga4, id, json, number, session};

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

/// Writes an item, and its context if storage does not have that yet.
fn store(entry: &mut Entry) {
    let context = &entry.context;
    if !context.stored.get() {
        let key = storage::key(storage::CONTEXT, &context.tab, context.number);
        context.stored.set(host::save(&key, &context.json));
    }
    let mut text = number::text(context.number);
    push(&mut text, " ");
    push(&mut text, &entry.json);
    let key = storage::key(storage::ITEM, &context.tab, entry.seq);
    entry.stored = context.stored.get() && host::save(&key, &text);
}

impl Engine {
    /// Makes an item that happened at `at`, during the page view `view`; nil if there was none, or if it is one. `None` if
    /// the site's values cannot be sent.
    pub(crate) fn enqueue(
        &mut self,
        at: i64,
        kind: ItemKind,
        view: Uuid,
        data: &str,
        urgent: bool,
    ) -> Option<Stamp> {
        // Of a session there is one, though two tabs may find the cookie at once: the collector keeps the first.
        let id = if kind == ItemKind::GaLinked {
            self.record.session
        } else {
            // What the site calls in one millisecond counts in the order of the calls: the later `identify` is the one that holds.
            clock::numbered_id(at, self.seq)
        };
        let stamp = Stamp {
            id,
            at,
            seq: self.seq + 1,
            view: if kind == ItemKind::PageView { id } else { view },
        };
        let json = self.write(kind, &stamp, data)?;
        let mut entry = Entry {
            id,
            context: self.context(),
            seq: stamp.seq,
            json,
            flight: 0,
            stored: false,
            sent: false,
        };
        // Only now: an item that is refused leaves no gap in the count, which the collector would call a loss.
        self.seq = stamp.seq;
        self.save_tab();
        store(&mut entry);
        self.queue.push(entry);
        self.shrink();
        if urgent || self.queue.waiting() >= self.options.batch_size {
            self.send_all();
        } else {
            self.arm_flush(self.options.flush_after);
        }
        Some(stamp)
    }

    /// The JSON of an item, as the site lets it through. `None` if it does not, if the visitor has opted out, or if the item
    /// cannot be sent. The user that it names is known from now on.
    fn write(&mut self, kind: ItemKind, stamp: &Stamp, data: &str) -> Option<String> {
        if self.is_denied() {
            return None;
        }
        let passed = host::filter(&item::text(kind, stamp, data));
        let mut passed = text::fields(&passed);
        let json = passed.take();
        if json.is_empty() {
            return None;
        }
        if !item::fits(json) {
            self.warn(Problem::Size);
            return None;
        }
        let user = passed.take();
        if kind == ItemKind::Identify {
            self.set_user(user);
        }
        if !passed.is_done() {
            self.warn(Problem::Filter);
        }
        Some(text::own(json))
    }

    /// Replaces an item that has never been in a batch.
    pub(crate) fn rewrite(&mut self, kind: ItemKind, stamp: &Stamp, data: &str) {
        if let Some(json) = self.write(kind, stamp, data)
            && let Some(entry) = self.queue.replace(&stamp.id, json)
        {
            store(entry);
        }
    }

    /// Gives up what is too old or too much.
    pub(crate) fn shrink(&mut self) {
        while let Some(gone) = self.queue.surplus(clock::now()) {
            self.warn(Problem::Queue);
            self.erase(&gone);
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
        self.shrink();
        let limit = Take {
            items: self.batch_items,
            bytes: BATCH_BYTES,
            hard: false,
            again_after: 0,
        };
        if self.post(now, limit) {
            self.ordinary = self.last_flight;
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
        if !self.ready || self.backoff.wait_to_leave(now) > 0 {
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
            if !self.post(now, limit) {
                return;
            }
        }
    }

    /// The page is seen again: what beacons carried is sent anew, since no answer named it.
    pub(crate) fn land_beacons(&mut self) {
        while let Some(at) = self.flights.iter().position(|flight| !flight.answers) {
            let flight = self.end(at);
            self.queue.land(flight.number);
        }
        if !self.queue.is_empty() {
            self.arm_flush(self.options.flush_after);
        }
    }

    /// A request is under way no longer.
    #[inline(never)]
    fn end(&mut self, at: usize) -> Flight {
        let flight = self.flights.remove(at);
        self.ledger.release(flight.bytes);
        flight
    }

    /// Sends the next batch; false if there is nothing to send. A hard limit means that it has to outlive the page.
    fn post(&mut self, now: i64, limit: Take) -> bool {
        if self.is_denied() {
            return false;
        }
        let number = self.last_flight + 1;
        let Some(context) = self.queue.take(number, now, limit) else {
            return false;
        };
        self.last_flight = number;
        // The ids belong to this browser; that of the session belongs to the session running now.
        let running = context.session == self.record.session;
        let mut ga = ga4::ids(&self.ga.cookies);
        if !running {
            ga.session = "";
        }
        let is_known = !ga.client.is_empty();
        let ga = if is_known {
            json::text(&GaIds {
                client_id: Some(ga.client),
                session_id: Some(ga.session),
            })
        } else {
            String::new()
        };
        let body = batch::body(
            &self.options.head,
            now,
            &context.json,
            &ga,
            self.queue.aboard(number).map(|entry| entry.json.as_str()),
        );
        if running && !is_known {
            self.set_flag(session::SENT_WITHOUT_GA);
        }
        // Nobody hears of a beacon's end. It counts as in flight until the page is seen again.
        let bytes = if limit.hard { body.len() } else { 0 };
        self.ledger.add(bytes);
        let answers = host::post(number, &self.options.endpoint, &body, limit.hard);
        self.flights.push(Flight {
            number,
            items: self.queue.aboard(number).count(),
            bytes,
            answers,
        });
        true
    }

    /// Request `number` has ended; see [`crate::core::signal::ANSWERED`] for the text.
    pub(crate) fn answered(&mut self, number: u32, told: &str) {
        let Some(at) = self.flights.iter().position(|f| f.number == number) else {
            return;
        };
        let items = self.end(at).items;
        let now = clock::now();
        let mut failed = false;
        let mut answer = text::fields(told);
        let status = number::count(answer.take());
        let retry_after = number::count(answer.take()) as i64 * 1_000;
        let readable = answer.take() == "1";
        match delivery::verdict(status, readable) {
            Verdict::Read => {
                while !answer.is_done() {
                    let id = id::parse(answer.take());
                    let status = answer.take();
                    if status == "dropped" {
                        self.warn(Problem::Dropped);
                    }
                    if delivery::is_final(status)
                        && let Some(done) = self.queue.settle(&id)
                    {
                        self.erase(&done);
                    }
                }
                failed = self.queue.land(number) > 0;
                if !failed {
                    self.backoff.succeeded();
                }
            }
            Verdict::Split => {
                if items > 1 {
                    self.batch_items = items / 2;
                } else if let Some(gone) = self.queue.give_up(number) {
                    self.erase(&gone);
                    self.warn(Problem::Refused);
                }
            }
            Verdict::HoldContext => {
                self.queue.hold(number, now + delivery::REFUSED_WAIT);
                self.warn(Problem::Unreadable);
            }
            Verdict::Refused => {
                self.backoff.refused(now);
                self.warn(Problem::Key);
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
    #[inline(never)]
    fn arm_flush(&mut self, wait: i64) {
        if !self.is_set(Alarm::Flush) {
            self.set_alarm(Alarm::Flush, wait);
        }
    }

    /// Answers those who asked for a flush with the number of items still waiting. As long as calls stand in line for a session,
    /// which may be after a request of an earlier one has ended, there is more to be tried.
    #[inline(never)]
    pub(crate) fn resolve_waiters(&mut self) {
        if (self.ready || self.consent != Consent::Granted) && std::mem::take(&mut self.waited_for)
        {
            host::flushed(self.queue.len() as u32);
        }
    }

    /// Removes an item from storage, and its context if nothing uses that any more. What another tab stored last may not be
    /// seen here yet, though the tab is gone; its contexts stay until a page looks at its queue again.
    #[inline(never)]
    pub(crate) fn erase(&self, gone: &Entry) {
        if gone.stored {
            let key = storage::key(storage::ITEM, &gone.context.tab, gone.seq);
            host::save(&key, "");
            if gone.context.tab == self.tab {
                self.erase_unused(&gone.context);
            }
        }
    }

    /// Removes a context from storage if no item uses it.
    pub(crate) fn erase_unused(&self, context: &Rc<Context>) {
        if context.stored.get() && !self.queue.uses(context) {
            let key = storage::key(storage::CONTEXT, &context.tab, context.number);
            host::save(&key, "");
            context.stored.set(false);
        }
    }
}

const _: () = assert!(BATCH_BYTES < limits::BODY_BYTES / 2);
