//! Everything that is tested from the outside, in one binary.
//!
//! The tests on PostgreSQL need a server: `WAYMARK_TEST_POSTGRES_URL` names a database in which they may create
//! others, such as `postgres://postgres@127.0.0.1:5432/postgres`. Without it they fail and say so.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that meets what it does not expect has failed, and says where"
)]

mod api;
mod browser;
mod contract;
mod deploy;
mod faults;
mod import;
mod queue;
mod store;
mod support;
