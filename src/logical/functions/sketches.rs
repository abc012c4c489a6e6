//! Definitions of the functions over sketches, which are byte strings to Spark.

use super::signature::{Out, Want, cast, count, give, signature};
use super::{ResolveContext, Resolved, ScalarFunction, scalar_functions};
use crate::common::Result;
use crate::logical::expr::Expr;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType::{self, Binary, Boolean, Double, Float, Integer, Long, String as Text};
use Out::Maybe;
use Want::{Any, Bin, Bool, Int, Str};

scalar_functions! {
    pub(super) static TABLE = {
        "hll_sketch_estimate" [] (Bin) => Maybe(Long);
        "hll_union" [] = |name, args, context| filled(name, args, context, &[Bin, Bin, Bool], Maybe(Binary));
        "theta_sketch_estimate" [] (Bin) => Maybe(Long);
        "theta_union" [] = |name, args, context| filled(name, args, context, &[Bin, Bin, Int], Maybe(Binary));
        "theta_intersection" [] (Bin, Bin) => Maybe(Binary);
        "theta_difference" [] (Bin, Bin) => Maybe(Binary);
        "tuple_sketch_estimate_double" ["tuple_sketch_estimate_integer"] (Bin) => Maybe(Double);
        "tuple_sketch_theta_double" ["tuple_sketch_theta_integer"] (Bin) => Maybe(Double);
        "tuple_sketch_summary_double" [] = |name, args, context| filled(name, args, context, &[Bin, Str], Maybe(Double));
        "tuple_sketch_summary_integer" [] = |name, args, context| filled(name, args, context, &[Bin, Str], Maybe(Long));
        "tuple_union_double" ["tuple_union_integer"] = |name, args, context| filled(name, args, context, &[Bin, Bin, Int, Str], Maybe(Binary));
        "tuple_union_theta_double" [] = |name, args, context| filled(name, args, context, &[Bin, Bin, Int, Str], Maybe(Binary));
        "tuple_union_theta_integer" [] = |name, args, context| filled(name, args, context, &[Bin, Bin, Int, Str], Maybe(Binary));
        "tuple_intersection_double" ["tuple_intersection_integer"] = |name, args, context| filled(name, args, context, &[Bin, Bin, Str], Maybe(Binary));
        "tuple_intersection_theta_double" ["tuple_intersection_theta_integer"] = |name, args, context| filled(name, args, context, &[Bin, Bin, Str], Maybe(Binary));
        "tuple_difference_double" ["tuple_difference_integer"] (Bin, Bin) => Maybe(Binary);
        "tuple_difference_theta_double" ["tuple_difference_theta_integer"] (Bin, Bin) => Maybe(Binary);
        "kll_sketch_get_n_bigint" ["kll_sketch_get_n_float", "kll_sketch_get_n_double"] (Bin) => Maybe(Long);
        "kll_sketch_merge_bigint" ["kll_sketch_merge_float", "kll_sketch_merge_double"] (Bin, Bin) => Maybe(Binary);
        "kll_sketch_to_string_bigint" [] (Bin) => Maybe(Text);
        "kll_sketch_to_string_float" [] (Bin) => Maybe(Text);
        "kll_sketch_to_string_double" [] (Bin) => Maybe(Text);
        "kll_sketch_get_quantile_bigint" [] = |name, args, context| asked(name, args, context, &Double, Long);
        "kll_sketch_get_quantile_float" [] = |name, args, context| asked(name, args, context, &Double, Float);
        "kll_sketch_get_quantile_double" [] = |name, args, context| asked(name, args, context, &Double, Double);
        "kll_sketch_get_rank_bigint" [] = |name, args, context| asked(name, args, context, &Long, Double);
        "kll_sketch_get_rank_float" [] = |name, args, context| asked(name, args, context, &Float, Double);
        "kll_sketch_get_rank_double" [] = |name, args, context| asked(name, args, context, &Double, Double);
    }
}

/// What stands for an argument that was not given.
pub(super) fn default_of(kind: Want) -> Expr {
    match kind {
        Int => Expr::int(12),
        Bool => Expr::Literal(Scalar::Boolean(false), Boolean),
        _ => Expr::Literal(Scalar::String("sum".to_owned()), Text),
    }
}

/// A call with its last arguments filled in: size, permission, mode.
pub(super) fn filled(
    name: &str,
    mut args: Vec<Expr>,
    context: &ResolveContext,
    wants: &[Want],
    out: Out,
) -> Result<Resolved> {
    let needed = wants.iter().filter(|kind| matches!(kind, Bin | Any | Want::Num)).count();
    count(name, &args, needed, wants.len())?;
    for kind in wants.iter().skip(args.len()) {
        args.push(default_of(*kind));
    }
    signature(name, args, context, wants, 0, out)
}

/// One question to a quantile sketch, or an array of them.
fn asked(
    name: &str,
    mut args: Vec<Expr>,
    context: &ResolveContext,
    question: &DataType,
    answer: DataType,
) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let many = matches!(args[1].data_type(), DataType::Array(..));
    let wrap = |inner: &DataType| if many { DataType::array(inner.clone()) } else { inner.clone() };
    args[0] = super::signature::want(name, args[0].clone(), 0, Bin, context)?;
    args[1] = cast(args[1].clone(), &wrap(question), context);
    Ok(give(args, Maybe(wrap(&answer))))
}

/// The type of the values that a sketch of this name holds.
pub(super) fn kind_of(name: &str) -> DataType {
    match name.rsplit('_').next() {
        Some("bigint") => Long,
        Some("float") => Float,
        Some("integer") => Integer,
        _ => Double,
    }
}
