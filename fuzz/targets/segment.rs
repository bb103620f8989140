//! Bodies of Segment's API.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| waymark_collector::fuzzing::segment(data));
