//! The columns that an aggregate keeps between its phases.
//!
//! The planner makes one attribute for each, the operator fills and merges them. A function without a form of its own here collects its
//! arguments: one array of structs, or of plain values when it has one argument.

use crate::logical::expr::AggregateCall;
use crate::logical::types::{DataType, StructField, StructType};

/// Types of the buffers of a call, in order.
#[must_use]
pub fn buffer_types(call: &AggregateCall) -> Vec<DataType> {
    let argument = |i: usize| call.args.get(i).map_or(DataType::Null, crate::logical::Expr::data_type);
    match call.function.name {
        "count" | "count_if" | "regr_count" => vec![DataType::Long],
        // Null while there was no value; a decimal also remembers whether null means overflow (`is_empty`).
        "sum" | "try_sum" => match call.data_type {
            DataType::Decimal(..) => vec![call.data_type.clone(), DataType::Boolean],
            _ => vec![call.data_type.clone()],
        },
        "avg" | "mean" | "try_avg" => vec![average_sum_type(&argument(0)), DataType::Long],
        "min" | "max" | "bit_and" | "bit_or" | "bit_xor" | "bool_and" | "bool_or" | "every" | "some" | "any" => {
            vec![call.data_type.clone()]
        }
        "first" | "last" | "first_value" | "last_value" | "any_value" => {
            vec![call.data_type.clone(), DataType::Boolean]
        }
        "min_by" | "max_by" if call.args.len() == 2 => vec![argument(0), argument(1)],
        // A place for each pivot value; the last two arguments are settings.
        "pivotfirst" => vec![argument(1); call.args.len().saturating_sub(4)],
        "product" => vec![DataType::Double],
        "stddev" | "std" | "stddev_samp" | "stddev_pop" | "variance" | "var_samp" | "var_pop" => {
            vec![DataType::Double; 3]
        }
        "skewness" => vec![DataType::Double; 4],
        "kurtosis" => vec![DataType::Double; 5],
        "covar_samp" | "covar_pop" => vec![DataType::Double; 4],
        "corr" | "regr_avgx" | "regr_avgy" | "regr_slope" | "regr_intercept" | "regr_r2" | "regr_sxx" | "regr_sxy"
        | "regr_syy" => vec![DataType::Double; 6],
        // The other arguments are constants.
        "mode"
        | "listagg"
        | "count_min_sketch"
        | "histogram_numeric"
        | "hll_sketch_agg"
        | "hll_union_agg"
        | "theta_sketch_agg"
        | "theta_union_agg"
        | "tuple_union_agg_double"
        | "tuple_intersection_agg_double"
        | "kll_sketch_agg_bigint"
        | "kll_sketch_agg_float"
        | "kll_sketch_agg_double"
        | "kll_merge_agg_bigint" => vec![DataType::array(argument(0))],
        "percentile" if call.args.len() == 2 => vec![DataType::array(argument(0))],
        "approx_count_distinct" | "percentile_approx" => vec![DataType::Binary],
        _ => vec![collected(call)],
    }
}

fn average_sum_type(argument: &DataType) -> DataType {
    match argument {
        DataType::Decimal(precision, scale) => DataType::Decimal((precision + 10).min(38), *scale),
        _ => DataType::Double,
    }
}

fn collected(call: &AggregateCall) -> DataType {
    if let [only] = call.args.as_slice() {
        return DataType::array(only.data_type());
    }
    let fields = call
        .args
        .iter()
        .enumerate()
        .map(|(i, arg)| StructField::new(format!("col{}", i + 1), arg.data_type(), true))
        .collect();
    DataType::array(DataType::Struct(StructType::new(fields)))
}
