//! A site's columns while they are kept: loaded once, and read again where something changed.
//!
//! Segments are written once. Whoever changed is marked in the segment where they stood and stands in a new one; small segments
//! become one as they come, so that there are never many, and the rest is put together now and then ([`Held::put_together`]).
//! Everything of one visitor is of one moment, because it was read at one.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use uuid::Uuid;

use super::compact::compact;
use super::contacts::Told;
use super::fill::Fill;
use super::gather::{Gather, Room};
use super::kinds::Common;
use super::part::{Part, merge};
use super::persons::Link;
use super::props::{Names, Props};
use super::shelf::Shelf;
use super::site::Columns;
use super::words::{Word, number};
use crate::clock;
use crate::store::changes::{News, Position};
use crate::store::columns::TakeEvents;
use crate::store::{Store, StoreError};

/// Rows of segments that are put together at once, by whoever asks.
pub(super) const SMALL: usize = 200_000;

/// A site's columns and all that keeps them fresh.
#[derive(Debug)]
pub(super) struct Held {
    site_id: i64,
    common: Common,
    parts: Vec<Part>,
    /// The properties of events that are held.
    names: Names,
    /// Users of browsers that several used.
    sharing: BTreeSet<(Uuid, Word)>,
    links: BTreeSet<Link>,
    told: Told,
    /// As they were shown last, and whether anything is different since.
    shown: Columns,
    is_changed: bool,
    /// Somebody was erased since all was put together: texts of theirs may still be there.
    has_erased: bool,
    position: Position,
    /// Who changed before `target` and was not read again yet.
    pending: BTreeSet<Uuid>,
    target: i64,
    /// Who changed after it. Together they might never be empty while many items arrive.
    later: BTreeSet<Uuid>,
    as_of: i64,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Everything that was committed is there.
    Done,
    /// There are more who changed.
    More,
    /// Nobody can tell what changed: all has to be loaded anew.
    Lost,
}

impl Held {
    /// Loads all rows of a site, with these properties of events. Some may be of before and some of after a commit that happens meanwhile, until a step is done.
    ///
    /// # Errors
    /// [`StoreError::Full`] without memory for them; [`StoreError::Unavailable`].
    pub(super) async fn load(
        store: &Store,
        site_id: i64,
        shelf: &Arc<Shelf>,
        names: Names,
    ) -> Result<Self, StoreError> {
        let position = store.position(site_id).await?;
        let room = Room {
            site_id,
            held: 0,
            shelf: Arc::clone(shelf),
        };
        let gather = Gather::new(Common::default(), Arc::clone(&names), room);
        let mut gather = store.read_whole(site_id, gather).await?;
        if !gather.has_room() {
            return Err(StoreError::Full);
        }
        let links = std::mem::take(&mut gather.links).into_iter().collect();
        let sharing = std::mem::take(&mut gather.sharing).into_iter().collect();
        let mut told = Told::default();
        for (id, contact) in std::mem::take(&mut gather.contacts) {
            told.set(id, Some(contact));
        }
        let (rows, mut common) = blocking(move || gather.finish()).await?;
        common.words.settle();
        Ok(Self {
            site_id,
            names,
            common,
            sharing,
            links,
            told,
            shown: Columns::default(),
            is_changed: true,
            has_erased: false,
            parts: vec![Part::of(rows)],
            position,
            pending: BTreeSet::new(),
            target: i64::MIN,
            later: BTreeSet::new(),
            as_of: i64::MIN,
        })
    }

    /// Reads again who changed, at most about so many.
    ///
    /// # Errors
    /// [`StoreError`], and then these columns are to be used no more.
    pub(super) async fn step(
        &mut self,
        store: &Store,
        shelf: &Arc<Shelf>,
        most: usize,
    ) -> Result<Step, StoreError> {
        let now = clock::now();
        let common = std::mem::take(&mut self.common);
        let room = Room {
            site_id: self.site_id,
            held: self.bytes(),
            shelf: Arc::clone(shelf),
        };
        let gather = Gather::new(common, Arc::clone(&self.names), room);
        let choose = {
            let (first, later) = (self.pending.clone(), self.later.clone());
            move |news: &News| -> BTreeSet<Uuid> {
                let all = first.iter().chain(&later).chain(&news.visitors);
                all.take(most).copied().collect()
            }
        };
        let mut again = store
            .read_again(self.site_id, &mut self.position, choose, gather)
            .await?;
        if again.news.is_gap {
            return Ok(Step::Lost);
        }
        self.is_changed |= !again.news.is_nothing() || !again.read.is_empty();
        if self.pending.is_empty() {
            std::mem::swap(&mut self.pending, &mut self.later);
            self.target = now;
            self.pending.extend(&again.news.visitors);
        } else {
            self.later.extend(&again.news.visitors);
        }
        if let Some(all) = again.all {
            self.compare(all);
        }
        self.read_beside(&again.news, &again.read, &mut again.take);
        let ((segment, props), common) = again.take.finish();
        self.common = common;
        for id in &again.read {
            self.pending.remove(id);
            self.later.remove(id);
            self.leave(*id);
        }
        if !segment.is_empty() {
            self.parts.push(Part::of((segment, props)));
        }
        self.tidy();
        if !self.pending.is_empty() {
            return Ok(Step::More);
        }
        // Everybody is read who was told of until now, or until the step in which these were.
        if self.later.is_empty() {
            self.as_of = now;
            return Ok(Step::Done);
        }
        self.as_of = self.target;
        Ok(Step::More)
    }

    /// Holds no properties but these any more, and gives those of them that are not held yet.
    pub(super) fn keep_names(&mut self, wanted: &[String]) -> Vec<String> {
        let all = self.names.iter().enumerate();
        let kept: Vec<usize> = all
            .filter(|(_, name)| wanted.contains(name))
            .map(|(place, _)| place)
            .collect();
        if kept.len() < self.names.len() {
            for part in &mut self.parts {
                let columns = kept.iter().map(|place| Arc::clone(&part.props.0[*place]));
                part.props = Arc::new(Props(columns.collect()));
            }
            self.names = kept
                .iter()
                .map(|place| self.names[*place].clone())
                .collect();
            self.is_changed = true;
        }
        let missing = wanted.iter().filter(|name| !self.names.contains(name));
        missing.cloned().collect()
    }

    /// Reads properties that are not held yet, of all entries. Whoever changes meanwhile has to be read again before anything is
    /// shown ([`Self::settle`], with the moment that this gives). Where it does not come to an end, nothing is different.
    ///
    /// # Errors
    /// [`StoreError::Full`] without memory for them; [`StoreError::Unavailable`].
    pub(super) async fn fill(
        &mut self,
        store: &Store,
        shelf: &Arc<Shelf>,
        names: &[String],
    ) -> Result<i64, StoreError> {
        let began = clock::now();
        let room = Room {
            site_id: self.site_id,
            held: self.bytes(),
            shelf: Arc::clone(shelf),
        };
        let fill = Fill::new(self.parts.clone(), names.into(), room);
        let fill = store.read_events(self.site_id, fill).await?;
        if !fill.has_room() {
            return Err(StoreError::Full);
        }
        let (filled, words) = blocking(move || fill.finish()).await?;
        let own = &mut self.common.words;
        let numbers = 0..number(words.len());
        let numbers: Vec<Word> = numbers.map(|word| own.add(words.text(word))).collect();
        for (part, columns) in self.parts.iter_mut().zip(filled) {
            let mut props = Props::clone(&part.props);
            for mut column in columns {
                for word in column.words_mut() {
                    *word = numbers[*word as usize];
                }
                props.0.push(Arc::new(column));
            }
            part.props = Arc::new(props);
        }
        self.names = self.names.iter().chain(names).cloned().collect();
        self.is_changed = true;
        Ok(began)
    }

    /// Reads again who changed, until everybody is read who did before a moment.
    ///
    /// # Errors
    /// [`StoreError`], and then these columns are to be used no more.
    pub(super) async fn settle(
        &mut self,
        store: &Store,
        shelf: &Arc<Shelf>,
        (moment, most): (i64, usize),
    ) -> Result<Step, StoreError> {
        loop {
            match self.step(store, shelf, most).await? {
                Step::More if self.as_of < moment => {}
                step => return Ok(step),
            }
        }
    }

    /// How many have to be read again.
    pub(super) fn waiting(&self) -> usize {
        self.pending.len() + self.later.len()
    }

    /// Whether everything from before some moment is there.
    pub(super) fn is_whole(&self) -> bool {
        self.as_of > i64::MIN
    }

    /// Takes over links and interactions, of those that are told of, or all.
    fn read_beside(&mut self, news: &News, visitors: &BTreeSet<Uuid>, read: &mut Gather) {
        if news.is_whole {
            self.has_erased = true;
            self.links.clear();
            self.told = Told::default();
        }
        self.sharing.retain(|(id, _)| !visitors.contains(id));
        self.sharing.extend(read.sharing.drain(..));
        for [one, other] in &news.links {
            for by_owner in [false, true] {
                self.links.remove(&([one.clone(), other.clone()], by_owner));
            }
        }
        for id in &news.interactions {
            self.told.set(*id, None);
        }
        self.links.append(&mut read.links.drain(..).collect());
        for (id, contact) in read.contacts.drain(..) {
            self.told.set(id, Some(contact));
        }
    }

    /// Lets go who is not among all visitors any more, and adds those who are new to who has to be read.
    fn compare(&mut self, all: Vec<Uuid>) {
        let all: HashSet<Uuid> = all.into_iter().collect();
        let mut gone = Vec::new();
        let mut held = HashSet::new();
        for part in &self.parts {
            for (place, id) in part.rows.visitors.id.iter().enumerate() {
                if part.gone.has(place) {
                    continue;
                }
                held.insert(*id);
                if !all.contains(id) {
                    gone.push(*id);
                }
            }
        }
        for id in gone {
            self.leave(id);
            self.sharing.retain(|(own, _)| *own != id);
        }
        self.pending.extend(all.difference(&held));
    }

    /// Marks a visitor where they stand.
    fn leave(&mut self, id: Uuid) {
        for part in self.parts.iter_mut().rev() {
            let place = part.rows.find(id).filter(|place| !part.gone.has(*place));
            if let Some(place) = place {
                Arc::make_mut(&mut part.gone).add(place);
                return;
            }
        }
    }

    /// Puts small segments together: each is at least twice as large as the next.
    fn tidy(&mut self) {
        self.parts
            .retain(|part| part.gone.count() < part.rows.len());
        while let [.., one, other] = self.parts.as_slice()
            && one.rows.rows() <= 2 * other.rows.rows()
            && one.rows.rows() + other.rows.rows() <= SMALL
        {
            let last = self.parts.split_off(self.parts.len() - 2);
            self.parts.push(Part::of(merge(&last)));
        }
        if let [.., part] = self.parts.as_slice()
            && part.gone.count() * 2 > part.rows.len()
            && part.rows.rows() <= SMALL
        {
            let last = self.parts.split_off(self.parts.len() - 1);
            self.parts.push(Part::of(merge(&last)));
        }
    }

    /// Whether so much has changed that all should be put together.
    pub(super) fn is_scattered(&self) -> bool {
        let rows = self.rows();
        let first = self.parts.first().map_or(0, |part| part.rows.rows());
        let gone: usize = self.parts.iter().map(|part| part.gone.count()).sum();
        let all: usize = self.parts.iter().map(|part| part.rows.len()).sum();
        self.has_erased || (rows - first) * 8 > rows + SMALL * 8 || gone * 4 > all + SMALL
    }

    /// Puts all segments together, on a thread of its own, and lets go of texts that no row holds any more.
    ///
    /// # Errors
    /// [`StoreError::Internal`], and then these columns are to be used no more.
    pub(super) async fn put_together(&mut self) -> Result<(), StoreError> {
        let parts = self.parts.clone();
        let (told, common) = (self.told.clone(), std::mem::take(&mut self.common));
        let sharing = std::mem::take(&mut self.sharing);
        let (merged, common, told, sharing) = blocking(move || {
            let mut merged = merge(&parts);
            let (common, told, sharing) = compact(&mut merged, &told, &sharing, &common);
            (merged, common, told, sharing)
        })
        .await?;
        self.sharing = sharing;
        self.parts = vec![Part::of(merged)];
        (self.common, self.told) = (common, told);
        // Numbers are others now: nothing of what was shown can be shown again.
        self.shown = Columns::default();
        (self.is_changed, self.has_erased) = (true, false);
        Ok(())
    }

    /// The columns as they are now.
    pub(super) fn columns(&mut self) -> Columns {
        if std::mem::take(&mut self.is_changed) {
            let before = &self.shown;
            let links = if before.links.iter().eq(&self.links) {
                Arc::clone(&before.links)
            } else {
                Arc::new(self.links.iter().cloned().collect())
            };
            self.shown = Columns {
                known: Arc::new(self.common.known(&before.known)),
                segments: self.parts.clone(),
                names: Arc::clone(&self.names),
                sharing: Arc::new(self.sharing.iter().map(|(_, user)| *user).collect()),
                links,
                told: Arc::new(self.told.clone()),
                persons: Arc::default(),
                as_of: self.as_of,
            };
        }
        self.shown.as_of = self.as_of;
        self.shown.clone()
    }

    /// Rows of all kinds.
    pub(super) fn rows(&self) -> usize {
        self.parts.iter().map(|part| part.rows.rows()).sum()
    }

    /// Bytes of memory, about.
    pub(super) fn bytes(&self) -> usize {
        let parts: usize = self.parts.iter().map(Part::bytes).sum();
        let links = self.links.len() * 160;
        self.common.bytes() + self.told.bytes() + links + parts
    }
}

/// Works on a thread that may be busy for long.
pub(super) async fn blocking<R: Send + 'static>(
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, StoreError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| StoreError::Internal(error.to_string()))
}
