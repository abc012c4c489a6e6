//! Writes: all files of a job become visible together, or none.

use super::Session;
use crate::cluster::JobWork;
use crate::common::{Result, SparkError};
use crate::event::EventKind;
use crate::logical::plan::{FileFormat, LogicalPlan, SaveMode, WriteTarget};
use crate::logical::types::DataType;
use crate::physical::PhysicalPlan;
use crate::storage::commit::{Begin, Overwrite, begin};
use std::sync::Arc;

impl Session {
    /// Whether an overwrite leaves partitions alone that it has no rows for.
    pub(super) fn overwrites_dynamically(&self) -> bool {
        let mode = self.conf.get("spark.sql.sources.partitionOverwriteMode");
        mode.is_some_and(|mode| mode.eq_ignore_ascii_case("dynamic"))
    }

    /// Runs an analyzed plan and commits its rows as files below the target.
    pub(super) fn write_files(&mut self, plan: &Arc<LogicalPlan>, target: &WriteTarget) -> Result<()> {
        check_schema(plan, target)?;
        let folder = self.workspace.resolve(&target.path)?;
        if target.mode == SaveMode::Overwrite {
            refuse_reading_the_target(plan, &folder)?;
        }
        let dynamic =
            (!target.partition_by.is_empty() && self.overwrites_dynamically()).then_some(Overwrite::Partitions);
        let replaced = target.replaced.clone().map(Overwrite::Folders).or(dynamic);
        self.writes += 1;
        let pending = match begin(&folder, &target.path, target.mode, replaced, &self.writes.to_string())? {
            Begin::Write(pending) => pending,
            Begin::Skip => return Ok(()),
        };
        let staging = pending.staging().to_owned();
        let result = self.run_write(plan, target, &staging);
        let now = self.now();
        match result {
            Ok(files) => {
                let (count, rows, bytes) = (
                    files.len() as u32,
                    files.iter().map(|file| file.rows).sum(),
                    files.iter().map(|file| file.bytes).sum(),
                );
                let moves: Vec<_> = files.into_iter().map(|file| (file.staged, file.relative)).collect();
                pending.commit(&moves)?;
                self.log.push(now, EventKind::OutputCommitted { path: target.path.clone(), files: count, rows, bytes });
                Ok(())
            }
            Err(error) => {
                drop(pending);
                self.log.push(
                    now,
                    EventKind::OutputAborted { path: target.path.clone(), reason: error.message().to_owned() },
                );
                Err(error)
            }
        }
    }

    fn run_write(
        &mut self,
        plan: &Arc<LogicalPlan>,
        target: &WriteTarget,
        staging: &std::path::Path,
    ) -> Result<Vec<crate::exec::task::StagedFile>> {
        let action = format!("write {} {}", target.format.name(), target.path);
        let (target, staging) = (target.clone(), staging.to_owned());
        let outputs = self.run_query(plan, &action, JobWork::Write, &|input: Arc<PhysicalPlan>| {
            Arc::new(PhysicalPlan::WriteFiles {
                format: target.format,
                options: target.options.clone(),
                target: target.clone(),
                staging: staging.clone(),
                input,
            })
        })?;
        Ok(outputs.into_iter().flat_map(|output| output.files).collect())
    }
}

fn check_schema(plan: &LogicalPlan, target: &WriteTarget) -> Result<()> {
    let output = plan.output();
    let mut seen: Vec<String> = Vec::new();
    for column in &output {
        let folded = column.name.to_lowercase();
        if seen.contains(&folded) && target.format != FileFormat::Csv {
            return Err(SparkError::analysis(
                "COLUMN_ALREADY_EXISTS",
                format!("The column `{folded}` already exists. Choose another name or rename the existing column."),
            )
            .with_subject(column.name.clone()));
        }
        seen.push(folded);
    }
    for name in &target.partition_by {
        if !seen.contains(&name.to_lowercase()) {
            return Err(SparkError::analysis(
                "_LEGACY_ERROR_TEMP_1155",
                format!("Partition column `{name}` not found in schema {}.", plan.schema().simple_string()),
            )
            .with_subject(name.clone()));
        }
    }
    if !target.partition_by.is_empty() && target.partition_by.len() == output.len() {
        return Err(SparkError::analysis(
            "ALL_PARTITION_COLUMNS_NOT_ALLOWED",
            "Cannot use all columns for partition columns.",
        ));
    }
    let data =
        output.iter().filter(|column| !target.partition_by.iter().any(|name| name.eq_ignore_ascii_case(&column.name)));
    for column in data {
        let fits = match target.format {
            FileFormat::Csv => {
                !column.data_type.is_nested()
                    && !matches!(column.data_type, DataType::Binary | DataType::Variant | DataType::Null)
            }
            FileFormat::Text => column.data_type == DataType::String,
            FileFormat::Json | FileFormat::Parquet => true,
        };
        if column.data_type == DataType::Time {
            return Err(crate::logical::ddl::no_time());
        }
        if matches!(column.data_type, DataType::Spatial(..)) {
            return Err(SparkError::unsupported("a shape in a file", "write st_asbinary(…) of it"));
        }
        if target.format == FileFormat::Parquet && column.data_type.has_variant() {
            return Err(SparkError::unsupported("a variant in a Parquet file", "write to_json(…) of it"));
        }
        if !fits {
            return Err(unsupported_type(target.format, &column.name, &column.data_type));
        }
    }
    if target.format == FileFormat::Text && output.len() - target.partition_by.len() != 1 {
        return Err(SparkError::analysis(
            "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
            format!("Text data source supports only a single column, and you have {} columns.", output.len()),
        ));
    }
    Ok(())
}

fn unsupported_type(format: FileFormat, name: &str, data_type: &DataType) -> SparkError {
    let spelled = match format {
        FileFormat::Csv => "CSV",
        FileFormat::Json => "JSON",
        FileFormat::Parquet => "Parquet",
        FileFormat::Text => "Text",
    };
    SparkError::analysis(
        "UNSUPPORTED_DATA_TYPE_FOR_DATASOURCE",
        format!("The {spelled} datasource doesn't support the column `{name}` of the type \"{}\".", data_type.sql()),
    )
    .with_subject(name)
    .with_help("cast it to text, take its parts as columns, or write Parquet or JSON")
}

fn refuse_reading_the_target(plan: &LogicalPlan, folder: &std::path::Path) -> Result<()> {
    let mut reads = false;
    plan.visit(&mut |node| {
        if let LogicalPlan::Scan(scan) = node {
            reads |= scan.files.iter().any(|file| file.path.starts_with(folder));
        }
    });
    if reads {
        return Err(SparkError::analysis(
            "UNSUPPORTED_OVERWRITE.PATH",
            format!(
                "Can't overwrite the target that is also being read from. The target path is file:{}.",
                folder.display()
            ),
        )
        .with_help("write to another folder, or cache the rows and run an action on them first and read them back"));
    }
    Ok(())
}
