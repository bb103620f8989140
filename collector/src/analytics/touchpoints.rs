//! What led somebody to a site: the starts of their sessions, each with where it came from, and interactions in which they
//! took part.

use std::ops::Range;

use super::attribution::Touchpoint;
use super::dimension::{Dimension, Of};
use crate::columns::{Columns, Interactions, NONE, Visitor, Word};
use crate::journey::Occasion;

/// The channel of traffic that nobody and nothing sent.
const DIRECT: &str = "Direct";

/// Reads touchpoints of some columns, counted by a dimension: the key of each is a word.
#[derive(Debug)]
pub struct Touchpoints<'c> {
    columns: &'c Columns,
    by: Dimension,
    /// By touch, whether it is direct, or nothing is known of it.
    direct: Vec<bool>,
    /// Channels of interactions that are those of sessions, but for capitals.
    channels: Vec<(Word, Word)>,
}

impl<'c> Touchpoints<'c> {
    /// Of these columns, counted by a dimension of sessions or visitors.
    pub fn of(columns: &'c Columns, by: Dimension) -> Self {
        let direct = columns.words().find(DIRECT);
        let touches = columns.touches().iter();
        let same = |channel: Word| {
            let text = columns.text(channel)?.to_lowercase();
            Some((columns.words().find(&text)?, channel))
        };
        let mut channels: Vec<(Word, Word)> = touches
            .clone()
            .filter_map(|touch| same(touch.channel))
            .collect();
        channels.sort_unstable();
        channels.dedup();
        Self {
            channels,
            columns,
            by,
            direct: touches
                .map(|touch| !touch.is_known || Some(touch.channel) == direct)
                .collect(),
        }
    }

    /// Puts the touchpoints of a person before a moment into `found`, the oldest first.
    pub fn read(
        &self,
        browsers: &[Visitor<'_>],
        interactions: &Interactions<'_>,
        before: i64,
        found: &mut Vec<Touchpoint>,
    ) {
        found.clear();
        for browser in browsers {
            let sessions = browser.sessions();
            let own = match self.by.of() {
                Of::Visitor => Some(self.by.of_visitor(self.columns, *browser)),
                _ => None,
            };
            for (place, at) in sessions.started_at.iter().enumerate() {
                if *at >= before {
                    break;
                }
                let key = own.unwrap_or_else(|| self.by.of_session(self.columns, &sessions, place));
                found.push(Touchpoint {
                    key,
                    at: *at,
                    is_direct: self.direct[sessions.touch[place] as usize],
                });
            }
        }
        let own = found.len();
        self.add_interactions(browsers, interactions, before, found);
        if browsers.len() > 1 || found.len() > own {
            found.sort_by_key(|touch| touch.at);
        }
    }

    fn add_interactions(
        &self,
        browsers: &[Visitor<'_>],
        interactions: &Interactions<'_>,
        before: i64,
        found: &mut Vec<Touchpoint>,
    ) {
        for (place, at) in interactions.at.iter().enumerate() {
            if *at >= before {
                break;
            }
            let text = |word: Word| self.columns.text(word);
            let kind = text(interactions.kind[place]).unwrap_or_default();
            if !Occasion::takes_part(kind, text(interactions.direction[place])) {
                continue;
            }
            let first = || browsers.iter().min_by_key(|browser| browser.first_at());
            let key = match self.by {
                Dimension::Channel => {
                    let own = interactions.channel[place];
                    let same = self.channels.iter().find(|(known, _)| *known == own);
                    same.map_or(own, |(_, channel)| *channel)
                }
                Dimension::Source => interactions.source[place],
                Dimension::Campaign => interactions.campaign[place],
                by if by.of() == Of::Visitor => {
                    first().map_or(NONE, |first| by.of_visitor(self.columns, *first))
                }
                _ => NONE,
            };
            found.push(Touchpoint {
                key,
                at: *at,
                is_direct: false,
            });
        }
    }
}

/// The places of those touchpoints, the oldest first, that may have led to what happened at a moment: not later, and not more
/// than the look-back before. Without a look-back, however long before.
pub fn leading(touchpoints: &[Touchpoint], at: i64, lookback: Option<i64>) -> Range<usize> {
    let end = touchpoints.partition_point(|touch| touch.at <= at);
    let since = lookback.map_or(i64::MIN, |lookback| at.saturating_sub(lookback));
    touchpoints[..end].partition_point(|touch| touch.at < since)..end
}
