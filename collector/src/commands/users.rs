//! `collector users …`

use std::io::Write;

use clap::Subcommand;

use super::CommandError;
use crate::clock;
use crate::config::Config;
use crate::credentials;
use crate::site_rules;
use crate::store::users::User;
use crate::store::{Store, StoreError};

/// `collector users …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum UsersCommand {
    /// Print everyone who may sign in: id, role, e-mail address
    List,
    /// Let one more person sign in, who sees what the owner sees, and print the link by which they choose a password
    Add {
        /// The address they sign in with
        email: String,
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
    match command {
        UsersCommand::List => {
            for user in store.users().await? {
                writeln!(out, "{}\t{}\t{}", user.id, user.role, name(&user))?;
            }
        }
        UsersCommand::Add { email } => {
            let email = site_rules::email(email)
                .ok_or_else(|| CommandError::Refused("this is no e-mail address".to_owned()))?;
            let user_id = match store.add_user(&email, clock::now()).await {
                Err(StoreError::Rejected(_)) => {
                    return Err(CommandError::Refused(format!("{email} is there already")));
                }
                other => other?,
            };
            let link = setup_link(store, user_id, &base).await?;
            writeln!(out, "User {user_id}: {email}")?;
            writeln!(out, "To choose a password, once, within 24 hours: {link}")?;
        }
        UsersCommand::Remove { user } => {
            let user = find(store, user).await?;
            if user.role == "owner" {
                let refused = "the owner cannot be removed; `users setup-link` gives the login to somebody else";
                return Err(CommandError::Refused(refused.to_owned()));
            }
            store.remove_user(user.id).await?;
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
