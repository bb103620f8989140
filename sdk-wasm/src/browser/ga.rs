//! Waiting for Google Analytics' cookies, which appear after this script has run.

use waymark_protocol::{GaIds, GaLinked};

use super::engine::{Alarm, Engine};
use super::host::Ask;
use super::{clock, host};
use crate::core::item::Data;
use crate::core::{ga4, session};

/// Milliseconds between two looks.
const EVERY: i64 = 500;
/// Looks after the start; from then on there is one before each batch.
const LOOKS: u32 = 10;

/// What is known so far.
#[derive(Debug)]
pub(crate) struct Ga {
    /// The ids.
    pub(crate) ids: GaIds,
    looks: u32,
}

impl Ga {
    /// With nothing known.
    pub(crate) const fn new() -> Ga {
        Ga {
            ids: GaIds {
                client_id: None,
                session_id: None,
            },
            looks: 0,
        }
    }
}

impl Engine {
    /// Begins to look.
    pub(crate) fn watch_ga(&mut self) {
        if self.options.ga {
            self.ga.looks = 0;
            self.poll_ga();
        }
    }

    /// Looks, and again in a while unless everything is there.
    pub(crate) fn poll_ga(&mut self) {
        self.look_for_ga();
        let ids = &self.ga.ids;
        let complete = ids.client_id.is_some() && ids.session_id.is_some();
        if !complete && self.ga.looks < LOOKS {
            self.ga.looks += 1;
            self.set_alarm(Alarm::Ga, EVERY);
        }
    }

    /// Reads the cookies. The first find after a batch of this session went out without makes one item.
    pub(crate) fn look_for_ga(&mut self) {
        if !self.options.ga || !self.ready {
            return;
        }
        self.ga.ids = ga4::ids(&host::ask(Ask::Cookies as u32));
        let Some(client_id) = self.ga.ids.client_id.clone() else {
            return;
        };
        if self.shared_flags() & (session::SENT_WITHOUT_GA | session::GA_LINKED)
            == session::SENT_WITHOUT_GA
        {
            self.set_flag(session::GA_LINKED);
            let session_id = self.ga.ids.session_id.clone();
            let data = Data::Ga(GaLinked {
                client_id,
                session_id,
            });
            self.enqueue(clock::now(), None, data, false);
        }
    }
}
