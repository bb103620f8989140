//! How a visit came: URLs, UTM parameters, click ids.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| waymark_collector::fuzzing::touch(text));
