//! Definitions of the functions over numbers, bits and chance.

use super::signature::{Out, Want, alike, cast, constant_int, count, signature, unexpected_input};
use super::types::{bounded_decimal, wider_numeric};
use super::{ResolveContext, Resolved, ScalarFunction, binary_type, scalar_functions};
use crate::common::Result;
use crate::logical::expr::{BinaryOp, Expr};
use crate::logical::types::DataType::{self, Binary, Boolean, Byte, Integer, Long, String as Text};
use Out::{Arg, Maybe, Never, Of};
use Want::{Any, Double, Int, Long as Big, Num, Str, Whole};

const REAL: DataType = DataType::Double;

scalar_functions! {
    pub(super) static TABLE = {
        "abs" [] = number;
        "positive" [] = number;
        "negative" [] = number;
        "unscaled_value" [] (Num) => Maybe(DataType::Long);
        "make_decimal" [] (Big, Int, Int) => Maybe(DataType::Decimal(38, 18));
        "ceil" ["ceiling"] = to_whole;
        "floor" [] = to_whole;
        "round" [] = round;
        "bround" [] = round;
        "sqrt" [] (Double) => Of(REAL);
        "cbrt" [] (Double) => Of(REAL);
        "exp" [] (Double) => Of(REAL);
        "expm1" [] (Double) => Of(REAL);
        "ln" [] (Double) => Maybe(REAL);
        "log" [] (Double, Double; 1) => Maybe(REAL);
        "log2" [] (Double) => Maybe(REAL);
        "log10" [] (Double) => Maybe(REAL);
        "log1p" [] (Double) => Maybe(REAL);
        "power" ["pow"] (Double, Double) => Of(REAL);
        "sin" [] (Double) => Of(REAL);
        "cos" [] (Double) => Of(REAL);
        "tan" [] (Double) => Of(REAL);
        "cot" [] (Double) => Of(REAL);
        "sec" [] (Double) => Of(REAL);
        "csc" [] (Double) => Of(REAL);
        "asin" [] (Double) => Of(REAL);
        "acos" [] (Double) => Of(REAL);
        "atan" [] (Double) => Of(REAL);
        "atan2" [] (Double, Double) => Of(REAL);
        "sinh" [] (Double) => Of(REAL);
        "cosh" [] (Double) => Of(REAL);
        "tanh" [] (Double) => Of(REAL);
        "asinh" [] (Double) => Of(REAL);
        "acosh" [] (Double) => Of(REAL);
        "atanh" [] (Double) => Of(REAL);
        "degrees" [] (Double) => Of(REAL);
        "radians" [] (Double) => Of(REAL);
        "signum" ["sign"] (Double) => Of(REAL);
        "rint" [] (Double) => Of(REAL);
        "hypot" [] (Double, Double) => Of(REAL);
        "factorial" [] (Int) => Maybe(Long);
        "pmod" [] = pmod;
        "mod" [] = modulo;
        "hex" [] = hex;
        "unhex" [] (Str) => Maybe(Binary);
        "bin" [] (Big) => Of(Text);
        "conv" [] (Str, Int, Int) => Maybe(Text);
        "shiftleft" [] (Whole, Int) => Arg(0);
        "shiftright" [] (Whole, Int) => Arg(0);
        "shiftrightunsigned" [] (Whole, Int) => Arg(0);
        "bit_count" [] = bit_count;
        "bit_get" ["getbit"] (Whole, Int) => Of(Byte);
        "greatest" [] = extreme;
        "least" [] = extreme;
        "pi" [] () => Never(REAL);
        "e" [] () => Never(REAL);
        "try_add" [] = |_, args, context| try_arithmetic(BinaryOp::Add, args, context);
        "try_subtract" [] = |_, args, context| try_arithmetic(BinaryOp::Subtract, args, context);
        "try_multiply" [] = |_, args, context| try_arithmetic(BinaryOp::Multiply, args, context);
        "try_divide" [] = |_, args, context| try_arithmetic(BinaryOp::Divide, args, context);
        "try_mod" [] = |_, args, context| try_arithmetic(BinaryOp::Remainder, args, context);
        "isnan" [] (Double) => Never(Boolean);
        "nanvl" [] = nanvl;
        "rand" ["random"] once = |name, args, context| signature(name, args, context, &[Big], 1, Never(REAL));
        "randn" [] once = |name, args, context| signature(name, args, context, &[Big], 1, Never(REAL));
        "randstr" [] once = |name, args, context| signature(name, args, context, &[Int, Big], 1, Never(Text));
        "uniform" [] once = uniform;
    }
}

fn number(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if let Some(DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..) | DataType::CalendarInterval) =
        args.first().map(Expr::data_type)
    {
        return signature(name, args, context, &[Any], 0, Arg(0));
    }
    signature(name, args, context, &[Num], 0, Arg(0))
}

/// `ceil` and `floor`: bigint, a decimal without digits after the point, or (with a scale) a decimal.
fn to_whole(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        let scale = constant_int(&args[1]).ok_or_else(|| unexpected_input(name, &args[1], 1, "a constant"))?;
        let mut args = args;
        let own = args[0].data_type();
        let (precision, own_scale) = super::types::decimal_of(&own).unwrap_or((30, 15));
        if !matches!(own, DataType::Decimal(..)) {
            args[0] = cast(args[0].clone(), &DataType::Decimal(precision, own_scale), context);
        }
        let scale = scale.clamp(-38, 38) as i16;
        let whole = i16::from(precision) - i16::from(own_scale) + 1;
        let out = if scale < 0 {
            bounded_decimal(whole.max(1 - scale), 0)
        } else {
            let kept = scale.min(i16::from(own_scale));
            bounded_decimal(whole + kept, kept)
        };
        return signature(name, args, context, &[Num, Int], 0, Maybe(out));
    }
    match args.first().map(Expr::data_type) {
        Some(DataType::Decimal(precision, scale)) => {
            let out = bounded_decimal(i16::from(precision) - i16::from(scale) + 1, 0);
            signature(name, args, context, &[Num], 0, Of(out))
        }
        Some(whole) if whole.is_integral() => signature(name, args, context, &[Big], 0, Of(Long)),
        _ => signature(name, args, context, &[Double], 0, Of(Long)),
    }
}

fn round(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 1 {
        args.push(Expr::int(0));
    }
    let resolved = signature(name, args, context, &[Num, Int], 0, Arg(0))?;
    let scale = constant_int(&resolved.args[1]).unwrap_or(0).clamp(-38, 38) as i16;
    let data_type = match &resolved.data_type {
        DataType::Decimal(precision, own_scale) => {
            let whole = i16::from(*precision) - i16::from(*own_scale) + 1;
            if scale < 0 {
                bounded_decimal(whole.max(1 - scale), 0)
            } else {
                let kept = scale.min(i16::from(*own_scale));
                bounded_decimal(whole + kept, kept)
            }
        }
        other => other.clone(),
    };
    Ok(Resolved { data_type, ..resolved })
}

fn two_numbers(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<(Vec<Expr>, DataType)> {
    let Resolved { args, .. } = signature(name, args, context, &[Num, Num], 0, Arg(0))?;
    let (left, right) = (args[0].data_type(), args[1].data_type());
    let wide = wider_numeric(&left, &right, context.ansi).unwrap_or(DataType::Double);
    Ok((args.into_iter().map(|arg| cast(arg, &wide, context)).collect(), wide))
}

fn pmod(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let (args, wide) = two_numbers(name, args, context)?;
    let nullable = true;
    Ok(Resolved { args, data_type: wide, nullable })
}

fn modulo(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    pmod(name, args, context)
}

fn hex(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let kind = match args.first().map(Expr::data_type) {
        Some(Text | Binary) => Any,
        _ => Big,
    };
    signature(name, args, context, &[kind], 0, Of(Text))
}

fn bit_count(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let kind = if args.first().map(Expr::data_type) == Some(Boolean) { Any } else { Whole };
    signature(name, args, context, &[kind], 0, Of(Integer))
}

fn extreme(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, usize::MAX)?;
    let (args, all) = alike(name, args, context)?;
    let nullable = args.iter().all(Expr::nullable);
    Ok(Resolved { args, data_type: all, nullable })
}

fn try_arithmetic(op: BinaryOp, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let name = match op {
        BinaryOp::Add => "try_add",
        BinaryOp::Subtract => "try_subtract",
        BinaryOp::Multiply => "try_multiply",
        BinaryOp::Divide => "try_divide",
        _ => "try_mod",
    };
    count(name, &args, 2, 2)?;
    let types = (args[0].data_type(), args[1].data_type());
    let plain = |t: &DataType| t.is_numeric() || matches!(t, Text | DataType::Null);
    if !plain(&types.0) || !plain(&types.1) {
        let data_type = binary_type(op, &types.0, &types.1);
        return Ok(Resolved { args, data_type, nullable: true });
    }
    let (mut args, wide) = match (&types.0, &types.1) {
        (DataType::Decimal(..), other) | (other, DataType::Decimal(..))
            if other.is_integral() || matches!(other, DataType::Decimal(..)) =>
        {
            let args = args
                .into_iter()
                .map(|arg| {
                    let (p, s) = super::types::decimal_of(&arg.data_type()).unwrap_or((38, 18));
                    cast(arg, &DataType::Decimal(p, s), context)
                })
                .collect();
            (args, DataType::Null)
        }
        _ => two_numbers(name, args, context)?,
    };
    let data_type = if wide == DataType::Null {
        binary_type(op, &args[0].data_type(), &args[1].data_type())
    } else if op == BinaryOp::Divide {
        args = args.into_iter().map(|arg| cast(arg, &REAL, context)).collect();
        REAL
    } else {
        wide
    };
    Ok(Resolved { args, data_type, nullable: true })
}

fn nanvl(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.iter().all(|arg| arg.data_type() == DataType::Float) {
        return signature(name, args, context, &[Any, Any], 0, Arg(0));
    }
    signature(name, args, context, &[Double, Double], 0, Of(REAL))
}

fn uniform(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 3)?;
    let whole = args.iter().take(2).all(|arg| arg.data_type().is_integral());
    let kind = if whole { Big } else { Double };
    let mut resolved = signature(name, args, context, &[kind, kind, Big], 1, Never(if whole { Long } else { REAL }))?;
    resolved.nullable = false;
    Ok(resolved)
}
