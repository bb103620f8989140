//! Page views: which page is shown, its title, and its figures of time and scrolling.

use uuid::Uuid;
use waymark_protocol::ItemKind;

use super::engine::{Alarm, Engine};
use super::host::Ask;
use super::{clock, host};
use crate::core::item::{self, Stamp};
use crate::core::page::{Page, route};
use crate::core::text::{Fields, own};
use crate::core::{json, signal};

/// Milliseconds that a router has to set the title.
const TITLE_AFTER: i64 = 50;

impl Engine {
    /// Puts a page view in line.
    pub(crate) fn show(&mut self, at: i64, url: &str, referrer: &str, title: &str) {
        let then = clock::even_at(at);
        let seen_before = if then < 0.0 {
            // In an earlier document, for which nobody has measured for how long it was seen.
            f64::INFINITY
        } else {
            self.sight.until(then)
        };
        self.take_call(signal::page(at, url, referrer, title, seen_before));
        self.seen = own(url);
        self.set_alarm(Alarm::Title, TITLE_AFTER);
    }

    /// The page's address is `url`: a page view, if that is another page than the last. Unless the visitor went there
    /// (by [`signal::NAVIGATED`]), a query that comes or goes is a filter, or a router that tidies up behind a campaign, and no other page.
    pub(crate) fn navigated(&mut self, url: &str, at: i64, kind: u32) {
        let by_hash = self.options.by_hash;
        let pushed = kind == signal::NAVIGATED;
        if !self.options.auto || url.is_empty() || self.seen.is_empty() {
            return;
        }
        if route(&self.seen, by_hash, pushed) != route(url, by_hash, pushed) {
            let referrer = std::mem::take(&mut self.seen);
            self.show(at, url, &referrer, "");
        } else if kind == signal::REPLACED {
            // A call alone leaves it: history may be about to say more of its address.
            self.seen = own(url);
        }
    }

    /// Makes the page view of which `rest` has the page before and the title, if the site gave one.
    pub(crate) fn view(&mut self, at: i64, url: &str, mut rest: Fields<'_>, seen_before: f64) {
        let mut page = Page::none();
        page.url = own(url);
        page.referrer = own(rest.take());
        let title = rest.take();
        page.title_given = !title.is_empty();
        page.title = if page.title_given {
            own(title)
        } else {
            self.title_at(url)
        };
        page.seen_before = seen_before;
        self.ping_at(seen_before);
        let data = item::view(url, &page.title, &page.referrer);
        let made = self.enqueue(at, ItemKind::PageView, Uuid::nil(), &data, false);
        // One that the site does not want has no item, and so no figures; what follows is not of the page before.
        page.item = made.unwrap_or(Stamp::none());
        self.before = self.page.item.id;
        self.page = page;
    }

    /// Takes over the document's title, as long as the page view has not been sent.
    pub(crate) fn refresh_title(&mut self) {
        if self.page.title_given || self.queue.unsent(&self.page.item.id).is_none() {
            return;
        }
        let title = self.title_at(&self.page.url);
        let page = &mut self.page;
        if !title.is_empty() && title != page.title {
            page.title = title;
            let data = item::view(&page.url, &page.title, &page.referrer);
            let item = page.item;
            self.rewrite(ItemKind::PageView, &item, &data);
        }
    }

    /// One beat of the heart.
    pub(crate) fn beat(&mut self) {
        self.adopt();
        if self.ready {
            self.measure_scroll();
            if self.sight.is_visible() && self.page.beat() {
                self.ping();
            }
        }
    }

    /// Reports the page's figures, in place of the last report if that has not been sent yet. Time alone does not keep
    /// a session alive; what the visitor did meanwhile does.
    pub(crate) fn ping(&mut self) {
        self.ping_at(self.sight.until(host::even()));
    }

    /// The same, when the document had been visible for so long.
    fn ping_at(&mut self, seen: f64) {
        let view = self.page.item.id;
        if !self.ready || view.is_nil() {
            return;
        }
        let Some(figures) = self.page.figures(seen) else {
            return;
        };
        let at = clock::now();
        if std::mem::take(&mut self.interacted) {
            self.extend(at);
        }
        let data = json::text(&figures);
        let last = Stamp {
            at,
            ..self.page.ping
        };
        if self.queue.unsent(&last.id).is_some() {
            self.rewrite(ItemKind::PagePing, &last, &data);
        } else if let Some(made) = self.enqueue(at, ItemKind::PagePing, view, &data, false) {
            self.page.ping = made;
        }
    }

    /// Looks how far the page has been scrolled.
    pub(crate) fn measure_scroll(&mut self) {
        // The height costs the page a layout.
        if !self.page.url.is_empty() {
            self.page.scrolled(host::scrolled());
        }
    }

    /// The page is hidden: for all a script can know, that is the last it hears.
    pub(crate) fn hide(&mut self) {
        self.refresh_title();
        self.measure_scroll();
        self.sight.set(false, host::even());
        self.ping();
        self.send_leaving();
    }

    /// The page is seen again.
    pub(crate) fn unhide(&mut self) {
        self.sight.set(true, host::even());
        self.land_beacons();
    }

    /// The document's title, if the page is still at `url`, whatever was replaced in its query.
    fn title_at(&self, url: &str) -> String {
        let address = host::ask(Ask::Address as u32);
        let by_hash = self.options.by_hash;
        if route(&address, by_hash, false) == route(url, by_hash, false) {
            host::ask(Ask::Title as u32).0
        } else {
            String::new()
        }
    }
}
