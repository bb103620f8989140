//! Which ids mean one person, as far as somebody has to be found.

use std::collections::BTreeSet;

use super::listed;
use crate::journey::{Identity, Links, Merge, Origin};
use crate::store::rows::Value;
use crate::store::{Store, StoreError};

/// One link: its ids, who says so, and when.
type Row = (String, String, String, Option<i64>);

impl Store {
    /// Every link that decides who the people with these ids are.
    pub(super) async fn links(&self, site_id: i64, ids: &[Identity]) -> Result<Links, StoreError> {
        let mut links = Links::default();
        let mut read: BTreeSet<Identity> = BTreeSet::new();
        // What a step finds leads to more; nearly always the first finds nothing.
        loop {
            let next: BTreeSet<Identity> = ids
                .iter()
                .flat_map(|id| links.person(id))
                .filter(|id| !read.contains(id))
                .collect();
            if next.is_empty() {
                return Ok(links);
            }
            for (one, other, origin, at) in self.links_of(site_id, &next).await? {
                let broken = |_| StoreError::Internal("person_links: no id of a person".to_owned());
                let one: Identity = one.parse().map_err(broken)?;
                let other: Identity = other.parse().map_err(broken)?;
                match origin_of(&origin) {
                    Origin::Alias => links.alias(&one, &other),
                    Origin::Owner => links.merge(Merge {
                        ids: [one, other],
                        at: at.unwrap_or_default(),
                    }),
                }
            }
            read.extend(next);
        }
    }

    /// Whether anybody said that this id and another mean one person.
    pub(super) async fn is_linked(&self, site_id: i64, id: &Identity) -> Result<bool, StoreError> {
        let found = self
            .links_of(site_id, &BTreeSet::from([id.clone()]))
            .await?;
        Ok(!found.is_empty())
    }

    async fn links_of(
        &self,
        site_id: i64,
        ids: &BTreeSet<Identity>,
    ) -> Result<Vec<Row>, StoreError> {
        let keys: Vec<String> = ids.iter().map(Identity::key).collect();
        let keys: Vec<Value<'_>> = keys.iter().map(|key| key.as_str().into()).collect();
        Ok(listed!(
            self,
            site_id,
            include_str!("../sql/person_links/list.sql"),
            keys,
            Row
        ))
    }
}

fn origin_of(text: &str) -> Origin {
    match text {
        "owner" => Origin::Owner,
        _ => Origin::Alias,
    }
}
