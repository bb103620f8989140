//! The one engine of a page: its state, the way in, and the steps from start to ready.
//!
//! Everything that happens comes in as a [`Signal`], one after the other: `host.js` lets none in within another. Calls of
//! the site stand in `line` until the engine is ready, that is, until this tab has its id and the tabs agree on a session.
//!
//! start → (consent) → claim the tab id → load the tab's queue → agree on the session → ready → work off the line.

use std::cell::RefCell;
use std::rc::Rc;

use uuid::Uuid;
use waymark_protocol::Consent;

use super::ga::Ga;
use super::host::Ask;
use super::outbox::Flight;
use super::{clock, host, storage};
use crate::core::context::Context;
use crate::core::delivery::Backoff;
use crate::core::keepalive::Ledger;
use crate::core::options::Options;
use crate::core::page::{Page, Sight};
use crate::core::problem::Problem;
use crate::core::queue::{MAX_ITEMS, Queue};
use crate::core::session::Record;
use crate::core::signal::{self, Signal};
use crate::core::text::{self, FIELD, push};
use crate::core::{consent, ga4, id, number, tab};

/// What a page has one of. A `thread_local!` would be the same with a check at each access.
struct OfThePage<T>(RefCell<T>);

// SAFETY: WebAssembly without shared memory has one thread.
#[expect(
    unsafe_code,
    reason = "there is no other way to say that there is one thread"
)]
unsafe impl<T> Sync for OfThePage<T> {}

/// Borrowed while the engine is at work.
static ENGINE: OfThePage<Engine> = OfThePage(RefCell::new(Engine::new()));

/// Tells the engine.
pub(crate) fn signal(kind: u32, number: f64, text: String) {
    // Borrowed only if an earlier signal ended in a fault.
    if let Ok(mut engine) = ENGINE.0.try_borrow_mut() {
        engine.heard(Signal {
            kind,
            number,
            text,
            seen_before: 0.0,
        });
        engine.arm();
    }
}

/// What happens at a time of its own. All of them share one timer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Alarm {
    /// A router has had its time to set the title.
    Title,
    /// A batch goes out.
    Flush,
    /// A beat of the heart.
    Beat,
    /// A look for Google Analytics' cookies.
    Ga,
}

/// The state of a page.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) options: Options,
    pub(crate) consent: Consent,
    /// Whether items can be made now.
    pub(crate) ready: bool,
    /// Whether the page is going away, so that nothing may be waited for.
    pub(crate) leaving: bool,
    /// Counts starts, restores and withdrawals; an answer to an earlier one is out of date.
    pub(crate) epoch: u32,
    /// The epoch that got ready last.
    opened: u32,
    pub(crate) line: Vec<Signal>,

    /// When each alarm rings, by the even clock; infinity for never.
    alarms: [f64; 4],
    /// What the host's timer is set to, by the same clock.
    timer: f64,

    pub(crate) tab: Uuid,
    pub(crate) seq: u64,
    /// The tab id that a lock has been asked for; nil otherwise.
    pub(crate) claim: Uuid,
    pub(crate) looked_for_orphans: i64,

    /// What the tabs share, as this one knows it; of nobody before there is anything.
    pub(crate) record: Record,
    /// What holds for items made now, once one has been made.
    pub(crate) context: Option<Rc<Context>>,
    /// How the visit was entered, as text, until a session has taken it.
    pub(crate) landing: String,
    pub(crate) ga: Ga,

    pub(crate) sight: Sight,
    pub(crate) page: Page,
    /// The id of the page view before; nil if there was none.
    pub(crate) before: Uuid,
    /// The address of the latest page view, made or in line; empty if there is none.
    pub(crate) seen: String,
    pub(crate) entry_referrer: String,
    pub(crate) interacted: bool,

    pub(crate) queue: Queue,
    pub(crate) backoff: Backoff,
    pub(crate) ledger: Ledger,
    pub(crate) flights: Vec<Flight>,
    pub(crate) last_flight: u32,
    pub(crate) ordinary: u32,
    pub(crate) batch_items: usize,
    pub(crate) due: i64,
    /// Whether somebody has asked for a flush and was not answered.
    pub(crate) waited_for: bool,
}

impl Engine {
    const fn new() -> Engine {
        Engine {
            options: Options::none(),
            consent: Consent::Unknown,
            ready: false,
            leaving: false,
            epoch: 0,
            opened: 0,
            line: Vec::new(),
            alarms: [f64::INFINITY; 4],
            timer: f64::INFINITY,
            tab: Uuid::nil(),
            seq: 0,
            claim: Uuid::nil(),
            looked_for_orphans: 0,
            record: Record::none(),
            context: None,
            landing: String::new(),
            ga: Ga::new(),
            sight: Sight::none(),
            page: Page::none(),
            before: Uuid::nil(),
            seen: String::new(),
            entry_referrer: String::new(),
            interacted: false,
            queue: Queue::new(),
            backoff: Backoff::new(),
            ledger: Ledger::new(),
            flights: Vec::new(),
            last_flight: 0,
            ordinary: 0,
            batch_items: waymark_protocol::limits::BATCH_ITEMS,
            due: 0,
            waited_for: false,
        }
    }

    #[inline(never)]
    fn heard(&mut self, signal: Signal) {
        let at = signal.number as i64;
        self.follow();
        match signal.kind {
            signal::START => self.start(at, &signal.text),
            signal::PAGE => self.page_called(at, &signal.text),
            signal::CONSENT => self.set_consent(&signal.text, at),
            signal::FLUSH => self.flush(),
            signal::HIDDEN => self.hide(),
            signal::VISIBLE => self.unhide(),
            signal::LEFT => self.leave(),
            signal::RESTORED => self.restore(at),
            signal::NAVIGATED | signal::REPLACED => self.navigated(&signal.text, at, signal.kind),
            signal::TOUCHED => {
                self.interacted = true;
                // It may be about to lead to another page.
                self.refresh_title();
                self.measure_scroll();
            }
            signal::LOCKED => self.locked(signal.number as u32, &signal.text),
            signal::ANSWERED => self.answered(signal.number as u32, &signal.text),
            signal::RANG => self.ring(),
            signal::ASKED => host::say(&self.state()),
            // What is noted of a page view is said at an address that may have been left.
            signal::NOTED.. => self.take_call(signal),
            _ => {
                self.navigated(text::before(&signal.text, 0), at, signal.kind);
                self.take_call(signal);
            }
        }
    }

    /// Takes the settings and begins as far as consent allows. Behind the settings, the text has the landing, and the page
    /// before this one.
    fn start(&mut self, at: i64, said: &str) {
        let mut rest = text::fields(self.options.read(said));
        self.landing = text::own(rest.take());
        self.entry_referrer = text::own(rest.take());
        // It has been visible since it was shown, not since this script is there.
        self.sight.set(!host::is_hidden(), clock::even_at(at));
        self.set_alarm(Alarm::Beat, self.options.heartbeat);
        self.consent = self.options.consent;
        if self.is_denied() || self.options.cookieless {
            self.forget();
        }
        self.begin();
    }

    /// Whether nothing is to be recorded. An opt-out in any tab counts in all of them.
    pub(crate) fn is_denied(&mut self) -> bool {
        if self.consent != Consent::Denied && host::is_out() {
            self.consent = Consent::Denied;
            self.forget();
        }
        self.consent == Consent::Denied
    }

    /// Begins to read and write what the browser keeps, if the visitor has agreed.
    pub(crate) fn begin(&mut self) {
        if self.consent == Consent::Granted {
            self.epoch += 1;
            self.claim_tab();
        }
    }

    /// Stands in line, and works the line off.
    pub(crate) fn take_call(&mut self, call: Signal) {
        if self.is_denied() {
            return;
        }
        if self.line.len() >= MAX_ITEMS {
            // What is held without consent is bounded too; the landing comes first and is worth the most.
            self.warn(Problem::Line);
            return;
        }
        self.line.push(call);
        if self.leaving {
            // A listener of the site's own, which hears later of what this one has heard.
            self.leave();
        } else {
            self.work();
        }
    }

    /// Works off the line. A call that needs a new session waits for the tabs' lock, and those behind it with it.
    fn work(&mut self) {
        while self.ready
            && let Some(first) = self.line.first()
        {
            if let Some(at) = first.activity()
                && !self.extend(at)
            {
                if !self.leaving {
                    return self.agree_on_session();
                }
                self.settle_session(at);
            }
            let call = self.line.remove(0);
            self.method(&call);
        }
    }

    /// When the first call in line was made, or now.
    fn line_starts_at(&self) -> i64 {
        let first = self.line.first().and_then(Signal::activity);
        first.unwrap_or_else(clock::now)
    }

    /// Makes or finds the session for the first call in line under the lock of all tabs, then goes on.
    pub(crate) fn agree_on_session(&mut self) {
        self.ready = false;
        host::lock("", self.epoch);
    }

    /// The turn of a lock has come that was asked for in `epoch`.
    fn locked(&mut self, epoch: u32, told: &str) {
        if epoch != self.epoch {
            return;
        }
        let mut fields = text::fields(told);
        let tab = id::parse(fields.take());
        if !tab.is_nil() {
            self.claimed(tab, fields.take() == "1");
        } else if !self.ready {
            self.settle_session(self.line_starts_at());
            self.open();
        }
    }

    /// Ready: what was waiting goes on.
    fn open(&mut self) {
        let first = std::mem::replace(&mut self.opened, self.epoch) != self.epoch;
        self.ready = true;
        if first {
            self.watch_ga();
            self.adopt();
        }
        self.work();
        // What an earlier page left has waited long enough, and so has whoever asked for a flush meanwhile.
        if self.waited_for || (first && !self.queue.is_empty()) {
            self.send_if_due();
        }
    }

    /// The page goes away for now or for good: everything is decided, stored and sent at once, and locks are given back. Who
    /// a new visitor is can be decided under the lock alone, or two tabs make two of one; what such a page is told the loader
    /// has kept for the next one.
    fn leave(&mut self) {
        self.leaving = true;
        if self.consent == Consent::Granted && !self.ready && !self.line.is_empty() {
            if self.is_new() {
                self.line.clear();
            } else {
                self.epoch += 1;
                // Without an answer to the claim, and once the lock was given back, the count may be another page's by now.
                if self.tab.is_nil() || !self.claim.is_nil() {
                    self.tab = clock::id(clock::now());
                    self.claim = Uuid::nil();
                    self.seq = 0;
                }
                self.settle_session(self.line_starts_at());
                self.ready = true;
            }
        }
        self.work();
        self.hide();
        self.ready = false;
        self.epoch += 1;
        self.tab = Uuid::nil();
        self.context = None;
        host::release();
    }

    /// The page is back from the back/forward cache. Another tab may have taken its queue over in the meantime, so it
    /// starts as if it were new, with what it has in memory alone.
    fn restore(&mut self, at: i64) {
        self.leaving = false;
        self.queue.forget_stored();
        // Nor does it count on from where the tab is now: the page it comes back from may still be leaving, in a process of
        // its own.
        host::save(storage::TAB, "");
        if self.options.auto {
            // All that was to be said of the page view was said on leaving.
            self.page.item.id = Uuid::nil();
            let referrer = text::own(&self.page.referrer);
            self.show(at, &host::ask(Ask::Address as u32), &referrer, "");
        }
        self.begin();
    }

    /// Forgets everything that was stored or is held.
    pub(crate) fn forget(&mut self) {
        host::abort();
        self.flights.clear();
        self.hold();
        self.line.clear();
        self.queue = Queue::new();
        self.page = Page::none();
        self.record = Record::none();
        host::clear();
        self.resolve_waiters();
    }

    /// Makes no more items from now on; what comes in stands in line.
    pub(crate) fn hold(&mut self) {
        self.ready = false;
        self.epoch += 1;
        self.context = None;
        self.ga = Ga::new();
        // Storage has them; they are read again when the engine gets ready the next time.
        self.queue.forget_stored();
        host::release();
    }

    /// Tells the developer, in debug mode only.
    #[inline(never)]
    pub(crate) fn warn(&self, problem: Problem) {
        if self.options.debug && problem != Problem::None {
            host::warn(problem as u32);
        }
    }

    /// Writes the tab's id and count of items.
    pub(crate) fn save_tab(&self) {
        let mut text = tab::text(&self.tab);
        number::push(&mut text, self.seq);
        host::save(storage::TAB, &text);
    }

    /// Rings in `wait` milliseconds, in place of what was set before.
    pub(crate) fn set_alarm(&mut self, alarm: Alarm, wait: i64) {
        self.alarms[alarm as usize] = host::even() + wait as f64;
    }

    /// Whether the alarm is set.
    pub(crate) fn is_set(&self, alarm: Alarm) -> bool {
        self.alarms[alarm as usize] < f64::INFINITY
    }

    /// Takes the alarm back.
    pub(crate) fn unset(&mut self, alarm: Alarm) {
        self.alarms[alarm as usize] = f64::INFINITY;
    }

    /// Has the timer run out at the first alarm.
    fn arm(&mut self) {
        let mut first = f64::INFINITY;
        for at in self.alarms {
            if at < first {
                first = at;
            }
        }
        if self.timer != first {
            self.timer = first;
            host::ring(first - host::even() + 1.0);
        }
    }

    fn ring(&mut self) {
        self.timer = f64::INFINITY;
        let now = host::even();
        for alarm in [Alarm::Title, Alarm::Flush, Alarm::Beat, Alarm::Ga] {
            if self.alarms[alarm as usize] > now {
                continue;
            }
            self.unset(alarm);
            match alarm {
                Alarm::Title => {
                    // A router may have moved on before this script was there to see it.
                    let address = host::ask(Ask::Address as u32);
                    self.navigated(&address, clock::now(), signal::REPLACED);
                    self.refresh_title();
                }
                Alarm::Flush => self.send_all(),
                Alarm::Beat => {
                    self.set_alarm(Alarm::Beat, self.options.heartbeat);
                    self.beat();
                }
                Alarm::Ga => self.poll_ga(),
            }
        }
    }

    /// The shared record, empty before there is one; the tab; items that wait and items that were given up; the session's
    /// landing, consent, Google Analytics' client id.
    fn state(&self) -> String {
        let mut out = String::new();
        if !self.record.visitor.is_nil() {
            out = self.record.text();
        }
        let mut field = |text: &str| {
            push(&mut out, FIELD);
            push(&mut out, text);
        };
        field(&id::text(&self.tab));
        field(&number::text(self.queue.len() as u64));
        field(&number::text(self.queue.dropped()));
        field(&host::load(storage::TOUCH));
        field(consent::name(self.consent));
        field(ga4::ids(&self.ga.cookies).client);
        out
    }
}
