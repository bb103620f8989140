//! Who learns the chances of the next stage, and when: [`crate::analytics::prediction`] says how.
//!
//! A site's model is learned when somebody first asks, and kept in memory. Once it is a day old, whoever asks is answered by
//! it and a job learns anew beside that. One is learned at a time, so that those who store are not kept waiting.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::analytics::prediction::Trained;
use crate::analytics::progress::Stages;
use crate::clock;
use crate::columns::Columns;
use crate::journey::Definition;

/// How old a model becomes; one that shows nothing, for want of a history that may just be arriving.
const OLD_MS: i64 = 24 * 60 * 60 * 1000;
const OLD_EMPTY_MS: i64 = 10 * 60 * 1000;
/// What is drawn by chance follows from it.
const SEED: u64 = 0;

/// The models of the sites that somebody asked about.
#[derive(Debug, Default)]
pub(crate) struct Predictor {
    kept: Mutex<HashMap<i64, Arc<Learned>>>,
    /// Held by who learns.
    turn: Mutex<()>,
}

/// A model and when it was made.
#[derive(Debug)]
pub(crate) struct Learned {
    /// The model.
    pub(crate) trained: Trained,
    /// When.
    pub(crate) at: i64,
    definition: Arc<Definition>,
}

impl Learned {
    fn is_old(&self, now: i64) -> bool {
        let age = if self.trained.shows() {
            OLD_MS
        } else {
            OLD_EMPTY_MS
        };
        now - self.at >= age
    }
}

impl Predictor {
    /// A site's model, by the definition of its stages that holds. May take as long as learning does.
    pub(crate) fn of(
        self: &Arc<Self>,
        site_id: i64,
        columns: &Columns,
        definition: &Arc<Definition>,
    ) -> Arc<Learned> {
        match self.known(site_id, definition) {
            Some(known) if known.is_old(clock::now()) => {
                self.renew(site_id, columns, definition);
                known
            }
            Some(known) => known,
            None => {
                let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
                let known = self.known(site_id, definition);
                known.unwrap_or_else(|| self.learn(site_id, columns, definition, &turn))
            }
        }
    }

    fn known(&self, site_id: i64, definition: &Arc<Definition>) -> Option<Arc<Learned>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept.get(&site_id)?;
        (known.definition == *definition).then(|| Arc::clone(known))
    }

    /// Learns on a thread of its own, unless somebody learns already.
    fn renew(self: &Arc<Self>, site_id: i64, columns: &Columns, definition: &Arc<Definition>) {
        let (predictor, columns) = (Arc::clone(self), columns.clone());
        let definition = Arc::clone(definition);
        std::thread::spawn(move || {
            if let Ok(turn) = predictor.turn.try_lock() {
                predictor.learn(site_id, &columns, &definition, &turn);
            }
        });
    }

    fn learn(
        &self,
        site_id: i64,
        columns: &Columns,
        definition: &Arc<Definition>,
        _turn: &MutexGuard<'_, ()>,
    ) -> Arc<Learned> {
        let stages = Stages::of(Arc::clone(definition), columns);
        let learned = Arc::new(Learned {
            trained: Trained::of(columns, &stages, SEED),
            at: clock::now(),
            definition: Arc::clone(definition),
        });
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(site_id, Arc::clone(&learned));
        learned
    }
}
