//! Function calls: special argument forms, `DISTINCT`, `FILTER`, `OVER`.

use super::expr::{call, text};
use super::lexer::Token;
use super::parser::Parser;
use crate::common::ids::ExprId;
use crate::common::{Result, SparkError};
use crate::logical::expr::{
    Attribute, BinaryOp, Call, CallOrigin, CastMode, Expr, FrameBound, FrameUnit, NAMED_ARGUMENT, SortOrder, UnaryOp,
    WindowFrame, WindowSpec,
};
use crate::logical::functions::lookup;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;

/// Marks the window of `OVER name` until the `WINDOW` clause is read.
const NAMED_WINDOW: &str = "\u{0}window";

impl Parser<'_> {
    /// A call whose name is the next token.
    pub(super) fn function(&mut self, name: &str) -> Result<Expr> {
        match name {
            "cast" | "try_cast" | "extract" | "substring" | "substr" | "trim" | "position" | "overlay" | "exists" => {
                let mark = self.mark();
                self.advance();
                self.expect_symbol("(")?;
                if let Some(special) = self.special(name)? {
                    return Ok(special);
                }
                self.reset(mark);
            }
            _ => {}
        }
        self.advance();
        self.call_arguments(name)
    }

    /// Forms with keywords between the arguments; `None` when it is a plain call.
    fn special(&mut self, name: &str) -> Result<Option<Expr>> {
        let made = match name {
            "cast" | "try_cast" => {
                let child = Box::new(self.expression()?);
                self.expect_word("as")?;
                let to = self.data_type()?;
                let mode = if name == "cast" { CastMode::Ansi } else { CastMode::Try };
                Expr::Cast { child, to, mode, implicit: false }
            }
            "exists" => {
                if !self.starts_query() {
                    return Ok(None);
                }
                Expr::Exists(self.query()?)
            }
            "extract" => {
                let (Token::Word(field) | Token::Text(field)) = self.advance() else { return Ok(None) };
                if !self.eat_word("from") {
                    return Ok(None);
                }
                call("extract", vec![text(field), self.expression()?])
            }
            "substring" | "substr" => {
                let value = self.expression()?;
                if !self.eat_word("from") {
                    return Ok(None);
                }
                let mut args = vec![value, self.expression()?];
                if self.eat_word("for") {
                    args.push(self.expression()?);
                }
                call("substring", args)
            }
            "trim" => {
                let side = ["both", "leading", "trailing"].into_iter().find(|side| self.eat_word(side));
                if self.eat_word("from") {
                    let value = self.expression()?;
                    self.expect_symbol(")")?;
                    return Ok(Some(call(trim_name(side), vec![value])));
                }
                let first = self.expression()?;
                if !self.eat_word("from") {
                    return Ok(None);
                }
                let value = self.expression()?;
                call(trim_name(side), vec![value, first])
            }
            "position" => {
                // IN belongs to the call here, so the first part is read without it.
                let value = self.primary()?;
                if !self.eat_word("in") {
                    return Ok(None);
                }
                call("locate", vec![value, self.expression()?])
            }
            _ => {
                let value = self.expression()?;
                if !self.eat_word("placing") {
                    return Ok(None);
                }
                let replacement = self.expression()?;
                self.expect_word("from")?;
                let mut args = vec![value, replacement, self.expression()?];
                if self.eat_word("for") {
                    args.push(self.expression()?);
                }
                call("overlay", args)
            }
        };
        self.expect_symbol(")")?;
        Ok(Some(made))
    }

    /// `(…)` and what may follow it.
    pub(super) fn call_arguments(&mut self, name: &str) -> Result<Expr> {
        self.expect_symbol("(")?;
        let distinct = self.eat_word("distinct");
        if !distinct && self.is_word("all") && !self.is_symbol_at(1, ")") && !self.is_symbol_at(1, ",") {
            self.advance();
        }
        let mut args = if self.is_symbol(")") { Vec::new() } else { self.separated(Self::argument)? };
        let mut ignore_nulls = self.null_treatment();
        self.expect_symbol(")")?;
        if lookup(name).is_some() {
            // Spark's own functions take them in their order.
            args = args.into_iter().map(Expr::unnamed_argument).collect();
        }
        let name = dated(name, &mut args);
        if matches!(name.to_ascii_lowercase().as_str(), "trim" | "ltrim" | "rtrim") && args.len() == 2 {
            // Called as a function, what to trim comes first.
            args.swap(0, 1);
        }
        if self.eat_words(&["within", "group"]) {
            self.expect_symbol("(")?;
            self.expect_word("order")?;
            self.expect_word("by")?;
            let order = self.separated(Self::sort_item)?;
            self.expect_symbol(")")?;
            if let Some(computed) = within_group(&name, distinct, &mut args, order)? {
                return Ok(computed);
            }
        }
        let filter = if self.is_word("filter") && self.is_symbol_at(1, "(") {
            self.advance();
            self.expect_symbol("(")?;
            self.expect_word("where")?;
            let condition = self.expression()?;
            self.expect_symbol(")")?;
            Some(Box::new(condition))
        } else {
            None
        };
        ignore_nulls |= self.null_treatment();
        let function = Expr::Call(Call { name, args, distinct, filter, ignore_nulls, origin: CallOrigin::Sql });
        if !self.eat_word("over") {
            return Ok(function);
        }
        let spec = if self.is_symbol("(") { self.window_spec()? } else { named_window(self.name()?) };
        Ok(Expr::Window { function: Box::new(function), spec })
    }

    fn argument(&mut self) -> Result<Expr> {
        // `name => value`
        if matches!(self.peek(), Token::Word(_)) && self.is_symbol_at(1, "=>") {
            let name = self.name()?;
            self.advance();
            return Ok(call(NAMED_ARGUMENT, vec![text(name), self.named_expression()?]));
        }
        self.named_expression()
    }

    fn null_treatment(&mut self) -> bool {
        if self.eat_words(&["respect", "nulls"]) {
            return false;
        }
        self.eat_words(&["ignore", "nulls"])
    }

    pub(super) fn window_spec(&mut self) -> Result<WindowSpec> {
        self.expect_symbol("(")?;
        let mut spec = WindowSpec::default();
        if matches!(self.peek(), Token::Word(_))
            && !self.is_any(&["partition", "order", "rows", "range", "distribute", "sort", "cluster"])
        {
            let base = self.name()?;
            spec = named_window(base);
        }
        if self.eat_words(&["partition", "by"]) || self.eat_words(&["distribute", "by"]) {
            spec.partition_by = self.separated(Self::expression)?;
        }
        if self.eat_words(&["order", "by"]) || self.eat_words(&["sort", "by"]) {
            spec.order_by = self.separated(Self::sort_item)?;
        }
        if self.is_any(&["rows", "range"]) {
            let unit = if self.name()?.eq_ignore_ascii_case("rows") { FrameUnit::Rows } else { FrameUnit::Range };
            let (start, end) = if self.eat_word("between") {
                let start = self.frame_bound()?;
                self.expect_word("and")?;
                (start, self.frame_bound()?)
            } else {
                (self.frame_bound()?, FrameBound::CurrentRow)
            };
            spec.frame = Some(WindowFrame { unit, start, end });
        }
        self.expect_symbol(")")?;
        Ok(spec)
    }

    fn frame_bound(&mut self) -> Result<FrameBound> {
        if self.eat_words(&["unbounded", "preceding"]) {
            return Ok(FrameBound::UnboundedPreceding);
        }
        if self.eat_words(&["unbounded", "following"]) {
            return Ok(FrameBound::UnboundedFollowing);
        }
        if self.eat_words(&["current", "row"]) {
            return Ok(FrameBound::CurrentRow);
        }
        let offset = self.expression()?;
        if self.eat_word("following") {
            return Ok(FrameBound::Offset(Box::new(offset)));
        }
        self.expect_word("preceding")?;
        Ok(FrameBound::Offset(Box::new(Expr::unary(UnaryOp::Negate, offset))))
    }

    /// `WINDOW w AS (…), …`.
    pub(super) fn window_clause(&mut self) -> Result<Vec<(String, WindowSpec)>> {
        if !self.eat_word("window") {
            return Ok(Vec::new());
        }
        self.separated(|parser| {
            let name = parser.name()?;
            parser.expect_word("as")?;
            let spec = if parser.is_symbol("(") { parser.window_spec()? } else { named_window(parser.name()?) };
            Ok((name, spec))
        })
    }
}

/// `percentile_cont(p) WITHIN GROUP (ORDER BY x)` and its kin: the ordered column becomes the first argument. `percentile_disc` and
/// `listagg` take their values from the list of all, in order.
fn within_group(name: &str, distinct: bool, args: &mut Vec<Expr>, order: Vec<SortOrder>) -> Result<Option<Expr>> {
    let lower = name.to_ascii_lowercase();
    let Some(first) = order.first().cloned() else { return Ok(None) };
    match (lower.as_str(), args.as_slice()) {
        ("percentile_cont", [at]) => {
            let at =
                if first.ascending { at.clone() } else { Expr::binary(BinaryOp::Subtract, Expr::int(1), at.clone()) };
            *args = vec![first.child, at];
            Ok(None)
        }
        ("percentile_disc", [at]) => {
            // The first value whose share of the rows up to it reaches `at`.
            let upwards = Expr::literal(Scalar::Boolean(first.ascending));
            let values = Expr::unary(UnaryOp::IsNotNull, first.child.clone());
            let list = filtered(call("collect_list", vec![first.child]), values);
            let sorted = call("sort_array", vec![list, upwards]);
            let share = Expr::binary(BinaryOp::Multiply, at.clone(), call("size", vec![sorted.clone()]));
            let position = call("greatest", vec![call("ceil", vec![share]), Expr::int(1)]);
            let to = DataType::Integer;
            let position = Expr::Cast { child: Box::new(position), to, mode: CastMode::Ansi, implicit: false };
            let found = Box::new(call("try_element_at", vec![sorted, position]));
            Ok(Some(Expr::Cast { child: found, to: DataType::Double, mode: CastMode::Ansi, implicit: false }))
        }
        ("mode", []) => {
            args.push(first.child);
            Ok(None)
        }
        ("listagg" | "string_agg", [value, rest @ ..]) => {
            let delimiter = rest.first().cloned().unwrap_or_else(|| text(""));
            let given = rest.first().map_or_else(|| "NULL".to_owned(), Expr::pretty_name);
            let keys: Vec<String> = order.iter().map(SortOrder::pretty_name).collect();
            let name = format!(
                "{lower}({}{}, {given}) WITHIN GROUP (ORDER BY {})",
                if distinct { "DISTINCT " } else { "" },
                value.pretty_name(),
                keys.join(", ")
            );
            Ok(Some(joined_in_order(value, delimiter, distinct, &order).alias(name)))
        }
        _ => Err(SparkError::unsupported(
            format!("{lower}(…) WITHIN GROUP"),
            "collect the values with collect_list and sort them with sort_array",
        )),
    }
}

fn filtered(function: Expr, condition: Expr) -> Expr {
    match function {
        Expr::Call(function) => Expr::Call(Call { filter: Some(Box::new(condition)), ..function }),
        other => other,
    }
}

/// `listagg(value, delimiter) WITHIN GROUP (ORDER BY keys)`: the values beside their keys, sorted by these, joined.
fn joined_in_order(value: &Expr, delimiter: Expr, distinct: bool, order: &[SortOrder]) -> Expr {
    let there = Expr::unary(UnaryOp::IsNotNull, value.clone());
    let collect = if distinct { "collect_set" } else { "collect_list" };
    let mut fields: Vec<Expr> = vec![value.clone().alias("value")];
    fields.extend(order.iter().enumerate().map(|(i, key)| key.child.clone().alias(format!("key{i}"))));
    let all = filtered(call(collect, vec![call("struct", fields)]), there.clone());
    let part = |side: &str, field: String| Expr::UnresolvedAttribute(vec![side.to_owned(), field]);
    let compared = order.iter().enumerate().rev().fold(Expr::int(0), |equal, (i, key)| {
        let (left, right) = (part("left", format!("key{i}")), part("right", format!("key{i}")));
        let null = |side: &Expr| Expr::unary(UnaryOp::IsNull, side.clone());
        let sign = |before: bool| Expr::int(if before { -1 } else { 1 });
        Expr::Case {
            branches: vec![
                (Expr::binary(BinaryOp::NullSafeEq, left.clone(), right.clone()), equal),
                (null(&left), sign(key.nulls_first)),
                (null(&right), sign(!key.nulls_first)),
                (Expr::binary(BinaryOp::Lt, left, right), sign(key.ascending)),
            ],
            otherwise: Some(Box::new(sign(!key.ascending))),
        }
    });
    let lambda = |names: &[&str], body: Expr| Expr::Lambda {
        params: names.iter().map(|name| Attribute::new(*name, ExprId::UNASSIGNED, DataType::Null, true)).collect(),
        body: Box::new(body),
    };
    let sorted = call("array_sort", vec![all, lambda(&["left", "right"], compared)]);
    let values = call("transform", vec![sorted, lambda(&["each"], part("each", "value".to_owned()))]);
    let text = call("array_join", vec![values, delimiter]);
    Expr::Case {
        branches: vec![(
            Expr::binary(BinaryOp::Gt, filtered(call("count", vec![Expr::int(1)]), there), Expr::int(0)),
            text,
        )],
        otherwise: None,
    }
}

fn trim_name(side: Option<&str>) -> &'static str {
    match side {
        Some("leading") => "ltrim",
        Some("trailing") => "rtrim",
        _ => "trim",
    }
}

/// `dateadd(DAY, n, d)` and `datediff(DAY, a, b)`: the unit is a word.
fn dated(name: &str, args: &mut [Expr]) -> String {
    let lower = name.to_ascii_lowercase();
    let with_unit = matches!(
        lower.as_str(),
        "dateadd"
            | "date_add"
            | "timestampadd"
            | "datediff"
            | "date_diff"
            | "timestampdiff"
            | "timestamp_add"
            | "timestamp_diff"
    );
    if with_unit
        && args.len() == 3
        && let Expr::UnresolvedAttribute(parts) = &args[0]
    {
        args[0] = text(parts.join("."));
        return if lower.contains("diff") { "timestampdiff".into() } else { "timestampadd".into() };
    }
    if lower == "dateadd" && args.len() == 2 {
        return "date_add".into();
    }
    name.to_owned()
}

fn named_window(name: String) -> WindowSpec {
    let marker =
        Expr::Literal(crate::logical::scalar::Scalar::String(format!("{NAMED_WINDOW}{name}")), DataType::String);
    WindowSpec { partition_by: vec![marker], order_by: Vec::new(), frame: None }
}

/// Puts the `WINDOW` clause's definitions where `OVER name` stands.
pub(super) fn with_named_windows(expr: Expr, windows: &[(String, WindowSpec)]) -> Expr {
    use crate::logical::scalar::Scalar;
    if windows.is_empty() {
        return expr;
    }
    expr.transform_up(&mut |part| match part {
        Expr::Window { function, spec } => {
            let found = match spec.partition_by.as_slice() {
                [Expr::Literal(Scalar::String(marker), _)] => marker
                    .strip_prefix(NAMED_WINDOW)
                    .and_then(|name| windows.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))),
                _ => None,
            };
            let spec = match found {
                Some((_, known)) => WindowSpec {
                    partition_by: known.partition_by.clone(),
                    order_by: if spec.order_by.is_empty() { known.order_by.clone() } else { spec.order_by },
                    frame: spec.frame.or_else(|| known.frame.clone()),
                },
                None => spec,
            };
            Expr::Window { function, spec }
        }
        other => other,
    })
}
