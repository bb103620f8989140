//! `collector keys …`

use std::io::Write;

use clap::Subcommand;

use super::{CommandError, sites};
use crate::http::keys;
use crate::store::Store;
use crate::store::keys::KeyKind;

/// `collector keys …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum KeysCommand {
    /// Print every API key and server key, without its secret
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
    /// Make a server key, with which a server may send events, and print its secret, once
    AddServer {
        /// What it is for
        #[arg(long)]
        name: String,
        /// The id of the site for which it sends
        #[arg(long, value_name = "ID")]
        site: i64,
    },
    /// Take an API key or server key away
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
                let may = match key.kind {
                    KeyKind::Api => "reads",
                    KeyKind::Server => "sends for",
                };
                writeln!(out, "{}\t{}…\t{may} {site}\t{}", key.id, key.hint, key.name)?;
            }
        }
        KeysCommand::Add { name, site } => {
            if let Some(id) = site {
                sites::find(store, *id).await?;
            }
            let (key, secret) = keys::make(store, KeyKind::Api, name, *site).await?;
            writeln!(out, "API key {}: {}", key.id, key.name)?;
            writeln!(out, "Secret, shown this once: {secret}")?;
        }
        KeysCommand::AddServer { name, site } => {
            let site = sites::find(store, *site).await?;
            let (key, secret) = keys::make(store, KeyKind::Server, name, Some(site.id)).await?;
            writeln!(out, "Server key {} of {}: {}", key.id, site.name, key.name)?;
            writeln!(out, "Secret, shown this once: {secret}")?;
        }
        KeysCommand::Revoke { id } => {
            if !store.revoke_api_key(*id).await? {
                return Err(CommandError::Refused(format!("there is no key {id}")));
            }
            writeln!(out, "Key {id} is revoked.")?;
        }
    }
    Ok(())
}
