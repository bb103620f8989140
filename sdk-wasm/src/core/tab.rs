//! What a tab knows of itself: its id, and how many items it has counted.
//!
//! Owns the text form, which `browser/tabs` keeps in the tab's own `sessionStorage`.

use uuid::Uuid;

use super::text::{after, push};
use super::{id, number};

/// The text, without the count that is its end.
#[inline(never)]
pub fn text(tab: &Uuid) -> String {
    let mut text = id::text(tab);
    push(&mut text, " ");
    text
}

/// The count of `tab`, as far as the text is this tab's own. A page that is still leaving, in a process of its own, writes
/// there too; to count on from what that one counted would be a gap, which the collector calls a loss.
pub fn count(known: &str, tab: &Uuid) -> u64 {
    number::count(after(known, &text(tab)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_counts_on_from_its_own_count_alone() {
        let tab = id::new(1, [1; 2]);
        let known = text(&tab) + "7";
        assert_eq!(count(&known, &tab), 7);
        assert_eq!(count(&known, &id::new(2, [2; 2])), 0);
        assert_eq!(count("", &tab), 0);
        assert_eq!(count(&text(&tab), &tab), 0);
    }
}
