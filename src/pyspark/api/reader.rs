//! `spark.read`.

use super::dataframe::frame_of;
use super::options;
use super::support::{given, names_argument, not_expected_type, text_argument};
use super::types::{TypeObject, schema_argument};
use crate::common::conf::Options;
use crate::common::{ErrorClass, SparkError};
use crate::logical::plan::{FileFormat, LogicalPlan};
use crate::logical::types::{DataType, StructField, StructType};
use crate::pyspark::host::ReadRequest;
use crate::pyspark::lang::{Args, Interpreter, Object, PyResult, Raised, Value};
use std::sync::Arc;

/// A reader with what it was told so far.
#[derive(Clone, Default)]
pub struct Reader {
    format: Option<String>,
    schema: Option<StructType>,
    options: Options,
    /// The session that reads.
    session: u32,
}

/// The reader's methods.
pub const METHODS: &[&str] =
    &["csv", "format", "jdbc", "json", "load", "option", "options", "orc", "parquet", "schema", "table", "text", "xml"];

/// A fresh reader.
#[must_use]
pub fn reader(session: u32) -> Value {
    Value::object(Reader { session, ..Reader::default() })
}

/// The format where a script names none (`spark.sql.sources.default`).
///
/// # Errors
/// Without a host.
pub(super) fn default_name(interp: &mut Interpreter) -> PyResult<String> {
    Ok(interp.host()?.conf().get("spark.sql.sources.default").unwrap_or("parquet").to_owned())
}

/// The file format of a name, or why it cannot be used.
///
/// # Errors
/// Unsupported for formats of real Spark, `Py4JJavaError` for names that no one knows.
pub fn format_of(name: &str) -> PyResult<FileFormat> {
    Ok(match name.to_lowercase().as_str() {
        "csv" | "com.databricks.spark.csv" | "org.apache.spark.sql.csv" => FileFormat::Csv,
        "json" => FileFormat::Json,
        "parquet" => FileFormat::Parquet,
        "text" => FileFormat::Text,
        "orc"
        | "avro"
        | "xml"
        | "binaryfile"
        | "image"
        | "libsvm"
        | "delta"
        | "iceberg"
        | "hudi"
        | "jdbc"
        | "kafka"
        | "rate"
        | "socket"
        | "hive"
        | "org.apache.spark.sql.jdbc" => {
            return Err(Raised::unsupported(
                format!("the data source `{name}`"),
                "the formats here are csv, json, parquet and text",
            ));
        }
        _ => {
            let near = crate::common::text::nearest(name, ["csv", "json", "parquet", "text"], 1);
            let error = SparkError::new(
                ErrorClass::Py4JJavaError,
                format!(
                    "[DATA_SOURCE_NOT_FOUND] Failed to find the data source: {name}. Make sure the provider name is correct and the package is properly registered."
                ),
            );
            return Err(match near.first() {
                Some(near) => error.with_help(format!("did you mean `{near}`?")).into(),
                None => error.with_help("the formats here are csv, json, parquet and text").into(),
            });
        }
    })
}

fn paths(interp: &mut Interpreter, values: &[Value]) -> PyResult<Vec<String>> {
    let mut found = Vec::new();
    for value in values {
        if value.as_items().is_some() {
            found.extend(names_argument(interp, "path", value)?);
        } else if value.as_str().is_some() {
            found.push(text_argument(interp, "path", value)?);
        } else if interp.type_name(value).ends_with("Path") {
            found.push(interp.str(value)?);
        } else {
            return Err(not_expected_type(interp, "path", "str or list", value));
        }
    }
    Ok(found)
}

/// The plan of an RDD of texts or of a frame with one text column: `spark.read.json(rdd)`.
fn texts_of(interp: &mut Interpreter, value: &Value) -> PyResult<Option<Arc<LogicalPlan>>> {
    if let Some(rdd) = value.downcast::<super::rdd::Rdd>() {
        let schema = StructType::new(vec![StructField::new("value", DataType::String, true)]);
        let frame = super::rdd::to_frame(interp, rdd, super::create::Wanted::Schema(schema, true))?;
        return super::dataframe::plan_of(interp, &frame).map(Some);
    }
    value.downcast::<super::dataframe::DataFrame>().map(|_| super::dataframe::plan_of(interp, value)).transpose()
}

/// The parameters of `spark.read.csv`, in order.
const CSV: &[&str] = &[
    "path",
    "schema",
    "sep",
    "encoding",
    "quote",
    "escape",
    "comment",
    "header",
    "inferSchema",
    "ignoreLeadingWhiteSpace",
    "ignoreTrailingWhiteSpace",
    "nullValue",
    "nanValue",
    "positiveInf",
    "negativeInf",
    "dateFormat",
    "timestampFormat",
    "maxColumns",
    "maxCharsPerColumn",
    "maxMalformedLogPerPartition",
    "mode",
    "columnNameOfCorruptRecord",
    "multiLine",
    "charToEscapeQuoteEscaping",
    "samplingRatio",
    "enforceSchema",
    "emptyValue",
    "locale",
    "lineSep",
    "pathGlobFilter",
    "recursiveFileLookup",
    "modifiedBefore",
    "modifiedAfter",
    "unescapedQuoteHandling",
];

/// The parameters of `spark.read.json`, in order.
const JSON: &[&str] = &[
    "path",
    "schema",
    "primitivesAsString",
    "prefersDecimal",
    "allowComments",
    "allowUnquotedFieldNames",
    "allowSingleQuotes",
    "allowNumericLeadingZero",
    "allowBackslashEscapingAnyCharacter",
    "mode",
    "columnNameOfCorruptRecord",
    "dateFormat",
    "timestampFormat",
    "multiLine",
    "allowUnquotedControlChars",
    "lineSep",
    "samplingRatio",
    "dropFieldIfAllNull",
    "encoding",
    "locale",
    "pathGlobFilter",
    "recursiveFileLookup",
    "modifiedBefore",
    "modifiedAfter",
    "allowNonNumericNumbers",
    "useUnsafeRow",
];

/// The parameters of `spark.read.text`, in order.
const TEXT: &[&str] =
    &["paths", "wholetext", "lineSep", "pathGlobFilter", "recursiveFileLookup", "modifiedBefore", "modifiedAfter"];

impl Reader {
    fn set_schema(&mut self, interp: &mut Interpreter, value: &Value) -> PyResult<()> {
        if let Some(object) = value.downcast::<TypeObject>()
            && !matches!(&*object.0.borrow(), DataType::Struct(_))
        {
            return Err(not_expected_type(interp, "schema", "StructType or str", value));
        }
        self.schema = Some(schema_argument(interp, "schema", value)?.0);
        Ok(())
    }

    fn read(&self, interp: &mut Interpreter, format: FileFormat, mut paths: Vec<String>) -> PyResult {
        if paths.is_empty()
            && let Some(path) = self.options.get("path")
        {
            paths.push(path.to_owned());
        }
        if paths.is_empty() {
            return Err(SparkError::new(
                ErrorClass::AnalysisException,
                format!("Unable to infer schema for {}. It must be specified manually.", format.name()),
            )
            .with_condition("UNABLE_TO_INFER_SCHEMA")
            .with_help("give the path of a file or folder: .load(\"datasets/…\")")
            .into());
        }
        self.ask(interp, format, paths, None)
    }

    fn ask(
        &self,
        interp: &mut Interpreter,
        format: FileFormat,
        paths: Vec<String>,
        texts: Option<Arc<LogicalPlan>>,
    ) -> PyResult {
        const CORRUPT: &str = "columnNameOfCorruptRecord";
        let host = interp.host()?;
        let mut options = self.options.clone();
        if options.get(CORRUPT).is_none()
            && let Some(name) = host.conf().get("spark.sql.columnNameOfCorruptRecord").map(str::to_owned)
        {
            options.set(CORRUPT, name);
        }
        let request = ReadRequest { format, paths, schema: self.schema.clone(), options, texts };
        let plan = host.read_files(request)?;
        let plan = host.analyze(plan)?;
        Ok(frame_of(host, plan))
    }

    /// `csv(path, schema, sep, …)` and its kin: the path, perhaps a schema, and options.
    fn shortcut(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        let mut reader = self.clone();
        let mut given_paths = Vec::new();
        let many = matches!(name, "parquet" | "orc");
        let places: &[&str] = match name {
            "csv" => CSV,
            "json" => JSON,
            "text" => TEXT,
            _ => &[],
        };
        let mut named: Vec<(String, Value)> = Vec::new();
        for (i, value) in args.positional.into_iter().enumerate() {
            match places.get(i) {
                _ if many || i == 0 => given_paths.push(value),
                Some(place) => named.push(((*place).to_owned(), value)),
                None => {
                    return Err(crate::pyspark::lang::type_error(format!(
                        "{name}() takes too many positional arguments"
                    )));
                }
            }
        }
        for (keyword, value) in args.keyword {
            named.push((keyword.to_string(), value));
        }
        for (key, value) in named {
            match key.as_str() {
                "path" | "paths" => given_paths.push(value),
                "schema" if !value.is_none() => reader.set_schema(interp, &value)?,
                _ => options::set(interp, &mut reader.options, &key, &value)?,
            }
        }
        let format = format_of(name)?;
        if let [rows] = given_paths.as_slice()
            && let Some(texts) = texts_of(interp, rows)?
        {
            return reader.ask(interp, format, Vec::new(), Some(texts));
        }
        let paths = paths(interp, &given_paths)?;
        reader.read(interp, format, paths)
    }

    fn load(&self, interp: &mut Interpreter, args: Args) -> PyResult {
        let mut reader = self.clone();
        let mut given_paths = Vec::new();
        let names = ["path", "format", "schema"];
        let mut named: Vec<(String, Value)> = Vec::new();
        for (name, value) in names.iter().zip(args.positional) {
            named.push(((*name).to_owned(), value));
        }
        named.extend(args.keyword.into_iter().map(|(name, value)| (name.to_string(), value)));
        for (key, value) in named {
            if value.is_none() {
                continue;
            }
            match key.as_str() {
                "path" => given_paths.push(value),
                "format" => reader.format = Some(text_argument(interp, "format", &value)?),
                "schema" => reader.set_schema(interp, &value)?,
                _ => options::set(interp, &mut reader.options, &key, &value)?,
            }
        }
        let format = match &reader.format {
            Some(format) => format_of(format)?,
            None => format_of(&default_name(interp)?)?,
        };
        let paths = paths(interp, &given_paths)?;
        reader.read(interp, format, paths)
    }

    fn method(&self, interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
        let mut next = self.clone();
        match name {
            "format" => {
                let [format] = args.bind(name, ["source"], 1)?;
                next.format = Some(text_argument(interp, "source", &format.unwrap_or(Value::None))?);
            }
            "schema" => {
                let [schema] = args.bind(name, ["schema"], 1)?;
                next.set_schema(interp, &schema.unwrap_or(Value::None))?;
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
            "load" => return self.load(interp, args),
            "table" => {
                let [table] = args.bind(name, ["tableName"], 1)?;
                return table_frame(interp, given(table));
            }
            "jdbc" => {
                return Err(Raised::unsupported(
                    "spark.read.jdbc",
                    "there is no database here: read a CSV or Parquet file",
                ));
            }
            _ => return self.shortcut(interp, name, args),
        }
        Ok(Value::object(next))
    }
}

/// `spark.table(name)`.
///
/// # Errors
/// `TABLE_OR_VIEW_NOT_FOUND`.
pub fn table_frame(interp: &mut Interpreter, name: Option<Value>) -> PyResult {
    let name = text_argument(interp, "tableName", &name.unwrap_or(Value::None))?;
    let parts = super::support::name_parts(&name)?;
    let host = interp.host()?;
    let plan = host.analyze(Arc::new(LogicalPlan::UnresolvedRelation { name: parts }))?;
    Ok(frame_of(host, plan))
}

impl Object for Reader {
    fn type_name(&self) -> &'static str {
        "DataFrameReader"
    }

    fn methods(&self) -> &'static [&'static str] {
        METHODS
    }

    fn call_method(&self, interp: &mut Interpreter, _this: &Value, name: &str, args: Args) -> Option<PyResult> {
        METHODS.contains(&name).then(|| {
            super::session::enter(interp, self.session);
            self.method(interp, name, args)
        })
    }
}
