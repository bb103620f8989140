//! A compact copy of a site's rows, in columns, for questions about all of them at once.
//!
//! Rows answer questions about somebody; a funnel over a quarter asks about everybody, and reading millions of rows for it
//! takes seconds on either database. Here the same facts stand as plain arrays in memory: texts as numbers
//! ([`words`]), what is repeated as one number (a touch, a place, a device, a page: [`kinds`]), and everything of one visitor
//! side by side, oldest first ([`segment`]). So a question is a fold over visitors or persons ([`Columns::fold_visitors`],
//! [`Columns::fold_persons`]) which [`crate::analytics`] writes as a pure function, exact, with any filter and in any time zone.
//!
//! What events tell beside their name is free, so it is not there until a question names a property, and not any more once
//! none has for a while ([`props`]).
//!
//! The copy is never the truth: it is made from the store, thrown away at will, and holds only what questions count. It is
//! of everything that was committed before [`Columns::as_of`], which every answer states. [`keep`] makes it, keeps it fresh
//! and lets it go.

mod address;
mod compact;
mod contacts;
mod fill;
mod gather;
mod held;
pub mod keep;
pub mod kinds;
#[cfg(test)]
mod made;
mod marks;
mod named;
mod part;
mod persons;
pub mod props;
pub mod segment;
mod shelf;
mod site;
#[cfg(test)]
mod tests;
mod visitor;
pub mod words;

pub use contacts::Interactions;
pub use kinds::{Device, Page, Place, Touch};
pub use props::Properties;
pub use segment::{NO_EVENT, NO_SESSION, Segment};
pub use site::{Columns, Person};
pub use visitor::{Block, Events, Firsts, Orders, Sessions, Visitor};
pub use words::{NONE, Word, Words};
