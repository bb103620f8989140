//! What passes between the shop and its people beside the pages: letters that are read, calls, a meeting.

use serde_json::{Value, json};

use super::calendar::{DAY, HOUR, MINUTE};
use super::dice::Dice;
use super::plan::{Aim, Plan, Stay};
use super::star;

/// Of a hundred who signed up and do not agree, whom somebody calls.
const CALLED: i64 = 30;

/// As a server tells it.
pub(super) fn of(plan: &Plan, dice: &mut Dice) -> Vec<Value> {
    let first = |aim: Aim| plan.stays.iter().find(|stay| stay.aim == aim);
    let mut told = Vec::new();
    let Some(signed) = first(Aim::SignUp) else {
        return told;
    };
    let next = plan.stays.iter().find(|stay| stay.at > signed.at);
    let tell = |what: &str, at: i64, channel: &str, kind: &str, rest: Value| {
        let mut one = json!({
            "id": format!("demo-{}-{what}", plan.number), "channel": channel, "kind": kind,
            "at": at, "user_id": plan.user, "direction": "out",
        });
        if let (Some(one), Some(rest)) = (one.as_object_mut(), rest.as_object()) {
            one.extend(rest.clone());
        }
        one
    };
    let welcome = || json!({"source": "newsletter", "subject": "Welcome to the shop"});
    let after = |stay: &Stay, long: i64| stay.at + long;
    if let Some(next) = next {
        // What is told has happened: whoever came again came after it.
        told.push(tell(
            "welcome",
            after(signed, 5 * MINUTE),
            "email",
            "sent",
            welcome(),
        ));
        if dice.happens(50) && next.at > after(signed, 3 * HOUR) {
            told.push(tell(
                "read",
                after(signed, 2 * HOUR),
                "email",
                "opened",
                welcome(),
            ));
        }
        if first(Aim::Agree).is_none() && dice.happens(CALLED) && next.at > after(signed, DAY) {
            let rest = json!({"duration_s": dice.between(40, 600), "labels": ["agreement"]});
            told.push(tell(
                "call",
                after(signed, 20 * HOUR),
                "call",
                "answered",
                rest,
            ));
        }
    }
    if plan.user == star::USER {
        let letter = json!({"source": "newsletter", "campaign": "weekly_letter", "subject": "Your kit is ready"});
        if let Some(bought) = first(Aim::Buy) {
            told.push(tell("letter", bought.at - HOUR, "email", "opened", letter));
        }
        if let Some(agreed) = first(Aim::Agree) {
            let rest = json!({"direction": "in", "duration_s": 312, "labels": ["agreement"]});
            told.push(tell("question", agreed.at - DAY, "call", "answered", rest));
        }
    }
    told
}
