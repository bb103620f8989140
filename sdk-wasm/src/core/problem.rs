//! What can go wrong, by number. The words are for developers: the core knows the numbers alone, and the inspector, which
//! shares this file, says the words.

/// A problem that costs an item, a field or time. The numbers are those of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem {
    /// None at all.
    None,
    /// A name or user id is missing, or has too many characters.
    Name,
    /// Properties or traits are no JSON object.
    Props,
    /// A value is no decimal number.
    Value,
    /// A currency is no code of three letters.
    Currency,
    /// A state of consent has another name than the three there are.
    Consent,
    /// Too many calls wait for consent.
    Line,
    /// The queue is full, or its items too old.
    Queue,
    /// An item is too large, or its properties too deep.
    Size,
    /// The collector has dropped an item.
    Dropped,
    /// An item is too large for the collector.
    Refused,
    /// The collector cannot read a batch.
    Unreadable,
    /// The collector refuses the key, or this origin.
    Key,
    /// A trait or property is too long or too deep, has no JSON, or there is no room for it.
    Trait,
    /// The visitor has opted out.
    Out,
    /// The site's `beforeSend` failed, or gave something that is no item.
    Filter,
}

#[cfg_attr(
    target_arch = "wasm32",
    allow(
        dead_code,
        reason = "the inspector, in a module of its own, says the words"
    )
)]
impl Problem {
    /// Every problem, by its number.
    pub const ALL: [Problem; 16] = [
        Problem::None,
        Problem::Name,
        Problem::Props,
        Problem::Value,
        Problem::Currency,
        Problem::Consent,
        Problem::Line,
        Problem::Queue,
        Problem::Size,
        Problem::Dropped,
        Problem::Refused,
        Problem::Unreadable,
        Problem::Key,
        Problem::Trait,
        Problem::Out,
        Problem::Filter,
    ];

    /// The problem of a number.
    pub fn from_number(number: usize) -> Option<Problem> {
        Problem::ALL.get(number).copied()
    }

    /// What is wrong, beginning with the field or thing that is.
    pub fn text(self) -> &'static str {
        match self {
            Problem::None => "",
            Problem::Name => {
                "name: has to be a text of 1 to 100 characters, a user id of up to 256; the call was dropped"
            }
            Problem::Props => {
                "props: have to be an object that has a JSON form; the call was dropped"
            }
            Problem::Value => "value: has to be a decimal number, such as '49.90'; it was left out",
            Problem::Currency => {
                "currency: has to be a code of three letters, such as 'EUR'; it was left out"
            }
            Problem::Consent => {
                "consent: has to be 'granted', 'denied' or 'unknown'; it stays as it was"
            }
            Problem::Line => "consent: too many calls wait for it; the call was dropped",
            Problem::Queue => {
                "queue: full or too old; the oldest item that matters least was given up"
            }
            Problem::Size => "props: more than 32 KB or 8 levels; the call was dropped",
            Problem::Dropped => "item: the collector dropped it; its answer says why",
            Problem::Refused => "item: too large for the collector; it was given up",
            Problem::Unreadable => {
                "batch: the collector cannot read it; it is tried again in five minutes"
            }
            Problem::Key => {
                "key: the collector refuses it, or this page's origin; it is tried again in five minutes"
            }
            Problem::Trait => {
                "traits: one is longer than 4 KB, deeper than 8 levels, without a JSON form, or beyond the room for all; it was left out"
            }
            Problem::Out => "consent: the visitor has opted out; only optIn() undoes that",
            Problem::Filter => {
                "beforeSend: threw, or gave something without data; the item was kept as it was"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_problems_belong_together() {
        for (number, problem) in Problem::ALL.into_iter().enumerate() {
            assert_eq!(problem as usize, number);
            assert_eq!(Problem::from_number(number), Some(problem));
            assert_eq!(problem.text().is_empty(), problem == Problem::None);
        }
        assert_eq!(Problem::from_number(Problem::ALL.len()), None);
    }
}
