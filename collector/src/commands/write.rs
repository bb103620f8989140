//! `collector write`: which partitions, and what becomes of what was set aside (docs/queue.md).

use std::collections::BTreeSet;
use std::io::Write;
use std::str::FromStr;

use super::CommandError;
use crate::config::{Config, Queue};
use crate::scale::{Link, PARTITIONS};

/// `collector write …`
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct WriteArguments {
    /// Partitions to take from, as in 0-7 or 3,5; there are 16 [default: all]
    #[arg(long, value_name = "PARTITIONS")]
    pub partitions: Option<Partitions>,
    /// Put what was set aside back in line, and end
    #[arg(long, conflicts_with = "partitions")]
    pub again: bool,
}

/// Some of the partitions of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partitions(BTreeSet<u8>);

impl Partitions {
    /// Every one.
    pub fn all() -> Self {
        Self((0..PARTITIONS).collect())
    }

    /// Their numbers.
    pub fn numbers(&self) -> impl Iterator<Item = u8> {
        self.0.iter().copied()
    }
}

impl FromStr for Partitions {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| {
            text.trim()
                .parse::<u8>()
                .ok()
                .filter(|number| *number < PARTITIONS)
                .ok_or_else(|| {
                    format!(
                        "has to be numbers from 0 to {}, as in 0-7 or 3,5",
                        PARTITIONS - 1
                    )
                })
        };
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to) = (number(from)?, number(to)?);
            if from > to {
                return Err(format!("{from} is after {to}"));
            }
            numbers.extend(from..=to);
        }
        Ok(Self(numbers))
    }
}

/// The queue, which has to be there for this command.
pub(crate) fn queue(config: &Config) -> Result<&Queue, CommandError> {
    config.queue.as_ref().ok_or_else(|| {
        CommandError::Argument("queue: has to be given: there is nothing to take from".to_owned())
    })
}

/// Puts what was set aside back in line.
///
/// # Errors
/// [`CommandError::Refused`] where the queue is not there.
pub async fn again(config: &Config, out: &mut (impl Write + Send)) -> Result<(), CommandError> {
    let refused = |error: crate::scale::LinkError| CommandError::Refused(error.to_string());
    let link = Link::open(queue(config)?).await.map_err(refused)?;
    link.prepare().await.map_err(refused)?;
    let messages = link.take_back().await.map_err(refused)?;
    writeln!(out, "{messages} messages are back in line.")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partitions_are_numbers_and_ranges() {
        let read = |text: &str| text.parse::<Partitions>().map(|p| p.numbers().collect());
        assert_eq!(read("3"), Ok(vec![3]));
        assert_eq!(read("0-2,15, 1"), Ok(vec![0, 1, 2, 15]));
        assert_eq!(read("0-15"), Ok(Partitions::all().numbers().collect()));
        for bad in ["", "16", "-1", "a", "3-1", "0-16", "1,"] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
