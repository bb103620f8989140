//! `User-Agent` headers.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| waymark_collector::fuzzing::user_agent(text));
