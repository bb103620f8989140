//! The model: what an event costs at each tier decides how much of each tier there has to be.
//!
//! ```text
//! rate of one machine = processors × 10⁶ ÷ Σ µs for an event, over all tiers that are on it
//! processors of a tier = rate × µs for an event ÷ 10⁶ ÷ utilisation
//! ```
//!
//! It knows nothing of waiting: as long as there is enough to do for every tier, a machine is used whole, and more writers of the same
//! cost change nothing. Whether that is so is what four writers are measured for.

use serde::Serialize;

use super::stand::Tiers;
use super::through::Through;
use crate::figures::median;

/// What of a processor should be used at most, on the average of a busy hour.
pub const UTILISATION: f64 = 0.6;
/// Rates that machines are counted for.
pub const RATES: [f64; 4] = [1e3, 1e4, 1e5, 1e6];

/// What one machine does by the model.
pub fn rate_of(processors: f64, cost: Tiers) -> f64 {
    processors * 1e6 / cost.sum()
}

/// The medians of a case's rounds.
pub fn cost_of(all: &[Through], nodes: usize, writers: usize) -> Option<Tiers> {
    let of = |tier: fn(&Tiers) -> f64| {
        let rounds = all
            .iter()
            .filter(|one| (one.nodes, one.writers) == (nodes, writers));
        median(rounds.map(|one| tier(&one.cpu_us_per_event)))
    };
    Some(Tiers {
        generator: of(|tiers| tiers.generator)?,
        collector: of(|tiers| tiers.collector)?,
        nats: of(|tiers| tiers.nats)?,
        writers: of(|tiers| tiers.writers)?,
        database: of(|tiers| tiers.database)?,
    })
}

/// A rate that was measured beside what the costs with one writer say of it.
#[derive(Debug, Clone, Serialize)]
pub struct Prediction {
    /// Servers of NATS.
    pub nodes: usize,
    /// Writers.
    pub writers: usize,
    /// By the model, from one writer.
    pub predicted: f64,
    /// Measured.
    pub measured: f64,
    /// The one to the other, less one.
    pub error: f64,
}

/// Holds the model against a case.
pub fn predict(
    all: &[Through],
    nodes: usize,
    writers: usize,
    processors: f64,
) -> Option<Prediction> {
    let predicted = rate_of(processors, cost_of(all, nodes, 1)?);
    let measured = median(
        all.iter()
            .filter(|one| (one.nodes, one.writers) == (nodes, writers))
            .map(|one| one.events_per_second),
    )?;
    Some(Prediction {
        nodes,
        writers,
        predicted,
        measured,
        error: predicted / measured - 1.0,
    })
}

/// Processors of each tier for a rate.
#[derive(Debug, Clone, Serialize)]
pub struct Need {
    /// Events a second.
    pub events_per_second: f64,
    /// Of each tier, at the utilisation; browsers have their own.
    pub processors: Tiers,
    /// Gigabytes of the database's files a day.
    pub disk_gb_per_day: f64,
    /// Gigabytes of its log a day.
    pub log_gb_per_day: f64,
}

/// What the rates need by the costs of three servers and one writer.
pub fn needs(all: &[Through], nodes: usize) -> Vec<Need> {
    let Some(cost) = cost_of(all, nodes, 1) else {
        return Vec::new();
    };
    let of = |figure: fn(&Through) -> f64| {
        let rounds = all
            .iter()
            .filter(|one| (one.nodes, one.writers) == (nodes, 1));
        median(rounds.map(figure)).unwrap_or_default()
    };
    let a_day = |rate: f64, bytes: f64| rate * bytes * 86_400.0 / 1e9;
    let need = |rate: f64| Need {
        events_per_second: rate,
        processors: Tiers {
            generator: 0.0,
            ..cost.zip(cost, |us, _| rate * us / 1e6 / UTILISATION)
        },
        disk_gb_per_day: a_day(rate, of(|one| one.disk_bytes_per_event)),
        log_gb_per_day: a_day(rate, of(|one| one.log_bytes_per_event)),
    };
    RATES.map(need).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(writers: usize, rate: f64, database: f64) -> Through {
        let cost = Tiers {
            generator: 5.0,
            collector: 10.0,
            nats: 5.0,
            writers: 10.0,
            database,
        };
        Through {
            round: 1,
            database: "postgres",
            nodes: 3,
            writers,
            events_per_second: rate,
            cpu_us_per_event: cost,
            cpu_us_per_event_of_all: cost.sum(),
            busy: 1.0,
            message_bytes: None,
            disk_bytes_per_event: 600.0,
            log_bytes_per_event: 1_000.0,
        }
    }

    #[test]
    fn costs_of_one_writer_say_what_four_do() {
        let all = [through(1, 33_000.0, 20.0), through(4, 32_000.0, 25.0)];
        let prediction = predict(&all, 3, 4, 2.0).unwrap();
        assert_eq!(prediction.predicted, 40_000.0);
        assert_eq!(prediction.error, 0.25);
        assert!(predict(&all, 1, 4, 2.0).is_none());
        let need = &needs(&all, 3)[1];
        assert_eq!(need.events_per_second, 10_000.0);
        assert!((need.processors.database - 1.0 / 3.0).abs() < 1e-9);
        assert!((need.disk_gb_per_day - 518.4).abs() < 1e-9);
        assert_eq!(need.processors.generator, 0.0);
    }
}
