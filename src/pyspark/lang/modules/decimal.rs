//! `decimal`: exact decimal numbers, rounded to 28 digits after each operation, half to even, as Python's default context does.
//!
//! **Simplified:** the context cannot be changed; there is no signalling NaN.

use super::super::args::Args;
use super::super::class::{Class, Module};
use super::super::freeze::{Freezer, Thaw};
use super::super::numbers::to_big;
use super::super::object::{BinaryOp, CompareOp, Object, UnaryOp};
use super::super::raised::{PyResult, Raised, type_error};
use super::super::{Interpreter, Value};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

const PRECISION: usize = 28;

/// A decimal number: `coefficient * 10^exponent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decimal {
    Finite { negative: bool, coefficient: BigInt, exponent: i64 },
    Infinite(bool),
    NaN,
}

/// How to round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    HalfEven,
    HalfUp,
    HalfDown,
    Down,
    Up,
    Floor,
    Ceiling,
}

fn ten(power: usize) -> BigInt {
    BigInt::from(10).pow(power as u32)
}

fn digits(number: &BigInt) -> usize {
    if number.is_zero() { 1 } else { number.magnitude().to_string().len() }
}

impl Decimal {
    /// A number from a signed coefficient.
    pub fn new(signed: BigInt, exponent: i64) -> Decimal {
        Decimal::Finite { negative: signed.is_negative(), coefficient: signed.abs(), exponent }
    }

    /// A number from text, as Python reads it.
    pub fn parse(text: &str) -> Option<Decimal> {
        let text = text.trim().replace('_', "");
        let (negative, body) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(&text)),
        };
        match body.to_lowercase().as_str() {
            "inf" | "infinity" => return Some(Decimal::Infinite(negative)),
            "nan" | "snan" => return Some(Decimal::NaN),
            _ => {}
        }
        let (mantissa, exponent) = match body.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (body, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let coefficient = BigInt::parse_bytes(all.as_bytes(), 10)?;
        Some(Decimal::Finite { negative, coefficient, exponent: exponent - fraction.len() as i64 })
    }

    /// The exact value of a float.
    pub fn from_float(number: f64) -> Decimal {
        if number.is_nan() {
            return Decimal::NaN;
        }
        if number.is_infinite() {
            return Decimal::Infinite(number < 0.0);
        }
        let (mut mantissa, mut places) = (number.abs(), 0_usize);
        while mantissa.fract() != 0.0 {
            mantissa *= 2.0;
            places += 1;
        }
        // m / 2^p is m * 5^p / 10^p.
        let coefficient = super::super::numbers::big_from_float(mantissa) * BigInt::from(5).pow(places as u32);
        Decimal::Finite { negative: number.is_sign_negative(), coefficient, exponent: -(places as i64) }
    }

    fn signed(&self) -> (BigInt, i64) {
        match self {
            Decimal::Finite { negative, coefficient, exponent } => {
                (if *negative { -coefficient } else { coefficient.clone() }, *exponent)
            }
            Decimal::Infinite(_) | Decimal::NaN => (BigInt::zero(), 0),
        }
    }

    /// As a float, correctly rounded.
    pub fn to_float(&self) -> f64 {
        match self {
            Decimal::Infinite(negative) => {
                if *negative {
                    f64::NEG_INFINITY
                } else {
                    f64::INFINITY
                }
            }
            Decimal::NaN => f64::NAN,
            Decimal::Finite { negative, coefficient, exponent } => {
                let sign = if *negative { "-" } else { "" };
                format!("{sign}{coefficient}e{exponent}").parse().unwrap_or(f64::NAN)
            }
        }
    }

    /// Rounded to an exponent.
    pub fn rescale(&self, wanted: i64, rounding: Rounding) -> Decimal {
        let Decimal::Finite { negative, coefficient, exponent } = self else { return self.clone() };
        if wanted <= *exponent {
            let coefficient = coefficient * ten((*exponent - wanted) as usize);
            return Decimal::Finite { negative: *negative, coefficient, exponent: wanted };
        }
        let scale = ten((wanted - *exponent).min(5000) as usize);
        let (mut quotient, rest) = coefficient.div_rem(&scale);
        let half = (&rest * 2_u8).cmp(&scale);
        let up = match rounding {
            _ if rest.is_zero() => false,
            Rounding::HalfEven => half == Ordering::Greater || (half == Ordering::Equal && quotient.is_odd()),
            Rounding::HalfUp => half != Ordering::Less,
            Rounding::HalfDown => half == Ordering::Greater,
            Rounding::Down => false,
            Rounding::Up => true,
            Rounding::Floor => *negative,
            Rounding::Ceiling => !*negative,
        };
        if up {
            quotient += 1;
        }
        Decimal::Finite { negative: *negative, coefficient: quotient, exponent: wanted }
    }

    /// Rounded to the context's precision.
    fn fit(self) -> Decimal {
        let Decimal::Finite { coefficient, exponent, .. } = &self else { return self };
        let excess = digits(coefficient).saturating_sub(PRECISION);
        if excess == 0 {
            return self;
        }
        let rounded = self.rescale(exponent + excess as i64, Rounding::HalfEven);
        match &rounded {
            // 9.99…9 became 10.00…0: one digit too many again.
            Decimal::Finite { coefficient, .. } if digits(coefficient) > PRECISION => rounded.fit(),
            _ => rounded,
        }
    }

    fn add(&self, other: &Decimal) -> Decimal {
        let ((a, x), (b, y)) = (self.signed(), other.signed());
        let exponent = x.min(y);
        let sum = a * ten((x - exponent) as usize) + b * ten((y - exponent) as usize);
        Decimal::new(sum, exponent).fit()
    }

    fn negate(&self) -> Decimal {
        match self {
            Decimal::Finite { negative, coefficient, exponent } => Decimal::Finite {
                negative: !negative && !coefficient.is_zero(),
                coefficient: coefficient.clone(),
                exponent: *exponent,
            },
            Decimal::Infinite(negative) => Decimal::Infinite(!negative),
            Decimal::NaN => Decimal::NaN,
        }
    }

    fn multiply(&self, other: &Decimal) -> Decimal {
        let ((a, x), (b, y)) = (self.signed(), other.signed());
        Decimal::new(a * b, x + y).fit()
    }

    fn divide(&self, other: &Decimal) -> PyResult<Decimal> {
        let ((a, x), (b, y)) = (self.signed(), other.signed());
        if b.is_zero() {
            let name = if a.is_zero() {
                "[<class 'decimal.DivisionUndefined'>]"
            } else {
                "[<class 'decimal.DivisionByZero'>]"
            };
            return Err(Raised::named(if a.is_zero() { "InvalidOperation" } else { "DivisionByZero" }, name));
        }
        if a.is_zero() {
            return Ok(Decimal::new(a, x - y));
        }
        let negative = a.is_negative() != b.is_negative();
        let (a, b) = (a.abs(), b.abs());
        let shift = (digits(&b) + PRECISION + 1).saturating_sub(digits(&a));
        let (mut quotient, rest) = (a * ten(shift)).div_rem(&b);
        let mut exponent = x - y - shift as i64;
        if rest.is_zero() {
            // An exact quotient keeps no more zeros than it must.
            while exponent < x - y && (&quotient % 10_u8).is_zero() {
                quotient /= 10;
                exponent += 1;
            }
        } else if (&quotient % 5_u8).is_zero() {
            // Not exact: the last digit must not look like a tie.
            quotient += 1;
        }
        Ok(Decimal::Finite { negative, coefficient: quotient, exponent }.fit())
    }

    /// Quotient towards zero and remainder with the sign of the dividend.
    fn divide_whole(&self, other: &Decimal) -> PyResult<(Decimal, Decimal)> {
        let ((a, x), (b, y)) = (self.signed(), other.signed());
        if b.is_zero() {
            return Err(Raised::named("InvalidOperation", "[<class 'decimal.InvalidOperation'>]"));
        }
        let exponent = x.min(y);
        let (quotient, rest) = (a * ten((x - exponent) as usize)).div_rem(&(b * ten((y - exponent) as usize)));
        Ok((Decimal::new(quotient, 0), Decimal::new(rest, exponent).fit()))
    }

    fn power(&self, exponent: i64) -> PyResult<Decimal> {
        let mut result = Decimal::new(BigInt::from(1), 0);
        for _ in 0..exponent.unsigned_abs().min(100_000) {
            result = result.multiply(self);
        }
        if exponent < 0 { Decimal::new(BigInt::from(1), 0).divide(&result) } else { Ok(result) }
    }

    fn sqrt(&self) -> Decimal {
        let (number, exponent) = self.signed();
        let mut shift = (2 * PRECISION + 2).saturating_sub(digits(&number)) as i64;
        if (exponent - shift).is_odd() {
            shift += 1;
        }
        let scaled = &number * ten(shift as usize);
        let mut root = scaled.sqrt();
        let exact = &root * &root == scaled;
        let mut power = (exponent - shift) / 2;
        if exact {
            while power < exponent.div_euclid(2) && (&root % 10_u8).is_zero() {
                root /= 10;
                power += 1;
            }
        }
        Decimal::new(root, power).fit()
    }

    fn normalize(&self) -> Decimal {
        let Decimal::Finite { negative, coefficient, exponent } = self.clone().fit() else { return self.clone() };
        if coefficient.is_zero() {
            return Decimal::Finite { negative, coefficient, exponent: 0 };
        }
        let (mut coefficient, mut exponent) = (coefficient, exponent);
        while (&coefficient % 10_u8).is_zero() {
            coefficient /= 10;
            exponent += 1;
        }
        Decimal::Finite { negative, coefficient, exponent }
    }

    /// The order; `None` for NaN.
    pub fn order(&self, other: &Decimal) -> Option<Ordering> {
        match (self, other) {
            (Decimal::NaN, _) | (_, Decimal::NaN) => None,
            (Decimal::Infinite(a), Decimal::Infinite(b)) => Some(b.cmp(a)),
            (Decimal::Infinite(negative), _) => Some(if *negative { Ordering::Less } else { Ordering::Greater }),
            (_, Decimal::Infinite(negative)) => Some(if *negative { Ordering::Greater } else { Ordering::Less }),
            _ => {
                let ((a, x), (b, y)) = (self.signed(), other.signed());
                let exponent = x.min(y);
                Some((a * ten((x - exponent) as usize)).cmp(&(b * ten((y - exponent) as usize))))
            }
        }
    }

    /// Towards zero.
    fn whole(&self) -> BigInt {
        self.rescale(0, Rounding::Down).signed().0
    }

    /// `str(decimal)`.
    pub fn text(&self) -> String {
        let Decimal::Finite { negative, coefficient, exponent } = self else {
            return match self {
                Decimal::Infinite(true) => "-Infinity",
                Decimal::Infinite(false) => "Infinity",
                _ => "NaN",
            }
            .to_owned();
        };
        let sign = if *negative { "-" } else { "" };
        let figures = coefficient.to_string();
        let adjusted = exponent + figures.len() as i64 - 1;
        if *exponent <= 0 && adjusted >= -6 {
            return format!("{sign}{}", with_point(&figures, -exponent as usize));
        }
        let (first, rest) = figures.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        format!("{sign}{first}{point}{rest}E{adjusted:+}")
    }
}

fn with_point(figures: &str, places: usize) -> String {
    if places == 0 {
        return figures.to_owned();
    }
    let padded = format!("{figures:0>width$}", width = places + 1);
    let (whole, fraction) = padded.split_at(padded.len() - places);
    format!("{whole}.{fraction}")
}

/// A decimal operand: a decimal or a whole number.
fn operand(value: &Value) -> Option<Decimal> {
    match value.downcast::<Decimal>() {
        Some(decimal) => Some(decimal.clone()),
        None => to_big(value.native()).map(|number| Decimal::new(number, 0)),
    }
}

/// `Decimal(value)`.
///
/// # Errors
/// Text that is not a number.
pub fn from_value(interp: &Interpreter, value: &Value) -> PyResult<Decimal> {
    match value.native() {
        Value::Float(number) => Ok(Decimal::from_float(*number)),
        Value::Str(text) => Decimal::parse(text)
            .ok_or_else(|| Raised::named("InvalidOperation", "[<class 'decimal.ConversionSyntax'>]")),
        other => operand(other).ok_or_else(|| {
            type_error(format!("conversion from {} to Decimal is not supported", interp.type_name(value)))
        }),
    }
}

fn rounding_of(value: Option<&Value>) -> Rounding {
    match value.and_then(Value::as_str) {
        Some("ROUND_HALF_UP") => Rounding::HalfUp,
        Some("ROUND_HALF_DOWN") => Rounding::HalfDown,
        Some("ROUND_DOWN" | "ROUND_05UP") => Rounding::Down,
        Some("ROUND_UP") => Rounding::Up,
        Some("ROUND_FLOOR") => Rounding::Floor,
        Some("ROUND_CEILING") => Rounding::Ceiling,
        _ => Rounding::HalfEven,
    }
}

impl Object for Decimal {
    fn type_name(&self) -> &'static str {
        "Decimal"
    }

    fn methods(&self) -> &'static [&'static str] {
        &[
            "quantize",
            "normalize",
            "to_integral_value",
            "to_integral",
            "is_nan",
            "is_infinite",
            "is_finite",
            "is_zero",
            "is_signed",
            "as_tuple",
            "adjusted",
            "sqrt",
            "copy_abs",
            "copy_negate",
            "compare",
            "as_integer_ratio",
            "to_eng_string",
            "__int__",
            "__float__",
            "__round__",
            "__abs__",
            "__trunc__",
            "__floor__",
            "__ceil__",
        ]
    }

    fn get_attr(&self, _: &mut Interpreter, this: &Value, name: &str) -> PyResult<Option<Value>> {
        Ok(match name {
            "real" => Some(this.clone()),
            "imag" => Some(Value::object(Decimal::new(BigInt::zero(), 0))),
            _ => None,
        })
    }

    fn call_method(&self, interp: &mut Interpreter, _: &Value, name: &str, args: Args) -> Option<PyResult> {
        Some(match name {
            "quantize" => self.quantize(interp, args),
            "normalize" => Ok(Value::object(self.normalize())),
            "to_integral_value" | "to_integral" => args.bind(name, ["rounding", "context"], 0).map(|[rounding, _]| {
                let keep = matches!(self, Decimal::Finite { exponent, .. } if *exponent >= 0);
                Value::object(if keep { self.clone() } else { self.rescale(0, rounding_of(rounding.as_ref())) })
            }),
            "is_nan" => Ok(Value::Bool(matches!(self, Decimal::NaN))),
            "is_infinite" => Ok(Value::Bool(matches!(self, Decimal::Infinite(_)))),
            "is_finite" => Ok(Value::Bool(matches!(self, Decimal::Finite { .. }))),
            "is_zero" => Ok(Value::Bool(matches!(self, Decimal::Finite { coefficient, .. } if coefficient.is_zero()))),
            "is_signed" => {
                Ok(Value::Bool(matches!(self, Decimal::Finite { negative: true, .. } | Decimal::Infinite(true))))
            }
            "as_tuple" => self.as_tuple(interp),
            "adjusted" => Ok(Value::Int(match self {
                Decimal::Finite { coefficient, exponent, .. } => exponent + digits(coefficient) as i64 - 1,
                _ => 0,
            })),
            "sqrt" => Ok(Value::object(self.sqrt())),
            "copy_abs" | "__abs__" => Ok(Value::object(self.absolute())),
            "copy_negate" => Ok(Value::object(self.negate())),
            "compare" => args.one("compare").and_then(|other| from_value(interp, &other)).map(|other| {
                let order = self.order(&other).map_or(0, |order| order as i64);
                Value::object(Decimal::new(BigInt::from(order), 0))
            }),
            "to_eng_string" => Ok(Value::from(self.text())),
            "as_integer_ratio" => {
                let (number, exponent) = self.signed();
                let (top, bottom) = if exponent >= 0 {
                    (number * ten(exponent as usize), BigInt::from(1))
                } else {
                    (number, ten(-exponent as usize))
                };
                let common = top.gcd(&bottom);
                Ok(Value::tuple(vec![Value::big(top / &common), Value::big(bottom / common)]))
            }
            "__int__" | "__trunc__" => Ok(Value::big(self.whole())),
            "__floor__" => Ok(Value::big(self.rescale(0, Rounding::Floor).signed().0)),
            "__ceil__" => Ok(Value::big(self.rescale(0, Rounding::Ceiling).signed().0)),
            "__float__" => Ok(Value::Float(self.to_float())),
            "__round__" => Ok(match args.positional.first().and_then(Value::as_int) {
                Some(places) => Value::object(self.rescale(-places, Rounding::HalfEven)),
                None => Value::big(self.rescale(0, Rounding::HalfEven).signed().0),
            }),
            _ => return None,
        })
    }

    fn binary(
        &self,
        _: &mut Interpreter,
        _: &Value,
        op: BinaryOp,
        other: &Value,
        reflected: bool,
    ) -> PyResult<Option<Value>> {
        let Some(other) = operand(other) else { return Ok(None) };
        let (a, b) = if reflected { (&other, self) } else { (self, &other) };
        if matches!((a, b), (Decimal::NaN, _) | (_, Decimal::NaN)) {
            return Ok(Some(Value::object(Decimal::NaN)));
        }
        if !matches!((a, b), (Decimal::Finite { .. }, Decimal::Finite { .. })) {
            return infinite(op, a, b).map(|decimal| Some(Value::object(decimal)));
        }
        let result = match op {
            BinaryOp::Add => a.add(b),
            BinaryOp::Sub => a.add(&b.negate()),
            BinaryOp::Mul => a.multiply(b),
            BinaryOp::Div => a.divide(b)?,
            BinaryOp::FloorDiv => a.divide_whole(b)?.0,
            BinaryOp::Mod => a.divide_whole(b)?.1,
            BinaryOp::Pow => match b {
                Decimal::Finite { exponent, .. } if *exponent >= 0 => a.power(b.whole().to_i64().unwrap_or(0))?,
                _ if b.to_float() == 0.5 => a.sqrt(),
                _ => return Err(Raised::unsupported("a decimal to a fractional power", "convert to float first")),
            },
            _ => return Ok(None),
        };
        Ok(Some(Value::object(result)))
    }

    fn unary(&self, _: &mut Interpreter, _: &Value, op: UnaryOp) -> PyResult<Option<Value>> {
        Ok(match op {
            UnaryOp::Minus => Some(Value::object(self.negate().fit())),
            UnaryOp::Plus => Some(Value::object(self.clone().fit())),
            UnaryOp::Invert | UnaryOp::Not => None,
        })
    }

    fn compare(&self, _: &mut Interpreter, _: &Value, op: CompareOp, other: &Value) -> PyResult<Option<Value>> {
        let other = match other.native() {
            Value::Float(number) => Decimal::from_float(*number),
            value => match operand(value) {
                Some(other) => other,
                None => return Ok(None),
            },
        };
        Ok(Some(Value::Bool(self.order(&other).map_or(op == CompareOp::NotEq, |order| op.holds(order)))))
    }

    fn truth(&self, _: &mut Interpreter, _: &Value) -> PyResult<Option<bool>> {
        Ok(Some(!matches!(self, Decimal::Finite { coefficient, .. } if coefficient.is_zero())))
    }

    fn hash(&self, interp: &mut Interpreter, _: &Value) -> PyResult<i64> {
        let normal = self.normalize();
        match &normal {
            Decimal::Finite { exponent, .. } if *exponent >= 0 => {
                super::super::hash::hash_of(interp, &Value::big(normal.whole()))
            }
            // A float is equal when its exact value is.
            _ if Decimal::from_float(self.to_float()).order(self) == Some(Ordering::Equal) => {
                Ok(super::super::hash::hash_float(self.to_float()))
            }
            _ => Ok(super::super::hash::hash_str(&normal.text())),
        }
    }

    fn repr(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(format!("Decimal('{}')", self.text()))
    }

    fn str(&self, _: &mut Interpreter, _: &Value) -> PyResult<String> {
        Ok(self.text())
    }

    fn format(&self, _: &mut Interpreter, _: &Value, spec: &str) -> PyResult<Option<String>> {
        format(self, spec).map(Some)
    }

    fn freeze(&self, _: &mut Interpreter, _: &Value, _: &mut Freezer) -> PyResult<Option<Thaw>> {
        let copy = self.clone();
        Ok(Some(Arc::new(move |_| Ok(Value::object(copy.clone())))))
    }
}

fn infinite(op: BinaryOp, a: &Decimal, b: &Decimal) -> PyResult<Decimal> {
    let (a, b) = (a.to_float(), b.to_float());
    let number = match op {
        BinaryOp::Add => a + b,
        BinaryOp::Sub => a - b,
        BinaryOp::Mul => a * b,
        _ => a / b,
    };
    if number.is_nan() {
        return Err(Raised::named("InvalidOperation", "[<class 'decimal.InvalidOperation'>]"));
    }
    Ok(Decimal::from_float(number))
}

/// `format(decimal, spec)`.
fn format(decimal: &Decimal, spec: &str) -> PyResult<String> {
    let mut parsed = super::super::format::Spec::parse(spec)?;
    let (shown, percent) = match parsed.kind {
        Some('%') => (decimal.multiply(&Decimal::new(BigInt::from(100), 0)), "%"),
        _ => (decimal.clone(), ""),
    };
    let rounded = match (parsed.kind, parsed.precision) {
        (Some('f' | 'F' | '%') | None, Some(places)) => shown.rescale(-(places as i64), Rounding::HalfEven),
        (Some('%'), None) => shown.rescale(-6, Rounding::HalfEven),
        (Some('e' | 'E' | 'g' | 'G'), _) => {
            return super::super::format::number(&Value::Float(decimal.to_float()), spec);
        }
        _ => shown,
    };
    let Decimal::Finite { negative, coefficient, exponent } = &rounded else {
        return Ok(parsed.pad(&rounded.text(), '>'));
    };
    let body = match parsed.kind {
        None if parsed.precision.is_none() => rounded.text().trim_start_matches('-').to_owned(),
        _ if *exponent > 0 => format!("{}", coefficient * ten(*exponent as usize)),
        _ => with_point(&coefficient.to_string(), -exponent as usize),
    };
    let (whole, tail) = body
        .split_once('.')
        .map_or((body.clone(), String::new()), |(whole, tail)| (whole.to_owned(), format!(".{tail}")));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if let Some(separator) = parsed.grouping
            && at > 0
            && (whole.len() - at).is_multiple_of(3)
        {
            grouped.push(separator);
        }
        grouped.push(digit);
    }
    let sign = match (*negative, parsed.sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        (false, _) => "",
    };
    if parsed.zero && parsed.align.is_none() {
        parsed.align = Some('=');
    }
    Ok(parsed.pad(&format!("{sign}{grouped}{tail}{percent}"), '>'))
}

impl Decimal {
    fn absolute(&self) -> Decimal {
        match self {
            Decimal::Finite { coefficient, exponent, .. } => {
                Decimal::Finite { negative: false, coefficient: coefficient.clone(), exponent: *exponent }
            }
            Decimal::Infinite(_) => Decimal::Infinite(false),
            Decimal::NaN => Decimal::NaN,
        }
    }

    fn quantize(&self, interp: &Interpreter, args: Args) -> PyResult {
        let [wanted, rounding, _] = args.bind("quantize", ["exp", "rounding", "context"], 1)?;
        let wanted = from_value(interp, &wanted.unwrap_or(Value::None))?;
        let Decimal::Finite { exponent, .. } = wanted else { return Ok(Value::object(self.clone())) };
        let result = self.rescale(exponent, rounding_of(rounding.as_ref()));
        match &result {
            Decimal::Finite { coefficient, .. } if digits(coefficient) > PRECISION => {
                Err(Raised::named("InvalidOperation", "[<class 'decimal.InvalidOperation'>]"))
            }
            _ => Ok(Value::object(result)),
        }
    }

    fn as_tuple(&self, interp: &mut Interpreter) -> PyResult {
        let Decimal::Finite { negative, coefficient, exponent } = self else { return Ok(Value::None) };
        let figures: Vec<Value> = coefficient
            .to_string()
            .chars()
            .filter_map(|c| c.to_digit(10))
            .map(|digit| Value::Int(i64::from(digit)))
            .collect();
        let fields = ["sign", "digits", "exponent"].map(str::to_owned).to_vec();
        let class = super::collections::tuple_class(
            interp,
            "DecimalTuple",
            fields,
            Vec::new(),
            super::super::class::Namespace::default(),
        )?;
        let parts = vec![Value::Int(i64::from(*negative)), Value::tuple(figures), Value::Int(*exponent)];
        interp.call(&Value::Class(class), Args::of(parts))
    }
}

/// The module.
pub fn module(interp: &mut Interpreter) -> Module {
    let object = interp.class_named("object");
    let class = Class::native("Decimal", "decimal", object.as_ref())
        .with_construct(|interp, _: &Rc<Class>, args| {
            let [value, _] = args.bind("Decimal", ["value", "context"], 0)?;
            let decimal = match value {
                Some(value) => from_value(interp, &value)?,
                None => Decimal::new(BigInt::zero(), 0),
            };
            Ok(Value::object(decimal))
        })
        .with(
            "from_float",
            Value::builtin("from_float", |interp, args| {
                let value = args.one("from_float")?;
                Ok(Value::object(from_value(interp, &value)?))
            }),
        );
    let module = Module::new("decimal").with("Decimal", Value::Class(interp.register_class(class)));
    for name in [
        "ROUND_HALF_EVEN",
        "ROUND_HALF_UP",
        "ROUND_HALF_DOWN",
        "ROUND_DOWN",
        "ROUND_UP",
        "ROUND_FLOOR",
        "ROUND_CEILING",
        "ROUND_05UP",
    ] {
        module.set(name, Value::str(name));
    }
    for (name, base) in [
        ("DecimalException", "ArithmeticError"),
        ("DivisionByZero", "ZeroDivisionError"),
        ("InvalidOperation", "ArithmeticError"),
    ] {
        let class = match interp.class_named(name) {
            Some(class) => class,
            None => {
                let base = interp.class_named(base);
                interp.register_class(Class::native(name, "decimal", base.as_ref()))
            }
        };
        module.set(name, Value::Class(class));
    }
    for name in ["getcontext", "localcontext", "setcontext", "Context"] {
        module.set(
            name,
            Value::builtin(name, move |_, _| {
                Err(Raised::unsupported(
                    "another decimal context",
                    "round with quantize(Decimal('0.01'), ROUND_HALF_UP)",
                ))
            }),
        );
    }
    module
}
