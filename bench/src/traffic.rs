//! What browsers send: batches of ten, made from a seed, at the present time.
//!
//! Half of the batches come from visitors that were seen before: every second of those goes on with its session, every
//! other begins a new one. There are no page pings: they make no row, and would flatter every figure here.
//!
//! The same seed and clock make the same bytes. Bodies are written straight into a buffer, since what the generator
//! takes of the machine the collector lacks.

use std::io::{self, Write};

use fastrand::Rng;
use uuid::{Builder, Uuid};

/// Items of one batch.
pub const BATCH_ITEMS: usize = 10;
/// The site's write key.
pub const KEY: &str = "wk_bench";
/// Where the pages are.
pub const ORIGIN: &str = "https://shop.example";

/// The time that the items of one batch are spread over, before the moment of sending: what the SDK waits by itself.
const GATHERED_MS: i64 = 5_000;
/// Visitors that one sender remembers; beyond, the next one takes the place of a random one.
const REMEMBERED: usize = 1024;

/// What browsers call themselves.
const USER_AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
];

/// How a session came about: query of the landing page, referrer, and the touch's fields of their own.
const ARRIVALS: [(&str, &str, &str); 4] = [
    (
        "?utm_source=newsletter&utm_medium=email&utm_campaign=autumn&utm_content=button",
        "https://mail.example/",
        r#","source":"newsletter","medium":"email","campaign":"autumn","content":"button""#,
    ),
    (
        "?gclid=Cj0KCQjw6cHoBhDdARIsADiTTzZ",
        "https://www.google.com/",
        r#","click_ids":{"gclid":"Cj0KCQjw6cHoBhDdARIsADiTTzZ"}"#,
    ),
    ("", "https://www.bing.com/", ""),
    ("", "https://blog.example/ten-ways-to-sail", ""),
];

/// Pages: path and title.
const PAGES: [(&str, &str); 6] = [
    ("/", "Harbor: sail further"),
    ("/pricing", "Pricing and plans"),
    ("/boats/albatross-32", "Albatross 32: the boat for two"),
    ("/boats?sort=price&berths=4", "Boats with four berths"),
    ("/journal/crossing-in-november", "Crossing in November"),
    ("/contact", "Write to us"),
];

/// Events: name and properties.
const EVENTS: [(&str, &str); 5] = [
    ("cta_clicked", r#"{"place":"hero","variant":"b"}"#),
    (
        "video_played",
        r#"{"id":"tour","seconds":42,"muted":true,"quality":"720p"}"#,
    ),
    (
        "filter_changed",
        r#"{"filter":"berths","value":4,"results":18}"#,
    ),
    ("scrolled_to", r#"{"section":"equipment"}"#),
    (
        "boat_compared",
        r#"{"left":"albatross-32","right":"petrel-28","fields":["length","price"]}"#,
    ),
];

/// Whether the collector can store what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// Every item is good.
    Fit,
    /// Every item ends its name or URL with a zero character, which no collector stores: it is read as a whole, answered
    /// as dropped, and nothing reaches the database.
    Unfit,
}

/// One sender: a browser's `User-Agent` and an endless row of batches.
#[derive(Debug)]
pub struct Traffic {
    random: Rng,
    user_agent: &'static str,
    fitness: Fitness,
    visitors: Vec<Visitor>,
    made: u64,
}

#[derive(Debug, Clone)]
struct Visitor {
    id: Uuid,
    tab: Uuid,
    session: Uuid,
    started_at: i64,
    arrival: usize,
    seq: u64,
}

impl Traffic {
    /// The sender of a seed and a number: senders of one seed differ by their numbers.
    pub fn new(seed: u64, number: usize, fitness: Fitness) -> Self {
        let mut random = Rng::with_seed(seed);
        for _ in 0..=number {
            random = random.fork();
        }
        Self {
            random,
            user_agent: USER_AGENTS[number % USER_AGENTS.len()],
            fitness,
            visitors: Vec::new(),
            made: 0,
        }
    }

    /// The `User-Agent` header of every batch.
    pub fn user_agent(&self) -> &'static str {
        self.user_agent
    }

    /// Writes the next batch, sent at `now` (milliseconds), in place of what `body` holds.
    ///
    /// # Errors
    /// None that a buffer in memory could have.
    pub fn next_batch(&mut self, now: i64, body: &mut Vec<u8>) -> io::Result<()> {
        body.clear();
        let index = self.visitor(now);
        let is_new = self.made.is_multiple_of(2);
        self.made += 1;
        let visitor = self.visitors[index].clone();
        self.visitors[index].seq += BATCH_ITEMS as u64;
        write_context(body, &visitor, now)?;
        self.write_items(body, &visitor, is_new, now)?;
        body.write_all(b"]}")
    }

    /// Whose batch is next: by turns somebody new, somebody who goes on, somebody new, somebody who comes again.
    fn visitor(&mut self, now: i64) -> usize {
        let began = now - GATHERED_MS - 1000;
        if self.made.is_multiple_of(2) || self.visitors.is_empty() {
            let visitor = Visitor {
                id: self.id(began),
                tab: self.id(began),
                session: self.id(began),
                started_at: began,
                arrival: self.random.usize(..ARRIVALS.len()),
                seq: 1,
            };
            if self.visitors.len() < REMEMBERED {
                self.visitors.push(visitor);
                return self.visitors.len() - 1;
            }
            let index = self.random.usize(..REMEMBERED);
            self.visitors[index] = visitor;
            return index;
        }
        let index = self.random.usize(..self.visitors.len());
        if self.made % 4 == 3 {
            let (tab, session) = (self.id(began), self.id(began));
            let arrival = self.random.usize(..ARRIVALS.len());
            self.visitors[index] = Visitor {
                id: self.visitors[index].id,
                tab,
                session,
                started_at: began,
                arrival,
                seq: 1,
            };
        }
        index
    }

    fn write_items(
        &mut self,
        body: &mut Vec<u8>,
        visitor: &Visitor,
        is_new: bool,
        now: i64,
    ) -> io::Result<()> {
        let flaw = match self.fitness {
            Fitness::Fit => "",
            Fitness::Unfit => r"\u0000",
        };
        let mut page = (Uuid::nil(), PAGES[0]);
        for (index, seq) in (0..BATCH_ITEMS).zip(visitor.seq..) {
            let step = GATHERED_MS / BATCH_ITEMS as i64;
            let at = now - GATHERED_MS + step * index as i64 + self.random.i64(0..step);
            let id = self.id(at);
            let viewed = index % 3 == 0 && index + 1 < BATCH_ITEMS;
            let kind = match index {
                _ if viewed => "page_view",
                _ if is_new && index + 1 == BATCH_ITEMS => "milestone",
                _ => "event",
            };
            if viewed {
                page = (id, PAGES[self.random.usize(..PAGES.len())]);
            }
            let (page_view_id, (path, title)) = page;
            let comma = if index == 0 { "" } else { "," };
            write!(
                body,
                r#"{comma}{{"type":"{kind}","id":"{id}","at":{at},"seq":{seq},"page_view_id":"{page_view_id}","data":{{"#
            )?;
            match kind {
                "page_view" => write!(
                    body,
                    r#""url":"{ORIGIN}{path}{flaw}","title":"{title}","referrer":"{ORIGIN}/"}}}}"#
                )?,
                "milestone" => write!(
                    body,
                    r#""name":"signup_at{flaw}","props":{{"form":"hero"}}}}}}"#
                )?,
                _ => {
                    let (name, props) = EVENTS[self.random.usize(..EVENTS.len())];
                    let earned = if index == 1 {
                        r#","conversion":true,"value":"49.90","currency":"EUR""#
                    } else {
                        ""
                    };
                    write!(
                        body,
                        r#""name":"{name}{flaw}","props":{props}{earned},"url":"{ORIGIN}{path}"}}}}"#
                    )?;
                }
            }
        }
        Ok(())
    }

    /// An id of version 7 of this moment.
    fn id(&mut self, at: i64) -> Uuid {
        let mut bytes = [0; 10];
        self.random.fill(&mut bytes);
        Builder::from_unix_timestamp_millis(at.cast_unsigned(), &bytes).into_uuid()
    }
}

/// All of a batch before its first item.
fn write_context(body: &mut Vec<u8>, visitor: &Visitor, now: i64) -> io::Result<()> {
    let Visitor {
        id,
        tab,
        session,
        started_at,
        arrival,
        ..
    } = visitor;
    let (query, referrer, fields) = ARRIVALS[*arrival];
    let seconds = started_at / 1000;
    write!(
        body,
        concat!(
            r#"{{"v":1,"key":"{key}","sent_at":{now},"sdk":{{"name":"waymark-js","version":"0.1.0","engine":"wasm"}},"#,
            r#""context":{{"visitor_id":"{id}","tab_id":"{tab}","session":{{"id":"{session}","started_at":{started_at}}},"#,
            r#""touch":{{"at":{started_at},"landing_url":"{origin}/{query}","referrer":"{referrer}"{fields}}},"#,
            r#""first_touch":{{"at":{started_at},"landing_url":"{origin}/{query}","referrer":"{referrer}"{fields}}},"#,
            r#""ga":{{"client_id":"1162820436.{seconds}","session_id":"{seconds}"}},"#,
            r#""device":{{"screen_width":1920,"screen_height":1080,"viewport_width":1280,"viewport_height":900,"#,
            r#""language":"en-GB","time_zone":"Europe/Berlin"}},"consent":"granted"}},"items":["#,
        ),
        key = KEY,
        origin = ORIGIN,
        now = now,
        id = id,
        tab = tab,
        session = session,
        started_at = started_at,
        query = query,
        referrer = referrer,
        fields = fields,
        seconds = seconds,
    )
}

#[cfg(test)]
pub mod tests {
    use std::collections::HashSet;

    use waymark_collector::ingest::{Received, envelope, read};
    use waymark_collector::journey::{Definition, Fact};
    use waymark_collector::store::sites::Site;

    use super::*;

    const NOW: i64 = 1_790_000_000_000;

    /// A site that takes what is made here, in no database.
    pub fn site() -> Site {
        Site {
            id: 1,
            workspace: 1,
            name: "Bench".to_owned(),
            key: KEY.to_owned(),
            origins: vec![ORIGIN.to_owned()],
            time_zone: "UTC".to_owned(),
            server_key_required: false,
            renew_cookie: false,
            cookie_domain: None,
            currency: None,
            is_demo: false,
            created_at: NOW,
        }
    }

    fn facts(body: &[u8]) -> Vec<Fact> {
        let received = Received {
            at_ms: NOW,
            ..Received::default()
        };
        let envelope = envelope::read(body).unwrap();
        assert_eq!(envelope.key, KEY);
        read(&site(), &envelope, &received).unwrap().facts
    }

    fn bodies(seed: u64, number: usize, fitness: Fitness, count: usize) -> Vec<Vec<u8>> {
        let mut traffic = Traffic::new(seed, number, fitness);
        (0..count)
            .map(|_| {
                let mut body = Vec::new();
                traffic.next_batch(NOW, &mut body).unwrap();
                body
            })
            .collect()
    }

    #[test]
    fn the_collector_takes_all_of_it() {
        let mut ids = HashSet::new();
        for body in bodies(7, 0, Fitness::Fit, 200) {
            assert!((3_000..6_000).contains(&body.len()), "{}", body.len());
            let facts = facts(&body);
            assert_eq!(facts.len(), BATCH_ITEMS);
            let arrival = &facts[0].arrival;
            assert!(arrival.touch.is_some() && arrival.first_touch.is_some());
            assert!(arrival.ga.is_some() && arrival.started_at.is_some());
            assert_eq!(facts.iter().filter(|f| f.url.is_some()).count(), {
                let standard = Definition::standard();
                let milestones = facts
                    .iter()
                    .filter(|f| f.reaches(&standard).is_some())
                    .count();
                BATCH_ITEMS - milestones
            });
            assert_eq!(facts.iter().filter(|f| f.value.is_some()).count(), 1);
            ids.extend(facts.iter().map(|fact| fact.id));
        }
        assert_eq!(ids.len(), 200 * BATCH_ITEMS);
    }

    #[test]
    fn half_of_the_batches_are_of_returning_visitors() {
        let mut seen = HashSet::new();
        let mut sessions = HashSet::new();
        let mut returned = 0;
        for body in bodies(7, 3, Fitness::Fit, 4 * REMEMBERED) {
            let facts = facts(&body);
            returned += usize::from(!seen.insert(facts[0].arrival.visitor_id));
            sessions.insert(facts[0].arrival.session_id);
        }
        assert_eq!(returned, 2 * REMEMBERED);
        assert_eq!(sessions.len(), 3 * REMEMBERED);
    }

    #[test]
    fn numbers_within_a_tab_have_no_gap() {
        let mut next = std::collections::HashMap::new();
        for body in bodies(7, 0, Fitness::Fit, 300) {
            for fact in facts(&body) {
                let expected = next.entry(fact.arrival.tab_id).or_insert(1);
                assert_eq!(fact.seq, *expected);
                *expected += 1;
            }
        }
    }

    #[test]
    fn unfit_batches_are_read_and_leave_nothing_to_store() {
        let good = bodies(7, 0, Fitness::Fit, 20);
        for (body, good) in bodies(7, 0, Fitness::Unfit, 20).iter().zip(&good) {
            assert_eq!(facts(body), []);
            // The zero characters are all that is wrong with them.
            let text = String::from_utf8_lossy(body).replace(r"\u0000", "");
            assert_eq!(text.as_bytes(), good);
        }
    }

    #[test]
    fn a_seed_and_a_number_decide_everything() {
        let first = bodies(7, 0, Fitness::Fit, 50);
        assert_eq!(first, bodies(7, 0, Fitness::Fit, 50));
        assert_ne!(first, bodies(7, 1, Fitness::Fit, 50));
        assert_ne!(first, bodies(8, 0, Fitness::Fit, 50));
    }
}
