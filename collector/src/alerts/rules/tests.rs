//! What fires, by examples and by a reference.

use proptest::prelude::*;

use super::*;

fn condition(json: &str) -> Condition {
    let condition: Condition = serde_json::from_str(json).unwrap();
    condition.check().unwrap();
    condition
}

fn whole(counts: &[u64]) -> Vec<Option<Number>> {
    counts
        .iter()
        .map(|count| Some(Number::whole(*count)))
        .collect()
}

fn verdict(condition: &Condition, figure: u64, past: &[u64]) -> Verdict {
    let figure = Some(Number::whole(figure));
    condition.judge(Scale::Count, figure, &whole(past)).verdict
}

#[test]
fn a_bound_itself_does_not_fire() {
    let above = condition(r#"{"kind": "above", "value": 10}"#);
    let below = condition(r#"{"kind": "below", "value": "1"}"#);
    for (figure, high, low) in [
        (0, Verdict::Ok, Verdict::Firing),
        (1, Verdict::Ok, Verdict::Ok),
        (10, Verdict::Ok, Verdict::Ok),
        (11, Verdict::Firing, Verdict::Ok),
    ] {
        assert_eq!(verdict(&above, figure, &[]), high, "{figure}");
        assert_eq!(verdict(&below, figure, &[]), low, "{figure}");
    }
    let nothing = above.judge(Scale::Rate, None, &[]);
    assert_eq!(
        (nothing.verdict, nothing.why),
        (Verdict::Unknown, Some(Silence::NoFigure))
    );
}

#[test]
fn a_change_is_a_part_of_the_window_before() {
    let any = condition(r#"{"kind": "change", "percent": 50}"#);
    let drop = condition(r#"{"kind": "change", "percent": 50, "side": "below"}"#);
    for (figure, both, below) in [
        (49, Verdict::Firing, Verdict::Firing),
        (50, Verdict::Ok, Verdict::Ok),
        (150, Verdict::Ok, Verdict::Ok),
        (151, Verdict::Firing, Verdict::Ok),
    ] {
        assert_eq!(verdict(&any, figure, &[100]), both, "{figure}");
        assert_eq!(verdict(&drop, figure, &[100]), below, "{figure}");
    }
    let of = |past: &[Option<Number>]| any.judge(Scale::Count, Some(Number::whole(5)), past).why;
    assert_eq!(of(&whole(&[0])), Some(Silence::NothingBefore));
    assert_eq!(of(&[None]), Some(Silence::NothingBefore));
    assert_eq!(of(&[]), Some(Silence::NotEnoughHistory));
}

#[test]
fn too_little_history_never_fires() {
    let usual = condition(r#"{"kind": "anomaly"}"#);
    for past in [&[][..], &[10], &[10, 10, 10]] {
        for figure in [0, 10, 1_000_000] {
            let found = usual.judge(Scale::Count, Some(Number::whole(figure)), &whole(past));
            assert_eq!(found.why, Some(Silence::NotEnoughHistory), "{past:?}");
            assert_eq!(found.verdict, Verdict::Unknown);
        }
    }
    // A window of which nothing is known is none.
    let mut past = whole(&[10, 10, 10]);
    past.push(None);
    let found = usual.judge(Scale::Count, Some(Number::whole(99)), &past);
    assert_eq!(found.why, Some(Silence::NotEnoughHistory));
}

#[test]
fn where_nothing_ever_happens_a_few_are_no_news() {
    let usual = condition(r#"{"kind": "anomaly"}"#);
    let past = [0; 8];
    for (figure, expected) in [(0, Verdict::Ok), (3, Verdict::Ok), (4, Verdict::Firing)] {
        assert_eq!(verdict(&usual, figure, &past), expected, "{figure}");
    }
    // And a hundred every week leaves room for what chance makes of a hundred.
    let past = [100; 8];
    for (figure, expected) in [
        (69, Verdict::Firing),
        (70, Verdict::Ok),
        (130, Verdict::Ok),
        (131, Verdict::Firing),
    ] {
        assert_eq!(verdict(&usual, figure, &past), expected, "{figure}");
    }
}

#[test]
fn one_odd_week_hides_nothing() {
    let usual = condition(r#"{"kind": "anomaly"}"#);
    let past = [100, 104, 96, 9_000, 102, 98, 0, 101];
    assert_eq!(verdict(&usual, 100, &past), Verdict::Ok);
    assert_eq!(verdict(&usual, 40, &past), Verdict::Firing);
    assert_eq!(verdict(&usual, 200, &past), Verdict::Firing);
}

#[test]
fn a_baseline_says_what_it_is_made_of() {
    let usual = condition(r#"{"kind": "anomaly", "side": "below", "spreads": "2.5"}"#);
    let found = usual.judge(
        Scale::Count,
        Some(Number::whole(1)),
        &whole(&[10, 20, 30, 40]),
    );
    let told = serde_json::to_value(found).unwrap();
    // The median is 25, the distances 5, 5, 15 and 15.
    assert_eq!(
        told,
        serde_json::json!({
            "verdict": "ok", "why": null,
            "baseline": {"expected": "25", "spread": "14.826", "low": "-12.065", "high": null, "samples": 4},
        })
    );
}

#[test]
fn a_condition_has_what_its_kind_needs() {
    for (json, field) in [
        (r#"{"kind": "above"}"#, "value"),
        (r#"{"kind": "below", "value": 1, "side": "both"}"#, "side"),
        (r#"{"kind": "change"}"#, "percent"),
        (r#"{"kind": "change", "percent": 0}"#, "percent"),
        (r#"{"kind": "change", "percent": 5, "weeks": 8}"#, "weeks"),
        (r#"{"kind": "anomaly", "weeks": 2}"#, "weeks"),
        (r#"{"kind": "anomaly", "weeks": 53}"#, "weeks"),
        (r#"{"kind": "anomaly", "weeks": 5, "least": 6}"#, "least"),
        (r#"{"kind": "anomaly", "least": 2}"#, "least"),
        (r#"{"kind": "anomaly", "spreads": 0}"#, "spreads"),
        (r#"{"kind": "anomaly", "value": 1}"#, "value"),
    ] {
        let condition: Condition = serde_json::from_str(json).unwrap();
        assert_eq!(condition.check().unwrap_err().0, field, "{json}");
    }
    condition(r#"{"kind": "anomaly", "weeks": 3}"#);
}

/// The same by floats and by sorting, as one would write it down.
fn reference(past: &[u64], figure: u64, spreads: f64) -> (f64, f64, bool) {
    let middle_of = |all: &[f64]| {
        let mut all = all.to_vec();
        all.sort_by(f64::total_cmp);
        (all[(all.len() - 1) / 2] + all[all.len() / 2]) / 2.0
    };
    #[allow(clippy::cast_precision_loss, reason = "small numbers")]
    let (past, figure): (Vec<f64>, f64) =
        (past.iter().map(|one| *one as f64).collect(), figure as f64);
    let middle = middle_of(&past);
    let distances: Vec<f64> = past.iter().map(|one| (one - middle).abs()).collect();
    let spread = (1.4826 * middle_of(&distances)).max(middle.sqrt()).max(1.0);
    (
        middle,
        spread,
        (figure - middle).abs() - spreads * spread > 0.0,
    )
}

proptest! {
    #[test]
    fn an_anomaly_is_what_the_reference_says(
        past in prop::collection::vec(0_u64..2_000, 4..40), figure in 0_u64..10_000, spreads in 1_u32..10,
    ) {
        let usual = condition(&format!(r#"{{"kind": "anomaly", "weeks": 52, "spreads": {spreads}}}"#));
        let (middle, spread, fires) = reference(&past, figure, f64::from(spreads));
        let found = usual.judge(Scale::Count, Some(Number::whole(figure)), &whole(&past));
        let baseline = found.baseline.unwrap();
        let near = |number: Option<Number>, other: f64| {
            let number: f64 = number.unwrap().to_string().parse().unwrap();
            (number - other).abs() < 1e-4
        };
        prop_assert!(near(baseline.expected, middle) && near(baseline.spread, spread));
        let edge = |bound: Option<Number>| near(bound, {
            #[allow(clippy::cast_precision_loss, reason = "small numbers")]
            let figure = figure as f64;
            figure
        });
        if !edge(baseline.low) && !edge(baseline.high) {
            prop_assert_eq!(found.verdict == Verdict::Firing, fires);
        }
    }

    #[test]
    fn order_is_of_no_account_and_less_than_half_cannot_move_it_far(
        good in prop::collection::vec(90_u64..110, 5..20), odd in prop::collection::vec(0_u64..1_000_000, 0..4),
        figure in 0_u64..1_000,
    ) {
        let usual = condition(r#"{"kind": "anomaly", "weeks": 52}"#);
        let mut past = good.clone();
        past.extend(&odd);
        let figure = Some(Number::whole(figure));
        let found = usual.judge(Scale::Count, figure, &whole(&past));
        past.reverse();
        prop_assert_eq!(&found, &usual.judge(Scale::Count, figure, &whole(&past)));
        let baseline = found.baseline.unwrap();
        let expected = baseline.expected.unwrap();
        prop_assert!(Number::whole(90) <= expected && expected <= Number::whole(109));
        prop_assert!(baseline.spread.unwrap() <= Number::whole(30));
    }
}
