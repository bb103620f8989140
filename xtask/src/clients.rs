//! The clients of the Segment HTTP API that the tests drive, from their registries: two for Node, one for Python.

use std::path::PathBuf;

use anyhow::Result;

use crate::step::Steps;
use crate::{npm, tools};

/// Where they are named and called.
const FOLDER: &str = "tests/segment";

/// What a test of the clients is told.
pub struct Clients {
    /// The folder of what calls them, with `node_modules`.
    pub folder: PathBuf,
    /// A Python that has the one for Python.
    pub python: PathBuf,
}

/// Installs them unless they are there.
pub fn prepare(steps: &Steps) -> Result<Clients> {
    tools::node()?;
    let folder = steps.root().join(FOLDER);
    npm::install(steps, &folder)?;
    Ok(Clients {
        python: tools::segment_python(steps)?,
        folder,
    })
}
