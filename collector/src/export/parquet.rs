//! Parquet, by row groups: rows are gathered column by column until there are enough of them for one.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::layout::{Cell, Column, Kind, columns};
use super::{Export, ExportError, LAYOUT};

/// Rows of a row group, and bytes of its texts, whichever comes first.
const ROWS: usize = 20_000;
const BYTES: usize = 8 * 1024 * 1024;
/// Digits of an amount, and how many of them stand behind the point.
const PRECISION: i32 = 18;
const SCALE: i32 = 6;

/// A file that is being written; what there is of it is taken away as it comes.
pub(crate) struct Writer {
    file: SerializedFileWriter<Vec<u8>>,
    gathered: Vec<Gathered>,
    rows: usize,
    bytes: usize,
}

/// The values of a column that wait for their row group, and which rows have one.
struct Gathered {
    values: Values,
    levels: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Int(Vec<i64>),
    Double(Vec<f64>),
    Bool(Vec<bool>),
}

impl From<ParquetError> for ExportError {
    fn from(error: ParquetError) -> Self {
        Self::Format(format!("Parquet: {error}"))
    }
}

impl Writer {
    /// Of an export.
    pub(super) fn new(export: &Export) -> Result<Self, ExportError> {
        let about = [
            ("what", export.what.to_string()),
            ("site", export.site_id.to_string()),
        ];
        Self::of(&columns(export.what), about)
    }

    /// Of these columns, with what the file says about itself beside the version of the layout.
    ///
    /// # Errors
    /// [`ExportError::Format`].
    pub(crate) fn of(
        columns: &[Column],
        about: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self, ExportError> {
        let known = |(key, value)| KeyValue::new(format!("waymark.{key}"), value);
        let layout = [("layout", LAYOUT.to_owned())];
        let about: Vec<KeyValue> = layout.into_iter().chain(about).map(known).collect();
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            // The indexes of pages would be kept in memory until the end.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(Some(about))
            .build();
        let file = SerializedFileWriter::new(Vec::new(), schema(columns)?, Arc::new(properties))?;
        Ok(Self {
            file,
            gathered: columns.iter().map(Gathered::of).collect(),
            rows: 0,
            bytes: 0,
        })
    }

    /// Adds rows. Gives what of the file has been written by them: nothing, or row groups.
    ///
    /// # Errors
    /// [`ExportError::Format`].
    pub(crate) fn add(&mut self, rows: Vec<Vec<Cell>>) -> Result<Vec<u8>, ExportError> {
        for row in rows {
            for (column, cell) in self.gathered.iter_mut().zip(row) {
                self.bytes += column.add(cell);
            }
            self.rows += 1;
            if self.rows >= ROWS || self.bytes >= BYTES {
                self.close_group()?;
            }
        }
        self.written()
    }

    /// The rest of the file.
    ///
    /// # Errors
    /// [`ExportError::Format`].
    pub(crate) fn finish(&mut self) -> Result<Vec<u8>, ExportError> {
        if self.rows > 0 {
            self.close_group()?;
        }
        self.file.finish()?;
        self.written()
    }

    fn written(&mut self) -> Result<Vec<u8>, ExportError> {
        let flushed = self.file.flush();
        flushed.map_err(|error| ExportError::Format(error.to_string()))?;
        Ok(std::mem::take(self.file.inner_mut()))
    }

    fn close_group(&mut self) -> Result<(), ExportError> {
        let mut group = self.file.next_row_group()?;
        for column in &mut self.gathered {
            if let Some(writer) = group.next_column()? {
                column.write(writer)?;
            }
        }
        group.close()?;
        self.rows = 0;
        self.bytes = 0;
        Ok(())
    }
}

impl Gathered {
    fn of(column: &Column) -> Self {
        let values = match column.kind {
            Kind::Text | Kind::Json => Values::Text(Vec::new()),
            Kind::Int | Kind::Time | Kind::Amount => Values::Int(Vec::new()),
            Kind::Double => Values::Double(Vec::new()),
            Kind::Bool => Values::Bool(Vec::new()),
        };
        Self {
            values,
            levels: Vec::new(),
        }
    }

    /// Adds a value, and says how many bytes of text it has.
    fn add(&mut self, cell: Cell) -> usize {
        let (known, bytes) = match (&mut self.values, cell) {
            (Values::Text(values), Cell::Text(Some(text))) => {
                let bytes = text.len();
                values.push(text.into_bytes().into());
                (true, bytes)
            }
            (Values::Int(values), Cell::Int(Some(number))) => {
                values.push(number);
                (true, 0)
            }
            (Values::Int(values), Cell::Amount(Some((_, amount)))) => {
                values.push(amount.millionths());
                (true, 0)
            }
            (Values::Double(values), Cell::Double(Some(number))) => {
                values.push(number);
                (true, 0)
            }
            (Values::Bool(values), Cell::Bool(Some(flag))) => {
                values.push(flag);
                (true, 0)
            }
            _ => (false, 0),
        };
        self.levels.push(i16::from(known));
        bytes
    }

    fn write(&mut self, mut writer: SerializedColumnWriter<'_>) -> Result<(), ExportError> {
        let levels = Some(self.levels.as_slice());
        match &self.values {
            Values::Text(values) => {
                let writer = writer.typed::<ByteArrayType>();
                writer.write_batch(values, levels, None)?
            }
            Values::Int(values) => {
                let writer = writer.typed::<Int64Type>();
                writer.write_batch(values, levels, None)?
            }
            Values::Double(values) => {
                let writer = writer.typed::<DoubleType>();
                writer.write_batch(values, levels, None)?
            }
            Values::Bool(values) => {
                let writer = writer.typed::<BoolType>();
                writer.write_batch(values, levels, None)?
            }
        };
        writer.close()?;
        self.levels.clear();
        match &mut self.values {
            Values::Text(values) => values.clear(),
            Values::Int(values) => values.clear(),
            Values::Double(values) => values.clear(),
            Values::Bool(values) => values.clear(),
        }
        Ok(())
    }
}

/// The columns as the file's schema. Each may be unknown.
fn schema(columns: &[Column]) -> Result<TypePtr, ExportError> {
    let fields: Result<Vec<TypePtr>, ParquetError> = columns
        .iter()
        .map(|column| {
            let (physical, logical) = match column.kind {
                Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
                Kind::Json => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
                Kind::Int => (Physical::INT64, None),
                Kind::Double => (Physical::DOUBLE, None),
                Kind::Time => (
                    Physical::INT64,
                    Some(LogicalType::timestamp(true, TimeUnit::MILLIS)),
                ),
                Kind::Bool => (Physical::BOOLEAN, None),
                Kind::Amount => (
                    Physical::INT64,
                    Some(LogicalType::decimal(SCALE, PRECISION)),
                ),
            };
            let mut builder = Type::primitive_type_builder(&column.name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(logical);
            if column.kind == Kind::Amount {
                builder = builder.with_precision(PRECISION).with_scale(SCALE);
            }
            builder.build().map(Arc::new)
        })
        .collect();
    let root = Type::group_type_builder("waymark").with_fields(fields?);
    Ok(Arc::new(root.build()?))
}
