//! Takes notices that are due, tells who is to be told, and notes what became of it. A notice is told at least once, under one id.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Channel;
use super::mail::Mailer;
use super::meter::Meter;
use super::notice::{About, Told};
use crate::clock;
use crate::config::Config;
use crate::destinations::attempt::{self, Failure, millis};
use crate::destinations::courier::{Courier, Options};
use crate::destinations::letter;
use crate::destinations::transport::{Transport, TransportError};
use crate::destinations::wants::Kind;
use crate::store::alert_notices::Claimed;
use crate::store::deliveries::{Ended, State};
use crate::store::destinations::Destination;
use crate::store::{Store, StoreError};

/// Notices under way at a time.
const TOGETHER: i64 = 8;
/// How soon it looks by itself.
const POLL: Duration = Duration::from_secs(1);
/// What a notice may take beside its sending, before another collector takes it.
const BESIDE: Duration = Duration::from_secs(10);
/// What is under way gets this when the collector ends.
const STOPPING: Duration = Duration::from_secs(5);
/// Pauses of the first kind after which it is looked again whether what stands in the way is gone.
const WAITS: u32 = 60;

/// Tells.
pub(crate) struct Sender {
    store: Store,
    transport: Transport,
    options: Options,
    mailer: Option<Mailer>,
    base: String,
    lease: Duration,
    due: Notify,
    meter: Meter,
}

/// What came of trying a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertChannelTried)]
pub(crate) struct Tried {
    channel: Channel,
    /// Whether it was taken.
    ok: bool,
    /// The status of a webhook's answer, or the code of the mail server's.
    status: Option<u16>,
    /// Why not.
    error: Option<&'static str>,
}

/// What came of telling somebody.
enum Sent {
    Taken(Option<u16>),
    Failed(Failure),
    /// There will be no other outcome.
    Refused(Option<u16>, &'static str),
    /// There is nobody to tell.
    Skipped(&'static str),
    /// What stands in the way may go, and does not count.
    Waits(&'static str),
}

impl Sender {
    /// Sends as destinations are sent to. `base` is where people reach the collector.
    ///
    /// # Errors
    /// [`TransportError`] names the file of certificates.
    pub(crate) fn open(
        config: &Config,
        store: Store,
        courier: &Courier,
        base: String,
    ) -> Result<Self, TransportError> {
        let longest = Mailer::longest(config.destination_timeout);
        Ok(Self {
            store,
            transport: courier.transport().clone(),
            options: courier.options(),
            mailer: Mailer::open(config)?,
            base,
            lease: longest + BESIDE,
            due: Notify::new(),
            meter: Meter::default(),
        })
    }

    /// Whether mail can be sent.
    pub(crate) fn has_mail(&self) -> bool {
        self.mailer.is_some()
    }

    /// What is counted of alerts.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Has it look at once.
    pub(crate) fn look(&self) {
        self.due.notify_one();
    }

    /// Works until `stopping` is cancelled, and then until what is under way has ended or a few seconds have passed.
    pub(crate) async fn run(self: Arc<Self>, stopping: CancellationToken) {
        // What is taken here is given back under the same name.
        let claim = Uuid::now_v7();
        let mut is_known = false;
        while !stopping.is_cancelled() {
            let taken = self.take(claim).await;
            if let Err(error) = &taken
                && !is_known
            {
                tracing::warn!(%error, "notices of alerts cannot be taken, which is tried again");
            }
            is_known = taken.is_err();
            let taken = taken.unwrap_or_default();
            if taken.is_empty() {
                tokio::select! {
                    () = stopping.cancelled() => {}
                    () = self.due.notified() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
                continue;
            }
            let mut under_way = JoinSet::new();
            for claimed in taken {
                let own = Arc::clone(&self);
                under_way.spawn(async move { own.deliver(claim, claimed).await });
            }
            let all = async { while under_way.join_next().await.is_some() {} };
            let patience = async {
                stopping.cancelled().await;
                tokio::time::sleep(STOPPING).await;
            };
            tokio::select! {
                () = all => {}
                () = patience => {}
            }
            under_way.shutdown().await;
        }
        let released = self.store.release_notices(claim, clock::now());
        if let Ok(Err(error)) = tokio::time::timeout(STOPPING, released).await {
            tracing::debug!(%error, "notices could not be given back, and are taken again after a while");
        }
    }

    async fn take(&self, claim: Uuid) -> Result<Vec<Claimed>, StoreError> {
        let now = clock::now();
        let next = self.store.next_notice().await?;
        if next.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        let until = now.saturating_add(millis(self.lease));
        self.store.claim_notices(claim, now, until, TOGETHER).await
    }

    /// One attempt, from what is told to what became of it.
    async fn deliver(&self, claim: Uuid, claimed: Claimed) {
        let done = match self.try_once(&claimed).await {
            Ok(ended) => self.finish(claim, &claimed, &ended).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            tracing::debug!(notice = %claimed.id, %error, "what became of a notice could not be noted, and it is sent again");
        }
    }

    async fn finish(
        &self,
        claim: Uuid,
        claimed: &Claimed,
        ended: &Ended,
    ) -> Result<(), StoreError> {
        self.store.finish_notice(claimed, claim, ended).await?;
        if let Some(outcome) = ended.outcome() {
            let channel = claimed.channel.as_ref();
            self.meter
                .told(channel.map_or("unknown", Channel::kind), outcome);
        }
        if ended.state == State::Dead {
            tracing::warn!(
                site_id = claimed.site_id,
                alert = %claimed.alert_id,
                notice = %claimed.id,
                attempts = claimed.attempts,
                status = ended.status,
                reason = ended.error,
                "a notice of an alert could not be delivered"
            );
        }
        Ok(())
    }

    async fn try_once(&self, claimed: &Claimed) -> Result<Ended, StoreError> {
        let now = clock::now();
        let end = |state, due_at, status, error| Ended {
            state,
            due_at,
            status,
            error,
            uncounted: false,
        };
        if claimed.attempts > self.options.attempts {
            // Somebody took it for the last time and never said what became of it.
            return Ok(end(State::Dead, now, None, Some("interrupted")));
        }
        let Some(told) = self.store.notice_tells(claimed).await? else {
            return Ok(end(State::Skipped, now, None, Some("alert_gone")));
        };
        let Some(channel) = &claimed.channel else {
            return Ok(end(State::Skipped, now, None, Some("unknown_channel")));
        };
        let about = About {
            site_id: claimed.site_id,
            change_id: Some(claimed.change_id),
            told: &told,
            base: &self.base,
            at: told.looked.end,
        };
        let sent = self.send(channel, claimed.id, about).await?;
        let now = clock::now();
        Ok(match sent {
            Sent::Taken(status) => end(State::Delivered, now, status, None),
            Sent::Skipped(why) => end(State::Skipped, now, None, Some(why)),
            Sent::Refused(status, why) => end(State::Dead, now, status, Some(why)),
            Sent::Waits(why) => {
                let again = now.saturating_add(millis(self.options.backoff * WAITS));
                Ended {
                    uncounted: true,
                    ..end(State::Waiting, again, None, Some(why))
                }
            }
            Sent::Failed(failure) if claimed.attempts >= self.options.attempts => {
                end(State::Dead, now, failure.status, Some(failure.reason))
            }
            Sent::Failed(failure) => {
                let again = failure.again(self.options, claimed.attempts, now);
                end(State::Waiting, again, failure.status, Some(failure.reason))
            }
        })
    }

    async fn send(
        &self,
        channel: &Channel,
        id: Uuid,
        about: About<'_>,
    ) -> Result<Sent, StoreError> {
        match channel {
            Channel::Webhook { destination } => {
                let own = self.store.destination(about.site_id, *destination).await?;
                match own.filter(|own| own.kind == Kind::Webhook) {
                    Some(own) => self.post(&own, id, about).await,
                    None => Ok(Sent::Skipped("destination_gone")),
                }
            }
            Channel::Email { to } => {
                let Some(mailer) = &self.mailer else {
                    return Ok(Sent::Skipped("mail_off"));
                };
                let sent = mailer.send(&about.letter(id, to.clone())).await;
                Ok(match sent {
                    Ok(code) => Sent::Taken(Some(code)),
                    Err(unsent) if unsent.is_final => Sent::Refused(unsent.code, unsent.reason),
                    Err(unsent) => Sent::Failed(Failure {
                        status: unsent.code,
                        reason: unsent.reason,
                        asked: None,
                    }),
                })
            }
        }
    }

    async fn post(
        &self,
        own: &Destination,
        id: Uuid,
        about: About<'_>,
    ) -> Result<Sent, StoreError> {
        let now = clock::now();
        if own.paused.is_some() {
            return Ok(Sent::Waits("destination_paused"));
        }
        if own.hold_until > now {
            return Ok(Sent::Waits("destination_held"));
        }
        let secrets = self.store.destination_secrets(own, now).await?;
        if secrets.is_empty() {
            return Ok(Sent::Waits("no_secret"));
        }
        let body = about.body();
        let body = body.map_err(|error| StoreError::Internal(error.to_string()))?;
        let Some(letter) = letter::signed(own, &secrets, id, now, body) else {
            return Ok(Sent::Skipped("invalid_url"));
        };
        let failure = match attempt::post(&self.transport, &letter).await {
            Ok(status) => return Ok(Sent::Taken(Some(status))),
            Err(failure) => failure,
        };
        let now = clock::now();
        if failure.is_gone() {
            self.store.destination_gone(own, now).await?;
            return Ok(Sent::Waits("gone"));
        }
        if let Some(until) = failure.hold_until(now) {
            self.store.hold_destination(own, until).await?;
        }
        Ok(Sent::Failed(failure))
    }

    /// Tells every channel at once that this is a test, and nothing is repeated.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) async fn test(
        &self,
        site_id: i64,
        told: &Told,
        channels: &[Channel],
    ) -> Result<Vec<Tried>, StoreError> {
        let mut all = Vec::new();
        for channel in channels {
            let about = About {
                site_id,
                change_id: None,
                told,
                base: &self.base,
                at: clock::now(),
            };
            let (status, error) = match self.send(channel, Uuid::now_v7(), about).await? {
                Sent::Taken(status) => (status, None),
                Sent::Failed(failure) => (failure.status, Some(failure.reason)),
                Sent::Refused(status, why) => (status, Some(why)),
                Sent::Skipped(why) | Sent::Waits(why) => (None, Some(why)),
            };
            all.push(Tried {
                channel: channel.clone(),
                ok: error.is_none(),
                status,
                error,
            });
        }
        Ok(all)
    }
}
