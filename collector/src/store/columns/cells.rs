//! Rows of either driver, cell by cell, as the statements of `sql/columns/` name them.

use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::{
    ContactRow, DeviceRow, EventRow, FirstRow, LinkRow, OrderRow, Refunded, SessionRow, Take,
    TakeEvents, TouchRow, VisitorRow,
};
use crate::store::StoreError;
use crate::store::changes;
use crate::store::orders::RefundRow;

/// A row of some driver. Cells are counted from 0, and each is of the type it is asked as, or null.
pub(super) trait Cells {
    fn int(&self, cell: usize) -> Result<Option<i64>, StoreError>;
    fn text(&self, cell: usize) -> Result<Option<&str>, StoreError>;
    fn maybe_id(&self, cell: usize) -> Result<Option<Uuid>, StoreError>;
    fn flag(&self, cell: usize) -> Result<bool, StoreError>;
    fn bytes(&self, cell: usize) -> Result<Option<&[u8]>, StoreError>;

    fn number(&self, cell: usize) -> Result<i64, StoreError> {
        self.int(cell)?.ok_or_else(|| null(cell))
    }

    fn id(&self, cell: usize) -> Result<Uuid, StoreError> {
        self.maybe_id(cell)?.ok_or_else(|| null(cell))
    }

    fn word(&self, cell: usize) -> Result<&str, StoreError> {
        self.text(cell)?.ok_or_else(|| null(cell))
    }
}

fn null(cell: usize) -> StoreError {
    StoreError::Internal(format!("cell {cell} is null"))
}

fn other(error: impl std::fmt::Display) -> StoreError {
    StoreError::Internal(error.to_string())
}

impl Cells for rusqlite::Row<'_> {
    fn int(&self, cell: usize) -> Result<Option<i64>, StoreError> {
        self.get_ref(cell)?.as_i64_or_null().map_err(other)
    }

    fn text(&self, cell: usize) -> Result<Option<&str>, StoreError> {
        self.get_ref(cell)?.as_str_or_null().map_err(other)
    }

    fn maybe_id(&self, cell: usize) -> Result<Option<Uuid>, StoreError> {
        let bytes = self.get_ref(cell)?.as_blob_or_null().map_err(other)?;
        bytes.map(Uuid::from_slice).transpose().map_err(other)
    }

    fn flag(&self, cell: usize) -> Result<bool, StoreError> {
        Ok(self.number(cell)? != 0)
    }

    fn bytes(&self, cell: usize) -> Result<Option<&[u8]>, StoreError> {
        self.get_ref(cell)?.as_blob_or_null().map_err(other)
    }
}

impl Cells for PgRow {
    fn int(&self, cell: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.try_get(cell)?)
    }

    fn text(&self, cell: usize) -> Result<Option<&str>, StoreError> {
        Ok(self.try_get(cell)?)
    }

    fn maybe_id(&self, cell: usize) -> Result<Option<Uuid>, StoreError> {
        Ok(self.try_get(cell)?)
    }

    fn flag(&self, cell: usize) -> Result<bool, StoreError> {
        Ok(self.try_get(cell)?)
    }

    fn bytes(&self, cell: usize) -> Result<Option<&[u8]>, StoreError> {
        Ok(self.try_get(cell)?)
    }
}

fn touch(row: &impl Cells, from: usize) -> Result<Option<TouchRow<'_>>, StoreError> {
    if !row.flag(from)? {
        return Ok(None);
    }
    Ok(Some(TouchRow {
        source: row.text(from + 1)?,
        medium: row.text(from + 2)?,
        campaign: row.text(from + 3)?,
        term: row.text(from + 4)?,
        content: row.text(from + 5)?,
        channel: row.text(from + 6)?,
        referrer: row.text(from + 7)?,
    }))
}

fn device(row: &impl Cells, from: usize) -> Result<DeviceRow<'_>, StoreError> {
    Ok(DeviceRow {
        kind: row.text(from)?,
        browser: row.text(from + 1)?,
        os: row.text(from + 2)?,
        country: row.text(from + 3)?,
        region: row.text(from + 4)?,
        city: row.text(from + 5)?,
        language: row.text(from + 6)?,
    })
}

pub(super) fn visitor(row: &impl Cells, take: &mut impl Take) -> Result<(), StoreError> {
    take.visitor(&VisitorRow {
        visitor_id: row.id(0)?,
        first_at: row.number(1)?,
        last_at: row.number(2)?,
        bot: row.flag(3)?,
        user: row.text(4)?,
        account: row.text(5)?,
        shared: row.flag(6)?,
        touch: touch(row, 7)?,
        device: device(row, 15)?,
        owner: row.text(22)?,
    });
    Ok(())
}

pub(super) fn session(row: &impl Cells, take: &mut impl Take) -> Result<(), StoreError> {
    take.session(&SessionRow {
        visitor_id: row.id(0)?,
        session_id: row.id(1)?,
        started_at: row.number(2)?,
        last_at: row.number(3)?,
        page_views: row.number(4)?,
        events: row.number(5)?,
        entry_url: row.text(6)?,
        exit_url: row.text(7)?,
        past_visible_ms: row.number(8)?,
        touch: touch(row, 9)?,
        device: device(row, 17)?,
    });
    Ok(())
}

pub(super) fn event(row: &impl Cells, take: &mut impl TakeEvents) -> Result<(), StoreError> {
    let kind = row.word(4)?;
    let unknown = |_| StoreError::Internal(format!("an entry of the kind {kind}"));
    take.event(&EventRow {
        visitor_id: row.id(0)?,
        session_id: row.id(1)?,
        at: row.number(2)?,
        id: row.id(3)?,
        kind: kind.parse().map_err(unknown)?,
        name: row.text(5)?,
        url: row.text(6)?,
        conversion: row.flag(7)?,
        visible_ms: row.int(8)?,
        scroll_max: row.int(9)?,
        props: row.text(10)?,
    });
    Ok(())
}

pub(super) fn first(row: &impl Cells, take: &mut impl Take) -> Result<(), StoreError> {
    take.first(&FirstRow {
        visitor_id: row.id(0)?,
        name: row.word(1)?,
        first_at: row.number(2)?,
    });
    Ok(())
}

pub(super) fn order(
    row: &impl Cells,
    refunded: &Refunded,
    take: &mut impl Take,
) -> Result<(), StoreError> {
    let key = row.word(3)?;
    take.order(&OrderRow {
        visitor_id: row.id(0)?,
        session_id: row.id(1)?,
        at: row.number(2)?,
        key,
        name: row.word(4)?,
        amount: row.int(5)?,
        refunded: refunded.get(key).copied().unwrap_or(0),
        currency: row.text(6)?,
        item_id: row.id(7)?,
    });
    Ok(())
}

pub(super) fn refund(row: &impl Cells) -> Result<RefundRow, StoreError> {
    Ok(RefundRow {
        order_key: row.word(0)?.to_owned(),
        at: row.number(1)?,
        item_id: row.id(2)?,
        visitor_id: row.id(3)?,
        amount: row.int(4)?,
        currency: row.text(5)?.map(str::to_owned),
        order_at: row.int(6)?,
        order_amount: row.int(7)?,
        order_currency: row.text(8)?.map(str::to_owned),
    })
}

pub(super) fn sharing(row: &impl Cells, take: &mut impl Take) -> Result<(), StoreError> {
    take.sharing(row.id(0)?, row.word(1)?);
    Ok(())
}

pub(super) fn link(row: &impl Cells, take: &mut impl Take) -> Result<(), StoreError> {
    take.link(&LinkRow {
        one: row.word(0)?,
        other: row.word(1)?,
        by_owner: row.word(2)? == "owner",
    });
    Ok(())
}

pub(super) fn contact(row: &impl Cells, take: &mut impl Take) -> Result<(), StoreError> {
    take.contact(&ContactRow {
        id: row.id(0)?,
        at: row.number(1)?,
        channel: row.word(2)?,
        kind: row.word(3)?,
        direction: row.text(4)?,
        source: row.text(5)?,
        campaign: row.text(6)?,
        user: row.text(7)?,
        visitor_id: row.maybe_id(8)?,
        email_user: row.text(9)?,
    });
    Ok(())
}

/// A row of `changes`, if there is one.
pub(super) fn change(row: &impl Cells) -> Result<Option<changes::Row>, StoreError> {
    let Some(change) = row.int(0)? else {
        return Ok(None);
    };
    Ok(Some(changes::Row {
        change,
        part: row.number(1)?,
        kind: row.word(2)?.to_owned(),
        ids: row.bytes(3)?.map(<[u8]>::to_vec),
        link: row.text(4)?.map(str::to_owned),
    }))
}
