//! What writers behind a queue commit, for those who watch at this collector.
//!
//! Writers say what they have committed to whoever listens, and this listens for as long as somebody watches a live view. It is
//! not kept anywhere: what is said before it listens is made up for by having everybody load their lists once.

use std::time::Duration;

use futures_util::StreamExt;
use tokio::time::{sleep, timeout};

use crate::ingest::Ingest;
use crate::live::{Feed, Update};
use crate::scale::Link;
use crate::store::Store;

/// How often it is looked whether somebody watches.
const LOOK: Duration = Duration::from_millis(500);

/// Goes on for ever.
pub(crate) async fn run(link: Link, store: Store, ingest: Ingest, live: Feed) {
    loop {
        if ingest.is_watched()
            && let Some(news) = link.news().await
        {
            let mut news = std::pin::pin!(news);
            reload(&store, &live).await;
            while ingest.is_watched() {
                match timeout(LOOK, news.next()).await {
                    Ok(Some(facts)) => ingest.tell_of_others(&facts).await,
                    Ok(None) => break,
                    Err(_) => {}
                }
            }
        }
        sleep(LOOK).await;
    }
}

/// Has everybody who watches load what they show.
async fn reload(store: &Store, live: &Feed) {
    match store.sites().await {
        Ok(sites) => {
            for site in sites {
                live.tell(Update::reload(site.id));
            }
        }
        Err(error) => tracing::debug!(%error, "those who watch were not told to load again"),
    }
}
