//! `collector keys …`

use std::collections::BTreeSet;
use std::io::Write;

use clap::Subcommand;

use super::{ACTOR, CommandError, sites, workspaces};
use crate::clock;
use crate::http::keys::{self, ToMake};
use crate::store::Store;
use crate::store::audit::By;
use crate::store::keys::{KeyKind, Scope};

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
        /// The id of the one site it may see; every site of the workspace if absent
        #[arg(long, value_name = "ID")]
        site: Option<i64>,
        /// The id of the workspace, for a key for every site of it [default: the first one]
        #[arg(long, value_name = "ID", conflicts_with = "site")]
        workspace: Option<i64>,
        /// What it may do: read (figures and definitions), persons (what tells of single persons), manage (change
        /// definitions) or sites (make sites); may be given several times [default: read, persons, and sites without --site]
        #[arg(long = "scope", value_name = "SCOPE")]
        scopes: Vec<Scope>,
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
                let site = match key.site {
                    Some(id) => format!("site {id}"),
                    None => format!("every site of workspace {}", key.workspace),
                };
                let may = match key.kind {
                    KeyKind::Api => {
                        let scopes: Vec<&str> = key.scopes.iter().map(|s| s.as_str()).collect();
                        format!("{} of", scopes.join(", "))
                    }
                    KeyKind::Server => "sends for".to_owned(),
                };
                let used = match key.last_used_at {
                    Some(at) => format!("used {}", super::moment(at)),
                    None => "-".to_owned(),
                };
                let (id, hint, name) = (key.id, key.hint, key.name);
                writeln!(out, "{id}\t{hint}…\t{may} {site}\t{name}\t{used}")?;
            }
        }
        KeysCommand::Add {
            name,
            site,
            workspace,
            scopes,
        } => {
            let workspace = match site {
                Some(id) => sites::find(store, *id).await?.workspace,
                None => workspaces::find(store, *workspace).await?.id,
            };
            let asked: BTreeSet<Scope> = scopes.iter().copied().collect();
            let asked = (!asked.is_empty()).then_some(asked);
            let scopes = keys::scopes(KeyKind::Api, *site, asked)
                .map_err(|message| CommandError::Argument(format!("scope: {message}")))?;
            let to_make = ToMake {
                kind: KeyKind::Api,
                name,
                workspace,
                site: *site,
                scopes,
            };
            let (key, secret) = keys::make(store, &to_make, ACTOR).await?;
            writeln!(out, "API key {}: {}", key.id, key.name)?;
            writeln!(out, "Secret, shown this once: {secret}")?;
        }
        KeysCommand::AddServer { name, site } => {
            let site = sites::find(store, *site).await?;
            let to_make = ToMake {
                kind: KeyKind::Server,
                name,
                workspace: site.workspace,
                site: Some(site.id),
                scopes: BTreeSet::new(),
            };
            let (key, secret) = keys::make(store, &to_make, ACTOR).await?;
            writeln!(out, "Server key {} of {}: {}", key.id, site.name, key.name)?;
            writeln!(out, "Secret, shown this once: {secret}")?;
        }
        KeysCommand::Revoke { id } => {
            let nothing = || CommandError::Refused(format!("there is no key {id}"));
            let key = store.api_key(*id).await?.ok_or_else(nothing)?;
            let by = By {
                actor: ACTOR,
                now: clock::now(),
            };
            if !store.revoke_api_key(key.workspace, *id, by).await? {
                return Err(nothing());
            }
            writeln!(out, "Key {id} is revoked.")?;
        }
    }
    Ok(())
}
