//! What many rows have in common, so that a row holds one number for it.

use std::sync::Arc;

use super::address;
use super::words::{Kept, Word, Words};
use crate::store::columns::{DeviceRow, TouchRow};

/// Where a session or a visitor came from. All words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Touch {
    /// Whether there is a touch at all: of pages that tell none, nothing is known.
    pub is_known: bool,
    /// Nothing for direct traffic.
    pub source: Word,
    /// As the link tells it, or as was concluded.
    pub medium: Word,
    /// As the link tells it.
    pub campaign: Word,
    /// As the link tells it.
    pub term: Word,
    /// As the link tells it.
    pub content: Word,
    /// The channel by the rules of the moment in which it arrived.
    pub channel: Word,
    /// Host of the referring page.
    pub referrer: Word,
}

/// Where a visitor was. All words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// ISO 3166-1, two letters.
    pub country: Word,
    /// By name.
    pub region: Word,
    /// By name.
    pub city: Word,
}

/// With what. All words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Device {
    /// desktop, mobile, tablet and so on.
    pub kind: Word,
    /// By name.
    pub browser: Word,
    /// Operating system, by name.
    pub os: Word,
    /// BCP 47.
    pub language: Word,
}

/// A page: an address without query and fragment. All words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Page {
    /// `shop.example`.
    pub host: Word,
    /// `/pricing`.
    pub path: Word,
}

/// Everything that rows have in common, of one site, while rows are added.
#[derive(Debug, Clone, Default)]
pub(super) struct Common {
    pub(super) words: Words,
    pub(super) touches: Kept<Touch>,
    pub(super) places: Kept<Place>,
    pub(super) devices: Kept<Device>,
    pub(super) pages: Kept<Page>,
}

/// The same, as readers have it. Lists to which nothing was added are shared by one copy and the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) words: Words,
    pub(super) touches: Arc<Vec<Touch>>,
    pub(super) places: Arc<Vec<Place>>,
    pub(super) devices: Arc<Vec<Device>>,
    pub(super) pages: Arc<Vec<Page>>,
}

/// Words of their own above which all are settled again.
const FRESH: usize = 4_096;

impl Common {
    /// As readers have it, who had `before`.
    pub(super) fn known(&mut self, before: &Known) -> Known {
        fn list<T: Copy>(all: &[T], before: &Arc<Vec<T>>) -> Arc<Vec<T>> {
            // Nothing ever goes, so that many are the same.
            if all.len() == before.len() {
                Arc::clone(before)
            } else {
                Arc::new(all.to_vec())
            }
        }
        if self.words.fresh() > FRESH.max(self.words.len() / 16) {
            self.words.settle();
        }
        Known {
            words: self.words.clone(),
            touches: list(self.touches.all(), &before.touches),
            places: list(self.places.all(), &before.places),
            devices: list(self.devices.all(), &before.devices),
            pages: list(self.pages.all(), &before.pages),
        }
    }

    /// The page of an address; that of which nothing is known where there is none or it is no address.
    pub(super) fn page(&mut self, url: Option<&str>) -> u32 {
        let Some(address) = url.and_then(address::read) else {
            return 0;
        };
        let page = Page {
            host: self.words.add(address.host.as_deref()),
            path: self.words.add(Some(&address.path)),
        };
        self.pages.add(page)
    }

    pub(super) fn touch(&mut self, row: Option<&TouchRow<'_>>) -> u32 {
        let Some(row) = row else { return 0 };
        let referrer = row.referrer.and_then(address::read);
        let words = &mut self.words;
        let touch = Touch {
            is_known: true,
            source: words.add(row.source),
            medium: words.add(row.medium),
            campaign: words.add(row.campaign),
            term: words.add(row.term),
            content: words.add(row.content),
            channel: words.add(row.channel),
            referrer: words.add(
                referrer
                    .as_ref()
                    .and_then(|address| address.host.as_deref()),
            ),
        };
        self.touches.add(touch)
    }

    pub(super) fn place(&mut self, row: &DeviceRow<'_>) -> u32 {
        let words = &mut self.words;
        let place = Place {
            country: words.add(row.country),
            region: words.add(row.region),
            city: words.add(row.city),
        };
        self.places.add(place)
    }

    pub(super) fn device(&mut self, row: &DeviceRow<'_>) -> u32 {
        let words = &mut self.words;
        let device = Device {
            kind: words.add(row.kind),
            browser: words.add(row.browser),
            os: words.add(row.os),
            language: words.add(row.language),
        };
        self.devices.add(device)
    }

    /// Bytes of memory, about, with what readers have of it.
    pub(super) fn bytes(&self) -> usize {
        self.words.bytes()
            + self.touches.bytes()
            + self.places.bytes()
            + self.devices.bytes()
            + self.pages.bytes()
    }
}
