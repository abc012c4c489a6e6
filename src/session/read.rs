//! Readers: which files, which schema.
//!
//! A schema that the script does not give comes from the files. That is work for the cluster, as in Spark: a job for the first line of a CSV
//! file, one over all splits when types are inferred, one for the footer of a Parquet file.

use super::Session;
use crate::cluster::JobWork;
use crate::common::conf::Options;
use crate::common::{Conf, Result, SparkError};
use crate::exec::infer;
use crate::logical::Attribute;
use crate::logical::functions::{Made, PartitionFunction};
use crate::logical::plan::{
    FileEntry, FileFormat, FileNames, FileScan, LogicalPlan, Repartitioning, SaveMode, WriteTarget,
};
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use crate::physical::plan::FileSlice;
use crate::physical::{PhysicalPlan, Splitting};
use crate::pyspark::host::{Host, ReadRequest};
use crate::storage::listing::{self, ListOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

impl Session {
    /// The unanalyzed scan that a reader asked for.
    pub(super) fn read(&mut self, mut request: ReadRequest) -> Result<Arc<LogicalPlan>> {
        if let Some(texts) = request.texts.take() {
            // A header stands in the first file only, so there must be one.
            let whole = request.options.flag("header", false) || request.options.flag("multiLine", false);
            request.paths = vec![self.store_texts(&texts, whole)?];
            request.options.set(crate::physical::TASK_PER_FILE, "true");
        }
        if request.paths.is_empty() {
            return Err(SparkError::analysis("DATA_SOURCE_PATH_MISSING", "a reader needs a path to read from"));
        }
        self.make_missing_tables(&request.paths);
        let options = ListOptions {
            base: request.options.get("basePath").map(|base| self.workspace.resolve(base)).transpose()?,
            types: request.schema.clone().unwrap_or_default(),
            name_filter: request.options.get("pathGlobFilter").map(str::to_owned),
            recursive: request.options.flag("recursiveFileLookup", false),
        };
        let found = listing::list(&self.workspace, &request.paths, &options)?;
        let whole = match &request.schema {
            Some(schema) => StructType::new(schema.fields.iter().map(nullable).collect()),
            None => self.infer_schema(&request, &found.files)?,
        };
        let is_partition = |name: &str| found.partition_schema.names().any(|known| known.eq_ignore_ascii_case(name));
        let data_schema =
            StructType::new(whole.fields.into_iter().filter(|field| !is_partition(&field.name)).collect());
        check_names(&data_schema)?;
        let all = StructType::new(data_schema.fields.iter().chain(&found.partition_schema.fields).cloned().collect());
        Ok(Arc::new(LogicalPlan::Scan(FileScan {
            format: request.format,
            paths: request.paths,
            files: Arc::new(found.files),
            data_schema,
            output: LogicalPlan::unassigned(&all),
            partition_schema: found.partition_schema,
            options: request.options,
            pushed_filters: Vec::new(),
            partition_filters: Vec::new(),
        })))
    }

    /// Writes rows of text to a file, so that they are read as files are.
    ///
    /// **Simplified:** Spark parses the rows where they are.
    fn store_texts(&mut self, texts: &Arc<LogicalPlan>, whole: bool) -> Result<String> {
        let one = LogicalPlan::Repartition { target: Repartitioning::Coalesce { count: 1 }, input: texts.clone() };
        let texts = if whole { self.analyze(Arc::new(one))? } else { texts.clone() };
        let folder = self.conf.get("spark.checkpoint.dir").unwrap_or("out/checkpoints").to_owned();
        let path = format!("{folder}/texts-{}", self.writes + 1);
        let target = WriteTarget {
            replaced: None,
            format: FileFormat::Text,
            path: path.clone(),
            mode: SaveMode::Overwrite,
            partition_by: Vec::new(),
            options: Options::default(),
            names: FileNames::Frames,
        };
        self.write_files(&texts, &target)?;
        Ok(path)
    }

    /// A default table of the workshop that is missing is made on the spot (design D13).
    fn make_missing_tables(&mut self, paths: &[String]) {
        for path in paths {
            let Some(name) = path.strip_prefix("datasets/").map(|rest| rest.trim_end_matches('/')) else { continue };
            let name = name.split('/').next().unwrap_or(name);
            let Ok(folder) = self.workspace.resolve("datasets") else { continue };
            if !folder.join(name).exists() {
                // A table that cannot be made is reported by the listing as a missing path, with the way out.
                let _ = crate::datagen::ensure_table(&folder, name);
            }
        }
    }

    fn infer_schema(&mut self, request: &ReadRequest, files: &[FileEntry]) -> Result<StructType> {
        if request.format == FileFormat::Text {
            return Ok(text_schema());
        }
        if files.is_empty() {
            return Err(cannot_infer(request));
        }
        match request.format {
            FileFormat::Text => Ok(text_schema()),
            FileFormat::Csv => self.infer_csv(request, files),
            FileFormat::Json => {
                let found = self.look(Look::JsonTypes(self.splits(request, files)), request)?;
                Ok(infer::json::schema(&found))
            }
            FileFormat::Parquet => {
                let schema: Option<StructType> = self.look(Look::Footer(files.to_vec()), request)?.into_iter().next();
                schema.filter(|schema| !schema.fields.is_empty()).ok_or_else(|| cannot_infer(request))
            }
        }
    }

    /// The names come from the first line: a job of its own, as in Spark, before the one that looks at all rows.
    fn infer_csv(&mut self, request: &ReadRequest, files: &[FileEntry]) -> Result<StructType> {
        let head: Option<infer::csv::Head> = self.look(Look::CsvHead(files.to_vec()), request)?.into_iter().next();
        let Some(head) = head else { return Ok(StructType::default()) };
        let types = if request.options.flag("inferSchema", false) {
            self.look(Look::CsvTypes(head.clone(), self.splits(request, files)), request)?
        } else {
            Vec::new()
        };
        Ok(infer::csv::schema(head, &types))
    }

    fn splits(&self, request: &ReadRequest, files: &[FileEntry]) -> Vec<Vec<FileSlice>> {
        let splitting = Splitting {
            conf: &self.conf,
            default_parallelism: self.default_parallelism(),
            scale: self.cluster_config().scale,
        };
        splitting.tasks(request.format, &request.options, &files.iter().collect::<Vec<_>>())
    }

    /// Runs tasks on the cluster that look into the files; what each found, in the order of the splits.
    fn look<T: DeserializeOwned>(&mut self, look: Look, request: &ReadRequest) -> Result<Vec<T>> {
        let tasks = look.tasks();
        if tasks == 0 {
            return Ok(Vec::new());
        }
        let options = request.options.clone();
        let reader = Arc::new(SchemaReader { look, options, conf: Arc::new(self.conf.clone()) });
        let found = self.run_schema_job(reader, tasks, request)?;
        let parsed = |text: &String| {
            serde_json::from_str(text)
                .map_err(|error| SparkError::internal(format!("a schema that was just written: {error}")))
        };
        found.iter().map(parsed).collect()
    }

    fn run_schema_job(
        &mut self,
        reader: Arc<dyn PartitionFunction>,
        tasks: usize,
        request: &ReadRequest,
    ) -> Result<Vec<String>> {
        self.ensure_cluster()?;
        let output = vec![Attribute::new("schema", self.ids.fresh(), DataType::String, false)];
        let numbers = PhysicalPlan::Range {
            start: 0,
            end: tasks as i64,
            step: 1,
            partitions: tasks,
            output: vec![Attribute::new("split", self.ids.fresh(), DataType::Long, false)],
        };
        let input = Arc::new(if tasks == 1 { PhysicalPlan::OneRow } else { numbers });
        let plan = PhysicalPlan::MapPartitions { function: reader, output, input };
        let description = format!("read the schema of {}", request.paths.join(", "));
        let outputs = self.as_query(
            &description,
            ("Scan schema\n".to_owned(), None),
            |session, query| {
                let job = session.submit(query, Arc::new(plan), JobWork::Collect, None, &description)?;
                session.finish_job(job)
            },
            |_| 0,
        )?;
        let mut found = Vec::new();
        for batch in outputs.iter().flat_map(|output| &output.batches) {
            for row in 0..batch.num_rows() {
                if let Scalar::String(text) = Scalar::from_array(batch.column(0), row, &DataType::String)? {
                    found.push(text);
                }
            }
        }
        Ok(found)
    }
}

/// What a task looks for in files.
#[derive(Debug)]
enum Look {
    /// The schema in a footer.
    Footer(Vec<FileEntry>),
    /// The first record.
    CsvHead(Vec<FileEntry>),
    /// The types in each split.
    CsvTypes(infer::csv::Head, Vec<Vec<FileSlice>>),
    JsonTypes(Vec<Vec<FileSlice>>),
}

impl Look {
    fn tasks(&self) -> usize {
        match self {
            Look::Footer(_) | Look::CsvHead(_) => 1,
            Look::CsvTypes(_, splits) | Look::JsonTypes(splits) => splits.len(),
        }
    }
}

#[derive(Debug)]
struct SchemaReader {
    look: Look,
    options: Options,
    conf: Arc<Conf>,
}

impl PartitionFunction for SchemaReader {
    fn name(&self) -> &'static str {
        "read schema"
    }

    fn call(&self, partition: usize, _rows: Vec<Vec<Scalar>>) -> Result<Made> {
        let (options, conf) = (&self.options, &*self.conf);
        let split = |splits: &[Vec<FileSlice>]| splits.get(partition).cloned().unwrap_or_default();
        match &self.look {
            Look::Footer(files) => told(infer::parquet_schema(files, options, conf)?),
            Look::CsvHead(files) => told(infer::csv::head(files, options, conf)?),
            Look::CsvTypes(head, splits) => told(Some(infer::csv::types(&split(splits), head, options, conf)?)),
            Look::JsonTypes(splits) => told(Some(infer::json::types(&split(splits), options, conf)?)),
        }
    }

    fn identity(&self) -> u64 {
        0
    }
}

/// What was found, as one row of JSON.
fn told<T: Serialize>(found: Option<T>) -> Result<Made> {
    let Some(found) = found else { return Ok(Made::default()) };
    let json = serde_json::to_string(&found).map_err(|error| SparkError::internal(error.to_string()))?;
    Ok(Made { rows: vec![vec![Scalar::String(json)]], handled: 0 })
}

fn text_schema() -> StructType {
    StructType::new(vec![StructField::new("value", DataType::String, true)])
}

/// Files always read as nullable, whatever the schema says.
fn nullable(field: &StructField) -> StructField {
    StructField { nullable: true, data_type: nullable_type(&field.data_type), ..field.clone() }
}

fn nullable_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Array(element, _) => DataType::Array(Box::new(nullable_type(element)), true),
        DataType::Map(key, value, _) => DataType::Map(key.clone(), Box::new(nullable_type(value)), true),
        DataType::Struct(fields) => DataType::Struct(StructType::new(fields.fields.iter().map(nullable).collect())),
        other => other.clone(),
    }
}

fn check_names(schema: &StructType) -> Result<()> {
    let mut seen: Vec<String> = Vec::new();
    for name in schema.names() {
        let folded = name.to_lowercase();
        if seen.contains(&folded) {
            return Err(SparkError::analysis(
                "COLUMN_ALREADY_EXISTS",
                format!("The column `{folded}` already exists. Choose another name or rename the existing column."),
            )
            .with_subject(name));
        }
        seen.push(folded);
    }
    Ok(())
}

fn cannot_infer(request: &ReadRequest) -> SparkError {
    let format = match request.format {
        FileFormat::Csv => "CSV",
        FileFormat::Json => "JSON",
        FileFormat::Parquet => "Parquet",
        FileFormat::Text => "Text",
    };
    let error = SparkError::analysis(
        "UNABLE_TO_INFER_SCHEMA",
        format!("Unable to infer schema for {format}. It must be specified manually."),
    )
    .with_help("give the reader a schema, or check that the folder holds files of this format");
    match request.paths.first() {
        Some(path) => error.with_subject(path.clone()),
        None => error,
    }
}
