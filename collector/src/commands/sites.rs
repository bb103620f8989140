//! `collector sites …`

use std::io::Write;

use clap::Subcommand;

use super::CommandError;
use crate::clock;
use crate::config::Config;
use crate::credentials;
use crate::site_rules;
use crate::store::Store;
use crate::store::sites::Site;

/// `collector sites …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum SitesCommand {
    /// Print every site: id, write key, name, origins, time zone
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
                    "{}\t{}\t{}\t{origins}\t{}",
                    site.id, site.key, site.name, site.time_zone
                )?;
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
            describe(&site, config, out)?;
        }
        SitesCommand::Set {
            id,
            name,
            origins,
            any_origin,
            time_zone,
        } => {
            let site = find(store, *id).await?;
            let origins = if origins.is_empty() && !any_origin {
                &site.origins
            } else {
                origins
            };
            let changed = site_rules::new_site(
                name.as_deref().unwrap_or(&site.name),
                origins,
                Some(time_zone.as_deref().unwrap_or(&site.time_zone)),
                Some(&site.key),
            )?;
            store
                .update_site(&Site {
                    name: changed.name.clone(),
                    origins: changed.origins.clone(),
                    time_zone: changed.time_zone.clone(),
                    ..site
                })
                .await?;
            writeln!(out, "Site {id}: {}", changed.name)?;
            match changed.origins.join(" ") {
                none if none.is_empty() => writeln!(out, "Every origin may send.")?,
                origins => writeln!(out, "May send: {origins}")?,
            }
            writeln!(out, "Time zone: {}", changed.time_zone)?;
        }
        SitesCommand::RotateKey { id } => {
            let mut site = find(store, *id).await?;
            site.key = credentials::write_key()?;
            store.set_write_key(*id, &site.key).await?;
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

async fn find(store: &Store, id: i64) -> Result<Site, CommandError> {
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
