//! `GROUP BY`: keys by position, alias or `ALL`; grouping sets; the check that every output is grouped or aggregated.
//!
//! ```text
//!   Aggregate rollup(a, b)            Aggregate [a#9, b#10, spark_grouping_id], [a#9, b#10, sum(n)]
//!     Scan a, b, n            →         Expand (a, b, 0), (a, null, 1), (null, null, 3)
//!                                         Scan a, b, n
//! ```

use super::coercion::cast;
use super::exprs::{Env, first_resolved};
use super::select::{expand, expose_hidden, is_aggregate, stands_for_columns};
use super::session_window::is_session;
use super::{Analyzer, Scope};
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, BinaryOp, Expr, SortOrder, WindowSpec};
use crate::logical::plan::{Grouping, LogicalPlan};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use std::sync::Arc;

/// Spark's name of the column that tells grouping sets apart.
pub(super) const GROUPING_ID: &str = "spark_grouping_id";

impl Analyzer<'_> {
    /// `Aggregate` over an analyzed input.
    pub(super) fn aggregate(
        &self,
        grouping: &Grouping,
        outputs: &[Expr],
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let mut env = Env::new(self, scope, input.output());
        env.hidden = super::join::hidden_columns(input, self.casing());
        let items = if outputs.iter().any(stands_for_columns) { expand(outputs, &env)? } else { outputs.to_vec() };
        let sets = self.grouping_sets(grouping, &items, &env)?;
        let keys = match &sets {
            Some((keys, _)) => keys.clone(),
            None => self.grouping_keys(by_of(grouping), &items, &env)?,
        };
        let plain = sets.is_none();
        keys.iter().try_for_each(|key| check_key(key, plain))?;
        let items = items.into_iter().map(|item| window_fields(item, &keys, &env)).collect();
        let items = self.named_items(items, &mut env)?;
        let items: Vec<Expr> = items.into_iter().map(|item| self.plainly_named(item, &env)).collect();
        let used: Vec<Expr> = keys.iter().chain(&items).cloned().collect();
        let input = &expose_hidden(input, &used, &env.hidden);
        let (keys, items, input) = &self.windowed(keys, items, input)?;
        let (keys, items) = (keys.clone(), items.clone());
        for item in &items {
            check(item, &keys, &items)?;
        }
        match sets {
            None => {
                if let Some(name) = items.iter().find_map(grouping_call) {
                    return Err(SparkError::analysis(
                        "UNSUPPORTED_GROUPING_EXPRESSION",
                        format!("`{name}` only makes sense with rollup, cube or grouping sets"),
                    )
                    .with_subject(name));
                }
                self.finish_aggregate(keys, items, input.clone())
            }
            Some((keys, sets)) => {
                let (plan, by) = self.expand_sets(&keys, &sets, input);
                let items = items.into_iter().map(|item| self.over_sets(item, &keys, &by)).collect::<Result<_>>()?;
                self.finish_aggregate(by.into_iter().map(Expr::Attribute).collect(), items, plan)
            }
        }
    }

    /// Grouping by `window(time, …)`: rows without a time are left out, and a sliding window gives a row for each window that holds it.
    fn windowed(
        &self,
        keys: Vec<Expr>,
        items: Vec<Expr>,
        input: &Arc<LogicalPlan>,
    ) -> Result<(Vec<Expr>, Vec<Expr>, Arc<LogicalPlan>)> {
        let is_window = |key: &&Expr| matches!(key, Expr::Function { function, .. } if function.name == "window");
        let found = keys.iter().find(is_window).cloned();
        if let Some(session) = keys.iter().find(|key| is_session(key)) {
            if found.is_some() {
                return Err(SparkError::analysis(
                    "_LEGACY_ERROR_TEMP_1039",
                    "rows cannot be grouped by several windows of time at once",
                ));
            }
            let (column, plan) = self.sessions(session, &keys, input)?;
            let over = |expr: Expr| expr.transform_up(&mut |part| if part == *session { column.clone() } else { part });
            let items = items.into_iter().map(over).collect();
            return Ok((keys.iter().cloned().map(over).collect(), items, plan));
        }
        let Some(window @ Expr::Function { args, .. }) = &found else {
            return Ok((keys, items, input.clone()));
        };
        let mut input = input.clone();
        if args[0].nullable() {
            let condition = Expr::unary(crate::logical::expr::UnaryOp::IsNotNull, args[0].clone());
            input = Arc::new(LogicalPlan::Filter { condition, input });
        }
        if args.get(2).is_none_or(|slide| *slide == args[1]) {
            return Ok((keys, items, input));
        }
        let windows = super::coercion::call("sliding_windows", args.clone(), &self.resolve_context())?;
        let Some(crate::logical::functions::Definition::Generator(function)) =
            crate::logical::functions::lookup("explode")
        else {
            return Err(SparkError::internal("explode is no generator"));
        };
        let generator = Expr::Generator { function, args: vec![windows], outer: false };
        let (plan, _) = self.generate(generator, &["window".to_owned()], input)?;
        let column = plan.output().pop().map(Expr::Attribute);
        let column = column.ok_or_else(|| SparkError::internal("a generator without a column"))?;
        let over = |expr: Expr| expr.transform_up(&mut |part| if part == *window { column.clone() } else { part });
        Ok((keys.into_iter().map(over).collect(), items.into_iter().map(over).collect(), plan))
    }

    /// An output column under a name of another spelling becomes an alias, so that it still equals its grouping key.
    fn plainly_named(&self, item: Expr, env: &Env<'_>) -> Expr {
        let Expr::Attribute(written) = &item else { return item };
        match env.types(item.clone()) {
            Ok(Expr::Attribute(column)) if column.name != written.name => {
                self.alias(Expr::Attribute(column), written.name.clone())
            }
            Ok(column) => column,
            Err(_) => item,
        }
    }

    fn grouping_keys(&self, by: &[Expr], items: &[Expr], env: &Env<'_>) -> Result<Vec<Expr>> {
        if let [Expr::UnresolvedAttribute(parts)] = by
            && parts.len() == 1
            && parts[0].eq_ignore_ascii_case("all")
            && !env.input.iter().any(|column| self.casing().same(&column.name, "all"))
        {
            let plain: Vec<Expr> = items.iter().filter(|item| !is_aggregate(item)).map(without_alias).collect();
            return Ok(env.resolve_all(&plain)?.into_iter().map(before_rows).collect());
        }
        by.iter().map(|key| self.grouping_key(key, items, env)).collect()
    }

    fn grouping_key(&self, key: &Expr, items: &[Expr], env: &Env<'_>) -> Result<Expr> {
        match key {
            Expr::Literal(Scalar::Integer(position), _) => {
                let item = usize::try_from(*position).ok().and_then(|i| i.checked_sub(1)).and_then(|i| items.get(i));
                let item = item.ok_or_else(|| {
                    SparkError::analysis(
                        "GROUP_BY_POS_OUT_OF_RANGE",
                        format!("GROUP BY {position}: the select list has {} columns", items.len()),
                    )
                    .with_parameters([("index", position.to_string()), ("size", items.len().to_string())])
                    .with_subject(position.to_string())
                })?;
                if is_aggregate(item) {
                    return Err(SparkError::analysis(
                        "GROUP_BY_POS_AGGREGATE",
                        format!("GROUP BY {position}: that column is the aggregate \"{}\"", item.pretty_name()),
                    ));
                }
                env.resolve(&without_alias(item)).map(before_rows)
            }
            Expr::UnresolvedAttribute(parts) if parts.len() == 1 => first_resolved(env.resolve(key), || {
                let found = items.iter().find_map(|item| match item {
                    Expr::Alias { child, name, .. } if self.casing().same(name, &parts[0]) => Some(child.as_ref()),
                    _ => None,
                });
                match found {
                    Some(child) if !is_aggregate(child) => match env.resolve(child)? {
                        Expr::Generator { .. } => {
                            env.resolve(key).map_err(|error| error.with_help(super::allowed::EXPLODE_FIRST))
                        }
                        found => Ok(found),
                    },
                    _ => env.resolve(key),
                }
            }),
            other => env.resolve(&without_alias(other)),
        }
    }

    /// The distinct keys, and each set as positions among them; `None` for a plain `GROUP BY`.
    #[expect(clippy::type_complexity, reason = "keys and sets are used once, right here")]
    fn grouping_sets(
        &self,
        grouping: &Grouping,
        items: &[Expr],
        env: &Env<'_>,
    ) -> Result<Option<(Vec<Expr>, Vec<Vec<usize>>)>> {
        Ok(match grouping {
            Grouping::By(_) => None,
            Grouping::Rollup(by) => {
                let keys = self.grouping_keys(by, items, env)?;
                let sets = (0..=keys.len()).rev().map(|len| (0..len).collect()).collect();
                Some((keys, sets))
            }
            Grouping::Cube(by) => {
                let keys = self.grouping_keys(by, items, env)?;
                let sets = (0..1_usize << keys.len())
                    .map(|mask| (0..keys.len()).filter(|i| mask >> (keys.len() - 1 - i) & 1 == 0).collect())
                    .collect();
                Some((keys, sets))
            }
            Grouping::Sets { by, sets } => {
                let mut keys = self.grouping_keys(by, items, env)?;
                let mut found = Vec::with_capacity(sets.len());
                for set in sets {
                    let mut positions = Vec::new();
                    for key in self.grouping_keys(set, items, env)? {
                        let position = keys.iter().position(|other| *other == key);
                        positions.push(position.unwrap_or_else(|| {
                            keys.push(key);
                            keys.len() - 1
                        }));
                    }
                    found.push(positions);
                }
                Some((keys, found))
            }
        })
    }

    /// The `Expand` node of grouping sets, and its grouping columns (keys, then the grouping id).
    fn expand_sets(
        &self,
        keys: &[Expr],
        sets: &[Vec<usize>],
        input: &Arc<LogicalPlan>,
    ) -> (Arc<LogicalPlan>, Vec<Attribute>) {
        let ids = self.context.ids;
        let mut by: Vec<Attribute> =
            keys.iter().map(|key| Attribute::new(key.pretty_name(), ids.fresh(), key.data_type(), true)).collect();
        by.push(Attribute::new(GROUPING_ID, ids.fresh(), DataType::Long, false));
        let columns = input.output();
        let projections = sets
            .iter()
            .map(|set| {
                let mut exprs: Vec<Expr> = columns.iter().cloned().map(Expr::Attribute).collect();
                let mut grouping_id = 0_i64;
                for (i, key) in keys.iter().enumerate() {
                    grouping_id <<= 1;
                    if set.contains(&i) {
                        exprs.push(key.clone());
                    } else {
                        grouping_id |= 1;
                        exprs.push(Expr::Literal(Scalar::Null, key.data_type()));
                    }
                }
                exprs.push(Expr::Literal(Scalar::Long(grouping_id), DataType::Long));
                exprs
            })
            .collect();
        let mut output = columns;
        output.extend(by.iter().cloned());
        (Arc::new(LogicalPlan::Expand { projections, output, input: input.clone() }), by)
    }

    /// An output over grouping sets: keys become the expanded columns, `grouping(…)` reads the grouping id.
    fn over_sets(&self, item: Expr, keys: &[Expr], by: &[Attribute]) -> Result<Expr> {
        let position = keys.iter().position(|key| *key == item);
        if let Some(i) = position {
            return Ok(Expr::Attribute(by[i].clone()));
        }
        match item {
            Expr::Aggregate(call) if call.function.name == "grouping_id" => {
                if !call.args.is_empty() && call.args != keys {
                    return Err(SparkError::analysis(
                        "GROUPING_ID_COLUMN_MISMATCH",
                        "grouping_id takes exactly the grouping columns, in their order, or nothing",
                    ));
                }
                Ok(Expr::Attribute(by[keys.len()].clone()))
            }
            Expr::Aggregate(call) if call.function.name == "grouping" => {
                let i = keys.iter().position(|key| Some(key) == call.args.first()).ok_or_else(|| {
                    SparkError::analysis("GROUPING_COLUMN_MISMATCH", "grouping(…) takes one of the grouping columns")
                })?;
                let shift = i32::try_from(keys.len() - 1 - i).unwrap_or(0);
                let id = Expr::Attribute(by[keys.len()].clone());
                let shifted = super::coercion::call("shiftright", vec![id, Expr::int(shift)], &self.resolve_context())?;
                let one = Expr::Literal(Scalar::Long(1), DataType::Long);
                Ok(cast(Expr::binary(BinaryOp::BitAnd, shifted, one), &DataType::Byte, self.context.conf.ansi()))
            }
            // Arguments of aggregates see the rows as they were.
            aggregate @ Expr::Aggregate(_) => Ok(aggregate),
            other => other.try_map_children(&mut |child| self.over_sets(child, keys, by)),
        }
    }

    /// The aggregate, with window functions and generators in nodes above it.
    pub(super) fn finish_aggregate(
        &self,
        keys: Vec<Expr>,
        items: Vec<Expr>,
        input: Arc<LogicalPlan>,
    ) -> Result<Arc<LogicalPlan>> {
        // Spark refuses to group by a time of day.
        if keys.iter().any(|key| key.data_type() == DataType::Time) {
            return Err(crate::logical::ddl::no_time());
        }
        let above = |item: &Expr| item.any(|part| matches!(part, Expr::Window { .. } | Expr::Generator { .. }));
        if !items.iter().any(above) {
            return Ok(Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(keys), outputs: items, input }));
        }
        let mut inner = Vec::new();
        let items: Vec<Expr> = items.into_iter().map(|item| self.lower(item, &keys, &mut inner)).collect();
        let plan = Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(keys), outputs: inner, input });
        self.finish_select(items, plan)
    }

    /// Moves keys and aggregates of an output into the aggregate below the window.
    fn lower(&self, expr: Expr, keys: &[Expr], inner: &mut Vec<Expr>) -> Expr {
        match expr {
            key if keys.contains(&key) => self.inner_output(key, inner),
            Expr::Alias { child, name, id, metadata } => {
                Expr::Alias { child: Box::new(self.lower(*child, keys, inner)), name, id, metadata }
            }
            Expr::Window { function, spec } => {
                let function = function
                    .try_map_children(&mut |child| Ok::<_, std::convert::Infallible>(self.lower(child, keys, inner)))
                    .unwrap_or_else(|never| match never {});
                let spec = WindowSpec {
                    partition_by: spec.partition_by.into_iter().map(|expr| self.lower(expr, keys, inner)).collect(),
                    order_by: spec
                        .order_by
                        .into_iter()
                        .map(|order| SortOrder { child: self.lower(order.child, keys, inner), ..order })
                        .collect(),
                    frame: spec.frame,
                };
                Expr::Window { function: Box::new(function), spec }
            }
            aggregate @ Expr::Aggregate(_) => self.inner_output(aggregate, inner),
            other => other
                .try_map_children(&mut |child| Ok::<_, std::convert::Infallible>(self.lower(child, keys, inner)))
                .unwrap_or_else(|never| match never {}),
        }
    }

    fn inner_output(&self, expr: Expr, inner: &mut Vec<Expr>) -> Expr {
        let same = inner.iter().find(|output| match output {
            Expr::Alias { child, .. } => **child == expr,
            other => **other == expr,
        });
        let named = match same {
            Some(found) => found.clone(),
            None => {
                let named = match expr {
                    attribute @ Expr::Attribute(_) => attribute,
                    other => {
                        let name = other.pretty_name();
                        self.alias(other, name)
                    }
                };
                inner.push(named.clone());
                named
            }
        };
        named.to_attribute().map_or(named, Expr::Attribute)
    }
}

fn by_of(grouping: &Grouping) -> &[Expr] {
    match grouping {
        Grouping::By(by) | Grouping::Rollup(by) | Grouping::Cube(by) | Grouping::Sets { by, .. } => by,
    }
}

pub(super) fn without_alias(expr: &Expr) -> Expr {
    match expr {
        Expr::Alias { child, .. } => without_alias(child),
        other => other.clone(),
    }
}

/// A column that makes rows, chosen by its position: rows are grouped by the list that it takes, as in Spark.
fn before_rows(key: Expr) -> Expr {
    match key {
        Expr::Generator { mut args, .. } if !args.is_empty() => args.swap_remove(0),
        other => other,
    }
}

/// What rows cannot be grouped by. Keys of rollups and cubes are columns of an `Expand`, where they are looked at again.
fn check_key(key: &Expr, plain: bool) -> Result<()> {
    if key.any(|part| matches!(part, Expr::Aggregate(_))) {
        return Err(SparkError::analysis(
            "GROUP_BY_AGGREGATE",
            format!("rows cannot be grouped by the aggregate \"{}\"", key.pretty_name()),
        ));
    }
    if !plain || !key.any(|part| matches!(part, Expr::Generator { .. } | Expr::Window { .. })) {
        return Ok(());
    }
    let makes_rows = key.any(|part| matches!(part, Expr::Generator { .. }));
    let condition = if key.references().is_empty() { "UNSUPPORTED_EXPR_FOR_OPERATOR" } else { "MISSING_AGGREGATION" };
    let what = if makes_rows { "which makes rows of a list" } else { "a window function" };
    let message = format!("rows cannot be grouped by \"{}\", {what}", key.pretty_name());
    Err(SparkError::analysis(condition, message).with_help(if makes_rows {
        super::allowed::EXPLODE_FIRST
    } else {
        "make it a column first, with withColumn, and group by that column"
    }))
}

/// `window.start` where rows are grouped by `window(…)`: a field of the key, unless the input has a column of that name.
fn window_fields(item: Expr, keys: &[Expr], env: &Env<'_>) -> Expr {
    let field = match &item {
        Expr::UnresolvedAttribute(parts) if parts.len() == 2 => parts.last().cloned(),
        _ => None,
    };
    let found = item.transform_up(&mut |part| {
        let Expr::UnresolvedAttribute(parts) = &part else { return part };
        let [name, rest @ ..] = parts.as_slice() else { return part };
        let is_key =
            |key: &&Expr| matches!(key, Expr::Function { function, .. } if function.name == name.to_lowercase());
        let is_window = ["window", "session_window"].iter().any(|window| name.eq_ignore_ascii_case(window));
        let is_column = env.input.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        match (keys.iter().find(is_key), rest) {
            (Some(key), []) if is_window && !is_column => key.clone().alias(name.to_lowercase()),
            (Some(key), [field]) if is_window && !is_column => Expr::Extract {
                child: Box::new(key.clone()),
                key: Box::new(Expr::literal(crate::logical::scalar::Scalar::String(field.clone()))),
            },
            _ => part,
        }
    });
    match (field, &found) {
        (Some(field), Expr::Extract { .. }) => found.alias(field),
        _ => found,
    }
}

fn grouping_call(expr: &Expr) -> Option<String> {
    let mut found = None;
    expr.visit(&mut |part| {
        if let Expr::Aggregate(call) = part
            && matches!(call.function.name, "grouping" | "grouping_id")
        {
            found = Some(call.function.name.to_owned());
        }
    });
    found
}

/// Every column of an output must be grouped by or inside an aggregate.
fn check(expr: &Expr, keys: &[Expr], items: &[Expr]) -> Result<()> {
    if keys.contains(expr) {
        return Ok(());
    }
    match expr {
        Expr::Attribute(column) => Err(not_grouped(column, keys, items)),
        Expr::Aggregate(call) => {
            let nested = call.args.iter().any(|arg| arg.any(|part| matches!(part, Expr::Aggregate(_))));
            if nested {
                return Err(SparkError::analysis(
                    "NESTED_AGGREGATE_FUNCTION",
                    format!("an aggregate cannot take another aggregate: {}", expr.pretty_name()),
                )
                .with_help("aggregate twice: first into one frame, then over that"));
            }
            Ok(())
        }
        Expr::Window { function, spec } => {
            for child in function.children().into_iter().chain(&spec.partition_by) {
                check(child, keys, items)?;
            }
            spec.order_by.iter().try_for_each(|order| check(&order.child, keys, items))
        }
        Expr::Lambda { .. } => Ok(()),
        other => other.children().into_iter().try_for_each(|child| check(child, keys, items)),
    }
}

fn not_grouped(column: &Attribute, keys: &[Expr], items: &[Expr]) -> SparkError {
    let _ = items;
    if keys.is_empty() {
        return SparkError::analysis(
            "MISSING_GROUP_BY",
            format!("the column `{}` stands beside an aggregate, but the query has no GROUP BY", column.name),
        )
        .with_subject(column.name.clone())
        .with_help(format!("group by `{}`, or aggregate it too, for example with max(...)", column.name));
    }
    SparkError::analysis(
        "MISSING_AGGREGATION",
        format!("the column `{}` is neither grouped by nor aggregated", column.name),
    )
    .with_parameters([
        ("expression", format!("\"{}\"", column.name)),
        ("expressionAnyValue", format!("\"any_value({})\"", column.name)),
    ])
    .with_subject(column.name.clone())
    .with_help(format!(
        "add `{}` to the GROUP BY, or take any_value(`{}`) if it does not matter which",
        column.name, column.name
    ))
}
