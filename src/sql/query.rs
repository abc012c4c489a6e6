//! Queries: `WITH`, set operations, `SELECT`, `ORDER BY`, `LIMIT`.

use super::expr::can_be_alias;
use super::function::with_named_windows;
use super::lexer::Token;
use super::literal::constant;
use super::parser::Parser;
use crate::common::ids::ExprId;
use crate::common::{Result, SparkError};
use crate::logical::expr::{Expr, SortOrder};
use crate::logical::plan::{Grouping, JoinConstraint, JoinHints, JoinType, LogicalPlan, Repartitioning};
use std::sync::Arc;

/// The column that holds what `QUALIFY` asks.
const QUALIFIES: &str = "\u{0}qualifies";

impl Parser<'_> {
    /// A whole query.
    pub(super) fn query(&mut self) -> Result<Arc<LogicalPlan>> {
        self.deeper(|parser| {
            let definitions = parser.definitions()?;
            let body = parser.set_expression()?;
            let body = parser.organized(body)?;
            let body = parser.piped(body)?;
            if definitions.is_empty() {
                return Ok(body);
            }
            Ok(Arc::new(LogicalPlan::With { definitions, input: body }))
        })
    }

    fn definitions(&mut self) -> Result<Vec<(String, Arc<LogicalPlan>)>> {
        if !self.eat_word("with") {
            return Ok(Vec::new());
        }
        let recursive = self.eat_word("recursive");
        self.separated(|parser| {
            let name = parser.name()?;
            let columns = if parser.is_symbol("(") { parser.name_list()? } else { Vec::new() };
            let levels_max = if recursive && parser.eat_words(&["max", "recursion", "level"]) {
                Some(parser.row_count("MAX RECURSION LEVEL")?)
            } else {
                None
            };
            parser.eat_word("as");
            parser.expect_symbol("(")?;
            let plan = parser.query()?;
            parser.expect_symbol(")")?;
            let plan = if recursive && reads(&plan, &name) {
                union_loop(&plan, (&name, columns), levels_max)?
            } else {
                renamed(plan, columns)
            };
            Ok((name, plan))
        })
    }

    /// `UNION`, `EXCEPT`; `INTERSECT` binds tighter.
    fn set_expression(&mut self) -> Result<Arc<LogicalPlan>> {
        let left = self.intersection()?;
        self.combined(left)
    }

    /// What set operations make of rows.
    pub(super) fn combined(&mut self, left: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let mut left = self.intersected(left)?;
        loop {
            let union = self.is_word("union");
            if !union && !self.is_any(&["except", "minus"]) {
                return Ok(left);
            }
            self.advance();
            let all = self.all_rows();
            let right = self.intersection()?;
            left = if union {
                let union =
                    Arc::new(LogicalPlan::Union { inputs: vec![left, right], by_name: false, allow_missing: false });
                if all { union } else { Arc::new(LogicalPlan::Distinct { input: union }) }
            } else {
                Arc::new(LogicalPlan::Except { left, right, all })
            };
        }
    }

    fn intersection(&mut self) -> Result<Arc<LogicalPlan>> {
        let left = self.term()?;
        self.intersected(left)
    }

    fn intersected(&mut self, mut left: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        while self.eat_word("intersect") {
            let all = self.all_rows();
            let right = self.term()?;
            left = Arc::new(LogicalPlan::Intersect { left, right, all });
        }
        Ok(left)
    }

    fn all_rows(&mut self) -> bool {
        let all = self.eat_word("all");
        if !all {
            self.eat_word("distinct");
        }
        all
    }

    fn term(&mut self) -> Result<Arc<LogicalPlan>> {
        if self.eat_symbol("(") {
            let plan = self.query()?;
            self.expect_symbol(")")?;
            return Ok(plan);
        }
        if self.is_word("values") {
            return self.values();
        }
        if self.eat_word("table") {
            let name = self.dotted_name()?;
            return Ok(Arc::new(LogicalPlan::UnresolvedRelation { name }));
        }
        if !self.is_any(&["select", "from"]) {
            return Err(self.error());
        }
        self.select()
    }

    /// What stands behind `FROM`, with its `LATERAL VIEW`s.
    fn read_relations(&mut self) -> Result<Arc<LogicalPlan>> {
        let mut plan = self.relations()?;
        while self.is_word("lateral") && self.is_word_at(1, "view") {
            plan = self.lateral_view(plan)?;
        }
        Ok(plan)
    }

    /// `ORDER BY`, `SORT BY`, `DISTRIBUTE BY`, `CLUSTER BY`, `LIMIT`, `OFFSET`.
    pub(super) fn organized(&mut self, mut plan: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        if self.eat_words(&["order", "by"]) {
            let order = self.separated(Self::sort_item)?;
            plan = Arc::new(LogicalPlan::Sort { order, global: true, input: plan });
        } else if self.eat_words(&["cluster", "by"]) {
            let by = self.separated(Self::expression)?;
            let order = by.iter().map(|expr| SortOrder::new(expr.clone(), true)).collect();
            let target = Repartitioning::Hash { by, count: None };
            plan = Arc::new(LogicalPlan::Repartition { target, input: plan });
            plan = Arc::new(LogicalPlan::Sort { order, global: false, input: plan });
        } else {
            if self.eat_words(&["distribute", "by"]) {
                let target = Repartitioning::Hash { by: self.separated(Self::expression)?, count: None };
                plan = Arc::new(LogicalPlan::Repartition { target, input: plan });
            }
            if self.eat_words(&["sort", "by"]) {
                let order = self.separated(Self::sort_item)?;
                plan = Arc::new(LogicalPlan::Sort { order, global: false, input: plan });
            }
        }
        let windows = self.window_clause()?;
        if !windows.is_empty() {
            plan = windows_in(&plan, &windows);
        }
        let limit = if self.eat_word("limit") {
            if self.eat_word("all") { None } else { Some(self.row_count("LIMIT")?) }
        } else {
            None
        };
        if self.eat_word("offset") {
            let count = self.row_count("OFFSET")?;
            plan = Arc::new(LogicalPlan::Offset { count, input: plan });
        }
        if let Some(count) = limit {
            plan = Arc::new(LogicalPlan::Limit { count, input: plan });
        }
        Ok(plan)
    }

    fn row_count(&mut self, clause: &str) -> Result<usize> {
        let expr = self.expression()?;
        let Some(count) = constant(&expr) else {
            return Err(SparkError::analysis(
                "INVALID_LIMIT_LIKE_EXPRESSION.IS_UNFOLDABLE",
                format!("{clause} needs a constant number, not \"{}\"", expr.pretty_name()),
            ));
        };
        usize::try_from(count).map_err(|_| {
            SparkError::analysis(
                "INVALID_LIMIT_LIKE_EXPRESSION.IS_NEGATIVE",
                format!("{clause} cannot be negative, and this is {count}"),
            )
            .with_subject(count.to_string())
        })
    }

    fn select(&mut self) -> Result<Arc<LogicalPlan>> {
        // `FROM t SELECT a` is `SELECT a FROM t`.
        let before = if self.eat_word("from") { Some(self.read_relations()?) } else { None };
        if let Some(rows) = &before
            && (self.is_symbol("|>") || self.is_symbol(")") || matches!(self.peek(), Token::End))
        {
            return Ok(rows.clone());
        }
        self.expect_word("select")?;
        let hints = self.hints()?;
        let distinct = self.eat_word("distinct");
        if !distinct && self.is_word("all") && !self.is_symbol_at(1, ".") && !self.is_symbol_at(1, ",") {
            self.advance();
        }
        let items = self.select_items()?;
        let mut plan = match before {
            Some(plan) => plan,
            None if self.eat_word("from") => self.read_relations()?,
            None => Arc::new(LogicalPlan::OneRow),
        };
        if self.eat_word("where") {
            plan = Arc::new(LogicalPlan::Filter { condition: self.expression()?, input: plan });
        }
        let grouping = self.grouping()?;
        let having = if self.eat_word("having") { Some(self.expression()?) } else { None };
        let qualify = if self.eat_word("qualify") { Some(self.expression()?) } else { None };
        let windows = self.window_clause()?;
        let mut items: Vec<Expr> = items.into_iter().map(|item| with_named_windows(item, &windows)).collect();
        // The condition is computed beside the columns, so that it may hold window functions.
        let condition = qualify.as_ref().map(|condition| with_named_windows(unaliased(condition, &items), &windows));
        items.extend(condition.map(|condition| condition.alias(QUALIFIES)));
        plan = match (grouping, &having) {
            (Some(grouping), _) => Arc::new(LogicalPlan::Aggregate { grouping, outputs: items, input: plan }),
            (None, Some(_)) => {
                Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(Vec::new()), outputs: items, input: plan })
            }
            (None, None) => Arc::new(LogicalPlan::Project { exprs: items, input: plan }),
        };
        if let Some(condition) = having {
            plan = Arc::new(LogicalPlan::Filter { condition, input: plan });
        }
        if qualify.is_some() {
            let mark = Expr::UnresolvedAttribute(vec![QUALIFIES.to_owned()]);
            plan = Arc::new(LogicalPlan::Filter { condition: mark.clone(), input: plan });
            plan = Arc::new(LogicalPlan::DropColumns { columns: vec![mark], input: plan });
        }
        if distinct {
            plan = Arc::new(LogicalPlan::Distinct { input: plan });
        }
        Ok(hints
            .into_iter()
            .rev()
            .fold(plan, |input, (name, parameters)| Arc::new(LogicalPlan::Hint { name, parameters, input })))
    }

    fn hints(&mut self) -> Result<Vec<(String, Vec<Expr>)>> {
        let mut hints = Vec::new();
        while self.eat_symbol("/*+") {
            while !self.eat_symbol("*/") {
                let name = self.name()?;
                let mut parameters = Vec::new();
                if self.eat_symbol("(") {
                    if !self.is_symbol(")") {
                        parameters = self.separated(Self::primary)?;
                    }
                    self.expect_symbol(")")?;
                }
                hints.push((name, parameters));
                self.eat_symbol(",");
            }
        }
        Ok(hints)
    }

    pub(super) fn select_items(&mut self) -> Result<Vec<Expr>> {
        let mut items = vec![self.named_expression()?];
        while self.eat_symbol(",") {
            if self.is_any(&["from", "where", "group", "order", "limit"]) || matches!(self.peek(), Token::End) {
                return Err(SparkError::analysis(
                    "TRAILING_COMMA_IN_SELECT",
                    "the select list ends with a comma and nothing behind it",
                )
                .with_subject(",")
                .with_help("remove the last comma"));
            }
            items.push(self.named_expression()?);
        }
        Ok(items)
    }

    /// `LATERAL VIEW [OUTER] explode(x) [t] [AS a, b]`.
    fn lateral_view(&mut self, input: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        self.expect_word("lateral")?;
        self.expect_word("view")?;
        let outer = self.eat_word("outer");
        let generator = self.primary()?;
        let qualifier = if can_be_alias(self.peek()) { vec![self.name()?] } else { Vec::new() };
        let names = if self.eat_word("as") { self.separated(Self::name)? } else { Vec::new() };
        let column = |name: String| crate::logical::expr::Attribute {
            qualifier: qualifier.clone(),
            ..crate::logical::expr::Attribute::new(
                name,
                crate::common::ids::ExprId::UNASSIGNED,
                crate::logical::types::DataType::Null,
                true,
            )
        };
        // Without names, one nameless column carries the qualifier.
        let output =
            if names.is_empty() { vec![column(String::new())] } else { names.into_iter().map(column).collect() };
        Ok(Arc::new(LogicalPlan::Generate { generator, outer, output, unneeded: Vec::new(), input }))
    }

    fn grouping(&mut self) -> Result<Option<Grouping>> {
        if !self.eat_words(&["group", "by"]) {
            return Ok(None);
        }
        if self.is_any(&["rollup", "cube"]) && self.is_symbol_at(1, "(") {
            let mark = self.mark();
            let rollup = self.name()?.eq_ignore_ascii_case("rollup");
            let by = self.expression_list()?;
            if !self.is_symbol(",") {
                return Ok(Some(if rollup { Grouping::Rollup(by) } else { Grouping::Cube(by) }));
            }
            self.reset(mark);
        }
        let mut plain: Vec<Expr> = Vec::new();
        let mut sets: Option<Vec<Vec<Expr>>> = None;
        loop {
            let more = self.grouping_item()?;
            if let [single] = more.as_slice()
                && sets.is_none()
                && let [expr] = single.as_slice()
            {
                plain.push(expr.clone());
            } else {
                let before = sets.unwrap_or_else(|| vec![plain.clone()]);
                sets = Some(product(&before, &more));
            }
            if !self.eat_symbol(",") {
                break;
            }
        }
        if self.eat_words(&["with", "rollup"]) {
            return Ok(Some(Grouping::Rollup(plain)));
        }
        if self.eat_words(&["with", "cube"]) {
            return Ok(Some(Grouping::Cube(plain)));
        }
        if sets.is_none() && self.is_word("grouping") && self.is_word_at(1, "sets") {
            let sets = self.grouping_item()?;
            return Ok(Some(Grouping::Sets { by: plain, sets }));
        }
        Ok(Some(match sets {
            None => Grouping::By(plain),
            Some(sets) => Grouping::Sets { by: distinct(&sets), sets },
        }))
    }

    /// The sets of one item of a `GROUP BY`: a plain expression is one set of one.
    fn grouping_item(&mut self) -> Result<Vec<Vec<Expr>>> {
        if self.eat_words(&["grouping", "sets"]) {
            self.expect_symbol("(")?;
            let nested = self.separated(|parser| {
                if parser.is_any(&["rollup", "cube", "grouping"]) {
                    return parser.grouping_item();
                }
                if parser.is_symbol("(") {
                    return Ok(vec![parser.expression_list()?]);
                }
                Ok(vec![vec![parser.expression()?]])
            })?;
            self.expect_symbol(")")?;
            return Ok(nested.into_iter().flatten().collect());
        }
        if self.is_any(&["rollup", "cube"]) && self.is_symbol_at(1, "(") {
            let rollup = self.name()?.eq_ignore_ascii_case("rollup");
            let by = self.expression_list()?;
            let sets = if rollup {
                (0..=by.len()).rev().map(|len| by[..len].to_vec()).collect()
            } else {
                (0..1_usize << by.len())
                    .map(|mask| {
                        by.iter()
                            .enumerate()
                            .filter(|(i, _)| mask >> (by.len() - 1 - i) & 1 == 0)
                            .map(|(_, expr)| expr.clone())
                            .collect()
                    })
                    .collect()
            };
            return Ok(sets);
        }
        Ok(vec![vec![self.expression()?]])
    }

    /// `(a, b)`, perhaps empty.
    fn expression_list(&mut self) -> Result<Vec<Expr>> {
        self.expect_symbol("(")?;
        let list = if self.is_symbol(")") { Vec::new() } else { self.separated(Self::expression)? };
        self.expect_symbol(")")?;
        Ok(list)
    }

    /// `FROM a, b JOIN c …`.
    pub(super) fn relations(&mut self) -> Result<Arc<LogicalPlan>> {
        let mut plan = self.relation()?;
        while self.eat_symbol(",") {
            if self.is_word("lateral") && !self.is_word_at(1, "view") {
                plan = self.lateral(plan, JoinType::Inner)?;
                plan = self.joined(plan)?;
                continue;
            }
            let right = self.relation()?;
            plan = Arc::new(LogicalPlan::Join {
                left: plan,
                right,
                join_type: JoinType::Inner,
                constraint: JoinConstraint::None,
                hint: JoinHints::default(),
            });
        }
        Ok(plan)
    }
}

/// The expression with the names of the select list replaced by what they stand for.
fn unaliased(expr: &Expr, items: &[Expr]) -> Expr {
    expr.clone().transform_up(&mut |part| match &part {
        Expr::UnresolvedAttribute(parts) if parts.len() == 1 => {
            let named = items.iter().find_map(|item| match item {
                Expr::Alias { child, name, .. } if name.eq_ignore_ascii_case(&parts[0]) => Some((**child).clone()),
                _ => None,
            });
            named.unwrap_or(part)
        }
        _ => part,
    })
}

fn product(left: &[Vec<Expr>], right: &[Vec<Expr>]) -> Vec<Vec<Expr>> {
    left.iter().flat_map(|a| right.iter().map(move |b| a.iter().chain(b).cloned().collect())).collect()
}

fn distinct(sets: &[Vec<Expr>]) -> Vec<Expr> {
    let mut found: Vec<Expr> = Vec::new();
    for expr in sets.iter().flatten() {
        if !found.contains(expr) {
            found.push(expr.clone());
        }
    }
    found
}

/// Whether a plan reads the table of this name, inside subqueries too.
fn reads(plan: &LogicalPlan, name: &str) -> bool {
    let mut found = false;
    plan.visit(&mut |node| {
        found |= matches!(node, LogicalPlan::UnresolvedRelation { name: own }
            if matches!(own.as_slice(), [own] if own.eq_ignore_ascii_case(name)));
        for expr in node.expressions() {
            expr.visit(&mut |part| found |= part.subquery().is_some_and(|inner| reads(inner, name)));
        }
    });
    found
}

/// A definition that reads itself: `anchor UNION ALL recursion`, and nothing around the two.
fn union_loop(
    plan: &Arc<LogicalPlan>,
    (name, columns): (&str, Vec<String>),
    levels_max: Option<usize>,
) -> Result<Arc<LogicalPlan>> {
    if let LogicalPlan::Distinct { input } = &**plan
        && matches!(**input, LogicalPlan::Union { .. })
    {
        return Err(SparkError::analysis(
            "UNION_NOT_SUPPORTED_IN_RECURSIVE_CTE",
            format!("`{name}` reads itself, and UNION would have to compare each round with all before"),
        )
        .with_help("write UNION ALL, and a condition that ends the rounds"));
    }
    let sides = match &**plan {
        LogicalPlan::Union { inputs, .. } => inputs.as_slice(),
        _ => &[],
    };
    match sides {
        [anchor, recursion] if !reads(anchor, name) => Ok(Arc::new(LogicalPlan::UnionLoop {
            id: ExprId::UNASSIGNED,
            name: name.to_owned(),
            columns,
            levels_max,
            anchor: anchor.clone(),
            recursion: recursion.clone(),
            output: Vec::new(),
        })),
        _ => Err(SparkError::analysis(
            "INVALID_RECURSIVE_CTE",
            format!("`{name}` reads itself, so it must be two queries with UNION ALL between them, and the first must not read `{name}`"),
        )
        .with_help("start with the first rows, then UNION ALL the step from one round to the next; sort and limit outside")),
    }
}

/// The plan with its columns renamed by position.
pub(super) fn renamed(plan: Arc<LogicalPlan>, names: Vec<String>) -> Arc<LogicalPlan> {
    if names.is_empty() {
        return plan;
    }
    let all = Expr::MultiAlias { child: Box::new(Expr::Star(None)), names };
    Arc::new(LogicalPlan::Project { exprs: vec![all], input: plan })
}

fn windows_in(plan: &Arc<LogicalPlan>, windows: &[(String, crate::logical::expr::WindowSpec)]) -> Arc<LogicalPlan> {
    plan.transform_up(&mut |node| match node.as_ref() {
        LogicalPlan::Project { exprs, input } => Some(LogicalPlan::Project {
            exprs: exprs.iter().map(|expr| with_named_windows(expr.clone(), windows)).collect(),
            input: input.clone(),
        }),
        _ => None,
    })
}
