//! A visit as a batch of the browser SDK.

use std::io::{self, Write};

use uuid::{Builder, Uuid};

use super::SECOND;
use super::market::{COUNTRIES, ORIGIN, campaign, page, way};
use crate::traffic::KEY;

/// How somebody came: ranks of the way, its campaign, and the page where they landed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Touch {
    /// When.
    pub at: i64,
    /// The way.
    pub way: usize,
    /// The campaign, where the way names one.
    pub campaign: usize,
    /// The page.
    pub page: usize,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A page of this rank was opened.
    Page(usize),
    /// An event with JSON of its properties; with value, currency and order id it is a conversion.
    Event(&'static str, String, Option<(String, &'static str)>),
    /// A named moment.
    Milestone(&'static str),
    /// The visitor is this user.
    Identify(String),
    /// How the page is doing: visible milliseconds, per cent of it seen.
    Ping(i64, u8),
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// When.
    pub at: i64,
    /// The id.
    pub id: Uuid,
    /// The page view it happened on.
    pub page_view_id: Uuid,
    /// That page's rank.
    pub page: usize,
    /// What happened.
    pub what: What,
}

/// One visit.
#[derive(Debug)]
pub struct Visit {
    /// The browser.
    pub visitor_id: Uuid,
    /// The tab.
    pub tab_id: Uuid,
    /// The session.
    pub session_id: Uuid,
    /// How it came about.
    pub touch: Touch,
    /// How the first one did.
    pub first_touch: Touch,
    /// Who it is, where that was known before the visit.
    pub user: Option<String>,
    /// Rank of the country.
    pub country: usize,
    /// The window's size.
    pub window: [u32; 2],
    /// What happened, in order.
    pub items: Vec<Item>,
}

impl Visit {
    /// When the batch was sent.
    pub fn sent_at(&self) -> i64 {
        self.items.last().map_or(self.touch.at, |item| item.at) + 2 * SECOND
    }

    /// Writes the batch in place of what `body` holds.
    ///
    /// # Errors
    /// None that a buffer in memory could have.
    pub fn write(&self, body: &mut Vec<u8>) -> io::Result<()> {
        body.clear();
        let (_, _, language, time_zone, _) = COUNTRIES[self.country];
        let [width, height] = self.window;
        write!(
            body,
            concat!(
                r#"{{"v":1,"key":"{}","sent_at":{},"sdk":{{"name":"waymark-js","version":"0.1.0","engine":"wasm"}},"#,
                r#""context":{{"visitor_id":"{}","tab_id":"{}","session":{{"id":"{}","started_at":{}}}"#,
            ),
            KEY,
            self.sent_at(),
            self.visitor_id,
            self.tab_id,
            self.session_id,
            self.touch.at
        )?;
        if let Some(user) = &self.user {
            write!(body, r#","user_id":"{user}""#)?;
        }
        for (name, touch) in [("touch", self.touch), ("first_touch", self.first_touch)] {
            write!(body, r#","{name}":"#)?;
            write_touch(body, touch)?;
        }
        write!(
            body,
            concat!(
                r#","device":{{"screen_width":{width},"screen_height":{height},"viewport_width":{width},"#,
                r#""viewport_height":{height},"language":"{language}","time_zone":"{zone}"}},"consent":"granted"}},"items":["#
            ),
            width = width,
            height = height,
            language = language,
            zone = time_zone,
        )?;
        for (item, seq) in self.items.iter().zip(1_u64..) {
            if seq > 1 {
                body.write_all(b",")?;
            }
            write_item(body, item, seq)?;
        }
        body.write_all(b"]}")
    }
}

fn write_touch(body: &mut Vec<u8>, touch: Touch) -> io::Result<()> {
    let (way, referrer) = way(touch.way);
    let (path, _) = page(touch.page);
    let campaign = campaign(touch.campaign);
    write!(body, r#"{{"at":{},"landing_url":"{ORIGIN}{path}"#, touch.at)?;
    if way.utm.is_some() {
        write!(body, "?{}&utm_campaign={campaign}", way.query)?;
    }
    body.write_all(b"\"")?;
    if !referrer.is_empty() {
        write!(body, r#","referrer":"{referrer}""#)?;
    }
    if let Some((source, medium)) = way.utm {
        write!(
            body,
            r#","source":"{source}","medium":"{medium}","campaign":"{campaign}""#
        )?;
    }
    if let Some((name, value)) = way.click {
        write!(body, r#","click_ids":{{"{name}":"{value}"}}"#)?;
    }
    body.write_all(b"}")
}

fn write_item(body: &mut Vec<u8>, item: &Item, seq: u64) -> io::Result<()> {
    let kind = match item.what {
        What::Page(_) => "page_view",
        What::Event(..) => "event",
        What::Milestone(_) => "milestone",
        What::Identify(_) => "identify",
        What::Ping(..) => "page_ping",
    };
    let Item {
        at,
        id,
        page_view_id,
        ..
    } = item;
    write!(
        body,
        r#"{{"type":"{kind}","id":"{id}","at":{at},"seq":{seq},"page_view_id":"{page_view_id}","data":{{"#
    )?;
    match &item.what {
        What::Page(rank) => {
            let (path, title) = page(*rank);
            write!(body, r#""url":"{ORIGIN}{path}","title":"{title}""#)?;
        }
        What::Event(name, props, earned) => {
            let (path, _) = page(item.page);
            write!(
                body,
                r#""name":"{name}","props":{props},"url":"{ORIGIN}{path}""#
            )?;
            if let Some((value, currency)) = earned {
                write!(
                    body,
                    r#","conversion":true,"value":"{value}","currency":"{currency}""#
                )?;
            }
        }
        What::Milestone(name) => write!(body, r#""name":"{name}""#)?,
        What::Identify(user) => write!(body, r#""user_id":"{user}""#)?,
        What::Ping(visible, scroll) => {
            write!(body, r#""visible_ms":{visible},"scroll_max":{scroll}"#)?;
        }
    }
    body.write_all(b"}}")
}

/// An id of version 7 of a moment.
pub fn id(random: &mut fastrand::Rng, at: i64) -> Uuid {
    let mut bytes = [0; 10];
    random.fill(&mut bytes);
    Builder::from_unix_timestamp_millis(at.cast_unsigned(), &bytes).into_uuid()
}
