//! Who the visitor is and which session runs, as the browser's tabs agree on it.
//!
//! Owns the shared record and the contexts made from it. The record in storage is the one authority: a tab reads it
//! before whatever it does, and makes a session only under the lock that all tabs ask for. So nobody has to be told of a
//! reset, a user or a session of another tab, and a page that was asleep cannot have missed it.

use std::cell::Cell;
use std::rc::Rc;

use uuid::Uuid;
use waymark_protocol::{Consent, Context as Wire, Session};

use super::engine::Engine;
use super::host::Ask;
use super::{clock, host, storage};
use crate::core::attribution::Landing;
use crate::core::context::Context;
use crate::core::id::Id;
use crate::core::json::{self, Raw};
use crate::core::session::{self, Record};
use crate::core::text::{own, push};
use crate::core::{id, number, visitor};

impl Engine {
    /// The record as storage has it now.
    #[inline(never)]
    fn shared(&self) -> Option<Record> {
        Record::parse(&host::load(storage::RECORD))
    }

    #[inline(never)]
    fn share(&mut self, record: Record) {
        self.take_over(record);
        self.keep();
    }

    /// Writes the record for all tabs.
    #[inline(never)]
    fn keep(&self) {
        host::keep(storage::RECORD, &self.record.text());
    }

    /// Takes over what another tab has done, before this one does anything else. A record that is gone, and
    /// the cookie with it, was taken away: the visitor has withdrawn consent, and the page that was asked to forget may
    /// not have reached this one, which may have been in the back/forward cache. Where only the record is gone, the site
    /// has emptied its storage, and the visitor stays the same.
    pub(crate) fn follow(&mut self) {
        if self.record.visitor.is_nil() {
            return;
        }
        if let Some(shared) = self.shared() {
            self.take_over(shared);
        } else if visitor::from_cookies(&host::ask(Ask::Cookies as u32)).is_nil() {
            self.consent = Consent::Denied;
            self.forget();
        }
    }

    /// The record is this tab's from now on. A context holds for one visitor, session and user.
    fn take_over(&mut self, record: Record) {
        if !self.record.same_context(&record) {
            self.context = None;
            if self.record.visitor != record.visitor {
                // What follows on this page belongs to another visitor than the page view.
                self.page.item.id = Uuid::nil();
            }
        }
        self.record = record;
    }

    /// Sets a flag of the running session, in all tabs.
    pub(crate) fn set_flag(&mut self, flag: u64) {
        if self.record.flags & flag == 0 {
            self.record.flags |= flag;
            self.keep();
        }
    }

    /// Remembers the person, for this session and those to come.
    pub(crate) fn set_user(&mut self, user: &str) {
        if self.record.user != user {
            self.record.user = own(user);
            self.context = None;
            self.keep();
        }
    }

    /// Whether no tab knows of a visitor yet.
    pub(crate) fn is_new(&self) -> bool {
        self.record.visitor.is_nil()
            && self.shared().is_none()
            && visitor::from_cookies(&host::ask(Ask::Cookies as u32)).is_nil()
    }

    /// Extends the running session to `at`; false if there is none that takes the activity.
    pub(crate) fn extend(&mut self, at: i64) -> bool {
        let takes = self.record.takes(at, self.options.session);
        if takes {
            self.record.last = self.record.last.max(at);
            self.keep();
        }
        takes
    }

    /// Settles who the visitor is and which session an activity at `at` belongs to, making either if there is none.
    /// To be called under the lock, except when the page goes away.
    pub(crate) fn settle_session(&mut self, at: i64) {
        let mut record = self.shared().unwrap_or_else(Record::none);
        let flags = record.flags & session::RESET;
        let cookie = visitor::from_cookies(&host::ask(Ask::Cookies as u32));
        let known = visitor::reconcile(cookie, record.visitor, flags != 0);
        let landing = std::mem::take(&mut self.landing);
        if record.visitor != known {
            // As long as the first session lasts it has the visitor's id. A cookie is seen by other tabs at once and the record
            // a little later: a tab that sees the cookie alone makes no other session.
            record.user.clear();
            record.visitor = known;
            record.begin(known);
        }
        if record.takes(at, self.options.session) {
            record.last = record.last.max(at);
            self.share(record);
        } else {
            record.flags = flags;
            self.begin_session(at, record, landing);
        }
        self.write_cookie();
    }

    /// Forgets the visitor and the user and begins again.
    pub(crate) fn begin_anew(&mut self, at: i64) {
        let mut record = Record::none();
        record.flags = session::RESET;
        host::keep(storage::SUPER, "");
        self.begin_session(at, record, String::new());
        self.write_cookie();
    }

    /// Begins a session of the record's visitor, or of a new one if that is nil.
    #[inline(never)]
    fn begin_session(&mut self, at: i64, mut record: Record, mut landing: String) {
        if landing.is_empty() {
            // The page's landing brings one session only. One that begins later on the same page came from nowhere else.
            number::push_time(&mut landing, at);
            push(&mut landing, " ");
            push(&mut landing, &host::ask(Ask::Address as u32));
        }
        let domain = host::ask(Ask::Domain as u32);
        let landing = Landing::parse(&landing).from_outside(&domain);
        record.begin(clock::id(at));
        if record.visitor.is_nil() {
            record.visitor = record.session;
            host::keep(storage::FIRST_TOUCH, &landing.text(&record.visitor));
        }
        host::keep(storage::TOUCH, &landing.text(&record.session));
        self.share(record);
    }

    /// Writes the visitor's cookie anew, which also renews its life.
    #[inline(never)]
    pub(crate) fn write_cookie(&self) {
        host::set_cookie(&id::text(&self.record.visitor));
    }

    /// The context for items made now: the same one as long as visitor, session and user are the same.
    pub(crate) fn context(&mut self) -> Rc<Context> {
        if let Some(context) = &self.context {
            return Rc::clone(context);
        }
        let record = &self.record;
        let touch = touch(storage::TOUCH, &record.session);
        let first_touch = self::touch(storage::FIRST_TOUCH, &record.visitor);
        let device = host::ask(Ask::Device as u32);
        let wire = Wire {
            visitor_id: Id(&record.visitor),
            tab_id: Id(&self.tab),
            session: Session {
                id: Id(&record.session),
                started_at: record.started_at,
            },
            user_id: Some(record.user.as_str()),
            touch: Some(Raw(&touch)),
            first_touch: Some(Raw(&first_touch)),
            ga: None,
            device: Some(Raw(&device)),
            consent: Some(Consent::Granted),
        };
        let context = Rc::new(Context {
            tab: self.tab,
            number: self.seq + 1,
            session: record.session,
            json: json::text(&wire),
            stored: Cell::new(false),
            hold_until: Cell::new(0),
        });
        self.context = Some(Rc::clone(&context));
        context
    }
}

/// The JSON of the touch that is kept for `owner`; empty if there is none.
fn touch(key: &str, owner: &Uuid) -> String {
    let kept = host::load(key);
    Landing::of(&kept, owner)
        .map(|landing| landing.touch(&host::parameters(landing.url)))
        .unwrap_or_default()
}
