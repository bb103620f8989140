//! One page view: what was shown, for how long it was visible, and how far it was scrolled.
//!
//! Both figures only grow. Times are of a clock that runs evenly (`performance.now()`), in milliseconds.

use waymark_protocol::PagePing;

use super::item::Stamp;

/// No time of the even clock.
const HIDDEN: f64 = -1.0;

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
    /// Before zero while it cannot be seen.
    visible_since: f64,
    visible_ms: f64,
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
            visible_since: HIDDEN,
            visible_ms: 0.0,
            scroll_max: 0,
            told: PagePing {
                visible_ms: 0,
                scroll_max: 0,
            },
            beats: 0,
        }
    }

    /// The page is visible, or no longer.
    pub fn set_visible(&mut self, visible: bool, now: f64) {
        if self.visible_since >= 0.0 {
            self.visible_ms += (now - self.visible_since).max(0.0);
        }
        self.visible_since = if visible { now.max(0.0) } else { HIDDEN };
    }

    /// The bottom of the window is so far down the document, of 1 for its end.
    pub fn scrolled(&mut self, part: f64) {
        let percent = (part * 100.0 + 0.5).clamp(0.0, 100.0) as u8;
        self.scroll_max = self.scroll_max.max(percent);
    }

    /// The figures, if they have changed since they were last asked for.
    pub fn figures(&mut self, now: f64) -> Option<PagePing> {
        self.set_visible(self.visible_since >= 0.0, now);
        let figures = PagePing {
            visible_ms: self.visible_ms as u64,
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
        if self.visible_since < 0.0 {
            return false;
        }
        self.beats += 1;
        match self.beats {
            0..=4 => true,
            5..=16 => self.beats.is_multiple_of(4),
            _ => self.beats.is_multiple_of(8),
        }
    }
}

/// What tells one page from another in a single-page app: the URL without its fragment, unless the site routes by it.
pub fn route(url: &str, by_hash: bool) -> &str {
    if by_hash {
        url
    } else {
        super::text::before(url, b'#')
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn page() -> Page {
        Page::none()
    }

    #[test]
    fn only_visible_time_counts() {
        let mut page = page();
        page.set_visible(true, 1_000.0);
        page.set_visible(false, 3_500.0);
        page.set_visible(false, 9_000.0);
        page.set_visible(true, 10_000.0);
        let figures = page.figures(10_500.0).expect("figures");
        assert_eq!(figures.visible_ms, 3_000);
    }

    #[test]
    fn unchanged_figures_are_not_told_twice() {
        let mut page = page();
        assert_eq!(page.figures(500.0), None);
        page.set_visible(true, 0.0);
        assert!(page.figures(10.0).is_some());
        page.set_visible(false, 20.0);
        assert!(page.figures(30.0).is_some());
        assert_eq!(page.figures(40.0), None);
        page.scrolled(0.5);
        assert_eq!(page.figures(50.0).map(|f| f.scroll_max), Some(50));
    }

    #[test]
    fn the_furthest_scroll_counts() {
        let mut page = page();
        page.set_visible(true, 0.0);
        page.scrolled(0.7);
        page.scrolled(0.3);
        page.scrolled(f64::NAN);
        assert_eq!(page.figures(1.0).map(|f| f.scroll_max), Some(70));
        page.scrolled(1.2);
        assert_eq!(page.figures(2.0).map(|f| f.scroll_max), Some(100));
    }

    #[test]
    fn a_page_left_open_is_reported_less_often() {
        let mut page = page();
        assert!(!page.beat());
        page.set_visible(true, 0.0);
        let told = (1..=40).filter(|_| page.beat()).count();
        assert_eq!(told, 4 + 3 + 3);
    }

    #[test]
    fn a_route_has_no_fragment_unless_the_site_says_so() {
        assert_eq!(
            route("https://a.example/p?q#h", false),
            "https://a.example/p?q"
        );
        assert_eq!(
            route("https://a.example/p#h", true),
            "https://a.example/p#h"
        );
    }

    proptest! {
        #[test]
        fn figures_only_grow(steps in proptest::collection::vec((any::<bool>(), 0.0f64..5_000.0, 0.0f64..2_000.0), 1..40)) {
            let mut page = page();
            let (mut now, mut before) = (0.0, (0, 0));
            for (visible, more, bottom) in steps {
                now += more;
                page.set_visible(visible, now);
                page.scrolled(bottom / 1_000.0);
                if let Some(figures) = page.figures(now) {
                    prop_assert!(figures.visible_ms >= before.0 && figures.scroll_max >= before.1);
                    prop_assert!(figures.visible_ms as f64 <= now && figures.scroll_max <= 100);
                    before = (figures.visible_ms, figures.scroll_max);
                }
            }
        }
    }
}
