//! Names and types: an unresolved plan in, a resolved plan out, with Spark 4's rules (ANSI on by default).
//!
//! One walk from the leaves up; each node is resolved against its resolved children. What only exists as written (`WithColumns`,
//! `USING`, `Pivot`, stars, ordinals, `GROUP BY` aliases, generators and window functions in select lists) becomes the plain nodes that
//! the optimizer and the planner know. A frame is built step by step, each step over an analyzed plan; [`AnalyzedPlans`] recognises
//! those by address, so that a step costs one node.
//!
//! | file | what |
//! |---|---|
//! | `exprs`, `names`, `coercion` | expressions: columns, functions, implicit casts |
//! | `select`, `window`, `aggregate`, `sort` | select lists, windows, grouping and pivots, order and filters |
//! | `join`, `setops`, `columns`, `ids` | joins, unions, `withColumn` and its kin, fresh ids |
//! | `lateral_join`, `recursive` | `JOIN LATERAL`, `WITH RECURSIVE` |
//! | `table_function`, `routine` | table functions of the script, functions written in SQL |
//! | `allowed` | which expressions a node can compute |
//! | `errors` | conditions and sentences |
//!
//! **Simplified:** correlated subqueries see columns, not expressions, of the query around them.

mod aggregate;
mod allowed;
mod coercion;
mod columns;
mod errors;
mod exprs;
mod hints;
mod ids;
mod join;
mod lateral_join;
mod names;
mod pivot;
mod recursive;
mod routine;
mod select;
mod self_join;
mod session_window;
mod setops;
mod sort;
mod table_function;
mod window;

#[cfg(test)]
mod tests;

pub use errors::unresolved_routine;
pub use routine::{cyclic, no_class};

use crate::common::Result;
use crate::common::conf::Conf;
use crate::common::ids::{ExprId, ExprIds};
use crate::logical::expr::{Attribute, Expr};
use crate::logical::functions::table::TableFunction;
use crate::logical::functions::{ResolveContext, RowFunction};
use crate::logical::plan::{JoinConstraint, LogicalPlan, Repartitioning};
use crate::logical::routine::Routine;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use exprs::Env;
use names::Casing;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// What the analyzer asks of the session.
pub trait Catalog {
    /// The plan behind a view or table, analyzed or not, without a `SubqueryAlias` around it.
    fn relation(&self, name: &[String]) -> Option<Arc<LogicalPlan>>;

    /// A registered Python function and its result type.
    fn function(&self, name: &str) -> Option<(Arc<dyn RowFunction>, DataType)>;

    /// A registered table function.
    fn table_function(&self, name: &str) -> Option<Arc<dyn TableFunction>> {
        let _ = name;
        None
    }

    /// A function that `CREATE FUNCTION` made.
    fn routine(&self, name: &str) -> Option<Arc<Routine>> {
        let _ = name;
        None
    }

    /// An expression in SQL, as a table function's `analyze` gives it.
    ///
    /// # Errors
    /// `ParseException`.
    fn parsed(&self, text: &str) -> Result<Expr> {
        Ok(Expr::column(text))
    }

    /// The database that names without one are in.
    fn current_database(&self) -> String {
        "default".to_owned()
    }

    /// The names of views and tables, for suggestions.
    fn relation_names(&self) -> Vec<String>;

    /// The value of an expression without columns, when the session can compute it now.
    fn constant(&self, expr: &Expr) -> Option<Expr> {
        let _ = expr;
        None
    }

    /// The distinct values of a column in ascending order, nulls first: implicit pivot values. At most `limit` + 1 are needed.
    ///
    /// # Errors
    /// What the run raised.
    fn distinct_values(&self, plan: &Arc<LogicalPlan>, column: &Expr, limit: usize) -> Result<Vec<Scalar>>;
}

/// Plans that were analyzed before, recognised by address, so that a frame built step by step is analyzed once per step.
#[derive(Debug, Default)]
pub struct AnalyzedPlans {
    known: Mutex<HashMap<usize, Weak<LogicalPlan>>>,
    /// Nodes that joins of a frame with itself made, with the address of the node that each is a copy of.
    copies: Mutex<HashMap<usize, (Weak<LogicalPlan>, usize)>>,
}

impl AnalyzedPlans {
    /// Nothing known yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether this very node came out of the analyzer.
    #[must_use]
    pub fn knows(&self, plan: &Arc<LogicalPlan>) -> bool {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.contains_key(&(Arc::as_ptr(plan) as usize))
    }

    /// Remembers a node; the weak reference keeps its address from being given to another.
    pub fn remember(&self, plan: &Arc<LogicalPlan>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(Arc::as_ptr(plan) as usize, Arc::downgrade(plan));
    }

    /// Remembers that `copy` is `original` with other ids, node by node.
    fn copied(&self, original: &Arc<LogicalPlan>, copy: &Arc<LogicalPlan>) {
        for (from, to) in original.children().into_iter().zip(copy.children()) {
            self.copied(from, to);
        }
        let origin = self.origin(original).unwrap_or(Arc::as_ptr(original) as usize);
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        copies.insert(Arc::as_ptr(copy) as usize, (Arc::downgrade(copy), origin));
    }

    /// The address of the node that this one is a copy of.
    fn origin(&self, plan: &Arc<LogicalPlan>) -> Option<usize> {
        let copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        copies.get(&(Arc::as_ptr(plan) as usize)).map(|(_, origin)| *origin)
    }

    fn has_copies(&self) -> bool {
        !self.copies.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// What the analyzer needs to know.
#[derive(Clone, Copy)]
pub struct AnalyzerContext<'a> {
    pub conf: &'a Conf,
    pub ids: &'a ExprIds,
    pub catalog: &'a dyn Catalog,
    pub analyzed: &'a AnalyzedPlans,
}

/// Resolves plans.
pub struct Analyzer<'a> {
    context: AnalyzerContext<'a>,
    /// How many views are being looked into.
    depth: Cell<usize>,
}

/// Views over views over views: more than this is a circle.
const VIEW_DEPTH_MAX: usize = 40;

/// What names mean beyond a node's own input.
#[derive(Debug, Clone, Default)]
struct Scope {
    /// `WITH` definitions, analyzed, innermost last.
    ctes: Vec<(String, Arc<LogicalPlan>)>,
    /// The columns of the queries around a subquery, innermost first.
    outer: Vec<Attribute>,
    /// Inside a subquery every relation gets fresh ids, so that it never clashes with the query around it.
    subquery: bool,
}

impl Scope {
    /// Nothing around.
    const EMPTY: &'static Scope = &Scope { ctes: Vec::new(), outer: Vec::new(), subquery: false };
}

impl<'a> Analyzer<'a> {
    /// An analyzer for one session.
    #[must_use]
    pub fn new(context: AnalyzerContext<'a>) -> Self {
        Analyzer { context, depth: Cell::new(0) }
    }

    /// The plan with every name and type resolved. Plans that came from here before are given back as they are.
    ///
    /// # Errors
    /// `AnalysisException` with Spark's condition, the word to blame and a next step.
    pub fn analyze(&self, plan: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        if self.context.analyzed.knows(plan) {
            return Ok(plan.clone());
        }
        let analyzed = self.plan(plan, Scope::EMPTY)?;
        self.allow(&analyzed)?;
        self.context.analyzed.remember(&analyzed);
        Ok(analyzed)
    }

    fn casing(&self) -> Casing {
        Casing { sensitive: self.context.conf.flag("spark.sql.caseSensitive") }
    }

    fn resolve_context(&self) -> ResolveContext {
        ResolveContext {
            ansi: self.context.conf.ansi(),
            time_zone: self.context.conf.get("spark.sql.session.timeZone").unwrap_or("UTC").to_owned(),
        }
    }

    /// One node and everything below it.
    fn plan(&self, plan: &Arc<LogicalPlan>, scope: &Scope) -> Result<Arc<LogicalPlan>> {
        if self.context.analyzed.knows(plan) {
            // A frame in a subquery keeps its columns' ids, by which the script may name them, unless the query around has them too.
            let taken = |id: ExprId| scope.outer.iter().any(|column| column.id == id);
            return Ok(ids::refresh_where(plan, self.context.ids, &taken).0);
        }
        let analyzed = self.node(plan, scope)?;
        self.reject_ambiguous(plan, &analyzed)?;
        Ok(analyzed)
    }

    fn node(&self, plan: &Arc<LogicalPlan>, scope: &Scope) -> Result<Arc<LogicalPlan>> {
        let below = |input: &Arc<LogicalPlan>| self.plan(input, scope);
        match plan.as_ref() {
            LogicalPlan::UnresolvedRelation { name } => self.relation(name, scope),
            LogicalPlan::LocalRelation { .. }
            | LogicalPlan::Range { .. }
            | LogicalPlan::OneRow
            | LogicalPlan::Scan(_)
            | LogicalPlan::Cached { .. }
            | LogicalPlan::Ran { .. }
            | LogicalPlan::Checkpoint { .. } => Ok(self.leaf(plan)),
            LogicalPlan::UnionLoop { .. } => self.recursive(plan, scope),
            LogicalPlan::UnionLoopRef { .. } => Ok(plan.clone()),
            LogicalPlan::With { definitions, input } => self.with(definitions, input, scope),
            LogicalPlan::Project { exprs, input } => self.select(exprs, &below(input)?, scope),
            LogicalPlan::WithColumns { columns, input } => self.with_columns(columns, &below(input)?, scope),
            LogicalPlan::WithColumnsRenamed { names, input } => Ok(self.with_columns_renamed(names, &below(input)?)),
            LogicalPlan::DropColumns { columns, input } => Ok(self.drop_columns(columns, &below(input)?)),
            LogicalPlan::Filter { condition, input } => self.filter(condition, &below(input)?, scope),
            LogicalPlan::Aggregate { grouping, outputs, input } => {
                self.aggregate(grouping, outputs, &below(input)?, scope)
            }
            LogicalPlan::Pivot { grouping, column, values, aggregates, input } => {
                self.pivot((grouping, column), values.as_deref(), aggregates, &below(input)?, scope)
            }
            LogicalPlan::Unpivot { ids, values, variable, value, input } => {
                self.unpivot((ids, values), (variable, value), &below(input)?, scope)
            }
            LogicalPlan::Generate { generator: Expr::TableCall(call), output, input, .. } => {
                self.table_call((call, output), &below(input)?, scope)
            }
            LogicalPlan::Generate { generator, outer, output, input, .. } => {
                self.lateral_view(generator, *outer, output, &below(input)?, scope)
            }
            LogicalPlan::Sort { order, global, input } => self.sort(order, *global, &below(input)?, scope),
            LogicalPlan::Join { left, right, join_type, constraint: JoinConstraint::Lateral(on), .. } => {
                self.lateral_join(&below(left)?, right, (*join_type, on.as_ref()), scope)
            }
            LogicalPlan::Join { left, right, join_type, constraint, hint } => {
                self.join(&below(left)?, &below(right)?, (*join_type, *hint), constraint, scope)
            }
            LogicalPlan::Union { inputs, by_name, allow_missing } => {
                self.union(inputs.iter().map(below).collect::<Result<_>>()?, *by_name, *allow_missing)
            }
            LogicalPlan::Intersect { left, right, all } => {
                self.set_operation(setops::SetOperation::Intersect, &below(left)?, &below(right)?, *all)
            }
            LogicalPlan::Except { left, right, all } => {
                self.set_operation(setops::SetOperation::Except, &below(left)?, &below(right)?, *all)
            }
            LogicalPlan::Distinct { input } => {
                let input = below(input)?;
                setops::no_maps("DISTINCT", &input.output())?;
                Ok(Arc::new(LogicalPlan::Distinct { input }))
            }
            LogicalPlan::Deduplicate { keys, input } => self.deduplicate(keys, &below(input)?),
            LogicalPlan::Repartition { target, input } => self.repartition(target, &below(input)?, scope),
            LogicalPlan::Hint { name, parameters, input } => self.hint(name, parameters, input, scope),
            LogicalPlan::Write { target, input } => {
                let input = below(input)?;
                setops::unique_names(&input.output(), self.casing())?;
                Ok(Arc::new(LogicalPlan::Write { target: target.clone(), input }))
            }
            LogicalPlan::MapPartitions { function, output, input } => {
                let output = self.assigned(output);
                Ok(Arc::new(LogicalPlan::MapPartitions { function: function.clone(), output, input: below(input)? }))
            }
            LogicalPlan::SubqueryAlias { .. }
            | LogicalPlan::Expand { .. }
            | LogicalPlan::Window { .. }
            | LogicalPlan::WindowGroupLimit { .. }
            | LogicalPlan::Limit { .. }
            | LogicalPlan::LocalLimit { .. }
            | LogicalPlan::Offset { .. }
            | LogicalPlan::Tail { .. }
            | LogicalPlan::Sample { .. } => {
                let children = plan.children().into_iter().map(below).collect::<Result<_>>()?;
                Ok(Arc::new(plan.with_children(children)))
            }
        }
    }

    fn relation(&self, name: &[String], scope: &Scope) -> Result<Arc<LogicalPlan>> {
        let found = match name {
            [single] => scope.ctes.iter().rev().find(|(cte, _)| cte.eq_ignore_ascii_case(single)),
            _ => None,
        };
        let plan = match found {
            Some((_, plan)) => plan.clone(),
            None => {
                let catalog = self.context.catalog;
                let known = catalog.relation(name);
                let plan = known.ok_or_else(|| {
                    errors::table_not_found(name, &catalog.relation_names(), &catalog.current_database())
                })?;
                self.view(&plan, name)?
            }
        };
        let input = if scope.subquery { ids::refresh(&plan, self.context.ids).0 } else { plan };
        let name = name.last().cloned().unwrap_or_default();
        Ok(Arc::new(LogicalPlan::SubqueryAlias { name, input }))
    }

    /// The plan behind a name: a view made by SQL text is resolved now, with the views that exist now.
    fn view(&self, plan: &Arc<LogicalPlan>, name: &[String]) -> Result<Arc<LogicalPlan>> {
        if self.depth.get() >= VIEW_DEPTH_MAX {
            return Err(crate::common::SparkError::analysis(
                "RECURSIVE_VIEW",
                format!("the view `{}` reads itself through other views", name.join(".")),
            ));
        }
        self.depth.set(self.depth.get() + 1);
        let found = self.plan(plan, Scope::EMPTY);
        self.depth.set(self.depth.get() - 1);
        found
    }

    fn with(
        &self,
        definitions: &[(String, Arc<LogicalPlan>)],
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let mut inner = scope.clone();
        for (name, plan) in definitions {
            let plan = self.plan(plan, &inner)?;
            inner.ctes.push((name.clone(), plan));
        }
        self.plan(input, &inner)
    }

    fn assigned(&self, columns: &[Attribute]) -> Vec<Attribute> {
        columns
            .iter()
            .map(|column| match column.id {
                ExprId::UNASSIGNED => Attribute { id: self.context.ids.fresh(), ..column.clone() },
                _ => column.clone(),
            })
            .collect()
    }

    /// A leaf with ids for its columns.
    fn leaf(&self, plan: &Arc<LogicalPlan>) -> Arc<LogicalPlan> {
        let unassigned = plan.output().iter().any(|column| column.id == ExprId::UNASSIGNED);
        if !unassigned {
            return plan.clone();
        }
        let mut node = (**plan).clone();
        match &mut node {
            LogicalPlan::LocalRelation { output, .. }
            | LogicalPlan::Range { output, .. }
            | LogicalPlan::Cached { output, .. }
            | LogicalPlan::Ran { output, .. }
            | LogicalPlan::Checkpoint { output, .. } => *output = self.assigned(output),
            LogicalPlan::Scan(scan) => scan.output = self.assigned(&scan.output),
            _ => {}
        }
        Arc::new(node)
    }

    /// `LATERAL VIEW explode(x) t AS y`; the qualifier and the names are in the output as written.
    fn lateral_view(
        &self,
        generator: &Expr,
        outer: bool,
        output: &[Attribute],
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let env = Env::new(self, scope, input.output());
        let generator = match env.resolve(generator)? {
            Expr::Generator { function, args, outer: own } => Expr::Generator { function, args, outer: own || outer },
            other => other,
        };
        let names: Vec<String> =
            output.iter().filter(|column| !column.name.is_empty()).map(|column| column.name.clone()).collect();
        let (plan, _) = self.generate(generator, &names, input.clone())?;
        let mut node = (*plan).clone();
        if let (LogicalPlan::Generate { output: made, .. }, Some(first)) = (&mut node, output.first()) {
            for column in made {
                column.qualifier.clone_from(&first.qualifier);
            }
        }
        Ok(Arc::new(node))
    }

    fn deduplicate(&self, keys: &[Expr], input: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let output = input.output();
        if let [Expr::Star(_)] = keys {
            setops::no_maps("DISTINCT", &output)?;
            let keys = output.into_iter().map(Expr::Attribute).collect();
            return Ok(Arc::new(LogicalPlan::Deduplicate { keys, input: input.clone() }));
        }
        let mut found = Vec::with_capacity(keys.len());
        for key in keys {
            let before = found.len();
            if let Expr::UnresolvedAttribute(parts) = key {
                let name = parts.join(".");
                let same = output.iter().filter(|column| self.casing().same(&column.name, &name));
                found.extend(same.cloned().map(Expr::Attribute));
            }
            if found.len() == before {
                if let Expr::UnresolvedAttribute(parts) = key {
                    return Err(errors::among_field_names(parts, &output));
                }
                let env = Env::new(self, Scope::EMPTY, output.clone());
                found.push(env.resolve(key)?);
            }
        }
        let keys: Vec<_> = found.iter().filter_map(Expr::to_attribute).collect();
        setops::no_maps("dropDuplicates", &keys)?;
        Ok(Arc::new(LogicalPlan::Deduplicate { keys: found, input: input.clone() }))
    }

    fn repartition(
        &self,
        target: &Repartitioning,
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let env = Env::new(self, scope, input.output());
        let target = match target {
            Repartitioning::RoundRobin { .. } | Repartitioning::Coalesce { .. } => target.clone(),
            Repartitioning::Hash { by, count } => Repartitioning::Hash { by: env.resolve_all(by)?, count: *count },
            Repartitioning::Range { by, count } => Repartitioning::Range { by: env.sort_orders(by)?, count: *count },
            Repartitioning::Index { by, count } => Repartitioning::Index { by: env.resolve(by)?, count: *count },
            Repartitioning::Rebalance { by } => Repartitioning::Rebalance { by: env.resolve_all(by)? },
        };
        Ok(Arc::new(LogicalPlan::Repartition { target, input: input.clone() }))
    }
}
