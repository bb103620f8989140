//! Bodies of batches, packed or not.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waymark_collector::fuzzing::body(data));
