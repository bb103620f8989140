//! A row of Plausible's CSV export: sums of one day.
//!
//! The export is a file for each dimension, named after Plausible's own tables. There are no visits in it, so it becomes no
//! journey: visitors of a sum would be visitors that somebody made up. What it says is kept as it is, apart from everything that
//! was measured here.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{Bad, Record};
use crate::ingest::ids;
use crate::store::totals::{Figures, NewTotal};

/// What sums of this tool are called by.
pub const SOURCE: &str = "plausible";

/// What sums may be by, and by which label they are told apart if nobody says otherwise; totals of days have none.
pub const DIMENSIONS: [(&str, Option<&str>); 11] = [
    ("visitors", None),
    ("sources", Some("source")),
    ("pages", Some("page")),
    ("entry_pages", Some("entry_page")),
    ("exit_pages", Some("exit_page")),
    ("locations", Some("country")),
    ("devices", Some("device")),
    ("browsers", Some("browser")),
    ("operating_systems", Some("operating_system")),
    ("custom_events", Some("name")),
    ("custom_props", Some("property")),
];

/// Sums that there is no column for.
const LEFT_OUT: [&str; 4] = [
    "total_scroll_depth",
    "total_scroll_depth_visits",
    "total_time_on_page",
    "total_time_on_page_visits",
];

/// Makes sums of the rows of one file.
#[derive(Debug)]
pub struct Plausible {
    site_id: i64,
    dimension: &'static str,
    columns: Vec<String>,
}

/// The dimension of a file of this name, such as `imported_sources_20230209_20240123.csv`.
pub fn dimension_of(name: &str) -> Option<&'static str> {
    let rest = name.strip_prefix("imported_")?;
    let rest = rest.split('.').next()?;
    let table = rest.trim_end_matches(|c: char| c == '_' || c.is_ascii_digit());
    let mut dimensions = DIMENSIONS.iter().map(|(name, _)| *name);
    dimensions.find(|dimension| *dimension == table)
}

impl Plausible {
    /// For rows of this dimension.
    ///
    /// # Errors
    /// The column that is missing.
    pub fn new(
        site_id: i64,
        dimension: &'static str,
        columns: &[String],
    ) -> Result<Self, &'static str> {
        for needed in ["date", "visitors"] {
            if !columns.iter().any(|column| column == needed) {
                return Err(needed);
            }
        }
        Ok(Self {
            site_id,
            dimension,
            columns: columns.to_vec(),
        })
    }

    /// The sums of a row.
    ///
    /// # Errors
    /// [`Bad`], with the first field that is wrong.
    pub fn read(&self, record: &Record) -> Result<NewTotal, Bad> {
        let mut day = None;
        let mut labels = Map::new();
        let mut figures = Figures::default();
        for (place, column) in self.columns.iter().enumerate() {
            let Some(text) = record.get(Some(place)) else {
                continue;
            };
            let sum = match column.as_str() {
                "date" => {
                    let date: Date = text
                        .parse()
                        .map_err(|_| Bad::new("date", "is no day such as 2026-01-31"))?;
                    day = Some(date);
                    continue;
                }
                "visitors" => &mut figures.visitors,
                "visits" | "entrances" | "exits" => &mut figures.visits,
                "pageviews" => &mut figures.page_views,
                "bounces" => &mut figures.bounces,
                "visit_duration" => &mut figures.seconds,
                "events" => &mut figures.events,
                other if LEFT_OUT.contains(&other) => continue,
                label => {
                    labels.insert(label.to_owned(), Value::from(text.replace('\0', "")));
                    continue;
                }
            };
            let number: i64 = text
                .parse()
                .ok()
                .filter(|number| *number >= 0)
                .ok_or_else(|| Bad::new(column, "is no whole number"))?;
            *sum = Some(number);
        }
        let day = day.ok_or_else(|| Bad::new("date", "is empty"))?;
        let labels = Value::Object(labels).to_string();
        Ok(NewTotal {
            source: SOURCE,
            dimension: self.dimension.to_owned(),
            day: day.to_string(),
            id: ids::imported(self.site_id, &[b"labels", labels.as_bytes()]),
            labels,
            figures,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_name() {
        for (name, dimension) in [
            ("imported_sources_20230209_20240123.csv", Some("sources")),
            ("imported_entry_pages.csv.gz", Some("entry_pages")),
            (
                "imported_operating_systems_20230209_20240123.csv",
                Some("operating_systems"),
            ),
            ("imported_moods_20230209_20240123.csv", None),
            ("sources.csv", None),
        ] {
            assert_eq!(dimension_of(name), dimension, "{name}");
        }
    }
}
