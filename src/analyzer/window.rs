//! Window functions: checks, default frames, and their own plan nodes.
//!
//! Before/after: `Project [a, sum(b) OVER w + 1]` → `Project [a, _we0 + 1]` over `Window [sum(b) OVER w AS _we0]`; a column that is a window
//! function and nothing more keeps its name there. Functions that share partitioning and order share one node; nodes are stacked in the
//! order in which their functions were written.

use super::ids::bound_offset;
use super::{Analyzer, coercion};
use crate::common::{Result, SparkError};
use crate::logical::expr::{Expr, FrameBound, FrameUnit, SortOrder, UnaryOp, WindowFrame, WindowSpec};
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use std::convert::Infallible;
use std::sync::Arc;

/// Functions that count rows up to theirs, whatever the frame.
const RANKING: &[&str] = &["row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile"];

/// A window expression with its frame, checked.
pub(super) fn checked(function: Expr, spec: WindowSpec, ansi: bool) -> Result<Expr> {
    let text = function.pretty_name();
    let spec = match &function {
        Expr::WindowFunction { function: definition, args, .. } => {
            if definition.name == "ntile"
                && let Some(Expr::Literal(Scalar::Integer(buckets), _)) = args.first()
                && *buckets <= 0
            {
                let why = format!("the rows cannot be dealt into {buckets} buckets");
                return Err(super::errors::mismatch("VALUE_OUT_OF_RANGE", &text, why));
            }
            framed(definition.name, &text, spec)?
        }
        Expr::Aggregate(call) => {
            if call.distinct {
                return Err(SparkError::analysis(
                    "DISTINCT_WINDOW_FUNCTION_UNSUPPORTED",
                    format!("`{text}`: distinct values cannot be aggregated over a window"),
                )
                .with_help("collect them with collect_set(...) over the window and take size(...)"));
            }
            let ordered = !spec.order_by.is_empty();
            WindowSpec { frame: Some(spec.frame.unwrap_or_else(|| WindowFrame::default_for(ordered))), ..spec }
        }
        Expr::Udf { .. } | Expr::Function { .. } | Expr::Attribute(_) | Expr::Literal(..) | Expr::Cast { .. } => {
            return Err(not_windowed(&text));
        }
        Expr::Generator { .. } => return super::allowed::unnested(&function).map(|()| function),
        _ => return Err(not_windowed(&text)),
    };
    let spec = typed_frame(&text, spec, ansi)?;
    Ok(Expr::Window { function: Box::new(function), spec })
}

fn not_windowed(text: &str) -> SparkError {
    SparkError::analysis(
        "UNSUPPORTED_EXPR_FOR_WINDOW",
        format!("`{text}` cannot be used over a window: only aggregates and window functions can"),
    )
    .with_subject(text.to_owned())
}

/// Ranking functions and `lag`/`lead` need an order and bring their own frame.
fn framed(name: &str, text: &str, spec: WindowSpec) -> Result<WindowSpec> {
    let offset_like = matches!(name, "lag" | "lead");
    if !offset_like && !RANKING.contains(&name) {
        let ordered = !spec.order_by.is_empty();
        return Ok(WindowSpec { frame: Some(spec.frame.unwrap_or_else(|| WindowFrame::default_for(ordered))), ..spec });
    }
    if spec.order_by.is_empty() {
        return Err(SparkError::analysis(
            "WINDOW_FUNCTION_FRAME_NOT_ORDERED",
            format!("the window function {text} needs an ORDER BY: without one there is no first row"),
        )
        .with_subject(name.to_owned())
        .with_help("add .orderBy(\"column\") to the window"));
    }
    let own = if offset_like {
        None
    } else {
        let unit = if name == "cume_dist" { FrameUnit::Range } else { FrameUnit::Rows };
        Some(WindowFrame { unit, start: FrameBound::UnboundedPreceding, end: FrameBound::CurrentRow })
    };
    match (&spec.frame, &own) {
        (Some(given), Some(own)) if given != own => Err(wrong_frame(text, given)),
        (Some(given), None) => Err(SparkError::analysis(
            "_LEGACY_ERROR_TEMP_1035",
            format!("{text} looks at one other row and takes no frame, but {} was given", given.pretty_name()),
        )),
        _ => Ok(WindowSpec { frame: own, ..spec }),
    }
}

fn wrong_frame(text: &str, given: &WindowFrame) -> SparkError {
    SparkError::analysis(
        "_LEGACY_ERROR_TEMP_1036",
        format!(
            "{text} always counts from the first row to its own, so the frame {} cannot be used",
            given.pretty_name()
        ),
    )
    .with_help("leave rowsBetween/rangeBetween out of this window")
}

/// Checks a frame's bounds, and casts the distances of a range to what the order column can be moved by.
fn typed_frame(text: &str, spec: WindowSpec, ansi: bool) -> Result<WindowSpec> {
    let Some(frame) = spec.frame else { return Ok(spec) };
    if rank(&frame.start) > rank(&frame.end) {
        return Err(SparkError::analysis(
            "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_WRONG_COMPARISON",
            format!("the window frame of {text} ends before it starts: {}", frame.pretty_name()),
        ));
    }
    let ranged = frame.unit == FrameUnit::Range
        && [&frame.start, &frame.end].into_iter().any(|bound| bound_offset(bound).is_some());
    if !ranged {
        return Ok(WindowSpec { frame: Some(frame), ..spec });
    }
    let [order] = spec.order_by.as_slice() else {
        let (condition, why) = if spec.order_by.is_empty() {
            ("DATATYPE_MISMATCH.RANGE_FRAME_WITHOUT_ORDER", "it has none")
        } else {
            ("DATATYPE_MISMATCH.RANGE_FRAME_MULTI_ORDER", "it has several")
        };
        return Err(SparkError::analysis(
            condition,
            format!("a range of distances needs exactly one order column; {why}"),
        ));
    };
    let own = order.child.data_type();
    let start = typed_bound(frame.start, &own, ansi)?;
    let end = typed_bound(frame.end, &own, ansi)?;
    Ok(WindowSpec { frame: Some(WindowFrame { unit: frame.unit, start, end }), ..spec })
}

fn typed_bound(bound: FrameBound, order: &DataType, ansi: bool) -> Result<FrameBound> {
    let FrameBound::Offset(offset) = bound else { return Ok(bound) };
    let own = offset.data_type();
    let fits = match order {
        number if number.is_numeric() => own.is_numeric(),
        DataType::Date => {
            own.is_integral() || matches!(own, DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..))
        }
        DataType::Timestamp | DataType::TimestampNtz => {
            matches!(own, DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..) | DataType::CalendarInterval)
        }
        _ => false,
    };
    if !fits {
        return Err(SparkError::analysis(
            "DATATYPE_MISMATCH.SPECIFIED_WINDOW_FRAME_UNACCEPTED_TYPE",
            format!("a range of {} cannot be counted along an order column of type {}", own.sql(), order.sql()),
        )
        .with_help("use rowsBetween, or order by a number"));
    }
    let to = match order {
        number if number.is_numeric() => number.clone(),
        DataType::Date if own.is_integral() => DataType::Integer,
        _ => own,
    };
    Ok(FrameBound::Offset(Box::new(folded(coercion::cast(*offset, &to, ansi)))))
}

/// The minus of SQL's `PRECEDING` goes into the literal.
pub(super) fn without_minus(offset: Expr) -> Expr {
    let Expr::Unary { op: UnaryOp::Negate, child } = offset else { return offset };
    let Expr::Literal(value, data_type) = *child else { return Expr::Unary { op: UnaryOp::Negate, child } };
    let negative = match &value {
        Scalar::Byte(value) => value.checked_neg().map(Scalar::Byte),
        Scalar::Short(value) => value.checked_neg().map(Scalar::Short),
        Scalar::Integer(value) => value.checked_neg().map(Scalar::Integer),
        Scalar::Long(value) => value.checked_neg().map(Scalar::Long),
        Scalar::Double(value) => Some(Scalar::Double(-value)),
        Scalar::Decimal(value, precision, scale) => Some(Scalar::Decimal(-value, *precision, *scale)),
        Scalar::YearMonthInterval(value) => value.checked_neg().map(Scalar::YearMonthInterval),
        Scalar::DayTimeInterval(value) => value.checked_neg().map(Scalar::DayTimeInterval),
        _ => None,
    };
    match negative {
        Some(negative) => Expr::Literal(negative, data_type),
        None => Expr::Unary { op: UnaryOp::Negate, child: Box::new(Expr::Literal(value, data_type)) },
    }
}

/// Whole-number literals are cast at once, so that a bound stays a literal.
fn folded(expr: Expr) -> Expr {
    let Expr::Cast { child, to, mode, implicit } = expr else { return expr };
    let number = match child.as_ref() {
        Expr::Literal(Scalar::Integer(value), _) => i64::from(*value),
        Expr::Literal(Scalar::Long(value), _) => *value,
        _ => return Expr::Cast { child, to, mode, implicit },
    };
    let value = match to {
        DataType::Byte => i8::try_from(number).ok().map(Scalar::Byte),
        DataType::Short => i16::try_from(number).ok().map(Scalar::Short),
        DataType::Integer => i32::try_from(number).ok().map(Scalar::Integer),
        DataType::Long => Some(Scalar::Long(number)),
        DataType::Float => Some(Scalar::Float(number as f32)),
        DataType::Double => Some(Scalar::Double(number as f64)),
        DataType::Decimal(precision, scale) => {
            let factor = 10_i128.checked_pow(u32::try_from(scale).unwrap_or(0));
            factor
                .and_then(|factor| i128::from(number).checked_mul(factor))
                .map(|value| Scalar::Decimal(value, precision, scale))
        }
        _ => None,
    };
    match value {
        Some(value) => Expr::Literal(value, to),
        None => Expr::Cast { child, to, mode, implicit },
    }
}

/// Where a bound lies, for the check that a frame does not end before it starts.
fn rank(bound: &FrameBound) -> i64 {
    match bound {
        FrameBound::UnboundedPreceding => i64::MIN,
        FrameBound::CurrentRow => 0,
        FrameBound::UnboundedFollowing => i64::MAX,
        FrameBound::Offset(offset) => match offset.as_ref() {
            Expr::Literal(Scalar::Integer(value), _) => i64::from(*value),
            Expr::Literal(Scalar::Long(value), _) => *value,
            Expr::Literal(Scalar::Double(value), _) => *value as i64,
            _ => 0,
        },
    }
}

impl Analyzer<'_> {
    /// Moves the window functions of `exprs` into `Window` nodes over `input`.
    pub(super) fn extract_windows(&self, exprs: Vec<Expr>, input: Arc<LogicalPlan>) -> (Vec<Expr>, Arc<LogicalPlan>) {
        let mut found: Vec<Expr> = Vec::new();
        let exprs: Vec<Expr> = exprs.into_iter().map(|expr| self.take_named_or_inner(expr, &mut found)).collect();
        let mut groups: Vec<(Vec<Expr>, Vec<SortOrder>, Vec<Expr>)> = Vec::new();
        // Functions of other window functions stand in nodes above theirs.
        let mut lowest = 0;
        for alias in found {
            let Expr::Alias { child, .. } = &alias else { continue };
            let Expr::Window { spec, .. } = child.as_ref() else { continue };
            let used = child.references();
            let stands_on = groups.iter().rposition(|(_, _, functions)| {
                functions.iter().filter_map(Expr::to_attribute).any(|own| used.iter().any(|column| column.id == own.id))
            });
            lowest = lowest.max(stands_on.map_or(0, |below| below + 1));
            let group =
                groups[lowest..].iter_mut().find(|(by, order, _)| *by == spec.partition_by && *order == spec.order_by);
            match group {
                Some((_, _, functions)) => functions.push(alias),
                None => groups.push((spec.partition_by.clone(), spec.order_by.clone(), vec![alias])),
            }
        }
        let plan = groups.into_iter().fold(input, |input, (partition_by, order_by, functions)| {
            Arc::new(LogicalPlan::Window { functions, partition_by, order_by, input })
        });
        (exprs, plan)
    }

    /// A column that is a window function, and nothing more, keeps its name and id in the window's node.
    fn take_named_or_inner(&self, expr: Expr, found: &mut Vec<Expr>) -> Expr {
        let is_whole = matches!(&expr, Expr::Alias { child, .. } if matches!(**child, Expr::Window { .. }));
        match (expr.to_attribute().filter(|_| is_whole), expr) {
            (Some(column), Expr::Alias { child, name, id, metadata }) => {
                let child = Box::new(self.without_inner(*child, found));
                found.push(Expr::Alias { child, name, id, metadata });
                Expr::Attribute(column)
            }
            (_, expr) => self.take_windows(expr, found),
        }
    }

    /// A window function whose arguments hold no window functions any more.
    fn without_inner(&self, window: Expr, found: &mut Vec<Expr>) -> Expr {
        match window {
            Expr::Window { function, spec } => {
                let Ok(function) =
                    (*function).try_map_children::<Infallible>(&mut |arg| Ok(self.take_windows(arg, found)));
                Expr::Window { function: Box::new(function), spec }
            }
            other => other,
        }
    }

    fn take_windows(&self, expr: Expr, found: &mut Vec<Expr>) -> Expr {
        expr.transform_up(&mut |part| match part {
            window @ Expr::Window { .. } => {
                let same = found.iter().find(|alias| matches!(alias, Expr::Alias { child, .. } if **child == window));
                let alias = match same {
                    Some(alias) => alias.clone(),
                    None => {
                        let alias = self.alias(window, format!("_we{}", found.len()));
                        found.push(alias.clone());
                        alias
                    }
                };
                alias.to_attribute().map_or(alias, Expr::Attribute)
            }
            other => other,
        })
    }
}
