//! The HTTP API as its clients see it, on both databases.

mod access;
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
mod metrics;
mod pages;
mod reading;
mod rejected;
mod secrets;
mod server_keys;
mod stages;
mod stages_command;
mod types_command;
