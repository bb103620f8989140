//! `collector sites …`

use std::io::Write;

use clap::Subcommand;

use super::{ACTOR, CommandError, workspaces};
use crate::clock;
use crate::config::Config;
use crate::credentials;
use crate::site_rules;
use crate::store::Store;
use crate::store::audit::By;
use crate::store::sites::Site;

/// `collector sites …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SitesCommand {
    /// Print every site: id, write key, name, origins, time zone, workspace
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
        /// The id of the workspace whose it is [default: the first one]
        #[arg(long, value_name = "ID")]
        workspace: Option<i64>,
    },
    /// Change a site; what is not named stays as it is
    Set {
        /// Its id, as `sites list` prints it
        id: i64,
        /// What you call it
        #[arg(long)]
        name: Option<String>,
        /// An origin that may send; all of them together replace those there were
        #[arg(long = "origin", value_name = "ORIGIN", conflicts_with = "any_origin")]
        origins: Vec<String>,
        /// Let every origin send
        #[arg(long)]
        any_origin: bool,
        /// IANA name of the time zone in which its days begin
        #[arg(long, value_name = "NAME")]
        time_zone: Option<String>,
        /// Whether what comes without one of the origins has to carry a server key
        #[arg(long, value_name = "BOOL")]
        server_key_required: Option<bool>,
        /// Whether answers renew the visitor's cookie (see docs/security.md)
        #[arg(long, value_name = "BOOL")]
        renew_cookie: Option<bool>,
        /// Domain of that cookie, the same as the SDK's cookieDomain; empty for the collector's own host
        #[arg(long, value_name = "DOMAIN")]
        cookie_domain: Option<String>,
        /// Currency of its figures, such as EUR (docs/revenue.md); empty for none
        #[arg(long, value_name = "CODE")]
        currency: Option<String>,
    },
    /// Give a site a new write key and print it. Pages with the old one cannot send any more
    RotateKey {
        /// Its id, as `sites list` prints it
        id: i64,
    },
}

pub(super) async fn run(
    command: &SitesCommand,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let by = By {
        actor: ACTOR,
        now: clock::now(),
    };
    match command {
        SitesCommand::List => {
            for site in store.sites().await? {
                let origins = if site.origins.is_empty() {
                    "any origin".to_owned()
                } else {
                    site.origins.join(" ")
                };
                writeln!(
                    out,
                    "{}\t{}\t{}\t{origins}\t{}\tworkspace {}",
                    site.id, site.key, site.name, site.time_zone, site.workspace
                )?;
            }
        }
        SitesCommand::Add {
            name,
            origins,
            key,
            time_zone,
            workspace,
        } => {
            let workspace = workspaces::find(store, *workspace).await?.id;
            let (zone, key) = (time_zone.as_deref(), key.as_deref());
            let new = site_rules::new_site(workspace, name, origins, zone, key)?;
            let (site, is_new) = store.add_site(&new, by).await?;
            let state = if is_new {
                ""
            } else {
                " (was there already and stays as it is)"
            };
            writeln!(out, "Site {}: {}{state}", site.id, site.name)?;
            describe(&site, config, out)?;
        }
        SitesCommand::Set {
            id,
            name,
            origins,
            any_origin,
            time_zone,
            server_key_required,
            renew_cookie,
            cookie_domain,
            currency,
        } => {
            let changes = site_rules::Changes {
                name: name.clone(),
                origins: (*any_origin || !origins.is_empty()).then(|| origins.clone()),
                time_zone: time_zone.clone(),
                server_key_required: *server_key_required,
                renew_cookie: *renew_cookie,
                cookie_domain: cookie_domain
                    .clone()
                    .map(|domain| (!domain.is_empty()).then_some(domain)),
                currency: currency
                    .clone()
                    .map(|code| (!code.is_empty()).then_some(code)),
            };
            let changed = changes.apply(find(store, *id).await?)?;
            store.update_site(&changed, by).await?;
            writeln!(out, "Site {id}: {}", changed.name)?;
            match changed.origins.join(" ") {
                none if none.is_empty() => writeln!(out, "Every origin may send.")?,
                origins => writeln!(out, "May send: {origins}")?,
            }
            if changed.server_key_required {
                writeln!(out, "Without an origin: with a server key only")?;
            }
            writeln!(out, "Time zone: {}", changed.time_zone)?;
            if let Some(currency) = &changed.currency {
                writeln!(out, "Currency: {currency}")?;
            }
            if changed.renew_cookie {
                let domain = changed.cookie_domain.as_deref();
                let domain = domain.unwrap_or("the collector's own host");
                writeln!(out, "Renews the visitor's cookie for {domain}")?;
            }
        }
        SitesCommand::RotateKey { id } => {
            let mut site = find(store, *id).await?;
            site.key = credentials::write_key()?;
            store.set_write_key(*id, &site.key, by).await?;
            writeln!(out, "Site {id}: {}", site.name)?;
            describe(&site, config, out)?;
            writeln!(
                out,
                "Pages with the old key cannot send any more; what they hold is kept there and lost if they never get the new one."
            )?;
        }
    }
    Ok(())
}

/// The site with this id.
pub(super) async fn find(store: &Store, id: i64) -> Result<Site, CommandError> {
    let sites = store.sites().await?;
    sites
        .into_iter()
        .find(|site| site.id == id)
        .ok_or_else(|| CommandError::Refused(format!("there is no site {id}")))
}

fn describe(site: &Site, config: &Config, out: &mut impl Write) -> Result<(), CommandError> {
    writeln!(out, "Write key: {}", site.key)?;
    writeln!(out, "Put this into the <head> of every page:")?;
    writeln!(
        out,
        "  <script async src=\"{}/{}\" data-key=\"{}\"></script>",
        config.public_base(config.listen),
        config.script_name,
        site.key
    )?;
    Ok(())
}
