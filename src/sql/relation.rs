//! What stands behind `FROM`: tables, subqueries, `VALUES`, table functions, joins, samples, pivots.

use super::expr::{call, can_be_alias, function_of};
use super::lexer::Token;
use super::literal::constant;
use super::parser::Parser;
use super::query::renamed;
use crate::common::ids::ExprId;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::{Attribute, Expr, UnaryOp};
use crate::logical::functions::{Definition, common_type, lookup};
use crate::logical::plan::{JoinConstraint, JoinHints, JoinType, LogicalPlan};
use crate::logical::rewrite::has_subquery;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructField, StructType};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use std::sync::Arc;

impl Parser<'_> {
    /// One item of a `FROM` clause with its joins.
    pub(super) fn relation(&mut self) -> Result<Arc<LogicalPlan>> {
        let left = self.relation_primary()?;
        self.joined(left)
    }

    /// What joins make of rows.
    pub(super) fn joined(&mut self, mut left: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        loop {
            let mark = self.mark();
            let natural = self.eat_word("natural");
            let Some(join_type) = self.join_type() else {
                self.reset(mark);
                return Ok(left);
            };
            if self.is_word("lateral") {
                if natural {
                    return Err(cannot_be_lateral(
                        "INCOMPATIBLE_JOIN_TYPES",
                        "a NATURAL join",
                        "write the condition into the subquery, or behind ON",
                    ));
                }
                left = self.lateral(left, join_type)?;
                continue;
            }
            let right = self.relation_primary()?;
            let constraint = self.join_constraint(natural)?;
            left = Arc::new(LogicalPlan::Join { left, right, join_type, constraint, hint: JoinHints::default() });
        }
    }

    fn join_constraint(&mut self, natural: bool) -> Result<JoinConstraint> {
        Ok(if natural {
            JoinConstraint::Natural
        } else if self.eat_word("on") {
            JoinConstraint::On(self.expression()?)
        } else if self.eat_word("using") {
            JoinConstraint::Using(self.name_list()?)
        } else {
            JoinConstraint::None
        })
    }

    fn join_type(&mut self) -> Option<JoinType> {
        const FORMS: &[(&[&str], JoinType)] = &[
            (&["join"], JoinType::Inner),
            (&["inner", "join"], JoinType::Inner),
            (&["cross", "join"], JoinType::Cross),
            (&["left", "join"], JoinType::LeftOuter),
            (&["left", "outer", "join"], JoinType::LeftOuter),
            (&["left", "semi", "join"], JoinType::LeftSemi),
            (&["semi", "join"], JoinType::LeftSemi),
            (&["left", "anti", "join"], JoinType::LeftAnti),
            (&["anti", "join"], JoinType::LeftAnti),
            (&["right", "join"], JoinType::RightOuter),
            (&["right", "outer", "join"], JoinType::RightOuter),
            (&["full", "join"], JoinType::FullOuter),
            (&["full", "outer", "join"], JoinType::FullOuter),
        ];
        FORMS.iter().find(|(words, _)| self.eat_words(words)).map(|(_, join_type)| *join_type)
    }

    /// `LATERAL explode(x) [[AS] t [(a, b)]] [ON condition]` or `LATERAL (SELECT …) t [ON condition]`: rows made for each row of `left`.
    pub(super) fn lateral(&mut self, left: Arc<LogicalPlan>, join_type: JoinType) -> Result<Arc<LogicalPlan>> {
        self.expect_word("lateral")?;
        if !matches!(join_type, JoinType::Inner | JoinType::Cross | JoinType::LeftOuter) {
            return Err(cannot_be_lateral(
                "INVALID_LATERAL_JOIN_TYPE",
                &format!("a {} join", join_type.name()),
                "each row of the left side makes rows of its own, so only an inner, a cross or a left join can be lateral",
            ));
        }
        let is_function = match self.peek() {
            Token::Word(name) => self.is_symbol_at(1, "(") && matches!(lookup(name), Some(Definition::Generator(_))),
            _ => false,
        };
        if !is_function {
            let right = self.relation_primary()?;
            let constraint = self.join_constraint(false)?;
            let on = match constraint {
                JoinConstraint::On(condition) => Some(condition),
                JoinConstraint::Using(_) => {
                    return Err(cannot_be_lateral(
                        "UNSUPPORTED_FEATURE.LATERAL_JOIN_USING",
                        "JOIN … USING",
                        "write the condition into the subquery, or behind ON",
                    ));
                }
                _ => None,
            };
            let constraint = JoinConstraint::Lateral(on);
            return Ok(Arc::new(LogicalPlan::Join { left, right, join_type, constraint, hint: JoinHints::default() }));
        }
        let generator = self.primary()?;
        let named = self.eat_word("as") || can_be_alias(self.peek());
        let qualifier = if named { vec![self.name()?] } else { Vec::new() };
        let names = if named && self.is_symbol("(") { self.name_list()? } else { Vec::new() };
        let names = if names.is_empty() { vec![String::new()] } else { names };
        let output = names
            .into_iter()
            .map(|name| Attribute {
                qualifier: qualifier.clone(),
                ..Attribute::new(name, ExprId::UNASSIGNED, DataType::Null, true)
            })
            .collect();
        // Spark 4.3 leaves out rows without values for a LEFT JOIN as well; `explode_outer` keeps them.
        let plan =
            Arc::new(LogicalPlan::Generate { generator, outer: false, output, unneeded: Vec::new(), input: left });
        if !self.eat_word("on") {
            return Ok(plan);
        }
        let condition = self.expression()?;
        if join_type == JoinType::LeftOuter {
            return Err(SparkError::unsupported("a condition of a LEFT JOIN LATERAL", "use LATERAL VIEW OUTER"));
        }
        Ok(Arc::new(LogicalPlan::Filter { condition, input: plan }))
    }

    fn relation_primary(&mut self) -> Result<Arc<LogicalPlan>> {
        // The first of a FROM clause has nothing on its left that it could refer to.
        self.eat_word("lateral");
        let (plan, own_name) = if self.is_symbol("(") {
            self.in_parentheses()?
        } else if self.is_word("values") {
            (self.values_rows()?, None)
        } else if matches!(self.peek(), Token::Word(_)) && self.is_symbol_at(1, "(") {
            (self.table_function()?, None)
        } else {
            if let Token::Word(word) = self.peek()
                && !can_be_alias(&Token::Word(word.clone()))
            {
                return Err(self.error());
            }
            let name = self.dotted_name()?;
            if name.len() > 1 && self.eat_symbol("(") {
                (self.table_call(function_of(&name))?, None)
            } else {
                (Arc::new(LogicalPlan::UnresolvedRelation { name: name.clone() }), name.last().cloned())
            }
        };
        let plan = self.sampled(plan)?;
        let plan = self.aliased(plan)?;
        let _ = own_name;
        self.pivoted(plan)
    }

    fn in_parentheses(&mut self) -> Result<(Arc<LogicalPlan>, Option<String>)> {
        let mark = self.mark();
        self.expect_symbol("(")?;
        if self.starts_query() {
            let plan = self.query();
            if let Ok(plan) = plan
                && self.eat_symbol(")")
            {
                return Ok((plan, None));
            }
            // `((SELECT …) t JOIN …)` begins like a query but is a relation.
            let starts_nested = {
                self.reset(mark);
                self.is_symbol_at(1, "(")
            };
            self.expect_symbol("(")?;
            if !starts_nested {
                let plan = self.query()?;
                self.expect_symbol(")")?;
                return Ok((plan, None));
            }
        }
        let plan = self.relations()?;
        self.expect_symbol(")")?;
        Ok((plan, None))
    }

    /// `[AS] t [(a, b)]`.
    fn aliased(&mut self, plan: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let named = self.eat_word("as") || can_be_alias(self.peek());
        if !named {
            return Ok(plan);
        }
        let name = self.name()?;
        let mut columns = if self.is_symbol("(") { self.name_list()? } else { Vec::new() };
        let plan = named_table(plan, &mut columns);
        let input = with_names(&plan, &columns).map_or_else(|| renamed(plan, columns), Arc::new);
        Ok(Arc::new(LogicalPlan::SubqueryAlias { name, input }))
    }

    pub(super) fn sampled(&mut self, plan: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        if !self.eat_word("tablesample") {
            return Ok(plan);
        }
        self.expect_symbol("(")?;
        let Token::Number(number) = self.advance() else { return Err(self.error()) };
        let amount: f64 = number.parse().map_err(|_| self.error())?;
        let rows = if self.eat_word("rows") {
            true
        } else {
            self.expect_word("percent")?;
            false
        };
        self.expect_symbol(")")?;
        let mut seed = 0;
        if self.eat_word("repeatable") {
            self.expect_symbol("(")?;
            let expr = self.expression()?;
            seed = constant(&expr).ok_or_else(|| self.error())?;
            self.expect_symbol(")")?;
        }
        Ok(Arc::new(if rows {
            LogicalPlan::Limit { count: amount as usize, input: plan }
        } else {
            LogicalPlan::Sample { fraction: amount / 100.0, with_replacement: false, seed, lower: 0.0, input: plan }
        }))
    }

    /// `range(…)` and generators as tables.
    fn table_function(&mut self) -> Result<Arc<LogicalPlan>> {
        let name = self.name()?;
        self.expect_symbol("(")?;
        let is_known = name.eq_ignore_ascii_case("range") || matches!(lookup(&name), Some(Definition::Generator(_)));
        if !is_known {
            return self.table_call(name);
        }
        let args = if self.is_symbol(")") { Vec::new() } else { self.separated(Self::expression)? };
        self.expect_symbol(")")?;
        if !name.eq_ignore_ascii_case("range") {
            let items = vec![call(name, args)];
            return Ok(Arc::new(LogicalPlan::Project { exprs: items, input: Arc::new(LogicalPlan::OneRow) }));
        }
        let numbers: Option<Vec<i64>> = args.iter().map(constant).collect();
        let (start, end, step, partitions) = match numbers.as_deref() {
            Some([end]) => (0, *end, 1, None),
            Some([start, end]) => (*start, *end, 1, None),
            Some([start, end, step]) => (*start, *end, *step, None),
            Some([start, end, step, count]) => (*start, *end, *step, usize::try_from(*count).ok()),
            _ => {
                return Err(SparkError::analysis(
                    "UNEXPECTED_INPUT_TYPE",
                    "range(...) takes one to four constant whole numbers: start, end, step, partitions",
                ));
            }
        };
        let output = vec![Attribute::new("id", ExprId::UNASSIGNED, DataType::Long, false)];
        Ok(Arc::new(LogicalPlan::Range { start, end, step, partitions, output }))
    }

    /// `VALUES (1, 'a'), …` as a query, with an optional alias.
    pub(super) fn values(&mut self) -> Result<Arc<LogicalPlan>> {
        let plan = self.values_rows()?;
        self.aliased(plan)
    }

    fn values_rows(&mut self) -> Result<Arc<LogicalPlan>> {
        self.expect_word("values")?;
        let rows = self.separated(|parser| {
            let expr = parser.expression()?;
            Ok(match expr {
                Expr::Call(call) if call.name == "struct" => call.args,
                other => vec![other],
            })
        })?;
        let width = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != width) {
            return Err(SparkError::analysis(
                "INVALID_INLINE_TABLE.NUM_COLUMNS_MISMATCH",
                "the rows of VALUES must all have the same number of columns",
            ));
        }
        if let Some(local) = local_relation(&rows, width)? {
            return Ok(Arc::new(local));
        }
        rows.iter().flatten().try_for_each(check_value)?;
        let mut inputs: Vec<Arc<LogicalPlan>> = rows
            .into_iter()
            .map(|row| {
                let exprs = row.into_iter().enumerate().map(|(i, expr)| expr.alias(format!("col{}", i + 1))).collect();
                Arc::new(LogicalPlan::Project { exprs, input: Arc::new(LogicalPlan::OneRow) })
            })
            .collect();
        Ok(match inputs.len() {
            1 => inputs.remove(0),
            _ => Arc::new(LogicalPlan::Union { inputs, by_name: false, allow_missing: false }),
        })
    }

    pub(super) fn pivoted(&mut self, plan: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let pivot = self.is_word("pivot") && self.is_symbol_at(1, "(");
        let unpivot = self.is_word("unpivot");
        if pivot {
            let plan = self.pivot(plan)?;
            let plan = self.aliased(plan)?;
            return self.pivoted(plan);
        }
        if unpivot {
            let plan = self.unpivot(plan)?;
            let plan = self.aliased(plan)?;
            return self.pivoted(plan);
        }
        Ok(plan)
    }

    /// `PIVOT (sum(x) [AS a] FOR c IN (1, 2 AS two))`.
    fn pivot(&mut self, input: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        self.expect_word("pivot")?;
        self.expect_symbol("(")?;
        let aggregates = self.separated(Self::named_expression)?;
        self.expect_word("for")?;
        let column = Box::new(self.primary()?);
        self.expect_word("in")?;
        self.expect_symbol("(")?;
        let values = self.separated(Self::named_expression)?;
        self.expect_symbol(")")?;
        self.expect_symbol(")")?;
        Ok(Arc::new(LogicalPlan::Pivot {
            grouping: vec![Expr::Star(None)],
            column,
            values: Some(values),
            aggregates,
            input,
        }))
    }

    /// `UNPIVOT [INCLUDE NULLS] (value FOR name IN (a, b AS c))`.
    fn unpivot(&mut self, input: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        self.expect_word("unpivot")?;
        let include = self.eat_words(&["include", "nulls"]);
        self.eat_words(&["exclude", "nulls"]);
        self.expect_symbol("(")?;
        let value = self.name()?;
        self.expect_word("for")?;
        let variable = self.name()?;
        self.expect_word("in")?;
        self.expect_symbol("(")?;
        let values = self.separated(Self::named_expression)?;
        self.expect_symbol(")")?;
        self.expect_symbol(")")?;
        let plan = Arc::new(LogicalPlan::Unpivot {
            ids: vec![Expr::Star(None)],
            values,
            variable,
            value: value.clone(),
            input,
        });
        if include {
            return Ok(plan);
        }
        let condition = Expr::unary(UnaryOp::IsNotNull, Expr::UnresolvedAttribute(vec![value]));
        Ok(Arc::new(LogicalPlan::Filter { condition, input: plan }))
    }
}

fn cannot_be_lateral(condition: &str, what: &str, help: &str) -> SparkError {
    SparkError::new(ErrorClass::ParseException, format!("{what} cannot be LATERAL"))
        .with_condition(condition)
        .with_help(help.to_owned())
}

/// Whether an expression may stand in `VALUES`: it must be one value, and always the same.
fn check_value(expr: &Expr) -> Result<()> {
    let is_value = |part: &Expr| match part {
        Expr::Call(call) => match lookup(&call.name) {
            Some(Definition::Scalar(function)) => function.deterministic,
            Some(_) => false,
            None => true,
        },
        Expr::Window { .. } | Expr::WindowFunction { .. } | Expr::Aggregate(_) | Expr::Generator { .. } => false,
        _ => true,
    };
    if has_subquery(expr) {
        return Err(SparkError::analysis(
            "UNSUPPORTED_SUBQUERY_EXPRESSION_CATEGORY.SCALAR_SUBQUERY_IN_VALUES",
            "a subquery cannot stand in VALUES",
        )
        .with_help("select it: SELECT (SELECT …)"));
    }
    if expr.any(|part| !is_value(part)) {
        return Err(SparkError::analysis(
            "INVALID_INLINE_TABLE.CANNOT_EVALUATE_EXPRESSION_IN_INLINE_TABLE",
            format!("VALUES cannot evaluate \"{}\": it is no value of its own", expr.pretty_name()),
        )
        .with_help("select it from a table instead"));
    }
    Ok(())
}

/// A table function under the names that its call gives its columns; they are then taken from `names`.
fn named_table(plan: Arc<LogicalPlan>, names: &mut Vec<String>) -> Arc<LogicalPlan> {
    let LogicalPlan::Generate { generator: Expr::TableCall(_), .. } = plan.as_ref() else { return plan };
    let mut node = plan.as_ref().clone();
    if let LogicalPlan::Generate { output, .. } = &mut node {
        let column = |name| Attribute::new(name, ExprId::UNASSIGNED, DataType::Null, true);
        *output = std::mem::take(names).into_iter().map(column).collect();
    }
    Arc::new(node)
}

/// The rows under other column names, where the driver holds them.
fn with_names(plan: &LogicalPlan, names: &[String]) -> Option<LogicalPlan> {
    let LogicalPlan::LocalRelation { output, batch, partitions } = plan else { return None };
    if output.len() != names.len() {
        return None;
    }
    let named = output.iter().zip(names).map(|(column, name)| Attribute { name: name.clone(), ..column.clone() });
    Some(LogicalPlan::LocalRelation { output: named.collect(), batch: batch.clone(), partitions: *partitions })
}

/// Rows of literals as rows that the driver holds; `None` when something must be computed first.
fn local_relation(rows: &[Vec<Expr>], width: usize) -> Result<Option<LogicalPlan>> {
    let mut fields = Vec::with_capacity(width);
    let mut columns = Vec::with_capacity(width);
    for i in 0..width {
        let Some(values) = rows.iter().map(|row| literal(&row[i])).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let mut common = DataType::Null;
        for (_, data_type) in &values {
            let Some(wider) = common_type(&common, data_type, true) else { return Ok(None) };
            common = wider;
        }
        let Some(scalars) =
            values.into_iter().map(|(value, _)| widened(value, &common)).collect::<Option<Vec<Scalar>>>()
        else {
            return Ok(None);
        };
        let nullable = scalars.iter().any(Scalar::is_null);
        columns.push(Scalar::to_array(&scalars, &common)?);
        fields.push(StructField::new(format!("col{}", i + 1), common, nullable));
    }
    let schema = StructType::new(fields);
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(Arc::new(schema.to_arrow()), columns, &options)?;
    Ok(Some(LogicalPlan::LocalRelation { output: LogicalPlan::unassigned(&schema), batch, partitions: Some(0) }))
}

fn literal(expr: &Expr) -> Option<(Scalar, DataType)> {
    match expr {
        Expr::Literal(value, data_type) => Some((value.clone(), data_type.clone())),
        Expr::Cast { child, to, .. } => match child.as_ref() {
            Expr::Literal(Scalar::Null, _) => Some((Scalar::Null, to.clone())),
            _ => None,
        },
        _ => None,
    }
}

/// A literal as a value of a wider type, where that is plain.
fn widened(value: Scalar, to: &DataType) -> Option<Scalar> {
    if value.is_null() || value.data_type() == *to {
        return Some(value);
    }
    let whole = match &value {
        Scalar::Byte(value) => Some(i64::from(*value)),
        Scalar::Short(value) => Some(i64::from(*value)),
        Scalar::Integer(value) => Some(i64::from(*value)),
        Scalar::Long(value) => Some(*value),
        _ => None,
    };
    match (to, whole, &value) {
        (DataType::Short, Some(whole), _) => i16::try_from(whole).ok().map(Scalar::Short),
        (DataType::Integer, Some(whole), _) => i32::try_from(whole).ok().map(Scalar::Integer),
        (DataType::Long, Some(whole), _) => Some(Scalar::Long(whole)),
        (DataType::Double, Some(whole), _) => Some(Scalar::Double(whole as f64)),
        (DataType::Double, None, Scalar::Decimal(unscaled, _, scale)) => {
            let text = format!("{unscaled}e-{scale}");
            text.parse().ok().map(Scalar::Double)
        }
        (DataType::Decimal(precision, scale), Some(whole), _) => {
            let factor = 10_i128.checked_pow(u32::try_from(*scale).ok()?)?;
            i128::from(whole).checked_mul(factor).map(|unscaled| Scalar::Decimal(unscaled, *precision, *scale))
        }
        (DataType::Decimal(precision, scale), None, Scalar::Decimal(unscaled, _, own)) => {
            let factor = 10_i128.checked_pow(u32::try_from(scale - own).ok()?)?;
            unscaled.checked_mul(factor).map(|unscaled| Scalar::Decimal(unscaled, *precision, *scale))
        }
        _ => None,
    }
}
