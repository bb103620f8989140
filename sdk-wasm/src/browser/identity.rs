//! Who the visitor is and which session runs, as the browser's tabs agree on it.
//!
//! Owns the shared record and the contexts made from it. The record in storage is the one authority: a tab reads it
//! before each activity, and makes a session only under the lock that all tabs ask for.

use std::cell::Cell;
use std::rc::Rc;

use waymark_protocol::{Consent, Context as Wire, Device, Session, Touch};

use super::engine::Engine;
use super::host::Ask;
use super::{clock, host, storage};
use crate::core::attribution::Landing;
use crate::core::context::Context;
use crate::core::session::{self, Record};
use crate::core::text;
use crate::core::{id, json, number, visitor};

impl Engine {
    /// The record as storage has it now.
    fn shared(&self) -> Option<Record> {
        Record::parse(&self.store.get(storage::RECORD))
    }

    fn share(&mut self, record: Record) {
        self.store.keep(storage::RECORD, record.text());
        self.record = Some(record);
    }

    /// The flags of the running session.
    pub(crate) fn shared_flags(&self) -> u64 {
        match (self.shared(), &self.record) {
            (Some(shared), Some(own)) if shared.session == own.session => shared.flags,
            (_, own) => own.as_ref().map_or(0, |own| own.flags),
        }
    }

    /// Sets a flag of the running session, in all tabs.
    pub(crate) fn set_flag(&mut self, flag: u64) {
        let flags = self.shared_flags();
        if flags & flag == 0
            && let Some(mut record) = self.record.clone()
        {
            record.flags = flags | flag;
            // Another tab may have begun a new session; its record is not ours to overwrite.
            if self.shared().is_none_or(|s| s.session == record.session) {
                self.share(record);
            } else {
                self.record = Some(record);
            }
        }
    }

    /// Remembers the person, for this session and those to come.
    pub(crate) fn set_user(&mut self, user: String) {
        if let Some(mut record) = self.record.clone() {
            record.user = Some(user);
            self.share(record);
        }
    }

    /// Extends the running session to `at`; false if there is none that takes the activity.
    pub(crate) fn extend(&mut self, at: i64) -> bool {
        match self.shared() {
            Some(mut record) if record.takes(at, self.options.session) => {
                record.last = record.last.max(at);
                self.share(record);
                true
            }
            _ => false,
        }
    }

    /// Settles who the visitor is and which session an activity at `at` belongs to, making either if there is none.
    /// To be called under the lock, except when the page goes away.
    pub(crate) fn settle_session(&mut self, at: i64) {
        let shared = self.shared();
        let flags = shared.as_ref().map_or(0, |record| record.flags) & session::RESET;
        let known = visitor::reconcile(
            visitor::from_cookies(&host::ask(Ask::Cookies as u32)),
            shared.as_ref().map(|record| record.visitor),
            flags != 0,
        );
        let landing = self.landing.take();
        match (shared, known) {
            (Some(mut record), Some(known))
                if record.visitor == known && record.takes(at, self.options.session) =>
            {
                record.last = record.last.max(at);
                self.share(record);
            }
            (shared, known) => {
                let user = shared
                    .filter(|record| Some(record.visitor) == known)
                    .and_then(|record| record.user);
                self.begin_session(at, known, landing, flags, user);
            }
        }
        self.write_cookie();
    }

    /// Forgets the visitor and the user and begins again.
    pub(crate) fn begin_anew(&mut self, at: i64) {
        self.begin_session(at, None, None, session::RESET, None);
        self.write_cookie();
    }

    fn begin_session(
        &mut self,
        at: i64,
        known: Option<uuid::Uuid>,
        landing: Option<Landing>,
        flags: u64,
        user: Option<String>,
    ) {
        let record = Record {
            visitor: known.unwrap_or_else(|| clock::id(at)),
            session: clock::id(at),
            started_at: at,
            last: at,
            flags,
            user,
        };
        // The page's landing brings one session only. One that begins later on the same page came from nowhere else.
        let landing = landing.unwrap_or_else(|| Landing {
            at,
            url: host::ask(Ask::Address as u32),
            referrer: None,
        });
        let landing = landing.from_outside(self.options.cookie_domain.as_deref());
        self.store
            .keep(storage::TOUCH, landing.text(&id::text(&record.session)));
        if known.is_none() {
            self.store.keep(
                storage::FIRST_TOUCH,
                landing.text(&id::text(&record.visitor)),
            );
        }
        self.share(record);
    }

    /// Writes the visitor's cookie anew, which also renews its life.
    pub(crate) fn write_cookie(&self) {
        host::set_cookie(&visitor::cookie(
            self.record.as_ref().map(|record| &record.visitor),
            self.options.secure,
            self.options.cookie_domain.as_deref(),
        ));
    }

    fn landing_of(&self, key: &'static str, owner: &uuid::Uuid) -> Option<Landing> {
        Landing::parse(&self.store.get(key), &id::text(owner))
    }

    /// The context for items made now: the same one as long as visitor, session and user are the same.
    pub(crate) fn context(&mut self) -> Option<Rc<Context>> {
        let record = self.record.clone()?;
        if let Some((made_for, context)) = &self.context
            && made_for.same_context(&record)
        {
            return Some(Rc::clone(context));
        }
        let first = self.landing_of(storage::FIRST_TOUCH, &record.visitor);
        let wire = Wire {
            visitor_id: record.visitor,
            tab_id: self.tab,
            session: Session {
                id: record.session,
                started_at: record.started_at,
            },
            user_id: record.user.clone(),
            touch: self.landing_of(storage::TOUCH, &record.session).map(touch),
            first_touch: first.map(touch),
            ga: None,
            device: Some(device()),
            consent: Some(Consent::Granted),
        };
        let context = Rc::new(Context {
            tab: self.tab,
            number: self.seq + 1,
            session: Some(record.session),
            json: json::text(&wire),
            stored: Cell::new(false),
            hold_until: Cell::new(0),
        });
        self.context = Some((record, Rc::clone(&context)));
        Some(context)
    }
}

fn touch(landing: Landing) -> Touch {
    landing.touch(&host::parameters(&landing.url))
}

fn device() -> Device {
    let facts = host::ask(Ask::Device as u32);
    let mut fields = text::fields(&facts);
    let mut pixels = || number::parse(fields.take()).map(|pixels| pixels as u32);
    Device {
        screen_width: pixels(),
        screen_height: pixels(),
        viewport_width: pixels(),
        viewport_height: pixels(),
        language: fields.some(),
        time_zone: fields.some(),
    }
}
