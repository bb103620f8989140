//! The store and the ingest as a library: every method on both databases.

mod answers;
mod bots;
mod concurrency;
mod definitions;
mod desk;
mod failures;
mod fold;
mod fuzz;
mod hostile;
mod imports;
mod interactions;
mod limits;
mod lists;
mod loss;
mod persons;
mod rejected;
mod revenue;
mod segment;
mod stages;
