//! The commands that are not `serve`: sites, API keys and the owner's set-up link, on the database directly.
//!
//! They work while a collector runs on the same database, which knows of a change within two seconds. Everything
//! they print is for the operator's terminal; a secret is printed once, here, and never logged.

mod geo;

use std::io::Write;

use clap::Subcommand;

pub use self::geo::GeoCommand;
use crate::clock;
use crate::config::Config;
use crate::credentials::{self, CredentialError};
use crate::http::keys::{self, KeyError};
use crate::site_rules::{self, SiteError};
use crate::store::keys::KeyKind;
use crate::store::sites::Site;
use crate::store::{Store, StoreError};

/// What the program is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Take events and answer questions (this is what it does without a command)
    Serve,
    /// Sites: whose pages may send
    #[command(subcommand)]
    Sites(SitesCommand),
    /// Keys of machines: API keys may read, server keys may send
    #[command(subcommand)]
    Keys(KeysCommand),
    /// People who may read
    #[command(subcommand)]
    Users(UsersCommand),
    /// The database that tells visitors' country, region and city
    #[command(subcommand)]
    Geo(GeoCommand),
}

/// `collector sites …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SitesCommand {
    /// Print every site
    List,
    /// Make a site and print its write key and script tag
    Add {
        /// What you call it
        #[arg(long)]
        name: String,
        /// An origin that may send, such as https://shop.example, https://*.shop.example or http://localhost:*;
        /// may be given several times; without it every origin may send
        #[arg(long = "origin", value_name = "ORIGIN")]
        origins: Vec<String>,
        /// The write key, wk_…; made if absent. A site that has it already stays as it is and is printed
        #[arg(long, value_name = "KEY")]
        key: Option<String>,
        /// IANA name of the time zone in which its days begin [default: UTC]
        #[arg(long, value_name = "NAME")]
        time_zone: Option<String>,
    },
    /// Change a site; what is not named stays
    Set {
        /// Its id
        id: i64,
        /// What you call it
        #[arg(long)]
        name: Option<String>,
        /// An origin that may send; may be given several times; together they take the place of those there were
        #[arg(long = "origin", value_name = "ORIGIN", conflicts_with = "any_origin")]
        origins: Vec<String>,
        /// Let every origin send
        #[arg(long)]
        any_origin: bool,
        /// Whether what comes without one of the origins has to carry a server key
        #[arg(long, value_name = "BOOL")]
        server_key_required: Option<bool>,
        /// Whether answers renew the visitor's cookie (see docs/security.md)
        #[arg(long, value_name = "BOOL")]
        renew_cookie: Option<bool>,
        /// Domain of that cookie, the same as the SDK's cookieDomain; empty for the collector's own host
        #[arg(long, value_name = "DOMAIN")]
        cookie_domain: Option<String>,
    },
}

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
        /// Its id
        id: i64,
    },
}

/// `collector users …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum UsersCommand {
    /// Print everyone who may sign in
    List,
    /// Print a new link to choose the owner's e-mail address and password, good once and for 24 hours
    SetupLink,
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// No secret could be made.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The database of places.
    #[error(transparent)]
    Geo(#[from] crate::geo::FileError),
    /// Something is for the operator to do: what it is.
    #[error("{0}")]
    Guidance(String),
    /// An argument is of no use.
    #[error("--{0}")]
    Argument(String),
    /// The output was closed.
    #[error("cannot print: {0}")]
    Output(#[from] std::io::Error),
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Credential(error) => Self::Credential(error),
            KeyError::Store(error) => Self::Store(error),
        }
    }
}

impl From<SiteError> for CommandError {
    fn from(error: SiteError) -> Self {
        match error {
            SiteError::Credential(error) => Self::Credential(error),
            SiteError::Field { field, message } => {
                let flag = match field.split('[').next() {
                    Some("origins") => "origin",
                    Some("time_zone") => "time-zone",
                    Some("cookie_domain") => "cookie-domain",
                    _ => field.as_str(),
                };
                Self::Argument(format!("{flag}: {message}"))
            }
        }
    }
}

/// Does the work of a command that asks nothing of the database, if it is one.
///
/// # Errors
/// [`CommandError`]; nothing was changed then.
pub fn without_store(
    command: &Command,
    config: &Config,
    out: &mut impl Write,
) -> Option<Result<(), CommandError>> {
    match command {
        Command::Geo(command) => Some(geo::run(command, config, out)),
        _ => None,
    }
}

/// Does `command`'s work and prints what came of it. [`Command::Serve`] is not done here.
///
/// # Errors
/// [`CommandError`]; nothing was changed then.
pub async fn run(
    command: &Command,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        Command::Serve => Ok(()),
        Command::Sites(command) => sites(command, config, store, out).await,
        Command::Keys(command) => keys(command, store, out).await,
        Command::Users(command) => users(command, config, store, out).await,
        Command::Geo(command) => geo::run(command, config, out),
    }
}

async fn sites(
    command: &SitesCommand,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        SitesCommand::List => {
            for site in store.sites().await? {
                let origins = if site.origins.is_empty() {
                    "any origin".to_owned()
                } else {
                    site.origins.join(" ")
                };
                writeln!(out, "{}\t{}\t{}\t{origins}", site.id, site.key, site.name)?;
            }
        }
        SitesCommand::Add {
            name,
            origins,
            key,
            time_zone,
        } => {
            let new = site_rules::new_site(name, origins, time_zone.as_deref(), key.as_deref())?;
            let (site, is_new) = store.add_site(&new, clock::now()).await?;
            let state = if is_new {
                ""
            } else {
                " (was there already and stays as it is)"
            };
            writeln!(out, "Site {}: {}{state}", site.id, site.name)?;
            writeln!(out, "Write key: {}", site.key)?;
            writeln!(out, "Put this into the <head> of every page:")?;
            writeln!(
                out,
                "  <script async src=\"{}/{}\" data-key=\"{}\"></script>",
                config.public_base(config.listen),
                config.script_name,
                site.key
            )?;
        }
        SitesCommand::Set {
            id,
            name,
            origins,
            any_origin,
            server_key_required,
            renew_cookie,
            cookie_domain,
        } => {
            let site = site(store, "id", *id).await?;
            let changes = site_rules::Changes {
                name: name.clone(),
                origins: (*any_origin || !origins.is_empty()).then(|| origins.clone()),
                server_key_required: *server_key_required,
                renew_cookie: *renew_cookie,
                cookie_domain: cookie_domain
                    .clone()
                    .map(|domain| (!domain.is_empty()).then_some(domain)),
            };
            let site = changes.apply(site)?;
            store.update_site(&site).await?;
            writeln!(out, "Site {} is changed.", site.id)?;
        }
    }
    Ok(())
}

/// The site with this id.
async fn site(store: &Store, flag: &str, id: i64) -> Result<Site, CommandError> {
    let mut sites = store.sites().await?.into_iter();
    sites
        .find(|site| site.id == id)
        .ok_or_else(|| CommandError::Argument(format!("{flag}: There is no such site.")))
}

async fn keys(
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
                self::site(store, "site", *id).await?;
            }
            let (key, secret) = keys::make(store, KeyKind::Api, name, *site).await?;
            writeln!(out, "API key {}: {}", key.id, key.name)?;
            writeln!(out, "Secret, shown this once: {secret}")?;
        }
        KeysCommand::AddServer { name, site } => {
            let site = self::site(store, "site", *site).await?;
            let (key, secret) = keys::make(store, KeyKind::Server, name, Some(site.id)).await?;
            writeln!(out, "Server key {} of {}: {}", key.id, site.name, key.name)?;
            writeln!(out, "Secret, shown this once: {secret}")?;
        }
        KeysCommand::Revoke { id } => {
            if store.revoke_api_key(*id).await? {
                writeln!(out, "Key {id} is revoked.")?;
            } else {
                writeln!(out, "There is no key {id}.")?;
            }
        }
    }
    Ok(())
}

async fn users(
    command: &UsersCommand,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        UsersCommand::List => {
            for user in store.users().await? {
                let email = user.email.as_deref().unwrap_or("(not set up yet)");
                writeln!(out, "{}\t{}\t{email}", user.id, user.role)?;
            }
        }
        UsersCommand::SetupLink => {
            let owner = store.owner(clock::now()).await?;
            let link = setup_link(store, owner.id, &config.public_base(config.listen)).await?;
            writeln!(out, "{link}")?;
        }
    }
    Ok(())
}

const SETUP_MS: i64 = 24 * 60 * 60 * 1000;

/// Makes a set-up link. The token is in the URL's fragment, which browsers keep to themselves, so that no log on
/// the way has it.
///
/// # Errors
/// [`CommandError`] without a database or random numbers.
pub(crate) async fn setup_link(
    store: &Store,
    user_id: i64,
    public_base: &str,
) -> Result<String, CommandError> {
    let token = credentials::token("")?;
    let now = clock::now();
    store
        .add_setup_token(&token.digest, user_id, now, now + SETUP_MS)
        .await?;
    Ok(format!("{public_base}/setup#token={}", token.secret))
}
