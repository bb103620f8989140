//! The store and the ingest as a library: every method on both databases.

mod answers;
mod bots;
mod changes;
mod columns;
mod concurrency;
pub(crate) mod definitions;
pub(crate) mod desk;
mod failures;
pub(crate) mod fold;
mod fuzz;
mod hostile;
mod imports;
mod interactions;
mod judgements;
mod limits;
mod lists;
mod loss;
mod persons;
mod rejected;
mod retention;
mod revenue;
mod rollups;
mod segment;
mod silent;
mod stages;
mod told;
mod verify;
