//! When an alert is looked at: once for each window that is over, some time after its end, for what comes late.
//!
//! How far an alert has been looked at stands in the database, so a restart neither repeats nor forgets a window, and windows of
//! a time in which nothing ran are made up for, up to [`MOST`] of them. Of several collectors one holds an alert while it looks.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::look::{Glass, Looked};
use super::notice::Told;
use super::rules::Verdict;
use super::sending::Sender;
use super::{Rule, State};
use crate::analytics::buckets::Span;
use crate::clock;
use crate::columns::keep::Keeper;
use crate::destinations::attempt::millis;
use crate::export::days;
use crate::store::alerts::{Alert, Settled};
use crate::store::sites::Site;
use crate::store::{Store, StoreError};

/// How often it is asked whether a window is over, at least and at most: a tenth of what is waited after its end is soon enough.
const LOOKS: [Duration; 2] = [Duration::from_millis(250), Duration::from_secs(10)];
/// Windows that are made up for at most; of more the last ones are.
const MOST: usize = 168;

/// Looks.
pub(crate) struct Watch {
    store: Store,
    columns: Keeper,
    delay: Duration,
    sender: Arc<Sender>,
    changed: Notify,
}

impl Watch {
    pub(crate) fn new(
        store: Store,
        columns: Keeper,
        delay: Duration,
        sender: Arc<Sender>,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            columns,
            delay,
            sender,
            changed: Notify::new(),
        })
    }

    /// Has it look at once.
    pub(crate) fn look_soon(&self) {
        self.changed.notify_one();
    }

    pub(crate) fn sender(&self) -> &Arc<Sender> {
        &self.sender
    }

    /// Works until `stopping` is cancelled.
    pub(crate) async fn run(self: Arc<Self>, stopping: CancellationToken) {
        let mut is_known = false;
        while !stopping.is_cancelled() {
            let looked = tokio::select! {
                () = stopping.cancelled() => return,
                looked = self.look_at_all() => looked,
            };
            if let Err(error) = &looked
                && !is_known
            {
                tracing::warn!(%error, "alerts cannot be looked at, which is tried again");
            }
            is_known = looked.is_err();
            tokio::select! {
                () = stopping.cancelled() => {}
                () = self.changed.notified() => {}
                () = tokio::time::sleep((self.delay / 10).clamp(LOOKS[0], LOOKS[1])) => {}
            }
        }
    }

    /// Looks at every alert of which a window is over. One that cannot be looked at keeps no other from it.
    async fn look_at_all(&self) -> Result<(), StoreError> {
        let alerts = self.store.alerts(None).await?;
        let alerts: Vec<Alert> = alerts.into_iter().filter(|alert| !alert.paused).collect();
        if alerts.is_empty() {
            return Ok(());
        }
        let sites = self.store.sites().await?;
        let mut failed = Ok(());
        for alert in alerts {
            let Some(site) = sites.iter().find(|site| site.id == alert.site_id) else {
                continue;
            };
            if self.due(&alert, site).is_empty() {
                continue;
            }
            if let Err(error) = self.look_at(&alert, site).await {
                failed = Err(error);
            }
        }
        failed
    }

    /// The last windows of a rule that were over long enough ago.
    pub(crate) fn over(&self, rule: &Rule, site: &Site, most: usize) -> Vec<Span> {
        self.since(rule, site, i64::MIN, most)
    }

    fn since(&self, rule: &Rule, site: &Site, since: i64, most: usize) -> Vec<Span> {
        let over = clock::now().saturating_sub(millis(self.delay));
        let zone = days::zone(&site.time_zone);
        rule.window.over(over, since, most, &zone)
    }

    /// The windows of an alert that are to be looked at.
    fn due(&self, alert: &Alert, site: &Site) -> Vec<Span> {
        match alert.looked_until {
            Some(until) => self.since(&alert.rule, site, until, MOST),
            None => self.over(&alert.rule, site, 1),
        }
    }

    async fn look_at(&self, alert: &Alert, site: &Site) -> Result<(), StoreError> {
        let holder = Uuid::now_v7();
        let now = clock::now();
        if !self.store.hold_alert(alert, holder, now).await? {
            return Ok(());
        }
        // Whoever had it before may have looked a moment ago.
        let looked = match self.store.alert(alert.site_id, alert.id).await {
            Ok(Some(held)) => self.look_at_held(held, site, holder).await,
            Ok(None) => return Ok(()),
            Err(error) => Err(error),
        };
        // Also after a failure, so that whoever looks next need not wait.
        self.store.let_alert_go(alert, holder).await?;
        looked
    }

    async fn look_at_held(
        &self,
        mut alert: Alert,
        site: &Site,
        holder: Uuid,
    ) -> Result<(), StoreError> {
        let windows = self.due(&alert, site);
        let (Some(first), Some(last)) = (windows.first().copied(), windows.last().copied()) else {
            return Ok(());
        };
        let rule = alert.rule.clone();
        let glass = Glass::of(&self.store, &self.columns, site, rule, first.begin).await?;
        if glass.as_of() < last.end {
            // The copy of the rows is behind: next time it has them.
            return Ok(());
        }
        let look = move || glass.look(&windows);
        let all = tokio::task::spawn_blocking(look).await;
        for looked in all.map_err(|error| StoreError::Internal(error.to_string()))? {
            let settled = settle(&alert, site, looked);
            let now = clock::now();
            let is_ours = self.store.settle_alert(&alert, holder, now, &settled);
            if !is_ours.await? {
                break;
            }
            self.sender.meter().looked(settled.looked.finding.verdict);
            if settled.change.is_some() {
                tracing::info!(site_id = alert.site_id, alert = %alert.id, state = settled.state.as_str(), "an alert changed its state");
                self.sender.look();
            }
            alert.looked_until = Some(settled.looked.end);
            (alert.state, alert.since) = (settled.state, settled.since);
        }
        Ok(())
    }
}

/// How an alert stands after a window. What cannot be said changes nothing; nobody is told that a new alert does not fire.
fn settle(alert: &Alert, site: &Site, looked: Looked) -> Settled {
    let state = match looked.finding.verdict {
        Verdict::Unknown => alert.state,
        Verdict::Ok => State::Ok,
        Verdict::Firing => State::Firing,
    };
    if state == alert.state {
        return Settled {
            looked,
            state,
            since: alert.since,
            change: None,
        };
    }
    let told = tell(alert, site, state, looked.clone());
    let is_news = state == State::Firing || alert.state == State::Firing;
    let channels = alert.channels.clone().filter(|_| is_news);
    Settled {
        since: looked.end,
        change: Some((told, channels.unwrap_or_default())),
        looked,
        state,
    }
}

/// What is told of an alert that comes to stand so.
pub(crate) fn tell(alert: &Alert, site: &Site, state: State, looked: Looked) -> Told {
    Told {
        site_name: site.name.clone(),
        alert_id: alert.id,
        name: alert.name.clone(),
        state,
        was: alert.state,
        rule: alert.rule.clone(),
        time_zone: site.time_zone.clone(),
        currency: site.currency.clone(),
        looked,
    }
}
