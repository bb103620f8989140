//! Everything that is tested from the outside, in one binary.
//!
//! The tests on PostgreSQL need a server: `WAYMARK_TEST_POSTGRES_URL` names a database in which they may create
//! others, such as `postgres://postgres@127.0.0.1:5432/postgres`. Without it they fail and say so.

mod api;
mod browser;
mod contract;
mod store;
mod support;
