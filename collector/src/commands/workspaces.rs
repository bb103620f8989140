//! `collector workspaces …`

use std::io::Write;

use clap::Subcommand;

use super::{ACTOR, CommandError, users};
use crate::clock;
use crate::config::Config;
use crate::http::invitations;
use crate::site_rules;
use crate::store::Store;
use crate::store::audit::By;
use crate::store::workspaces::{Role, Workspace};

/// `collector workspaces …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum WorkspacesCommand {
    /// Print every workspace: id, name, how many sites and members
    List,
    /// Make a workspace, whose sites nobody of another one sees
    Add {
        /// What you call it
        #[arg(long)]
        name: String,
        /// The e-mail address of who is to own it: whoever signs in with it, or whoever accepts the invitation that is printed
        /// then [default: the installation's owner]
        #[arg(long, value_name = "EMAIL")]
        owner: Option<String>,
    },
    /// Give a workspace another name
    Rename {
        /// Its id, as `workspaces list` prints it
        id: i64,
        /// What you call it
        #[arg(long)]
        name: String,
    },
}

pub(super) async fn run(
    command: &WorkspacesCommand,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let by = By {
        actor: ACTOR,
        now: clock::now(),
    };
    match command {
        WorkspacesCommand::List => {
            let (sites, members) = (store.sites().await?, store.members(None).await?);
            for workspace in store.workspaces().await? {
                let id = workspace.id;
                let sites = sites.iter().filter(|site| site.workspace == id).count();
                let members = members.iter().filter(|one| one.workspace == id).count();
                writeln!(
                    out,
                    "{id}\t{}\t{sites} sites\t{members} members",
                    workspace.name
                )?;
            }
        }
        WorkspacesCommand::Add { name, owner } => {
            let name = site_rules::check_name(name)?;
            let there = match owner {
                Some(email) => {
                    let email = users::email(email)?;
                    let all = store.users().await?;
                    let user = all
                        .into_iter()
                        .find(|user| user.email.as_ref() == Some(&email));
                    user.map(|user| user.id).ok_or(email)
                }
                None => Ok(store.owner(by.now).await?.id),
            };
            let made = store.add_workspace(&name, there.clone().ok(), by).await?;
            writeln!(out, "Workspace {}: {}", made.id, made.name)?;
            if let Err(email) = there {
                let (_, token) = invitations::make(store, made.id, &email, Role::Owner, by).await?;
                let base = config.public_base(config.listen);
                let link = invitations::link(&base, &token);
                writeln!(out, "For {email} to own it, once, within 7 days: {link}")?;
            }
        }
        WorkspacesCommand::Rename { id, name } => {
            let name = site_rules::check_name(name)?;
            if !store.rename_workspace(*id, &name, by).await? {
                return Err(nothing(*id));
            }
            writeln!(out, "Workspace {id}: {name}")?;
        }
    }
    Ok(())
}

/// The workspace with this id, or the first one.
pub(super) async fn find(store: &Store, id: Option<i64>) -> Result<Workspace, CommandError> {
    let Some(id) = id else {
        return Ok(store.first_workspace(clock::now()).await?);
    };
    let mut all = store.workspaces().await?.into_iter();
    all.find(|one| one.id == id).ok_or_else(|| nothing(id))
}

fn nothing(id: i64) -> CommandError {
    CommandError::Refused(format!("there is no workspace {id}"))
}
