//! One request to a receiver, and what its answer means for the next.

use std::time::Duration;

use super::backoff;
use super::courier::Options;
use super::transport::{Letter, Transport};
use crate::clock;

/// Why a receiver did not take a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    /// The status of its answer, if there was one.
    pub(crate) status: Option<u16>,
    pub(crate) reason: &'static str,
    /// How long it asks to be left alone.
    pub(crate) asked: Option<Duration>,
}

impl Failure {
    /// Whether the receiver says that it is gone for good.
    pub(crate) fn is_gone(&self) -> bool {
        self.status == Some(410)
    }

    /// When to try again after attempt number `attempt`.
    pub(crate) fn again(&self, options: Options, attempt: i64, now: i64) -> i64 {
        let pause = backoff::pause(options.backoff, attempt, backoff::chance());
        now.saturating_add(millis(pause.max(self.asked.unwrap_or_default())))
    }

    /// Until when the receiver asks to be left alone.
    pub(crate) fn hold_until(&self, now: i64) -> Option<i64> {
        let asked = self.asked.filter(|asked| !asked.is_zero())?;
        Some(now.saturating_add(millis(asked)))
    }
}

/// Sends a letter. Gives the status of the answer.
///
/// # Errors
/// [`Failure`].
pub(crate) async fn post(transport: &Transport, letter: &Letter) -> Result<u16, Failure> {
    let answer = match transport.post(letter, 0).await {
        Ok(answer) => answer,
        Err(lost) => {
            return Err(Failure {
                status: None,
                reason: lost.as_str(),
                asked: None,
            });
        }
    };
    let status = answer.status.as_u16();
    if answer.status.is_success() {
        return Ok(status);
    }
    let now = clock::now();
    let asked = answer.retry_after.as_deref();
    Err(Failure {
        status: Some(status),
        reason: match status {
            300..=399 => "redirected",
            410 => "gone",
            _ => "refused",
        },
        asked: asked.and_then(|text| backoff::asked(text, now)),
    })
}

/// Milliseconds, as times are stored.
pub(crate) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
