//! `collector destinations …`

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{ACTOR, CommandError, moment, sites, text};
use crate::clock;
use crate::config::Config;
use crate::destinations::courier::Courier;
use crate::destinations::wants::{Kind, Wants};
use crate::site_destinations::{self, ChangedDestination, DestinationError, NewDestination};
use crate::store::Store;
use crate::store::audit::By;
use crate::store::deliveries::{Delivery, State};
use crate::store::destinations::Destination;

/// `collector destinations …`
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum DestinationsCommand {
    /// Print a site's destinations: id, kind, name, whether it is on, deliveries by state
    List {
        /// The site's id, as `sites list` prints it
        site: i64,
    },
    /// Send a site's items on to an HTTP server, signed, and print the secret that it checks them with, once
    AddWebhook {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// What you call it
        #[arg(long)]
        name: String,
        /// Where requests go
        #[arg(long, value_name = "URL")]
        url: String,
        /// What it gets.
        #[command(flatten)]
        wants: Wanted,
    },
    /// Send a site's items on to Google Analytics 4, under the ids that its cookies have in the visitor's browser
    AddGa4 {
        /// The site's id, as `sites list` prints it
        site: i64,
        /// What you call it
        #[arg(long)]
        name: String,
        /// The measurement id, G-…
        #[arg(long, value_name = "ID")]
        measurement_id: String,
        /// File with the API secret; - for what is typed or piped in
        #[arg(long, value_name = "PATH")]
        api_secret_file: PathBuf,
        /// Google's server, if it is not the usual one: https://region1.google-analytics.com collects in the EU
        #[arg(long, value_name = "URL")]
        url: Option<String>,
        /// What it gets.
        #[command(flatten)]
        wants: Wanted,
    },
    /// Send a webhook something to try it, or have Google check an event that it does not keep
    Test(One),
    /// Send nothing until `resume`; what happens meanwhile is not sent later, what was waiting is
    Pause(One),
    /// Send again
    Resume(One),
    /// Make a webhook another secret and print it, once; the old one signs beside it for a day
    Rotate(One),
    /// Take a destination away, with whatever it was still to get
    Remove(One),
    /// Print what could not be delivered, the latest first: id, when, visitor, item, attempts, why
    Dead(One),
    /// Send again what could not be delivered
    Replay {
        /// Which destination.
        #[command(flatten)]
        one: One,
        /// Only this delivery, as `dead` prints it
        delivery: Option<Uuid>,
    },
}

/// Which destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub struct One {
    /// The site's id, as `sites list` prints it
    pub site: i64,
    /// The destination's id, as `destinations list` prints it
    pub destination: Uuid,
}

/// What a destination gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct Wanted {
    /// A milestone that it gets, when a visitor reaches it for the first time; may be given several times, '*' is every one
    #[arg(long = "milestone", value_name = "NAME")]
    pub milestones: Vec<String>,
    /// An event that it gets; may be given several times, '*' is every one
    #[arg(long = "event", value_name = "NAME")]
    pub events: Vec<String>,
    /// It gets every event that counts as a conversion
    #[arg(long)]
    pub conversions: bool,
    /// It gets only what was done with consent
    #[arg(long)]
    pub needs_consent: bool,
}

impl From<&Wanted> for Wants {
    fn from(wanted: &Wanted) -> Self {
        Self {
            milestones: wanted.milestones.clone(),
            events: wanted.events.clone(),
            conversions: wanted.conversions,
            needs_consent: wanted.needs_consent,
            ..Self::default()
        }
    }
}

/// Deliveries that are printed.
const PRINTED: u32 = 500;

impl From<DestinationError> for CommandError {
    fn from(error: DestinationError) -> Self {
        match error {
            DestinationError::Unfit(unfit) => {
                // `wants.events[1]` was told by `--event`.
                let flag = match unfit.field.trim_start_matches("wants.").split('[').next() {
                    Some("events") => "event".to_owned(),
                    Some("milestones") => "milestone".to_owned(),
                    _ => unfit.field.replace('_', "-"),
                };
                Self::Argument(format!("{flag}: {}", unfit.message))
            }
            DestinationError::Random(error) => Self::Refused(format!("no random numbers: {error}")),
            DestinationError::Store(error) => Self::Store(error),
        }
    }
}

pub(super) async fn run(
    command: &DestinationsCommand,
    config: &Config,
    store: &Store,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    match command {
        DestinationsCommand::List { site } => list(store, *site, out).await,
        DestinationsCommand::AddWebhook {
            site,
            name,
            url,
            wants,
        } => {
            let new = NewDestination {
                kind: Kind::Webhook,
                name: name.clone(),
                url: Some(url.clone()),
                measurement_id: None,
                api_secret: None,
                wants: wants.into(),
            };
            add(config, store, *site, new, out).await
        }
        DestinationsCommand::AddGa4 {
            site,
            name,
            measurement_id,
            api_secret_file,
            url,
            wants,
        } => {
            let new = NewDestination {
                kind: Kind::Ga4,
                name: name.clone(),
                url: url.clone(),
                measurement_id: Some(measurement_id.clone()),
                api_secret: Some(text(api_secret_file)?),
                wants: wants.into(),
            };
            add(config, store, *site, new, out).await
        }
        DestinationsCommand::Test(one) => {
            let own = find(store, *one).await?;
            let courier = Courier::open(config, store.clone())?;
            let tried = courier.test(&own).await?;
            let status = tried.status.map(|status| format!(", status {status}"));
            let status = status.unwrap_or_default();
            if let Some(error) = tried.error {
                return Err(CommandError::Refused(format!("{error}{status}")));
            }
            writeln!(out, "It was taken{status}.")?;
            Ok(())
        }
        DestinationsCommand::Pause(one) => pause(config, store, *one, true, out).await,
        DestinationsCommand::Resume(one) => pause(config, store, *one, false, out).await,
        DestinationsCommand::Rotate(one) => {
            let own = find(store, *one).await?;
            if own.kind != Kind::Webhook {
                let message = "Google makes the API secret of ga4; the API takes another one";
                return Err(CommandError::Refused(message.to_owned()));
            }
            let secret = site_destinations::renew_secret(store, &own, None, ACTOR).await?;
            if let Some(secret) = secret {
                writeln!(out, "Secret, shown this once: {}", secret.reveal())?;
            }
            writeln!(out, "The old one signs beside it for a day.")?;
            Ok(())
        }
        DestinationsCommand::Remove(one) => {
            let own = find(store, *one).await?;
            store.remove_destination(&own, by()).await?;
            writeln!(out, "Destination {} is removed.", own.id)?;
            Ok(())
        }
        DestinationsCommand::Dead(one) => {
            let own = find(store, *one).await?;
            let page = store.deliveries(&own, State::Dead, None, PRINTED).await?;
            for delivery in &page.data {
                print(delivery, out)?;
            }
            if page.next_cursor.is_some() {
                writeln!(out, "… and more.")?;
            }
            Ok(())
        }
        DestinationsCommand::Replay { one, delivery } => {
            let own = find(store, *one).await?;
            if !store.replay_deliveries(&own, *delivery, by()).await? {
                let message = "there is nothing that could not be delivered";
                return Err(CommandError::Refused(message.to_owned()));
            }
            writeln!(out, "It is sent again by the collector that runs.")?;
            Ok(())
        }
    }
}

async fn list(store: &Store, site: i64, out: &mut (impl Write + Send)) -> Result<(), CommandError> {
    let site = sites::find(store, site).await?;
    let counts = store.delivery_counts(Some(site.id)).await?;
    for own in store.destinations(Some(site.id)).await? {
        let count = counts.get(&own.id).copied().unwrap_or_default();
        let state = match own.paused.as_deref() {
            None => "on",
            Some("gone") => "paused: the receiver is gone",
            Some(_) => "paused",
        };
        writeln!(
            out,
            "{}\t{}\t{}\t{state}\twaiting {}, delivered {}, skipped {}, dead {}",
            own.id,
            own.kind.as_str(),
            own.name,
            count.waiting,
            count.delivered,
            count.skipped,
            count.dead
        )?;
    }
    Ok(())
}

async fn add(
    config: &Config,
    store: &Store,
    site: i64,
    new: NewDestination,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let site = sites::find(store, site).await?;
    let guard = config.destination_guard();
    let (own, secret) = site_destinations::add(store, site.id, new, &guard, ACTOR).await?;
    writeln!(out, "Destination {}: {}", own.id, own.name)?;
    if let Some(secret) = secret {
        writeln!(out, "Secret, shown this once: {}", secret.reveal())?;
    }
    Ok(())
}

async fn pause(
    config: &Config,
    store: &Store,
    one: One,
    paused: bool,
    out: &mut (impl Write + Send),
) -> Result<(), CommandError> {
    let own = find(store, one).await?;
    let changed = ChangedDestination {
        paused: Some(paused),
        ..ChangedDestination::default()
    };
    let guard = config.destination_guard();
    site_destinations::change(store, own.site_id, own.id, &changed, &guard, ACTOR).await?;
    let state = if paused { "paused" } else { "on" };
    writeln!(out, "Destination {} is {state}.", own.id)?;
    Ok(())
}

async fn find(store: &Store, one: One) -> Result<Destination, CommandError> {
    let site = sites::find(store, one.site).await?;
    let found = store.destination(site.id, one.destination).await?;
    found.ok_or_else(|| {
        CommandError::Refused(format!(
            "site {} has no destination {}",
            one.site, one.destination
        ))
    })
}

fn by() -> By<'static> {
    By {
        actor: ACTOR,
        now: clock::now(),
    }
}

fn print(delivery: &Delivery, out: &mut impl Write) -> Result<(), CommandError> {
    let status = delivery.status.map(|status| format!(" {status}"));
    writeln!(
        out,
        "{}\t{}\t{}\t{}\t{} attempts\t{}{}",
        delivery.id,
        moment(delivery.due_at),
        delivery.visitor_id,
        delivery.milestone.as_deref().unwrap_or("event"),
        delivery.attempts,
        delivery.error.as_deref().unwrap_or_default(),
        status.unwrap_or_default()
    )?;
    Ok(())
}
