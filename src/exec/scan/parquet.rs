//! The Parquet reader: row groups whose middle lies in the slice, wanted columns only, row groups skipped by their statistics.
//!
//! Columns are found by name; a column that a file does not have is null. A column of which only the nulls are asked for is not read where
//! the statistics say that there are none.

use super::{READ_ROWS, WantedColumn, wanted_schema};
use crate::common::conf::Options;
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::exec::batch::batch_of;
use crate::exec::runtime::{Operator, Rows, Runtime};
use crate::logical::expr::{BinaryOp, Expr, UnaryOp};
use crate::logical::plan::{FileEntry, FileScan};
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use crate::physical::plan::FileSlice;
use arrow::array::{Array, ArrayData, ArrayRef, BooleanArray, Scalar as Single, make_array, new_null_array};
use arrow::buffer::Buffer;
use arrow::compute::kernels::cmp;
use arrow::datatypes::{DataType as ArrowType, Field, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::statistics::StatisticsConverter;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::basic::Type as PhysicalType;
use parquet::file::metadata::RowGroupMetaData;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

fn not_parquet(path: &Path, error: &dyn std::fmt::Display) -> SparkError {
    SparkError::new(
        ErrorClass::Py4JJavaError,
        format!("the file {} cannot be read as Parquet: {error}", path.display()),
    )
    .with_help(
        "the folder holds files of another format, perhaps of an earlier run: write it with .mode(\"overwrite\").parquet(…), or read it with what wrote it",
    )
}

/// Opens a file and reads its footer; text columns will come as views, times in microseconds.
fn footer(path: &Path) -> Result<(File, ArrowReaderMetadata)> {
    let file = File::open(path).map_err(|error| super::read_error(path, &error))?;
    let options = || ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let plain = ArrowReaderMetadata::load(&file, options()).map_err(|error| not_parquet(path, &error))?;
    let descriptor = plain.metadata().file_metadata().schema_descr_ptr();
    let fields: Vec<Field> = plain
        .schema()
        .fields()
        .iter()
        .map(|field| {
            let is_int96 = || {
                let mut old =
                    descriptor.columns().iter().filter(|column| column.physical_type() == PhysicalType::INT96);
                old.any(|column| column.path().string() == *field.name())
            };
            let wanted = match field.data_type() {
                ArrowType::Utf8 | ArrowType::LargeUtf8 => ArrowType::Utf8View,
                ArrowType::Binary | ArrowType::LargeBinary => ArrowType::BinaryView,
                ArrowType::Timestamp(_, _) if is_int96() => {
                    ArrowType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
                }
                other => other.clone(),
            };
            field.as_ref().clone().with_data_type(wanted)
        })
        .collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let metadata = plain.metadata().clone();
    let shaped = ArrowReaderMetadata::try_new(metadata, options().with_schema(schema)).unwrap_or(plain);
    Ok((file, shaped))
}

/// The schema in the footer of the first file, or of all with `mergeSchema`.
///
/// # Errors
/// Files that are not Parquet; schemas that cannot be merged.
pub fn parquet_schema(files: &[FileEntry], options: &Options, conf: &Conf) -> Result<Option<StructType>> {
    let merge = options.flag("mergeSchema", conf.flag("spark.sql.parquet.mergeSchema"));
    let mut merged: Option<StructType> = None;
    for file in files {
        let (_, metadata) = footer(&file.path)?;
        let own = metadata
            .schema()
            .fields()
            .iter()
            .map(|field| {
                let data_type = DataType::from_arrow(field.data_type()).ok_or_else(|| {
                    SparkError::analysis(
                        "PARQUET_TYPE_NOT_SUPPORTED",
                        format!("the Parquet column {} has a type that Spark does not read", field.name()),
                    )
                })?;
                Ok(StructField::new(field.name(), nullable(data_type), true))
            })
            .collect::<Result<Vec<_>>>()?;
        merged = Some(match merged {
            None => StructType::new(own),
            Some(all) => merged_schema(all, own)?,
        });
        if !merge {
            break;
        }
    }
    Ok(merged)
}

/// Files always read as nullable.
fn nullable(data_type: DataType) -> DataType {
    match data_type {
        DataType::Array(element, _) => DataType::array(nullable(*element)),
        DataType::Map(key, value, _) => DataType::map(nullable(*key), nullable(*value)),
        DataType::Struct(fields) => DataType::Struct(StructType::new(
            fields
                .fields
                .into_iter()
                .map(|field| StructField { data_type: nullable(field.data_type), nullable: true, ..field })
                .collect(),
        )),
        other => other,
    }
}

fn merged_schema(mut all: StructType, own: Vec<StructField>) -> Result<StructType> {
    for field in own {
        match all.fields.iter().find(|known| known.name == field.name) {
            None => all.fields.push(field),
            Some(known) if known.data_type == field.data_type => {}
            Some(known) => {
                return Err(SparkError::new(
                    ErrorClass::SparkException,
                    format!(
                        "the files disagree about column {}: {:?} and {:?}",
                        field.name, known.data_type, field.data_type
                    ),
                )
                .with_condition("CANNOT_MERGE_SCHEMAS"));
            }
        }
    }
    Ok(all)
}

/// Where a wanted column comes from.
enum Source {
    /// What the reader gives at this place.
    Read(usize),
    /// The file does not have it.
    Null,
    /// It has no null, and nobody asks for its values.
    AnyValue,
}

struct ParquetRows<'a> {
    runtime: &'a Runtime<'a>,
    reader: ParquetRecordBatchReader,
    sources: Vec<Source>,
    schema: SchemaRef,
    slice: &'a FileSlice,
}

/// Reads one piece of a file, and says how many rows its row groups have.
///
/// # Errors
/// Files that are not Parquet.
pub fn read<'a>(
    runtime: &'a Runtime<'a>,
    scan: &'a FileScan,
    slice: &'a FileSlice,
    wanted: &[WantedColumn],
) -> Result<(Rows<'a>, Vec<u64>)> {
    let (file, metadata) = footer(&slice.path)?;
    let names: Vec<&str> = metadata.schema().fields().iter().map(|field| field.name().as_str()).collect();
    let find = |name: &str| {
        names
            .iter()
            .position(|own| *own == name)
            .or_else(|| names.iter().position(|own| own.eq_ignore_ascii_case(name)))
    };
    let roots: Vec<Option<usize>> = wanted.iter().map(|column| find(&column.field.name)).collect();
    let groups = row_groups(&metadata, slice, &scan.pushed_filters);
    let needs_no_reading = |root: usize, column: &WantedColumn| {
        let without_null =
            |group: &usize| nulls(names[root], &metadata, metadata.metadata().row_group(*group)) == Some(0);
        column.validity_only && can_stand_in(&column.field.data_type.to_arrow()) && groups.iter().all(without_null)
    };
    let free: Vec<bool> = roots
        .iter()
        .zip(wanted)
        .map(|(root, column)| root.is_some_and(|root| needs_no_reading(root, column)))
        .collect();
    let mut read: Vec<usize> =
        roots.iter().zip(&free).filter(|(_, free)| !**free).filter_map(|(root, _)| *root).collect();
    read.sort_unstable();
    read.dedup();
    let source = |(root, free): (&Option<usize>, &bool)| match root {
        Some(_) if *free => Source::AnyValue,
        Some(root) => read.iter().position(|own| own == root).map_or(Source::Null, Source::Read),
        None => Source::Null,
    };
    let sources = roots.iter().zip(&free).map(source).collect();
    let mask = ProjectionMask::roots(metadata.parquet_schema(), read.iter().copied());
    let bytes: i64 = groups
        .iter()
        .map(|group| {
            let group = metadata.metadata().row_group(*group);
            let columns = group.columns().iter().enumerate().filter(|(leaf, _)| mask.leaf_included(*leaf));
            columns.map(|(_, column)| column.compressed_size()).sum::<i64>()
        })
        .sum();
    runtime.read(0, bytes as u64);
    let rows = groups.iter().map(|group| metadata.metadata().row_group(*group).num_rows() as u64).collect();
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata)
        .with_projection(mask)
        .with_row_groups(groups)
        .with_batch_size(rows_at_once(runtime))
        .build()
        .map_err(|error| not_parquet(&slice.path, &error))?;
    Ok((Box::new(ParquetRows { runtime, reader, sources, schema: wanted_schema(wanted), slice }), rows))
}

/// Whether [`any_values`] can make values of this type.
fn can_stand_in(data_type: &ArrowType) -> bool {
    matches!(data_type, ArrowType::Utf8View) || data_type.primitive_width().is_some()
}

/// Values that are zero or empty.
fn any_values(data_type: &ArrowType, rows: usize) -> Result<ArrayRef> {
    let width = data_type.primitive_width().unwrap_or(size_of::<u128>());
    let zeros = Buffer::from(vec![0u8; width * rows]);
    Ok(make_array(ArrayData::builder(data_type.clone()).len(rows).add_buffer(zeros).align_buffers(true).build()?))
}

/// `spark.sql.parquet.columnarReaderBatchSize`, if the script names it.
fn wanted_rows(runtime: &Runtime<'_>) -> Option<usize> {
    let rows = runtime.context.conf.get("spark.sql.parquet.columnarReaderBatchSize");
    rows.and_then(|rows| rows.parse().ok()).map(|rows: usize| rows.clamp(1, 1 << 20))
}

/// Rows that are read at a time: twice Spark's number unless the script says otherwise.
fn rows_at_once(runtime: &Runtime<'_>) -> usize {
    wanted_rows(runtime).unwrap_or(READ_ROWS)
}

/// Rows of one of Spark's batches; a batch ends with its row group, too.
pub fn rows_of_a_batch(runtime: &Runtime<'_>) -> u64 {
    wanted_rows(runtime).unwrap_or(4096) as u64
}

impl Operator for ParquetRows<'_> {
    fn next(&mut self) -> Result<Option<RecordBatch>> {
        self.runtime.context.check_cancelled()?;
        let Some(batch) = self.reader.next() else { return Ok(None) };
        let batch = batch.map_err(|error| not_parquet(&self.slice.path, &error))?;
        let rows = batch.num_rows();
        let columns = self
            .sources
            .iter()
            .zip(self.schema.fields())
            .map(|(source, field)| match source {
                Source::Read(place) => Ok(batch.column(*place).clone()),
                Source::Null => Ok(new_null_array(field.data_type(), rows)),
                Source::AnyValue => any_values(field.data_type(), rows),
            })
            .collect::<Result<_>>()?;
        batch_of(&self.schema, columns, rows).map(Some)
    }
}

/// The row groups of a slice that may hold rows for the filters.
fn row_groups(metadata: &ArrowReaderMetadata, slice: &FileSlice, filters: &[Expr]) -> Vec<usize> {
    let all = metadata.metadata().row_groups();
    let mut kept = Vec::new();
    for (number, group) in all.iter().enumerate() {
        let start = group
            .columns()
            .iter()
            .map(|column| {
                let data = column.data_page_offset();
                column.dictionary_page_offset().map_or(data, |dictionary| dictionary.min(data))
            })
            .min()
            .unwrap_or(0);
        let middle = start as u64 + group.compressed_size() as u64 / 2;
        let inside = middle >= slice.start && middle < slice.start.saturating_add(slice.length);
        if inside && filters.iter().all(|filter| may_hold(filter, metadata, group)) {
            kept.push(number);
        }
    }
    kept
}

/// Whether some row of the group may satisfy the condition; yes when in doubt.
fn may_hold(filter: &Expr, metadata: &ArrowReaderMetadata, group: &RowGroupMetaData) -> bool {
    match filter {
        Expr::Binary { op: BinaryOp::And, left, right } => {
            may_hold(left, metadata, group) && may_hold(right, metadata, group)
        }
        Expr::Binary { op: BinaryOp::Or, left, right } => {
            may_hold(left, metadata, group) || may_hold(right, metadata, group)
        }
        Expr::Unary { op: UnaryOp::IsNotNull, child } => match child.as_ref() {
            Expr::Attribute(column) => nulls(&column.name, metadata, group) != Some(group.num_rows() as u64),
            _ => true,
        },
        Expr::Binary { op, left, right } => match (left.as_ref(), right.as_ref()) {
            (Expr::Attribute(column), Expr::Literal(value, data_type)) => {
                compared(*op, &column.name, value, data_type, metadata, group)
            }
            (Expr::Literal(value, data_type), Expr::Attribute(column)) => {
                let flipped = match op {
                    BinaryOp::Lt => BinaryOp::Gt,
                    BinaryOp::LtEq => BinaryOp::GtEq,
                    BinaryOp::Gt => BinaryOp::Lt,
                    BinaryOp::GtEq => BinaryOp::LtEq,
                    other => *other,
                };
                compared(flipped, &column.name, value, data_type, metadata, group)
            }
            _ => true,
        },
        _ => true,
    }
}

fn nulls(name: &str, metadata: &ArrowReaderMetadata, group: &RowGroupMetaData) -> Option<u64> {
    let converter = StatisticsConverter::try_new(name, metadata.schema(), metadata.parquet_schema()).ok()?;
    let counts = converter.row_group_null_counts([group]).ok()?;
    counts.is_valid(0).then(|| counts.value(0))
}

fn compared(
    op: BinaryOp,
    name: &str,
    value: &Scalar,
    data_type: &DataType,
    metadata: &ArrowReaderMetadata,
    group: &RowGroupMetaData,
) -> bool {
    // NaN breaks the order of minimum and maximum.
    if value.is_null() || matches!(value, Scalar::Double(number) if number.is_nan()) {
        return true;
    }
    let answer = || -> Option<bool> {
        let converter = StatisticsConverter::try_new(name, metadata.schema(), metadata.parquet_schema()).ok()?;
        let least = arrow::compute::cast(&converter.row_group_mins([group]).ok()?, &data_type.to_arrow()).ok()?;
        let most = arrow::compute::cast(&converter.row_group_maxes([group]).ok()?, &data_type.to_arrow()).ok()?;
        let literal: ArrayRef = Scalar::to_array(std::slice::from_ref(value), data_type).ok()?;
        let literal = Single::new(literal);
        let yes = |flags: BooleanArray| flags.is_null(0) || flags.value(0);
        Some(match op {
            BinaryOp::Gt => yes(cmp::gt(&most, &literal).ok()?),
            BinaryOp::GtEq => yes(cmp::gt_eq(&most, &literal).ok()?),
            BinaryOp::Lt => yes(cmp::lt(&least, &literal).ok()?),
            BinaryOp::LtEq => yes(cmp::lt_eq(&least, &literal).ok()?),
            BinaryOp::Eq => yes(cmp::lt_eq(&least, &literal).ok()?) && yes(cmp::gt_eq(&most, &literal).ok()?),
            _ => true,
        })
    };
    let is_float = metadata
        .schema()
        .field_with_name(name)
        .is_ok_and(|field| matches!(field.data_type(), ArrowType::Float32 | ArrowType::Float64));
    if is_float && matches!(op, BinaryOp::Gt | BinaryOp::GtEq) {
        // NaN counts as greater than all, and is not in the statistics.
        return true;
    }
    answer().unwrap_or(true)
}
