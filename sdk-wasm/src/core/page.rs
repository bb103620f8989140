//! One page view: what was shown, for how long it was visible, and how far it was scrolled; and what tells one page from
//! another.
//!
//! Both figures only grow. Times are of a clock that runs evenly (`performance.now()`), in milliseconds.

use waymark_protocol::PagePing;

use super::item::Stamp;
use super::text::before;

/// No time of the even clock.
const HIDDEN: f64 = -1.0;

/// How long the document has been visible. It counts for the document and not for a page view, because a page view may
/// wait for consent while the document is hidden and seen again.
#[derive(Debug)]
pub struct Sight {
    /// Before zero while it cannot be seen.
    since: f64,
    total: f64,
}

impl Sight {
    /// Not seen yet.
    pub const fn none() -> Sight {
        Sight {
            since: HIDDEN,
            total: 0.0,
        }
    }

    /// The document is visible, or no longer.
    pub fn set(&mut self, visible: bool, now: f64) {
        self.total = self.until(now);
        self.since = if visible { now } else { HIDDEN };
    }

    /// For how long it had been visible at `at`, which is no earlier than its last change, or counts as that.
    pub fn until(&self, at: f64) -> f64 {
        if self.since < 0.0 {
            self.total
        } else {
            self.total + (at - self.since).max(0.0)
        }
    }

    /// Whether it can be seen now.
    pub fn is_visible(&self) -> bool {
        self.since >= 0.0
    }
}

/// A page view in progress.
#[derive(Debug)]
pub struct Page {
    /// The whole URL; empty as long as there is no page view.
    pub url: String,
    /// The page before; empty if there was none.
    pub referrer: String,
    /// The title as sent last.
    pub title: String,
    /// Whether the site gave the title, so that the document's does not replace it.
    pub title_given: bool,
    /// The item. Its id is nil after a reset, when what follows belongs to another visitor.
    pub item: Stamp,
    /// The latest ping, to be replaced as long as it has not been sent; its id is nil before the first.
    pub ping: Stamp,
    /// For how long the document had been visible when it was shown.
    pub seen_before: f64,
    scroll_max: u8,
    told: PagePing,
    beats: u32,
}

impl Page {
    /// Before there is any.
    pub const fn none() -> Page {
        Page {
            url: String::new(),
            referrer: String::new(),
            title: String::new(),
            title_given: false,
            item: Stamp::none(),
            ping: Stamp::none(),
            seen_before: 0.0,
            scroll_max: 0,
            told: PagePing {
                visible_ms: 0,
                scroll_max: 0,
            },
            beats: 0,
        }
    }

    /// The bottom of the window is so far down the document, of 1 for its end.
    pub fn scrolled(&mut self, part: f64) {
        let percent = (part * 100.0 + 0.5).clamp(0.0, 100.0) as u8;
        self.scroll_max = self.scroll_max.max(percent);
    }

    /// The figures once the document has been visible for so long, if they have changed since they were last asked for.
    pub fn figures(&mut self, seen: f64) -> Option<PagePing> {
        let figures = PagePing {
            // One before zero is zero as a whole number.
            visible_ms: ((seen - self.seen_before) as u64).max(self.told.visible_ms),
            scroll_max: self.scroll_max,
        };
        if figures.visible_ms == 0 || self.told == figures {
            return None;
        }
        self.told = figures;
        Some(figures)
    }

    /// One beat of the heart; whether it is one to report on. A page left open is reported less and less often.
    pub fn beat(&mut self) -> bool {
        self.beats += 1;
        match self.beats {
            0..=4 => true,
            5..=16 => self.beats.is_multiple_of(4),
            _ => self.beats.is_multiple_of(8),
        }
    }
}

/// What of an address tells its page from another: all but the fragment, or with it where the site routes by that. Without
/// `query`, all but that too, which a router by the fragment leaves alone.
pub fn route(url: &str, by_hash: bool, query: bool) -> &str {
    if by_hash {
        return url;
    }
    before(before(url, b'#'), if query { b'#' } else { b'?' })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_visible_time_counts() {
        let mut sight = Sight::none();
        assert!(!sight.is_visible());
        sight.set(true, 1_000.0);
        sight.set(false, 3_500.0);
        sight.set(false, 9_000.0);
        sight.set(true, 10_000.0);
        assert!(sight.is_visible());
        assert!((sight.until(10_500.0) - 3_000.0).abs() < 1e-9);
        // What had happened before the last change is not known any more.
        assert!((sight.until(2_000.0) - 2_500.0).abs() < 1e-9);
    }

    #[test]
    fn a_page_counts_from_when_it_was_shown() {
        let mut page = Page::none();
        page.seen_before = 400.0;
        assert_eq!(page.figures(300.0), None);
        assert_eq!(page.figures(400.0), None);
        assert_eq!(page.figures(1_000.5).map(|f| f.visible_ms), Some(600));
    }

    #[test]
    fn unchanged_figures_are_not_told_twice() {
        let mut page = Page::none();
        assert_eq!(page.figures(0.0), None);
        assert!(page.figures(10.0).is_some());
        assert!(page.figures(20.0).is_some());
        assert_eq!(page.figures(20.0), None);
        page.scrolled(0.5);
        assert_eq!(page.figures(20.0).map(|f| f.scroll_max), Some(50));
    }

    #[test]
    fn the_furthest_scroll_counts() {
        let mut page = Page::none();
        page.scrolled(0.7);
        page.scrolled(0.3);
        page.scrolled(f64::NAN);
        assert_eq!(page.figures(1.0).map(|f| f.scroll_max), Some(70));
        page.scrolled(1.2);
        assert_eq!(page.figures(2.0).map(|f| f.scroll_max), Some(100));
    }

    #[test]
    fn a_page_left_open_is_reported_less_often() {
        let mut page = Page::none();
        let told = (1..=40).filter(|_| page.beat()).count();
        assert_eq!(told, 4 + 3 + 3);
    }

    #[test]
    fn a_fragment_is_part_of_a_route_only_where_the_site_says_so() {
        let url = "https://a.example/p?q#/h?i";
        assert_eq!(route(url, false, true), "https://a.example/p?q");
        assert_eq!(route(url, true, true), url);
        assert_eq!(route(url, true, false), url);
    }

    #[test]
    fn a_query_is_part_of_a_route_only_where_that_is_asked() {
        assert_eq!(
            route("https://a.example/p?q#h", false, false),
            "https://a.example/p"
        );
        assert_eq!(
            route("https://a.example/p#h?i", false, false),
            "https://a.example/p"
        );
    }

    proptest! {
        #[test]
        fn figures_only_grow(steps in proptest::collection::vec((any::<bool>(), 0.0f64..5_000.0, 0.0f64..2_000.0), 1..40)) {
            let (mut sight, mut page) = (Sight::none(), Page::none());
            let (mut now, mut before) = (0.0, (0, 0));
            for (visible, more, bottom) in steps {
                now += more;
                sight.set(visible, now);
                page.scrolled(bottom / 1_000.0);
                if let Some(figures) = page.figures(sight.until(now)) {
                    prop_assert!(figures.visible_ms >= before.0 && figures.scroll_max >= before.1);
                    prop_assert!(figures.visible_ms as f64 <= now && figures.scroll_max <= 100);
                    before = (figures.visible_ms, figures.scroll_max);
                }
            }
        }
    }
}
