//! `document.cookie`, as Google Analytics and whoever else wrote into it.
#![no_main]

libfuzzer_sys::fuzz_target!(|cookies: &str| {
    let ids = waymark_sdk::core::ga4::ids(cookies);
    // Empty where there is none.
    for id in [ids.client, ids.session] {
        // A wrong id is worse than none.
        assert!(cookies.contains(id));
        assert!(id.bytes().all(|b| b.is_ascii_digit() || b == b'.'), "{id}");
    }
});
