//! `collector stages …`

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{ACTOR, CommandError, moment, sites, text};
use crate::journey::{Definition, StagesDocument};
use crate::site_stages::{self, ExampleJourney, StagesPreview};
use crate::store::Store;
use crate::{restating, site_stages::StagesVersion};

/// `collector stages …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum StagesCommand {
    /// Print a site's milestones and stages; the collector's own where it has set none
    Show {
        /// The site's id, as `sites list` prints it
        site: i64,
    },
    /// Say what another definition would change of the journeys there are, and change nothing
    Preview {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// The definition; - for what is typed or piped in
        #[arg(long, value_name = "PATH")]
        file: PathBuf,
    },
    /// Say what a definition changes, set it, and search the past for events that reach a milestone
    Set {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// The definition; - for what is typed or piped in
        #[arg(long, value_name = "PATH")]
        file: PathBuf,
        /// Who sets it, for the history
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
    },
    /// Print the versions of a site's definition, the latest first: version, when, who, stages, milestones
    History {
        /// The site's id, as `sites list` prints it
        site: i64,
    },
}

pub(super) async fn run(
    command: &StagesCommand,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        StagesCommand::Show { site } => {
            let site = sites::find(store, *site).await?;
            let stages = site_stages::current(store, site.id).await?;
            let pretty =
                serde_json::to_string_pretty(&stages.document).map_err(std::io::Error::from)?;
            writeln!(out, "{pretty}")?;
        }
        StagesCommand::Preview { site, file } => {
            let site = sites::find(store, *site).await?;
            let definition = read(file)?;
            let preview = site_stages::preview(store, site.id, &definition).await?;
            tell(&preview, out)?;
        }
        StagesCommand::Set { site, file, by } => {
            let site = sites::find(store, *site).await?;
            let definition = read(file)?;
            let by = by.as_deref().map(name).transpose()?;
            let preview = site_stages::preview(store, site.id, &definition).await?;
            tell(&preview, out)?;
            let set = site_stages::set(store, site.id, &definition, ACTOR, by).await?;
            writeln!(
                out,
                "Site {}: {}: version {} holds.",
                site.id, site.name, set.version
            )?;
            if set.restating.is_some() {
                // Printing can fail, and that is no reason to leave the past half searched.
                let mut tell = |items| drop(writeln!(out, "{items} items of the past looked at"));
                restating::finish(store, site.id, &mut tell).await?;
                writeln!(out, "The past has been searched.")?;
            }
        }
        StagesCommand::History { site } => {
            let site = sites::find(store, *site).await?;
            for version in site_stages::history(store, site.id).await? {
                let StagesVersion {
                    version,
                    changed_at,
                    changed_by,
                    document,
                } = version;
                let StagesDocument {
                    stages, milestones, ..
                } = document;
                let keys: Vec<String> = stages.into_iter().map(|stage| stage.key).collect();
                writeln!(
                    out,
                    "{version}\t{}\t{}\t{}\t{} milestones",
                    moment(changed_at),
                    changed_by.as_deref().unwrap_or("-"),
                    keys.join(" > "),
                    milestones.len()
                )?;
            }
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Definition, CommandError> {
    let text = text(path)?;
    Definition::read(&text)
        .map_err(|unfit| CommandError::Refused(format!("{}: {unfit}", path.display())))
}

fn name(text: &str) -> Result<&str, CommandError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 100 || text.contains(char::is_control) {
        let message = "by: The name has to have 1 to 100 characters.";
        return Err(CommandError::Argument(message.to_owned()));
    }
    Ok(text)
}

fn tell(preview: &StagesPreview, out: &mut impl Write) -> Result<(), CommandError> {
    let StagesPreview {
        version,
        journeys,
        moved,
        moves,
        stages,
        milestones,
    } = preview;
    writeln!(
        out,
        "Compared with version {version}: {moved} of {journeys} journeys are at another stage."
    )?;
    for one in moves {
        let (from, to, count) = (&one.from, &one.to, one.journeys);
        let named = examples(&one.examples);
        writeln!(out, "  {from} -> {to}: {count} ({named})")?;
    }
    writeln!(out, "Journeys at each stage, before and after:")?;
    for count in stages {
        let (stage, before, after) = (&count.stage, count.before, count.after);
        writeln!(out, "  {stage}: {before} -> {after}")?;
    }
    for change in milestones {
        writeln!(
            out,
            "Milestone {}: appears in {} journeys, vanishes from {}, has another time in {} ({})",
            change.name,
            change.appears,
            change.vanishes,
            change.shifts,
            examples(&change.examples)
        )?;
    }
    Ok(())
}

fn examples(examples: &[ExampleJourney]) -> String {
    let names: Vec<&str> = examples.iter().map(|one| one.name.as_str()).collect();
    names.join(", ")
}
