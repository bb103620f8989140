//! The three states of consent and their names.

use waymark_protocol::Consent;

/// Reads `granted`, `denied` or `unknown`.
pub fn parse(text: &str) -> Option<Consent> {
    match text {
        "granted" => Some(Consent::Granted),
        "denied" => Some(Consent::Denied),
        "unknown" => Some(Consent::Unknown),
        _ => None,
    }
}

/// Stands for the state that the settings say.
pub const AS_SET: &str = "as_set";

/// The name of a state.
pub fn name(state: Consent) -> &'static str {
    match state {
        Consent::Granted => "granted",
        Consent::Denied => "denied",
        Consent::Unknown => "unknown",
    }
}

/// What a change of state asks of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing.
    Stay,
    /// Read the ids, release what was held in memory, and record the consent.
    Release,
    /// Forget everything, stored or held.
    Forget,
    /// Hold what comes in memory from now on; what is stored stays.
    Hold,
}

/// The step from one state to another.
pub fn step(from: Consent, to: Consent) -> Step {
    if from == to {
        return Step::Stay;
    }
    match to {
        Consent::Granted => Step::Release,
        Consent::Denied => Step::Forget,
        Consent::Unknown => Step::Hold,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_others_are_refused() {
        for state in [Consent::Granted, Consent::Denied, Consent::Unknown] {
            assert_eq!(parse(name(state)), Some(state));
        }
        assert_eq!(parse("yes"), None);
        assert_eq!(parse(""), None);
    }

    #[test]
    fn denial_forgets_from_any_other_state() {
        assert_eq!(step(Consent::Granted, Consent::Denied), Step::Forget);
        assert_eq!(step(Consent::Unknown, Consent::Denied), Step::Forget);
        assert_eq!(step(Consent::Denied, Consent::Denied), Step::Stay);
    }

    #[test]
    fn a_grant_releases_and_a_withdrawal_to_unknown_holds() {
        assert_eq!(step(Consent::Unknown, Consent::Granted), Step::Release);
        assert_eq!(step(Consent::Denied, Consent::Granted), Step::Release);
        assert_eq!(step(Consent::Granted, Consent::Unknown), Step::Hold);
    }
}
