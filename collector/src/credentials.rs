//! Secrets: making random ones, keeping only their digests, and checking passwords.
//!
//! Owns the random numbers and the hash functions. Refuses to keep or log a secret: what leaves this module for
//! the database is a digest. Tokens are 256 random bits, so one SHA-256 is enough for them; passwords are chosen
//! by people, so they get argon2id with its default costs (19 MiB, two passes).

use std::fmt::Write;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

/// A secret just made, to be shown once.
pub struct Token {
    /// What its holder presents.
    pub secret: String,
    /// What is stored.
    pub digest: Vec<u8>,
}

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The operating system gives no random numbers.
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
    /// The hash function failed.
    #[error("password hashing failed: {0}")]
    Hash(String),
    /// Too many passwords wait to be checked.
    #[error("too many passwords are being checked")]
    Busy,
}

/// Makes a secret of 256 random bits in hexadecimal, after `prefix`.
///
/// # Errors
/// [`CredentialError::Random`].
pub fn token(prefix: &str) -> Result<Token, CredentialError> {
    let secret = format!("{prefix}{}", random_hex(32)?);
    let digest = digest(&secret);
    Ok(Token { secret, digest })
}

/// What is stored of a token.
pub fn digest(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

/// A new public write key. It is no secret, every page shows it: 80 random bits keep two sites apart.
///
/// # Errors
/// [`CredentialError::Random`].
pub fn write_key() -> Result<String, CredentialError> {
    Ok(format!("wk_{}", random_hex(10)?))
}

fn random_hex(bytes: usize) -> Result<String, CredentialError> {
    let mut random = vec![0_u8; bytes];
    getrandom::fill(&mut random).map_err(CredentialError::Random)?;
    Ok(random
        .iter()
        .fold(String::with_capacity(2 * bytes), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
}

/// How long a password may wait for its turn.
const TURN: Duration = Duration::from_secs(5);

/// Hashes and checks passwords, a few at a time: each takes tens of milliseconds of a core and 19 MiB, and who
/// sends many at once must not take the machine away from ingest.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(2)),
        }
    }
}

impl Passwords {
    /// Hashes a new password into its PHC string, salt and costs included.
    ///
    /// # Errors
    /// [`CredentialError::Busy`] when no turn comes within five seconds; otherwise the hash function's failure.
    pub async fn hash(&self, password: String) -> Result<String, CredentialError> {
        self.turn(move || {
            Argon2::default()
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|e| CredentialError::Hash(e.to_string()))
        })
        .await?
    }

    /// Whether `password` is the one behind `hash`. Without a hash, because there is no such user, it takes as
    /// long and says no, so that the time does not tell which addresses exist.
    ///
    /// # Errors
    /// [`CredentialError::Busy`] when no turn comes within five seconds; otherwise the hash function's failure.
    pub async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, CredentialError> {
        self.turn(move || {
            let known = hash.is_some();
            let text = match &hash {
                Some(hash) => hash.as_str(),
                None => NOBODY.as_str(),
            };
            let hash = PasswordHash::new(text).map_err(|e| CredentialError::Hash(e.to_string()))?;
            let matches = Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok();
            Ok(matches && known)
        })
        .await?
    }

    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, CredentialError> {
        let turn = tokio::time::timeout(TURN, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_| CredentialError::Busy)?
            .map_err(|e| CredentialError::Hash(e.to_string()))?;
        tokio::task::spawn_blocking(move || {
            // Moved in: a caller that goes away does not free the turn while the work still runs.
            let _turn = turn;
            work()
        })
        .await
        .map_err(|e| CredentialError::Hash(e.to_string()))
    }
}

/// The hash of a password nobody has.
static NOBODY: LazyLock<String> = LazyLock::new(|| {
    Argon2::default()
        .hash_password(b"nobody")
        .map(|hash| hash.to_string())
        .unwrap_or_default()
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_differ() {
        let (a, b) = (token("wmk_").unwrap(), token("wmk_").unwrap());
        assert_eq!(a.secret.len(), 4 + 64);
        assert_ne!(a.secret, b.secret);
        assert_eq!(a.digest, digest(&a.secret));
        assert_eq!(a.digest.len(), 32);
    }

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        let verify = |password: &str, hash: Option<&String>| {
            passwords.verify(password.to_owned(), hash.cloned())
        };
        assert!(verify("correct horse", Some(&hash)).await.unwrap());
        assert!(!verify("wrong horse", Some(&hash)).await.unwrap());
        assert!(!verify("nobody", None).await.unwrap());
    }
}
