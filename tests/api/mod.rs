//! The HTTP API as its clients see it, on both databases.

mod access;
mod accounts;
mod backup;
mod catalogue;
mod catalogue_command;
mod catalogue_modes;
mod check;
mod commands;
mod enrichment;
mod ingest;
mod limits;
mod live;
mod load;
mod loss;
mod merges;
mod metrics;
mod pages;
mod persons;
mod reading;
mod rejected;
mod secrets;
mod segment;
mod segment_clients;
mod segment_messages;
mod server_keys;
mod types_command;
