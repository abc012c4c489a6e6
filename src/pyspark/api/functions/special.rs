//! The functions whose Python form is not a plain call.

use crate::common::ErrorClass;
use crate::logical::expr::{Call, Expr};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::pyspark::api::column::{Column, column_or_name, column_value, direction, lit, when};
use crate::pyspark::api::support::{column_of_name, given, not_expected_type, raise, text_argument, value_not_allowed};
use crate::pyspark::api::types::TypeObject;
use crate::pyspark::api::{dataframe, udf, udtf};
use crate::pyspark::lang::{Args, Interpreter, PyResult, Raised, Value};

type Native = fn(&mut Interpreter, Args) -> PyResult;

/// Names and what they do.
pub const SPECIAL: &[(&str, Native)] = &[
    ("col", col),
    ("column", col),
    ("lit", |interp, args| {
        let value = args.only("lit", "col")?;
        Ok(column_value(lit(interp, &value)?))
    }),
    ("expr", expr),
    ("when", when),
    ("udf", udf::udf),
    ("udtf", udtf::udtf),
    ("broadcast", |interp, args| {
        let frame = args.only("broadcast", "df")?;
        dataframe::hint(interp, &frame, "broadcast", Vec::new())
    }),
    ("asc", |interp, args| sorted(interp, "asc", args)),
    ("asc_nulls_first", |interp, args| sorted(interp, "asc_nulls_first", args)),
    ("asc_nulls_last", |interp, args| sorted(interp, "asc_nulls_last", args)),
    ("desc", |interp, args| sorted(interp, "desc", args)),
    ("desc_nulls_first", |interp, args| sorted(interp, "desc_nulls_first", args)),
    ("desc_nulls_last", |interp, args| sorted(interp, "desc_nulls_last", args)),
    ("count_distinct", count_distinct),
    ("countDistinct", count_distinct),
    ("sum_distinct", |interp, args| distinct(interp, "sum", args)),
    ("sumDistinct", |interp, args| distinct(interp, "sum", args)),
    ("listagg_distinct", |interp, args| distinct(interp, "listagg", args)),
    ("string_agg_distinct", |interp, args| distinct(interp, "string_agg", args)),
    ("struct", |interp, args| columns(interp, "struct", args)),
    ("array", |interp, args| columns(interp, "array", args)),
    ("create_map", |interp, args| columns(interp, "map", args)),
    ("first", |interp, args| ignoring(interp, "first", args)),
    ("last", |interp, args| ignoring(interp, "last", args)),
    ("first_value", |interp, args| ignoring(interp, "first_value", args)),
    ("last_value", |interp, args| ignoring(interp, "last_value", args)),
    ("lag", |interp, args| shifted(interp, "lag", args)),
    ("lead", |interp, args| shifted(interp, "lead", args)),
    ("nth_value", nth_value),
    ("log", log),
    ("session_window", session_window),
    ("window", window),
    ("concat_ws", |interp, args| literal_then_columns(interp, "concat_ws", args)),
    ("format_string", |interp, args| literal_then_columns(interp, "format_string", args)),
    ("printf", |interp, args| {
        let items = args.positional.iter().map(|item| column_or_name(interp, "cols", item)).collect::<PyResult<_>>()?;
        Ok(column_value(Expr::call("printf", items)))
    }),
    ("current_time", |interp, args| {
        let [precision] = args.bind("current_time", ["precision"], 0)?;
        let precision = match given(precision) {
            Some(precision) => {
                let count = precision.as_int().and_then(|count| i32::try_from(count).ok());
                vec![Expr::int(count.ok_or_else(|| not_expected_type(interp, "precision", "int", &precision))?)]
            }
            None => Vec::new(),
        };
        Ok(column_value(Expr::call("current_time", precision)))
    }),
    ("json_tuple", json_tuple),
    ("sha2", sha2),
    ("variant_get", |interp, args| from_variant(interp, "variant_get", args)),
    ("try_variant_get", |interp, args| from_variant(interp, "try_variant_get", args)),
    ("variant_delete", variant_delete),
    ("from_json", |interp, args| parse_with_schema(interp, "from_json", args)),
    ("from_csv", |interp, args| parse_with_schema(interp, "from_csv", args)),
    ("from_xml", |interp, args| parse_with_schema(interp, "from_xml", args)),
    ("to_xml", |interp, args| with_options(interp, "to_xml", args)),
    ("schema_of_xml", |interp, args| with_options(interp, "schema_of_xml", args)),
    ("to_json", |interp, args| with_options(interp, "to_json", args)),
    ("to_csv", |interp, args| with_options(interp, "to_csv", args)),
    ("schema_of_json", |interp, args| with_options(interp, "schema_of_json", args)),
    ("schema_of_csv", |interp, args| with_options(interp, "schema_of_csv", args)),
    ("call_function", call_by_name),
    ("call_udf", call_by_name),
];

/// Names that exist in PySpark and are refused by name.
pub const UNSUPPORTED: &[&str] = &[
    "arrow_udtf",
    "current_path",
    "timestamp_nanos",
    "unix_nanos",
    "pandas_udf",
    "arrow_udf",
    "collate",
    "input_file_block_length",
    "input_file_block_start",
    "java_method",
    "reflect",
    "try_reflect",
    "unwrap_udt",
    "partitioning",
    "years",
    "months",
    "days",
    "hours",
    "bucket",
];

/// Functions of the type `time`, which Spark refuses unless it is switched on.
pub const OF_TIME: &[&str] = &[
    "make_time",
    "time_diff",
    "time_from_micros",
    "time_from_millis",
    "time_from_seconds",
    "time_to_micros",
    "time_to_millis",
    "time_to_seconds",
    "time_trunc",
    "to_time",
    "try_to_time",
];

/// Names that `from pyspark.sql.functions import *` leaves alone: what Python has too, and PySpark's names of long ago.
pub const NOT_EXPORTED: &[&str] = &[
    "approxCountDistinct",
    "bitwiseNOT",
    "chr",
    "countDistinct",
    "partitioning",
    "shiftLeft",
    "shiftRight",
    "shiftRightUnsigned",
    "sumDistinct",
    "toDegrees",
    "toRadians",
    "uuid",
];

fn col(interp: &mut Interpreter, args: Args) -> PyResult {
    let [name] = args.bind("col", ["col"], 1)?;
    let name = text_argument(interp, "col", &name.unwrap_or(Value::None))?;
    Ok(column_value(column_of_name(&name)?))
}

fn expr(interp: &mut Interpreter, args: Args) -> PyResult {
    let [text] = args.bind("expr", ["str"], 1)?;
    let text = text_argument(interp, "str", &text.unwrap_or(Value::None))?;
    Ok(column_value(interp.host()?.parse_expr(&text)?))
}

fn sorted(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let value = args.only(name, "col")?;
    let column = column_or_name(interp, "col", &value)?;
    Ok(direction(name, column).unwrap_or(Value::None))
}

fn aggregate(name: &str, args: Vec<Expr>, distinct: bool, ignore_nulls: bool) -> Value {
    match Expr::call(name, args) {
        Expr::Call(call) => column_value(Expr::Call(Call { distinct, ignore_nulls, ..call })),
        other => column_value(other),
    }
}

fn count_distinct(interp: &mut Interpreter, args: Args) -> PyResult {
    let items = args.positional.iter().map(|item| column_or_name(interp, "col", item)).collect::<PyResult<Vec<_>>>()?;
    if items.is_empty() {
        return Err(crate::pyspark::lang::type_error("count_distinct() missing 1 required positional argument: 'col'"));
    }
    Ok(aggregate("count", items, true, false))
}

fn distinct(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let mut items = Vec::new();
    for (i, value) in args.positional.iter().enumerate() {
        items.push(if i == 0 { column_or_name(interp, "col", value)? } else { lit(interp, value)? });
    }
    Ok(aggregate(name, items, true, false))
}

fn columns(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let mut items = args.flattened(interp)?;
    if let [only] = items.as_slice()
        && matches!(only, Value::Set(_))
    {
        items = interp.items(only)?;
    }
    let exprs = items.iter().map(|item| column_or_name(interp, "cols", item)).collect::<PyResult<_>>()?;
    Ok(column_value(Expr::call(name, exprs)))
}

fn ignoring(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let parameter = if name.ends_with("_value") { "ignoreNulls" } else { "ignorenulls" };
    let [column, ignore] = args.bind(name, ["col", parameter], 1)?;
    let column = column_or_name(interp, "col", &column.unwrap_or(Value::None))?;
    let ignore = match ignore {
        Some(flag) => match flag.downcast::<Column>() {
            Some(Column { expr: Expr::Literal(Scalar::Boolean(truth), _) }) => *truth,
            _ => interp.truth(&flag)?,
        },
        None => false,
    };
    Ok(aggregate(name, vec![column], false, ignore))
}

fn shifted(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let [column, offset, default] = args.bind(name, ["col", "offset", "default"], 1)?;
    let column = column_or_name(interp, "col", &column.unwrap_or(Value::None))?;
    let offset = lit(interp, &offset.unwrap_or(Value::Int(1)))?;
    let default = lit(interp, &default.unwrap_or(Value::None))?;
    Ok(column_value(Expr::call(name, vec![column, offset, default])))
}

fn nth_value(interp: &mut Interpreter, args: Args) -> PyResult {
    let [column, offset, ignore] = args.bind("nth_value", ["col", "offset", "ignoreNulls"], 2)?;
    let column = column_or_name(interp, "col", &column.unwrap_or(Value::None))?;
    let offset = lit(interp, &offset.unwrap_or(Value::None))?;
    let ignore = ignore.map_or(Ok(false), |flag| interp.truth(&flag))?;
    Ok(aggregate("nth_value", vec![column, offset], false, ignore))
}

fn log(interp: &mut Interpreter, args: Args) -> PyResult {
    let [first, second] = args.bind("log", ["arg1", "arg2"], 1)?;
    let first = first.unwrap_or(Value::None);
    Ok(column_value(match given(second) {
        None => Expr::call("ln", vec![column_or_name(interp, "arg1", &first)?]),
        Some(second) => {
            let base = lit(interp, &first)?;
            Expr::call("log", vec![base, column_or_name(interp, "arg2", &second)?])
        }
    }))
}

fn window(interp: &mut Interpreter, args: Args) -> PyResult {
    let [time, duration, slide, start] =
        args.bind("window", ["timeColumn", "windowDuration", "slideDuration", "startTime"], 2)?;
    let mut parts = vec![column_or_name(interp, "timeColumn", &time.unwrap_or(Value::None))?];
    let duration = text_argument(interp, "windowDuration", &duration.unwrap_or(Value::None))?;
    let slide = given(slide).map(|value| text_argument(interp, "slideDuration", &value)).transpose()?;
    let start = given(start).map(|value| text_argument(interp, "startTime", &value)).transpose()?;
    parts.push(Expr::literal(Scalar::String(duration.clone())));
    if slide.is_some() || start.is_some() {
        parts.push(Expr::literal(Scalar::String(slide.unwrap_or(duration))));
    }
    if let Some(start) = start {
        parts.push(Expr::literal(Scalar::String(start)));
    }
    Ok(column_value(Expr::call("window", parts).alias("window")))
}

fn session_window(interp: &mut Interpreter, args: Args) -> PyResult {
    let [time, gap] = args.bind("session_window", ["timeColumn", "gapDuration"], 2)?;
    let time = column_or_name(interp, "timeColumn", &time.unwrap_or(Value::None))?;
    let gap = gap.unwrap_or(Value::None);
    let gap = match gap.native() {
        Value::Str(_) => lit(interp, &gap)?,
        _ => column_or_name(interp, "gapDuration", &gap)?,
    };
    Ok(column_value(Expr::call("session_window", vec![time, gap]).alias("session_window")))
}

fn literal_then_columns(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let mut items = args.positional.into_iter();
    let Some(first) = items.next() else {
        return Err(crate::pyspark::lang::type_error(format!("{name}() missing 1 required positional argument")));
    };
    let mut parts = vec![lit(interp, &first)?];
    let rest: Vec<Value> = items.collect();
    let rest = Args::of(rest).flattened(interp)?;
    for item in &rest {
        parts.push(column_or_name(interp, "cols", item)?);
    }
    Ok(column_value(Expr::call(name, parts)))
}

fn sha2(interp: &mut Interpreter, args: Args) -> PyResult {
    let [column, bits] = args.bind("sha2", ["col", "numBits"], 2)?;
    let column = column_or_name(interp, "col", &column.unwrap_or(Value::None))?;
    let bits = bits.unwrap_or(Value::None);
    if !matches!(bits.as_int(), Some(0 | 224 | 256 | 384 | 512)) {
        return Err(value_not_allowed("numBits", "[0, 224, 256, 384, 512]"));
    }
    Ok(column_value(Expr::call("sha2", vec![column, lit(interp, &bits)?])))
}

fn json_tuple(interp: &mut Interpreter, args: Args) -> PyResult {
    let mut parts = Vec::new();
    for (i, item) in args.positional.iter().enumerate() {
        parts.push(if i == 0 { column_or_name(interp, "col", item)? } else { lit(interp, item)? });
    }
    if parts.len() < 2 {
        return Err(raise(ErrorClass::PySparkValueError, "CANNOT_BE_EMPTY", "At least one `field` must be specified."));
    }
    Ok(column_value(Expr::call("json_tuple", parts)))
}

fn options_expr(interp: &mut Interpreter, options: Option<Value>) -> PyResult<Option<Expr>> {
    let Some(options) = given(options) else { return Ok(None) };
    let Some(dict) = options.as_dict() else { return Err(not_expected_type(interp, "options", "dict", &options)) };
    let pairs: Vec<_> = dict.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut parts = Vec::new();
    for (key, value) in pairs {
        parts.push(Expr::literal(Scalar::String(interp.str(&key)?)));
        parts.push(Expr::literal(Scalar::String(crate::pyspark::api::options::option_text(interp, &value)?)));
    }
    Ok(Some(Expr::call("map", parts)))
}

fn parse_with_schema(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let [column, schema, options] = args.bind(name, ["col", "schema", "options"], 2)?;
    let column = column_or_name(interp, "col", &column.unwrap_or(Value::None))?;
    let schema = schema.unwrap_or(Value::None);
    let schema = if let Some(object) = schema.downcast::<TypeObject>() {
        let data_type: DataType = object.0.borrow().clone();
        Expr::literal(Scalar::String(data_type.json_value().to_string()))
    } else if schema.as_str().is_some() || schema.downcast::<Column>().is_some() {
        lit(interp, &schema)?
    } else {
        return Err(not_expected_type(interp, "schema", "Column, str or DataType", &schema));
    };
    let mut parts = vec![column, schema];
    parts.extend(options_expr(interp, options)?);
    Ok(column_value(Expr::call(name, parts)))
}

/// `variant_get(v, path, targetType)`: a path that is text is no column's name.
fn from_variant(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let [value, path, target] = args.bind(name, ["v", "path", "targetType"], 3)?;
    let value = column_or_name(interp, "v", &value.unwrap_or(Value::None))?;
    let path = lit(interp, &path.unwrap_or(Value::None))?;
    let target = lit(interp, &target.unwrap_or(Value::None))?;
    Ok(column_value(Expr::call(name, vec![value, path, target])))
}

fn variant_delete(interp: &mut Interpreter, mut args: Args) -> PyResult {
    let first = args.take_keyword("v");
    let mut given = first.into_iter().chain(args.positional);
    let Some(value) = given.next() else {
        return Err(crate::pyspark::lang::args::missing_arguments("variant_delete", "positional", &["v"]));
    };
    let mut parts = vec![column_or_name(interp, "v", &value)?];
    for path in given {
        parts.push(lit(interp, &path)?);
    }
    Ok(column_value(Expr::call("variant_delete", parts)))
}

fn with_options(interp: &mut Interpreter, name: &str, args: Args) -> PyResult {
    let parameter = match name {
        "schema_of_json" => "json",
        "schema_of_csv" => "csv",
        "schema_of_xml" => "xml",
        _ => "col",
    };
    let [column, options] = args.bind(name, [parameter, "options"], 1)?;
    let column = column.unwrap_or(Value::None);
    let column = if parameter == "col" { column_or_name(interp, "col", &column)? } else { lit(interp, &column)? };
    let mut parts = vec![column];
    parts.extend(options_expr(interp, options)?);
    Ok(column_value(Expr::call(name, parts)))
}

fn call_by_name(interp: &mut Interpreter, args: Args) -> PyResult {
    let mut items = args.positional.into_iter();
    let name: Result<String, Raised> = match items.next() {
        Some(name) => text_argument(interp, "funcName", &name),
        None => {
            Err(crate::pyspark::lang::type_error("call_function() missing 1 required positional argument: 'funcName'"))
        }
    };
    let name = name?;
    let parts = items.map(|item| column_or_name(interp, "cols", &item)).collect::<PyResult<_>>()?;
    Ok(column_value(Expr::call(name, parts)))
}
