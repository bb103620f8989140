//! Answers to questions about many journeys at once, as pure functions over rows.
//!
//! Owns what a figure is: which rows count for a question ([`scope`]), what they are counted by ([`dimension`], [`field`], [`groups`]), in
//! which stretch of time ([`buckets`]), what sessions and items come to ([`figures`], [`tally`], [`items`]), what orders brought
//! ([`prices`]), what a share is and which model gives it to whom ([`attribution`]), and the version of each
//! definition ([`definitions`]). Refuses I/O and the clock: [`crate::columns`] holds the rows, [`crate::http`] asks, and a
//! moment comes in as an argument. The same rows give the same answer, to the last digit, in any order and on any machine.
//!
//! A question is a file here with a function from [`scope::Scope`] to what it answers, a fold over visitors or persons, and a
//! route in `http/questions/` that reads its parameters.

pub mod attempt;
pub mod attribution;
pub mod beginning;
pub mod bottlenecks;
pub mod breakdown;
pub mod buckets;
pub mod chance;
pub mod conversions;
pub mod credit;
pub mod definitions;
pub mod dimension;
pub mod events;
pub mod field;
pub mod figures;
pub mod filter;
pub mod fisher;
pub mod funnel;
pub mod goal;
pub mod groups;
pub mod items;
pub mod latest;
pub mod overview;
pub mod pages;
pub mod paths;
pub mod prediction;
pub mod prices;
pub mod progress;
pub mod properties;
pub mod quantile;
pub mod realtime;
pub mod retention;
pub mod rolled;
pub mod rows;
pub mod scope;
pub mod sources;
pub mod spread;
pub mod stages;
pub mod steps;
pub mod tally;
pub mod touchpoints;
pub mod whose;

#[cfg(test)]
mod invariants;
