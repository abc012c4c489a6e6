//! `spark.sql`: queries become plans; commands are carried out and give a small table, as in Spark.

use super::Session;
use super::fold::EvalFolder;
use super::routines;
use crate::analyzer::unresolved_routine;
use crate::cluster::JobWork;
use crate::common::conf::{DEFAULTS, Options};
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::display::scalar_text;
use crate::logical::expr::{CastMode, Expr, SortOrder};
use crate::logical::fold::ConstantFolder;
use crate::logical::plan::{FileEntry, FileFormat, FileNames, FileScan, Grouping, LogicalPlan, SaveMode, WriteTarget};
use crate::logical::scalar::Scalar;
use crate::logical::settings;
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::host::{FunctionEntry, Host, PathReply, PathRequest, ReadRequest};
use crate::sql::{Change, PartitionSpec, Statement};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use std::path::PathBuf;
use std::sync::Arc;

/// Whether Spark's ANSI store assignment lets a value of one type into a column of another.
fn storable(from: &DataType, to: &DataType) -> bool {
    let moment = |t: &DataType| matches!(t, DataType::Date | DataType::Timestamp | DataType::TimestampNtz);
    match (from, to) {
        (from, to) if from == to || from.is_nested() || to.is_nested() => true,
        (DataType::Null, _) | (_, DataType::String) => true,
        (from, to) => (from.is_numeric() && to.is_numeric()) || (moment(from) && moment(to)),
    }
}

/// Whether a plan reads one of a table's files.
fn reads_any(plan: &LogicalPlan, table: &crate::logical::plan::FileScan) -> bool {
    let mut found = false;
    plan.visit(&mut |node| {
        if let LogicalPlan::Scan(scan) = node {
            found |= scan.files.iter().any(|file| table.files.iter().any(|own| own.path == file.path));
        }
    });
    found
}

/// A view cannot read itself.
fn refuse_recursion(plan: &LogicalPlan, view: &str) -> Result<()> {
    let mut found = false;
    plan.visit(&mut |node| {
        if let LogicalPlan::UnresolvedRelation { name } = node {
            found |= name.last().is_some_and(|name| name.eq_ignore_ascii_case(view));
        }
    });
    if found {
        return Err(SparkError::analysis("RECURSIVE_VIEW", format!("the view `{view}` would read itself"))
            .with_subject(view)
            .with_help("give the new view another name"));
    }
    Ok(())
}

/// A command's answer: column names with types, and rows.
struct Table {
    columns: Vec<(&'static str, DataType)>,
    rows: Vec<Vec<Scalar>>,
}

fn text(value: impl Into<String>) -> Scalar {
    Scalar::String(value.into())
}

fn texts(columns: &[&'static str], rows: Vec<Vec<Scalar>>) -> Table {
    Table { columns: columns.iter().map(|name| (*name, DataType::String)).collect(), rows }
}

fn nothing() -> Table {
    Table { columns: Vec::new(), rows: Vec::new() }
}

fn matches(name: &str, like: Option<&str>) -> bool {
    let Some(like) = like else { return true };
    like.split('|').any(|pattern| {
        let pattern = regex::escape(&pattern.trim().to_lowercase()).replace("\\*", ".*");
        regex::Regex::new(&format!("^{pattern}$")).is_ok_and(|pattern| pattern.is_match(&name.to_lowercase()))
    })
}

impl Session {
    /// Carries a statement out; a query gives its unresolved plan.
    pub(super) fn run_statement(&mut self, statement: Statement) -> Result<Arc<LogicalPlan>> {
        let table = match statement {
            Statement::Query(plan) => return self.with_direct_files(&plan),
            Statement::CreateView { .. }
            | Statement::CreateFileView { .. }
            | Statement::DropView { .. }
            | Statement::CacheTable { .. }
            | Statement::UncacheTable { .. }
            | Statement::ClearCache => self.run_view_statement(statement)?,
            Statement::CreateTable { ref name, ref properties, .. } => {
                let (name, properties) = (name.join("."), properties.clone());
                let is_new = self.relation(&name).is_err();
                let table = self.run_table_statement(statement)?;
                if is_new {
                    self.catalog.set_properties(&name, properties);
                }
                table
            }
            Statement::DropTable { .. }
            | Statement::TruncateTable { .. }
            | Statement::InsertInto { .. }
            | Statement::RefreshTable { .. }
            | Statement::RecoverPartitions { .. }
            | Statement::AnalyzeTable { .. }
            | Statement::RowChange { .. } => self.run_table_statement(statement)?,
            Statement::Alter { name, view, change } => {
                self.run_alter(&name.join("."), view, change)?;
                nothing()
            }
            Statement::CreateFunction { name, routine, replace, temporary, if_not_exists } => {
                self.run_create_function(&name, routine, (replace, temporary, if_not_exists))?;
                nothing()
            }
            Statement::DropFunction { name, temporary, if_exists } => {
                self.catalog.drop_function(&name, temporary, if_exists)?;
                nothing()
            }
            Statement::CreateDatabase { name, if_not_exists } => {
                self.catalog.create_database(&name, if_not_exists)?;
                nothing()
            }
            Statement::DropDatabase { name, if_exists, cascade } => {
                self.drop_database(&name, if_exists, cascade)?;
                nothing()
            }
            Statement::Use { name } => {
                self.catalog.use_database(&name)?;
                nothing()
            }
            Statement::Set { key, value } => self.run_set(key, value)?,
            Statement::Reset { key } => {
                self.run_reset(key);
                nothing()
            }
            Statement::Explain { mode, statement } => self.run_explain(&mode, *statement)?,
            Statement::ShowTables { .. }
            | Statement::ShowViews { .. }
            | Statement::ShowDatabases { .. }
            | Statement::ShowColumns { .. }
            | Statement::ShowFunctions { .. }
            | Statement::ShowPartitions { .. }
            | Statement::ShowCreateTable { .. }
            | Statement::ShowProperties { .. }
            | Statement::Describe { .. }
            | Statement::DescribeQuery { .. }
            | Statement::DescribeFunction { .. } => self.run_show(statement)?,
        };
        local_relation(&table)
    }

    /// A view that stays cannot stand on one that goes with the session. `hidden` are names that the query itself defines.
    pub(super) fn refuse_temporary(&self, plan: &LogicalPlan, view: &str, hidden: &[String]) -> Result<()> {
        let mut known = hidden.to_vec();
        match plan {
            LogicalPlan::UnresolvedRelation { name } => {
                let is_hidden = |own: &String| name.len() == 1 && own.eq_ignore_ascii_case(&name[0]);
                if !known.iter().any(is_hidden) && self.catalog.is_temporary(name) {
                    let read = name.join(".");
                    return Err(SparkError::analysis(
                        "INVALID_TEMP_OBJ_REFERENCE",
                        format!("`{view}` stays, and `{read}`, which it reads, is a temporary view"),
                    )
                    .with_subject(read)
                    .with_help(
                        "make a temporary view: CREATE TEMP VIEW …; or write the rows to a table and read that",
                    ));
                }
            }
            LogicalPlan::With { definitions, .. } => known.extend(definitions.iter().map(|(name, _)| name.clone())),
            _ => {}
        }
        for expr in plan.expressions() {
            let mut inside = Ok(());
            expr.visit(&mut |part| {
                if let Some(plan) = part.subquery().filter(|_| inside.is_ok()) {
                    inside = self.refuse_temporary(plan, view, &known);
                }
            });
            inside?;
        }
        plan.children().into_iter().try_for_each(|child| self.refuse_temporary(child, view, &known))
    }

    fn run_view_statement(&mut self, statement: Statement) -> Result<Table> {
        match statement {
            Statement::CreateView { name, columns, plan, replace, global, if_not_exists, temporary } => {
                // A view made by SQL keeps its text's meaning: the views that it reads are looked up when it is used.
                let plan = renamed(plan, &columns);
                self.analyze(plan.clone())?;
                let view = name.last().cloned().unwrap_or_default();
                refuse_recursion(&plan, &view)?;
                if !temporary && !global {
                    self.refuse_temporary(&plan, &name.join("."), &[])?;
                }
                let made = if temporary || global {
                    self.catalog.create_view(&view, plan, replace, global)
                } else {
                    self.catalog.keep_view(&name.join("."), plan, replace)
                };
                match made {
                    Err(_) if if_not_exists => {}
                    other => other?,
                }
            }
            Statement::CreateFileView { name, schema, format, options, replace, global } => {
                let mut all = Options::default();
                for (key, value) in options {
                    all.set(&key, value);
                }
                let paths = all.get("path").map(str::to_owned).into_iter().collect();
                let request = ReadRequest { format, paths, schema, options: all, texts: None };
                let plan = self.read(request)?;
                let plan = self.analyze(plan)?;
                self.catalog.create_view(&name.last().cloned().unwrap_or_default(), plan, replace, global)?;
            }
            Statement::DropView { name, if_exists } => {
                let global = name.first().is_some_and(|first| first.eq_ignore_ascii_case("global_temp"));
                let view = name.last().cloned().unwrap_or_default();
                let temporary = name.len() == 1 || global;
                let dropped = temporary && self.catalog.drop_view(&view, global && name.len() > 1);
                if !dropped && !self.catalog.drop_kept_view(&name.join(".")) && !if_exists {
                    return Err(self.relation(&name.join(".")).err().unwrap_or_else(|| {
                        let text = format!("{} is a table; use DROP TABLE", name.join("."));
                        SparkError::analysis("WRONG_COMMAND_FOR_OBJECT_TYPE", text)
                    }));
                }
            }
            Statement::CacheTable { name, lazy, query } => {
                if let Some(query) = query {
                    let plan = self.analyze(query)?;
                    self.catalog.create_view(&name.join("."), plan, false, false)?;
                }
                let plan = self.relation(&name.join("."))?;
                self.cache(&plan, "MEMORY_AND_DISK_DESER")?;
                if !lazy {
                    // As in Spark, the rows are counted: every partition is filled, and none of the rows comes to the driver.
                    let outputs = vec![Expr::call("count", vec![Expr::int(1)]).alias("count")];
                    let grouping = Grouping::By(Vec::new());
                    let counting = LogicalPlan::Aggregate { grouping, outputs, input: plan };
                    let counting = self.analyze(Arc::new(counting))?;
                    self.run_query(&counting, "cache table", JobWork::Collect, &|plan| plan)?;
                }
            }
            Statement::UncacheTable { name, if_exists } => match self.relation(&name.join(".")) {
                Ok(plan) => {
                    self.uncache(&plan)?;
                }
                Err(_) if if_exists => {}
                Err(error) => return Err(error),
            },
            _ => self.drop_all_caches(),
        }
        Ok(nothing())
    }

    fn drop_all_caches(&mut self) {
        for id in self.caches.clear() {
            if let Some(cluster) = self.cluster.as_mut() {
                cluster.drop_cache(id);
            }
        }
    }

    fn run_table_statement(&mut self, statement: Statement) -> Result<Table> {
        match statement {
            Statement::CreateTable {
                name,
                schema,
                format,
                partition_by,
                options,
                properties: _,
                location,
                query,
                if_not_exists,
                replace,
            } => {
                let full = name.join(".");
                if if_not_exists && self.relation(&full).is_ok() {
                    return Ok(nothing());
                }
                if schema.is_none() && query.is_none() && !partition_by.is_empty() {
                    let text = "PARTITIONED BY goes with a list of columns";
                    return Err(SparkError::analysis("SPECIFY_PARTITION_IS_NOT_ALLOWED", text).with_help(
                        "list the columns, or leave PARTITIONED BY out: the folders are named by their columns",
                    ));
                }
                let named = options.iter().find(|(key, _)| key.eq_ignore_ascii_case("path"));
                let location = location.or_else(|| named.map(|(_, path)| path.clone()));
                if let (None, Some(path)) = (&query, &location)
                    && matches!(self.answer_path(PathRequest::Exists(path.clone()))?, PathReply::Yes(true))
                {
                    let mut all = Options::default();
                    for (key, value) in options {
                        all.set(&key, value);
                    }
                    let format = format.unwrap_or(FileFormat::Parquet);
                    self.table_over(&full, (schema, &partition_by), (format, path.clone(), all))?;
                    return Ok(nothing());
                }
                let plan = match (query, schema) {
                    (Some(query), _) => self.analyze(query)?,
                    (None, Some(schema)) => self.analyze(empty_relation(&schema)?)?,
                    (None, None) => {
                        return Err(SparkError::analysis("UNABLE_TO_INFER_SCHEMA", "a table needs columns or a query"));
                    }
                };
                let mut all = Options::default();
                for (key, value) in options {
                    all.set(&key, value);
                }
                let mode = if replace { SaveMode::Overwrite } else { SaveMode::ErrorIfExists };
                let format = format.unwrap_or(FileFormat::Parquet);
                let path = location.unwrap_or_default();
                self.save_table(
                    &full,
                    &plan,
                    WriteTarget {
                        replaced: None,
                        format,
                        path,
                        mode,
                        partition_by,
                        options: all,
                        names: FileNames::Frames,
                    },
                )?;
            }
            Statement::DropTable { name, if_exists } => {
                let full = name.join(".");
                // As Spark: a view goes as well.
                let is_view = name.len() == 1 && self.catalog.drop_view(&full, false);
                let dropped = is_view || self.drop_table(&full) || self.catalog.drop_kept_view(&full);
                if !dropped && !if_exists {
                    self.relation(&full)?;
                }
            }
            Statement::InsertInto { name, partition, columns, query, overwrite } => {
                self.run_insert(&name.join("."), (&partition, &columns), query, overwrite)?;
            }
            Statement::TruncateTable { name } => {
                let full = name.join(".");
                let schema = self.relation(&full)?.schema();
                let empty = empty_relation(&schema)?;
                self.run_insert(&full, (&Vec::new(), &[]), empty, true)?;
            }
            Statement::RowChange { operation, table } => {
                let class = match operation.as_str() {
                    "DELETE" => crate::common::ErrorClass::AnalysisException,
                    _ => crate::common::ErrorClass::UnsupportedOperationException,
                };
                return Err(SparkError::new(
                    class,
                    format!(
                        "The table `{}` does not support {operation}: plain files cannot be changed row by row.",
                        table.join("`.`")
                    ),
                )
                .with_condition("UNSUPPORTED_FEATURE.TABLE_OPERATION")
                .with_help("read the table, change the rows, and write a new one"));
            }
            Statement::RefreshTable { name } => self.refresh_table(&name.join("."))?,
            Statement::RecoverPartitions { name } => self.recover_partitions(&name.join("."), "MSCK REPAIR TABLE")?,
            Statement::AnalyzeTable { name } => {
                self.relation(&name.join("."))?;
            }
            _ => {}
        }
        Ok(nothing())
    }

    fn run_alter(&mut self, name: &str, view: bool, change: Change) -> Result<()> {
        let plan = self.relation(name)?;
        match change {
            Change::RenameTo(new) => self.rename(name, &new.join("."), view),
            Change::Query(query) => {
                self.analyze(query.clone())?;
                if self.catalog.is_own_view(name) {
                    self.catalog.create_view(name, query, true, false)
                } else {
                    self.catalog.keep_view(name, query, true)
                }
            }
            Change::SetProperties(pairs) => {
                self.catalog.set_properties(name, pairs);
                Ok(())
            }
            Change::UnsetProperties(keys) => {
                self.catalog.unset_properties(name, &keys);
                Ok(())
            }
            Change::AddColumns(columns) => self.add_columns(name, &plan, columns),
            Change::DropPartition { partition, if_exists } => self.drop_partition(name, &plan, &partition, if_exists),
            Change::Refused(operation) => Err(SparkError::analysis(
                "UNSUPPORTED_FEATURE.TABLE_OPERATION",
                format!("The table `{name}` does not support {operation}: its files stay as they are."),
            )
            .with_subject(name)
            .with_help("read the table, change its columns, and write a new one")),
        }
    }

    /// `PARTITION` with its values as the table's columns hold them; after a column without a value none has one.
    fn partition_values(&self, table: &str, scan: &FileScan, partition: &PartitionSpec) -> Result<PartitionSpec> {
        refuse_unknown_partitions(table, scan, partition)?;
        let fields = &scan.partition_schema.fields;
        let given = |field: &StructField| partition.iter().find(|(name, _)| name.eq_ignore_ascii_case(&field.name));
        let open = fields.iter().filter_map(given).skip_while(|(_, value)| value.is_some());
        if let Some((name, _)) = open.skip(1).find(|(_, value)| value.is_some()) {
            return Err(SparkError::new(
                ErrorClass::AnalysisException,
                format!("the partition column {name} has a value, and one before it has none"),
            )
            .with_condition("_LEGACY_ERROR_TEMP_1147"));
        }
        let typed = |(name, value): &(String, Option<Expr>)| {
            let field = fields.iter().find(|field| field.name.eq_ignore_ascii_case(name));
            let (Some(value), Some(field)) = (value, field) else { return Ok((name.clone(), value.clone())) };
            let (child, to) = (Box::new(value.clone()), field.data_type.clone());
            let cast = Expr::Cast { child, to, mode: CastMode::Ansi, implicit: true };
            let folded = EvalFolder::new(&self.conf, 0).fold(&cast).transpose()?;
            Ok((name.clone(), Some(folded.unwrap_or(cast))))
        };
        partition.iter().map(typed).collect()
    }

    /// Removes the folders whose values are as `partition` says.
    fn drop_partition(
        &mut self,
        name: &str,
        plan: &LogicalPlan,
        partition: &PartitionSpec,
        if_exists: bool,
    ) -> Result<()> {
        let LogicalPlan::Scan(scan) = plan else {
            return Err(SparkError::analysis(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                format!("{name} is a view, and partitions are those of tables"),
            ));
        };
        let partition = &self.partition_values(name, scan, partition)?;
        if let Some((column, _)) = partition.iter().find(|(_, value)| value.is_none()) {
            return Err(SparkError::new(
                ErrorClass::ParseException,
                format!("the partition column {column} has no value"),
            )
            .with_condition("INVALID_SQL_SYNTAX.EMPTY_PARTITION_VALUE"));
        }
        let folders = folders_with(scan, partition);
        if folders.is_empty() && !if_exists {
            return Err(SparkError::analysis(
                "PARTITIONS_NOT_FOUND",
                format!("the table {name} has no partition with these values"),
            )
            .with_subject(name)
            .with_help(format!("SHOW PARTITIONS {name} lists those that are there")));
        }
        for folder in folders {
            self.answer_path(PathRequest::RemoveTree(folder.to_string_lossy().into_owned()))?;
        }
        let (path, keys) = (scan.paths.first().cloned().unwrap_or_default(), scan.partition_schema.names());
        let keys: Vec<String> = keys.map(str::to_owned).collect();
        self.change_table(name, path, (plan.schema(), &keys), (scan.format, scan.options.clone()))
    }

    fn add_columns(&mut self, name: &str, plan: &LogicalPlan, columns: StructType) -> Result<()> {
        let LogicalPlan::Scan(scan) = plan else {
            return Err(SparkError::analysis(
                "EXPECT_TABLE_NOT_VIEW.NO_ALTERNATIVE",
                format!("{name} is a view, and columns are added to tables"),
            ));
        };
        let mut fields = plan.schema().fields;
        let keys: Vec<String> = scan.partition_schema.names().map(str::to_owned).collect();
        let at = fields.len() - keys.len();
        for column in columns.fields {
            if fields.iter().any(|field| field.name.eq_ignore_ascii_case(&column.name)) {
                return Err(SparkError::analysis(
                    "COLUMN_ALREADY_EXISTS",
                    format!("The column `{}` already exists.", column.name.to_lowercase()),
                )
                .with_subject(column.name));
            }
            fields.push(column);
        }
        let added = fields.len() - keys.len() - at;
        // The columns of the folders stay last.
        fields[at..].rotate_right(added);
        let path = scan.paths.first().cloned().unwrap_or_default();
        let (format, options) = (scan.format, scan.options.clone());
        self.change_table(name, path, (StructType::new(fields), &keys), (format, options))
    }

    fn run_insert(
        &mut self,
        table: &str,
        (partition, columns): (&PartitionSpec, &[String]),
        query: Arc<LogicalPlan>,
        overwrite: bool,
    ) -> Result<()> {
        let existing = self.relation(table)?;
        let LogicalPlan::Scan(scan) = existing.as_ref() else {
            return Err(SparkError::analysis(
                "UNSUPPORTED_INSERT.RDD_BASED",
                format!("rows cannot be inserted into the view {table}"),
            ));
        };
        let (scan, target_schema) = (scan.clone(), existing.schema());
        let partition = &self.partition_values(table, &scan, partition)?;
        let query = self.analyze(query)?;
        let given = query.output();
        let fixed = |name: &str| {
            partition.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.clone())
        };
        // The columns that the query gives, in its order.
        let open: Vec<&StructField> = match columns {
            [] => target_schema.fields.iter().filter(|field| fixed(&field.name).is_none()).collect(),
            names => {
                let named = |name: &String| target_schema.fields.iter().find(|f| f.name.eq_ignore_ascii_case(name));
                names.iter().filter_map(named).collect()
            }
        };
        if given.len() != if columns.is_empty() { open.len() } else { columns.len() } {
            return Err(wrong_number_of_columns(table, &target_schema, given.len(), !partition.is_empty()));
        }
        for (column, field) in given.iter().zip(&open) {
            if !storable(&column.data_type, &field.data_type) {
                return Err(SparkError::analysis(
                    "INCOMPATIBLE_DATA_FOR_TABLE.CANNOT_SAFELY_CAST",
                    format!(
                        "the column `{}` of {table} is {}, and {} cannot be stored there safely",
                        field.name,
                        field.data_type.sql(),
                        column.data_type.sql()
                    ),
                )
                .with_subject(field.name.clone())
                .with_help("cast the value in the query"));
            }
        }
        let exprs = target_schema
            .fields
            .iter()
            .map(|field| {
                let value = fixed(&field.name).unwrap_or_else(|| {
                    let at = open.iter().position(|own| own.name == field.name);
                    at.and_then(|at| given.get(at)).map_or_else(
                        || Expr::Literal(Scalar::Null, field.data_type.clone()),
                        |column| Expr::Attribute(column.clone()),
                    )
                });
                let (child, to) = (Box::new(value), field.data_type.clone());
                Expr::Cast { child, to, mode: CastMode::Ansi, implicit: true }.alias(field.name.clone())
            })
            .collect();
        if overwrite && reads_any(&query, &scan) {
            return Err(SparkError::analysis(
                "UNSUPPORTED_OVERWRITE.TABLE",
                format!("the table {table} cannot be overwritten with rows that are read from it"),
            )
            .with_subject(table)
            .with_help("write the new rows to another table first"));
        }
        let plan = self.analyze(Arc::new(LogicalPlan::Project { exprs, input: query }))?;
        let partition_by = scan.partition_schema.names().map(str::to_owned).collect();
        let values = partition.iter().filter(|(_, value)| value.is_some()).count();
        let dynamic = values < scan.partition_schema.fields.len() && self.overwrites_dynamically();
        let replaced = (values > 0 && !dynamic).then(|| folders_with(&scan, partition));
        let mode = if overwrite { SaveMode::Overwrite } else { SaveMode::Append };
        let path = scan.paths.first().cloned().unwrap_or_default();
        self.save_table(
            table,
            &plan,
            WriteTarget {
                format: scan.format,
                path,
                mode,
                replaced,
                partition_by,
                options: scan.options,
                names: FileNames::Frames,
            },
        )
    }

    fn run_set(&mut self, key: Option<String>, value: Option<String>) -> Result<Table> {
        let pair = |key: &str, value: &str| vec![text(key), text(value)];
        let rows = match (key, value) {
            (Some(key), Some(value)) => {
                settings::check(&key, &value)?;
                self.conf.set(key.clone(), value.clone());
                vec![pair(&key, &value)]
            }
            (Some(key), None) => vec![pair(&key, self.conf.get(&key).unwrap_or("<undefined>"))],
            (None, _) => self.conf.iter().map(|(key, value)| pair(key, value)).collect(),
        };
        Ok(texts(&["key", "value"], rows))
    }

    fn run_reset(&mut self, key: Option<String>) {
        match key {
            Some(key) => self.conf.unset(&key),
            None => DEFAULTS.iter().for_each(|(key, _)| self.conf.unset(key)),
        }
    }

    fn run_explain(&mut self, mode: &str, statement: Statement) -> Result<Table> {
        let Statement::Query(plan) = statement else {
            return Ok(texts(&["plan"], vec![vec![text("== Physical Plan ==\nExecute Command\n")]]));
        };
        let analyzed = self.analyze(plan.clone())?;
        let explained = self.explain(&analyzed, &plan, mode)?;
        Ok(texts(&["plan"], vec![vec![text(explained)]]))
    }

    fn run_show(&mut self, statement: Statement) -> Result<Table> {
        Ok(match statement {
            Statement::ShowTables { database, like } => {
                let rows = self
                    .catalog
                    .list(database.as_deref())
                    .into_iter()
                    .filter(|entry| matches(&entry.name, like.as_deref()));
                let rows = rows.map(|entry| {
                    vec![text(entry.database.unwrap_or_default()), text(entry.name), Scalar::Boolean(entry.temporary)]
                });
                let columns = vec![
                    ("namespace", DataType::String),
                    ("tableName", DataType::String),
                    ("isTemporary", DataType::Boolean),
                ];
                Table { columns, rows: rows.collect() }
            }
            Statement::ShowViews { like } => {
                let rows = self
                    .catalog
                    .list(None)
                    .into_iter()
                    .filter(|entry| (entry.temporary || entry.view) && matches(&entry.name, like.as_deref()));
                let rows = rows.map(|entry| {
                    vec![text(entry.database.unwrap_or_default()), text(entry.name), Scalar::Boolean(entry.temporary)]
                });
                let columns = vec![
                    ("namespace", DataType::String),
                    ("viewName", DataType::String),
                    ("isTemporary", DataType::Boolean),
                ];
                Table { columns, rows: rows.collect() }
            }
            Statement::ShowDatabases { like } => {
                let names = self.catalog.databases().into_iter().filter(|name| matches(name, like.as_deref()));
                texts(&["namespace"], names.map(|name| vec![text(name)]).collect())
            }
            Statement::ShowColumns { table } => {
                let schema = self.relation(&table.join("."))?.schema();
                texts(&["col_name"], schema.names().map(|name| vec![text(name)]).collect())
            }
            Statement::ShowFunctions { database, like, made, own } => {
                let entries = self.catalog.function_entries(database.as_deref())?;
                let is_own = |entry: &FunctionEntry| {
                    entry.database.is_none() && crate::logical::functions::lookup(&entry.name).is_some()
                };
                let wanted = entries
                    .iter()
                    .filter(|entry| if is_own(entry) { own } else { made } && matches(&entry.name, like.as_deref()));
                let mut names: Vec<String> = wanted.map(routines::shown).collect();
                names.sort();
                texts(&["function"], names.into_iter().map(|name| vec![text(name)]).collect())
            }
            Statement::Describe { table, .. } => {
                let plan = self.relation(&table.join("."))?;
                describe(&plan.schema(), &super::catalog::partition_columns(&plan))
            }
            Statement::DescribeQuery { plan } => describe(&self.analyze(plan)?.schema(), &[]),
            Statement::DescribeFunction { name, extended } => {
                let own = crate::logical::functions::lookup(&name.to_ascii_lowercase()).is_some();
                let lines = match self.catalog.routine_named(&name).filter(|_| !own) {
                    Some(routine) => routine.described(extended),
                    None if self.catalog.function_entry(&name).is_some() => vec![format!("Function: {name}")],
                    None => return Err(unresolved_routine(&name, &self.catalog.current_name())),
                };
                texts(&["function_desc"], lines.into_iter().map(|line| vec![text(line)]).collect())
            }
            Statement::ShowPartitions { table } => {
                let plan = self.relation(&table.join("."))?;
                let LogicalPlan::Scan(scan) = plan.as_ref() else { return Ok(texts(&["partition"], Vec::new())) };
                let mut names: Vec<String> = scan.files.iter().filter_map(|file| partition_name(scan, file)).collect();
                names.sort();
                names.dedup();
                texts(&["partition"], names.into_iter().map(|name| vec![text(name)]).collect())
            }
            Statement::ShowProperties { table } => {
                let name = table.join(".");
                self.relation(&name)?;
                let rows = self.catalog.properties(&name).into_iter().map(|(key, value)| vec![text(key), text(value)]);
                texts(&["key", "value"], rows.collect())
            }
            Statement::ShowCreateTable { table } => {
                let plan = self.relation(&table.join("."))?;
                texts(&["createtab_stmt"], vec![vec![text(self.create_text(&table, &plan)?)]])
            }
            _ => return Err(SparkError::internal("not a statement that shows something")),
        })
    }

    /// Pivot values that the script left out are the column's distinct values; finding them is a query of its own.
    pub(super) fn fill_pivot_values(&mut self, plan: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let LogicalPlan::Pivot { grouping, column, values: None, aggregates, input } = plan.as_ref() else {
            return Ok(plan.clone());
        };
        let keys = Arc::new(LogicalPlan::Project {
            exprs: vec![column.as_ref().clone().alias("pivot")],
            input: input.clone(),
        });
        let distinct = Arc::new(LogicalPlan::Distinct { input: keys });
        let order = vec![SortOrder::new(Expr::column("pivot"), true)];
        let sorted = self.analyze(Arc::new(LogicalPlan::Sort { order, global: true, input: distinct }))?;
        let data_type = sorted.output().first().map_or(DataType::Null, |column| column.data_type.clone());
        let batches = self.collect(&sorted, "pivot values")?;
        let mut values = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                values.push(Expr::Literal(Scalar::from_array(batch.column(0), row, &data_type)?, data_type.clone()));
            }
        }
        let most = self.conf.number("spark.sql.pivotMaxValues", 10_000);
        if values.len() as i64 > most {
            return Err(SparkError::analysis(
                "_LEGACY_ERROR_TEMP_1324",
                format!("The pivot column has more than {most} distinct values, this could indicate an error."),
            )
            .with_help("name the values that you want: pivot(column, [values])"));
        }
        Ok(Arc::new(LogicalPlan::Pivot {
            grouping: grouping.clone(),
            column: column.clone(),
            values: Some(values),
            aggregates: aggregates.clone(),
            input: input.clone(),
        }))
    }
}

impl Session {
    /// The statement that would make a table again.
    fn create_text(&self, table: &[String], plan: &LogicalPlan) -> Result<String> {
        let LogicalPlan::Scan(scan) = plan else {
            return Err(SparkError::unsupported("SHOW CREATE TABLE of a view", "DESCRIBE shows its columns"));
        };
        let database = if table.len() > 1 { table[table.len() - 2].clone() } else { self.catalog.current_name() };
        let name = table.last().cloned().unwrap_or_default();
        let schema = plan.schema();
        let columns: Vec<String> =
            schema.fields.iter().map(|field| format!("  {} {}", field.name, field.data_type.sql())).collect();
        let format = format!("{:?}", scan.format).to_lowercase();
        let by: Vec<&str> = scan.partition_schema.fields.iter().map(|field| field.name.as_str()).collect();
        let partitions = if by.is_empty() { String::new() } else { format!("PARTITIONED BY ({})\n", by.join(", ")) };
        Ok(format!(
            "CREATE TABLE spark_catalog.{database}.{name} (\n{})\nUSING {format}\n{partitions}",
            columns.join(",\n")
        ))
    }
}

/// `PARTITION` names columns that the table's folders are named by.
fn refuse_unknown_partitions(table: &str, scan: &FileScan, partition: &PartitionSpec) -> Result<()> {
    let known = |name: &str| scan.partition_schema.names().any(|own| own.eq_ignore_ascii_case(name));
    let Some((name, _)) = partition.iter().find(|(name, _)| !known(name)) else { return Ok(()) };
    let names: Vec<String> = scan.partition_schema.names().map(|own| format!("`{own}`")).collect();
    Err(SparkError::analysis(
        "PARTITIONS_NOT_FOUND",
        format!("the table {table} is not partitioned by `{name}`; its partition columns are: {}", names.join(", ")),
    )
    .with_subject(name.clone()))
}

/// The folders whose values are as `partition` says; a column without a value may have any.
fn folders_with(scan: &FileScan, partition: &PartitionSpec) -> Vec<PathBuf> {
    let keys: Vec<&str> = scan.partition_schema.names().collect();
    let wanted = |file: &&FileEntry| {
        keys.iter().zip(&file.partition_values).all(|(key, own)| {
            match partition.iter().find(|(column, _)| column.eq_ignore_ascii_case(key)) {
                Some((_, Some(Expr::Literal(value, _)))) => {
                    value.is_null() == own.is_null() && scalar_text(value) == scalar_text(own)
                }
                Some((_, Some(_))) => false,
                Some((_, None)) | None => true,
            }
        })
    };
    let mut folders: Vec<_> =
        scan.files.iter().filter(wanted).filter_map(|file| Some(file.path.parent()?.to_owned())).collect();
    folders.sort();
    folders.dedup();
    folders
}

fn wrong_number_of_columns(table: &str, schema: &StructType, given: usize, partitioned: bool) -> SparkError {
    let condition = if partitioned {
        "INSERT_PARTITION_COLUMN_ARITY_MISMATCH"
    } else if given > schema.fields.len() {
        "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"
    } else {
        "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
    };
    SparkError::analysis(condition, format!("{table} has {} columns, the query gives {given}", schema.fields.len()))
}

fn partition_name(scan: &FileScan, file: &FileEntry) -> Option<String> {
    let folder = file.path.parent()?;
    let depth = scan.partition_schema.fields.len();
    let parts: Vec<String> = folder.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    (depth > 0).then(|| parts[parts.len().saturating_sub(depth)..].join("/"))
}

/// The columns of a table, then those that its folders are named by.
fn describe(schema: &StructType, keys: &[String]) -> Table {
    let row = |field: &StructField| vec![text(&field.name), text(field.data_type.simple_string()), Scalar::Null];
    let mut rows: Vec<_> = schema.fields.iter().map(row).collect();
    if !keys.is_empty() {
        rows.push(vec![text("# Partition Information"), text(""), text("")]);
        rows.push(vec![text("# col_name"), text("data_type"), text("comment")]);
        rows.extend(schema.fields.iter().filter(|field| keys.contains(&field.name)).map(row));
    }
    texts(&["col_name", "data_type", "comment"], rows)
}

fn renamed(plan: Arc<LogicalPlan>, columns: &[String]) -> Arc<LogicalPlan> {
    if columns.is_empty() {
        return plan;
    }
    let all = Expr::MultiAlias { child: Box::new(Expr::Star(None)), names: columns.to_vec() };
    Arc::new(LogicalPlan::Project { exprs: vec![all], input: plan })
}

fn empty_relation(schema: &StructType) -> Result<Arc<LogicalPlan>> {
    let columns =
        schema.fields.iter().map(|field| Scalar::to_array(&[], &field.data_type)).collect::<Result<Vec<_>>>()?;
    let nullable =
        StructType::new(schema.fields.iter().map(|field| StructField { nullable: true, ..field.clone() }).collect());
    let options = RecordBatchOptions::new().with_row_count(Some(0));
    let batch = RecordBatch::try_new_with_options(Arc::new(nullable.to_arrow()), columns, &options)?;
    Ok(Arc::new(LogicalPlan::LocalRelation { output: LogicalPlan::unassigned(&nullable), batch, partitions: Some(1) }))
}

fn local_relation(table: &Table) -> Result<Arc<LogicalPlan>> {
    let schema = StructType::new(
        table.columns.iter().map(|(name, data_type)| StructField::new(*name, data_type.clone(), true)).collect(),
    );
    let columns = table
        .columns
        .iter()
        .enumerate()
        .map(|(i, (_, data_type))| {
            let values: Vec<Scalar> = table.rows.iter().map(|row| row[i].clone()).collect();
            Scalar::to_array(&values, data_type)
        })
        .collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(table.rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::new(schema.to_arrow()), columns, &options)?;
    Ok(Arc::new(LogicalPlan::LocalRelation { output: LogicalPlan::unassigned(&schema), batch, partitions: Some(1) }))
}
