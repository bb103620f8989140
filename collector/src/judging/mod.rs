//! Judging people: what follows from what is stored of them is kept, for lists and for a history that nobody has to ask for.
//!
//! Nothing here stands in the way of those who store items. A commit leaves behind whom it touched, as a hint in memory and as
//! a revision in the visitor's row; this takes the hints a slice at a time and rests after each. What hints do not tell is found
//! in the rows: what was touched before the start, by another process, or by whoever was killed, and everybody after a change
//! of rules, stages or scale. Scores move with the time too, so whoever's has become of the past is judged again.
//!
//! A judgement is a pure function of what is stored ([`crate::journey`]), and keeping one twice changes nothing. Whoever judged
//! an older state than another collector keeps nothing ([`crate::store::judgements`]).

pub mod known;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::clock;
use crate::journey::{DAY_MS, Definition, Identity, Scale, rules};
use crate::store::judgements::{Judgement, Judgements};
use crate::store::persons::{Found, Slices};
use crate::store::{Somebody, Store, StoreError};
use known::Of;

/// Visitors of a slice. With a quarter of them, whoever stores a single item waits no less.
const VISITORS: usize = 32;
/// Visitors that are gone through together.
const LOOKED_AT: u32 = 2_000;
/// How long touches gather before they are judged: whoever reads a page is judged once, not with every item.
const GATHER: Duration = Duration::from_millis(500);
/// How much longer than its work a slice's rest is.
const REST: u32 = 4;
/// The longest rest.
const LONGEST: Duration = Duration::from_secs(5);
/// How long it is at least, and at most, until the rows are gone through again for what hints did not tell.
const SWEEP: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(600));
/// How many times what the last walk through them took, between these.
const SWEEP_SHARE: u32 = 50;
/// How often it is looked whose score has become of the past, or who is judged by another basis.
const LOOK: Duration = Duration::from_secs(2);
/// The longest time without being judged anew.
const STALE_MS: i64 = 30 * DAY_MS;
/// How often people are looked for again whose browsers led to more.
const MOST_ROUNDS: usize = 10;
/// How often the judgement of one is made that somebody's next item made old.
const MOST_TIMES: usize = 3;

/// Judges whom commits touch, until it is told to stop.
#[derive(Debug)]
pub struct Judge {
    store: Store,
}

/// A walk through the rows.
#[derive(Debug)]
struct Swept {
    at: Instant,
    took: Duration,
}

impl Swept {
    fn is_past(&self) -> bool {
        let (least, most) = SWEEP;
        self.at.elapsed() > (self.took * SWEEP_SHARE).clamp(least, most)
    }
}

/// By what the people of a site are judged.
#[derive(Debug)]
struct Basis {
    scale: Scale,
    definition: Arc<Definition>,
    /// Another one for any other of these, or other rules.
    number: i64,
}

impl Judge {
    /// Of these commits, and from now on.
    pub fn new(store: Store) -> Arc<Self> {
        store.touched().listen();
        Arc::new(Self { store })
    }

    /// Works until `stopping` is cancelled.
    pub(crate) async fn run(self: Arc<Self>, stopping: CancellationToken) {
        tokio::select! {
            () = stopping.cancelled() => {}
            () = self.work() => {}
        }
    }

    /// Judges for ever. Whoever drops this loses nothing.
    pub async fn work(&self) {
        let mut is_troubled = false;
        let mut swept: Option<Swept> = None;
        let mut bases: BTreeMap<i64, i64> = BTreeMap::new();
        loop {
            // Also a short time after others, so that what comes together is judged together.
            let _ = timeout(LOOK, self.store.touched().news()).await;
            tokio::time::sleep(GATHER).await;
            let result = self.turn(&mut swept, &mut bases).await;
            if let Err(error) = &result
                && !is_troubled
            {
                tracing::warn!(%error, "people cannot be judged, which is tried again");
                swept = None;
            }
            is_troubled = result.is_err();
        }
    }

    /// All that is due at present.
    async fn turn(
        &self,
        swept: &mut Option<Swept>,
        bases: &mut BTreeMap<i64, i64>,
    ) -> Result<(), StoreError> {
        self.take_hints().await?;
        let has_lost = self.store.touched().has_lost();
        let is_due = has_lost || swept.as_ref().is_none_or(Swept::is_past);
        let began = Instant::now();
        for site in self.store.sites().await? {
            let number = Basis::of(&self.store, site.id).await?.number;
            let is_other = bases.insert(site.id, number) != Some(number);
            if is_due || is_other {
                self.sweep(site.id).await?;
            }
            self.judge_stale(site.id).await?;
        }
        if is_due {
            *swept = Some(Swept {
                at: Instant::now(),
                took: began.elapsed(),
            });
        }
        Ok(())
    }

    async fn take_hints(&self) -> Result<(), StoreError> {
        while let Some((site_id, visitors)) = self.store.touched().take(VISITORS) {
            let began = Instant::now();
            // Another browser's turn may have judged them all.
            let visitors = self.store.changed(site_id, &visitors).await?;
            if !visitors.is_empty() {
                judge(&self.store, site_id, &visitors, &[], clock::now()).await?;
            }
            if !self.store.touched().is_empty() {
                rest(began).await;
            }
        }
        Ok(())
    }

    /// Goes through a site's visitors, and takes hints between slices.
    async fn sweep(&self, site_id: i64) -> Result<(), StoreError> {
        let mut after = Uuid::nil();
        loop {
            let began = Instant::now();
            let basis = Basis::of(&self.store, site_id).await?.number;
            let (due, last) = self
                .store
                .unjudged(site_id, after, LOOKED_AT, basis)
                .await?;
            rest(began).await;
            for visitors in due.chunks(VISITORS) {
                let began = Instant::now();
                judge(&self.store, site_id, visitors, &[], clock::now()).await?;
                rest(began).await;
                self.take_hints().await?;
            }
            match last {
                Some(last) => after = last,
                None => return Ok(()),
            }
        }
    }

    async fn judge_stale(&self, site_id: i64) -> Result<(), StoreError> {
        loop {
            let (began, now) = (Instant::now(), clock::now());
            let stale = self
                .store
                .stale_people(site_id, now, VISITORS as u32)
                .await?;
            if stale.is_empty() {
                return Ok(());
            }
            if !judge(&self.store, site_id, &[], &stale, now).await? {
                // Somebody is at it, or they are touched all the time: another turn finds them.
                return Ok(());
            }
            rest(began).await;
            self.take_hints().await?;
        }
    }
}

async fn rest(began: Instant) {
    tokio::time::sleep((began.elapsed() * REST).min(LONGEST)).await;
}

/// Judges everybody of a site who is due at a moment.
///
/// # Errors
/// [`StoreError`]; what was judged until then is kept.
pub async fn finish(store: &Store, site_id: i64, now: i64) -> Result<(), StoreError> {
    let mut after = Uuid::nil();
    loop {
        let basis = Basis::of(store, site_id).await?.number;
        let (due, last) = store.unjudged(site_id, after, LOOKED_AT, basis).await?;
        for visitors in due.chunks(VISITORS) {
            judge(store, site_id, visitors, &[], now).await?;
        }
        match last {
            Some(last) => after = last,
            None => break,
        }
    }
    loop {
        let stale = store.stale_people(site_id, now, VISITORS as u32).await?;
        if stale.is_empty() || !judge(store, site_id, &[], &stale, now).await? {
            return Ok(());
        }
    }
}

/// Judges the people of some visitors and with some ids, and keeps that. Says whether it was kept: it is not where their items
/// arrive faster than they are read, and they are still due then.
///
/// # Errors
/// [`StoreError`]; nothing was kept.
pub async fn judge(
    store: &Store,
    site_id: i64,
    visitors: &[Uuid],
    ids: &[Identity],
    now: i64,
) -> Result<bool, StoreError> {
    if is_kept(store, site_id, visitors, ids, now).await? {
        return Ok(true);
    }
    // Somebody of them goes on at this moment, and the others need not wait for that.
    let mut all = true;
    for visitor in visitors {
        all &= judge_one(store, site_id, std::slice::from_ref(visitor), &[], now).await?;
    }
    for id in ids {
        all &= judge_one(store, site_id, &[], std::slice::from_ref(id), now).await?;
    }
    Ok(all)
}

async fn judge_one(
    store: &Store,
    site_id: i64,
    visitors: &[Uuid],
    ids: &[Identity],
    now: i64,
) -> Result<bool, StoreError> {
    for _ in 0..MOST_TIMES {
        if is_kept(store, site_id, visitors, ids, now).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn is_kept(
    store: &Store,
    site_id: i64,
    visitors: &[Uuid],
    ids: &[Identity],
    now: i64,
) -> Result<bool, StoreError> {
    let made = made(store, site_id, visitors, ids, now).await?;
    store.keep_judgements(site_id, &made).await
}

/// The judgements of the people of some visitors and with some ids.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn made(
    store: &Store,
    site_id: i64,
    visitors: &[Uuid],
    ids: &[Identity],
    now: i64,
) -> Result<Judgements, StoreError> {
    let basis = Basis::of(store, site_id).await?;
    // Every browser of everybody who has one of these: what changes of any of them makes the judgement old.
    let mut browsers: BTreeSet<Uuid> = visitors.iter().copied().collect();
    let mut seen = BTreeMap::new();
    let mut people: Vec<Found> = Vec::new();
    let asked = store.keepings(site_id, ids).await?;
    for _ in 0..MOST_ROUNDS {
        // Before all else: what is read then is as new as this, or newer.
        seen = store.revisions(site_id, browsers.iter().copied()).await?;
        let mut all = store.ids_of_visitors(site_id, &browsers).await?;
        all.extend(ids.iter().cloned());
        let all: Vec<Identity> = all.into_iter().collect();
        people = store.people(site_id, &all).await?;
        let own = people.iter().flat_map(|found| &found.slices);
        let own: BTreeSet<Uuid> = own.map(|slice| slice.visitor_id).collect();
        if own.is_subset(&browsers) {
            break;
        }
        browsers.extend(own);
    }
    let mut made = Judgements {
        judged_at: now,
        basis: basis.number,
        seen,
        people: Vec::with_capacity(people.len()),
        asked,
    };
    for found in &people {
        made.people
            .push(judgement(store, site_id, found, &basis, now).await?);
    }
    Ok(made)
}

async fn judgement(
    store: &Store,
    site_id: i64,
    found: &Found,
    basis: &Basis,
    now: i64,
) -> Result<Judgement, StoreError> {
    let person = &found.person;
    let within = Slices::of_people([found]);
    let somebody = Somebody::Person(&within);
    let sessions = store
        .session_occasions(site_id, somebody, &person.visitors)
        .await?;
    let of = Of {
        somebody,
        sessions,
        total_sessions: person.figures.total_sessions,
        stages: &person.figures.stages,
        definition: &basis.definition,
        // Nothing of it depends on the moment.
        latest: i64::MAX,
        // Of all times: a history begins where what is known begins.
        price_views: (i64::MIN, i64::MAX),
    };
    let known = known::of(store, site_id, of, basis.scale).await?;
    let leaves = known.occasions.next_leaves(now).unwrap_or(i64::MAX);
    let rank = basis.definition.rank(&person.figures.stage);
    Ok(Judgement {
        person: person.id.clone(),
        ids: ids(found),
        stale_at: leaves.min(now + STALE_MS),
        standing: known.occasions.standing(now),
        rank: rank.unwrap_or(0),
        spells: if person.bot {
            Vec::new()
        } else {
            known.spells()
        },
    })
}

/// Every id under which something may be kept of a person: theirs, and those of browsers that are theirs by now.
pub fn ids(found: &Found) -> BTreeSet<Identity> {
    let users = found.users.iter().cloned().map(Identity::User);
    let browsers = found.slices.iter().map(|slice| slice.visitor_id);
    users.chain(browsers.map(Identity::Visitor)).collect()
}

impl Basis {
    async fn of(store: &Store, site_id: i64) -> Result<Self, StoreError> {
        let scale = store.scale(site_id).await?;
        let definition = store.stages(site_id);
        let mut hash = Sha256::new();
        for (rule, version, _) in rules() {
            hash.update(rule);
            hash.update(version.to_be_bytes());
        }
        for number in scale.numbers() {
            hash.update(number.to_be_bytes());
        }
        let document = serde_json::to_vec(definition.document())
            .map_err(|error| StoreError::Internal(error.to_string()))?;
        hash.update(document);
        let mut bytes = [0_u8; 8];
        bytes.copy_from_slice(&hash.finalize()[..8]);
        Ok(Self {
            scale,
            definition,
            number: i64::from_be_bytes(bytes),
        })
    }
}
