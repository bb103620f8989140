//! `collector users …`

use std::io::Write;

use clap::Subcommand;

use super::{ACTOR, CommandError, workspaces};
use crate::clock;
use crate::config::Config;
use crate::credentials;
use crate::http::invitations;
use crate::site_rules;
use crate::store::audit::By;
use crate::store::users::User;
use crate::store::workspaces::Role;
use crate::store::{Store, StoreError};

/// `collector users …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum UsersCommand {
    /// Print everyone who may sign in: id, e-mail address, role in each workspace
    List,
    /// Let one more person sign in, as a member of a workspace, and print the link by which they choose a password
    Add {
        /// The address they sign in with
        email: String,
        /// What they may do: owner, analyst or viewer (docs/access.md)
        #[arg(long, default_value_t = Role::Viewer)]
        role: Role,
        /// The id of the workspace [default: the first one]
        #[arg(long, value_name = "ID")]
        workspace: Option<i64>,
    },
    /// Invite somebody into a workspace, whether they sign in already or not, and print the link by which they accept, good
    /// once and for 7 days
    Invite {
        /// The address they sign in with, or will
        email: String,
        /// What they may do: owner, analyst or viewer (docs/access.md)
        #[arg(long, default_value_t = Role::Viewer)]
        role: Role,
        /// The id of the workspace [default: the first one]
        #[arg(long, value_name = "ID")]
        workspace: Option<i64>,
    },
    /// Take a person's access away, at once and everywhere they are signed in
    Remove {
        /// Their e-mail address or id, as `users list` prints it
        user: String,
    },
    /// Print a link by which a person chooses a new password, good once and for 24 hours. Using it ends their sign-ins
    ResetPassword {
        /// Their e-mail address or id, as `users list` prints it
        user: String,
    },
    /// Print a new link to choose the owner's e-mail address and password, good once and for 24 hours
    SetupLink,
}

pub(super) async fn run(
    command: &UsersCommand,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let base = config.public_base(config.listen);
    let by = By {
        actor: ACTOR,
        now: clock::now(),
    };
    match command {
        UsersCommand::List => {
            let members = store.members(None).await?;
            for user in store.users().await? {
                let own = members.iter().filter(|one| one.user == user.id);
                let own: Vec<String> = own
                    .map(|one| format!("{} of workspace {}", one.role, one.workspace))
                    .collect();
                writeln!(out, "{}\t{}\t{}", user.id, name(&user), own.join(", "))?;
            }
        }
        UsersCommand::Add {
            email,
            role,
            workspace,
        } => {
            let email = self::email(email)?;
            let workspace = workspaces::find(store, *workspace).await?;
            let user_id = match store.add_user(&email, workspace.id, *role, by).await {
                Err(StoreError::Rejected(_)) => {
                    return Err(CommandError::Refused(format!("{email} is there already")));
                }
                other => other?,
            };
            let link = setup_link(store, user_id, &base).await?;
            writeln!(out, "User {user_id}: {email}, {role} of {}", workspace.name)?;
            writeln!(out, "To choose a password, once, within 24 hours: {link}")?;
        }
        UsersCommand::Invite {
            email,
            role,
            workspace,
        } => {
            let email = self::email(email)?;
            let workspace = workspaces::find(store, *workspace).await?;
            let (_, token) = invitations::make(store, workspace.id, &email, *role, by).await?;
            let link = invitations::link(&base, &token);
            writeln!(out, "For {email}, {role} of {}", workspace.name)?;
            writeln!(out, "To accept, once, within 7 days: {link}")?;
        }
        UsersCommand::Remove { user } => {
            let user = find(store, user).await?;
            if user.is_owner {
                let refused = "the owner cannot be removed; `users setup-link` gives the login to somebody else";
                return Err(CommandError::Refused(refused.to_owned()));
            }
            if let Some(id) = store.only_owner_of(user.id).await? {
                return Err(CommandError::Refused(format!(
                    "nobody else owns workspace {id}: make somebody an owner first"
                )));
            }
            store.remove_user(user.id, by).await?;
            writeln!(out, "User {} is removed: {}", user.id, name(&user))?;
        }
        UsersCommand::ResetPassword { user } => {
            let user = find(store, user).await?;
            let link = setup_link(store, user.id, &base).await?;
            writeln!(out, "{link}")?;
        }
        UsersCommand::SetupLink => {
            let owner = store.owner(clock::now()).await?;
            let link = setup_link(store, owner.id, &base).await?;
            writeln!(out, "{link}")?;
        }
    }
    Ok(())
}

/// An address as it is stored.
pub(super) fn email(text: &str) -> Result<String, CommandError> {
    site_rules::email(text)
        .ok_or_else(|| CommandError::Refused("this is no e-mail address".to_owned()))
}

fn name(user: &User) -> String {
    match (&user.email, user.has_password) {
        (Some(email), true) => email.clone(),
        (Some(email), false) => format!("{email} (not set up yet)"),
        (None, _) => "(not set up yet)".to_owned(),
    }
}

async fn find(store: &Store, wanted: &str) -> Result<User, CommandError> {
    let wanted = wanted.trim().to_lowercase();
    let users = store.users().await?;
    users
        .into_iter()
        .find(|user| user.email.as_deref() == Some(&wanted) || user.id.to_string() == wanted)
        .ok_or_else(|| CommandError::Refused(format!("there is no user {wanted}")))
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
