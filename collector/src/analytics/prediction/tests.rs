//! What is learned of journeys of which it is known how they were drawn.

use super::snapshots::Snapshot;
use super::*;
use crate::analytics::chance::Chance as Dice;

/// Looks at as many journeys, three quarters of them to learn from, that went on as likely as `chance` says of the days since
/// they were seen and of whether an event happened.
fn history(journeys: u64, seed: u64, chance: impl Fn(f64, bool) -> f64) -> Snapshots {
    let mut dice = Dice::new(seed, 0);
    let rows = (0..journeys).map(|person| {
        let days = (dice.part() * 40.0).floor();
        let is_told = dice.part() < 0.3;
        let went_on = dice.part() < chance(days, is_told);
        Snapshot::sketched(
            person,
            (days as i64) * DAY_MS,
            is_told,
            person % 4 == 3,
            went_on,
        )
    });
    Snapshots {
        rows: vec![rows.collect()],
        kinds: Kinds::named(&["asked"]),
        has_slices: true,
    }
}

fn logistic(sum: f64) -> f64 {
    1.0 / (1.0 + (-sum).exp())
}

#[test]
fn what_was_drawn_by_a_model_is_found_again() {
    let truth =
        |days: f64, is_told: bool| logistic(0.5 - days.ln_1p() + f64::from(u8::from(is_told)));
    let history = history(8_000, 3, truth);
    let (model, quality, reason) = learn(&history.rows[0], &history);
    assert_eq!(reason, None);
    let (model, quality) = (model.unwrap(), quality.unwrap());
    for row in &history.rows[0] {
        let exact = truth((row.since_ms() / DAY_MS) as f64, row.events == 1);
        let found = model.chance(&history.kinds.features(row));
        assert!((found - exact).abs() < 0.05, "{found} and {exact}");
    }
    assert!(
        quality.auc > 0.7 && quality.brier_skill > 0.1,
        "{quality:?}"
    );
    assert_eq!((quality.trained_on, quality.measured_on), (6_000, 2_000));
    for decile in &quality.calibration {
        assert_eq!(decile.count, 200);
        // Four standard errors of a part of two hundred.
        let error = (0.25_f64 / 200.0).sqrt();
        assert!(
            (decile.predicted - decile.observed).abs() < 4.0 * error,
            "{decile:?}"
        );
    }
    let again = learn(&history.rows[0], &history);
    assert_eq!(again.1, Some(quality), "to the last digit");
}

#[test]
fn what_is_no_better_than_the_base_rate_is_not_shown() {
    // What it learns from is turned round afterwards.
    let mut turned = history(4_000, 5, |days, _| if days < 20.0 { 0.6 } else { 0.2 });
    for row in &mut turned.rows[0] {
        if row.is_later == Some(true) {
            row.went_on = !row.went_on;
        }
    }
    let (_, quality, reason) = learn(&turned.rows[0], &turned);
    assert_eq!(reason, Some("no_better_than_the_base_rate"));
    assert!(quality.unwrap().brier_skill <= 0.0);
}

#[test]
fn what_is_too_little_is_not_learned_from() {
    let even = |_: f64, _: bool| 0.5;
    let reason = |history: &Snapshots| learn(&history.rows[0], history).2;
    assert_eq!(reason(&history(199, 1, even)), Some("too_few_journeys"));
    assert_eq!(
        reason(&history(400, 1, |_, _| 0.0)),
        Some("too_few_went_on")
    );
    assert_eq!(
        reason(&history(400, 1, |_, _| 1.0)),
        Some("too_few_went_on")
    );
    let mut short = history(400, 1, even);
    short.has_slices = false;
    assert_eq!(reason(&short), Some("history_too_short"));
}

#[test]
fn an_action_is_told_where_it_is_beyond_chance_and_only_there() {
    let helps = history(6_000, 9, |_, is_told| if is_told { 0.5 } else { 0.2 });
    let actions = action::best(&helps.kinds, &helps.rows[0], 0);
    assert_eq!(actions.len(), 3, "one for each recency");
    for one in &actions {
        assert_eq!(one.event, "asked");
        assert!(one.low > 0.0 && one.low < 0.3 && 0.3 < one.high, "{one:?}");
    }
    let hinders = history(6_000, 9, |_, is_told| if is_told { 0.2 } else { 0.5 });
    assert_eq!(action::best(&hinders.kinds, &hinders.rows[0], 0), []);
    let few = history(60, 9, |_, is_told| if is_told { 0.9 } else { 0.1 });
    assert_eq!(action::best(&few.kinds, &few.rows[0], 0), []);
}
