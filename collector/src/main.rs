//! The collector's process: arguments, configuration, run.
fn main() {}
