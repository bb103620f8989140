//! Waiting for Google Analytics' cookies, which appear after this script has run.

use uuid::Uuid;
use waymark_protocol::{GaLinked, ItemKind};

use super::engine::{Alarm, Engine};
use super::host::Ask;
use super::{clock, host};
use crate::core::{ga4, json, session};

/// Milliseconds between two looks.
const EVERY: i64 = 500;
/// Looks after the start; from then on there is one before each batch.
const LOOKS: u32 = 10;

/// What is known so far.
#[derive(Debug)]
pub(crate) struct Ga {
    /// The page's cookies at the last look; the ids are read from them when they are needed.
    pub(crate) cookies: String,
    looks: u32,
}

impl Ga {
    /// With nothing known.
    pub(crate) const fn new() -> Ga {
        Ga {
            cookies: String::new(),
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
        let ids = ga4::ids(&self.ga.cookies);
        let complete = !ids.client.is_empty() && !ids.session.is_empty();
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
        self.ga.cookies = host::ask(Ask::Cookies as u32).0;
        let ids = ga4::ids(&self.ga.cookies);
        if !ids.client.is_empty()
            && self.record.flags & (session::SENT_WITHOUT_GA | session::GA_LINKED)
                == session::SENT_WITHOUT_GA
        {
            let data = json::text(&GaLinked {
                client_id: ids.client,
                session_id: Some(ids.session),
            });
            self.set_flag(session::GA_LINKED);
            self.enqueue(clock::now(), ItemKind::GaLinked, Uuid::nil(), &data, false);
        }
    }
}
