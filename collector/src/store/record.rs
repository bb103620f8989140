//! Groups of columns that several tables share, as they are read.

use sqlx::FromRow;

use crate::journey::{Device, Ga, Touch};

/// A touch, with the flag that tells a touch of which nothing is known from none.
#[derive(FromRow)]
pub(super) struct TouchColumns {
    touched: bool,
    touch_at: Option<i64>,
    source: Option<String>,
    medium: Option<String>,
    campaign: Option<String>,
    term: Option<String>,
    content: Option<String>,
    channel: Option<String>,
    click_ids: Option<String>,
    landing_url: Option<String>,
    referrer: Option<String>,
}

impl From<TouchColumns> for Option<Touch> {
    fn from(columns: TouchColumns) -> Self {
        columns.touched.then_some(Touch {
            at: columns.touch_at,
            source: columns.source,
            medium: columns.medium,
            campaign: columns.campaign,
            term: columns.term,
            content: columns.content,
            channel: columns.channel,
            click_ids: columns.click_ids,
            landing_url: columns.landing_url,
            referrer: columns.referrer,
        })
    }
}

/// A device.
#[derive(FromRow)]
pub(super) struct DeviceColumns {
    device_type: Option<String>,
    browser: Option<String>,
    os: Option<String>,
    country: Option<String>,
    region: Option<String>,
    city: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
}

impl From<DeviceColumns> for Device {
    fn from(columns: DeviceColumns) -> Self {
        Self {
            kind: columns.device_type,
            browser: columns.browser,
            os: columns.os,
            country: columns.country,
            region: columns.region,
            city: columns.city,
            language: columns.language,
            time_zone: columns.time_zone,
        }
    }
}

/// Google Analytics' ids.
#[derive(FromRow)]
pub(super) struct GaColumns {
    ga_client_id: Option<String>,
    ga_session_id: Option<String>,
}

impl From<GaColumns> for Ga {
    fn from(columns: GaColumns) -> Self {
        Self {
            client_id: columns.ga_client_id,
            session_id: columns.ga_session_id,
        }
    }
}
