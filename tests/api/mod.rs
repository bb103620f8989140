//! The HTTP API as its clients see it, on both databases.

mod access;
mod commands;
mod enrichment;
mod ingest;
mod live;
mod load;
mod pages;
mod reading;
