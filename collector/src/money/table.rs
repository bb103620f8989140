//! Tables of rates as people write them.

use jiff::civil::Date;

use super::currency::Currency;
use super::rate::Rate;

/// The names of the columns, in their order.
const COLUMNS: [&str; 4] = ["date", "from", "to", "rate"];

/// A rate that holds from a day on, until there is a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatedRate {
    /// The day.
    pub date: Date,
    /// One unit of this currency is…
    pub from: Currency,
    /// …so many of this one.
    pub to: Currency,
    /// How many.
    pub rate: Rate,
}

/// What is wrong with a table, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct UnfitTable {
    /// The field.
    pub field: &'static str,
    /// What it has to be.
    pub message: String,
}

impl DatedRate {
    /// Reads the four fields of a rate.
    ///
    /// # Errors
    /// [`UnfitTable`] for the first one that is wrong.
    pub fn read([date, from, to, rate]: [&str; 4]) -> Result<Self, UnfitTable> {
        let unfit = |field: &'static str, message: String| UnfitTable { field, message };
        let currency = |field: &'static str, code: &str| {
            code.parse::<Currency>()
                .map_err(|error| unfit(field, error.to_string()))
        };
        let read = Self {
            date: date
                .parse()
                .map_err(|_| unfit("date", "has to be a day such as 2026-01-31".to_owned()))?,
            from: currency("from", from)?,
            to: currency("to", to)?,
            rate: rate
                .parse::<Rate>()
                .map_err(|error| unfit("rate", error.to_string()))?,
        };
        if read.from == read.to {
            return Err(unfit(
                "to",
                "has to be another currency than from".to_owned(),
            ));
        }
        Ok(read)
    }
}

/// Reads a table: a line `date,from,to,rate` for each rate. A first line with these names is passed over, and so are
/// empty lines. Each rate comes with the number of its line, counted from 1.
///
/// # Errors
/// The number of the first line that is wrong, and what is wrong with it.
pub fn csv(text: &str) -> Result<Vec<(usize, DatedRate)>, (usize, UnfitTable)> {
    let mut rates = Vec::new();
    for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let fields: Vec<&str> = line
            .split(',')
            .map(|field| field.trim().trim_matches('"').trim())
            .collect();
        if fields == [""] || (rates.is_empty() && fields == COLUMNS) {
            continue;
        }
        let fields: [&str; 4] = fields.try_into().map_err(|_| {
            let message = format!("a line has to have the fields {}", COLUMNS.join(","));
            (
                number + 1,
                UnfitTable {
                    field: "line",
                    message,
                },
            )
        })?;
        let line = number + 1;
        let rate = DatedRate::read(fields).map_err(|unfit| (line, unfit))?;
        rates.push((line, rate));
    }
    Ok(rates)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_line_by_line() {
        let text = "\u{feff}date,from,to,rate\r\n2026-01-02,USD,EUR,0.9\r\n\r\n\"2026-01-03\", usd ,EUR,\"0.91\"\n";
        let rates = csv(text).unwrap();
        assert_eq!(rates.len(), 2);
        let (line, second) = rates[1];
        assert_eq!((line, second.from.code()), (4, "USD"));
        assert_eq!(second.rate.to_string(), "0.91");
        assert_eq!(csv("").unwrap(), []);
    }

    #[test]
    fn an_error_names_line_and_field() {
        for (text, line, field) in [
            ("2026-01-02,USD,EUR", 1, "line"),
            ("date,from,to,rate\n2026-13-02,USD,EUR,1", 2, "date"),
            ("2026-01-02,USD,EUR,1\n2026-01-02,US,EUR,1", 2, "from"),
            ("2026-01-02,USD,XXX,1", 1, "to"),
            ("2026-01-02,USD,USD,1", 1, "to"),
            ("2026-01-02,USD,EUR,0", 1, "rate"),
            ("2026-01-02,USD,EUR,1,1", 1, "line"),
            ("2026-01-02,USD,EUR,1\ndate,from,to,rate", 2, "date"),
        ] {
            let (at, unfit) = csv(text).unwrap_err();
            assert_eq!((at, unfit.field), (line, field), "{text}");
        }
    }
}
