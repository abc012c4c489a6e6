//! `math` and `statistics`.

use super::super::args::Args;
use super::super::class::Module;
use super::super::numbers::{big_from_float, to_big, to_float};
use super::super::object::BinaryOp;
use super::super::raised::{PyResult, Raised, type_error, value_error};
use super::super::{Interpreter, Value};
use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// Beyond it a factorial has more than 77,000 digits.
const LARGEST_FACTORIAL: u64 = 20_000;

fn real(interp: &mut Interpreter, value: &Value) -> PyResult<f64> {
    if let Some(number) = to_float(value.native())? {
        return Ok(number);
    }
    if matches!(value.native(), Value::Str(_)) {
        return Err(type_error("must be real number, not str"));
    }
    match super::super::builtins::to_float_value(interp, value) {
        Ok(number) => Ok(number.as_float().unwrap_or(f64::NAN)),
        Err(_) => Err(type_error(format!("must be real number, not {}", interp.type_name(value)))),
    }
}

fn domain() -> Raised {
    value_error("math domain error")
}

fn unary(module: Module, name: &'static str, function: fn(f64) -> f64) -> Module {
    module.function(name, move |interp, args| {
        let x = real(interp, &args.one(name)?)?;
        let y = function(x);
        if y.is_nan() && !x.is_nan()
            || y.is_infinite() && x.is_finite() && matches!(name, "log2" | "log10" | "log1p" | "atanh")
        {
            return Err(domain());
        }
        if y.is_infinite() && x.is_finite() {
            return Err(Raised::named("OverflowError", "math range error"));
        }
        Ok(Value::Float(y))
    })
}

fn whole(interp: &mut Interpreter, value: &Value) -> PyResult<BigInt> {
    to_big(value.native())
        .ok_or_else(|| type_error(format!("'{}' object cannot be interpreted as an integer", interp.type_name(value))))
}

fn rounded(module: Module, name: &'static str, special: &'static str, function: fn(f64) -> f64) -> Module {
    module.function(name, move |interp, args| {
        let value = args.one(name)?;
        match value.native() {
            Value::Int(_) | Value::BigInt(_) | Value::Bool(_) => Ok(Value::big(whole(interp, &value)?)),
            Value::Object(object) if object.methods().contains(&special) => {
                interp.call_method(&value, special, Args::none())
            }
            _ => {
                let number = real(interp, &value)?;
                if number.is_nan() {
                    return Err(value_error("cannot convert float NaN to integer"));
                }
                if number.is_infinite() {
                    return Err(Raised::named("OverflowError", "cannot convert float infinity to integer"));
                }
                Ok(Value::big(big_from_float(function(number))))
            }
        }
    })
}

fn log(interp: &mut Interpreter, args: Args) -> PyResult {
    let [x, base] = args.bind("log", ["x", "base"], 1)?;
    let x = x.unwrap_or(Value::None);
    let natural = match x.native() {
        Value::BigInt(number) if number.is_positive() => {
            let shift = number.bits().saturating_sub(60);
            let top = (number.as_ref() >> shift).to_f64().unwrap_or(1.0);
            libm::log(top) + shift as f64 * std::f64::consts::LN_2
        }
        _ => {
            let number = real(interp, &x)?;
            if number <= 0.0 {
                return Err(domain());
            }
            libm::log(number)
        }
    };
    match base {
        None => Ok(Value::Float(natural)),
        Some(base) => {
            let base = real(interp, &base)?;
            if base <= 0.0 {
                return Err(domain());
            }
            if base == 1.0 {
                return Err(Raised::named("ZeroDivisionError", "float division by zero"));
            }
            Ok(Value::Float(natural / libm::log(base)))
        }
    }
}

/// A sum without rounding errors (Shewchuk).
fn fsum(numbers: &[f64]) -> f64 {
    let mut partials: Vec<f64> = Vec::new();
    for number in numbers {
        let mut x = *number;
        let mut kept = 0;
        for at in 0..partials.len() {
            let mut y = partials[at];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        partials.push(x);
    }
    let Some(mut high) = partials.pop() else { return 0.0 };
    let mut low = 0.0;
    while let Some(next) = partials.pop() {
        let x = high;
        high = x + next;
        low = next - (high - x);
        if low != 0.0 {
            break;
        }
    }
    if let Some(next) = partials.last()
        && ((low < 0.0 && *next < 0.0) || (low > 0.0 && *next > 0.0))
    {
        let y = low * 2.0;
        let x = high + y;
        if y == x - high {
            high = x;
        }
    }
    high
}

type Unary = fn(f64) -> f64;
type Binary = fn(f64, f64) -> f64;

/// The module `math`.
pub fn module() -> Module {
    let mut module = Module::new("math")
        .with("pi", Value::Float(std::f64::consts::PI))
        .with("e", Value::Float(std::f64::consts::E))
        .with("tau", Value::Float(std::f64::consts::TAU))
        .with("inf", Value::Float(f64::INFINITY))
        .with("nan", Value::Float(f64::NAN));
    let functions: &[(&str, Unary)] = &[
        ("sqrt", f64::sqrt),
        ("exp", libm::exp),
        ("expm1", libm::expm1),
        ("log2", libm::log2),
        ("log10", libm::log10),
        ("log1p", libm::log1p),
        ("sin", libm::sin),
        ("cos", libm::cos),
        ("tan", libm::tan),
        ("asin", libm::asin),
        ("acos", libm::acos),
        ("atan", libm::atan),
        ("sinh", libm::sinh),
        ("cosh", libm::cosh),
        ("tanh", libm::tanh),
        ("asinh", libm::asinh),
        ("acosh", libm::acosh),
        ("atanh", libm::atanh),
        ("degrees", f64::to_degrees),
        ("radians", f64::to_radians),
        ("fabs", f64::abs),
        ("gamma", libm::tgamma),
        ("lgamma", libm::lgamma),
        ("erf", libm::erf),
        ("erfc", libm::erfc),
        ("cbrt", libm::cbrt),
        ("exp2", libm::exp2),
    ];
    for (name, function) in functions {
        module = unary(module, name, *function);
    }
    module = rounded(module, "floor", "__floor__", f64::floor);
    module = rounded(module, "ceil", "__ceil__", f64::ceil);
    module = rounded(module, "trunc", "__trunc__", f64::trunc);
    let pairs: &[(&str, Binary)] = &[
        ("pow", libm::pow),
        ("atan2", libm::atan2),
        ("copysign", f64::copysign),
        ("fmod", |a, b| a % b),
        ("remainder", libm::remainder),
    ];
    for (name, function) in pairs {
        module = module.function(name, |interp, args| {
            let (a, b) = args.two(name)?;
            Ok(Value::Float(function(real(interp, &a)?, real(interp, &b)?)))
        });
    }
    whole_functions(module)
        .function("log", log)
        .function("hypot", |interp, args| {
            let mut sum = 0.0;
            for value in &args.positional {
                sum += real(interp, value)?.powi(2);
            }
            Ok(Value::Float(match args.positional.as_slice() {
                [a, b] => libm::hypot(real(interp, a)?, real(interp, b)?),
                _ => sum.sqrt(),
            }))
        })
        .function("dist", |interp, args| {
            let (a, b) = args.two("dist")?;
            let mut sum = 0.0;
            for (a, b) in interp.items(&a)?.iter().zip(interp.items(&b)?.iter()) {
                sum += (real(interp, a)? - real(interp, b)?).powi(2);
            }
            Ok(Value::Float(sum.sqrt()))
        })
        .function("fsum", |interp, args| {
            let mut numbers = Vec::new();
            for value in interp.items(&args.one("fsum")?)? {
                numbers.push(real(interp, &value)?);
            }
            Ok(Value::Float(fsum(&numbers)))
        })
        .function("isnan", |interp, args| Ok(Value::Bool(real(interp, &args.one("isnan")?)?.is_nan())))
        .function("isinf", |interp, args| Ok(Value::Bool(real(interp, &args.one("isinf")?)?.is_infinite())))
        .function("isfinite", |interp, args| Ok(Value::Bool(real(interp, &args.one("isfinite")?)?.is_finite())))
        .function("isclose", |interp, args| {
            let [a, b, relative, absolute] = args.bind("isclose", ["a", "b", "*rel_tol", "*abs_tol"], 2)?;
            let (a, b) = (real(interp, &a.unwrap_or(Value::None))?, real(interp, &b.unwrap_or(Value::None))?);
            let relative = relative.and_then(|value| value.as_float()).unwrap_or(1e-9);
            let absolute = absolute.and_then(|value| value.as_float()).unwrap_or(0.0);
            let close = a == b
                || (a.is_finite() && b.is_finite() && (a - b).abs() <= (relative * a.abs().max(b.abs())).max(absolute));
            Ok(Value::Bool(close))
        })
        .function("modf", |interp, args| {
            let x = real(interp, &args.one("modf")?)?;
            Ok(Value::tuple(vec![Value::Float(x.fract()), Value::Float(x.trunc())]))
        })
}

fn whole_functions(module: Module) -> Module {
    module
        .function("gcd", |interp, args| {
            let mut result = BigInt::zero();
            for value in &args.positional {
                result = result.gcd(&whole(interp, value)?);
            }
            Ok(Value::big(result))
        })
        .function("lcm", |interp, args| {
            let mut result = BigInt::one();
            for value in &args.positional {
                result = result.lcm(&whole(interp, value)?);
            }
            Ok(Value::big(result))
        })
        .function("factorial", |interp, args| {
            let number = whole(interp, &args.one("factorial")?)?;
            if number.is_negative() {
                return Err(value_error("factorial() not defined for negative values"));
            }
            let number = number.to_u64().filter(|number| *number <= LARGEST_FACTORIAL);
            let Some(number) = number else { return Err(Raised::named("MemoryError", "")) };
            let mut result = BigInt::one();
            for factor in 2..=number {
                result *= factor;
            }
            Ok(Value::big(result))
        })
        .function("comb", |interp, args| {
            let (n, k) = args.two("comb")?;
            let (n, k) = (whole(interp, &n)?, whole(interp, &k)?);
            if k > n {
                return Ok(Value::Int(0));
            }
            let mut result = BigInt::one();
            for at in 0..k.to_u64().unwrap_or(0).min(100_000) {
                result = result * (&n - at) / (at + 1);
            }
            Ok(Value::big(result))
        })
        .function("perm", |interp, args| {
            let (n, k) = args.two("perm")?;
            let (n, k) = (whole(interp, &n)?, whole(interp, &k)?);
            let mut result = BigInt::one();
            for at in 0..k.to_u64().unwrap_or(0).min(100_000) {
                result *= &n - at;
            }
            Ok(Value::big(result))
        })
        .function("isqrt", |interp, args| {
            let number = whole(interp, &args.one("isqrt")?)?;
            if number.is_negative() {
                return Err(value_error("isqrt() argument must be nonnegative"));
            }
            Ok(Value::big(number.sqrt()))
        })
        .function("prod", |interp, args| {
            let [iterable, start] = args.bind("prod", ["iterable", "*start"], 1)?;
            let mut result = start.unwrap_or(Value::Int(1));
            for item in interp.items(&iterable.unwrap_or(Value::None))? {
                result = interp.binary(BinaryOp::Mul, &result, &item)?;
            }
            Ok(result)
        })
}

/// The module `statistics`.
pub fn statistics() -> Module {
    fn numbers(interp: &mut Interpreter, args: Args, name: &str) -> PyResult<(Vec<Value>, Vec<f64>)> {
        let values = interp.items(&args.positional.first().cloned().unwrap_or(Value::None))?;
        if values.is_empty() {
            return Err(Raised::named("StatisticsError", format!("{name} requires at least one data point")));
        }
        let mut floats = Vec::new();
        for value in &values {
            floats.push(real(interp, value)?);
        }
        Ok((values, floats))
    }
    fn variance(floats: &[f64], sample: bool) -> PyResult<f64> {
        if sample && floats.len() < 2 {
            return Err(Raised::named("StatisticsError", "variance requires at least two data points"));
        }
        let mean = fsum(floats) / floats.len() as f64;
        let squares: Vec<f64> = floats.iter().map(|x| (x - mean).powi(2)).collect();
        Ok(fsum(&squares) / (floats.len() - usize::from(sample)) as f64)
    }
    let mut module = Module::new("statistics")
        .function("mean", |interp, args| {
            let (values, floats) = numbers(interp, args, "mean")?;
            let mean = fsum(&floats) / floats.len() as f64;
            let all_whole = values.iter().all(|value| to_big(value).is_some());
            Ok(if all_whole && mean.fract() == 0.0 { Value::big(big_from_float(mean)) } else { Value::Float(mean) })
        })
        .function("fmean", |interp, args| {
            let (_, floats) = numbers(interp, args, "fmean")?;
            Ok(Value::Float(fsum(&floats) / floats.len() as f64))
        })
        .function("median", |interp, args| {
            let (values, _) = numbers(interp, args, "median")?;
            let values = super::super::methods::list::sort(interp, values, None, None)?;
            let middle = values.len() / 2;
            if values.len() % 2 == 1 {
                return Ok(values[middle].clone());
            }
            let sum = interp.binary(BinaryOp::Add, &values[middle - 1], &values[middle])?;
            interp.binary(BinaryOp::Div, &sum, &Value::Int(2))
        });
    let spread: &[(&'static str, bool, bool)] =
        &[("stdev", true, true), ("pstdev", false, true), ("variance", true, false), ("pvariance", false, false)];
    for (name, sample, root) in spread {
        module = module.function(name, |interp, args| {
            let (_, floats) = numbers(interp, args, name)?;
            let variance = variance(&floats, *sample)?;
            Ok(Value::Float(if *root { variance.sqrt() } else { variance }))
        });
    }
    module
}
