//! `cargo xtask screenshots`: the pictures that docs/dashboard.md shows, taken anew by the test that makes them.
//!
//! What there is and how large it may be is the test's (`tests/browser/pictures.rs`); here they are put where the text shows them,
//! and what it does not show any more goes.

use std::fs;

use anyhow::{Context, Result, bail};

use crate::step::Steps;
use crate::test::{self, TestOptions};

/// The test that makes them.
const TEST: &str = "browser::pictures";
const MADE: &str = "target/screenshots/docs";
const SHOWN: &str = "docs/images/dashboard";

/// Takes them, and puts them where they are shown.
pub fn take(steps: &Steps) -> Result<()> {
    let (made, shown) = (steps.root().join(MADE), steps.root().join(SHOWN));
    if made.exists() {
        fs::remove_dir_all(&made).with_context(|| format!("{}", made.display()))?;
    }
    // One that the text shows and that is not there yet fails the test, and is there all the same.
    let tested = test::test(steps, &TestOptions::outside(TEST));
    if !made.exists() {
        tested?;
        bail!("no picture was taken");
    }
    if shown.exists() {
        fs::remove_dir_all(&shown).with_context(|| format!("{}", shown.display()))?;
    }
    fs::create_dir_all(&shown).with_context(|| format!("{}", shown.display()))?;
    for picture in fs::read_dir(&made)? {
        let picture = picture?.path();
        let name = picture.file_name().context("a picture has a name")?;
        fs::copy(&picture, shown.join(name))?;
    }
    tested
}
