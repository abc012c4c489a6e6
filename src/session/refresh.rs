//! Files that changed behind a table's back: `REFRESH TABLE`, `refreshByPath`, `MSCK REPAIR TABLE`.
//!
//! **Simplified:** a frame that the script made before keeps the files that it found then. A partitioned table whose folder was gone when it was
//! refreshed forgets its partitions, which Spark's catalog keeps: they are looked for again by `MSCK REPAIR TABLE`.

use super::Session;
use super::catalog::partition_columns;
use crate::common::{Result, SparkError};
use crate::logical::plan::{FileScan, LogicalPlan};
use crate::logical::types::StructType;
use crate::pyspark::host::Host;
use std::sync::Arc;

impl Session {
    /// Lists a table's files anew. What is cached of it is computed again when it is read next. A temporary view over files is a table here.
    pub(super) fn refresh_table(&mut self, name: &str) -> Result<()> {
        let plan = self.relation(name)?;
        let LogicalPlan::Scan(scan) = plan.as_ref() else { return self.recache(&plan, &plan.clone()) };
        let known = scan.files.iter().any(|_| true) || scan.partition_schema.fields.is_empty();
        if known && !self.catalog.is_own_view(name) {
            self.list_anew(name, scan.clone())?;
        }
        let fresh = self.relation(name)?;
        self.recache(&plan, &fresh)
    }

    /// The same for every table with files below a path.
    pub(super) fn refresh_path(&mut self, path: &str) -> Result<()> {
        let below = |own: &str| own.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        for name in self.catalog.table_names() {
            let is_below = match self.relation(&name)?.as_ref() {
                LogicalPlan::Scan(scan) => scan.paths.iter().any(|own| below(own)),
                _ => false,
            };
            if is_below {
                self.refresh_table(&name)?;
            }
        }
        Ok(())
    }

    /// Finds the partitions of a table among its folders. `operation` is the word for errors.
    pub(super) fn recover_partitions(&mut self, name: &str, operation: &str) -> Result<()> {
        let plan = self.relation(name)?;
        let quoted = name.replace('.', "`.`");
        let LogicalPlan::Scan(scan) = plan.as_ref() else {
            return Err(SparkError::analysis(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                format!("`{name}` is a view, and {operation} looks for the partitions of a table"),
            )
            .with_parameters([("viewName", format!("`{quoted}`")), ("operation", operation.to_owned())])
            .with_subject(name.to_owned()));
        };
        if partition_columns(&plan).is_empty() {
            let full = format!("`spark_catalog`.`{}`.`{quoted}`", self.catalog.current_name());
            return Err(SparkError::analysis(
                "NOT_A_PARTITIONED_TABLE",
                format!("`{name}` has no partitions to look for"),
            )
            .with_parameters([("operation", "ALTER TABLE RECOVER PARTITIONS".to_owned()), ("tableIdentWithDB", full)])
            .with_subject(name.to_owned()));
        }
        self.list_anew(name, scan.clone())?;
        let fresh = self.relation(name)?;
        self.recache(&plan, &fresh)
    }

    /// A table whose folder is gone has no rows, and is a table still.
    fn list_anew(&mut self, name: &str, scan: FileScan) -> Result<()> {
        let keys: Vec<String> = scan.partition_schema.names().map(str::to_owned).collect();
        let fields = scan.data_schema.fields.into_iter().chain(scan.partition_schema.fields);
        let schema = StructType::new(fields.collect());
        let Some(path) = scan.paths.first().cloned() else { return Ok(()) };
        match self.change_table(name, path, (schema, &keys), (scan.format, scan.options)) {
            Err(error) if error.condition() == Some("PATH_NOT_FOUND") => self.forget_files(name),
            other => other,
        }
    }

    /// What was cached of `old` is cached of `fresh`, and not yet filled.
    fn recache(&mut self, old: &Arc<LogicalPlan>, fresh: &Arc<LogicalPlan>) -> Result<()> {
        let Some(level) = self.storage_level(old) else { return Ok(()) };
        self.uncache(old)?;
        self.cache(fresh, &level).map(|_| ())
    }
}
