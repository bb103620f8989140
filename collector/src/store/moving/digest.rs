//! What rows come to, whichever database wrote them and in whichever order: their number, and the sum of a hash of each.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Number, Value};

/// What some rows come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) rows: u64,
    sum: u128,
}

impl Digest {
    /// Adds a row, the text of a JSON array, in which the cells at these places hold JSON themselves.
    pub(super) fn add(&mut self, row: &str, json: &[usize]) -> Result<(), serde_json::Error> {
        self.add_cells(serde_json::from_str(row)?, json);
        Ok(())
    }

    /// Adds rows, the text of a JSON array of arrays.
    pub(super) fn add_all(&mut self, rows: &str, json: &[usize]) -> Result<(), serde_json::Error> {
        for row in serde_json::from_str::<Vec<Vec<Value>>>(rows)? {
            self.add_cells(row, json);
        }
        Ok(())
    }

    fn add_cells(&mut self, mut cells: Vec<Value>, json: &[usize]) {
        for place in json {
            if let Some(cell) = cells.get_mut(*place)
                && let Some(inside) = cell
                    .as_str()
                    .and_then(|text| serde_json::from_str(text).ok())
            {
                *cell = inside;
            }
        }
        // Always with the same keys, and both sides are hashed by one process.
        let mut hasher = DefaultHasher::new();
        for cell in &cells {
            hash(cell, &mut hasher);
        }
        self.rows += 1;
        self.sum = self.sum.wrapping_add(u128::from(hasher.finish()));
    }
}

fn hash(value: &Value, into: &mut DefaultHasher) {
    match value {
        Value::Null => 0_u8.hash(into),
        Value::Bool(is) => (1_u8, is).hash(into),
        Value::Number(number) => hash_number(number, into),
        Value::String(text) => (3_u8, text).hash(into),
        Value::Array(list) => {
            (4_u8, list.len()).hash(into);
            list.iter().for_each(|one| hash(one, into));
        }
        Value::Object(fields) => {
            (5_u8, fields.len()).hash(into);
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            for (name, one) in fields {
                name.hash(into);
                hash(one, into);
            }
        }
    }
}

/// One number however it is written: 1e2, 100.0 and 100.
fn hash_number(number: &Number, into: &mut DefaultHasher) {
    let float = number.as_f64().unwrap_or_default();
    #[expect(
        clippy::cast_possible_truncation,
        reason = "one without a fraction that a whole number holds"
    )]
    let whole = number
        .as_i64()
        .or_else(|| (float.fract() == 0.0 && float.abs() < 1e15).then_some(float as i64));
    match whole {
        Some(whole) => (2_u8, whole).hash(into),
        None => (6_u8, float.to_bits()).hash(into),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&str], json: &[usize]) -> Digest {
        let mut digest = Digest::default();
        for row in rows {
            digest.add(row, json).unwrap();
        }
        digest
    }

    #[test]
    fn the_way_of_writing_does_not_count() {
        let one = of(&[r#"[1,"a",null,"{\"x\":1.0,\"y\":[1e2]}"]"#, "[2]"], &[3]);
        let other = of(
            &["[2]", r#"[1, "a", null, "{\"y\": [100], \"x\": 1}"]"#],
            &[3],
        );
        assert_eq!(one, other);
        let mut at_once = Digest::default();
        let rows = r#"[[2],[1,"a",null,"{\"x\":1,\"y\":[100]}"]]"#;
        at_once.add_all(rows, &[3]).unwrap();
        assert_eq!(at_once, one);
    }

    #[test]
    fn every_cell_counts() {
        let row = r#"[1,"a",null,9007199254740993]"#;
        for other in [
            r#"[2,"a",null,9007199254740993]"#,
            r#"[1,"b",null,9007199254740993]"#,
            r#"[1,"a","",9007199254740993]"#,
            r#"[1,"a",null,9007199254740992]"#,
            r#"[1,"a",null,9007199254740993,null]"#,
            r#"["1","a",null,9007199254740993]"#,
        ] {
            assert_ne!(of(&[row], &[]), of(&[other], &[]), "{other}");
        }
        // Text that looks like JSON is text where the column holds none.
        assert_ne!(of(&[r#"["1.0"]"#], &[]), of(&[r#"["1"]"#], &[]));
    }
}
