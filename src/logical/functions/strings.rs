//! Definitions of the functions over text and bytes.

use super::signature::{Out, Want, alike, cast, count, different_types, give, signature, variadic};
use super::{ResolveContext, Resolved, ScalarFunction, scalar_functions};
use crate::common::Result;
use crate::logical::expr::Expr;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType::{self, Binary, Boolean, Integer, Long, String as Text};
use Out::{Arg, Maybe, Never, Of};
use Want::{Any, Bin, Double, Int, Long as Big, Num, Str, StrBin};

scalar_functions! {
    pub(super) static TABLE = {
        "upper" ["ucase"] (Str) => Of(Text);
        "lower" ["lcase"] (Str) => Of(Text);
        "length" ["char_length", "character_length", "len"] (StrBin) => Of(Integer);
        "octet_length" [] (StrBin) => Of(Integer);
        "bit_length" [] (StrBin) => Of(Integer);
        "trim" [] (Str, Str; 1) => Of(Text);
        "ltrim" [] (Str, Str; 1) => Of(Text);
        "rtrim" [] (Str, Str; 1) => Of(Text);
        "btrim" [] (Str, Str; 1) => Of(Text);
        "initcap" [] (Str) => Of(Text);
        "lpad" [] = pad;
        "rpad" [] = pad;
        "repeat" [] (Str, Int) => Of(Text);
        "reverse" [] = reverse;
        "concat" [] = concat;
        "concat_ws" [] = concat_ws;
        "substring" ["substr"] = substring;
        "substring_index" [] (Str, Str, Int) => Of(Text);
        "left" [] (Str, Int) => Of(Text);
        "right" [] (Str, Int) => Of(Text);
        "split" [] = split;
        "split_part" [] (Str, Str, Int) => Of(Text);
        "instr" [] = instr;
        "locate" ["position", "charindex"] = locate;
        "replace" [] = replace;
        "translate" [] (Str, Str, Str) => Of(Text);
        "regexp_extract" [] = regexp_extract;
        "regexp_extract_all" [] = regexp_extract_all;
        "regexp_replace" [] = regexp_replace;
        "rlike" ["regexp_like", "regexp"] (Str, Str) => Of(Boolean);
        "regexp_count" [] (Str, Str) => Of(Integer);
        "regexp_instr" [] = regexp_instr;
        "regexp_substr" [] (Str, Str) => Maybe(Text);
        "like" [] (Str, Str, Str; 1) => Of(Boolean);
        "ilike" [] (Str, Str, Str; 1) => Of(Boolean);
        "contains" [] (StrBin, StrBin) => Of(Boolean);
        "startswith" [] (StrBin, StrBin) => Of(Boolean);
        "endswith" [] (StrBin, StrBin) => Of(Boolean);
        "ascii" [] (Str) => Of(Integer);
        "char" ["chr"] (Big) => Of(Text);
        "base64" [] (Bin) => Of(Text);
        "unbase64" [] (Str) => Of(Binary);
        "encode" [] (Str, Str) => Of(Binary);
        "decode" [] = decode;
        "format_string" ["printf"] = format_string;
        "format_number" [] = format_number;
        "levenshtein" [] (Str, Str, Int; 1) => Of(Integer);
        "soundex" [] (Str) => Of(Text);
        "overlay" [] = overlay;
        "space" [] (Int) => Of(Text);
        "elt" [] = elt;
        "find_in_set" [] (Str, Str) => Of(Integer);
        "md5" [] (Bin) => Of(Text);
        "sha1" ["sha"] (Bin) => Of(Text);
        "sha2" [] (Bin, Int) => Maybe(Text);
        "crc32" [] (Bin) => Of(Long);
        "hash" [] = |name, args, context| variadic(name, args, context, 0, Any, Never(Integer));
        "xxhash64" [] = |name, args, context| variadic(name, args, context, 0, Any, Never(Long));
        "to_number" [] = to_number;
        "try_to_number" [] = to_number;
        "to_char" ["to_varchar"] = to_char;
        "to_binary" [] (Str, Str; 1) => Maybe(Binary);
        "try_to_binary" [] (Str, Str; 1) => Maybe(Binary);
        "url_encode" [] (Str) => Of(Text);
        "url_decode" [] (Str) => Of(Text);
        "try_url_decode" [] (Str) => Maybe(Text);
        "parse_url" [] (Str, Str, Str; 1) => Maybe(Text);
        "try_parse_url" [] (Str, Str, Str; 1) => Maybe(Text);
        "mask" [] = mask;
        "quote" [] (Str) => Of(Text);
        "sentences" [] (Str, Str, Str; 2) => Of(DataType::Array(Box::new(DataType::Array(Box::new(Text), false)), false));
        "luhn_check" [] (Str) => Of(Boolean);
        "is_valid_utf8" [] (Str) => Of(Boolean);
        "validate_utf8" [] (Str) => Maybe(Text);
        "try_validate_utf8" [] (Str) => Maybe(Text);
        "to_base32" [] (Bin) => Of(Text);
        "from_base32" [] (Str) => Of(Binary);
        "jaro_winkler_similarity" [] (Str, Str) => Of(DataType::Double);
        "hmac" [] = hmac;
        "aes_encrypt" [] = aes;
        "aes_decrypt" [] = aes;
        "try_aes_decrypt" [] = aes;
        "collation" [] (Str) => Never(Text);
        "bitmap_bit_position" [] (Big) => Of(Long);
        "bitmap_bucket_number" [] (Big) => Of(Long);
        "bitmap_count" [] (Bin) => Of(Long);
        "make_valid_utf8" [] (Str) => Of(Text);
        "str_to_map" [] = str_to_map;
        "to_pretty_string" [] (Any) => Never(Text);
        "width_bucket" [] (Double, Double, Double, Big) => Maybe(Long);
    }
}

fn text(value: &str) -> Expr {
    Expr::Literal(Scalar::String(value.to_owned()), Text)
}

fn pad(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(text(" "));
    }
    signature(name, args, context, &[Str, Int, Str], 0, Of(Text))
}

fn reverse(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if let Some(DataType::Array(..) | Binary) = args.first().map(Expr::data_type) {
        return signature(name, args, context, &[Any], 0, Arg(0));
    }
    signature(name, args, context, &[Str], 0, Of(Text))
}

fn concat(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let types: Vec<DataType> = args.iter().map(Expr::data_type).collect();
    if types.iter().any(|t| matches!(t, DataType::Array(..))) {
        let (args, all) = alike(name, args, context)?;
        return Ok(give(args, Of(all)));
    }
    if let Some(nested) = types.iter().position(DataType::is_nested) {
        return Err(different_types(name, &args[nested..=nested]));
    }
    if !types.is_empty() && types.iter().all(|t| *t == Binary) {
        return Ok(give(args, Of(Binary)));
    }
    variadic(name, args, context, 0, Str, Of(Text))
}

/// The separator and any mix of text and arrays of text; nulls are left out, so only a null separator gives null.
fn concat_ws(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, usize::MAX)?;
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| match arg.data_type() {
            DataType::Array(..) if i > 0 => Ok(cast(arg, &DataType::array(Text), context)),
            _ => super::signature::want(name, arg, i, Str, context),
        })
        .collect::<Result<Vec<_>>>()?;
    let nullable = args[0].nullable();
    Ok(Resolved { args, data_type: Text, nullable })
}

fn substring(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let mut args = args;
    if args.len() == 2 {
        args.push(Expr::int(i32::MAX));
    }
    signature(name, args, context, &[StrBin, Int, Int], 0, Arg(0))
}

fn split(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(Expr::int(-1));
    }
    signature(name, args, context, &[Str, Str, Int], 0, Of(DataType::Array(Box::new(Text), false)))
}

fn locate(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(Expr::int(1));
    }
    signature(name, args, context, &[Str, Str, Int], 0, Of(Integer))
}

fn replace(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(text(""));
    }
    signature(name, args, context, &[Str, Str, Str], 0, Of(Text))
}

fn regexp_extract(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(Expr::int(1));
    }
    signature(name, args, context, &[Str, Str, Int], 0, Of(Text))
}

fn regexp_extract_all(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(Expr::int(1));
    }
    signature(name, args, context, &[Str, Str, Int], 0, Of(DataType::array(Text)))
}

fn regexp_replace(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 3 {
        args.push(Expr::int(1));
    }
    signature(name, args, context, &[Str, Str, Str, Int], 0, Of(Text))
}

fn regexp_instr(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(Expr::int(0));
    }
    signature(name, args, context, &[Str, Str, Int], 0, Of(Integer))
}

/// `instr(text, part)`, or with where to start (from the end when negative) and which occurrence.
fn instr(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 3 {
        args.push(Expr::int(1));
    }
    signature(name, args, context, &[Str, Str, Int, Int], 2, Of(Integer))
}

fn hmac(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(text("SHA-256"));
    }
    signature(name, args, context, &[Bin, Bin, Str], 0, Of(Binary))
}

/// Input, key, mode, padding, then the start value (to encrypt only) and what is authenticated beside the input.
fn aes(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let wants: &[Want] =
        if name == "aes_encrypt" { &[Bin, Bin, Str, Str, Bin, Bin] } else { &[Bin, Bin, Str, Str, Bin] };
    count(name, &args, 2, wants.len())?;
    for default in ["GCM", "DEFAULT", "", ""].iter().take(wants.len() - 2).skip(args.len() - 2) {
        args.push(text(default));
    }
    signature(name, args, context, wants, 0, Maybe(Binary))
}

/// With two arguments bytes in a character set, with more the comparison form of other databases.
fn decode(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() <= 2 {
        return signature(name, args, context, &[Bin, Str], 0, Of(Text));
    }
    let results: Vec<usize> =
        (2..args.len()).filter(|i| i % 2 == 0 || (*i == args.len() - 1 && args.len().is_multiple_of(2))).collect();
    let mut all = DataType::Null;
    for i in &results {
        all = super::types::common_type(&all, &args[*i].data_type(), context.ansi)
            .ok_or_else(|| different_types(name, &args))?;
    }
    let mut key = args[0].data_type();
    for (i, arg) in args.iter().enumerate().skip(1) {
        if !results.contains(&i) {
            key = super::types::common_type(&key, &arg.data_type(), context.ansi)
                .ok_or_else(|| different_types(name, &args))?;
        }
    }
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| cast(arg, if results.contains(&i) { &all } else { &key }, context))
        .collect();
    Ok(give(args, Maybe(all)))
}

fn format_string(name: &str, args: Vec<Expr>, _: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 1, usize::MAX)?;
    let nullable = args[0].nullable();
    Ok(Resolved { args, data_type: Text, nullable })
}

fn format_number(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let second = if args.get(1).is_some_and(|arg| arg.data_type() == Text) { Str } else { Int };
    signature(name, args, context, &[Num, second], 0, Maybe(Text))
}

fn overlay(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 3 {
        args.push(Expr::int(-1));
    }
    signature(name, args, context, &[StrBin, StrBin, Int, Int], 0, Arg(0))
}

fn elt(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, usize::MAX)?;
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| super::signature::want(name, arg, i, if i == 0 { Int } else { Str }, context))
        .collect::<Result<Vec<_>>>()?;
    Ok(give(args, Maybe(Text)))
}

fn to_number(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let format = args.get(1).and_then(super::signature::constant_text).unwrap_or_default().to_owned();
    let is_digit = |c: &char| matches!(c, '9' | '0');
    let point = format.find(['.', 'D', 'd']).unwrap_or(format.len());
    let before = format[..point].chars().filter(is_digit).count() as i16;
    let after = format[point..].chars().filter(is_digit).count() as i16;
    signature(name, args, context, &[Str, Str], 0, Maybe(super::types::bounded_decimal(before + after, after)))
}

fn to_char(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let first = match args.first().map(Expr::data_type) {
        Some(DataType::Date | DataType::Timestamp | DataType::Binary) => Any,
        _ => Num,
    };
    signature(name, args, context, &[first, Str], 0, Maybe(Text))
}

fn mask(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    for default in ["X", "x", "n"].iter().skip(args.len().saturating_sub(1)) {
        args.push(text(default));
    }
    if args.len() == 4 {
        args.push(Expr::Literal(Scalar::Null, Text));
    }
    let mut resolved = signature(name, args, context, &[Str, Str, Str, Str, Str], 0, Of(Text))?;
    resolved.nullable = resolved.args[0].nullable();
    Ok(resolved)
}

fn str_to_map(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    for default in [",", ":"].iter().skip(args.len().saturating_sub(1)) {
        args.push(text(default));
    }
    signature(name, args, context, &[Str, Str, Str], 0, Of(DataType::map(Text, Text)))
}
