//! Conclusions from raw facts: what device it was, where a visit came from, which channel that is.
//!
//! Pure functions of their arguments and of lists that are part of the program. Nothing here is kept or sent; the
//! conclusions go into [`crate::journey::Arrival`].

pub mod address;
mod bots;
pub mod channel;
pub mod client_hints;
pub mod geo;
mod sources;
pub mod touch;
pub mod user_agent;

/// The version of the rules: of everything here that decides about source, channel, device and bots. Kept with what
/// they concluded, so that it is known later which rules it was. A change of any rule or list is a new version.
pub const RULES: i64 = 1;

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    /// The lists by which each version of the rules decides.
    const LISTS: [&str; 3] = [
        include_str!("sources.txt"),
        include_str!("isbot/patterns.json"),
        include_str!("uap-core/regexes.yaml"),
    ];

    #[test]
    fn other_lists_are_another_version_of_the_rules() {
        let mut digest = Sha256::new();
        for list in LISTS {
            digest.update(list);
        }
        let digest: String = digest.finalize()[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        // Who changes a list raises the version and writes the new pair here.
        assert_eq!((RULES, digest.as_str()), (1, "a76aa8b7beb69088"));
    }
}
