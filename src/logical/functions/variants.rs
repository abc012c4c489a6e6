//! Definitions of the functions over variants.

use super::signature::{Out, Want, cast, constant_text, count, give, signature, want};
use super::{ResolveContext, Resolved, ScalarFunction, can_cast, scalar_functions};
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType::{self, Boolean, String as Text};
use crate::logical::variant::Variant;
use Out::{Maybe, Never, Of};
use Want::{Bool, Str};

scalar_functions! {
    pub(super) static TABLE = {
        "parse_json" [] (Str) => Of(DataType::Variant);
        "try_parse_json" [] (Str) => Maybe(DataType::Variant);
        "is_variant_null" [] (Want::Variant) => Never(Boolean);
        "is_valid_variant" [] (Want::Variant) => Of(Boolean);
        "variant_get" [] = get;
        "try_variant_get" [] = get;
        "schema_of_variant" [] (Want::Variant) => Of(Text);
        "to_variant_object" [] = to_object;
        "variant_insert" [] = put;
        "try_variant_insert" [] = put;
        "variant_set" [] = put;
        "try_variant_set" [] = put;
        "variant_array_append" [] = put;
        "try_variant_array_append" [] = put;
        "variant_delete" [] = delete;
        "variant_strip_nulls" [] = strip;
    }
}

/// The third argument, which names the wanted type, becomes a null of that type.
fn get(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 3)?;
    let out = match args.get(2).and_then(constant_text) {
        Some(text) => crate::logical::ddl::parse_type(text)?,
        None => args.get(2).map_or(DataType::Variant, Expr::data_type),
    };
    if !Variant::can_hold(&out) {
        return Err(not_castable(name, &args, &DataType::Variant, &out));
    }
    args.truncate(2);
    let value = want(name, args.remove(0), 0, Want::Variant, context)?;
    let path = want(name, args.remove(0), 1, Str, context)?;
    Ok(give(vec![value, path, Expr::Literal(Scalar::Null, out.clone())], Maybe(out)))
}

fn not_castable(name: &str, args: &[Expr], from: &DataType, to: &DataType) -> SparkError {
    let shown: Vec<_> = args.iter().map(Expr::pretty_name).collect();
    SparkError::analysis(
        "DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION",
        format!("`{name}({})` would cast \"{}\" to \"{}\", which cannot be", shown.join(", "), from.sql(), to.sql()),
    )
    .with_subject(name)
}

fn to_object(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, 1)?;
    let from = args[0].data_type();
    if !from.is_nested() || !Variant::can_hold(&from) {
        return Err(not_castable(name, &args, &from, &DataType::Variant));
    }
    Ok(give(args, Of(DataType::Variant)))
}

/// Variant, path, new value; whether `variant_set` makes what is missing.
fn put(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let is_set = name.ends_with("variant_set");
    count(name, &args, 3, if is_set { 4 } else { 3 })?;
    if is_set && args.len() == 3 {
        args.push(Expr::Literal(Scalar::Boolean(true), Boolean));
    }
    let from = args[2].data_type();
    if !can_cast(&from, &DataType::Variant, context.ansi) {
        return Err(not_castable(name, &args, &from, &DataType::Variant));
    }
    // A value that is no variant becomes one, which cannot fail.
    let nullable = name.starts_with("try_") || args.iter().any(Expr::nullable);
    args[2] = cast(args[2].clone(), &DataType::Variant, context);
    let wants = [Want::Variant, Str, Want::Variant, Bool];
    let resolved = signature(name, args, context, &wants[..if is_set { 4 } else { 3 }], 0, Of(DataType::Variant))?;
    Ok(Resolved { nullable, ..resolved })
}

fn delete(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, usize::MAX)?;
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| want(name, arg, i, if i == 0 { Want::Variant } else { Str }, context))
        .collect::<Result<Vec<_>>>()?;
    // A path that is null is passed over.
    let nullable = args[0].nullable();
    Ok(Resolved { args, data_type: DataType::Variant, nullable })
}

fn strip(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 1 {
        args.push(Expr::Literal(Scalar::Boolean(true), Boolean));
    }
    signature(name, args, context, &[Want::Variant, Bool], 0, Of(DataType::Variant))
}
