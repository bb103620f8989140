//! What the address that a visitor landed on says of how they came: UTM parameters and click ids.

use url::Url;
use waymark_protocol::{ClickIds, limits};

/// The parameters of an address; none of a text that is no address.
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(address: Option<&str>) -> Self {
        let url = address
            .filter(|text| text.contains('?'))
            .and_then(|text| Url::parse(text).ok());
        let pairs = url.iter().flat_map(Url::query_pairs);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        )
    }

    /// The first one of this name; an empty value is none.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value.clone()).filter(|value| !value.is_empty())
    }

    /// The click ids that the protocol knows.
    pub(super) fn click_ids(&self) -> ClickIds {
        let known = limits::CLICK_IDS.iter();
        ClickIds(
            known
                .filter_map(|name| Some(((*name).into(), self.get(name)?)))
                .collect(),
        )
    }
}
