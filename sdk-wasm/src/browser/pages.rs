//! Page views: which page is shown, its title, and its figures of time and scrolling.

use gloo_timers::callback::Timeout;
use uuid::Uuid;
use wasm_bindgen::JsValue;
use waymark_protocol::Item;

use super::engine::{Call, Engine, with};
use super::options::address;
use super::{clock, dom};
use crate::core::attribution::Landing;
use crate::core::item::{self, Data};
use crate::core::page::{Page, route};

/// Milliseconds that a router has to set the title.
const TITLE_AFTER: u32 = 50;

impl Engine {
    /// Puts a page view in line.
    pub(crate) fn show(&mut self, landing: Landing, title: Option<String>) {
        self.seen = Some(landing.url.clone());
        self.take_call(Call::View(landing, title));
        self.title_timer = Some(Timeout::new(TITLE_AFTER, || {
            with(Box::new(|engine| {
                // A router may have moved on before this script was there to see it.
                engine.navigated(address(), clock::now());
                engine.refresh_title();
            }));
        }));
    }

    /// The page's address is `url`: a page view, if that is another page than the last.
    pub(crate) fn navigated(&mut self, url: String, at: i64) {
        if !self.options.auto || url.is_empty() {
            return;
        }
        let by_hash = self.options.by_hash;
        let referrer = match &self.seen {
            Some(seen) if route(seen, by_hash) != route(&url, by_hash) => Some(seen.clone()),
            _ => return,
        };
        self.show(Landing { at, url, referrer }, None);
    }

    /// Makes the page view.
    pub(crate) fn view(&mut self, landing: Landing, title: Option<String>) {
        let Landing { at, url, referrer } = landing;
        self.ping();
        let even = clock::even();
        let mut page = Page::new(at, url, referrer);
        page.title_given = title.is_some();
        page.title = title.or_else(|| self.title_at(&page.url));
        if !is_hidden() {
            // It has been visible since it was shown, not since this script is there.
            page.set_visible(true, even - (clock::now() - at).max(0) as f64);
        }
        let data = item::view(&page.url, page.title.as_deref(), page.referrer.as_deref());
        if let Some((id, seq)) = self.enqueue(at, None, Data::View(data), false) {
            page.id = Some(id);
            page.seq = seq;
            self.page = Some(page);
        }
    }

    fn title_at(&self, url: &str) -> Option<String> {
        (address() == url)
            .then(|| dom::text(&dom::document(), "title"))
            .flatten()
    }

    /// Takes over the document's title, as long as the page view has not been sent.
    pub(crate) fn refresh_title(&mut self) {
        let Some(page) = self.page.as_ref().filter(|page| !page.title_given) else {
            return;
        };
        let (Some(id), Some(title)) = (page.id, self.title_at(&page.url)) else {
            return;
        };
        if page.title.as_ref() == Some(&title) || self.queue.unsent(&id).is_none() {
            return;
        }
        let data = item::view(&page.url, Some(&title), page.referrer.as_deref());
        self.replace(id, page.at, page.seq, id, Data::View(data));
        if let Some(page) = &mut self.page {
            page.title = Some(title);
        }
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
        let (Some(figures), Some(view)) = (page.figures(clock::even()), page.id) else {
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

    fn replace(&mut self, id: Uuid, at: i64, seq: u64, view: Uuid, data: Data<super::methods::Js>) {
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
            let window = dom::window();
            let root = dom::get(&dom::document(), "documentElement");
            let number = |object: &JsValue, name| dom::number(object, name).unwrap_or(0.0);
            page.scrolled(
                number(&window, "scrollY") + number(&window, "innerHeight"),
                number(&root, "scrollHeight"),
            );
        }
    }

    /// The page is hidden: for all a script can know, that is the last it hears.
    pub(crate) fn hide(&mut self) {
        self.refresh_title();
        self.measure_scroll();
        if let Some(page) = &mut self.page {
            page.set_visible(false, clock::even());
        }
        self.ping();
        self.send_leaving();
    }

    /// The page is seen again.
    pub(crate) fn unhide(&mut self) {
        if let Some(page) = &mut self.page {
            page.set_visible(true, clock::even());
        }
        self.land_beacons();
    }
}

/// Whether the page cannot be seen now.
pub(crate) fn is_hidden() -> bool {
    dom::text(&dom::document(), "visibilityState").is_some_and(|state| state == "hidden")
}
