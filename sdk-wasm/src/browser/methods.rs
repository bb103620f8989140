//! The methods of the public interface, and the line of calls that they stand in until their turn.

use uuid::Uuid;
use waymark_protocol::{Consent, ConsentChange, ItemKind};

use super::engine::Engine;
use super::{clock, host, storage};
use crate::core::consent::{self, Step};
use crate::core::problem::Problem;
use crate::core::signal::{self, Signal};
use crate::core::{call, json, text};

impl Engine {
    /// Sends everything; whoever asked is told how many items still wait once all has been tried.
    pub(crate) fn flush(&mut self) {
        self.waited_for = true;
        if self.consent == Consent::Granted {
            self.due = clock::now();
            if self.ready {
                self.send_if_due();
            }
        } else {
            self.resolve_waiters();
        }
    }

    /// A page view that the site asks for, or the SDK's own first one, whose page before is known even if there is none.
    pub(crate) fn page_called(&mut self, at: i64, said: &str) {
        let mut fields = text::fields(said);
        let url = fields.take();
        let mut referrer = text::own(fields.take());
        let title = fields.take();
        if fields.is_done() && referrer.is_empty() {
            // The first one comes from where the visitor does.
            referrer = std::mem::take(if self.seen.is_empty() {
                &mut self.entry_referrer
            } else {
                &mut self.seen
            });
        }
        self.show(at, url, &referrer, title);
    }

    /// Does a call whose turn it is.
    pub(crate) fn method(&mut self, call: &Signal) {
        let at = call.number as i64;
        let view = if call.kind == signal::NOTED_LATE {
            self.before
        } else {
            self.page.item.id
        };
        let mut fields = text::fields(&call.text);
        let url = fields.take();
        match call.kind {
            signal::PAGE => self.view(at, url, fields, call.seen_before),
            signal::AGREED => {
                let state = Consent::Granted;
                let data = json::text(&ConsentChange { state });
                self.enqueue(at, ItemKind::Consent, Uuid::nil(), &data, false);
            }
            signal::REGISTER => {
                let all = host::merge(fields.take(), fields.take());
                if call::is_super(&all) {
                    host::keep(storage::SUPER, &all);
                } else {
                    self.warn(Problem::Trait);
                }
            }
            signal::RESET => {
                self.ping();
                self.begin_anew(at);
            }
            kind => {
                let made = call::read(kind, url, &mut fields, &self.record.user);
                self.warn(made.problem);
                if !made.data.is_empty() {
                    self.enqueue(at, made.kind, view, &made.data, made.urgent);
                }
            }
        }
    }

    /// The site says what the visitor has agreed to; it counts at once.
    pub(crate) fn set_consent(&mut self, said: &str, at: i64) {
        let mut fields = text::fields(said);
        let url = fields.take();
        let said = fields.take();
        let state = if said == consent::AS_SET {
            self.options.consent
        } else if let Some(state) = consent::parse(said) {
            state
        } else {
            return self.warn(Problem::Consent);
        };
        if state != Consent::Denied && host::is_out() {
            return self.warn(Problem::Out);
        }
        let said_elsewhere = !fields.is_done();
        let nothing_waits = self.line.is_empty();
        match consent::step(std::mem::replace(&mut self.consent, state), state) {
            Step::Stay => {}
            Step::Release => {
                // It was given once, and the tab in which it was says so.
                if !said_elsewhere {
                    self.take_call(Signal {
                        kind: signal::AGREED,
                        number: at as f64,
                        text: String::new(),
                        seen_before: 0.0,
                    });
                }
                if self.options.auto && self.page.url.is_empty() && nothing_waits {
                    // The page view was refused with everything else; from now on there is one.
                    let referrer = std::mem::take(&mut self.entry_referrer);
                    self.show(at, url, &referrer, "");
                }
                self.begin();
            }
            Step::Forget => self.forget(),
            Step::Hold => self.hold(),
        }
    }
}
