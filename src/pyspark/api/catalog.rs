//! `spark.catalog`.

use super::dataframe::frame_of;
use super::support::{given, raise, text_argument};
use crate::common::ErrorClass;
use crate::pyspark::host::{CatalogReply, CatalogRequest};
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Raised, Value};

/// The catalog.
pub struct Catalog;

/// One thing that the catalog lists.
struct Entry {
    class: &'static str,
    fields: Vec<(&'static str, Value)>,
}

/// The catalog's methods.
pub const METHODS: &[&str] = &[
    "cacheTable",
    "clearCache",
    "createTable",
    "currentCatalog",
    "currentDatabase",
    "databaseExists",
    "dropGlobalTempView",
    "dropTempView",
    "functionExists",
    "getTable",
    "isCached",
    "listColumns",
    "listDatabases",
    "listFunctions",
    "listTables",
    "recoverPartitions",
    "refreshByPath",
    "refreshTable",
    "setCurrentDatabase",
    "tableExists",
    "uncacheTable",
];

fn ask(interp: &mut Interpreter, request: CatalogRequest) -> PyResult {
    Ok(match interp.host()?.catalog(request)? {
        CatalogReply::Done => Value::None,
        CatalogReply::Yes(truth) => Value::Bool(truth),
        CatalogReply::Plan(plan) => frame_of(plan),
        CatalogReply::Tables(tables) => Value::list(
            tables.into_iter().map(|(name, database, temporary)| table(name, database, temporary)).collect(),
        ),
        CatalogReply::Names(names) => Value::strings(names),
        CatalogReply::Columns(schema) => Value::list(
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
                            ("isPartition", Value::Bool(false)),
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

fn table(name: String, database: Option<String>, temporary: bool) -> Value {
    let kind = if temporary { "TEMPORARY" } else { "MANAGED" };
    let catalog = if temporary { Value::None } else { Value::str("spark_catalog") };
    entry(
        "Table",
        vec![
            ("name", Value::str(name)),
            ("catalog", catalog),
            ("namespace", Value::strings(&database)),
            ("description", Value::None),
            ("tableType", Value::str(kind)),
            ("isTemporary", Value::Bool(temporary)),
            ("database", database.map_or(Value::None, Value::str)),
        ],
    )
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
            "listDatabases" => {
                let names = ask(interp, CatalogRequest::ListDatabases)?;
                let names = interp.items(&names)?;
                Ok(Value::list(names.iter().filter_map(|name| name.as_str().map(database)).collect()))
            }
            "databaseExists" => {
                let wanted = name_argument(interp, method, args, "dbName_")?;
                let names = ask(interp, CatalogRequest::ListDatabases)?;
                let names = interp.items(&names)?;
                Ok(Value::Bool(names.iter().any(|name| name.as_str() == Some(&wanted))))
            }
            "listTables" => {
                let [database, pattern] = args.bind(method, ["dbName", "pattern"], 0)?;
                let database = given(database).map(|name| text_argument(interp, "dbName", &name)).transpose()?;
                let tables = ask(interp, CatalogRequest::ListTables { database })?;
                let Some(pattern) = given(pattern) else { return Ok(tables) };
                let pattern = text_argument(interp, "pattern", &pattern)?.replace('*', ".*");
                let matcher = regex::Regex::new(&format!("^(?i:{pattern})$")).ok();
                let mut kept = Vec::new();
                for table in interp.items(&tables)? {
                    let name = interp.get_attr(&table, "name")?;
                    if matcher.as_ref().is_some_and(|matcher| name.as_str().is_some_and(|name| matcher.is_match(name)))
                    {
                        kept.push(table);
                    }
                }
                Ok(Value::list(kept))
            }
            "listFunctions" => {
                let names = ask(interp, CatalogRequest::ListFunctions)?;
                let names = interp.items(&names)?;
                Ok(Value::list(
                    names
                        .into_iter()
                        .map(|name| {
                            entry(
                                "Function",
                                vec![
                                    ("name", name),
                                    ("description", Value::None),
                                    ("className", Value::None),
                                    ("isTemporary", Value::Bool(true)),
                                ],
                            )
                        })
                        .collect(),
                ))
            }
            "functionExists" => {
                let wanted = name_argument(interp, method, args, "functionName")?;
                let names = ask(interp, CatalogRequest::ListFunctions)?;
                let names = interp.items(&names)?;
                Ok(Value::Bool(
                    names.iter().any(|name| name.as_str().is_some_and(|name| name.eq_ignore_ascii_case(&wanted))),
                ))
            }
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
            "getTable" => {
                let name = name_argument(interp, method, args, "tableName")?;
                ask(interp, CatalogRequest::Table { name: name.clone() })?;
                let short = name.rsplit('.').next().unwrap_or(&name).to_owned();
                Ok(table(short, None, true))
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
                ask(interp, CatalogRequest::UncacheTable { table })
            }
            "isCached" => {
                let table = name_argument(interp, method, args, "tableName")?;
                ask(interp, CatalogRequest::IsCached { table })
            }
            "clearCache" => ask(interp, CatalogRequest::ClearCache),
            "refreshTable" | "refreshByPath" | "recoverPartitions" => Ok(Value::None),
            _ => Err(Raised::unsupported(format!("spark.catalog.{method}"), "use spark.sql or df.write.saveAsTable")),
        }
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
        METHODS.contains(&name).then(|| Catalog::method(interp, name, args))
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
