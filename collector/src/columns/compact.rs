//! Texts that no row holds any more leave memory: what the rows hold is numbered anew.
//!
//! Words are only ever added while rows come and go. After an erasure what was said of somebody must not stay among them, and after
//! a long time there would be more that nobody holds than that somebody does.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use super::contacts::{Contact, Told};
use super::kinds::{Common, Device, Page, Place, Touch};
use super::props::Props;
use super::segment::Segment;
use super::words::{NONE, Word};

/// What has no number yet.
const UNKNOWN: u32 = u32::MAX;

struct Renumber<'c> {
    old: &'c Common,
    new: Common,
    words: Vec<u32>,
    touches: Vec<u32>,
    places: Vec<u32>,
    devices: Vec<u32>,
    pages: Vec<u32>,
}

/// Numbers what rows and interactions hold anew; gives what they have in common then.
pub(super) fn compact(
    (rows, props): &mut (Segment, Props),
    told: &Told,
    sharing: &BTreeSet<(Uuid, Word)>,
    old: &Common,
) -> (Common, Told, BTreeSet<(Uuid, Word)>) {
    let mut own = Renumber {
        new: Common::default(),
        words: vec![UNKNOWN; old.words.len()],
        touches: vec![UNKNOWN; old.touches.all().len()],
        places: vec![UNKNOWN; old.places.all().len()],
        devices: vec![UNKNOWN; old.devices.all().len()],
        pages: vec![UNKNOWN; old.pages.all().len()],
        old,
    };
    let (visitors, sessions) = (&mut rows.visitors, &mut rows.sessions);
    for touch in visitors.touch.iter_mut().chain(&mut sessions.touch) {
        *touch = own.touch(*touch);
    }
    for place in visitors.place.iter_mut().chain(&mut sessions.place) {
        *place = own.place(*place);
    }
    for device in visitors.device.iter_mut().chain(&mut sessions.device) {
        *device = own.device(*device);
    }
    let pages = sessions.entry.iter_mut().chain(&mut sessions.exit);
    for page in pages.chain(&mut rows.events.page) {
        *page = own.page(*page);
    }
    let words = visitors.user.iter_mut().chain(&mut visitors.account);
    let words = words.chain(&mut visitors.owner);
    let words = words.chain(&mut rows.events.name);
    let words = words.chain(&mut rows.firsts.name);
    let words = words.chain(&mut rows.orders.name);
    for word in words.chain(&mut rows.orders.currency) {
        *word = own.word(*word);
    }
    for column in &mut props.0 {
        for word in Arc::make_mut(column).words_mut() {
            *word = own.word(*word);
        }
    }
    let mut fresh = Told::default();
    for (id, contact) in told.all() {
        let contact = Contact {
            channel: own.word(contact.channel),
            kind: own.word(contact.kind),
            direction: own.word(contact.direction),
            source: own.word(contact.source),
            campaign: own.word(contact.campaign),
            user: own.word(contact.user),
            email_user: own.word(contact.email_user),
            ..contact
        };
        fresh.set(id, Some(contact));
    }
    let sharing = sharing
        .iter()
        .map(|(id, user)| (*id, own.word(*user)))
        .collect();
    let mut new = own.new;
    new.words.settle();
    (new, fresh, sharing)
}

/// The number that a thing has by now; it gets one where it has none.
macro_rules! number {
    ($self:expr, $kind:ident, $old:expr, $make:expr) => {{
        let known = $self.$kind[$old as usize];
        if known != UNKNOWN {
            return known;
        }
        let thing = $self.old.$kind.get($old);
        let make: fn(&mut Self, _) -> _ = $make;
        let thing = make($self, thing);
        let number = $self.new.$kind.add(thing);
        $self.$kind[$old as usize] = number;
        number
    }};
}

impl Renumber<'_> {
    fn word(&mut self, old: Word) -> Word {
        if old == NONE {
            return NONE;
        }
        let known = self.words[old as usize];
        if known != UNKNOWN {
            return known;
        }
        let word = self.new.words.add(self.old.words.text(old));
        self.words[old as usize] = word;
        word
    }

    fn touch(&mut self, old: u32) -> u32 {
        number!(self, touches, old, |own, touch: Touch| Touch {
            is_known: touch.is_known,
            source: own.word(touch.source),
            medium: own.word(touch.medium),
            campaign: own.word(touch.campaign),
            term: own.word(touch.term),
            content: own.word(touch.content),
            channel: own.word(touch.channel),
            referrer: own.word(touch.referrer),
        })
    }

    fn place(&mut self, old: u32) -> u32 {
        number!(self, places, old, |own, place: Place| Place {
            country: own.word(place.country),
            region: own.word(place.region),
            city: own.word(place.city),
        })
    }

    fn device(&mut self, old: u32) -> u32 {
        number!(self, devices, old, |own, device: Device| Device {
            kind: own.word(device.kind),
            browser: own.word(device.browser),
            os: own.word(device.os),
            language: own.word(device.language),
        })
    }

    fn page(&mut self, old: u32) -> u32 {
        number!(self, pages, old, |own, page: Page| Page {
            host: own.word(page.host),
            path: own.word(page.path),
        })
    }
}
