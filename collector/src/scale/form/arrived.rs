//! What items of one batch have in common, in version 1 of the form. Nothing here follows the types that it is made from by
//! itself: whoever changes those is stopped by the compiler, and decides whether the form becomes another one.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waymark_protocol::Consent;

use crate::journey::{Arrival, Device, Ga, Screen, Touch};

/// A text, if there is one.
pub(super) type Text<'m> = Option<Cow<'m, str>>;

pub(super) fn text(text: &Option<String>) -> Text<'_> {
    text.as_deref().map(Cow::Borrowed)
}

pub(super) fn own(text: Text<'_>) -> Option<String> {
    text.map(Cow::into_owned)
}

pub(super) fn is_false(value: &bool) -> bool {
    !value
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name<'m> {
            $(
                #[serde(default, skip_serializing_if = "Option::is_none")]
                $field: $type,
            )*
        }
    };
}

part! {
    /// How a visitor came.
    Came {
        at: Option<i64>,
        source: Text<'m>,
        medium: Text<'m>,
        campaign: Text<'m>,
        term: Text<'m>,
        content: Text<'m>,
        channel: Text<'m>,
        click_ids: Text<'m>,
        landing_url: Text<'m>,
        referrer: Text<'m>,
    }
}

part! {
    /// Google Analytics' ids.
    Linked {
        client_id: Text<'m>,
        session_id: Text<'m>,
    }
}

part! {
    /// The device and its sizes.
    Held {
        kind: Text<'m>,
        browser: Text<'m>,
        os: Text<'m>,
        country: Text<'m>,
        region: Text<'m>,
        city: Text<'m>,
        language: Text<'m>,
        time_zone: Text<'m>,
        screen_width: Option<i64>,
        screen_height: Option<i64>,
        viewport_width: Option<i64>,
        viewport_height: Option<i64>,
    }
}

/// What items of one batch have in common.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Arrived<'m> {
    site_id: i64,
    visitor_id: Uuid,
    tab_id: Uuid,
    session_id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Text<'m>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    touch: Option<Came<'m>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    first_touch: Option<Came<'m>>,
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    ga: Option<Linked<'m>>,
    #[serde(borrow)]
    device: Held<'m>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ip: Text<'m>,
    rules: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    consent: Option<Consent>,
    received_at: i64,
    #[serde(default, skip_serializing_if = "is_false")]
    is_history: bool,
}

impl<'m> Came<'m> {
    fn of(touch: &'m Touch) -> Self {
        let Touch {
            at,
            source,
            medium,
            campaign,
            term,
            content,
            channel,
            click_ids,
            landing_url,
            referrer,
        } = touch;
        Self {
            at: *at,
            source: text(source),
            medium: text(medium),
            campaign: text(campaign),
            term: text(term),
            content: text(content),
            channel: text(channel),
            click_ids: text(click_ids),
            landing_url: text(landing_url),
            referrer: text(referrer),
        }
    }

    fn into_touch(self) -> Touch {
        Touch {
            at: self.at,
            source: own(self.source),
            medium: own(self.medium),
            campaign: own(self.campaign),
            term: own(self.term),
            content: own(self.content),
            channel: own(self.channel),
            click_ids: own(self.click_ids),
            landing_url: own(self.landing_url),
            referrer: own(self.referrer),
        }
    }
}

impl<'m> Linked<'m> {
    pub(super) fn of(ga: &'m Ga) -> Self {
        let Ga {
            client_id,
            session_id,
        } = ga;
        Self {
            client_id: text(client_id),
            session_id: text(session_id),
        }
    }

    pub(super) fn into_ga(self) -> Ga {
        Ga {
            client_id: own(self.client_id),
            session_id: own(self.session_id),
        }
    }
}

impl<'m> Held<'m> {
    fn of(device: &'m Device, screen: Screen) -> Self {
        let Device {
            kind,
            browser,
            os,
            country,
            region,
            city,
            language,
            time_zone,
        } = device;
        let Screen {
            width,
            height,
            viewport_width,
            viewport_height,
        } = screen;
        Self {
            kind: text(kind),
            browser: text(browser),
            os: text(os),
            country: text(country),
            region: text(region),
            city: text(city),
            language: text(language),
            time_zone: text(time_zone),
            screen_width: width,
            screen_height: height,
            viewport_width,
            viewport_height,
        }
    }

    fn into_both(self) -> (Device, Screen) {
        let device = Device {
            kind: own(self.kind),
            browser: own(self.browser),
            os: own(self.os),
            country: own(self.country),
            region: own(self.region),
            city: own(self.city),
            language: own(self.language),
            time_zone: own(self.time_zone),
        };
        let screen = Screen {
            width: self.screen_width,
            height: self.screen_height,
            viewport_width: self.viewport_width,
            viewport_height: self.viewport_height,
        };
        (device, screen)
    }
}

impl<'m> Arrived<'m> {
    pub(super) fn of(arrival: &'m Arrival) -> Self {
        let Arrival {
            site_id,
            visitor_id,
            tab_id,
            session_id,
            started_at,
            user_id,
            touch,
            first_touch,
            ga,
            device,
            screen,
            ip,
            rules,
            consent,
            received_at,
            is_history,
        } = arrival;
        Self {
            site_id: *site_id,
            visitor_id: *visitor_id,
            tab_id: *tab_id,
            session_id: *session_id,
            started_at: *started_at,
            user_id: text(user_id),
            touch: touch.as_ref().map(Came::of),
            first_touch: first_touch.as_ref().map(Came::of),
            ga: ga.as_ref().map(Linked::of),
            device: Held::of(device, *screen),
            ip: text(ip),
            rules: *rules,
            consent: *consent,
            received_at: *received_at,
            is_history: *is_history,
        }
    }

    pub(super) fn into_arrival(self) -> Arrival {
        let (device, screen) = self.device.into_both();
        Arrival {
            site_id: self.site_id,
            visitor_id: self.visitor_id,
            tab_id: self.tab_id,
            session_id: self.session_id,
            started_at: self.started_at,
            user_id: own(self.user_id),
            touch: self.touch.map(Came::into_touch),
            first_touch: self.first_touch.map(Came::into_touch),
            ga: self.ga.map(Linked::into_ga),
            device,
            screen,
            ip: own(self.ip),
            rules: self.rules,
            consent: self.consent,
            received_at: self.received_at,
            is_history: self.is_history,
        }
    }
}
