//! The methods of the public interface, and the line of calls that they stand in until their turn.

use waymark_protocol::{Consent, ConsentChange};

use super::clock;
use super::engine::Engine;
use crate::core::call;
use crate::core::consent::{self, Step};
use crate::core::item::Data;
use crate::core::signal::{self, Signal};
use crate::core::text;

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

    /// A page view that the site asks for.
    pub(crate) fn page_called(&mut self, at: i64, said: &str) {
        let mut fields = text::fields(said);
        let url = fields.take();
        let mut referrer = fields.take().to_owned();
        if referrer.is_empty() {
            referrer = if self.seen.is_empty() {
                std::mem::take(&mut self.entry_referrer)
            } else {
                self.seen.clone()
            };
        }
        self.show(at, url, &referrer, fields.take());
    }

    /// Does a call whose turn it is.
    pub(crate) fn method(&mut self, call: &Signal) {
        let at = call.number as i64;
        let page = self.page.as_ref().and_then(|page| page.id);
        let mut fields = text::fields(&call.text);
        let url = fields.take();
        match call.kind {
            signal::PAGE => self.view(at, url, fields),
            signal::AGREED => {
                let state = Consent::Granted;
                self.enqueue(at, None, Data::Consent(ConsentChange { state }), false);
            }
            signal::RESET => {
                self.ping();
                self.begin_anew(at);
                self.context = None;
                // What follows on this page belongs to another visitor than the page view.
                if let Some(page) = &mut self.page {
                    page.id = None;
                }
            }
            kind => {
                let made = call::read(kind, url, &mut fields);
                self.warn(made.problem);
                if let Some(data) = made.data {
                    if let Data::Identify(identify) = &data {
                        self.set_user(identify.user_id.clone());
                    }
                    self.enqueue(at, page, data, made.urgent);
                }
            }
        }
    }

    /// The site says what the visitor has agreed to; it counts at once.
    pub(crate) fn set_consent(&mut self, said: &str, at: i64) {
        let mut fields = text::fields(said);
        let url = fields.take();
        let Some(state) = consent::parse(fields.take()) else {
            return self.warn("consent: granted, denied or unknown");
        };
        match consent::step(std::mem::replace(&mut self.consent, state), state) {
            Step::Stay => {}
            Step::Release => {
                self.take_call(Signal {
                    kind: signal::AGREED,
                    number: at as f64,
                    text: String::new(),
                });
                if self.options.auto && self.page.is_none() && self.line.len() == 1 {
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
