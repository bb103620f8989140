//! `collector keys …`

use std::io::Write;

use clap::Subcommand;

use super::CommandError;
use crate::clock;
use crate::credentials;
use crate::http::keys::{HINT_CHARS, PREFIX};
use crate::store::Store;

/// `collector keys …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum KeysCommand {
    /// Print every API key, without its secret
    List,
    /// Make an API key and print its secret, once
    Add {
        /// What it is for
        #[arg(long)]
        name: String,
        /// The id of the one site it may see; every site if absent
        #[arg(long, value_name = "ID")]
        site: Option<i64>,
    },
    /// Take an API key away
    Revoke {
        /// Its id, as `keys list` prints it
        id: i64,
    },
}

pub(super) async fn run(
    command: &KeysCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        KeysCommand::List => {
            for key in store.api_keys().await? {
                let site = key
                    .site
                    .map_or("every site".to_owned(), |id| format!("site {id}"));
                writeln!(out, "{}\t{}…\t{site}\t{}", key.id, key.hint, key.name)?;
            }
        }
        KeysCommand::Add { name, site } => {
            if let Some(id) = site
                && !store.sites().await?.iter().any(|s| s.id == *id)
            {
                return Err(CommandError::Argument(
                    "site: There is no such site.".into(),
                ));
            }
            let token = credentials::token(PREFIX)?;
            let hint = &token.secret[..HINT_CHARS];
            let key = store
                .add_api_key(name, *site, &token.digest, hint, clock::now())
                .await?;
            writeln!(out, "API key {}: {}", key.id, key.name)?;
            writeln!(out, "Secret, shown this once: {}", token.secret)?;
        }
        KeysCommand::Revoke { id } => {
            if !store.revoke_api_key(*id).await? {
                return Err(CommandError::Refused(format!("there is no API key {id}")));
            }
            writeln!(out, "API key {id} is revoked.")?;
        }
    }
    Ok(())
}
