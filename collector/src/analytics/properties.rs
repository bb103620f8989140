//! What events tell beside their name: the keys of their properties, and how often each value.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// A value of a property.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PropertyValue)]
pub struct Told {
    /// The value, as it was sent.
    #[schema(value_type = Value)]
    pub value: Value,
    /// How many of the events have it.
    pub count: u64,
}

/// A property.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[schema(as = PropertyRow)]
pub struct Row {
    /// Its name.
    pub property: String,
    /// How many of the events have it.
    pub count: u64,
    /// How many values it has among them.
    pub distinct: usize,
    /// The most frequent ones.
    pub values: Vec<Told>,
}

/// Counts properties of events, the most frequent first; of one property alone where it is named. Of each, so many values.
pub fn properties(events: &[Map<String, Value>], only: Option<&str>, most: usize) -> Vec<Row> {
    let mut counts: HashMap<&str, HashMap<String, (u64, &Value)>> = HashMap::new();
    for props in events {
        for (name, value) in props {
            if only.is_some_and(|only| only != name) {
                continue;
            }
            let values = counts.entry(name).or_default();
            values.entry(value.to_string()).or_insert((0, value)).0 += 1;
        }
    }
    let mut rows: Vec<Row> = counts
        .into_iter()
        .map(|(name, values)| {
            let mut all: Vec<(String, (u64, &Value))> = values.into_iter().collect();
            all.sort_unstable_by(|(one, a), (other, b)| b.0.cmp(&a.0).then_with(|| one.cmp(other)));
            Row {
                property: name.to_owned(),
                count: all.iter().map(|(_, (count, _))| count).sum(),
                distinct: all.len(),
                values: all
                    .into_iter()
                    .take(most)
                    .map(|(_, (count, value))| Told {
                        value: value.clone(),
                        count,
                    })
                    .collect(),
            }
        })
        .collect();
    rows.sort_unstable_by(|one, other| {
        let by_count = other.count.cmp(&one.count);
        by_count.then_with(|| one.property.cmp(&other.property))
    });
    rows
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_another_value_than_a_number() {
        let events = [
            json!({"size": 4, "colour": "red"}),
            json!({"size": "4", "colour": "red"}),
            json!({"size": 4, "new": null}),
        ];
        let events = events.map(|one| one.as_object().unwrap().clone());
        let rows = properties(&events, None, 1);
        let told: Vec<(&str, u64, usize)> = rows
            .iter()
            .map(|row| (row.property.as_str(), row.count, row.distinct))
            .collect();
        assert_eq!(told, [("size", 3, 2), ("colour", 2, 1), ("new", 1, 1)]);
        assert_eq!(
            (&rows[0].values[0].value, rows[0].values[0].count),
            (&json!(4), 2)
        );
        assert_eq!(rows[0].values.len(), 1);
        assert_eq!(properties(&events, Some("new"), 5).len(), 1);
    }
}
