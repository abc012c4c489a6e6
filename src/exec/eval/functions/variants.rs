//! Functions of variants.

use super::super::call::{Call, Kernel};
use super::super::cast;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::functions::calendar::Zone;
use crate::logical::scalar::Scalar;
use crate::logical::variant::{
    self, Edit, EditError, JsonError, Step, Variant, edit, parse_json, parse_path, schema_of, schema_text,
    without_nulls,
};
use arrow::array::ArrayRef;

pub(super) fn kernel(name: &str) -> Option<Kernel> {
    Some(match name {
        "parse_json" => |call| parse(call, true),
        "try_parse_json" => |call| parse(call, false),
        "is_variant_null" => |call| call.to_flags(|row| Ok(Some(value(call, row)? == Some(Variant::Null)))),
        "is_valid_variant" => |call| {
            let bytes = call.bytes(0)?;
            call.to_flags(|row| Ok(bytes.get(row).map(|bytes| Variant::read(bytes).is_ok())))
        },
        "variant_get" | "try_variant_get" => get,
        "schema_of_variant" => {
            |call| call.to_texts(|row| Ok(value(call, row)?.map(|value| schema_text(&schema_of(&value)))))
        }
        "to_variant_object" => |call| {
            call.to_bytes(|row| {
                let given = call.scalar(0, row)?;
                Ok(if given.is_null() { None } else { Variant::of(&given, &call.types[0]).map(|value| value.write()) })
            })
        },
        "variant_insert"
        | "try_variant_insert"
        | "variant_set"
        | "try_variant_set"
        | "variant_array_append"
        | "try_variant_array_append" => put,
        "variant_delete" => delete,
        "variant_strip_nulls" => |call| {
            let in_arrays = call.flags(1)?;
            call.to_bytes(|row| match (value(call, row)?, in_arrays.get(row)) {
                (Some(value), Some(in_arrays)) => Ok(Some(without_nulls(&value, in_arrays).write())),
                _ => Ok(None),
            })
        },
        _ => return None,
    })
}

/// The first argument of a row.
fn value(call: &Call<'_>, row: usize) -> Result<Option<Variant>> {
    variant_at(call, 0, row)
}

fn variant_at(call: &Call<'_>, argument: usize, row: usize) -> Result<Option<Variant>> {
    call.bytes(argument)?.get(row).map(Variant::read).transpose()
}

fn failed(condition: &str, message: String) -> SparkError {
    SparkError::new(ErrorClass::SparkRuntimeException, message).with_condition(condition)
}

fn duplicate(key: &str) -> SparkError {
    failed("VARIANT_DUPLICATE_KEY", format!("the object has the key `{key}` twice"))
}

fn parse(call: &Call<'_>, raise: bool) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.to_bytes(|row| {
        let Some(text) = texts.get(row) else { return Ok(None) };
        match parse_json(text) {
            Ok(value) => Ok(Some(value.write())),
            Err(_) if !raise => Ok(None),
            Err(JsonError::DuplicateKey(key)) => Err(duplicate(&key)),
            Err(JsonError::Malformed) => Err(SparkError::new(
                ErrorClass::SparkException,
                format!("the text `{text}` is not JSON, so it cannot become a variant"),
            )
            .with_condition("MALFORMED_RECORD_IN_PARSING.WITHOUT_SUGGESTION")
            .with_help("try_parse_json gives NULL instead")),
        }
    })
}

fn path_at(call: &Call<'_>, row: usize, wrong: impl Fn(&str) -> SparkError) -> Result<Option<Vec<Step>>> {
    let texts = call.texts(1)?;
    texts.get(row).map(|text| parse_path(text).ok_or_else(|| wrong(text))).transpose()
}

fn get(call: &Call<'_>) -> Result<ArrayRef> {
    let zone = Zone::parse(&call.context.time_zone)?;
    let raise = !call.name.starts_with("try_");
    call.to_scalars(|row| {
        let path = path_at(call, row, |text| {
            failed("INVALID_VARIANT_GET_PATH", format!("`{text}` is not a path into a variant, such as $.a.b[0]"))
        })?;
        let (Some(value), Some(path)) = (value(call, row)?, path) else { return Ok(Scalar::Null) };
        match value.at(&path) {
            Some(found) => cast::value_of(found, call.out, zone, raise),
            None => Ok(Scalar::Null),
        }
    })
}

fn wrong_target<'a>(call: &'a Call<'_>) -> impl Fn(&str) -> SparkError + 'a {
    |text| failed("INVALID_VARIANT_PATH", format!("the path '{text}' is not a valid `{}` target", call.name))
}

/// The steps of a path up to a place in it, as text.
fn place(path: &[Step], depth: usize) -> String {
    path[..depth].iter().fold("$".to_owned(), |text, step| match step {
        Step::Key(key) => format!("{text}.{key}"),
        Step::Index(index) => format!("{text}[{index}]"),
    })
}

fn put(call: &Call<'_>) -> Result<ArrayRef> {
    let name = call.name.trim_start_matches("try_");
    let raise = name == call.name;
    call.to_bytes(|row| {
        let path = path_at(call, row, wrong_target(call))?;
        let (Some(mut value), Some(path), Some(new)) = (value(call, row)?, path, variant_at(call, 2, row)?) else {
            return Ok(None);
        };
        let how = match name {
            "variant_insert" if path.is_empty() => return Err(wrong_target(call)("$")),
            "variant_insert" => Edit::Insert(new),
            "variant_set" => match call.flags(3)?.get(row) {
                Some(makes) => Edit::Set(new, makes),
                None => return Ok(None),
            },
            _ => Edit::Append(new),
        };
        match edit(&mut value, &path, &how) {
            Ok(()) => Ok(Some(value.write())),
            Err(_) if !raise => Ok(None),
            Err(EditError::DuplicateKey(key)) => Err(duplicate(&key)),
            Err(EditError::Mismatch(depth)) => Err(failed(
                "VARIANT_PATH_TYPE_MISMATCH",
                format!(
                    "the path '{}' is incompatible with the variant value at '{}' in `{name}`",
                    place(&path, path.len()),
                    place(&path, depth)
                ),
            )),
        }
    })
}

fn delete(call: &Call<'_>) -> Result<ArrayRef> {
    call.to_bytes(|row| {
        let Some(mut value) = value(call, row)? else { return Ok(None) };
        for argument in 1..call.args.len() {
            let texts = call.texts(argument)?;
            let Some(text) = texts.get(row) else { continue };
            let path = parse_path(text).filter(|path| !path.is_empty()).ok_or_else(|| wrong_target(call)(text))?;
            // A deletion has no way to fail.
            let _ = variant::edit(&mut value, &path, &Edit::Delete);
        }
        Ok(Some(value.write()))
    })
}
