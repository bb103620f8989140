//! What a visitor's items add up to: journeys, sessions, stages and names.
//!
//! Everything here is pure: no clock, no database, no wire format. [`Fact`] is one item that has been read and
//! enriched, [`fold`] says what a set of facts means, and [`Journey`], [`Session`] and [`Entry`] are the answers
//! people see. The store keeps the same answers up to date row by row; the property tests compare the two.

mod consent;
pub(crate) mod email;
mod fact;
mod fold;
mod identity;
mod insights;
mod interaction;
mod model;
mod names;
mod person;
mod progress;
mod revenue;
mod scale;
mod score;
pub mod sequence;
mod stages;
mod transaction;
mod trend;
mod usage;

pub use consent::Consented;
pub use email::{email_hash, known_hash, told_emails};
pub use fact::{Arrival, Engagement, Fact, Moment};
pub use fold::{Contacts, Folded, Persons, contacts, fold, loss, persons, revenue as fold_revenue};
pub use identity::{Identity, Links, MOST_IDS, Merge, NoIdentity, Origin};
pub use insights::{
    Asks, Evidence, Insight, InsightDetail, InsightKind, Known, Record, Seen, Spell, insights,
    rules, shows_prices,
};
pub use interaction::{ChannelContacts, ChannelTotals, Contact, Direction, Interaction, MatchedBy};
pub use model::{
    Device, Entry, EntryKind, Ga, Journey, MarkedBy, Milestone, ReachedStage, Screen, Session,
    Touch, UnknownName,
};
pub use names::friendly;
pub use person::{Account, Figures, Person, PersonVisitor, Slice, named};
pub(crate) use progress::{Firsts, Progress};
pub use revenue::{InCurrency, Ledger, Order, Revenue, Sales, UnmatchedRefunds};
pub use scale::{Scale, ScaleDocument, UnfitScale, WeightsDocument};
pub use score::{DAY_MS, EngagementScore, Occasion, Occasions, Parts, RecordKind};
pub use sequence::Loss;
pub use stages::{Definition, MilestoneRule, Reached, Stage, StagesDocument};
pub use transaction::{
    Back, Rank, Sold, Taken, Transaction, TransactionKind, key_of_id, key_of_item, rank, settle,
};
pub use trend::{Counts, Direction as TrendDirection, LEVEL, Point, Trend};
pub use usage::{SessionUsage, Told, ToolUse, Usage, Used};
