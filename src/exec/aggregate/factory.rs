//! From a call to its accumulator.

use super::accumulator::Accumulator;
use super::collected::{Collect, Collected, fractions_of};
use super::folded::Fold;
use super::moments::{Moment, Moments, Pair, Pairs};
use super::pivot::PivotFirst;
use super::quantiles::{QuantileQuery, Quantiles};
use super::sketch::DistinctSketch;
use super::slots::{By, Extreme, Position};
use super::sums::{Average, Count, CountIf, Overflow, SumDecimal, SumDouble, SumWhole, bits, flags, product};
use crate::common::{Result, SparkError};
use crate::exec::datasketch::keyed::Mode;
use crate::exec::datasketch::{DEFAULT_K, DEFAULT_LOG_SIZE};
use crate::exec::expression::Bound;
use crate::exec::task::TaskContext;
use crate::logical::expr::{AggregateCall, Expr};
use crate::logical::functions::buffers::buffer_types;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use arrow::datatypes as types;
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use std::sync::Arc;

/// An accumulator for `call`.
///
/// # Errors
/// For a function that has none, or constant arguments that make no sense.
pub fn accumulator(call: &AggregateCall, context: &TaskContext) -> Result<Box<dyn Accumulator>> {
    let argument = |i: usize| call.args.get(i).map_or(DataType::Null, Expr::data_type);
    let policy = |name: &str| {
        if name.starts_with("try_") {
            Overflow::Null
        } else if context.conf.ansi() {
            Overflow::Raise
        } else {
            Overflow::Wrap
        }
    };
    let name = call.function.name;
    Ok(match name {
        "count" => Box::<Count>::default(),
        "count_if" => Box::<CountIf>::default(),
        "regr_count" => Box::<Count>::default(),
        "sum" | "try_sum" => match &call.data_type {
            DataType::Decimal(precision, scale) => Box::new(SumDecimal::new((*precision, *scale), policy(name))),
            DataType::Float | DataType::Double => Box::<SumDouble>::default(),
            other => Box::new(SumWhole::new(other.clone(), policy(name))),
        },
        "avg" | "try_avg" => Box::new(Average::new(argument(0), call.data_type.clone(), policy(name))),
        "min" => extreme(&call.data_type, false)?,
        "max" => extreme(&call.data_type, true)?,
        "pivotfirst" => pivot(call)?,
        "min_by" if call.args.len() == 2 => Box::new(By::new(argument(0).to_arrow(), argument(1).to_arrow(), false)?),
        "max_by" if call.args.len() == 2 => Box::new(By::new(argument(0).to_arrow(), argument(1).to_arrow(), true)?),
        "first" | "any_value" => {
            Box::new(Position::new(call.data_type.to_arrow(), false, ignores_nulls(call, context)?))
        }
        "last" => Box::new(Position::new(call.data_type.to_arrow(), true, ignores_nulls(call, context)?)),
        "bool_and" => flags(true),
        "bool_or" => flags(false),
        "bit_and" | "bit_or" | "bit_xor" => bits(name, &call.data_type)?,
        "product" => product(),
        "stddev" => Box::new(Moments::new(Moment::StddevSamp)),
        "stddev_pop" => Box::new(Moments::new(Moment::StddevPop)),
        "variance" => Box::new(Moments::new(Moment::VarSamp)),
        "var_pop" => Box::new(Moments::new(Moment::VarPop)),
        "skewness" => Box::new(Moments::new(Moment::Skewness)),
        "kurtosis" => Box::new(Moments::new(Moment::Kurtosis)),
        "corr" => Box::new(Pairs::new(Pair::Corr)),
        "covar_pop" => Box::new(Pairs::new(Pair::CovarPop)),
        "covar_samp" => Box::new(Pairs::new(Pair::CovarSamp)),
        "regr_avgx" => Box::new(Pairs::new(Pair::RegrAvgX)),
        "regr_avgy" => Box::new(Pairs::new(Pair::RegrAvgY)),
        "regr_slope" => Box::new(Pairs::new(Pair::RegrSlope)),
        "regr_intercept" => Box::new(Pairs::new(Pair::RegrIntercept)),
        "regr_r2" => Box::new(Pairs::new(Pair::RegrR2)),
        "regr_sxx" => Box::new(Pairs::new(Pair::RegrSxx)),
        "regr_sxy" => Box::new(Pairs::new(Pair::RegrSxy)),
        "regr_syy" => Box::new(Pairs::new(Pair::RegrSyy)),
        "approx_count_distinct" => {
            let deviation = match constant(call, 1, context)? {
                Some(Scalar::Double(deviation)) => deviation,
                _ => 0.05,
            };
            Box::new(DistinctSketch::new(deviation))
        }
        "percentile_approx" => {
            let accuracy = match constant(call, 2, context)? {
                Some(Scalar::Integer(accuracy)) => i64::from(accuracy),
                Some(Scalar::Long(accuracy)) => accuracy,
                _ => 10_000,
            };
            Box::new(Quantiles::new(quantile_query(call, context)?, accuracy))
        }
        _ => collected(call, context)?,
    })
}

/// Accumulators for all calls of a node. Those that ask for other results of the same state share it; they come with `true`, take no rows and
/// merge no buffers.
///
/// # Errors
/// See [`accumulator`].
pub fn accumulators<'c>(
    calls: impl Iterator<Item = &'c AggregateCall>,
    context: &TaskContext,
) -> Result<Vec<(Box<dyn Accumulator>, bool)>> {
    let mut known: Vec<&AggregateCall> = Vec::new();
    let mut all: Vec<(Box<dyn Accumulator>, bool)> = Vec::new();
    for call in calls {
        let leader = known.iter().position(|other| shares_state(other, call));
        let twin = leader.map(|leader| all[leader].0.twin(call, context)).transpose()?.flatten();
        all.push(match twin {
            Some(twin) => (twin, true),
            None => (accumulator(call, context)?, false),
        });
        known.push(call);
    }
    Ok(all)
}

/// Whether two calls keep the same state and differ only in what they read from it.
pub fn shares_state(one: &AggregateCall, other: &AggregateCall) -> bool {
    one.function.name == "percentile_approx"
        && other.function.name == one.function.name
        && !one.distinct
        && !other.distinct
        && one.filter == other.filter
        && one.args.first() == other.args.first()
        && one.args.get(2) == other.args.get(2)
}

/// What a call of `percentile_approx` asks for.
///
/// # Errors
/// Constant arguments that make no sense.
pub fn quantile_query(call: &AggregateCall, context: &TaskContext) -> Result<QuantileQuery> {
    let (fractions, many) = fractions_of(&constant(call, 1, context)?.unwrap_or(Scalar::Null))?;
    let result = match &call.data_type {
        DataType::Array(element, _) => element.to_arrow(),
        single => single.to_arrow(),
    };
    Ok(QuantileQuery { fractions, many, result })
}

fn collected(call: &AggregateCall, context: &TaskContext) -> Result<Box<dyn Accumulator>> {
    let kind = match call.function.name {
        "collect_list" => Collect::List,
        "collect_set" => Collect::Set,
        "percentile" => {
            let (fractions, many) = fractions_of(&constant(call, 1, context)?.unwrap_or(Scalar::Null))?;
            Collect::Percentile { fractions, many }
        }
        "median" => Collect::Percentile { fractions: vec![0.5], many: false },
        "mode" => Collect::Mode { least: constant(call, 1, context)? == Some(Scalar::Boolean(true)) },
        "listagg" => match constant(call, 1, context)? {
            Some(Scalar::String(between)) => Collect::Join(between.into_bytes()),
            Some(Scalar::Binary(between)) => Collect::Join(between),
            _ => Collect::Join(Vec::new()),
        },
        "bitmap_construct_agg" => Collect::Fold(Fold::BitmapConstruct),
        "bitmap_and_agg" => Collect::Fold(Fold::BitmapAnd),
        "bitmap_or_agg" => Collect::Fold(Fold::BitmapOr),
        "vector_sum" => Collect::Fold(Fold::VectorSum),
        "vector_avg" => Collect::Fold(Fold::VectorAvg),
        "collect_union" => Collect::Fold(Fold::Union),
        "count_min_sketch" => frequencies(call, context)?,
        "schema_of_variant_agg" => Collect::Fold(Fold::VariantSchema),
        "histogram_numeric" => Collect::Fold(Fold::Histogram(whole(call, 1, context)?.max(2))),
        "hll_sketch_agg" | "theta_sketch_agg" => {
            Collect::Fold(Fold::Keys { log_size: size(call, 1, context)?, mode: Mode::Sum })
        }
        "tuple_sketch_agg_double" | "tuple_sketch_agg_integer" => {
            Collect::Fold(Fold::Keys { log_size: size(call, 2, context)?, mode: mode(call, 3, context)? })
        }
        "hll_union_agg" => Collect::Fold(Fold::KeysUnion { log_size: DEFAULT_LOG_SIZE, mode: Mode::Sum }),
        "theta_union_agg" => Collect::Fold(Fold::KeysUnion { log_size: size(call, 1, context)?, mode: Mode::Sum }),
        "tuple_union_agg_double" => {
            Collect::Fold(Fold::KeysUnion { log_size: size(call, 1, context)?, mode: mode(call, 2, context)? })
        }
        "theta_intersection_agg" => Collect::Fold(Fold::KeysIntersect { mode: Mode::Sum }),
        "tuple_intersection_agg_double" => Collect::Fold(Fold::KeysIntersect { mode: mode(call, 1, context)? }),
        "kll_sketch_agg_bigint" | "kll_sketch_agg_float" | "kll_sketch_agg_double" => {
            Collect::Fold(Fold::Quantiles { k: k_of(call, context)? })
        }
        "kll_merge_agg_bigint" => Collect::Fold(Fold::QuantilesMerge { k: k_of(call, context)? }),
        "max_by" => Collect::Fold(Fold::Top { count: whole(call, 2, context)?, greatest: true }),
        "min_by" => Collect::Fold(Fold::Top { count: whole(call, 2, context)?, greatest: false }),
        other => {
            return Err(SparkError::unsupported(
                format!("the aggregate `{other}`"),
                "collect the values with collect_list and compute with array functions",
            ));
        }
    };
    let element = match buffer_types(call).first() {
        Some(DataType::Array(element, _)) => (**element).clone(),
        _ => return Err(SparkError::internal("a collecting aggregate without a list to collect into")),
    };
    Ok(Box::new(Collected::new(kind, element, call.data_type.clone())?))
}

/// A table as large as the wanted error and confidence need.
fn frequencies(call: &AggregateCall, context: &TaskContext) -> Result<Collect> {
    let real = |number: usize| -> Result<f64> {
        Ok(match constant(call, number, context)? {
            Some(Scalar::Double(value)) => value,
            _ => f64::NAN,
        })
    };
    let (error, confidence) = (real(1)?, real(2)?);
    if !(error > 0.0 && confidence > 0.0 && confidence < 1.0) {
        return Err(SparkError::analysis(
            "DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE",
            "the error of `count_min_sketch` must be above 0, and its confidence between 0 and 1",
        ));
    }
    let seed = match constant(call, 3, context)? {
        Some(Scalar::Integer(seed)) => i64::from(seed),
        // Spark takes the seed's lower half.
        Some(Scalar::Long(seed)) => i64::from(seed as i32),
        _ => 0,
    };
    let depth = (-libm::log1p(-confidence) / std::f64::consts::LN_2).ceil() as i32;
    Ok(Collect::Fold(Fold::Frequencies { depth, width: (2.0 / error).ceil() as i32, seed }))
}

/// The size of a sketch, as a power of two.
fn size(call: &AggregateCall, number: usize, context: &TaskContext) -> Result<u32> {
    Ok(u32::try_from(whole(call, number, context)?).unwrap_or(DEFAULT_LOG_SIZE))
}

fn k_of(call: &AggregateCall, context: &TaskContext) -> Result<usize> {
    if call.args.len() > 1 { whole(call, 1, context) } else { Ok(DEFAULT_K) }
}

/// How the summaries of a sketch become one.
fn mode(call: &AggregateCall, number: usize, context: &TaskContext) -> Result<Mode> {
    let Some(Scalar::String(name)) = constant(call, number, context)? else { return Ok(Mode::Sum) };
    Mode::named(&name).ok_or_else(|| {
        SparkError::analysis("DATATYPE_MISMATCH.VALUE_OUT_OF_RANGE", format!("there is no sketch mode '{name}'"))
            .with_help("the modes are sum, min, max and alwaysone")
    })
}

/// A constant argument that counts something.
fn whole(call: &AggregateCall, number: usize, context: &TaskContext) -> Result<usize> {
    Ok(match constant(call, number, context)? {
        Some(Scalar::Integer(value)) => usize::try_from(value).unwrap_or(0),
        Some(Scalar::Long(value)) => usize::try_from(value).unwrap_or(0),
        _ => 0,
    })
}

fn pivot(call: &AggregateCall) -> Result<Box<dyn Accumulator>> {
    let types::DataType::List(element) = call.data_type.to_arrow() else {
        return Err(SparkError::internal("a pivot whose result is no list"));
    };
    let places = buffer_types(call).iter().map(|value| extreme(value, true)).collect::<Result<_>>()?;
    Ok(Box::new(PivotFirst::new(places, element)))
}

fn extreme(data_type: &DataType, greatest: bool) -> Result<Box<dyn Accumulator>> {
    macro_rules! primitive {
        ($arrow:ty) => {
            Box::new(Extreme::<$arrow>::new(data_type.to_arrow(), greatest))
        };
    }
    Ok(match data_type {
        DataType::Byte => primitive!(types::Int8Type),
        DataType::Short => primitive!(types::Int16Type),
        DataType::Integer => primitive!(types::Int32Type),
        DataType::Long => primitive!(types::Int64Type),
        DataType::Float => primitive!(types::Float32Type),
        DataType::Double => primitive!(types::Float64Type),
        DataType::Date => primitive!(types::Date32Type),
        DataType::Timestamp | DataType::TimestampNtz => primitive!(types::TimestampMicrosecondType),
        DataType::Decimal(..) => primitive!(types::Decimal128Type),
        other => Box::new(By::alone(other.to_arrow(), greatest)?),
    })
}

fn ignores_nulls(call: &AggregateCall, context: &TaskContext) -> Result<bool> {
    Ok(call.ignore_nulls || constant(call, 1, context)? == Some(Scalar::Boolean(true)))
}

/// The value of a constant argument, if it is given.
///
/// # Errors
/// When it is not a constant.
pub fn constant(call: &AggregateCall, number: usize, context: &TaskContext) -> Result<Option<Scalar>> {
    call.args.get(number).map(|expr| constant_value(expr, context)).transpose()
}

/// The value of an expression without columns.
///
/// # Errors
/// When it has columns.
pub fn constant_value(expr: &Expr, context: &TaskContext) -> Result<Scalar> {
    if let Expr::Literal(value, _) = expr {
        return Ok(value.clone());
    }
    let bound = Bound::new(expr, &[], context, 0)?;
    let options = RecordBatchOptions::new().with_row_count(Some(1));
    let row = RecordBatch::try_new_with_options(Arc::new(types::Schema::empty()), Vec::new(), &options)?;
    Scalar::from_array(&bound.evaluate(&row)?, 0, &expr.data_type())
}
