//! Definitions of the conditional functions, JSON and CSV, and what fits nowhere else.

use super::signature::{
    Out, Want, alike, cast, constant_text, count, different_types, give, pair, signature, unexpected_input,
};
use super::{ResolveContext, Resolved, ScalarFunction, scalar_functions};
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType::{self, Boolean, Integer, Long, String as Text};
use Out::{Maybe, Never, Of};
use Want::{Any, Bool, Map, Str};

scalar_functions! {
    pub(super) static TABLE = {
        "coalesce" [] = coalesce;
        "nvl" ["ifnull"] = nvl;
        "nvl2" [] = nvl2;
        "nullif" [] = nullif;
        "nullifzero" [] (Any) => Out::MaybeArg(0);
        "zeroifnull" [] = zeroifnull;
        "if" [] = if_then_else;
        "isnull" [] (Any) => Never(Boolean);
        "isnotnull" [] (Any) => Never(Boolean);
        "not" [] (Bool) => Of(Boolean);
        "equal_null" [] = equal_null;
        "get_json_object" [] (Str, Str) => Maybe(Text);
        "from_json" [] = from_json;
        "to_json" [] = to_json;
        "schema_of_json" [] (Str, Map; 1) => Never(Text);
        "json_array_length" [] (Str) => Maybe(Integer);
        "json_object_keys" [] (Str) => Maybe(DataType::array(Text));
        "from_csv" [] = from_json;
        "to_csv" [] = to_json;
        "from_xml" [] = from_json;
        "to_xml" [] = to_json;
        "schema_of_xml" [] (Str, Map; 1) => Never(Text);
        "xpath" [] (Str, Str) => Maybe(DataType::array(Text));
        "xpath_boolean" [] (Str, Str) => Maybe(Boolean);
        "xpath_string" [] (Str, Str) => Maybe(Text);
        "xpath_double" ["xpath_number"] (Str, Str) => Maybe(DataType::Double);
        "xpath_float" [] (Str, Str) => Maybe(DataType::Float);
        "xpath_int" [] (Str, Str) => Maybe(Integer);
        "xpath_long" [] (Str, Str) => Maybe(Long);
        "xpath_short" [] (Str, Str) => Maybe(DataType::Short);
        "schema_of_csv" [] (Str, Map; 1) => Never(Text);
        "monotonically_increasing_id" [] once = |name, args, context| signature(name, args, context, &[], 0, Never(Long));
        "spark_partition_id" [] once = |name, args, context| signature(name, args, context, &[], 0, Never(Integer));
        "input_file_name" [] once = |name, args, context| signature(name, args, context, &[], 0, Never(Text));
        "uuid" [] once = |name, args, context| signature(name, args, context, &[Want::Long], 1, Never(Text));
        "version" [] () => Never(Text);
        "typeof" [] (Any) => Never(Text);
        "current_user" ["user", "session_user"] () => Never(Text);
        "current_catalog" [] () => Never(Text);
        "current_database" ["current_schema"] () => Never(Text);
        "raise_error" [] once = |name, args, context| signature(name, args, context, &[Str], 0, Maybe(DataType::Null));
        "assert_true" [] once = |name, args, context| signature(name, args, context, &[Bool, Str], 1, Maybe(DataType::Null));
        "normalize_nan_and_zero" [] (Any) => Out::Arg(0);
        "string" [] = |name, args, context| convert(name, args, context, Text);
        "int" [] = |name, args, context| convert(name, args, context, Integer);
        "bigint" [] = |name, args, context| convert(name, args, context, Long);
        "smallint" [] = |name, args, context| convert(name, args, context, DataType::Short);
        "tinyint" [] = |name, args, context| convert(name, args, context, DataType::Byte);
        "double" [] = |name, args, context| convert(name, args, context, DataType::Double);
        "float" [] = |name, args, context| convert(name, args, context, DataType::Float);
        "decimal" [] = |name, args, context| convert(name, args, context, DataType::Decimal(10, 0));
        "boolean" [] = |name, args, context| convert(name, args, context, Boolean);
        "binary" [] = |name, args, context| convert(name, args, context, DataType::Binary);
        "date" [] = |name, args, context| convert(name, args, context, DataType::Date);
        "timestamp" [] = |name, args, context| convert(name, args, context, DataType::Timestamp);
    }
}

fn coalesce(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, usize::MAX)?;
    let (args, data_type) = alike(name, args, context)?;
    let nullable = args.iter().all(Expr::nullable);
    Ok(Resolved { args, data_type, nullable })
}

fn nvl(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    coalesce(name, args, context)
}

fn nvl2(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 3, 3)?;
    let all = pair(name, &args[1], &args[2], context)?;
    let args: Vec<Expr> =
        args.into_iter().enumerate().map(|(i, arg)| if i == 0 { arg } else { cast(arg, &all, context) }).collect();
    let nullable = args[1..].iter().any(Expr::nullable);
    Ok(Resolved { args, data_type: all, nullable })
}

/// Keeps the type of its first argument; the comparison is made in the common type.
fn nullif(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let all = pair(name, &args[0], &args[1], context)?;
    let data_type = args[0].data_type();
    let mut args = args;
    let second = args.remove(1);
    let compared = cast(args[0].clone(), &all, context);
    args.push(cast(second, &all, context));
    if compared.data_type() != data_type {
        args.push(compared);
    }
    Ok(Resolved { args, data_type, nullable: true })
}

fn zeroifnull(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Want::Num], 0, Out::Arg(0))?;
    Ok(Resolved { nullable: false, ..resolved })
}

fn if_then_else(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 3, 3)?;
    let all = pair(name, &args[1], &args[2], context)?;
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| match i {
            0 => super::signature::want(name, arg, 0, Bool, context),
            _ => Ok(cast(arg, &all, context)),
        })
        .collect::<Result<Vec<_>>>()?;
    let nullable = args[1..].iter().any(Expr::nullable);
    Ok(Resolved { args, data_type: all, nullable })
}

fn equal_null(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let (args, _) = alike(name, args, context)?;
    Ok(give(args, Never(Boolean)))
}

/// The schema is a constant: DDL text, or a null literal of the type, which callers make from `StructType` objects.
fn from_json(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 3)?;
    let mut args = args;
    if let Some(ddl) = constant_text(&args[1]) {
        let (columns, single) = crate::logical::ddl::parse_columns_or_type(ddl)?;
        let data_type = match columns.fields.first() {
            Some(only) if single => only.data_type.clone(),
            _ => DataType::Struct(columns),
        };
        args[1] = Expr::Literal(Scalar::Null, data_type);
    }
    let data_type = args[1].data_type();
    if !data_type.is_nested() && data_type != DataType::Variant {
        return Err(SparkError::analysis(
            "INVALID_SCHEMA.NON_STRING_LITERAL",
            format!("the second argument of `{name}` must be a schema"),
        )
        .with_subject(name));
    }
    let data_type = data_type.all_nullable();
    args[0] = super::signature::want(name, args[0].clone(), 0, Str, context)?;
    Ok(Resolved { args, data_type, nullable: true })
}

fn to_json(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, 2)?;
    let of = args[0].data_type();
    if !of.is_nested() && of != DataType::Variant {
        return Err(unexpected_input(name, &args[0], 0, "a \"STRUCT\", \"ARRAY\", \"MAP\" or \"VARIANT\""));
    }
    Ok(give(args, Of(Text)))
}

fn convert(name: &str, args: Vec<Expr>, context: &ResolveContext, to: DataType) -> Result<Resolved> {
    count(name, &args, 1, 1)?;
    if !super::types::can_cast(&args[0].data_type(), &to, context.ansi) {
        return Err(different_types(name, &args));
    }
    let args: Vec<Expr> = args.into_iter().map(|arg| cast(arg, &to, context)).collect();
    Ok(give(args, Of(to)))
}
