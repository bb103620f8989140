//! Whether a commit outlives a power cut: the settings that decide it, read back from a connection that commits.
//!
//! Asking for a setting is not having it: a server may have been told not to flush, which no connection can change.

use super::{Database, Store, StoreError};

/// What decides whether `accepted` is true after a power cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Durability {
    /// Names and values, as the database says them.
    pub settings: Vec<(&'static str, String)>,
}

impl Durability {
    /// The settings by which a commit may be lost.
    pub fn weak(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.settings
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .filter(|(name, value)| match *name {
                "journal_mode" => *value != "wal",
                // FULL or EXTRA.
                "synchronous" => !matches!(*value, "2" | "3"),
                // Anything else is a choice of how many copies there are.
                _ => *value == "off",
            })
    }
}

impl Store {
    /// Reads the settings back.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] when the database does not answer.
    pub async fn durability(&self) -> Result<Durability, StoreError> {
        let mut settings = Vec::new();
        match self.database() {
            Database::Sqlite { items, .. } => {
                let (mode, level) = items.turn().await.durability()?;
                settings.push(("journal_mode", mode));
                settings.push(("synchronous", level.to_string()));
            }
            Database::Postgres { write, .. } => {
                let mut connection = write.acquire().await?;
                for name in ["synchronous_commit", "fsync", "full_page_writes"] {
                    let value = sqlx::query_scalar("SELECT current_setting($1)").bind(name);
                    settings.push((name, value.fetch_one(&mut *connection).await?));
                }
            }
        }
        Ok(Durability { settings })
    }
}
