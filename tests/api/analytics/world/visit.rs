//! What somebody does in a session.

use serde_json::{Value, json};

use super::people::Maker;
use super::tables::{PAGES, known};
use super::{Browser, Order, Touch, What};

/// A session as it goes on.
pub(super) struct Visit {
    /// The time by now.
    pub(super) at: i64,
    pub(super) last_at: i64,
    pub(super) items: Vec<Value>,
    pub(super) facts: Vec<What>,
}

impl Visit {
    /// Adds an item, and gives its place.
    pub(super) fn add(&mut self, maker: &mut Maker, kind: &'static str, data: Value) -> usize {
        let id = maker.dice.id(self.at);
        let name = match kind {
            "event" | "milestone" => data["name"].as_str().map(known),
            _ => None,
        };
        self.last_at = self.last_at.max(self.at);
        let place = self.items.len();
        self.items
            .push(json!({"type": kind, "id": id, "at": self.at, "seq": place + 1, "data": data}));
        if kind != "page_ping" {
            self.facts.push(What {
                id,
                at: self.at,
                kind,
                name,
                page: None,
                is_conversion: false,
                visible_ms: 0,
                scroll_max: 0,
                props: Value::Null,
                order: None,
            });
        }
        place
    }
}

impl Maker {
    /// Time passes, or not.
    pub(super) fn pass(&mut self, browser: &Browser, visit: &mut Visit) {
        let is_still = browser.gone.is_none() && self.dice.happens(8);
        visit.at = visit.last_at.max(visit.at);
        visit.at += if is_still {
            0
        } else {
            1 + self.dice.below(90_000)
        };
    }

    pub(super) fn page(&mut self, visit: &mut Visit) {
        let page = *self.dice.weighted(&PAGES);
        let id = visit.add(
            self,
            "page_view",
            json!({"url": format!("https://{}{}?q=1#x", page.host, page.path)}),
        );
        let view = visit.facts.len() - 1;
        visit.facts[view].page = Some(page);
        if !self.dice.happens(80) {
            return;
        }
        let visible = self.dice.below(60_000);
        let scrolled = self.dice.below(101);
        // Told twice, of which the second is all of it.
        for (visible, scrolled) in [(visible / 2, scrolled / 2), (visible, scrolled)] {
            visit.at += visible;
            let place = visit.add(
                self,
                "page_ping",
                json!({"visible_ms": visible, "scroll_max": scrolled}),
            );
            visit.items[place]["page_view_id"] = visit.items[id]["id"].clone();
        }
        visit.facts[view].visible_ms = visible;
        visit.facts[view].scroll_max = scrolled;
    }

    pub(super) fn events(&mut self, browser: &Browser, touch: &Touch, visit: &mut Visit) {
        let likes = if touch.channel == Some("Paid Search") {
            2
        } else {
            1
        };
        let colours = [(5, "red"), (3, "blue"), (1, "green")];
        for (likely, name) in [
            (30, "cta_clicked"),
            (30, "product_viewed"),
            (15 * likes, "added_to_cart"),
            (8 * likes, "checkout_started"),
        ] {
            if self.dice.happens(likely) {
                let props = match name {
                    "product_viewed" => {
                        json!({"colour": self.dice.weighted(&colours), "size": self.dice.below(4), "new": true})
                    }
                    _ => Value::Null,
                };
                self.event(visit, name, props, false);
                self.pass(browser, visit);
            }
        }
        if self.dice.happens(4) {
            self.event(visit, "demo_booked", Value::Null, true);
        }
        if self.dice.happens(7 * likes) {
            self.pass(browser, visit);
            self.order(browser, visit);
        }
    }

    fn event(
        &mut self,
        visit: &mut Visit,
        name: &'static str,
        props: Value,
        is_conversion: bool,
    ) -> usize {
        let mut data = json!({"name": name, "props": props, "conversion": is_conversion});
        let page = visit.facts.iter().rev().find_map(|fact| fact.page);
        if let Some(page) = page {
            data["url"] = json!(format!("https://{}{}", page.host, page.path));
        }
        visit.add(self, "event", data);
        let place = visit.facts.len() - 1;
        let fact = &mut visit.facts[place];
        fact.page = page;
        fact.is_conversion = is_conversion || name == "purchase";
        fact.props = props;
        place
    }

    fn order(&mut self, browser: &Browser, visit: &mut Visit) {
        self.orders += 1;
        let id = format!("A-{}", self.orders);
        let currency = *self.dice.weighted(&[
            (12, Some("EUR")),
            (5, Some("USD")),
            (2, Some("JPY")),
            (1, None),
        ]);
        let is_told = self.dice.happens(95);
        let decimals = if currency == Some("JPY") { 0 } else { 2 };
        let amount = (1 + self.dice.below(20_000)) * 10_i64.pow(6 - decimals);
        let mut props = json!({"order_id": id, "currency": currency});
        if is_told {
            props["value"] = json!(text(amount));
        }
        let place = self.event(visit, "purchase", props.clone(), false);
        let mut order = Order {
            id: id.clone(),
            amount: is_told.then_some(amount),
            currency,
            refunded: 0,
        };
        if self.dice.happens(15) {
            // The page of thanks is loaded again.
            visit.at += 2_000;
            self.event(visit, "purchase", props, false);
        }
        if is_told && currency.is_some() && self.dice.happens(25) {
            self.pass(browser, visit);
            let part = if self.dice.happens(50) {
                amount
            } else {
                amount / 2
            };
            order.refunded = part;
            let props =
                json!({"order_id": id, "value": text(part), "refund_id": format!("R-{id}")});
            self.event(visit, "refund", props, false);
        }
        visit.facts[place].order = Some(order);
    }
}

/// Millionths as decimal text.
fn text(millionths: i64) -> String {
    let text = format!("{}.{:06}", millionths / 1_000_000, millionths % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
