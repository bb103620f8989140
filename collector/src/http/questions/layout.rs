//! What the columns of an answer's rows hold, by the answer's own description.
//!
//! A column of which a row knows nothing has to be of the same type in the next file, so types are not guessed from values: they
//! are those that OpenAPI tells. What is there by names of a site's own, such as the values of a breakdown, is told by the type
//! of such values.

use utoipa::ToSchema;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::export::Kind;

/// What decimal text is called in descriptions.
const DECIMAL: &str = "decimal";

/// The description of the rows of some data, with those that it refers to.
pub(super) struct Layout {
    row: RefOr<Schema>,
    others: Vec<(String, RefOr<Schema>)>,
}

impl Layout {
    /// Of data as it is described.
    pub(super) fn of<T: ToSchema>() -> Self {
        let mut others = Vec::new();
        T::schemas(&mut others);
        let mut layout = Self {
            row: T::schema(),
            others,
        };
        let rows = layout
            .resolve(&layout.row)
            .and_then(|data| layout.field(data, "rows"));
        let rows = rows.and_then(|rows| layout.resolve(rows));
        if let Some(Schema::Array(rows)) = rows
            && let ArrayItems::RefOrSchema(row) = &rows.items
        {
            layout.row = RefOr::clone(row);
        }
        layout
    }

    /// What the column at the end of a way with dots holds, if it is described.
    pub(super) fn kind(&self, way: &str) -> Option<Kind> {
        self.find(self.resolve(&self.row)?, way)
    }

    /// Ways to all columns whose names are known beforehand.
    pub(super) fn ways(&self) -> Vec<String> {
        let mut ways = Vec::new();
        if let Some(row) = self.resolve(&self.row) {
            self.walk(row, "", &mut ways);
        }
        ways
    }

    /// The schema itself; of what may be null or something else, that.
    fn resolve<'s>(&'s self, schema: &'s RefOr<Schema>) -> Option<&'s Schema> {
        let schema = match schema {
            RefOr::T(schema) => schema,
            RefOr::Ref(to) => {
                let name = to.ref_location.rsplit('/').next()?;
                let mut others = self.others.iter();
                let (_, found) = others.find(|(other, _)| other == name)?;
                return self.resolve(found);
            }
        };
        let either = match schema {
            Schema::OneOf(one) => &one.items,
            Schema::AnyOf(any) => &any.items,
            _ => return Some(schema),
        };
        let mut either = either.iter().filter_map(|one| self.resolve(one));
        either.find(|one| !is_null(one))
    }

    fn field<'s>(&'s self, schema: &'s Schema, name: &str) -> Option<&'s RefOr<Schema>> {
        match schema {
            Schema::Object(object) => object.properties.get(name),
            Schema::AllOf(all) => {
                let mut parts = all.items.iter().filter_map(|part| self.resolve(part));
                parts.find_map(|part| self.field(part, name))
            }
            _ => None,
        }
    }

    fn find(&self, schema: &Schema, way: &str) -> Option<Kind> {
        let (name, rest) = way.split_once('.').unwrap_or((way, ""));
        if let Some(field) = self.field(schema, name) {
            let field = self.resolve(field)?;
            return match scalar(field, name) {
                Some(kind) => Some(kind).filter(|_| rest.is_empty()),
                None => self.find(field, rest),
            };
        }
        let Schema::Object(object) = schema else {
            return None;
        };
        let Some(AdditionalProperties::RefOr(each)) = object.additional_properties.as_deref()
        else {
            return None;
        };
        // A name of the site's own may have dots itself.
        let each = self.resolve(each)?;
        scalar(each, "").or_else(|| self.find(each, rest))
    }

    fn walk(&self, schema: &Schema, way: &str, ways: &mut Vec<String>) {
        match schema {
            Schema::Object(object) => {
                for (name, field) in &object.properties {
                    let Some(field) = self.resolve(field) else {
                        continue;
                    };
                    let way = if way.is_empty() {
                        name.clone()
                    } else {
                        format!("{way}.{name}")
                    };
                    if scalar(field, name).is_some() {
                        ways.push(way);
                    } else {
                        self.walk(field, &way, ways);
                    }
                }
            }
            Schema::AllOf(all) => {
                for part in all.items.iter().filter_map(|part| self.resolve(part)) {
                    self.walk(part, way, ways);
                }
            }
            _ => {}
        }
    }
}

fn is_null(schema: &Schema) -> bool {
    matches!(schema, Schema::Object(object) if object.schema_type == SchemaType::Type(Type::Null))
}

/// What a value holds that is one column; nothing of an object.
fn scalar(schema: &Schema, name: &str) -> Option<Kind> {
    let object = match schema {
        Schema::Array(_) => return Some(Kind::Json),
        Schema::Object(object) => object,
        _ => return None,
    };
    let types = match &object.schema_type {
        SchemaType::Type(one) => std::slice::from_ref(one),
        SchemaType::Array(all) => all.as_slice(),
        SchemaType::AnyValue => return Some(Kind::Json),
    };
    let is_decimal =
        matches!(&object.format, Some(SchemaFormat::Custom(format)) if format == DECIMAL);
    let is_time = name == "at" || name.ends_with("_at");
    types.iter().find_map(|one| match one {
        Type::Integer if is_time => Some(Kind::Time),
        Type::Integer => Some(Kind::Int),
        Type::Number => Some(Kind::Double),
        Type::Boolean => Some(Kind::Bool),
        Type::String if is_decimal => Some(Kind::Amount),
        Type::String => Some(Kind::Text),
        Type::Array => Some(Kind::Json),
        Type::Object | Type::Null => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analytics::{credit, funnel, retention, rows};

    #[test]
    fn columns_hold_what_descriptions_say() {
        for (layout, columns) in [
            (
                Layout::of::<rows::Table>(),
                vec![
                    ("at", Some(Kind::Time)),
                    ("sessions", Some(Kind::Int)),
                    ("engaged_rate", Some(Kind::Double)),
                    ("revenue.net", Some(Kind::Amount)),
                    ("unconverted", Some(Kind::Json)),
                    ("by.source", Some(Kind::Text)),
                    ("by.property:a.b", Some(Kind::Text)),
                    ("sessions.more", None),
                    ("shoes", None),
                ],
            ),
            (
                Layout::of::<credit::Credits>(),
                vec![
                    ("key", Some(Kind::Text)),
                    ("rest", Some(Kind::Bool)),
                    ("models.markov_1.value", Some(Kind::Amount)),
                    ("models.first.share", Some(Kind::Double)),
                    ("models.first", None),
                ],
            ),
            (
                Layout::of::<funnel::Funnel>(),
                vec![("median_ms", Some(Kind::Int)), ("group", Some(Kind::Text))],
            ),
            (
                Layout::of::<retention::Retention>(),
                vec![("begins_at", Some(Kind::Time))],
            ),
        ] {
            for (way, kind) in columns {
                assert_eq!(layout.kind(way), kind, "{way}");
            }
        }
        let ways = Layout::of::<rows::Table>().ways();
        assert!(ways.contains(&"revenue.net".to_owned()));
        assert!(!ways.iter().any(|way| way.starts_with("by")));
    }
}
