//! Pages of a list: how far to read and where to go on.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::StoreError;

/// Part of a list, and where the next part starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// What to hand in for the next part; null at the end.
    pub next_cursor: Option<String>,
}

/// A place in a list that is ordered by a time and then by ids, all descending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    pub(super) at: i64,
    pub(super) id: Uuid,
    /// What tells rows of one time and id apart, in the list that needs it; nil in the others.
    pub(super) tie: Uuid,
}

impl Cursor {
    /// Before the first row of any list.
    const START: Self = Self {
        at: i64::MAX,
        id: Uuid::max(),
        tie: Uuid::max(),
    };

    /// Reads what a caller handed in.
    pub(super) fn read(text: Option<&str>) -> Result<Self, StoreError> {
        text.map_or(Ok(Self::START), str::parse)
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:016x}{}{}",
            self.at,
            self.id.simple(),
            self.tie.simple()
        )
    }
}

impl FromStr for Cursor {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let (at, ids) = text.split_at_checked(16).ok_or(StoreError::InvalidCursor)?;
        let (id, tie) = ids.split_at_checked(32).ok_or(StoreError::InvalidCursor)?;
        let uuid = |text| Uuid::try_parse(text).map_err(|_| StoreError::InvalidCursor);
        Ok(Self {
            // The sign is in the digits: a time before 1970 is written as its two's complement.
            at: u64::from_str_radix(at, 16)
                .map_err(|_| StoreError::InvalidCursor)?
                .cast_signed(),
            id: uuid(id)?,
            tie: uuid(tie)?,
        })
    }
}

/// A place in a list that is ordered by a time, an id and a text, all descending.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TextCursor {
    pub(super) at: i64,
    /// Nil in the list that has none.
    pub(super) id: Uuid,
    pub(super) text: String,
}

impl TextCursor {
    /// Reads what a caller handed in; without anything, before the first row of any list.
    pub(super) fn read(text: Option<&str>) -> Result<Self, StoreError> {
        let Some(text) = text else {
            return Ok(Self {
                at: Cursor::START.at,
                id: Cursor::START.id,
                text: String::new(),
            });
        };
        let (place, hex) = text.split_at_checked(48).ok_or(StoreError::InvalidCursor)?;
        let place: Cursor = format!("{place}{}", Uuid::nil().simple()).parse()?;
        let digit = |pair: &[u8]| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        };
        let bytes: Option<Vec<u8>> = hex.as_bytes().chunks(2).map(digit).collect();
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(Self {
            at: place.at,
            id: place.id,
            text: text
                .filter(|text| !text.contains('\0'))
                .ok_or(StoreError::InvalidCursor)?,
        })
    }
}

impl fmt::Display for TextCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{}", self.at, self.id.simple())?;
        self.text
            .bytes()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<T> Page<T> {
    /// No rows.
    pub(super) fn empty() -> Self {
        Self {
            data: Vec::new(),
            next_cursor: None,
        }
    }

    /// The first rows of two pages of one length and place, as one list.
    pub(super) fn merge<C: fmt::Display + Ord>(
        one: Self,
        other: Self,
        limit: u32,
        place: impl Fn(&T) -> C,
    ) -> Self {
        let more = one.next_cursor.is_some() || other.next_cursor.is_some();
        let mut data = one.data;
        data.extend(other.data);
        data.sort_by_key(|row| std::cmp::Reverse(place(row)));
        // What is beyond a page that has more stands behind its last row, and so behind the last one here.
        let mut merged = Self::cut(data, limit, &place);
        if more && merged.next_cursor.is_none() {
            merged.next_cursor = merged.data.last().map(|row| place(row).to_string());
        }
        merged
    }

    /// A page out of up to `limit + 1` rows: the one too many says that there is more.
    pub(super) fn cut<C: fmt::Display>(
        mut rows: Vec<T>,
        limit: u32,
        place: impl Fn(&T) -> C,
    ) -> Self {
        let limit = limit as usize;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows
            .last()
            .filter(|_| more)
            .map(|row| place(row).to_string());
        Self {
            data: rows,
            next_cursor,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place() {
        for at in [0, 1_749_482_510_000, -5, i64::MAX, i64::MIN] {
            let cursor = Cursor {
                at,
                id: Uuid::from_u128(0xfeed),
                tie: Uuid::from_u128(0xbeef),
            };
            assert_eq!(Cursor::read(Some(&cursor.to_string())).ok(), Some(cursor));
        }
    }

    #[test]
    fn a_cursor_with_a_text_leads_back_to_its_place() {
        for text in ["", "Ann Ä%"] {
            let cursor = TextCursor {
                at: -5,
                id: Uuid::from_u128(0xfeed),
                text: text.to_owned(),
            };
            let written = cursor.to_string();
            assert_eq!(TextCursor::read(Some(&written)).ok(), Some(cursor));
            for end in ["zz", "ff", "00"] {
                let broken = TextCursor::read(Some(&format!("{written}{end}")));
                assert!(matches!(broken, Err(StoreError::InvalidCursor)), "{end}");
            }
        }
    }

    #[test]
    fn a_made_up_cursor_is_refused() {
        for text in [
            "",
            "7",
            "zzzzzzzzzzzzzzzz00000000000000000000000000000000",
            "ééééééééééééééééé",
        ] {
            assert!(
                matches!(Cursor::read(Some(text)), Err(StoreError::InvalidCursor)),
                "{text}"
            );
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let place = |at: &i64| Cursor {
            at: *at,
            id: Uuid::nil(),
            tie: Uuid::nil(),
        };
        assert_eq!(Page::cut(vec![3, 2], 2, place).next_cursor, None);
        let page = Page::cut(vec![3, 2, 1], 2, place);
        assert_eq!(page.data, [3, 2]);
        assert_eq!(page.next_cursor, Some(place(&2).to_string()));
    }
}
