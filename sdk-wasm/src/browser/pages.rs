//! Page views: which page is shown, its title, and its figures of time and scrolling.

use uuid::Uuid;
use waymark_protocol::Item;

use super::engine::{Alarm, Engine};
use super::host::Ask;
use super::{clock, host};
use crate::core::item::{self, Data};
use crate::core::json::Raw;
use crate::core::page::{Page, route};
use crate::core::signal;
use crate::core::text::Fields;

/// Milliseconds that a router has to set the title.
const TITLE_AFTER: i64 = 50;

impl Engine {
    /// Puts a page view in line.
    pub(crate) fn show(&mut self, at: i64, url: &str, referrer: &str, title: &str) {
        self.take_call(signal::page(at, url, referrer, title));
        self.seen = url.to_owned();
        self.set_alarm(Alarm::Title, TITLE_AFTER);
    }

    /// The page's address is `url`: a page view, if that is another page than the last.
    pub(crate) fn navigated(&mut self, url: &str, at: i64) {
        let by_hash = self.options.by_hash;
        if self.options.auto
            && !url.is_empty()
            && !self.seen.is_empty()
            && route(&self.seen, by_hash) != route(url, by_hash)
        {
            let referrer = std::mem::take(&mut self.seen);
            self.show(at, url, &referrer, "");
        }
    }

    /// Makes the page view of which `rest` has the page before and the title, if the site gave one.
    pub(crate) fn view(&mut self, at: i64, url: &str, mut rest: Fields<'_>) {
        self.ping();
        let mut page = Page::new(at, url.to_owned(), rest.some());
        page.title = rest.some();
        page.title_given = page.title.is_some();
        if !page.title_given {
            page.title = title_at(url);
        }
        if !host::is_hidden() {
            // It has been visible since it was shown, not since this script is there.
            page.set_visible(true, host::even() - (clock::now() - at).max(0) as f64);
        }
        let data = item::view(url, page.title.as_deref(), page.referrer.as_deref());
        if let Some((id, seq)) = self.enqueue(at, None, Data::View(data), false) {
            page.id = Some(id);
            page.seq = seq;
            self.page = Some(page);
        }
    }

    /// Takes over the document's title, as long as the page view has not been sent.
    pub(crate) fn refresh_title(&mut self) {
        let Some(page) = &mut self.page else { return };
        let (Some(id), false) = (page.id, page.title_given) else {
            return;
        };
        let title = title_at(&page.url);
        if title.is_none() || page.title == title || self.queue.unsent(&id).is_none() {
            return;
        }
        page.title = title;
        let data = item::view(&page.url, page.title.as_deref(), page.referrer.as_deref());
        let (at, seq) = (page.at, page.seq);
        self.replace(id, at, seq, id, Data::View(data));
    }

    /// One beat of the heart.
    pub(crate) fn beat(&mut self) {
        self.adopt();
        if !self.ready {
            return;
        }
        self.measure_scroll();
        if self.page.as_mut().is_some_and(Page::beat) {
            self.ping();
        }
    }

    /// Reports the page's figures, in place of the last report if that has not been sent yet. Time alone does not keep
    /// a session alive; what the visitor did meanwhile does.
    pub(crate) fn ping(&mut self) {
        if !self.ready {
            return;
        }
        let Some(page) = &mut self.page else { return };
        let (Some(figures), Some(view)) = (page.figures(host::even()), page.id) else {
            return;
        };
        let last = page.ping;
        let at = clock::now();
        if std::mem::take(&mut self.interacted) {
            self.extend(at);
        }
        let data = Data::Ping(figures);
        match last {
            Some((id, seq)) if self.queue.unsent(&id).is_some() => {
                self.replace(id, at, seq, view, data);
            }
            _ => {
                let made = self.enqueue(at, Some(view), data, false);
                if let Some(page) = &mut self.page {
                    page.ping = made;
                }
            }
        }
    }

    fn replace(&mut self, id: Uuid, at: i64, seq: u64, view: Uuid, data: Data<Raw>) {
        let json = self.write_item(Item {
            kind: data.kind(),
            id,
            at,
            seq,
            page_view_id: Some(view),
            data,
        });
        if let Some(json) = json {
            self.rewrite(&id, json);
        }
    }

    /// Looks how far the page has been scrolled.
    pub(crate) fn measure_scroll(&mut self) {
        if let Some(page) = &mut self.page {
            page.scrolled(host::bottom(), host::height());
        }
    }

    /// The page is hidden: for all a script can know, that is the last it hears.
    pub(crate) fn hide(&mut self) {
        self.refresh_title();
        self.measure_scroll();
        if let Some(page) = &mut self.page {
            page.set_visible(false, host::even());
        }
        self.ping();
        self.send_leaving();
    }

    /// The page is seen again.
    pub(crate) fn unhide(&mut self) {
        if let Some(page) = &mut self.page {
            page.set_visible(true, host::even());
        }
        self.land_beacons();
    }
}

/// The document's title, if the page is still at `url`.
fn title_at(url: &str) -> Option<String> {
    (host::ask(Ask::Address as u32) == url).then(|| host::ask(Ask::Title as u32))
}
