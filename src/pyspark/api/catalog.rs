//! `spark.catalog`.

use super::dataframe::{collect_rows, frame_of};
use super::support::{given, raise, text_argument};
use super::types::schema_argument;
use crate::common::ErrorClass;
use crate::pyspark::host::{CatalogReply, CatalogRequest, FunctionEntry, TableEntry};
use crate::pyspark::lang::{Args, Dict, Interpreter, Object, PyResult, Value};

/// The catalog.
pub struct Catalog(pub u32);

/// One thing that the catalog lists.
struct Entry {
    class: &'static str,
    fields: Vec<(&'static str, Value)>,
}

/// The catalog's methods.
pub const METHODS: &[&str] = &[
    "analyzeTable",
    "cacheTable",
    "clearCache",
    "createDatabase",
    "createExternalTable",
    "createTable",
    "currentCatalog",
    "currentDatabase",
    "databaseExists",
    "dropDatabase",
    "dropGlobalTempView",
    "dropTable",
    "dropTempView",
    "dropView",
    "functionExists",
    "getCreateTableString",
    "getDatabase",
    "getFunction",
    "getTable",
    "getTableProperties",
    "isCached",
    "listCatalogs",
    "listColumns",
    "listDatabases",
    "listFunctions",
    "listPartitions",
    "listTables",
    "listViews",
    "recoverPartitions",
    "refreshByPath",
    "refreshTable",
    "setCurrentCatalog",
    "setCurrentDatabase",
    "tableExists",
    "truncateTable",
    "uncacheTable",
];

fn ask(interp: &mut Interpreter, request: CatalogRequest) -> PyResult {
    Ok(match interp.host()?.catalog(request)? {
        CatalogReply::Done => Value::None,
        CatalogReply::Yes(truth) => Value::Bool(truth),
        CatalogReply::Plan(plan) => frame_of(interp.host()?, plan),
        CatalogReply::Tables(tables) => Value::list(tables.into_iter().map(table).collect()),
        CatalogReply::Names(names) => Value::strings(names),
        CatalogReply::Functions(functions) => Value::list(functions.into_iter().map(function).collect()),
        CatalogReply::Columns { schema, keys } => Value::list(
            schema
                .fields
                .iter()
                .map(|field| {
                    entry(
                        "Column",
                        vec![
                            ("name", Value::str(&field.name)),
                            ("description", Value::None),
                            ("dataType", Value::str(field.data_type.catalog_string())),
                            ("nullable", Value::Bool(field.nullable)),
                            ("isPartition", Value::Bool(keys.contains(&field.name))),
                            ("isBucket", Value::Bool(false)),
                            ("isCluster", Value::Bool(false)),
                        ],
                    )
                })
                .collect(),
        ),
    })
}

fn entry(class: &'static str, fields: Vec<(&'static str, Value)>) -> Value {
    Value::object(Entry { class, fields })
}

fn table(of: TableEntry) -> Value {
    let kind = if of.temporary {
        "TEMPORARY"
    } else if of.view {
        "VIEW"
    } else {
        "MANAGED"
    };
    let catalog = if of.temporary { Value::None } else { Value::str("spark_catalog") };
    entry(
        "Table",
        vec![
            ("name", Value::str(of.name)),
            ("catalog", catalog),
            ("namespace", Value::strings(&of.database)),
            ("description", Value::None),
            ("tableType", Value::str(kind)),
            ("isTemporary", Value::Bool(of.temporary)),
            ("database", of.database.map_or(Value::None, Value::str)),
        ],
    )
}

fn functions_of(interp: &mut Interpreter, request: CatalogRequest) -> PyResult<Vec<FunctionEntry>> {
    Ok(match interp.host()?.catalog(request)? {
        CatalogReply::Functions(found) => found,
        _ => Vec::new(),
    })
}

fn function(of: FunctionEntry) -> Value {
    let text = |text: Option<String>| text.map_or(Value::None, Value::str);
    let catalog = if of.database.is_some() { Value::str("spark_catalog") } else { Value::None };
    let namespace = of.database.map_or(Value::None, |database| Value::strings([database]));
    entry(
        "Function",
        vec![
            ("name", Value::str(of.name)),
            ("catalog", catalog),
            ("namespace", namespace),
            ("description", text(of.description)),
            ("className", text(of.class_name)),
            ("isTemporary", Value::Bool(of.temporary)),
        ],
    )
}

/// A name without the only catalog in front.
fn short(name: &str) -> String {
    name.replace('`', "").trim_start_matches("spark_catalog.").to_owned()
}

/// Whether a name fits a pattern of `*` and `|`.
fn fits(pattern: Option<&str>, name: &str) -> bool {
    let Some(pattern) = pattern else { return true };
    let pattern = pattern.replace('*', ".*");
    regex::Regex::new(&format!("^(?i:{pattern})$")).is_ok_and(|matcher| matcher.is_match(name))
}

fn optional_text(interp: &Interpreter, name: &str, value: Option<Value>) -> PyResult<Option<String>> {
    given(value).map(|value| text_argument(interp, name, &value)).transpose()
}

fn is_true(value: Option<Value>) -> bool {
    value.and_then(|value| value.as_bool()) == Some(true)
}

/// Carries out an SQL statement.
fn carry_out(interp: &mut Interpreter, text: &str) -> PyResult {
    interp.host()?.sql(text)?;
    Ok(Value::None)
}

/// A table's name as SQL writes it.
fn quoted_name(name: &str) -> String {
    name.split('.').map(|part| format!("`{}`", part.trim_matches('`'))).collect::<Vec<_>>().join(".")
}

/// A statement's answer.
fn rows_of(interp: &mut Interpreter, text: &str) -> PyResult<Vec<Value>> {
    let plan = interp.host()?.sql(text)?;
    let plan = interp.host()?.analyze(plan)?;
    collect_rows(interp, &plan, "catalog")
}

/// The first column of a statement's answer.
fn answers(interp: &mut Interpreter, text: &str) -> PyResult<Vec<Value>> {
    let rows = rows_of(interp, text)?;
    rows.iter().map(|row| interp.get_item(row, &Value::Int(0))).collect()
}

fn database(name: &str) -> Value {
    entry(
        "Database",
        vec![
            ("name", Value::str(name)),
            ("catalog", Value::str("spark_catalog")),
            ("description", Value::str("default database")),
            ("locationUri", Value::str("file:spark-warehouse")),
        ],
    )
}

fn name_argument(interp: &Interpreter, method: &str, args: Args, parameter: &str) -> PyResult<String> {
    let [name, _] = args.bind(method, [parameter, "dbName"], 1)?;
    text_argument(interp, parameter, &name.unwrap_or(Value::None))
}

impl Catalog {
    fn method(interp: &mut Interpreter, method: &str, args: Args) -> PyResult {
        match method {
            "currentDatabase" => match ask(interp, CatalogRequest::CurrentDatabase)? {
                Value::List(items) => Ok(items.borrow().first().cloned().unwrap_or(Value::str("default"))),
                other => Ok(other),
            },
            "currentCatalog" => Ok(Value::str("spark_catalog")),
            "setCurrentDatabase" => {
                let name = name_argument(interp, method, args, "dbName_")?;
                ask(interp, CatalogRequest::SetCurrentDatabase { name })
            }
            "listDatabases" | "databaseExists" | "getDatabase" => Self::databases(interp, method, args),
            "listTables" | "listViews" => Self::tables(interp, method, args),
            "listFunctions" | "functionExists" | "getFunction" => Self::functions(interp, method, args),
            "listColumns" => {
                let table = name_argument(interp, method, args, "tableName")?;
                ask(interp, CatalogRequest::ListColumns { table })
            }
            "tableExists" => {
                let [name, database] = args.bind(method, ["tableName", "dbName"], 1)?;
                let name = text_argument(interp, "tableName", &name.unwrap_or(Value::None))?;
                let name = match given(database) {
                    Some(database) => format!("{}.{name}", text_argument(interp, "dbName", &database)?),
                    None => name,
                };
                ask(interp, CatalogRequest::TableExists { name })
            }
            "getTable" => Self::one_table(interp, args),
            "getTableProperties" => {
                let name = name_argument(interp, method, args, "tableName")?;
                let rows = rows_of(interp, &format!("SHOW TBLPROPERTIES {}", quoted_name(&name)))?;
                let mut properties = Dict::new();
                for row in &rows {
                    let (key, value) = (interp.get_item(row, &Value::Int(0))?, interp.get_item(row, &Value::Int(1))?);
                    properties.set(interp, key, value)?;
                }
                Ok(Value::dict(properties))
            }
            "dropTempView" | "dropGlobalTempView" => {
                let name = name_argument(interp, method, args, "viewName")?;
                ask(interp, CatalogRequest::DropView { name, global: method == "dropGlobalTempView" })
            }
            "cacheTable" => {
                let table = name_argument(interp, method, args, "tableName")?;
                ask(interp, CatalogRequest::CacheTable { table })
            }
            "uncacheTable" => {
                let table = name_argument(interp, method, args, "tableName")?;
                ask(interp, CatalogRequest::UncacheTable { table })?;
                Ok(Value::None)
            }
            "isCached" => {
                let table = name_argument(interp, method, args, "tableName")?;
                ask(interp, CatalogRequest::IsCached { table })
            }
            "clearCache" => ask(interp, CatalogRequest::ClearCache),
            "refreshTable" => {
                let name = name_argument(interp, method, args, "tableName")?;
                ask(interp, CatalogRequest::RefreshTable { name })
            }
            "refreshByPath" => {
                let path = name_argument(interp, method, args, "path")?;
                ask(interp, CatalogRequest::RefreshPath { path })
            }
            "recoverPartitions" => {
                let name = name_argument(interp, method, args, "tableName")?;
                ask(interp, CatalogRequest::RecoverPartitions { name })
            }
            "listCatalogs" | "setCurrentCatalog" => Self::catalogs(interp, method, args),
            _ => Self::change(interp, method, args),
        }
    }

    fn catalogs(interp: &mut Interpreter, method: &str, args: Args) -> PyResult {
        let [name] = args.bind(method, [if method == "listCatalogs" { "pattern" } else { "catalogName" }], 0)?;
        let name = optional_text(interp, "catalogName", name)?;
        if method == "setCurrentCatalog" {
            return match name.as_deref() {
                Some("spark_catalog") => Ok(Value::None),
                other => Err(raise(
                    ErrorClass::SparkException,
                    "CATALOG_NOT_FOUND",
                    format!("The catalog `{}` not found.", other.unwrap_or_default()),
                )),
            };
        }
        let fields = vec![("name", Value::str("spark_catalog")), ("description", Value::None)];
        let all =
            if fits(name.as_deref(), "spark_catalog") { vec![entry("CatalogMetadata", fields)] } else { Vec::new() };
        Ok(Value::list(all))
    }

    fn databases(interp: &mut Interpreter, method: &str, args: Args) -> PyResult {
        let parameter = if method == "listDatabases" { "pattern" } else { "dbName" };
        let [wanted] = args.bind(method, [parameter], usize::from(method != "listDatabases"))?;
        let wanted = optional_text(interp, parameter, wanted)?;
        let names = ask(interp, CatalogRequest::ListDatabases)?;
        let names = interp.items(&names)?;
        let names = names.iter().filter_map(Value::as_str);
        if method == "listDatabases" {
            return Ok(Value::list(names.filter(|name| fits(wanted.as_deref(), name)).map(database).collect()));
        }
        let wanted = short(&wanted.unwrap_or_default());
        let found = names.into_iter().find(|name| name.eq_ignore_ascii_case(&wanted));
        match (method, found) {
            ("databaseExists", found) => Ok(Value::Bool(found.is_some())),
            (_, Some(name)) => Ok(database(name)),
            (_, None) => Err(raise(
                ErrorClass::AnalysisException,
                "SCHEMA_NOT_FOUND",
                format!("The schema `spark_catalog`.`{wanted}` cannot be found."),
            )),
        }
    }

    fn tables(interp: &mut Interpreter, method: &str, args: Args) -> PyResult {
        let [database, pattern] = args.bind(method, ["dbName", "pattern"], 0)?;
        let database = optional_text(interp, "dbName", database)?.map(|name| short(&name));
        let pattern = optional_text(interp, "pattern", pattern)?;
        let tables = match interp.host()?.catalog(CatalogRequest::ListTables { database })? {
            CatalogReply::Tables(tables) => tables,
            _ => Vec::new(),
        };
        let wanted =
            |of: &TableEntry| fits(pattern.as_deref(), &of.name) && (method == "listTables" || of.temporary || of.view);
        Ok(Value::list(tables.into_iter().filter(wanted).map(table).collect()))
    }

    fn one_table(interp: &mut Interpreter, args: Args) -> PyResult {
        let name = name_argument(interp, "getTable", args, "tableName")?;
        interp.host()?.catalog(CatalogRequest::Table { name: name.clone() })?;
        let name = short(&name);
        let (database, own) = match name.rsplit_once('.') {
            Some((database, own)) => (Some(database.to_owned()), own.to_owned()),
            None => (None, name),
        };
        let temporary = database.is_none();
        let tables = match interp.host()?.catalog(CatalogRequest::ListTables { database })? {
            CatalogReply::Tables(tables) => tables,
            _ => Vec::new(),
        };
        let mut found: Vec<TableEntry> = tables.into_iter().filter(|of| of.name.eq_ignore_ascii_case(&own)).collect();
        found.sort_by_key(|of| of.temporary != temporary);
        match found.into_iter().next() {
            Some(found) => Ok(table(found)),
            None => Ok(table(TableEntry { name: own, database: None, temporary: true, view: false })),
        }
    }

    fn functions(interp: &mut Interpreter, method: &str, args: Args) -> PyResult {
        let names = if method == "listFunctions" { ["dbName", "pattern"] } else { ["functionName", "dbName"] };
        let [first, second] = args.bind(method, names, usize::from(method != "listFunctions"))?;
        if method == "listFunctions" {
            let database = optional_text(interp, "dbName", first)?;
            let pattern = optional_text(interp, "pattern", second)?;
            let known = functions_of(interp, CatalogRequest::ListFunctions { database })?;
            let wanted = known.into_iter().filter(|entry| fits(pattern.as_deref(), &entry.name));
            return Ok(Value::list(wanted.map(function).collect()));
        }
        let name = text_argument(interp, "functionName", &first.unwrap_or(Value::None))?;
        let name = match optional_text(interp, "dbName", second)? {
            Some(database) => format!("{database}.{name}"),
            None => name,
        };
        let found = functions_of(interp, CatalogRequest::GetFunction { name: name.clone() })?.into_iter().next();
        match (method, found) {
            ("functionExists", found) => Ok(Value::Bool(found.is_some())),
            (_, Some(entry)) => Ok(function(entry)),
            (_, None) => Err(raise(
                ErrorClass::AnalysisException,
                "UNRESOLVED_ROUTINE",
                format!("Cannot resolve routine `{name}` on search path [`system`.`builtin`, `system`.`session`]."),
            )),
        }
    }

    /// What SQL statements do under names of their own.
    fn change(interp: &mut Interpreter, method: &str, args: Args) -> PyResult {
        match method {
            "createDatabase" => {
                let [name, exists, _] = args.bind(method, ["dbName", "ifNotExists", "properties"], 1)?;
                let name = short(&text_argument(interp, "dbName", &name.unwrap_or(Value::None))?);
                let exists = if is_true(exists) { "IF NOT EXISTS " } else { "" };
                carry_out(interp, &format!("CREATE DATABASE {exists}{name}"))
            }
            "dropDatabase" => {
                let [name, exists, cascade] = args.bind(method, ["dbName", "ifExists", "cascade"], 1)?;
                let name = short(&text_argument(interp, "dbName", &name.unwrap_or(Value::None))?);
                let exists = if is_true(exists) { "IF EXISTS " } else { "" };
                let cascade = if is_true(cascade) { " CASCADE" } else { "" };
                carry_out(interp, &format!("DROP DATABASE {exists}{name}{cascade}"))
            }
            "dropTable" | "dropView" => {
                let parameter = if method == "dropTable" { "tableName" } else { "viewName" };
                let [name, exists, _] = args.bind(method, [parameter, "ifExists", "purge"], 1)?;
                let name = text_argument(interp, parameter, &name.unwrap_or(Value::None))?;
                let exists = if is_true(exists) { "IF EXISTS " } else { "" };
                let kind = if method == "dropTable" { "TABLE" } else { "VIEW" };
                carry_out(interp, &format!("DROP {kind} {exists}{name}"))
            }
            "truncateTable" => {
                let name = name_argument(interp, method, args, "tableName")?;
                carry_out(interp, &format!("TRUNCATE TABLE {name}"))
            }
            "analyzeTable" => {
                let [name, _] = args.bind(method, ["tableName", "noScan"], 1)?;
                let name = text_argument(interp, "tableName", &name.unwrap_or(Value::None))?;
                carry_out(interp, &format!("ANALYZE TABLE {name} COMPUTE STATISTICS"))
            }
            "getCreateTableString" => {
                let name = name_argument(interp, method, args, "tableName")?;
                let found = answers(interp, &format!("SHOW CREATE TABLE {name}"))?;
                Ok(found.into_iter().next().unwrap_or(Value::None))
            }
            "listPartitions" => {
                let name = name_argument(interp, method, args, "tableName")?;
                let found = answers(interp, &format!("SHOW PARTITIONS {name}"))?;
                Ok(Value::list(
                    found.into_iter().map(|name| entry("CatalogTablePartition", vec![("partition", name)])).collect(),
                ))
            }
            _ => Self::create_table(interp, method, args),
        }
    }

    fn create_table(interp: &mut Interpreter, method: &str, args: Args) -> PyResult {
        let (known, options): (Vec<_>, Vec<_>) = args
            .keyword
            .into_iter()
            .partition(|(name, _)| matches!(&**name, "tableName" | "path" | "source" | "schema" | "description"));
        let args = Args { positional: args.positional, keyword: known };
        let [name, path, source, schema, _] =
            args.bind(method, ["tableName", "path", "source", "schema", "description"], 1)?;
        let name = text_argument(interp, "tableName", &name.unwrap_or(Value::None))?;
        let mut text = format!("CREATE TABLE {name}");
        if let Some(schema) = given(schema) {
            let (schema, _) = schema_argument(interp, "schema", &schema)?;
            let columns: Vec<String> =
                schema.fields.iter().map(|field| format!("`{}` {}", field.name, field.data_type.sql())).collect();
            text += &format!(" ({})", columns.join(", "));
        }
        text += &format!(" USING {}", optional_text(interp, "source", source)?.unwrap_or("parquet".to_owned()));
        let mut pairs = Vec::new();
        for (key, value) in options {
            let value = super::options::option_text(interp, &value)?;
            pairs.push(format!("'{key}' '{}'", value.replace('\'', "\\'")));
        }
        if !pairs.is_empty() {
            text += &format!(" OPTIONS ({})", pairs.join(", "));
        }
        if let Some(path) = optional_text(interp, "path", path)? {
            text += &format!(" LOCATION '{}'", path.replace('\'', "\\'"));
        }
        carry_out(interp, &text)?;
        super::reader::table_frame(interp, Some(Value::str(name)))
    }
}

impl Object for Catalog {
    fn type_name(&self) -> &'static str {
        "Catalog"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        METHODS.contains(&name).then(|| {
            super::session::enter(interp, self.0);
            Catalog::method(interp, name, args)
        })
    }
}

impl Object for Entry {
    fn type_name(&self) -> &str {
        self.class
    }

    fn attribute_names(&self) -> Vec<String> {
        self.fields.iter().map(|(name, _)| (*name).to_owned()).collect()
    }

    fn get_attr(&self, _interp: &mut Interpreter, _this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(self.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone()))
    }

    fn iter(&self, _interp: &mut Interpreter, _this: &Value) -> PyResult<Option<Value>> {
        Ok(Some(Value::iter_over(self.visible().map(|(_, value)| value.clone()).collect())))
    }

    fn get_item(&self, _interp: &mut Interpreter, _this: &Value, key: &Value) -> PyResult<Option<Value>> {
        let found = key.as_int().and_then(|at| usize::try_from(at).ok()).and_then(|at| self.fields.get(at));
        match found {
            Some((_, value)) => Ok(Some(value.clone())),
            None => Err(raise(ErrorClass::PySparkIndexError, "INDEX_OUT_OF_RANGE", "tuple index out of range")),
        }
    }

    fn repr(&self, interp: &mut Interpreter, _this: &Value) -> PyResult<String> {
        let mut parts = Vec::new();
        for (name, value) in self.visible() {
            parts.push(format!("{name}={}", interp.repr(value)?));
        }
        Ok(format!("{}({})", self.class, parts.join(", ")))
    }
}

impl Entry {
    /// `database` of a table is a property beside its fields.
    fn visible(&self) -> impl Iterator<Item = &(&'static str, Value)> {
        self.fields.iter().filter(|(name, _)| !(self.class == "Table" && *name == "database"))
    }
}
