//! Definitions of the functions over arrays, maps and structs, higher-order ones included.

use super::signature::{
    Out, Want, alike, cast, constant_text, count, different_types, fits, give, signature, unexpected_input, want,
};
use super::types::common_type;
use super::{ResolveContext, Resolved, ScalarFunction, scalar_functions};
use crate::common::{Result, SparkError};
use crate::logical::expr::Expr;
use crate::logical::types::DataType::{self, Boolean, Integer, Long, String as Text};
use crate::logical::types::{StructField, StructType};
use Out::{Arg, Maybe, MaybeArg, Never, Of};
use Want::{Any, Array, Bool, Int, Lambda, Map, Str};

scalar_functions! {
    pub(super) static TABLE = {
        "array" [] = array;
        "vector_inner_product" [] = vectors;
        "vector_l2_distance" [] = vectors;
        "vector_cosine_similarity" [] = vectors;
        "vector_norm" [] = vectors;
        "vector_normalize" [] = vectors;
        "array_contains" [] = |name, args, context| with_element(name, args, context, Maybe(Boolean));
        "array_position" [] = |name, args, context| with_element(name, args, context, Of(Long));
        "array_remove" [] = |name, args, context| with_element(name, args, context, Arg(0));
        "array_append" [] = |name, args, context| grow(name, args, context);
        "array_prepend" [] = |name, args, context| grow(name, args, context);
        "array_insert" [] = array_insert;
        "array_distinct" [] (Array) => Arg(0);
        "array_union" [] = two_arrays;
        "array_intersect" [] = two_arrays;
        "array_except" [] = two_arrays;
        "arrays_overlap" [] = |name, args, context| Ok(Resolved { data_type: Boolean, nullable: true, ..two_arrays(name, args, context)? });
        "array_join" [] = array_join;
        "sort_array" [] = sort_array;
        "array_sort" [] (Array, Lambda; 1) => Arg(0);
        "array_min" [] = element_of;
        "array_max" [] = element_of;
        "array_compact" [] (Array) => Arg(0);
        "array_repeat" [] = array_repeat;
        "array_size" [] (Array) => Of(Integer);
        "arrays_zip" [] = arrays_zip;
        "shuffle" [] once = |name, args, context| signature(name, args, context, &[Array, Want::Long], 1, Arg(0));
        "slice" [] (Array, Int, Int) => Arg(0);
        "size" ["cardinality"] = size;
        "flatten" [] = flatten;
        "element_at" [] = element_at;
        "try_element_at" [] = element_at;
        "get" [] = get;
        "get_array_item" [] = get;
        "get_map_value" [] = get_map_value;
        "get_struct_field" [] = get_struct_field;
        "get_array_struct_fields" [] = get_array_struct_fields;
        "struct" [] = make_struct;
        "named_struct" [] = named_struct;
        "with_field" [] = with_field;
        "drop_fields" [] = drop_fields;
        "map" ["create_map"] = map;
        "map_from_arrays" [] = map_from_arrays;
        "map_from_entries" [] = map_from_entries;
        "map_keys" [] = map_part;
        "map_values" [] = map_part;
        "map_entries" [] = map_part;
        "map_concat" [] = map_concat;
        "map_contains_key" [] = map_contains_key;
        "transform" [] = transform;
        "filter" [] (Array, Lambda) => Arg(0);
        "exists" [] = |name, args, context| signature(name, args, context, &[Array, Lambda], 0, Maybe(Boolean));
        "forall" [] = |name, args, context| signature(name, args, context, &[Array, Lambda], 0, Maybe(Boolean));
        "aggregate" ["reduce"] = aggregate;
        "zip_with" [] = zip_with;
        "transform_keys" [] = transform_map;
        "transform_values" [] = transform_map;
        "map_filter" [] (Map, Lambda) => Arg(0);
        "map_zip_with" [] = map_zip_with;
    }
}

/// The type of an array's elements and whether they may be null.
fn element(data_type: &DataType) -> (DataType, bool) {
    match data_type {
        DataType::Array(element, nullable) => ((**element).clone(), *nullable),
        _ => (DataType::Null, true),
    }
}

fn entry(data_type: &DataType) -> (DataType, DataType, bool) {
    match data_type {
        DataType::Map(key, value, nullable) => ((**key).clone(), (**value).clone(), *nullable),
        _ => (DataType::Null, DataType::Null, true),
    }
}

/// The parameters of the lambda at argument `i` of the function `name`: type and whether they may be null. `None` when that argument is
/// no lambda. The other arguments must be resolved.
#[must_use]
pub fn lambda_parameters(name: &str, args: &[Expr], i: usize) -> Option<Vec<(DataType, bool)>> {
    let of = |n: usize| args.get(n).map_or(DataType::Null, Expr::data_type);
    let first = element(&of(0));
    let (key, value, value_null) = entry(&of(0));
    let index = (Integer, false);
    Some(match (name.to_ascii_lowercase().as_str(), i) {
        ("transform" | "filter", 1) => vec![first, index],
        ("exists" | "forall", 1) => vec![first],
        ("array_sort", 1) => vec![first.clone(), first],
        ("aggregate" | "reduce", 2) => vec![(of(1), true), first],
        ("aggregate" | "reduce", 3) => vec![(of(1), true)],
        ("zip_with", 2) => vec![(first.0, true), (element(&of(1)).0, true)],
        ("transform_keys" | "transform_values" | "map_filter", 1) => vec![(key, false), (value, value_null)],
        ("map_zip_with", 2) => vec![(key, false), (value, true), (entry(&of(1)).1, true)],
        _ => return None,
    })
}

fn array(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let (args, all) = alike(name, args, context)?;
    let nullable = args.iter().any(Expr::nullable);
    Ok(give(args, Never(DataType::Array(Box::new(all), nullable))))
}

/// An array and a value that both become arrays and elements of one type.
fn with_element(name: &str, args: Vec<Expr>, context: &ResolveContext, out: Out) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let DataType::Array(own, nullable) = args[0].data_type() else {
        return Err(unexpected_input(name, &args[0], 0, "\"ARRAY\""));
    };
    let given = args[1].data_type();
    if name == "array_contains" && given == DataType::Null {
        return Err(SparkError::analysis(
            "DATATYPE_MISMATCH.NULL_TYPE",
            "`array_contains` cannot look for NULL: nothing equals it",
        )
        .with_help("use exists(array, x -> x is null)"));
    }
    // Text and other types are not brought together here, although they are elsewhere.
    let text = |data_type: &DataType| *data_type == DataType::String;
    let both_known = *own != DataType::Null && given != DataType::Null;
    if both_known && text(&own) != text(&given) {
        return Err(array_mismatch(name, &args));
    }
    let all = common_type(&own, &given, context.ansi).ok_or_else(|| array_mismatch(name, &args))?;
    let out = match out {
        Maybe(Boolean) => {
            let sure = !nullable && !args[0].nullable() && !args[1].nullable();
            if sure { Never(Boolean) } else { Maybe(Boolean) }
        }
        other => other,
    };
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| match i {
            0 => cast(arg, &DataType::Array(Box::new(all.clone()), nullable), context),
            _ => cast(arg, &all, context),
        })
        .collect();
    Ok(give(args, out))
}

fn array_mismatch(name: &str, args: &[Expr]) -> SparkError {
    SparkError::analysis(
        "DATATYPE_MISMATCH.ARRAY_FUNCTION_DIFF_TYPES",
        format!("`{name}` needs an array and a value of its elements' type"),
    )
    .with_help(format!(
        "the types are {} and {}",
        super::signature::words(&args[0].data_type()),
        super::signature::words(&args[1].data_type())
    ))
}

fn grow(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let mut resolved = with_element(name, args, context, Arg(0))?;
    if let DataType::Array(_, nullable) = &mut resolved.data_type {
        *nullable = *nullable || resolved.args[1].nullable();
    }
    resolved.nullable = resolved.args[0].nullable();
    Ok(resolved)
}

fn array_insert(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 3, 3)?;
    let position = want(name, args.remove(1), 1, Int, context)?;
    let mut resolved = with_element(name, args, context, Arg(0))?;
    resolved.args.insert(1, position);
    if let DataType::Array(_, nullable) = &mut resolved.data_type {
        *nullable = true;
    }
    resolved.nullable = resolved.args[..2].iter().any(Expr::nullable);
    Ok(resolved)
}

fn two_arrays(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    for (i, arg) in args.iter().enumerate() {
        if !matches!(arg.data_type(), DataType::Array(..) | DataType::Null) {
            return Err(unexpected_input(name, arg, i, "\"ARRAY\""));
        }
    }
    let (args, all) = alike(name, args, context)?;
    Ok(give(args, Of(all)))
}

fn array_join(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 3)?;
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| match (i, arg.data_type()) {
            (0, DataType::Array(..)) => Ok(cast(arg, &DataType::array(Text), context)),
            (0, _) => want(name, arg, i, Array, context),
            _ => want(name, arg, i, Str, context),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(give(args, Of(Text)))
}

fn sort_array(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 1 {
        args.push(Expr::Literal(crate::logical::scalar::Scalar::Boolean(true), Boolean));
    }
    if let Some(DataType::Array(element, _)) = args.first().map(Expr::data_type)
        && element.has_no_order()
    {
        return Err(crate::common::SparkError::analysis(
            "DATATYPE_MISMATCH.INVALID_ORDERING_TYPE",
            format!("`{name}` needs values that can be ordered, and maps cannot"),
        ));
    }
    signature(name, args, context, &[Array, Bool], 0, Arg(0))
}

fn element_of(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array], 0, MaybeArg(0))?;
    Ok(Resolved { data_type: element(&resolved.data_type).0, ..resolved })
}

fn array_repeat(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Any, Int], 0, Arg(0))?;
    let inner = resolved.args[0].nullable();
    let nullable = resolved.args[1].nullable();
    Ok(Resolved { data_type: DataType::Array(Box::new(resolved.data_type), inner), args: resolved.args, nullable })
}

fn arrays_zip(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = super::signature::variadic(name, args, context, 0, Array, Arg(0))?;
    let fields = resolved
        .args
        .iter()
        .enumerate()
        .map(|(i, arg)| {
            let name = field_name(arg).unwrap_or_else(|| i.to_string());
            StructField::new(name, element(&arg.data_type()).0, true)
        })
        .collect();
    let data_type = DataType::Array(Box::new(DataType::Struct(StructType::new(fields))), false);
    Ok(Resolved { data_type, ..resolved })
}

/// The name a struct field takes from the expression it is made of.
fn field_name(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Attribute(attribute) => Some(attribute.name.clone()),
        Expr::Alias { name, .. } => Some(name.clone()),
        Expr::Cast { child, implicit: true, .. } => field_name(child),
        Expr::Function { function, args, .. } if function.name == "get_struct_field" => {
            args.get(1).and_then(constant_text).map(str::to_owned)
        }
        _ => None,
    }
}

fn size(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let kind = if matches!(args.first().map(Expr::data_type), Some(DataType::Map(..))) { Map } else { Array };
    let mut resolved = signature(name, args, context, &[kind], 0, Of(Integer))?;
    resolved.nullable = resolved.nullable && context.ansi;
    Ok(resolved)
}

fn flatten(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array], 0, Arg(0))?;
    match element(&resolved.data_type) {
        (DataType::Array(inner, nullable), outer) => Ok(Resolved {
            data_type: DataType::Array(inner, nullable),
            nullable: resolved.nullable || outer,
            ..resolved
        }),
        _ => Err(unexpected_input(name, &resolved.args[0], 0, "an \"ARRAY\" of \"ARRAY\"")),
    }
}

fn element_at(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    if let DataType::Map(..) = args[0].data_type() {
        return get_map_value(name, args, context);
    }
    let resolved = signature(name, args, context, &[Array, Int], 0, MaybeArg(0))?;
    Ok(Resolved { data_type: element(&resolved.data_type).0, ..resolved })
}

fn get(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array, Int], 0, MaybeArg(0))?;
    Ok(Resolved { data_type: element(&resolved.data_type).0, ..resolved })
}

fn get_map_value(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Map, Any], 0, MaybeArg(0))?;
    let (key, value, _) = entry(&resolved.data_type);
    let mut args = resolved.args;
    let wanted = args.remove(1);
    if !fits(&wanted.data_type(), &key, context) {
        return Err(unexpected_input(name, &wanted, 1, &format!("\"{}\"", super::signature::words(&key))));
    }
    args.push(cast(wanted, &key, context));
    Ok(Resolved { args, data_type: value, nullable: true })
}

/// The field of this name; exact match first, then without regard to case.
fn find_field<'a>(fields: &'a StructType, name: &str) -> Option<&'a StructField> {
    fields
        .fields
        .iter()
        .find(|field| field.name == name)
        .or_else(|| fields.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name)))
}

fn no_such_field(name: &str, fields: &StructType) -> SparkError {
    let all: Vec<String> = fields.names().map(|name| format!("`{name}`")).collect();
    SparkError::analysis("FIELD_NOT_FOUND", format!("there is no struct field `{name}` in {}", all.join(", ")))
        .with_parameters([("fieldName", format!("`{name}`")), ("fields", all.join(", "))])
        .with_subject(name)
}

fn get_struct_field(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let wanted = constant_text(&args[1]).unwrap_or_default();
    let DataType::Struct(fields) = args[0].data_type() else {
        return Err(SparkError::analysis(
            "INVALID_EXTRACT_BASE_FIELD_TYPE",
            format!(
                "a field can only be taken from a struct, not from {}",
                super::signature::words(&args[0].data_type())
            ),
        ));
    };
    let field = find_field(&fields, wanted).ok_or_else(|| no_such_field(wanted, &fields))?;
    let (data_type, inner) = (field.data_type.clone(), field.nullable);
    let nullable = inner || args[0].nullable();
    Ok(Resolved { args, data_type, nullable })
}

fn get_array_struct_fields(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let wanted = constant_text(&args[1]).unwrap_or_default();
    let (DataType::Struct(fields), outer) = element(&args[0].data_type()) else {
        return Err(unexpected_input(name, &args[0], 0, "an \"ARRAY\" of \"STRUCT\""));
    };
    let field = find_field(&fields, wanted).ok_or_else(|| no_such_field(wanted, &fields))?;
    let data_type = DataType::Array(Box::new(field.data_type.clone()), outer || field.nullable);
    let nullable = args[0].nullable();
    Ok(Resolved { args, data_type, nullable })
}

/// `struct(a, b AS c)`: fields are named after what they are made of, `col3` when that has no name.
fn make_struct(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, usize::MAX)?;
    let fields = args
        .iter()
        .enumerate()
        .map(|(i, arg)| {
            let name = field_name(arg).unwrap_or_else(|| format!("col{}", i + 1));
            StructField::new(name, arg.data_type(), arg.nullable())
        })
        .collect();
    Ok(give(args, Never(DataType::Struct(StructType::new(fields)))))
}

fn named_struct(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    if args.is_empty() || args.len() % 2 == 1 {
        return Err(SparkError::analysis(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            format!("`{name}` takes names and values in turn, so an even number of arguments"),
        ));
    }
    let fields = args
        .chunks(2)
        .map(|pair| {
            let field =
                constant_text(&pair[0]).ok_or_else(|| unexpected_input(name, &pair[0], 0, "a constant text"))?;
            Ok(StructField::new(field, pair[1].data_type(), pair[1].nullable()))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(give(args, Never(DataType::Struct(StructType::new(fields)))))
}

fn struct_of(name: &str, args: &[Expr]) -> Result<StructType> {
    match args.first().map(Expr::data_type) {
        Some(DataType::Struct(fields)) => Ok(fields),
        _ => Err(SparkError::analysis(
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE",
            format!("the first argument of `{name}` must be a \"STRUCT\""),
        )),
    }
}

/// `with_field(struct, name, value)`: replaces the field or adds it at the end.
fn with_field(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 3, 3)?;
    let mut fields = struct_of(name, &args)?;
    let wanted = constant_text(&args[1]).unwrap_or_default().to_owned();
    let new = StructField::new(wanted.clone(), args[2].data_type(), args[2].nullable());
    let mut replaced = false;
    for field in fields.fields.iter_mut().filter(|field| field.name.eq_ignore_ascii_case(&wanted)) {
        *field = new.clone();
        replaced = true;
    }
    if !replaced {
        fields.fields.push(new);
    }
    let nullable = args[0].nullable();
    Ok(Resolved { args, data_type: DataType::Struct(fields), nullable })
}

fn drop_fields(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    let mut fields = struct_of(name, &args)?;
    let dropped: Vec<&str> = args[1..].iter().filter_map(constant_text).collect();
    fields.fields.retain(|field| !dropped.iter().any(|name| field.name.eq_ignore_ascii_case(name)));
    if fields.fields.is_empty() {
        return Err(SparkError::analysis(
            "DATATYPE_MISMATCH.CANNOT_DROP_ALL_FIELDS",
            "a struct must keep at least one field",
        ));
    }
    let nullable = args[0].nullable();
    Ok(Resolved { args, data_type: DataType::Struct(fields), nullable })
}

fn map(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() % 2 == 1 {
        return Err(SparkError::analysis(
            "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
            format!("`{name}` takes keys and values in turn, so an even number of arguments"),
        ));
    }
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (i, arg) in args.into_iter().enumerate() {
        if i % 2 == 0 { keys.push(arg) } else { values.push(arg) }
    }
    let diff = |error: SparkError| {
        SparkError::analysis("DATATYPE_MISMATCH.CREATE_MAP_KEY_DIFF_TYPES", error.message().to_owned())
    };
    let (keys, key) = alike(name, keys, context).map_err(diff)?;
    let (values, value) = alike(name, values, context)?;
    let nullable = values.iter().any(Expr::nullable);
    let args = keys.into_iter().zip(values).flat_map(|(k, v)| [k, v]).collect();
    Ok(give(args, Never(DataType::Map(Box::new(key), Box::new(value), nullable))))
}

fn map_from_arrays(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array, Array], 0, Arg(0))?;
    let key = element(&resolved.args[0].data_type()).0;
    let (value, nullable) = element(&resolved.args[1].data_type());
    Ok(Resolved { data_type: DataType::Map(Box::new(key), Box::new(value), nullable), ..resolved })
}

fn map_from_entries(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array], 0, Arg(0))?;
    match element(&resolved.data_type).0 {
        DataType::Struct(fields) if fields.fields.len() == 2 => {
            let (key, value) = (&fields.fields[0], &fields.fields[1]);
            let data_type =
                DataType::Map(Box::new(key.data_type.clone()), Box::new(value.data_type.clone()), value.nullable);
            Ok(Resolved { data_type, ..resolved })
        }
        _ => Err(unexpected_input(name, &resolved.args[0], 0, "an \"ARRAY\" of pair \"STRUCT\"")),
    }
}

fn map_part(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Map], 0, Arg(0))?;
    let (key, value, nullable) = entry(&resolved.data_type);
    let data_type = match name {
        "map_keys" => DataType::Array(Box::new(key), false),
        "map_values" => DataType::Array(Box::new(value), nullable),
        _ => {
            let pair = vec![StructField::new("key", key, false), StructField::new("value", value, nullable)];
            DataType::Array(Box::new(DataType::Struct(StructType::new(pair))), false)
        }
    };
    Ok(Resolved { data_type, ..resolved })
}

/// Two vectors, or a vector and the degree of its norm; vectors are arrays of float.
fn vectors(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let of_one = name.starts_with("vector_norm");
    count(name, &args, if of_one { 1 } else { 2 }, 2)?;
    let vector = |arg: &Expr| matches!(arg.data_type(), DataType::Array(element, _) if *element == DataType::Float);
    let count = if of_one { 1 } else { 2 };
    if let Some(wrong) = args[..count].iter().position(|arg| !vector(arg)) {
        return Err(unexpected_input(name, &args[wrong], wrong, "\"ARRAY<FLOAT>\""));
    }
    let args: Vec<Expr> = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| if i >= count { cast(arg, &DataType::Float, context) } else { arg })
        .collect();
    Ok(give(args, Maybe(if name == "vector_normalize" { DataType::array(DataType::Float) } else { DataType::Float })))
}

fn map_concat(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    for (i, arg) in args.iter().enumerate() {
        if !matches!(arg.data_type(), DataType::Map(..) | DataType::Null) {
            return Err(unexpected_input(name, arg, i, "\"MAP\""));
        }
    }
    let (args, all) = alike(name, args, context)?;
    let all = if all == DataType::Null { DataType::map(Text, Text) } else { all };
    Ok(give(args, Of(all)))
}

fn map_contains_key(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = get_map_value(name, args, context)?;
    let nullable = resolved.args.iter().any(Expr::nullable);
    Ok(Resolved { data_type: Boolean, nullable, ..resolved })
}

fn transform(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array, Lambda], 0, Arg(0))?;
    let body = &resolved.args[1];
    let data_type = DataType::Array(Box::new(body.data_type()), body.nullable());
    let nullable = resolved.args[0].nullable();
    Ok(Resolved { args: resolved.args, data_type, nullable })
}

fn aggregate(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 3, 4)?;
    let accumulator = args[1].data_type();
    let merged = args[2].data_type();
    if !super::types::same_shape(&accumulator, &merged) {
        return Err(different_types(name, &args[1..3]).with_help(
            "the merge function must give the type of the start value: cast the start value, as in lit(0.0)",
        ));
    }
    let data_type = args.last().map_or(DataType::Null, Expr::data_type);
    signature(name, args, context, &[Array, Any, Lambda, Lambda], 1, Maybe(data_type))
}

fn zip_with(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Array, Array, Lambda], 0, Arg(0))?;
    let body = &resolved.args[2];
    let data_type = DataType::Array(Box::new(body.data_type()), body.nullable());
    let nullable = resolved.args[..2].iter().any(Expr::nullable);
    Ok(Resolved { args: resolved.args, data_type, nullable })
}

fn transform_map(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Map, Lambda], 0, Arg(0))?;
    let (key, value, nullable) = entry(&resolved.data_type);
    let body = &resolved.args[1];
    let data_type = if name == "transform_keys" {
        DataType::Map(Box::new(body.data_type()), Box::new(value), nullable)
    } else {
        DataType::Map(Box::new(key), Box::new(body.data_type()), body.nullable())
    };
    let nullable = resolved.args[0].nullable();
    Ok(Resolved { args: resolved.args, data_type, nullable })
}

fn map_zip_with(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Map, Map, Lambda], 0, Arg(0))?;
    let key = entry(&resolved.data_type).0;
    let body = &resolved.args[2];
    let data_type = DataType::Map(Box::new(key), Box::new(body.data_type()), body.nullable());
    let nullable = resolved.args[..2].iter().any(Expr::nullable);
    Ok(Resolved { args: resolved.args, data_type, nullable })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lambda_gets_the_elements_type() {
        let array = Expr::Literal(crate::logical::scalar::Scalar::Null, DataType::array(Text));
        assert_eq!(
            lambda_parameters("TRANSFORM", std::slice::from_ref(&array), 1),
            Some(vec![(Text, true), (Integer, false)])
        );
        assert_eq!(lambda_parameters("transform", &[array], 0), None);
    }
}
