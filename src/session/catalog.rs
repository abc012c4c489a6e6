//! Temporary views, saved tables and registered functions.
//!
//! **Simplified:** there is one database at the start, `default`, kept in `spark-warehouse/`; tables are folders of Parquet or CSV files there,
//! known to this session only. Spark without Hive forgets them with the session as well.

use super::Session;
use super::routines::own_name;
use crate::analyzer::{Analyzer, AnalyzerContext, Catalog};
use crate::common::conf::{Conf, Options};
use crate::common::{Result, SparkError, text};
use crate::logical::expr::Expr;
use crate::logical::fold::ConstantFolder;
use crate::logical::functions::RowFunction;
use crate::logical::functions::calendar::Zone;
use crate::logical::functions::table::TableFunction;
use crate::logical::plan::{FileFormat, FileScan, LogicalPlan, SaveMode, WriteTarget};
use crate::logical::routine::Routine;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructType};
use crate::pyspark::host::{CatalogReply, CatalogRequest, Host, PathRequest, ReadRequest, TableEntry};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What names mean in a session.
#[derive(Debug, Default)]
pub(super) struct SessionCatalog {
    /// Of the session in place.
    pub(super) own: Own,
    global_views: BTreeMap<String, Arc<LogicalPlan>>,
    /// Full name in lower case to the plan that reads the table.
    tables: BTreeMap<String, Arc<LogicalPlan>>,
    /// Names in `tables` that are views.
    kept_views: BTreeSet<String>,
    /// What `ALTER TABLE … SET TBLPROPERTIES` said, by full name.
    properties: BTreeMap<String, BTreeMap<String, String>>,
    databases: Vec<String>,
    /// Functions that `CREATE FUNCTION` made and that stay, by full name in lower case.
    pub(super) routines: BTreeMap<String, Arc<Routine>>,
}

/// What a session does not share with its siblings.
#[derive(Debug, Default)]
pub(super) struct Own {
    views: BTreeMap<String, Arc<LogicalPlan>>,
    current: Option<String>,
    pub(super) functions: BTreeMap<String, (Arc<dyn RowFunction>, DataType)>,
    pub(super) table_functions: BTreeMap<String, Arc<dyn TableFunction>>,
    /// What `CREATE TEMPORARY FUNCTION` made.
    pub(super) routines: BTreeMap<String, Arc<Routine>>,
}

const DEFAULT: &str = "default";
const GLOBAL: &str = "global_temp";

impl Catalog for SessionCatalog {
    fn relation(&self, name: &[String]) -> Option<Arc<LogicalPlan>> {
        let parts: Vec<String> = name.iter().map(|part| part.to_lowercase()).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).filter(|part| *part != "spark_catalog").collect();
        match parts.as_slice() {
            [view] => self.own.views.get(*view).or_else(|| self.tables.get(&self.full(view))).cloned(),
            [GLOBAL, view] => self.global_views.get(*view).cloned(),
            [database, table] => self.tables.get(&format!("{database}.{table}")).cloned(),
            _ => None,
        }
    }

    fn function(&self, name: &str) -> Option<(Arc<dyn RowFunction>, DataType)> {
        self.own.functions.get(&own_name(name)?).cloned()
    }

    fn table_function(&self, name: &str) -> Option<Arc<dyn TableFunction>> {
        self.own.table_functions.get(&own_name(name)?).cloned()
    }

    fn routine(&self, name: &str) -> Option<Arc<Routine>> {
        self.routine_named(name)
    }

    fn parsed(&self, text: &str) -> Result<Expr> {
        crate::sql::parse_expr(text, Zone::parse(Conf::new().time_zone())?)
    }

    fn current_database(&self) -> String {
        self.current_name()
    }

    fn relation_names(&self) -> Vec<String> {
        self.own.views.keys().cloned().chain(self.tables.keys().map(|name| name.replace("default.", ""))).collect()
    }

    fn constant(&self, expr: &Expr) -> Option<Expr> {
        super::fold::EvalFolder::new(&Conf::new(), 0).fold(expr)?.ok()
    }

    fn distinct_values(&self, _plan: &Arc<LogicalPlan>, _column: &Expr, _limit: usize) -> Result<Vec<Scalar>> {
        Err(SparkError::internal("the session fills pivot values in before a plan is analyzed"))
    }
}

impl SessionCatalog {
    /// Puts another session's part in place of this one's.
    pub(super) fn exchange(&mut self, own: &mut Own) {
        std::mem::swap(&mut self.own, own);
    }

    fn current(&self) -> &str {
        self.own.current.as_deref().unwrap_or(DEFAULT)
    }

    /// The current database.
    pub(super) fn current_name(&self) -> String {
        self.current().to_owned()
    }

    fn full(&self, table: &str) -> String {
        let folded = table.to_lowercase().replace('`', "");
        let folded = folded.strip_prefix("spark_catalog.").map_or(folded.as_str(), |rest| rest).to_owned();
        if folded.contains('.') { folded } else { format!("{}.{folded}", self.current()) }
    }

    pub(super) fn database_exists(&self, name: &str) -> bool {
        name.eq_ignore_ascii_case(DEFAULT) || self.databases.iter().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// A plan whose views are looked up when it is used; so far views hold their plans.
    pub(super) fn resolve_lazy(&self, plan: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        plan.clone()
    }

    pub(super) fn create_database(&mut self, name: &str, if_not_exists: bool) -> Result<()> {
        if self.database_exists(name) {
            if if_not_exists {
                return Ok(());
            }
            return Err(SparkError::analysis(
                "SCHEMA_ALREADY_EXISTS",
                format!("Cannot create schema `{name}` because it already exists."),
            )
            .with_help("use CREATE DATABASE IF NOT EXISTS"));
        }
        self.databases.push(name.to_lowercase());
        Ok(())
    }

    /// Forgets a database, and gives the tables that went with it.
    fn drop_database(&mut self, name: &str, if_exists: bool, cascade: bool) -> Result<Vec<Arc<LogicalPlan>>> {
        if !self.database_exists(name) && !if_exists {
            return Err(no_database(name));
        }
        let prefix = format!("{}.", name.to_lowercase());
        let holds = self.tables.keys().chain(self.routines.keys()).any(|object| object.starts_with(&prefix));
        if !cascade && holds {
            return Err(SparkError::analysis(
                "SCHEMA_NOT_EMPTY",
                format!("Cannot drop the schema `{name}` because it contains objects."),
            )
            .with_parameters([("schemaName", format!("`{name}`"))])
            .with_subject(name)
            .with_help("use DROP SCHEMA ... CASCADE, or drop its tables first"));
        }
        self.databases.retain(|known| !known.eq_ignore_ascii_case(name));
        self.routines.retain(|function, _| !function.starts_with(&prefix));
        let (gone, kept) =
            std::mem::take(&mut self.tables).into_iter().partition(|(table, _)| table.starts_with(&prefix));
        let gone: BTreeMap<_, _> = gone;
        self.tables = kept;
        Ok(gone.into_values().collect())
    }

    pub(super) fn use_database(&mut self, name: &str) -> Result<()> {
        if !self.database_exists(name) {
            return Err(no_database(name));
        }
        self.own.current = Some(name.to_lowercase());
        Ok(())
    }

    pub(super) fn databases(&self) -> Vec<String> {
        let mut names = self.databases.clone();
        names.push(DEFAULT.to_owned());
        names.sort();
        names
    }

    /// In name order, the session's own views last.
    pub(super) fn list(&self, database: Option<&str>) -> Vec<TableEntry> {
        let database = database.unwrap_or_else(|| self.current()).to_lowercase();
        let prefix = format!("{database}.");
        let mut found: Vec<_> = self
            .tables
            .keys()
            .filter_map(|name| {
                Some(TableEntry {
                    name: name.strip_prefix(&prefix)?.to_owned(),
                    database: Some(database.clone()),
                    temporary: false,
                    view: self.kept_views.contains(name),
                })
            })
            .collect();
        if database == GLOBAL {
            found.extend(self.global_views.keys().map(|name| TableEntry {
                name: name.clone(),
                database: Some(GLOBAL.to_owned()),
                temporary: true,
                view: false,
            }));
        }
        found.sort();
        let own = self.own.views.keys();
        found.extend(own.map(|name| TableEntry { name: name.clone(), database: None, temporary: true, view: false }));
        found
    }

    pub(super) fn drop_view(&mut self, name: &str, global: bool) -> bool {
        let views = if global { &mut self.global_views } else { &mut self.own.views };
        views.remove(&name.to_lowercase()).is_some()
    }

    pub(super) fn is_own_view(&self, name: &str) -> bool {
        self.own.views.contains_key(&name.to_lowercase())
    }

    /// Gives a table or view another name.
    fn rename(&mut self, name: &str, new: &str, view: bool) -> Result<()> {
        let taken = |new: &str| {
            SparkError::analysis(
                "TABLE_OR_VIEW_ALREADY_EXISTS",
                format!("Cannot create table or view `{new}` because it already exists."),
            )
            .with_subject(new)
        };
        if let Some(plan) = self.own.views.remove(&name.to_lowercase()) {
            if self.own.views.contains_key(&new.to_lowercase()) {
                self.own.views.insert(name.to_lowercase(), plan);
                return Err(taken(new));
            }
            self.own.views.insert(new.to_lowercase(), plan);
            return Ok(());
        }
        let (old, full) = (self.full(name), self.full(new));
        if view != self.kept_views.contains(&old) {
            let (condition, what) = if view {
                ("EXPECT_VIEW_NOT_TABLE.USE_ALTER_TABLE", "a table; use ALTER TABLE")
            } else {
                ("EXPECT_TABLE_NOT_VIEW.USE_ALTER_VIEW", "a view; use ALTER VIEW")
            };
            return Err(SparkError::analysis(condition, format!("{name} is {what}")).with_subject(name));
        }
        if self.tables.contains_key(&full) {
            return Err(taken(new));
        }
        if let Some(plan) = self.tables.remove(&old) {
            self.tables.insert(full.clone(), plan);
        }
        if self.kept_views.remove(&old) {
            self.kept_views.insert(full.clone());
        }
        if let Some(properties) = self.properties.remove(&old) {
            self.properties.insert(full, properties);
        }
        Ok(())
    }

    /// Full names of tables, without those of views that stay.
    pub(super) fn table_names(&self) -> Vec<String> {
        self.tables.keys().filter(|name| !self.kept_views.contains(*name)).cloned().collect()
    }

    pub(super) fn properties(&self, name: &str) -> BTreeMap<String, String> {
        self.properties.get(&self.full(name)).cloned().unwrap_or_default()
    }

    pub(super) fn set_properties(&mut self, name: &str, pairs: Vec<(String, String)>) {
        let full = self.full(name);
        self.properties.entry(full).or_default().extend(pairs);
    }

    pub(super) fn unset_properties(&mut self, name: &str, keys: &[String]) {
        let full = self.full(name);
        if let Some(properties) = self.properties.get_mut(&full) {
            properties.retain(|key, _| !keys.contains(key));
        }
    }

    /// A view that stays; `DROP VIEW` takes it away.
    pub(super) fn keep_view(&mut self, name: &str, plan: Arc<LogicalPlan>, replace: bool) -> Result<()> {
        let full = self.full(name);
        if self.tables.contains_key(&full) && !(replace && self.kept_views.contains(&full)) {
            return Err(SparkError::analysis(
                "TABLE_OR_VIEW_ALREADY_EXISTS",
                format!("Cannot create table or view `{}` because it already exists.", full.replace('.', "`.`")),
            )
            .with_subject(name)
            .with_help("CREATE OR REPLACE VIEW replaces a view"));
        }
        self.tables.insert(full.clone(), plan);
        self.kept_views.insert(full);
        Ok(())
    }

    pub(super) fn drop_kept_view(&mut self, name: &str) -> bool {
        let full = self.full(name);
        self.kept_views.remove(&full) && self.tables.remove(&full).is_some()
    }

    /// Forgets a table, and gives what it was.
    fn drop_table(&mut self, name: &str) -> Option<Arc<LogicalPlan>> {
        let full = self.full(name);
        if self.kept_views.contains(&full) {
            return None;
        }
        self.tables.remove(&full)
    }

    /// Whether a name stands for a temporary view.
    pub(super) fn is_temporary(&self, name: &[String]) -> bool {
        match name {
            [view] => self.own.views.contains_key(&view.to_lowercase()),
            [global, view] if global.eq_ignore_ascii_case(GLOBAL) => {
                self.global_views.contains_key(&view.to_lowercase())
            }
            _ => false,
        }
    }

    pub(super) fn create_view(
        &mut self,
        name: &str,
        plan: Arc<LogicalPlan>,
        replace: bool,
        global: bool,
    ) -> Result<()> {
        let views = if global { &mut self.global_views } else { &mut self.own.views };
        let folded = name.to_lowercase();
        if !replace && views.contains_key(&folded) {
            return Err(SparkError::analysis(
                "TEMP_TABLE_OR_VIEW_ALREADY_EXISTS",
                format!("Cannot create the temporary view `{name}` because it already exists."),
            )
            .with_parameters([("relationName", format!("`{name}`"))])
            .with_subject(name)
            .with_help("createOrReplaceTempView replaces it"));
        }
        views.insert(folded, plan);
        Ok(())
    }
}

/// A table without files yet has its partition columns from its definition: they come last.
fn partitioned(plan: Arc<LogicalPlan>, by: &[String]) -> Arc<LogicalPlan> {
    let LogicalPlan::Scan(scan) = plan.as_ref() else { return plan };
    if by.is_empty() || !scan.partition_schema.fields.is_empty() {
        return plan;
    }
    let is_key = |name: &str| by.iter().any(|key| key.eq_ignore_ascii_case(name));
    let mut scan = scan.clone();
    let (keys, data) = scan.data_schema.fields.into_iter().partition(|field| is_key(&field.name));
    (scan.partition_schema, scan.data_schema) = (StructType::new(keys), StructType::new(data));
    scan.output.sort_by_key(|column| is_key(&column.name));
    Arc::new(LogicalPlan::Scan(scan))
}

/// The names of the columns that a table's folders are named by.
pub(super) fn partition_columns(plan: &LogicalPlan) -> Vec<String> {
    match plan {
        LogicalPlan::Scan(scan) => scan.partition_schema.names().map(str::to_owned).collect(),
        LogicalPlan::SubqueryAlias { input, .. } => partition_columns(input),
        _ => Vec::new(),
    }
}

pub(super) fn no_database(name: &str) -> SparkError {
    SparkError::analysis("SCHEMA_NOT_FOUND", format!("The schema `{name}` cannot be found."))
        .with_parameters([("schemaName", format!("`spark_catalog`.`{name}`"))])
        .with_subject(name)
}

impl Session {
    pub(super) fn relation(&self, name: &str) -> Result<Arc<LogicalPlan>> {
        let parts: Vec<String> = name.split('.').map(|part| part.trim_matches('`').to_owned()).collect();
        let found = self.catalog.relation(&parts).ok_or_else(|| {
            let names = self.catalog.relation_names();
            let near = text::nearest(name, names.iter().map(String::as_str), 3).join(", ");
            let error = SparkError::analysis(
                "TABLE_OR_VIEW_NOT_FOUND",
                format!("The table or view `{}` cannot be found.", parts.join("`.`")),
            )
            .with_parameters([
                ("relationName", format!("`{}`", parts.join("`.`"))),
                ("searchPath", format!("[`system`.`session`, `spark_catalog`.`{}`]", self.catalog.current_name())),
            ])
            .with_subject(name);
            if near.is_empty() {
                error.with_help("df.createOrReplaceTempView(\"name\") makes a view of a frame")
            } else {
                error.with_help(format!("did you mean {near}?"))
            }
        })?;
        let context =
            AnalyzerContext { conf: &self.conf, ids: &self.ids, catalog: &self.catalog, analyzed: &self.analyzed };
        Analyzer::new(context).analyze(&found)
    }

    pub(super) fn answer_catalog(&mut self, request: CatalogRequest) -> Result<CatalogReply> {
        Ok(match request {
            CatalogRequest::CreateView { name, plan, replace, global } => {
                self.catalog.create_view(&name, plan, replace, global)?;
                CatalogReply::Done
            }
            CatalogRequest::DropView { name, global } => CatalogReply::Yes(self.catalog.drop_view(&name, global)),
            CatalogRequest::Table { name } => {
                let input = self.relation(&name)?;
                let alias = name.rsplit('.').next().unwrap_or(&name).trim_matches('`').to_lowercase();
                CatalogReply::Plan(self.analyze(Arc::new(LogicalPlan::SubqueryAlias { name: alias, input }))?)
            }
            CatalogRequest::TableExists { name } => CatalogReply::Yes(self.relation(&name).is_ok()),
            CatalogRequest::ListTables { database } => CatalogReply::Tables(self.catalog.list(database.as_deref())),
            CatalogRequest::ListDatabases => CatalogReply::Names(self.catalog.databases()),
            CatalogRequest::CurrentDatabase => CatalogReply::Names(vec![self.catalog.current().to_owned()]),
            CatalogRequest::SetCurrentDatabase { name } => {
                self.catalog.use_database(&name)?;
                CatalogReply::Done
            }
            CatalogRequest::ListColumns { table } => {
                let plan = self.relation(&table)?;
                CatalogReply::Columns { schema: plan.schema(), keys: partition_columns(&plan) }
            }
            CatalogRequest::ListFunctions { database } => {
                CatalogReply::Functions(self.catalog.function_entries(database.as_deref())?)
            }
            CatalogRequest::GetFunction { name } => {
                CatalogReply::Functions(self.catalog.function_entry(&name).into_iter().collect())
            }
            CatalogRequest::RefreshTable { name } => {
                self.refresh_table(&name)?;
                CatalogReply::Done
            }
            CatalogRequest::RefreshPath { path } => {
                self.refresh_path(&path)?;
                CatalogReply::Done
            }
            CatalogRequest::RecoverPartitions { name } => {
                self.recover_partitions(&name, "recoverPartitions()")?;
                CatalogReply::Done
            }
            CatalogRequest::IsCached { table } => {
                let plan = self.relation(&table)?;
                CatalogReply::Yes(self.caches.find(&plan).is_some())
            }
            CatalogRequest::CacheTable { table } => {
                let plan = self.relation(&table)?;
                self.cache(&plan, "MEMORY_AND_DISK_DESER")?;
                CatalogReply::Done
            }
            CatalogRequest::UncacheTable { table } => {
                let plan = self.relation(&table)?;
                CatalogReply::Yes(self.uncache(&plan)?)
            }
            CatalogRequest::ClearCache => {
                for id in self.caches.clear() {
                    if let Some(cluster) = self.cluster.as_mut() {
                        cluster.drop_cache(id);
                    }
                }
                CatalogReply::Done
            }
            CatalogRequest::SaveTable { name, plan, target } => {
                self.save_table(&name, &plan, target)?;
                CatalogReply::Done
            }
            CatalogRequest::RegisterTableFunction { name, function } => {
                self.catalog.own.table_functions.insert(name.to_lowercase(), function);
                CatalogReply::Done
            }
            CatalogRequest::RegisterFunction { name, function, data_type } => {
                self.catalog.own.routines.remove(&name.to_lowercase());
                self.catalog.own.functions.insert(name.to_lowercase(), (function, data_type));
                CatalogReply::Done
            }
        })
    }

    /// A table over files that are there already; with a schema of the script, or that of the files. A partitioned table knows no
    /// partition until it is told to look for them.
    pub(super) fn table_over(
        &mut self,
        name: &str,
        (schema, partition_by): (Option<StructType>, &[String]),
        (format, path, options): (FileFormat, String, Options),
    ) -> Result<()> {
        let full = self.catalog.full(name);
        let schema = match schema {
            Some(schema) => schema,
            None => {
                let (paths, options) = (vec![path.clone()], options.clone());
                self.read_files(ReadRequest { format, paths, schema: None, options, texts: None })?.schema()
            }
        };
        self.know_table(full.clone(), path, (schema, partition_by), (format, options))?;
        let is_partitioned = self.catalog.tables.get(&full).is_some_and(|plan| !partition_columns(plan).is_empty());
        if is_partitioned { self.forget_files(name) } else { Ok(()) }
    }

    /// Leaves a table without the files that are known of it: it has no rows until they are listed again.
    pub(super) fn forget_files(&mut self, name: &str) -> Result<()> {
        let full = self.catalog.full(name);
        if let Some(LogicalPlan::Scan(scan)) = self.catalog.tables.get(&full).map(AsRef::as_ref) {
            let without = LogicalPlan::Scan(FileScan { files: Arc::default(), ..scan.clone() });
            let without = self.analyze(Arc::new(without))?;
            self.catalog.tables.insert(full, without);
        }
        Ok(())
    }

    fn warehouse(&self) -> &str {
        self.conf.get("spark.sql.warehouse.dir").unwrap_or("spark-warehouse")
    }

    /// Where the files of a table are kept that has no place of its own.
    fn usual_place(&self, full: &str) -> String {
        let warehouse = self.warehouse();
        match full.split_once('.') {
            Some((database, table)) if database != DEFAULT => format!("{warehouse}/{database}.db/{table}"),
            Some((_, table)) => format!("{warehouse}/{table}"),
            None => format!("{warehouse}/{full}"),
        }
    }

    /// Gives a table or view another name. Files in the usual place of the old name move to that of the new one, as in Spark.
    pub(super) fn rename(&mut self, name: &str, new: &str, view: bool) -> Result<()> {
        let (old, full) = (self.catalog.full(name), self.catalog.full(new));
        let is_table = !view && !self.catalog.is_own_view(name);
        self.catalog.rename(name, new, view)?;
        let (from, to) = (self.usual_place(&old), self.usual_place(&full));
        let Some(LogicalPlan::Scan(scan)) = self.catalog.tables.get(&full).map(AsRef::as_ref) else { return Ok(()) };
        let (source, target) = (self.workspace.resolve(&from)?, self.workspace.resolve(&to)?);
        if !is_table || scan.paths != [from] || target.exists() || std::fs::rename(&source, &target).is_err() {
            return Ok(());
        }
        let scan = scan.clone();
        let keys: Vec<String> = scan.partition_schema.names().map(str::to_owned).collect();
        let fields = scan.data_schema.fields.into_iter().chain(scan.partition_schema.fields);
        self.know_table(full, to, (StructType::new(fields.collect()), &keys), (scan.format, scan.options))
    }

    /// Drops a table; says whether there was one. Files below the warehouse folder go with it, those in a place of their own stay.
    pub(super) fn drop_table(&mut self, name: &str) -> bool {
        let gone = self.catalog.drop_table(name);
        if let Some(plan) = &gone {
            self.remove_kept_files(plan);
        }
        gone.is_some()
    }

    pub(super) fn drop_database(&mut self, name: &str, if_exists: bool, cascade: bool) -> Result<()> {
        let gone = self.catalog.drop_database(name, if_exists, cascade)?;
        for plan in &gone {
            self.remove_kept_files(plan);
        }
        Ok(())
    }

    /// Removes a dropped table's folder if the warehouse keeps it. A folder that a script may not remove stays.
    fn remove_kept_files(&mut self, plan: &LogicalPlan) {
        let LogicalPlan::Scan(scan) = plan else { return };
        let below = format!("{}/", self.warehouse());
        for path in scan.paths.iter().filter(|path| path.starts_with(&below)) {
            let _ = self.answer_path(PathRequest::RemoveTree(path.clone()));
        }
    }

    /// Writes a table's files below the warehouse folder (or the target's own path) and makes its name known.
    pub(super) fn save_table(&mut self, name: &str, plan: &Arc<LogicalPlan>, mut target: WriteTarget) -> Result<()> {
        // A table's columns are called as in its schema, also those of its folders.
        for key in &mut target.partition_by {
            if let Some(own) = plan.output().into_iter().find(|column| column.name.eq_ignore_ascii_case(key)) {
                *key = own.name.clone();
            }
        }
        let full = self.catalog.full(name);
        let (database, table) = full.split_once('.').unwrap_or((DEFAULT, &full));
        if !self.catalog.database_exists(database) {
            return Err(no_database(database));
        }
        let known = self.catalog.tables.contains_key(&full);
        match target.mode {
            SaveMode::ErrorIfExists if known => {
                return Err(SparkError::analysis(
                    "TABLE_OR_VIEW_ALREADY_EXISTS",
                    format!("Cannot create table or view `{database}`.`{table}` because it already exists."),
                )
                .with_subject(name)
                .with_help("write.mode(\"overwrite\") replaces it, mode(\"append\") adds to it"));
            }
            SaveMode::Ignore if known => return Ok(()),
            SaveMode::Append => self.refuse_other_format(&full, name, target.format)?,
            SaveMode::ErrorIfExists | SaveMode::Ignore | SaveMode::Overwrite => {}
        }
        let path = match self.catalog.tables.get(&full).map(AsRef::as_ref) {
            _ if !target.path.is_empty() => target.path.clone(),
            Some(LogicalPlan::Scan(scan)) if scan.paths.len() == 1 => scan.paths[0].clone(),
            _ => self.usual_place(&full),
        };
        let schema = plan.schema();
        let (format, options) = (target.format, target.options.clone());
        let partition_by = target.partition_by.clone();
        self.write_files(plan, &WriteTarget { path: path.clone(), ..target })?;
        self.know_table(full, path, (schema, &partition_by), (format, options))
    }

    /// Rows are appended in the format that the table has.
    fn refuse_other_format(&self, full: &str, name: &str, format: FileFormat) -> Result<()> {
        let Some(LogicalPlan::Scan(scan)) = self.catalog.tables.get(full).map(AsRef::as_ref) else { return Ok(()) };
        if scan.format == format {
            return Ok(());
        }
        let (own, given) = (scan.format.name(), format.name());
        Err(SparkError::analysis(
            "_LEGACY_ERROR_TEMP_1159",
            format!("The format of the existing table {full} is `{own}`. It does not match the given `{given}`."),
        )
        .with_subject(name)
        .with_help(format!("write.format(\"{own}\") before saveAsTable")))
    }

    /// Gives a known table other columns.
    pub(super) fn change_table(
        &mut self,
        name: &str,
        path: String,
        schema: (StructType, &[String]),
        format: (FileFormat, Options),
    ) -> Result<()> {
        let full = self.catalog.full(name);
        self.know_table(full, path, schema, format)
    }

    /// Makes the name of a table known whose files are there.
    fn know_table(
        &mut self,
        full: String,
        path: String,
        (schema, partition_by): (StructType, &[String]),
        (format, options): (FileFormat, Options),
    ) -> Result<()> {
        let request = ReadRequest { format, paths: vec![path], schema: Some(schema), options, texts: None };
        let scan = partitioned(self.read_files(request)?, partition_by);
        self.catalog.tables.insert(full, scan);
        Ok(())
    }
}
