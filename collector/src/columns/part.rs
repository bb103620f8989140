//! A segment with what may become different of it while readers have it: who has gone over to a later one, and the properties
//! that are held.

use std::sync::Arc;

use uuid::Uuid;

use super::marks::Marks;
use super::props::{Column, Props};
use super::segment::{Segment, own};

/// A segment, those of its visitors who stand in a later one, and properties of its entries.
#[derive(Debug, Clone, Default)]
pub(super) struct Part {
    pub(super) rows: Arc<Segment>,
    pub(super) gone: Arc<Marks>,
    pub(super) props: Arc<Props>,
}

impl Part {
    /// In which everybody stands.
    pub(super) fn of((rows, props): (Segment, Props)) -> Self {
        Self {
            rows: Arc::new(rows),
            gone: Arc::default(),
            props: Arc::new(props),
        }
    }

    /// Bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.rows.bytes() + self.gone.bytes() + self.props.bytes()
    }
}

/// One segment of several, without those of their visitors who are marked. All hold the same properties.
pub(super) fn merge(parts: &[Part]) -> (Segment, Props) {
    let mut all = Segment::new();
    let held = parts.first().map_or(0, |part| part.props.0.len());
    let mut columns = vec![Column::default(); held];
    let mut places = vec![0; parts.len()];
    loop {
        let mut next: Option<(Uuid, usize)> = None;
        for (number, part) in parts.iter().enumerate() {
            while places[number] < part.rows.len() && part.gone.has(places[number]) {
                places[number] += 1;
            }
            let id = part.rows.visitors.id.get(places[number]);
            if let Some(id) = id
                && next.is_none_or(|(least, _)| *id < least)
            {
                next = Some((*id, number));
            }
        }
        let Some((_, number)) = next else { break };
        let part = &parts[number];
        all.copy(&part.rows, places[number]);
        for (column, of) in columns.iter_mut().zip(&part.props.0) {
            for entry in own(&part.rows.ends.events, places[number]) {
                column.push(of.word(entry));
            }
        }
        places[number] += 1;
    }
    all.shrink();
    (all, Props::of(columns))
}
