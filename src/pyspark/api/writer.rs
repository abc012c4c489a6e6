//! `df.write`.

use super::options;
use super::reader::{default_name, format_of};
use super::support::{analyze, given, illegal_argument, not_expected_type, text_argument};
use crate::common::conf::Options;
use crate::common::{ErrorClass, SparkError};
use crate::logical::expr::Expr;
use crate::logical::plan::{FileFormat, FileNames, LogicalPlan, SaveMode, WriteTarget};
use crate::pyspark::host::{CatalogReply, CatalogRequest};
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Raised, Value};
use std::sync::Arc;

/// A writer with what it was told so far.
#[derive(Clone)]
pub struct Writer {
    plan: Arc<LogicalPlan>,
    format: Option<String>,
    mode: SaveMode,
    options: Options,
    partition_by: Vec<String>,
    bucketed: bool,
}

/// The writer's methods.
pub const METHODS: &[&str] = &[
    "bucketBy",
    "clusterBy",
    "csv",
    "format",
    "insertInto",
    "jdbc",
    "json",
    "mode",
    "option",
    "options",
    "orc",
    "parquet",
    "partitionBy",
    "save",
    "saveAsTable",
    "sortBy",
    "text",
    "xml",
];

/// A fresh writer of a plan's rows.
#[must_use]
pub fn writer(plan: &Arc<LogicalPlan>) -> Value {
    Value::object(Writer {
        plan: plan.clone(),
        format: None,
        mode: SaveMode::ErrorIfExists,
        options: Options::default(),
        partition_by: Vec::new(),
        bucketed: false,
    })
}

fn mode_of(text: &str) -> PyResult<SaveMode> {
    Ok(match text.to_lowercase().as_str() {
        "append" => SaveMode::Append,
        "overwrite" => SaveMode::Overwrite,
        "ignore" => SaveMode::Ignore,
        "error" | "errorifexists" | "default" => SaveMode::ErrorIfExists,
        _ => {
            return Err(SparkError::new(
                ErrorClass::AnalysisException,
                format!("The specified save mode \"{text}\" is invalid. Valid save modes include \"append\", \"overwrite\", \"ignore\", \"error\", \"errorifexists\", and \"default\"."),
            )
            .with_condition("INVALID_SAVE_MODE")
            .with_parameters([("mode", format!("\"{text}\""))])
            .into());
        }
    })
}

impl Writer {
    fn target(&self, format: FileFormat, path: String) -> WriteTarget {
        WriteTarget {
            replaced: None,
            format,
            path,
            mode: self.mode,
            partition_by: self.partition_by.clone(),
            options: self.options.clone(),
            names: FileNames::Frames,
        }
    }

    fn write(&self, interp: &mut Interpreter, format: &str, path: Option<String>) -> PyResult {
        if format.eq_ignore_ascii_case("noop") {
            return self.write_nothing(interp);
        }
        let format = format_of(format)?;
        let path = path.or_else(|| self.options.get("path").map(str::to_owned));
        let Some(path) = path else {
            return Err(SparkError::new(
                ErrorClass::IllegalArgumentException,
                "Expected exactly one path to be specified, but got: .",
            )
            .with_condition("_LEGACY_ERROR_TEMP_2047")
            .with_help("say where to write: .save(\"out/…\")")
            .into());
        };
        let target = self.target(format, path);
        interp.host()?.write(&self.plan, target)?;
        super::rdd::merge_accumulators(interp)?;
        Ok(Value::None)
    }

    /// The sink `noop`: all rows are computed and dropped where they are.
    fn write_nothing(&self, interp: &mut Interpreter) -> PyResult {
        let mode = match self.mode {
            SaveMode::Append | SaveMode::Overwrite => None,
            SaveMode::ErrorIfExists => Some("ErrorIfExists"),
            SaveMode::Ignore => Some("Ignore"),
        };
        if let Some(mode) = mode {
            return Err(SparkError::analysis(
                "UNSUPPORTED_DATA_SOURCE_SAVE_MODE",
                format!(
                    "The data source \"noop\" cannot be written in the \"{mode}\" mode. Please use either the \"Append\" or \"Overwrite\" mode instead."
                ),
            )
            .with_help("write .mode(\"overwrite\"): nothing is there that could be lost")
            .into());
        }
        if !self.partition_by.is_empty() {
            let provided: Vec<String> = self.partition_by.iter().map(|name| format!("identity({name})")).collect();
            return Err(SparkError::new(
                ErrorClass::IllegalArgumentException,
                format!(
                    "requirement failed: The provided partitioning or clustering columns do not match the existing table's.\n - provided: {}\n - table: ",
                    provided.join(", ")
                ),
            )
            .with_help("leave partitionBy out: nothing is written that could be partitioned")
            .into());
        }
        interp.host()?.drop_rows(&self.plan, "save")?;
        super::rdd::merge_accumulators(interp)?;
        Ok(Value::None)
    }

    fn apply(&mut self, interp: &mut Interpreter, key: &str, value: &Value) -> PyResult<()> {
        if value.is_none() {
            return Ok(());
        }
        match key {
            "mode" | "saveMode" => self.mode = mode_of(&text_argument(interp, "mode", value)?)?,
            "format" => self.format = Some(text_argument(interp, "format", value)?),
            "partitionBy" => self.partition_by = super::support::names_argument(interp, "partitionBy", value)?,
            _ => options::set(interp, &mut self.options, key, value)?,
        }
        Ok(())
    }

    fn shortcut(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        let mut next = self.clone();
        let places: &[&str] = match name {
            "parquet" | "orc" => &["path", "mode", "partitionBy", "compression"],
            "text" => &["path", "compression", "lineSep"],
            "json" => &[
                "path",
                "mode",
                "compression",
                "dateFormat",
                "timestampFormat",
                "lineSep",
                "encoding",
                "ignoreNullFields",
            ],
            "save" => &["path", "format", "mode", "partitionBy"],
            _ => &[
                "path",
                "mode",
                "compression",
                "sep",
                "quote",
                "escape",
                "header",
                "nullValue",
                "escapeQuotes",
                "quoteAll",
                "dateFormat",
                "timestampFormat",
                "ignoreLeadingWhiteSpace",
                "ignoreTrailingWhiteSpace",
                "charToEscapeQuoteEscaping",
                "encoding",
                "emptyValue",
                "lineSep",
            ],
        };
        let mut named: Vec<(String, Value)> = Vec::new();
        for (place, value) in places.iter().zip(args.positional) {
            named.push(((*place).to_owned(), value));
        }
        named.extend(args.keyword.into_iter().map(|(name, value)| (name.to_string(), value)));
        let mut path = None;
        for (key, value) in named {
            if key == "path" {
                if !value.is_none() {
                    path = Some(match value.as_str() {
                        Some(text) => text.to_owned(),
                        None if interp.type_name(&value).ends_with("Path") => interp.str(&value)?,
                        None => return Err(not_expected_type(interp, "path", "str", &value)),
                    });
                }
            } else {
                next.apply(interp, &key, &value)?;
            }
        }
        if next.bucketed {
            return Err(SparkError::new(ErrorClass::AnalysisException, "'save' does not support bucketBy right now.")
                .with_condition("_LEGACY_ERROR_TEMP_1312")
                .with_help("bucketed tables are written with saveAsTable")
                .into());
        }
        let format = match (name, &next.format) {
            ("save", Some(format)) => format.clone(),
            ("save", None) => default_name(interp)?,
            _ => name.to_owned(),
        };
        next.write(interp, &format, path)
    }

    fn save_as_table(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let mut next = self.clone();
        let mut name = None;
        let mut named: Vec<(String, Value)> = Vec::new();
        for (place, value) in ["name", "format", "mode", "partitionBy"].iter().zip(args.positional) {
            named.push(((*place).to_owned(), value));
        }
        named.extend(args.keyword.into_iter().map(|(name, value)| (name.to_string(), value)));
        for (key, value) in named {
            if key == "name" {
                name = Some(text_argument(interp, "name", &value)?);
            } else {
                next.apply(interp, &key, &value)?;
            }
        }
        let Some(name) = name else {
            return Err(crate::pyspark::lang::type_error(
                "saveAsTable() missing 1 required positional argument: 'name'",
            ));
        };
        let format = match &next.format {
            Some(format) => format_of(format)?,
            None => format_of(&default_name(interp)?)?,
        };
        let path = next.options.get("path").unwrap_or_default().to_owned();
        let target = next.target(format, path);
        let plan = next.plan.clone();
        interp.host()?.catalog(CatalogRequest::SaveTable { name, plan, target })?;
        Ok(Value::None)
    }

    fn insert_into(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let [name, overwrite] = args.bind("insertInto", ["tableName", "overwrite"], 1)?;
        let name = text_argument(interp, "tableName", &name.unwrap_or(Value::None))?;
        let CatalogReply::Plan(table) = interp.host()?.catalog(CatalogRequest::Table { name: name.clone() })? else {
            return Err(illegal_argument(format!("{name} is not a table")));
        };
        let table = interp.host()?.analyze(table)?;
        let (columns, own) = (table.output(), self.plan.output());
        if columns.len() != own.len() {
            return Err(SparkError::new(
                ErrorClass::AnalysisException,
                format!(
                    "Cannot write to `{name}`, the reason is: the table has {} columns, the data has {}.",
                    columns.len(),
                    own.len()
                ),
            )
            .with_condition(if own.len() > columns.len() {
                "INSERT_COLUMN_ARITY_MISMATCH.TOO_MANY_DATA_COLUMNS"
            } else {
                "INSERT_COLUMN_ARITY_MISMATCH.NOT_ENOUGH_DATA_COLUMNS"
            })
            .into());
        }
        let exprs = own
            .into_iter()
            .zip(&columns)
            .map(|(column, wanted)| {
                let same = column.data_type == wanted.data_type;
                let child = Expr::Attribute(column);
                let child = if same {
                    child
                } else {
                    Expr::Cast {
                        child: Box::new(child),
                        to: wanted.data_type.clone(),
                        mode: crate::logical::expr::CastMode::Ansi,
                        implicit: true,
                    }
                };
                child.alias(&wanted.name)
            })
            .collect();
        let plan = analyze(interp, LogicalPlan::Project { exprs, input: self.plan.clone() })?;
        let overwrite = match given(overwrite) {
            Some(flag) => interp.truth(&flag)?,
            None => self.mode == SaveMode::Overwrite,
        };
        let mode = if overwrite { SaveMode::Overwrite } else { SaveMode::Append };
        let mut next = self.clone();
        next.mode = mode;
        let target = next.target(FileFormat::Parquet, String::new());
        interp.host()?.catalog(CatalogRequest::SaveTable { name, plan, target })?;
        Ok(Value::None)
    }

    fn method(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        let mut next = self.clone();
        match name {
            "mode" => {
                let [mode] = args.bind(name, ["saveMode"], 1)?;
                next.apply(interp, "mode", &mode.unwrap_or(Value::None))?;
            }
            "format" => {
                let [format] = args.bind(name, ["source"], 1)?;
                next.apply(interp, "format", &format.unwrap_or(Value::None))?;
            }
            "option" => {
                let [key, value] = args.bind(name, ["key", "value"], 2)?;
                let key = text_argument(interp, "key", &key.unwrap_or(Value::None))?;
                options::set(interp, &mut next.options, &key, &value.unwrap_or(Value::None))?;
            }
            "options" => {
                for (key, value) in &args.keyword {
                    options::set(interp, &mut next.options, key, value)?;
                }
            }
            "partitionBy" => {
                let items = args.flattened(interp)?;
                next.partition_by =
                    items.iter().map(|item| text_argument(interp, "cols", item)).collect::<PyResult<_>>()?;
            }
            // Simplified: buckets change where Spark looks for rows, never which rows there are; tables here have none.
            "bucketBy" | "sortBy" => next.bucketed = true,
            "saveAsTable" => return self.save_as_table(interp, args),
            "insertInto" => return self.insert_into(interp, args),
            "jdbc" => {
                return Err(Raised::unsupported("df.write.jdbc", "there is no database here: write Parquet or CSV"));
            }
            "clusterBy" => return Err(Raised::unsupported("df.write.clusterBy", "use partitionBy")),
            _ => return self.shortcut(interp, name, args),
        }
        Ok(Value::object(next))
    }
}

impl Object for Writer {
    fn type_name(&self) -> &'static str {
        "DataFrameWriter"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        METHODS.contains(&name).then(|| self.method(interp, name, args))
    }
}
