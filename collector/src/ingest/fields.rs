//! Reading an object field by field, where reading it as a whole has failed.
//!
//! The fast way reads a whole struct and stops at the first fault. This is the other way: every field for itself, so
//! that one that cannot be read costs no other.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::outcome::Fault;

/// The fields of one JSON object, each as raw text.
pub(super) struct Fields<'r> {
    path: &'static str,
    fields: HashMap<String, &'r RawValue>,
}

impl<'r> Fields<'r> {
    /// Splits an object; `None` if the value is none. `path` is where it stands: empty, or ending in a point.
    pub(super) fn read(path: &'static str, raw: &'r RawValue) -> Option<Self> {
        let fields = serde_json::from_str(raw.get()).ok()?;
        Some(Self { path, fields })
    }

    /// Names and raw texts of all of them, in no order.
    pub(super) fn members(&self) -> impl Iterator<Item = (&str, &'r str)> {
        self.fields
            .iter()
            .map(|(name, raw)| (name.as_str(), raw.get()))
    }

    /// A field's raw text; `None` where it is absent or null.
    pub(super) fn raw(&self, name: &str) -> Option<&'r RawValue> {
        self.fields
            .get(name)
            .copied()
            .filter(|raw| raw.get() != "null")
    }

    /// A field's value; `None` where it is absent, null or of another kind.
    pub(super) fn get<T: Deserialize<'r>>(&self, name: &str) -> Option<T> {
        self.raw(name)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
    }

    /// A field that has to be there.
    pub(super) fn required<T: Deserialize<'r>>(&self, name: &str) -> Result<T, Fault> {
        self.get(name).ok_or_else(|| Fault::invalid(self.at(name)))
    }

    /// A field that need not be there; one that cannot be read is named in `ignored`.
    pub(super) fn optional<T: Deserialize<'r>>(
        &self,
        name: &str,
        ignored: &mut Vec<String>,
    ) -> Option<T> {
        let raw = self.raw(name)?;
        let value = serde_json::from_str(raw.get()).ok();
        if value.is_none() {
            ignored.push(self.at(name));
        }
        value
    }

    /// An object within the object, at `path`; one that is not an object is named in `ignored`.
    pub(super) fn object(
        &self,
        name: &str,
        path: &'static str,
        ignored: &mut Vec<String>,
    ) -> Option<Fields<'r>> {
        let fields = Fields::read(path, self.raw(name)?);
        if fields.is_none() {
            ignored.push(self.at(name));
        }
        fields
    }

    fn at(&self, name: &str) -> String {
        format!("{}{name}", self.path)
    }
}
