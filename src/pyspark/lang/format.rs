//! The format-spec mini language: `[[fill]align][sign][z][#][0][width][grouping][.precision][type]`.

use super::numbers::{round_float, to_big, to_float};
use super::ops::check_length;
use super::raised::{PyResult, value_error};
use super::value::Value;
use num_bigint::Sign;

/// A parsed spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    pub fill: char,
    pub align: Option<char>,
    pub sign: char,
    pub alternate: bool,
    pub zero: bool,
    pub width: usize,
    pub grouping: Option<char>,
    pub precision: Option<usize>,
    pub kind: Option<char>,
}

impl Spec {
    /// Parses a spec.
    ///
    /// # Errors
    /// Python's `ValueError: Invalid format specifier`.
    pub fn parse(text: &str) -> PyResult<Spec> {
        let chars: Vec<char> = text.chars().collect();
        let mut at = 0;
        let mut spec = Spec {
            fill: ' ',
            align: None,
            sign: '-',
            alternate: false,
            zero: false,
            width: 0,
            grouping: None,
            precision: None,
            kind: None,
        };
        let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '^' | '='));
        if is_align(chars.get(1)) {
            spec.fill = chars[0];
            spec.align = Some(chars[1]);
            at = 2;
        } else if is_align(chars.first()) {
            spec.align = Some(chars[0]);
            at = 1;
        }
        if let Some(sign @ ('+' | '-' | ' ')) = chars.get(at) {
            spec.sign = *sign;
            at += 1;
        }
        if chars.get(at) == Some(&'z') {
            at += 1;
        }
        if chars.get(at) == Some(&'#') {
            spec.alternate = true;
            at += 1;
        }
        if chars.get(at) == Some(&'0') {
            spec.zero = true;
            if spec.align.is_none() {
                spec.fill = '0';
            }
            at += 1;
        }
        let number = |at: &mut usize| {
            let start = *at;
            let mut value = 0_usize;
            while let Some(digit) = chars.get(*at).and_then(|c| c.to_digit(10)) {
                value = value.saturating_mul(10).saturating_add(digit as usize);
                *at += 1;
            }
            (*at > start).then_some(value)
        };
        spec.width = number(&mut at).unwrap_or(0);
        check_length(spec.width)?;
        if let Some(grouping @ (',' | '_')) = chars.get(at) {
            spec.grouping = Some(*grouping);
            at += 1;
        }
        if chars.get(at) == Some(&'.') {
            at += 1;
            let precision = number(&mut at).ok_or_else(|| value_error("Format specifier missing precision"))?;
            check_length(precision)?;
            spec.precision = Some(precision);
        }
        spec.kind = chars.get(at).copied();
        at += usize::from(spec.kind.is_some());
        if at < chars.len() {
            return Err(value_error("Invalid format specifier"));
        }
        Ok(spec)
    }

    /// Fills a text up to the width.
    pub fn pad(&self, text: &str, default: char) -> String {
        let width = text.chars().count();
        if width >= self.width {
            return text.to_owned();
        }
        let missing = self.width - width;
        let fill = |count: usize| self.fill.to_string().repeat(count);
        match self.align.unwrap_or(default) {
            '<' => format!("{text}{}", fill(missing)),
            '^' => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
            '=' => {
                let sign = text.len() - text.trim_start_matches(['+', '-', ' ']).len();
                let (sign, digits) = text.split_at(sign);
                format!("{sign}{}{digits}", fill(missing))
            }
            _ => format!("{}{text}", fill(missing)),
        }
    }
}

/// `format(str, spec)`.
///
/// # Errors
/// `ValueError` for a spec that texts do not have.
pub fn text(text: &str, spec: &str) -> PyResult<String> {
    let parsed = Spec::parse(spec)?;
    match parsed.kind {
        None | Some('s') => {}
        Some(kind) => return Err(value_error(format!("Unknown format code '{kind}' for object of type 'str'"))),
    }
    if parsed.align == Some('=') {
        return Err(value_error("'=' alignment not allowed in string format specifier"));
    }
    if let Some(grouping) = parsed.grouping {
        return Err(value_error(format!("Cannot specify '{grouping}' with 's'.")));
    }
    let shown: String = match parsed.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    Ok(parsed.pad(&shown, '<'))
}

/// `format(number, spec)`.
///
/// # Errors
/// `ValueError` for a spec that the number does not have.
pub fn number(value: &Value, spec: &str) -> PyResult<String> {
    let parsed = Spec::parse(spec)?;
    let is_float = matches!(value, Value::Float(_));
    match parsed.kind {
        Some('d' | 'b' | 'o' | 'x' | 'X' | 'c' | 'n') if !is_float => whole(value, &parsed),
        None if !is_float => {
            if matches!(value, Value::Bool(_)) && parsed.width > 0 {
                return whole(value, &parsed);
            }
            whole(value, &parsed)
        }
        None | Some('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' | 'n') => {
            let number = to_float(value)?.unwrap_or(0.0);
            let body = float_body(number.abs(), &parsed);
            let negative = number.is_sign_negative() && !number.is_nan();
            Ok(finish(&body, negative, &parsed))
        }
        Some(kind) => {
            let name = match value {
                Value::Float(_) => "float",
                Value::Bool(_) => "bool",
                _ => "int",
            };
            Err(value_error(format!("Unknown format code '{kind}' for object of type '{name}'")))
        }
    }
}

fn whole(value: &Value, spec: &Spec) -> PyResult<String> {
    let number = to_big(value).unwrap_or_default();
    if spec.precision.is_some() {
        return Err(value_error("Precision not allowed in integer format specifier"));
    }
    let (digits, prefix) = match spec.kind {
        Some('b') => (number.magnitude().to_str_radix(2), "0b"),
        Some('o') => (number.magnitude().to_str_radix(8), "0o"),
        Some('x') => (number.magnitude().to_str_radix(16), "0x"),
        Some('X') => (number.magnitude().to_str_radix(16).to_uppercase(), "0X"),
        Some('c') => {
            let code = value.as_int().and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
            let text = code.ok_or_else(|| value_error("%c arg not in range(0x110000)"))?.to_string();
            return Ok(spec.pad(&text, '<'));
        }
        _ => (number.magnitude().to_string(), ""),
    };
    let prefix = if spec.alternate { prefix } else { "" };
    Ok(finish_with(&digits, prefix, number.sign() == Sign::Minus, spec))
}

/// Sign, grouping and padding around the digits of a number.
fn finish(body: &str, negative: bool, spec: &Spec) -> String {
    finish_with(body, "", negative, spec)
}

fn finish_with(body: &str, prefix: &str, negative: bool, spec: &Spec) -> String {
    let sign = match (negative, spec.sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        (false, _) => "",
    };
    let lead = format!("{sign}{prefix}");
    let zero_fill =
        spec.zero && spec.align.is_none_or(|align| align == '=') || spec.fill == '0' && spec.align == Some('=');
    let end =
        body.find(|c: char| !c.is_ascii_hexdigit() || (c == 'e' && spec.kind != Some('x') && spec.kind != Some('X')));
    let (digits, tail) = body.split_at(if body.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        end.unwrap_or(body.len())
    } else {
        0
    });
    let mut digits = digits.to_owned();
    if zero_fill {
        let used = lead.chars().count() + tail.chars().count();
        let room = spec.width.saturating_sub(used);
        digits = match spec.grouping {
            Some(_) => {
                let every = group_size(spec);
                while group(&digits, ',', every).len() < room {
                    digits.insert(0, '0');
                }
                // A separator never comes first.
                digits
            }
            None => format!("{}{digits}", "0".repeat(room.saturating_sub(digits.len()))),
        };
    }
    if let Some(separator) = spec.grouping {
        digits = group(&digits, separator, group_size(spec));
    }
    let text = format!("{lead}{digits}{tail}");
    if zero_fill { text } else { spec.pad(&text, '>') }
}

fn group_size(spec: &Spec) -> usize {
    if matches!(spec.kind, Some('b' | 'o' | 'x' | 'X')) { 4 } else { 3 }
}

fn group(digits: &str, separator: char, every: usize) -> String {
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(every) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

/// The digits of a float that is not negative.
pub fn float_body(number: f64, spec: &Spec) -> String {
    let kind = spec.kind;
    if !number.is_finite() {
        let text = if number.is_nan() { "nan" } else { "inf" };
        let upper = matches!(kind, Some('E' | 'F' | 'G'));
        let text = if upper { text.to_uppercase() } else { text.to_owned() };
        return if kind == Some('%') { format!("{text}%") } else { text };
    }
    let precision = spec.precision.unwrap_or(6);
    match kind {
        Some('f' | 'F') => with_point(format!("{number:.precision$}"), spec),
        Some('%') => {
            let scaled = number * 100.0;
            format!("{}%", with_point(format!("{scaled:.precision$}"), spec))
        }
        Some('e' | 'E') => {
            let text = exponent(&format!("{number:.precision$e}"));
            if kind == Some('E') { text.to_uppercase() } else { text }
        }
        Some('g' | 'G' | 'n') => {
            let text = general(number, precision.max(1), spec.alternate, false);
            if kind == Some('G') { text.to_uppercase() } else { text }
        }
        _ => match spec.precision {
            Some(precision) => general(number, precision.max(1), spec.alternate, true),
            None => super::repr::float(number),
        },
    }
}

fn with_point(text: String, spec: &Spec) -> String {
    if spec.alternate && !text.contains('.') { format!("{text}.") } else { text }
}

/// Rust's `1.5e-7` as C's `1.5e-07`.
fn exponent(text: &str) -> String {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let number: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if number < 0 { '-' } else { '+' }, number.abs())
}

/// `%g`: `precision` significant digits, without trailing zeros.
fn general(number: f64, precision: usize, keep_zeros: bool, float_like: bool) -> String {
    if number == 0.0 {
        return if float_like { "0.0" } else { "0" }.to_owned();
    }
    let scientific = format!("{number:.*e}", precision - 1);
    let power: i32 = scientific.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0);
    let limit = precision as i32 - i32::from(float_like && precision > 1 && power == precision as i32);
    let trim = |text: &str| {
        if keep_zeros || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    let limit = if float_like { precision as i32 } else { limit };
    if (-4..limit).contains(&power) {
        let decimals = (precision as i32 - 1 - power).max(0) as usize;
        let text = trim(&format!("{number:.decimals$}"));
        return if float_like && !text.contains('.') { format!("{text}.0") } else { text };
    }
    let (mantissa, _) = scientific.split_once('e').unwrap_or((&scientific, ""));
    exponent(&format!("{}e{power}", trim(mantissa)))
}

/// `round(value, digits)` for a float, as a text with that many decimals; used by native modules.
pub fn fixed(number: f64, digits: usize) -> String {
    format!("{:.digits$}", round_float(number, digits as i64))
}
