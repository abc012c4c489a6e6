//! Writing files: each task writes its rows below its own folder and reports the files; the session moves them to their places.
//!
//! With `partitionBy` a file is open for each combination of values met, in the folder `column=value/…`. Names are Spark's:
//! `part-<task>-<uuid of the job>-c<number>.<ending>`. A task without rows writes nothing, except the first one without partition
//! columns: somebody has to write the schema. Files of an RDD are named and counted as Hadoop does it ([`FileNames::Hadoop`]).
//!
//! **Simplified:** Spark sorts the rows by partition values and holds one file open; the files hold the same rows in the same order.
//! Parquet timestamps are written as microseconds, not INT96.

mod csv;
mod json;
mod parquet;
mod sink;

use super::aggregate::Groups;
use super::batch::{BATCH_ROWS, batch_of, schema_of, take_rows};
use super::eval::cast::{Style, write_cell};
use super::expression::Bound;
use super::runtime::Runtime;
use super::task::StagedFile;
use crate::common::conf::Options;
use crate::common::rng::fnv1a;
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::functions::calendar::Zone;
use crate::logical::plan::{FileFormat, FileNames};
use crate::physical::plan::PhysicalPlan;
use arrow::array::{Array, ArrayRef, AsArray, StringViewArray, UInt32Array};
use arrow::compute::BatchCoalescer;
use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Writes rows into one file.
trait FileWriter {
    fn write(&mut self, batch: &RecordBatch) -> Result<()>;
    fn close(self: Box<Self>) -> Result<()>;
}

/// What all files of a task share.
struct Job<'a> {
    format: FileFormat,
    options: &'a Options,
    conf: &'a Conf,
    columns: Vec<Attribute>,
    schema: SchemaRef,
    folder: PathBuf,
    names: FileNames,
    /// `part-00000-<uuid>`, or `part-00000` alone.
    stem: String,
    ending: String,
    most_rows: usize,
    zone: Zone,
}

struct OpenFile {
    writer: Box<dyn FileWriter>,
    staged: PathBuf,
    relative: PathBuf,
    rows: u64,
}

/// The files of one partition folder.
struct Folder {
    relative: PathBuf,
    number: usize,
    open: Option<OpenFile>,
    coalescer: Option<BatchCoalescer>,
}

/// Writes the rows of a task as they come.
pub struct TaskWriter<'a> {
    job: Job<'a>,
    keys: Vec<Attribute>,
    key_values: Vec<Bound>,
    data_places: Vec<usize>,
    groups: Groups,
    folders: Vec<Folder>,
    files: Vec<StagedFile>,
}

fn failed(path: &Path, error: &dyn std::fmt::Display) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("could not write {}: {error}", path.display()))
        .with_condition("TASK_WRITE_FAILED")
        .with_help("check the free space and the permissions of the folder; nothing half-written was left visible")
}

/// Prepares the writing of one partition.
///
/// # Errors
/// For options that make no sense.
pub fn start<'a>(runtime: &Runtime<'a>, plan: &'a PhysicalPlan, partition: usize) -> Result<TaskWriter<'a>> {
    let PhysicalPlan::WriteFiles { target, staging, format, options, input } = plan else {
        return Err(SparkError::internal("a write task without a write at its root"));
    };
    let columns = input.output();
    let is_partition =
        |column: &Attribute| target.partition_by.iter().any(|name| name.eq_ignore_ascii_case(&column.name));
    let data: Vec<Attribute> = columns.iter().filter(|column| !is_partition(column)).cloned().collect();
    let keys = target
        .partition_by
        .iter()
        .map(|name| {
            columns
                .iter()
                .find(|column| column.name.eq_ignore_ascii_case(name))
                // The folders are called as the write asked for them.
                .map(|column| Attribute { name: name.as_str().into(), ..column.clone() })
                .ok_or_else(|| SparkError::internal(format!("the rows to write have no column {name}")))
        })
        .collect::<Result<Vec<_>>>()?;
    let context = runtime.context;
    let job = Job {
        format: *format,
        options,
        conf: &context.conf,
        schema: schema_of(&data),
        folder: staging.join(format!("attempt-{partition}-{}", context.attempt)),
        names: target.names,
        stem: match target.names {
            FileNames::Frames => format!("part-{partition:05}-{}", job_uuid(&target.path, staging)),
            FileNames::Hadoop => format!("part-{partition:05}"),
        },
        ending: match target.names {
            FileNames::Frames => ending(*format, options, &context.conf)?,
            FileNames::Hadoop => sink::TextCodec::of(options)?.ending().to_owned(),
        },
        most_rows: most_rows(options, &context.conf),
        zone: Zone::parse(context.conf.get("spark.sql.session.timeZone").unwrap_or("UTC"))?,
        columns: data,
    };
    let exprs: Vec<Expr> = keys.iter().cloned().map(Expr::Attribute).collect();
    let key_values = runtime.bind(&exprs, &columns, partition)?;
    let types: Vec<_> = keys.iter().map(|key| key.data_type.to_arrow()).collect();
    let data_places =
        columns.iter().enumerate().filter(|(_, column)| !is_partition(column)).map(|(place, _)| place).collect();
    let groups = Groups::new(&types)?;
    Ok(TaskWriter { job, keys, key_values, data_places, groups, folders: Vec::new(), files: Vec::new() })
}

/// One id for all tasks of a job, the same in every run.
fn job_uuid(path: &str, staging: &Path) -> String {
    let run = staging.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let (high, low) = (fnv1a(&format!("{path} {run} high")), fnv1a(&format!("{path} {run} low")));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

fn most_rows(options: &Options, conf: &Conf) -> usize {
    let text = options.get("maxRecordsPerFile").or_else(|| conf.get("spark.sql.files.maxRecordsPerFile"));
    text.and_then(|text| text.parse().ok()).filter(|rows| *rows > 0).unwrap_or(usize::MAX)
}

fn ending(format: FileFormat, options: &Options, conf: &Conf) -> Result<String> {
    if format == FileFormat::Parquet {
        return Ok(match parquet::codec_name(options, conf)?.as_str() {
            "none" | "uncompressed" => ".parquet".to_owned(),
            "gzip" => ".gz.parquet".to_owned(),
            other => format!(".{other}.parquet"),
        });
    }
    let base = match format {
        FileFormat::Csv => ".csv",
        FileFormat::Json => ".json",
        FileFormat::Text | FileFormat::Parquet => ".txt",
    };
    Ok(format!("{base}{}", sink::TextCodec::of(options)?.ending()))
}

/// Text as part of a folder name: what a path cannot hold becomes `%XX`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let special = (c as u32) < 0x20
            || matches!(
                c,
                '"' | '#' | '%' | '\'' | '*' | '/' | ':' | '=' | '?' | '\\' | '\u{7f}' | '{' | '[' | ']' | '^'
            );
        if special {
            let _ = write!(out, "%{:02X}", c as u32);
        } else {
            out.push(c);
        }
    }
    out
}

/// The folder of the partition values at `row`.
fn folder_of(keys: &[Attribute], columns: &[ArrayRef], row: usize, style: Style) -> Result<PathBuf> {
    let mut path = PathBuf::new();
    for (key, column) in keys.iter().zip(columns) {
        let mut value = String::new();
        if column.is_null(row) {
            value.push_str("__HIVE_DEFAULT_PARTITION__");
        } else {
            write_cell(&mut value, column, row, &key.data_type, style)?;
            value = escaped(&value);
        }
        path.push(format!("{}={value}", escaped(&key.name)));
    }
    Ok(path)
}

/// Empty text names the same folder as null.
fn blank_as_null(column: ArrayRef) -> ArrayRef {
    let Some(text) = column.as_string_view_opt() else { return column };
    if text.iter().all(|value| value != Some("")) {
        return column;
    }
    Arc::new(text.iter().map(|value| value.filter(|value| !value.is_empty())).collect::<StringViewArray>())
}

impl TaskWriter<'_> {
    /// Writes a batch of the input.
    ///
    /// # Errors
    /// A full disk.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let data: Vec<ArrayRef> = self.data_places.iter().map(|place| batch.column(*place).clone()).collect();
        let rows = batch_of(&self.job.schema, data, batch.num_rows())?;
        if self.keys.is_empty() {
            if self.folders.is_empty() {
                self.folders.push(Folder::new(PathBuf::new(), None));
            }
            return self.job.write(&mut self.folders[0], &rows, &mut self.files);
        }
        let values =
            self.key_values.iter().map(|key| Ok(blank_as_null(key.evaluate(batch)?))).collect::<Result<Vec<_>>>()?;
        let mut numbers = Vec::new();
        self.groups.assign(&values, batch.num_rows(), &mut numbers)?;
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); self.groups.len()];
        for (row, number) in numbers.iter().enumerate() {
            lists[*number as usize].push(row as u32);
        }
        let style = Style::cast(self.job.zone);
        for (number, list) in lists.into_iter().enumerate().filter(|(_, list)| !list.is_empty()) {
            if number >= self.folders.len() {
                // Groups are numbered as they are met, so the next folder has exactly this number.
                let relative = folder_of(&self.keys, &values, list[0] as usize, style)?;
                self.folders.push(Folder::new(relative, Some(&self.job.schema)));
            }
            let part = take_rows(&rows, &UInt32Array::from(list))?;
            let folder = &mut self.folders[number];
            let Some(coalescer) = &mut folder.coalescer else { continue };
            coalescer.push_batch(part)?;
            while let Some(full) = folder.coalescer.as_mut().and_then(BatchCoalescer::next_completed_batch) {
                self.job.write(folder, &full, &mut self.files)?;
            }
        }
        Ok(())
    }

    /// Closes all files and reports them.
    ///
    /// # Errors
    /// A full disk.
    pub fn finish(mut self, partition: usize) -> Result<Vec<StagedFile>> {
        let first = partition == 0 || self.job.names == FileNames::Hadoop;
        if self.folders.is_empty() && self.keys.is_empty() && first {
            let mut folder = Folder::new(PathBuf::new(), None);
            self.job.start(&mut folder)?;
            self.folders.push(folder);
        }
        for folder in &mut self.folders {
            if let Some(mut coalescer) = folder.coalescer.take() {
                coalescer.finish_buffered_batch()?;
                while let Some(rest) = coalescer.next_completed_batch() {
                    self.job.write(folder, &rest, &mut self.files)?;
                }
            }
            close(folder, &mut self.files)?;
        }
        Ok(self.files)
    }
}

impl Folder {
    fn new(relative: PathBuf, schema: Option<&SchemaRef>) -> Self {
        let coalescer = schema
            .filter(|schema| !schema.fields().is_empty())
            .map(|schema| BatchCoalescer::new(schema.clone(), BATCH_ROWS));
        Folder { relative, number: 0, open: None, coalescer }
    }
}

impl Job<'_> {
    fn start(&self, folder: &mut Folder) -> Result<()> {
        let name = match self.names {
            FileNames::Frames => format!("{}-c{:03}{}", self.stem, folder.number, self.ending),
            FileNames::Hadoop => format!("{}{}", self.stem, self.ending),
        };
        folder.number += 1;
        let relative = folder.relative.join(name);
        let staged = self.folder.join(&relative);
        if let Some(parent) = staged.parent() {
            std::fs::create_dir_all(parent).map_err(|error| failed(parent, &error))?;
        }
        let writer: Box<dyn FileWriter> = match self.format {
            FileFormat::Parquet => parquet::open(&staged, &self.schema, &self.columns, self.options, self.conf)?,
            FileFormat::Csv => csv::open(&staged, &self.columns, self.options, self.conf)?,
            FileFormat::Json => json::open(&staged, &self.columns, self.options, self.conf)?,
            FileFormat::Text => json::open_text(&staged, self.options)?,
        };
        folder.open = Some(OpenFile { writer, staged, relative, rows: 0 });
        Ok(())
    }

    fn write(&self, folder: &mut Folder, batch: &RecordBatch, files: &mut Vec<StagedFile>) -> Result<()> {
        let mut at = 0;
        while at < batch.num_rows() {
            if folder.open.is_none() {
                self.start(folder)?;
            }
            let Some(open) = &mut folder.open else { break };
            let room = self.most_rows.saturating_sub(open.rows as usize);
            let count = room.min(batch.num_rows() - at);
            if count > 0 {
                open.writer.write(&batch.slice(at, count))?;
                open.rows += count as u64;
                at += count;
            }
            if open.rows as usize >= self.most_rows {
                close(folder, files)?;
            }
        }
        Ok(())
    }
}

fn close(folder: &mut Folder, files: &mut Vec<StagedFile>) -> Result<()> {
    let Some(open) = folder.open.take() else { return Ok(()) };
    open.writer.close()?;
    let bytes = std::fs::metadata(&open.staged).map_err(|error| failed(&open.staged, &error))?.len();
    files.push(StagedFile { staged: open.staged, relative: open.relative, rows: open.rows, bytes });
    Ok(())
}
