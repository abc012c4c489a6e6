//! Definitions of the functions over dates, timestamps and intervals.

use super::signature::{Out, Want, cast, constant_text, count, give, signature, unexpected_input, want};
use super::{ResolveContext, Resolved, ScalarFunction, scalar_functions};
use crate::common::{Result, SparkError};
use crate::logical::expr::{BinaryOp, CastMode, Expr};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType::{
    self, CalendarInterval, Date, DayTimeInterval, Integer, Long, String as Text, Timestamp, TimestampNtz,
    YearMonthInterval,
};
use crate::logical::types::{StructField, StructType};
use Out::{Maybe, Never, Of};
use Want::{Any, Bool, Date as Day, Int, Long as Big, Moment, Num, Str, Time};

scalar_functions! {
    pub(super) static TABLE = {
        "to_date" [] = |name, args, context| to_moment(name, args, context, Date);
        "try_to_date" [] = |name, args, context| to_moment(name, args, context, Date);
        "to_timestamp" ["to_timestamp_ltz"] = |name, args, context| to_moment(name, args, context, Timestamp);
        "try_to_timestamp" [] = |name, args, context| to_moment(name, args, context, Timestamp);
        "to_timestamp_ntz" [] = |name, args, context| to_moment(name, args, context, TimestampNtz);
        "date_format" [] (Time, Str) => Of(Text);
        "date_add" ["dateadd_days"] (Day, Int) => Of(Date);
        "date_sub" [] (Day, Int) => Of(Date);
        "datediff" ["date_diff"] (Day, Day) => Of(Integer);
        "add_months" [] (Day, Int) => Of(Date);
        "months_between" [] = months_between;
        "trunc" [] (Day, Str) => Maybe(Date);
        "date_trunc" [] (Str, Time) => Maybe(Timestamp);
        "next_day" [] (Day, Str) => Of(Date);
        "last_day" [] (Day) => Of(Date);
        "year" [] (Day) => Of(Integer);
        "quarter" [] (Day) => Of(Integer);
        "month" [] (Day) => Of(Integer);
        "dayofmonth" ["day"] (Day) => Of(Integer);
        "dayofweek" [] (Day) => Of(Integer);
        "weekday" [] (Day) => Of(Integer);
        "dayofyear" [] (Day) => Of(Integer);
        "weekofyear" [] (Day) => Of(Integer);
        "dayname" [] (Day) => Of(Text);
        "monthname" [] (Day) => Of(Text);
        "hour" [] (Time) => Of(Integer);
        "minute" [] (Time) => Of(Integer);
        "second" [] (Time) => Of(Integer);
        "extract" ["date_part", "datepart"] = extract;
        "unix_timestamp" [] = unix_timestamp;
        "to_unix_timestamp" [] = unix_timestamp;
        "from_unixtime" [] = from_unixtime;
        "from_utc_timestamp" [] (Time, Str) => Of(Timestamp);
        "to_utc_timestamp" [] (Time, Str) => Of(Timestamp);
        "convert_timezone" [] = convert_timezone;
        "make_date" [] (Int, Int, Int) => Maybe(Date);
        "make_timestamp" ["make_timestamp_ltz"] = make_timestamp;
        "try_make_timestamp" ["try_make_timestamp_ltz"] = make_timestamp;
        "try_make_timestamp_ntz" [] = make_timestamp;
        "time_bucket" [] = time_bucket;
        "make_timestamp_ntz" [] = make_timestamp;
        "make_interval" [] = make_interval;
        "try_make_interval" [] = make_interval;
        "make_dt_interval" [] = make_dt_interval;
        "make_ym_interval" [] = make_ym_interval;
        "timestamp_seconds" [] (Num) => Maybe(Timestamp);
        "timestamp_millis" [] (Big) => Of(Timestamp);
        "timestamp_micros" [] (Big) => Of(Timestamp);
        "unix_seconds" [] (Time) => Of(Long);
        "unix_millis" [] (Time) => Of(Long);
        "unix_micros" [] (Time) => Of(Long);
        "unix_date" [] (Day) => Of(Integer);
        "date_from_unix_date" [] (Int) => Of(Date);
        "current_date" ["curdate"] () => Never(Date);
        "current_timestamp" ["now"] () => Never(Timestamp);
        "current_time" [] = current_time;
        "localtimestamp" [] () => Never(TimestampNtz);
        "current_timezone" [] () => Never(Text);
        "timestampadd" ["timestamp_add", "dateadd"] (Str, Int, Moment) => Of(Timestamp);
        "timestampdiff" ["timestamp_diff"] (Str, Time, Time) => Of(Long);
        "extractansiintervaldays" [] (Any) => Of(Integer);
        "window" [] = window;
        "sliding_windows" [] = sliding_windows;
        "session_window" [] = session_window;
        "window_time" [] (Any) => Of(Timestamp);
        "sequence" [] = sequence;
    }
}

/// Parsing with a pattern, or a plain cast without one.
fn to_moment(name: &str, args: Vec<Expr>, context: &ResolveContext, out: DataType) -> Result<Resolved> {
    count(name, &args, 1, 3)?;
    let first = args[0].data_type();
    if args.len() == 3 {
        return Ok(give(args, Maybe(out)));
    }
    if first == Text && out == Timestamp && context.time_zone != "UTC" {
        return zoned(name, args, context);
    }
    if args.len() == 1 || first != Text {
        let is_moment = matches!(first, Text | Date | Timestamp | TimestampNtz | DataType::Null);
        let is_seconds = out == Timestamp && first.is_numeric();
        if !is_moment && !is_seconds {
            return Err(unexpected_input(name, &args[0], 0, "(\"STRING\", \"DATE\" or \"TIMESTAMP\")"));
        }
        let mut args = args;
        args.truncate(1);
        return Ok(give(args, Maybe(out)));
    }
    signature(name, args, context, &[Str, Str], 0, Maybe(out))
}

/// The zone of the session that wrote the expression stays with it, as in Spark: text, pattern (or null), zone.
fn zoned(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let pattern = match args.len() {
        2 => want(name, args.remove(1), 1, Str, context)?,
        _ => Expr::Literal(Scalar::Null, Text),
    };
    args.push(pattern);
    args.push(Expr::Literal(Scalar::String(context.time_zone.clone()), Text));
    Ok(give(args, Maybe(Timestamp)))
}

fn months_between(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.push(Expr::Literal(Scalar::Boolean(true), DataType::Boolean));
    }
    signature(name, args, context, &[Time, Time, Bool], 0, Of(DataType::Double))
}

fn extract(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let field = constant_text(&args[0]).unwrap_or_default().to_ascii_lowercase();
    let out = match field.as_str() {
        "second" | "s" | "sec" | "seconds" | "secs" => DataType::Decimal(8, 6),
        _ => Integer,
    };
    let source = args[1].data_type();
    let kind = match source {
        YearMonthInterval(..) | DayTimeInterval(..) | CalendarInterval => Any,
        _ => Moment,
    };
    signature(name, args, context, &[Str, kind], 0, Of(out))
}

fn default_pattern() -> Expr {
    Expr::Literal(Scalar::String("yyyy-MM-dd HH:mm:ss".to_owned()), Text)
}

fn unix_timestamp(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 0, 2)?;
    if args.is_empty() {
        return Ok(give(args, Never(Long)));
    }
    if args.len() == 1 {
        args.push(default_pattern());
    }
    let kind = match args[0].data_type() {
        Date | Timestamp | TimestampNtz => Any,
        _ => Str,
    };
    signature(name, args, context, &[kind, Str], 0, Maybe(Long))
}

fn from_unixtime(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 1 {
        args.push(default_pattern());
    }
    signature(name, args, context, &[Big, Str], 0, Maybe(Text))
}

fn convert_timezone(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    if args.len() == 2 {
        args.insert(0, Expr::Literal(Scalar::String(context.time_zone.clone()), Text));
    }
    count(name, &args, 3, 3)?;
    let moment = args.remove(2);
    let mut args: Vec<Expr> =
        args.into_iter().enumerate().map(|(i, arg)| want(name, arg, i, Str, context)).collect::<Result<_>>()?;
    args.push(cast(moment, &TimestampNtz, context));
    Ok(give(args, Of(TimestampNtz)))
}

fn make_timestamp(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let of_parts = args.len() >= 4;
    if !of_parts {
        return timestamp_of_date_and_time(name, args, context);
    }
    count(name, &args, 6, 7)?;
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| match i {
            5 => Ok(cast(arg, &DataType::Decimal(16, 6), context)),
            6 => want(name, arg, i, Str, context),
            _ => want(name, arg, i, Int, context),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(give(args, Maybe(if name.ends_with("ntz") { TimestampNtz } else { Timestamp })))
}

/// A date, a time of day and perhaps a zone.
fn timestamp_of_date_and_time(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let is_local = name.ends_with("ntz");
    count(name, &args, 2, if is_local { 2 } else { 3 })?;
    let kinds = [(DataType::Date, "\"DATE\""), (DataType::Time, "\"TIME\"")];
    let args = args
        .into_iter()
        .enumerate()
        .map(|(i, arg)| match kinds.get(i) {
            None => want(name, arg, i, Str, context),
            Some((kind, _)) if [kind, &DataType::Null].contains(&&arg.data_type()) => Ok(cast(arg, kind, context)),
            Some((_, wanted)) => Err(unexpected_input(name, &arg, i, wanted)),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(give(args, Of(if is_local { TimestampNtz } else { Timestamp })))
}

fn with_zeros(mut args: Vec<Expr>, count: usize) -> Vec<Expr> {
    while args.len() < count {
        args.push(Expr::int(0));
    }
    args
}

/// The type has one precision here, that of Spark's default.
fn current_time(name: &str, args: Vec<Expr>, _context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 0, 1)?;
    match args.as_slice() {
        [] | [Expr::Literal(Scalar::Integer(6), _)] => Ok(give(Vec::new(), Never(DataType::Time))),
        _ => Err(SparkError::unsupported("current_time with another precision than 6", "use current_time()")),
    }
}

fn make_interval(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 0, 7)?;
    let args = with_zeros(args, 7)
        .into_iter()
        .enumerate()
        .map(|(i, arg)| match i {
            6 => Ok(cast(arg, &DataType::Decimal(18, 6), context)),
            _ => want(name, arg, i, Int, context),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(give(args, Of(CalendarInterval)))
}

fn make_dt_interval(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 0, 4)?;
    let args = with_zeros(args, 4)
        .into_iter()
        .enumerate()
        .map(|(i, arg)| match i {
            3 => Ok(cast(arg, &DataType::Decimal(18, 6), context)),
            _ => want(name, arg, i, Int, context),
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(give(args, Of(DataType::DAY_TIME)))
}

fn make_ym_interval(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 0, 2)?;
    signature(name, with_zeros(args, 2), context, &[Int, Int], 0, Of(DataType::YEAR_MONTH))
}

/// `window(time, length[, slide[, start]])`: the tumbling window that a moment falls into. Sliding windows give several rows and are
/// the analyzer's business.
fn window(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = signature(name, args, context, &[Time, Str, Str, Str], 2, Of(Timestamp))?;
    let ends = vec![StructField::new("start", Timestamp, true), StructField::new("end", Timestamp, true)];
    Ok(Resolved { data_type: DataType::Struct(StructType::new(ends)), nullable: false, ..resolved })
}

/// `session_window(time, gap)`: the window that one row opens, kept as its two ends. Grouping merges them, which is the analyzer's business.
fn session_window(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 2)?;
    let gap = args.remove(1);
    let time = want(name, args.remove(0), 0, Moment, context)?;
    let kind = if time.data_type() == TimestampNtz { TimestampNtz } else { Timestamp };
    let time = cast(time, &kind, context);
    let gap = match gap.data_type() {
        // A text that is no length of time gives no window.
        Text => Expr::Cast { child: Box::new(gap), to: CalendarInterval, mode: CastMode::Try, implicit: true },
        _ => gap,
    };
    let end = cast(Expr::binary(BinaryOp::Add, time.clone(), gap), &kind, context);
    let ends = vec![StructField::new("start", kind.clone(), true), StructField::new("end", kind, true)];
    Ok(Resolved {
        data_type: DataType::Struct(StructType::new(ends)),
        nullable: false,
        ..give(vec![time, end], Never(Timestamp))
    })
}

/// All windows that hold a moment, as an array: what the analyzer makes of a sliding `window(…)`.
fn sliding_windows(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    let resolved = window(name, args, context)?;
    Ok(Resolved { data_type: DataType::array(resolved.data_type), ..resolved })
}

/// `time_bucket(length, moment[, origin])`: the start of the bucket of that length.
fn time_bucket(name: &str, mut args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 3)?;
    if !matches!(args[0].data_type(), DayTimeInterval(..) | YearMonthInterval(..)) {
        return Err(unexpected_input(name, &args[0], 0, "an ANSI interval"));
    }
    for (i, arg) in args.iter_mut().enumerate().skip(1) {
        *arg = want(name, arg.clone(), i, Moment, context)?;
    }
    let out = if args[1].data_type() == TimestampNtz { TimestampNtz } else { Timestamp };
    for arg in &mut args[1..] {
        *arg = cast(arg.clone(), &out, context);
    }
    Ok(give(args, Of(out)))
}

fn sequence(name: &str, args: Vec<Expr>, context: &ResolveContext) -> Result<Resolved> {
    count(name, &args, 2, 3)?;
    let mut args = args;
    let step = (args.len() == 3).then(|| args.remove(2));
    let (mut args, mut element) = super::signature::alike(name, args, context)?;
    if element == Text {
        element = Long;
        args = args.into_iter().map(|arg| cast(arg, &Long, context)).collect();
    }
    if !element.is_integral() && !matches!(element, Date | Timestamp | TimestampNtz) {
        return Err(unexpected_input(name, &args[0], 0, "(\"INTEGRAL\", \"DATE\" or \"TIMESTAMP\")"));
    }
    if let Some(step) = step {
        args.push(if element.is_integral() { cast(step, &element, context) } else { step });
    }
    Ok(give(args, Of(DataType::Array(Box::new(element), false))))
}
