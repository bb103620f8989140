//! What proxies say of where a request comes from.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| waymark_collector::fuzzing::client(text));
