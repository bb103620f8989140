//! The HTTP API as its clients see it, on both databases.

mod access;
mod commands;
mod enrichment;
mod ingest;
mod limits;
mod live;
mod load;
mod pages;
mod reading;
mod secrets;
mod server_keys;
