//! What is known of somebody, gathered for whoever judges or reads them.

use crate::journey::{Definition, Known, Occasion, Occasions, ReachedStage, Scale};
use crate::store::{Somebody, Store, StoreError};

/// Whose, and what is known of them already.
pub struct Of<'o> {
    /// Whose.
    pub somebody: Somebody<'o>,
    /// Their latest sessions, and from which moment on these are all, where some were left out.
    pub sessions: (Vec<Occasion>, Option<i64>),
    /// Sessions ever.
    pub total_sessions: i64,
    /// The stages that they have reached.
    pub stages: &'o [ReachedStage],
    /// The site's stages.
    pub definition: &'o Definition,
    /// What began later, by a clock that is ahead, began then.
    pub latest: i64,
    /// From when and until when views of the prices are asked for.
    pub price_views: (i64, i64),
}

/// Gathers it.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn of(
    store: &Store,
    site_id: i64,
    of: Of<'_>,
    scale: Scale,
) -> Result<Known, StoreError> {
    let (mut occasions, whole) = store.interaction_occasions(site_id, of.somebody).await?;
    let (sessions, sessions_whole) = of.sessions;
    occasions.extend(sessions);
    for one in &mut occasions {
        one.began = one.began.min(of.latest);
    }
    let last = of.definition.stages().last();
    let reached = |stage: &&ReachedStage| last.is_some_and(|last| last.key == stage.stage);
    let price_views = store.price_views(site_id, of.somebody, of.price_views);
    Ok(Known {
        price_views: price_views.await?,
        occasions: Occasions::of(occasions, whole.max(sessions_whole)).measured(scale),
        total_sessions: of.total_sessions,
        first_order: store.first_order(site_id, of.somebody).await?,
        converted_at: of.stages.iter().find(reached).map(|stage| stage.entered_at),
    })
}
