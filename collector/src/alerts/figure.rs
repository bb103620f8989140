//! The figures that alerts look at: those of the overview, and what was dropped.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::number::Number;
use super::rules::Scale;
use crate::analytics::figures::Told;

/// What is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AlertFigure)]
pub enum Figure {
    /// Visitors with a session that began.
    Visitors,
    /// Those whose first session it was.
    NewVisitors,
    /// Sessions that began.
    Sessions,
    /// Page views.
    PageViews,
    /// Items of the type event.
    Events,
    /// Page views and events: below 1 where nothing arrives at all.
    Items,
    /// Items that are a conversion.
    Conversions,
    /// Orders.
    Orders,
    /// What orders brought, net of refunds, in the site's currency.
    Revenue,
    /// Sessions that were not engaged, of all.
    BounceRate,
    /// Engaged sessions, of all.
    EngagedRate,
    /// Sessions with a conversion, of all.
    ConversionRate,
    /// Items that were dropped and stand in the inbox.
    Rejected,
}

impl Figure {
    /// As it is written in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Visitors => "visitors",
            Self::NewVisitors => "new_visitors",
            Self::Sessions => "sessions",
            Self::PageViews => "page_views",
            Self::Events => "events",
            Self::Items => "items",
            Self::Conversions => "conversions",
            Self::Orders => "orders",
            Self::Revenue => "revenue",
            Self::BounceRate => "bounce_rate",
            Self::EngagedRate => "engaged_rate",
            Self::ConversionRate => "conversion_rate",
            Self::Rejected => "rejected",
        }
    }

    /// What kind of number it is.
    pub fn scale(self) -> Scale {
        match self {
            Self::Revenue => Scale::Money,
            Self::BounceRate | Self::EngagedRate | Self::ConversionRate => Scale::Rate,
            _ => Scale::Count,
        }
    }

    /// It, out of what the overview says. Nothing where the overview says nothing, and of what it does not tell.
    pub fn of(self, told: &Told) -> Option<Number> {
        let count = |count| Some(Number::whole(count));
        match self {
            Self::Visitors => count(told.visitors),
            Self::NewVisitors => count(told.new_visitors),
            Self::Sessions => count(told.sessions),
            Self::PageViews => count(told.page_views),
            Self::Events => count(told.events),
            Self::Items => count(told.page_views + told.events),
            Self::Conversions => count(told.conversions),
            Self::Orders => count(told.earned.orders),
            Self::Revenue => Number::of_text(told.earned.revenue.net.as_deref()?).ok(),
            Self::BounceRate => told.bounce_rate.map(Number::rate),
            Self::EngagedRate => told.engaged_rate.map(Number::rate),
            Self::ConversionRate => told.conversion_rate.map(Number::rate),
            Self::Rejected => None,
        }
    }
}
