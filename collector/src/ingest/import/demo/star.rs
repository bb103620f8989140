//! Nora Lindqvist, of whom everybody can say what she did: on a phone, a laptop and a tablet, from a video to her order.

use super::WEEKS;
use super::calendar::Calendar;
use super::plan::{Aim, Plan, Stay};
use super::shop::{
    ACCOUNTS, CREATORS, DIRECT, LAPTOP, LETTER, LOOK_AGAIN, PHONE, SEARCH, SWEDEN, TABLET, Way,
};

/// Her user id.
pub(super) const USER: &str = "nora.lindqvist";

const ON_PHONE: usize = 0;
const ON_LAPTOP: usize = 1;
const ON_TABLET: usize = 2;

pub(super) fn plan(calendar: &Calendar) -> Plan {
    let stay = |(weeks_ago, day, hour): (i64, i64, i64), way: &'static Way, aim, device| Stay {
        at: calendar.at(WEEKS - weeks_ago, day, hour),
        way,
        aim,
        device,
    };
    Plan {
        number: 0,
        user: USER.to_owned(),
        devices: vec![&PHONE, &LAPTOP, &TABLET],
        place: &SWEDEN,
        account: ACCOUNTS.last().copied(),
        cents: 12_900,
        stays: vec![
            stay((5, 1, 20), &CREATORS, Aim::Look, ON_PHONE),
            stay((5, 3, 9), &SEARCH, Aim::SignUp, ON_LAPTOP),
            stay((4, 0, 19), &LOOK_AGAIN, Aim::SignUp, ON_PHONE),
            stay((4, 2, 21), &LETTER, Aim::Agree, ON_TABLET),
            stay((3, 0, 10), &DIRECT, Aim::Connect, ON_LAPTOP),
            stay((2, 1, 20), &LETTER, Aim::Buy, ON_TABLET),
            stay((1, 4, 18), &DIRECT, Aim::Use, ON_PHONE),
        ],
    }
}
