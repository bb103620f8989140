//! What somebody comes for, when and by which way: decided before anything happens.
//!
//! Buyers come by one of [`BUYERS`]: most of them first by `first_steps`, then by `look_again` several times, and at last by
//! `weekly_letter`. So three campaigns earn the most, by who is asked: the first touch, all of them, or the last.

use super::WEEKS;
use super::calendar::{Calendar, DAY, HOUR, MINUTE};
use super::dice::Dice;
use super::shop::{
    ACCOUNTS, AGENTS, Agent, BOT, CREATORS, DIRECT, FIRST_STEPS, LETTER, LOOK_AGAIN, OTHER_SEARCH,
    PARTNERS, PLACES, Place, REFERRAL, SEARCH, SOCIAL, SWEDEN, Way,
};

/// What happens in a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aim {
    Look,
    SignUp,
    Agree,
    Connect,
    /// What was bought is used.
    Use,
    Buy,
    /// Something goes back.
    Return,
}

/// A visit to come.
#[derive(Debug)]
pub(super) struct Stay {
    pub(super) at: i64,
    pub(super) way: &'static Way,
    pub(super) aim: Aim,
    /// Which of the person's devices.
    pub(super) device: usize,
}

/// Somebody, and all they will do.
#[derive(Debug)]
pub(super) struct Plan {
    /// Which person.
    pub(super) number: u32,
    /// The user id, from the sign-up on.
    pub(super) user: String,
    pub(super) devices: Vec<&'static Agent>,
    pub(super) place: &'static Place,
    /// Whose they are.
    pub(super) account: Option<(&'static str, &'static str, &'static str)>,
    /// What an order is worth, in cents.
    pub(super) cents: i64,
    /// In the order of time.
    pub(super) stays: Vec<Stay>,
}

/// Ways of those who look, by how many come by each.
static LOOKERS: [(i64, &Way); 9] = [
    (20, &SEARCH),
    (4, &OTHER_SEARCH),
    (17, &DIRECT),
    (9, &REFERRAL),
    (7, &SOCIAL),
    (19, &FIRST_STEPS),
    (12, &CREATORS),
    (6, &PARTNERS),
    (6, &LOOK_AGAIN),
];

/// Ways one after the other, and between how many cents the order is worth.
type Course = (&'static [&'static Way], (i64, i64));

/// How buyers come, to the order; and between how many cents it is worth.
static BUYERS: [(i64, Course); 5] = [
    (
        38,
        (
            &[&FIRST_STEPS, &LOOK_AGAIN, &LOOK_AGAIN, &LOOK_AGAIN, &LETTER],
            (7_900, 14_900),
        ),
    ),
    (
        19,
        (
            &[&SEARCH, &LOOK_AGAIN, &LOOK_AGAIN, &DIRECT],
            (4_900, 9_900),
        ),
    ),
    (15, (&[&CREATORS, &LOOK_AGAIN, &LETTER], (5_900, 12_900))),
    (12, (&[&PARTNERS], (9_900, 18_900))),
    (16, (&[&DIRECT, &SEARCH], (3_900, 8_900))),
];

/// Ways of those who come again.
static RETURNERS: [(i64, &Way); 4] = [
    (60, &DIRECT),
    (20, &SEARCH),
    (12, &LETTER),
    (8, &LOOK_AGAIN),
];

/// Of a hundred: who are bots, who buy, and who sign up beside those.
const BOTS: i64 = 3;
const BUY: i64 = 14;
const SIGN_UP: i64 = 24;
/// Of a hundred who signed up, who agree, and of those who connect.
const AGREE: i64 = 42;
const CONNECT: i64 = 68;
/// Of a hundred orders, how many go back.
const GO_BACK: i64 = 7;

impl Plan {
    pub(super) fn new(number: u32, week: i64, calendar: &Calendar, dice: &mut Dice) -> Self {
        let came = calendar.moment(week, dice);
        if dice.happens(BOTS) {
            return Self::bot(number, came, calendar);
        }
        let agent = |dice: &mut Dice| dice.one_of(&AGENTS).copied();
        let mut devices: Vec<&Agent> = agent(dice).into_iter().collect();
        let mut stays = Vec::new();
        let mut cents = 0;
        let mut signed = None;
        if dice.happens(BUY) {
            if let Some((ways, (least, end))) = dice.one_of(&BUYERS) {
                let mut at = came;
                for (step, way) in ways.iter().enumerate() {
                    let is_last = step + 1 == ways.len();
                    let aim = match is_last {
                        true => Aim::Buy,
                        false => Aim::Look,
                    };
                    stays.push((at, *way, aim));
                    at += dice.between(20 * HOUR, 4 * DAY);
                }
                cents = dice.between(*least, *end);
                let bought = stays.last().map_or(came, |(at, ..)| *at);
                if dice.happens(GO_BACK) {
                    stays.push((
                        bought + dice.between(3 * DAY, 9 * DAY),
                        &DIRECT,
                        Aim::Return,
                    ));
                }
                signed = dice
                    .happens(70)
                    .then_some(bought + dice.between(2 * HOUR, DAY));
            }
        } else {
            let way = dice.one_of(&LOOKERS).copied().unwrap_or(&DIRECT);
            stays.push((came, way, Aim::Look));
            let comes_to_sign = dice.happens(SIGN_UP);
            signed = comes_to_sign.then(|| came + dice.between(20 * MINUTE + 3 * HOUR, 3 * DAY));
        }
        if let Some(at) = signed {
            go_on(at, &mut stays, dice);
        }
        come_back(week, calendar, &mut stays, dice);
        stays.sort_by_key(|(at, _, aim)| (*at, *aim));
        if signed.is_some() && dice.happens(35) {
            devices.extend(agent(dice));
        }
        let many = i64::try_from(devices.len()).unwrap_or(1);
        let stays = stays.into_iter().filter(|(at, ..)| calendar.is_over(*at));
        let stays = stays.map(|(at, way, aim)| {
            // Whoever signs up does so where they came first, so that the browser before is theirs.
            let device = match aim {
                Aim::Agree | Aim::Connect | Aim::Use => dice.between(0, many),
                _ => 0,
            };
            Stay {
                at,
                way,
                aim,
                device: usize::try_from(device).unwrap_or_default(),
            }
        });
        let stays = stays.collect();
        let who = dice.between(0, 16);
        let account = usize::try_from(who).ok().and_then(|who| ACCOUNTS.get(who));
        Self {
            number,
            user: format!("customer-{number:04}"),
            devices,
            place: dice.one_of(&PLACES).copied().unwrap_or(&SWEDEN),
            account: account.copied(),
            cents,
            stays,
        }
    }

    fn bot(number: u32, came: i64, calendar: &Calendar) -> Self {
        let stay = Stay {
            at: came,
            way: &DIRECT,
            aim: Aim::Look,
            device: 0,
        };
        Self {
            number,
            user: String::new(),
            devices: vec![&BOT],
            place: &SWEDEN,
            account: None,
            cents: 0,
            stays: [stay]
                .into_iter()
                .filter(|stay| calendar.is_over(stay.at))
                .collect(),
        }
    }

    /// Whether they have a user id at a moment.
    pub(super) fn is_known(&self, at: i64) -> bool {
        self.stays
            .iter()
            .any(|stay| stay.aim == Aim::SignUp && stay.at <= at)
    }
}

type Visits = Vec<(i64, &'static Way, Aim)>;

/// The sign-up, and what some do after it.
fn go_on(at: i64, stays: &mut Visits, dice: &mut Dice) {
    stays.push((at, &DIRECT, Aim::SignUp));
    if !dice.happens(AGREE) {
        return;
    }
    let agreed = at + dice.between(DAY, 5 * DAY);
    stays.push((agreed, &DIRECT, Aim::Agree));
    if !dice.happens(CONNECT) {
        return;
    }
    let connected = agreed + dice.between(2 * DAY, 8 * DAY);
    stays.push((connected, &DIRECT, Aim::Connect));
    let mut used = connected;
    for _ in 0..dice.between(1, 7) {
        used += dice.between(2 * DAY, 7 * DAY);
        stays.push((used, &DIRECT, Aim::Use));
    }
}

/// The weeks after, in which some look in again; of one week far more than of others.
fn come_back(week: i64, calendar: &Calendar, stays: &mut Visits, dice: &mut Dice) {
    let best = week == Calendar::best();
    let mut per_cent = if best { 46 } else { 17 };
    for later in week + 1..=WEEKS {
        if dice.happens(per_cent) {
            let way = dice.one_of(&RETURNERS).copied().unwrap_or(&DIRECT);
            stays.push((calendar.moment(later, dice), way, Aim::Look));
        }
        per_cent = per_cent * 84 / 100;
    }
}
