//! `'%s …' % values`.

use super::Interpreter;
use super::format::{Spec, float_body, number};
use super::numbers::{big_from_float, to_float};
use super::raised::{PyResult, type_error, value_error};
use super::value::Value;

struct Source<'a> {
    values: &'a Value,
    items: Vec<Value>,
    next: usize,
}

impl Source<'_> {
    fn take(&mut self) -> PyResult {
        let item =
            self.items.get(self.next).cloned().ok_or_else(|| type_error("not enough arguments for format string"))?;
        self.next += 1;
        Ok(item)
    }
}

/// Formats `values` (a tuple, a mapping, or one value) after C's rules.
///
/// # Errors
/// `TypeError` for too few or too many values, `ValueError` for a wrong conversion.
pub fn format(interp: &mut Interpreter, text: &str, values: &Value) -> PyResult<String> {
    let items = match values {
        Value::Tuple(items) => items.to_vec(),
        other => vec![other.clone()],
    };
    let mut source = Source { values, items, next: 0 };
    let mut out = String::new();
    let mut chars = text.chars().peekable();
    let mut named = false;
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut key = None;
        if chars.peek() == Some(&'(') {
            chars.next();
            key = Some(chars.by_ref().take_while(|c| *c != ')').collect::<String>());
            named = true;
        }
        let mut flags = String::new();
        while let Some(flag @ ('-' | '+' | ' ' | '#' | '0')) = chars.peek().copied() {
            flags.push(flag);
            chars.next();
        }
        let count = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
                     source: &mut Source<'_>|
         -> PyResult<Option<usize>> {
            if chars.peek() == Some(&'*') {
                chars.next();
                return Ok(source.take()?.as_int().map(|count| count.max(0) as usize));
            }
            let mut digits = String::new();
            while let Some(digit) = chars.peek().copied().filter(char::is_ascii_digit) {
                digits.push(digit);
                chars.next();
            }
            let count = if digits.is_empty() { None } else { Some(digits.parse().unwrap_or(usize::MAX)) };
            super::ops::check_length(count.unwrap_or(0))?;
            Ok(count)
        };
        let width = count(&mut chars, &mut source)?.unwrap_or(0);
        let precision = if chars.peek() == Some(&'.') {
            chars.next();
            Some(count(&mut chars, &mut source)?.unwrap_or(0))
        } else {
            None
        };
        while matches!(chars.peek(), Some('l' | 'h' | 'L')) {
            chars.next();
        }
        let kind = chars.next().ok_or_else(|| value_error("incomplete format"))?;
        if kind == '%' {
            out.push('%');
            continue;
        }
        let value = match key {
            Some(key) => interp.get_item(source.values, &Value::from(key))?,
            None => source.take()?,
        };
        out.push_str(&convert(interp, &value, &flags, width, precision, kind)?);
    }
    if !named && source.next < source.items.len() && !matches!(values, Value::Dict(_)) {
        return Err(type_error("not all arguments converted during string formatting"));
    }
    Ok(out)
}

fn convert(
    interp: &mut Interpreter,
    value: &Value,
    flags: &str,
    width: usize,
    precision: Option<usize>,
    kind: char,
) -> PyResult<String> {
    let left = flags.contains('-');
    let spec = Spec {
        fill: ' ',
        align: left.then_some('<'),
        sign: if flags.contains('+') {
            '+'
        } else if flags.contains(' ') {
            ' '
        } else {
            '-'
        },
        alternate: flags.contains('#'),
        zero: flags.contains('0') && !left,
        width,
        grouping: None,
        precision,
        kind: Some(kind),
    };
    let text = match kind {
        's' => interp.str(value)?,
        'r' => interp.repr(value)?,
        'a' => super::repr::ascii(&interp.repr(value)?),
        'c' => match value.as_str() {
            Some(text) => text.to_owned(),
            None => number(value, "c")?,
        },
        'd' | 'i' | 'u' | 'x' | 'X' | 'o' => return whole(interp, value, &spec, kind),
        'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
            let number = match to_float(value.native())? {
                Some(number) => number,
                None => {
                    let float = interp.class_named("float").map_or(Value::None, Value::Class);
                    match interp.call(&float, super::Args::of(vec![value.clone()])) {
                        Ok(converted) => converted.as_float().unwrap_or(0.0),
                        Err(_) => {
                            return Err(type_error(format!("must be real number, not {}", interp.type_name(value))));
                        }
                    }
                }
            };
            let body = float_body(number.abs(), &spec);
            return Ok(pad_number(&body, number.is_sign_negative() && !number.is_nan(), &spec));
        }
        other => return Err(value_error(format!("unsupported format character '{other}' (0x{:x})", other as u32))),
    };
    let shown: String = match precision {
        Some(precision) if kind != 'c' => text.chars().take(precision).collect(),
        _ => text,
    };
    Ok(spec.pad(&shown, '>'))
}

fn whole(interp: &Interpreter, value: &Value, spec: &Spec, kind: char) -> PyResult<String> {
    let value = match value.native() {
        Value::Float(number) if matches!(kind, 'd' | 'i' | 'u') && number.is_finite() => {
            Value::big(big_from_float(number.trunc()))
        }
        other => other.clone(),
    };
    let Some(big) = super::numbers::to_big(&value) else {
        return Err(type_error(format!("%{kind} format: a real number is required, not {}", interp.type_name(&value))));
    };
    let magnitude = big.magnitude();
    let digits = match kind {
        'x' => magnitude.to_str_radix(16),
        'X' => magnitude.to_str_radix(16).to_uppercase(),
        'o' => magnitude.to_str_radix(8),
        _ => magnitude.to_string(),
    };
    let digits = match spec.precision {
        Some(precision) if digits.len() < precision => format!("{}{digits}", "0".repeat(precision - digits.len())),
        _ => digits,
    };
    let prefix = match (spec.alternate, kind) {
        (true, 'x') => "0x",
        (true, 'X') => "0X",
        (true, 'o') => "0o",
        _ => "",
    };
    Ok(pad_number(&format!("{prefix}{digits}"), big.sign() == num_bigint::Sign::Minus, spec))
}

fn pad_number(body: &str, negative: bool, spec: &Spec) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        (false, _) => "",
    };
    if spec.zero {
        let missing = spec.width.saturating_sub(sign.len() + body.len());
        return format!("{sign}{}{body}", "0".repeat(missing));
    }
    spec.pad(&format!("{sign}{body}"), '>')
}
