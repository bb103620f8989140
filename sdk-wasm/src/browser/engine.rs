//! The one engine of a page: its state, the way in, and the steps from start to ready.
//!
//! Everything that happens comes in as a job ([`with`]), one after the other: a host callback may arrive within another
//! (a getter in the site's properties that tracks something), and then waits for its turn. Calls of the site stand in
//! `line` until the engine is ready, that is, until this tab has its id and the tabs agree on a session.
//!
//! start → (consent) → claim the tab id → load the tab's queue → agree on the session → ready → work off the line.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::{Interval, Timeout};
use js_sys::{Array, Function};
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use waymark_protocol::Consent;

use super::ga::Ga;
use super::options::Options;
use super::outbox::Flight;
use super::storage::Store;
use super::{clock, dom, history, lifecycle, locks};
use crate::core::attribution::Landing;
use crate::core::context::Context;
use crate::core::delivery::Backoff;
use crate::core::keepalive::Ledger;
use crate::core::page::Page;
use crate::core::queue::{MAX_ITEMS, Queue};
use crate::core::session::Record;

/// Something to do with the engine.
pub(crate) type Job = Box<dyn FnOnce(&mut Engine)>;

thread_local! {
    static ENGINE: RefCell<Option<Engine>> = const { RefCell::new(None) };
    static JOBS: RefCell<Vec<Job>> = const { RefCell::new(Vec::new()) };
}

/// Does `job` now, or after the job that is being done. Before the start it waits.
pub(crate) fn with(job: Job) {
    JOBS.with(|jobs| jobs.borrow_mut().push(job));
    ENGINE.with(|engine| {
        let Ok(mut engine) = engine.try_borrow_mut() else {
            return;
        };
        let Some(engine) = engine.as_mut() else {
            return;
        };
        while let Some(job) = next_job() {
            job(engine);
        }
    });
}

fn next_job() -> Option<Job> {
    JOBS.with(|jobs| {
        let mut jobs = jobs.borrow_mut();
        (!jobs.is_empty()).then(|| jobs.remove(0))
    })
}

/// Reads from the engine, if there is one and it is not at work.
pub(crate) fn read(from: fn(&Engine) -> JsValue) -> JsValue {
    ENGINE.with(|engine| {
        engine
            .try_borrow()
            .ok()
            .and_then(|engine| engine.as_ref().map(from))
            .unwrap_or(JsValue::UNDEFINED)
    })
}

/// Something to be done in the order in which the page did it.
#[derive(Debug)]
pub(crate) enum Call {
    /// A page was shown: where, coming from where, and the title if the site gave one.
    View(Landing, Option<String>),
    /// A method of the public interface.
    Method {
        /// Its name.
        name: String,
        /// Its arguments.
        args: Array,
        /// When the page called it.
        at: i64,
        /// Where the page was then.
        url: String,
    },
    /// The visitor's agreement, to be put on record.
    Agreed(i64),
}

/// The state of a page.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) options: Options,
    pub(crate) store: Store,
    pub(crate) consent: Consent,
    /// Whether items can be made now.
    pub(crate) ready: bool,
    /// Whether the page is going away, so that nothing may be waited for.
    pub(crate) leaving: bool,
    /// Counts starts, restores and withdrawals; an answer to an earlier one is out of date.
    pub(crate) epoch: u32,
    /// The epoch that got ready last.
    pub(crate) opened: u32,
    pub(crate) line: Vec<Call>,

    pub(crate) tab: Uuid,
    pub(crate) seq: u64,
    /// Tabs whose queues this page sends.
    pub(crate) adopted: Vec<Uuid>,
    pub(crate) looked_for_orphans: i64,

    pub(crate) record: Option<Record>,
    pub(crate) context: Option<(Record, Rc<Context>)>,
    /// How the page was entered, until a session has taken it.
    pub(crate) landing: Option<Landing>,
    pub(crate) ga: Ga,

    pub(crate) page: Option<Page>,
    /// The address of the latest page view, made or in line.
    pub(crate) seen: Option<String>,
    pub(crate) entry_referrer: Option<String>,
    pub(crate) interacted: bool,
    pub(crate) heart: Option<Interval>,
    pub(crate) title_timer: Option<Timeout>,

    pub(crate) queue: Queue,
    pub(crate) head: String,
    pub(crate) backoff: Backoff,
    pub(crate) ledger: Ledger,
    pub(crate) flights: Vec<Flight>,
    pub(crate) last_flight: u32,
    pub(crate) ordinary: u32,
    pub(crate) batch_items: usize,
    pub(crate) due: i64,
    pub(crate) timer: Option<Timeout>,
    pub(crate) waiters: Vec<Function>,
}

/// Starts the engine; a second start does nothing.
pub(crate) fn start(options: &JsValue) {
    let new = ENGINE.with(|engine| {
        let Ok(mut engine) = engine.try_borrow_mut() else {
            return false;
        };
        if engine.is_some() {
            return false;
        }
        *engine = Some(Engine::new(Options::read(options)));
        true
    });
    if new {
        lifecycle::listen();
        // A page that is rendered ahead of being shown has no visitor yet.
        if !dom::is_set(&dom::document(), "prerendering") {
            with(Box::new(Engine::start));
        }
    }
}

impl Engine {
    fn new(options: Options) -> Engine {
        let head = options.head();
        Engine {
            store: Store::open(),
            consent: options.consent,
            ready: false,
            leaving: false,
            epoch: 0,
            opened: 0,
            line: Vec::new(),
            tab: Uuid::nil(),
            seq: 0,
            adopted: Vec::new(),
            looked_for_orphans: 0,
            record: None,
            context: None,
            landing: Some(options.arrival.as_ref().unwrap_or(&options.landing).clone()),
            ga: Ga::default(),
            page: None,
            seen: None,
            entry_referrer: options.landing.referrer.clone(),
            interacted: false,
            heart: None,
            title_timer: None,
            queue: Queue::default(),
            head,
            backoff: Backoff::default(),
            ledger: Ledger::default(),
            flights: Vec::new(),
            last_flight: 0,
            ordinary: 0,
            batch_items: waymark_protocol::limits::BATCH_ITEMS,
            due: 0,
            timer: None,
            waiters: Vec::new(),
            options,
        }
    }

    /// The first page view, then the rest of the start as far as consent allows.
    pub(crate) fn start(&mut self) {
        if self.options.auto {
            history::watch();
            let landing = self.options.landing.clone();
            self.show(landing, None);
        }
        let every = self.options.heartbeat;
        self.heart = Some(Interval::new(every, || with(Box::new(Engine::beat))));
        self.begin();
    }

    /// The page that was rendered ahead is shown now.
    pub(crate) fn activate(&mut self) {
        let now = clock::now();
        self.options.landing.at = now;
        if let Some(landing) = &mut self.landing {
            landing.at = now;
        }
        self.start();
    }

    /// Begins to read and write what the browser keeps, if the visitor has agreed.
    pub(crate) fn begin(&mut self) {
        if self.consent == Consent::Granted {
            self.epoch += 1;
            self.claim_tab();
        }
    }

    /// Stands in line, and works the line off.
    pub(crate) fn take_call(&mut self, call: Call) {
        if self.consent == Consent::Denied {
            return;
        }
        if self.line.len() >= MAX_ITEMS {
            // What is held without consent is bounded too; the landing comes first and is worth the most.
            self.warn("too many calls before consent or start: call dropped");
            return;
        }
        self.line.push(call);
        self.work();
    }

    /// Works off the line. A call that needs a new session waits for the tabs' lock, and those behind it with it.
    pub(crate) fn work(&mut self) {
        while self.ready && !self.line.is_empty() {
            let call = self.line.remove(0);
            if let Some(at) = call.activity()
                && !self.extend(at)
            {
                if !self.leaving {
                    self.line.insert(0, call);
                    self.agree_on_session(at);
                    return;
                }
                self.settle_session(at);
            }
            match call {
                Call::View(landing, title) => self.view(landing, title),
                Call::Method {
                    name,
                    args,
                    at,
                    url,
                } => self.method(&name, &args, at, url),
                Call::Agreed(at) => self.agreed(at),
            }
        }
    }

    /// When the first call in line was made, or now.
    pub(crate) fn line_starts_at(&self) -> i64 {
        let first = self.line.first().and_then(Call::activity);
        first.unwrap_or_else(clock::now)
    }

    /// Makes or finds the session for an activity at `at` under the lock of all tabs, then goes on.
    pub(crate) fn agree_on_session(&mut self, at: i64) {
        self.ready = false;
        let epoch = self.epoch;
        let go_on = move |engine: &mut Engine| {
            if engine.epoch == epoch && !engine.ready {
                engine.settle_session(at);
                engine.open();
            }
        };
        if locks::exist() {
            locks::request(
                "wm-session",
                false,
                Box::new(move |_| with(Box::new(go_on))),
            );
        } else {
            with(Box::new(go_on));
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
        if !self.waiters.is_empty() || (first && !self.queue.is_empty()) {
            self.send_if_due();
        }
    }

    /// The page goes away for now or for good: everything is decided, stored and sent at once, and locks are given back.
    pub(crate) fn leave(&mut self) {
        self.leaving = true;
        if self.consent == Consent::Granted && !self.ready && !self.line.is_empty() {
            self.epoch += 1;
            if self.tab.is_nil() {
                self.tab = clock::id(clock::now());
            }
            self.settle_session(self.line_starts_at());
            self.ready = true;
        }
        self.work();
        self.hide();
        self.ready = false;
        self.epoch += 1;
        if !locks::exist() {
            self.end_beats();
        }
        locks::release();
    }

    /// The page is back from the back/forward cache. Another tab may have taken its queue over in the meantime, so it
    /// starts as if it were new, with what it has in memory alone.
    pub(crate) fn restore(&mut self) {
        self.leaving = false;
        self.queue.forget_stored();
        self.adopted.clear();
        self.context = None;
        if self.options.auto && self.consent != Consent::Denied {
            let referrer = self.page.as_ref().and_then(|page| page.referrer.clone());
            self.show(
                Landing {
                    at: clock::now(),
                    url: super::options::address(),
                    referrer,
                },
                None,
            );
        }
        self.begin();
    }

    /// Forgets everything that was stored or is held.
    pub(crate) fn forget(&mut self) {
        for flight in self.flights.drain(..) {
            flight.abort();
        }
        self.hold();
        self.line.clear();
        self.queue = Queue::default();
        self.timer = None;
        self.page = None;
        self.record = None;
        self.store.clear();
        self.write_cookie();
        self.resolve_waiters();
    }

    /// Makes no more items from now on; what comes in stands in line.
    pub(crate) fn hold(&mut self) {
        self.ready = false;
        self.epoch += 1;
        self.context = None;
        self.ga = Ga::default();
        // Storage has them; they are read again when the engine gets ready the next time.
        self.queue.forget_stored();
        locks::release();
    }

    /// Tells the developer, in debug mode only.
    pub(crate) fn warn(&self, message: &str) {
        if self.options.debug {
            dom::warn(message);
        }
    }

    /// Writes the tab's id and count of items.
    pub(crate) fn save_tab(&self) {
        let mut text = crate::core::id::text(&self.tab);
        text.push(' ');
        crate::core::number::push(&mut text, self.seq);
        self.store.set_tab(&text);
    }
}

impl Call {
    /// When the visitor did it, if the call is an activity that a session has to take.
    fn activity(&self) -> Option<i64> {
        match self {
            Call::View(landing, _) => Some(landing.at),
            Call::Method { name, at, .. } => (name != "reset").then_some(*at),
            Call::Agreed(at) => Some(*at),
        }
    }
}
