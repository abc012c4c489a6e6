//! Definitions of the aggregates, window functions and generators.

use super::signature::{Out, Want, alike, cast, count, give, signature, unexpected_input, want};
use super::sketches::filled;
use super::types::bounded_decimal;
use super::{AggregateFunction, GeneratorFunction, ResolveContext, Resolved, WindowFunction};
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType::{self, Binary, Boolean, Double, Integer, Long, String as Text};
use crate::logical::types::{StructField, StructType};
use Out::{Maybe, MaybeArg, Never, Of};
use Want::{Any, Array, Bool, Double as Real, Int, Str};

macro_rules! aggregates {
    ($($name:literal [$($alias:literal),*] = $resolve:expr;)*) => {
        pub(super) static AGGREGATES: &[AggregateFunction] = &[$(AggregateFunction {
            name: $name,
            aliases: &[$($alias),*],
            resolve: |args, context| {
                let resolve: fn(&str, Vec<Expr>, &ResolveContext) -> Result<Resolved> = $resolve;
                resolve($name, args, context)
            },
        }),*];
    };
}

aggregates! {
    "count" [] = |name, args, context| super::signature::variadic(name, args, context, 1, Any, Never(Long));
    "sum" [] = sum;
    "try_sum" [] = sum;
    "avg" ["mean"] = avg;
    "try_avg" [] = avg;
    "min" [] = orderable;
    "max" [] = orderable;
    "pivotfirst" [] = pivot_first;
    "first" ["first_value"] = first;
    "last" ["last_value"] = first;
    "any_value" [] = first;
    "collect_list" ["array_agg"] = collect;
    "collect_set" [] = collect_set;
    "approx_count_distinct" [] = |name, args, context| signature(name, args, context, &[Any, Real], 1, Never(Long));
    "stddev" ["std", "stddev_samp"] = real;
    "stddev_pop" [] = real;
    "variance" ["var_samp"] = real;
    "var_pop" [] = real;
    "skewness" [] = real;
    "kurtosis" [] = real;
    "corr" [] = two_reals;
    "covar_pop" [] = two_reals;
    "covar_samp" [] = two_reals;
    "regr_count" [] = |name, args, context| signature(name, args, context, &[Real, Real], 0, Never(Long));
    "regr_avgx" [] = two_reals;
    "regr_avgy" [] = two_reals;
    "regr_slope" [] = two_reals;
    "regr_intercept" [] = two_reals;
    "regr_r2" [] = two_reals;
    "regr_sxx" [] = two_reals;
    "regr_sxy" [] = two_reals;
    "regr_syy" [] = two_reals;
    "percentile" ["percentile_cont"] = percentile;
    "percentile_approx" ["approx_percentile"] = percentile_approx;
    "median" [] = median;
    "mode" [] = |name, args, context| signature(name, args, context, &[Any, Bool], 1, MaybeArg(0));
    "max_by" [] = by;
    "min_by" [] = by;
    "bool_and" ["every"] = |name, args, context| signature(name, args, context, &[Bool], 0, Maybe(Boolean));
    "bool_or" ["some", "any"] = |name, args, context| signature(name, args, context, &[Bool], 0, Maybe(Boolean));
    "count_if" [] = |name, args, context| signature(name, args, context, &[Bool], 0, Never(Long));
    "bit_and" [] = |name, args, context| signature(name, args, context, &[Want::Whole], 0, MaybeArg(0));
    "bit_or" [] = |name, args, context| signature(name, args, context, &[Want::Whole], 0, MaybeArg(0));
    "bit_xor" [] = |name, args, context| signature(name, args, context, &[Want::Whole], 0, MaybeArg(0));
    "product" [] = real;
    "listagg" ["string_agg"] = listagg;
    "grouping" [] = |name, args, context| signature(name, args, context, &[Any], 0, Never(DataType::Byte));
    "grouping_id" [] = |name, args, context| super::signature::variadic(name, args, context, 0, Any, Never(Long));
    "histogram_numeric" [] = histogram;
    "bitmap_construct_agg" [] = |name, args, context| signature(name, args, context, &[Want::Long], 0, Never(Binary));
    "bitmap_and_agg" [] = |name, args, context| signature(name, args, context, &[Want::Bin], 0, Never(Binary));
    "bitmap_or_agg" [] = |name, args, context| signature(name, args, context, &[Want::Bin], 0, Never(Binary));
    "count_min_sketch" [] = |name, args, context| frequencies(name, args, context);
    "schema_of_variant_agg" [] = |name, args, context| signature(name, args, context, &[Want::Variant], 0, Never(Text));
    "collect_union" [] = collect_union;
    "vector_sum" [] = vectors;
    "vector_avg" [] = vectors;
    "hll_sketch_agg" [] = |name, args, context| filled(name, args, context, &[Any, Int], Maybe(Binary));
    "hll_union_agg" [] = |name, args, context| filled(name, args, context, &[Want::Bin, Bool], Maybe(Binary));
    "theta_sketch_agg" [] = |name, args, context| filled(name, args, context, &[Any, Int], Maybe(Binary));
    "theta_union_agg" [] = |name, args, context| filled(name, args, context, &[Want::Bin, Int], Maybe(Binary));
    "theta_intersection_agg" [] = |name, args, context| signature(name, args, context, &[Want::Bin], 0, Maybe(Binary));
    "tuple_sketch_agg_double" [] = tuple_sketch;
    "tuple_sketch_agg_integer" [] = tuple_sketch;
    "tuple_union_agg_double" ["tuple_union_agg_integer"] = |name, args, context| filled(name, args, context, &[Want::Bin, Int, Str], Maybe(Binary));
    "tuple_intersection_agg_double" ["tuple_intersection_agg_integer"] = |name, args, context| filled(name, args, context, &[Want::Bin, Str], Maybe(Binary));
    "kll_sketch_agg_bigint" [] = kll_sketch;
    "kll_sketch_agg_float" [] = kll_sketch;
    "kll_sketch_agg_double" [] = kll_sketch;
    "kll_merge_agg_bigint" ["kll_merge_agg_float", "kll_merge_agg_double"] = |name, args, context| signature(name, args, context, &[Want::Bin, Int], 1, Maybe(Binary));
}

/// Value, error, confidence, seed; any seed will do when none is given.
fn frequencies(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 3 {
        args.push(Expr::int(0));
    }
    signature(name, args, context, &[Any, Real, Real, Want::Whole], 0, Never(Binary))
}

/// Key, summary, size, mode.
fn tuple_sketch(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if let Some(summary) = args.get_mut(1) {
        let kind = if super::sketches::kind_of(name) == Integer { Long } else { Double };
        *summary = cast(summary.clone(), &kind, context);
    }
    filled(name, args, context, &[Any, Want::Num, Int, Str], Maybe(Binary))
}

fn kll_sketch(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let mut resolved = signature(name, args, context, &[Want::Num, Int], 1, Maybe(Binary))?;
    resolved.args[0] = cast(resolved.args[0].clone(), &super::sketches::kind_of(name), context);
    Ok(resolved)
}

fn histogram(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let mut resolved = signature(name, args, context, &[Any, Int], 0, MaybeArg(0))?;
    let value = resolved.data_type;
    if !value.is_numeric() && !interval(&value) && !matches!(value, DataType::Date | DataType::Timestamp) {
        return Err(unexpected_input(name, &resolved.args[0], 0, "a number, a moment or an interval"));
    }
    let bin = row_of(vec![StructField::new("x", value, true), StructField::new("y", Double, true)]);
    resolved.data_type = DataType::array(bin);
    Ok(resolved)
}

/// With a third argument the values of that many rows, as an array; the order then stands first.
fn by(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() < 3 {
        return signature(name, args, context, &[Any, Any], 0, MaybeArg(0));
    }
    args.swap(0, 1);
    let resolved = signature(name, args, context, &[Any, Any, Int], 0, MaybeArg(1))?;
    Ok(Resolved { data_type: DataType::array(resolved.data_type), ..resolved })
}

fn collect_union(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array], 0, MaybeArg(0))?;
    match resolved.data_type {
        DataType::Array(element, _) => {
            Ok(Resolved { data_type: DataType::Array(element, false), nullable: false, args: resolved.args })
        }
        _ => Err(unexpected_input(name, &resolved.args[0], 0, "\"ARRAY\"")),
    }
}

fn vectors(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array], 0, MaybeArg(0))?;
    match &resolved.data_type {
        DataType::Array(element, _) if **element == DataType::Float => {
            Ok(Resolved { data_type: DataType::array(DataType::Float), ..resolved })
        }
        _ => Err(unexpected_input(name, &resolved.args[0], 0, "\"ARRAY<FLOAT>\"")),
    }
}

fn interval(data_type: &DataType) -> bool {
    matches!(data_type, DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..))
}

fn sum(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.first().is_some_and(|arg| interval(&arg.data_type())) {
        return signature(name, args, context, &[Any], 0, MaybeArg(0));
    }
    let resolved = signature(name, args, context, &[Want::Num], 0, MaybeArg(0))?;
    let data_type = match resolved.data_type {
        DataType::Decimal(precision, scale) => bounded_decimal(i16::from(precision) + 10, i16::from(scale)),
        ref whole if whole.is_integral() => Long,
        _ => Double,
    };
    Ok(Resolved { data_type, ..resolved })
}

fn avg(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.first().is_some_and(|arg| interval(&arg.data_type())) {
        let resolved = signature(name, args, context, &[Any], 0, MaybeArg(0))?;
        let data_type = match resolved.data_type {
            DataType::YearMonthInterval(..) => DataType::YEAR_MONTH,
            _ => DataType::DAY_TIME,
        };
        return Ok(Resolved { data_type, ..resolved });
    }
    let resolved = signature(name, args, context, &[Want::Num], 0, MaybeArg(0))?;
    let data_type = match resolved.data_type {
        DataType::Decimal(precision, scale) => bounded_decimal(i16::from(precision) + 4, i16::from(scale) + 4),
        _ => Double,
    };
    Ok(Resolved { data_type, ..resolved })
}

/// The pivot column, the value, the pivot values, and two places.
fn pivot_first(_name: &str, args: Vec<Expr>, _context: &ResolveContext) -> Result<Resolved> {
    let data_type = DataType::array(args.get(1).map_or(DataType::Null, Expr::data_type));
    Ok(Resolved { args, data_type, nullable: true })
}

fn orderable(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.first().is_some_and(|arg| arg.data_type().has_no_order()) {
        return Err(SparkError::analysis(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            format!("`{name}` needs values that can be ordered, and maps cannot"),
        ));
    }
    signature(name, args, context, &[Any], 0, MaybeArg(0))
}

/// The second argument says whether nulls are left out.
fn first(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Any, Bool], 1, MaybeArg(0))?;
    Ok(Resolved { nullable: true, ..resolved })
}

fn collect_set(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.first().is_some_and(|arg| arg.data_type().has_no_order()) {
        return Err(SparkError::analysis(
            "DATATYPE_MISMATCH.UNSUPPORTED_INPUT_TYPE",
            format!("`{name}` compares values, and maps cannot be compared"),
        )
        .with_parameters([
            ("functionName", format!("`{name}`")),
            ("dataType", "\"MAP\" or \"COLLATED STRING\"".to_owned()),
            ("sqlExpr", format!("\"{}\"", Expr::call(name, args).pretty_name())),
        ])
        .with_help("collect map_entries(...), or use collect_list"));
    }
    collect(name, args, context)
}

fn collect(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Any], 0, MaybeArg(0))?;
    Ok(Resolved { data_type: DataType::Array(Box::new(resolved.data_type), false), nullable: false, ..resolved })
}

fn real(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    signature(name, args, context, &[Real], 0, Maybe(Double))
}

fn two_reals(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    signature(name, args, context, &[Real, Real], 0, Maybe(Double))
}

fn median(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    real(name, args, context)
}

fn percentile(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 3)?;
    let many = matches!(args[1].data_type(), DataType::Array(..));
    let wanted = if many { DataType::Array(Box::new(Double), false) } else { Double };
    let mut args = args;
    args[0] = want(name, args[0].clone(), 0, Real, context)?;
    args[1] = cast(args[1].clone(), &wanted, context);
    Ok(give(args, Maybe(wanted)))
}

fn percentile_approx(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 3)?;
    let mut args = args;
    if args.len() == 2 {
        args.push(Expr::int(10_000));
    }
    let value = args[0].data_type();
    let out = if value.is_numeric() || matches!(value, DataType::Date | DataType::Timestamp) {
        value
    } else {
        args[0] = want(name, args[0].clone(), 0, Real, context)?;
        Double
    };
    let many = matches!(args[1].data_type(), DataType::Array(..));
    let wanted = if many { DataType::Array(Box::new(Double), false) } else { Double };
    args[1] = cast(args[1].clone(), &wanted, context);
    let out = if many { DataType::Array(Box::new(out), false) } else { out };
    Ok(give(args, Maybe(out)))
}

fn listagg(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let mut args = args;
    if args.len() == 1 {
        args.push(Expr::Literal(Scalar::Null, Text));
    }
    if args.first().is_some_and(|arg| arg.data_type() == Binary) {
        return signature(name, args, context, &[Want::Bin, Want::Bin], 0, Maybe(Binary));
    }
    signature(name, args, context, &[Str, Str], 0, Maybe(Text))
}

macro_rules! windows {
    ($($name:literal $nullable:literal = $resolve:expr;)*) => {
        pub(super) static WINDOWS: &[WindowFunction] = &[$(WindowFunction {
            name: $name,
            aliases: &[],
            resolve: |args, context| {
                let resolve: fn(&str, Vec<Expr>, &ResolveContext) -> Result<Resolved> = $resolve;
                resolve($name, args, context)
            },
            nullable: $nullable,
        }),*];
    };
}

windows! {
    "row_number" false = |name, args, context| signature(name, args, context, &[], 0, Never(Integer));
    "rank" false = |name, args, context| super::signature::variadic(name, args, context, 0, Any, Never(Integer));
    "dense_rank" false = |name, args, context| super::signature::variadic(name, args, context, 0, Any, Never(Integer));
    "percent_rank" false = |name, args, context| super::signature::variadic(name, args, context, 0, Any, Never(Double));
    "cume_dist" false = |name, args, context| signature(name, args, context, &[], 0, Never(Double));
    "ntile" false = ntile;
    "lag" true = offset;
    "lead" true = offset;
    "nth_value" true = |name, args, context| signature(name, args, context, &[Any, Int, Bool], 1, MaybeArg(0));
}

fn ntile(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.is_empty() {
        args.push(Expr::int(1));
    }
    if super::signature::constant_int(&args[0]).is_some_and(|buckets| buckets < 1) {
        return Err(SparkError::analysis(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            "the number of buckets of `ntile` must be positive",
        )
        .with_subject(name));
    }
    signature(name, args, context, &[Int], 0, Never(Integer))
}

/// `lag(value, offset, default)`: always three arguments once resolved.
fn offset(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, 3)?;
    if args.len() == 1 {
        args.push(Expr::int(1));
    }
    if args.len() == 2 {
        args.push(Expr::Literal(Scalar::Null, DataType::Null));
    }
    let value = args[0].data_type();
    let default = cast(args.remove(2), &value, context);
    args.push(default);
    signature(name, args, context, &[Any, Int, Any], 0, MaybeArg(0))
}

macro_rules! generators {
    ($($name:literal [$($alias:literal),*] = $resolve:expr;)*) => {
        pub(super) static GENERATORS: &[GeneratorFunction] = &[$(GeneratorFunction {
            name: $name,
            aliases: &[$($alias),*],
            resolve: |args, context| {
                let resolve: fn(&str, Vec<Expr>, &ResolveContext) -> Result<Resolved> = $resolve;
                resolve($name, args, context)
            },
        }),*];
    };
}

generators! {
    "explode" [] = explode;
    "explode_outer" [] = explode;
    "posexplode" [] = explode;
    "posexplode_outer" [] = explode;
    "inline" [] = inline;
    "inline_outer" [] = inline;
    "stack" [] = stack;
    "json_tuple" [] = json_tuple;
    "variant_explode" [] = variant_explode;
    "variant_explode_outer" [] = variant_explode;
}

fn row_of(fields: Vec<StructField>) -> DataType {
    DataType::Struct(StructType::new(fields))
}

/// A generator's type is the struct of the columns it gives.
fn explode(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, 1)?;
    let outer = name.ends_with("_outer");
    let mut fields = match args[0].data_type() {
        DataType::Array(element, nullable) => vec![StructField::new("col", *element, nullable || outer)],
        DataType::Map(key, value, nullable) => {
            vec![StructField::new("key", *key, outer), StructField::new("value", *value, nullable || outer)]
        }
        _ => return Err(unexpected_input(name, &args[0], 0, "(\"ARRAY\" or \"MAP\")")),
    };
    if name.starts_with("pos") {
        fields.insert(0, StructField::new("pos", Integer, outer));
    }
    signature(name, args, context, &[Any], 0, Of(row_of(fields)))
}

fn inline(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array], 0, Of(DataType::Null))?;
    match resolved.args[0].data_type() {
        DataType::Array(element, nullable) => match *element {
            DataType::Struct(mut fields) => {
                for field in &mut fields.fields {
                    field.nullable = field.nullable || nullable || name.ends_with("_outer");
                }
                Ok(Resolved { data_type: DataType::Struct(fields), ..resolved })
            }
            _ => Err(unexpected_input(name, &resolved.args[0], 0, "an \"ARRAY\" of \"STRUCT\"")),
        },
        _ => Err(unexpected_input(name, &resolved.args[0], 0, "an \"ARRAY\" of \"STRUCT\"")),
    }
}

fn stack(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, usize::MAX)?;
    let rows = super::signature::constant_int(&args[0]).filter(|rows| *rows > 0).ok_or_else(|| {
        SparkError::analysis(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            "the first argument of `stack` must be a positive constant",
        )
    })? as usize;
    let mut args = args;
    let values = args.split_off(1);
    let width = values.len().div_ceil(rows);
    let mut columns: Vec<Vec<Expr>> = vec![Vec::new(); width];
    for (i, value) in values.into_iter().enumerate() {
        columns[i % width].push(value);
    }
    let mut fields = Vec::new();
    let mut typed = Vec::new();
    for (i, column) in columns.into_iter().enumerate() {
        let short = column.len() < rows;
        let (column, data_type) = alike(name, column, context)?;
        let nullable = short || column.iter().any(Expr::nullable);
        fields.push(StructField::new(format!("col{i}"), data_type, nullable));
        typed.push(column);
    }
    for row in 0..rows {
        args.extend(typed.iter().filter_map(|column| column.get(row).cloned()));
    }
    Ok(Resolved { args, data_type: row_of(fields), nullable: false })
}

/// Place, name (of a field), value.
fn variant_explode(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let outer = name.ends_with("_outer");
    let fields = vec![
        StructField::new("pos", Integer, outer),
        StructField::new("key", Text, true),
        StructField::new("value", DataType::Variant, outer),
    ];
    signature(name, args, context, &[Want::Variant], 0, Of(row_of(fields)))
}

fn json_tuple(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let fields = (0..args.len().saturating_sub(1)).map(|i| StructField::new(format!("c{i}"), Text, true)).collect();
    super::signature::variadic(name, args, context, 2, Str, Of(row_of(fields)))
}
