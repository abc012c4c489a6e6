//! Select lists: stars, names, implicit aggregation, window functions, generators.

use super::exprs::Env;
use super::{Analyzer, Scope};
use crate::common::ids::ExprId;
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, Expr, STAR_EXCEPT};
use crate::logical::functions::{self, Definition};
use crate::logical::plan::{Grouping, LogicalPlan};
use crate::logical::types::DataType;
use std::sync::Arc;

impl Analyzer<'_> {
    /// `SELECT exprs FROM input`, where `input` is analyzed.
    pub(super) fn select(&self, exprs: &[Expr], input: &Arc<LogicalPlan>, scope: &Scope) -> Result<Arc<LogicalPlan>> {
        let mut env = Env::new(self, scope, input.output());
        env.hidden = super::join::hidden_columns(input, self.casing());
        let items = expand(exprs, &env)?;
        if items.iter().any(is_aggregate) {
            return self.aggregate(&Grouping::By(Vec::new()), exprs, input, scope);
        }
        let items = self.named_items(items, &mut env)?;
        let input = if env.hidden.is_empty() { input.clone() } else { expose_hidden(input, &items, &env.hidden) };
        self.finish_select(items, input)
    }

    /// Resolves each item and gives it its name; aliases further left can be used further right.
    pub(super) fn named_items(&self, items: Vec<Expr>, env: &mut Env<'_>) -> Result<Vec<Expr>> {
        let mut named = Vec::with_capacity(items.len());
        for item in items {
            let done = self.named(item, env)?;
            if let Expr::Alias { child, name, .. } = &done
                && !child.any(|part| matches!(part, Expr::Window { .. } | Expr::Generator { .. }))
            {
                env.lateral.push((name.clone(), (**child).clone()));
            }
            named.push(done);
        }
        Ok(named)
    }

    /// One item of a select list: resolved, and an attribute, an alias or a generator with names.
    pub(super) fn named(&self, item: Expr, env: &Env<'_>) -> Result<Expr> {
        match item {
            Expr::Alias { child, name, id, metadata } => {
                let child = Box::new(env.resolve(&child)?);
                if let Expr::Generator { .. } = *child {
                    return Ok(Expr::MultiAlias { child, names: vec![name] });
                }
                let id = if id == ExprId::UNASSIGNED { self.context.ids.fresh() } else { id };
                Ok(Expr::Alias { child, name, id, metadata })
            }
            Expr::MultiAlias { child, names } => {
                let child = env.resolve(&child)?;
                if !matches!(child, Expr::Generator { .. }) {
                    return Err(SparkError::analysis(
                        "MULTI_ALIAS_WITHOUT_GENERATOR",
                        format!("`{}` gives one column, and {} names are given", child.pretty_name(), names.len()),
                    )
                    .with_help("several names are for functions that make several columns, such as posexplode"));
                }
                Ok(Expr::MultiAlias { child: Box::new(child), names })
            }
            Expr::UnresolvedAttribute(parts) => {
                let found = env.names(Expr::UnresolvedAttribute(parts.clone()))?;
                self.with_name(found, parts.last().cloned(), env)
            }
            Expr::Cast { child, to, mode, implicit } => {
                let child = env.names(*child)?;
                let name = name_below_casts(&child);
                let child = match child {
                    Expr::Alias { child, .. } => *child,
                    other => other,
                };
                self.with_name(Expr::Cast { child: Box::new(child), to, mode, implicit }, name, env)
            }
            other => {
                let found = env.names(other)?;
                self.with_name(found, None, env)
            }
        }
    }

    fn with_name(&self, found: Expr, name: Option<String>, env: &Env<'_>) -> Result<Expr> {
        if let Expr::Attribute(attribute) = &found {
            let written = attribute.name.clone();
            return Ok(match env.types(found)? {
                Expr::Attribute(column) => Expr::Attribute(Attribute { name: written, ..column }),
                other => other,
            });
        }
        let name = name.unwrap_or_else(|| env.named_extracts(found.clone()).pretty_name());
        let typed = env.types(found)?;
        match typed {
            Expr::Generator { .. } => Ok(Expr::MultiAlias { child: Box::new(typed), names: Vec::new() }),
            typed => Ok(self.alias(typed, name)),
        }
    }

    /// Window functions and generators get their own nodes below the project.
    pub(super) fn finish_select(&self, items: Vec<Expr>, input: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let (items, input) = self.extract_generator(items, input)?;
        let (items, input) = self.extract_windows(items, input);
        if let Some(name) = items.iter().find_map(bare_window_function) {
            return Err(SparkError::analysis(
                "WINDOW_FUNCTION_WITHOUT_OVER_CLAUSE",
                format!("`{name}` is a window function and needs OVER (…)"),
            )
            .with_subject(name)
            .with_help("say over which rows it counts: .over(Window.partitionBy(...).orderBy(...))"));
        }
        Ok(Arc::new(LogicalPlan::Project { exprs: items, input }))
    }

    fn extract_generator(&self, items: Vec<Expr>, input: Arc<LogicalPlan>) -> Result<(Vec<Expr>, Arc<LogicalPlan>)> {
        if !items.iter().any(|item| item.any(|part| matches!(part, Expr::Generator { .. }))) {
            return Ok((items, input));
        }
        let generators = items.iter().filter(|item| matches!(item, Expr::MultiAlias { .. })).count();
        if generators == 0 {
            return Err(SparkError::analysis(
                "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS",
                "a function that makes rows, such as explode, must stand alone in the select list",
            )
            .with_help("explode first, then compute with the new column"));
        }
        let mut plan = input;
        let mut done = Vec::with_capacity(items.len());
        for item in items {
            match item {
                Expr::MultiAlias { child, names } => {
                    let (generate, output) = self.generate(*child, &names, plan)?;
                    plan = generate;
                    done.extend(output.into_iter().map(Expr::Attribute));
                }
                other => done.push(other),
            }
        }
        Ok((done, plan))
    }

    /// A `Generate` node and its new columns.
    pub(super) fn generate(
        &self,
        generator: Expr,
        names: &[String],
        input: Arc<LogicalPlan>,
    ) -> Result<(Arc<LogicalPlan>, Vec<Attribute>)> {
        let Expr::Generator { function, args, outer } = generator else {
            return Err(SparkError::analysis(
                "UNSUPPORTED_GENERATOR.NOT_GENERATOR",
                format!("`{}` does not make rows", generator.pretty_name()),
            ));
        };
        let resolved = (function.resolve)(args, &self.resolve_context())?;
        let DataType::Struct(fields) = resolved.data_type else {
            return Err(SparkError::internal(format!("the generator {} has no row type", function.name)));
        };
        if !names.is_empty() && names.len() != fields.fields.len() {
            return Err(SparkError::analysis(
                "UDTF_ALIAS_NUMBER_MISMATCH",
                format!(
                    "`{}` gives {} columns, but {} names were given",
                    function.name,
                    fields.fields.len(),
                    names.len()
                ),
            ));
        }
        let output: Vec<Attribute> = fields
            .fields
            .into_iter()
            .enumerate()
            .map(|(i, field)| {
                let name = names.get(i).cloned().unwrap_or(field.name);
                Attribute::new(name, self.context.ids.fresh(), field.data_type, field.nullable || outer)
            })
            .collect();
        let generator = Expr::Generator { function, args: resolved.args, outer };
        let plan = LogicalPlan::Generate { generator, outer, output: output.clone(), unneeded: Vec::new(), input };
        Ok((Arc::new(plan), output))
    }

    /// `expr AS name` with a fresh id.
    pub(super) fn alias(&self, expr: Expr, name: impl Into<String>) -> Expr {
        Expr::Alias { child: Box::new(expr), name: name.into(), id: self.context.ids.fresh(), metadata: None }
    }
}

/// Replaces stars and column patterns by the columns they stand for.
pub(super) fn expand(exprs: &[Expr], env: &Env<'_>) -> Result<Vec<Expr>> {
    let mut items = Vec::with_capacity(exprs.len());
    for expr in exprs {
        match expr {
            Expr::Star(qualifier) => items.extend(env.star(qualifier.as_deref())?),
            Expr::ColumnRegex(pattern) => items.extend(matching(pattern, env)?),
            Expr::Call(call) if call.name == STAR_EXCEPT => items.extend(star_except(&call.args, env)?),
            Expr::MultiAlias { child, names } if matches!(child.as_ref(), Expr::Star(None)) => {
                let columns = env.star(None)?;
                if columns.len() != names.len() {
                    return Err(SparkError::analysis(
                        "ASSIGNMENT_ARITY_MISMATCH",
                        format!("{} names were given for {} columns", names.len(), columns.len()),
                    ));
                }
                items.extend(columns.into_iter().zip(names).map(|(column, name)| column.alias(name.clone())));
            }
            other => items.push(other.clone()),
        }
    }
    Ok(items)
}

/// Whether an item of a select list stands for several columns.
pub(super) fn stands_for_columns(expr: &Expr) -> bool {
    match expr {
        Expr::Star(_) | Expr::ColumnRegex(_) => true,
        Expr::Call(call) => call.name == STAR_EXCEPT,
        _ => false,
    }
}

/// `* EXCEPT (a, b)`: every name must be there.
fn star_except(args: &[Expr], env: &Env<'_>) -> Result<Vec<Expr>> {
    let Some((Expr::Star(qualifier), names)) = args.split_first() else {
        return Err(SparkError::internal("`* EXCEPT` without a star"));
    };
    let mut columns = env.star(qualifier.as_deref())?;
    for name in names {
        let excepted = env.names(name.clone())?;
        columns.retain(|column| *column != excepted);
    }
    Ok(columns)
}

fn matching(pattern: &str, env: &Env<'_>) -> Result<Vec<Expr>> {
    let body = pattern.trim().trim_matches('`');
    let flag = if env.casing().sensitive { "" } else { "(?i)" };
    let compiled = |text: &str| {
        regex::Regex::new(&format!("^{flag}(?:{text})")).map_err(|_| {
            SparkError::analysis("INVALID_PARAMETER_VALUE.PATTERN", format!("`{body}` is no regular expression"))
        })
    };
    // Java's `(a)?+` takes `a` where it can and never gives it back; the pattern that leaves one column out is written with it.
    let (first, rest) = match body.split_once(")?+") {
        Some((first, rest)) if first.starts_with('(') && !first[1..].contains('(') => {
            (Some(compiled(&first[1..])?), compiled(&format!("(?:{rest})$"))?)
        }
        _ => (None, compiled(&format!("(?:{body})$"))?),
    };
    let matches = |name: &str| {
        let taken = first.as_ref().and_then(|first| first.find(name)).map_or(0, |found| found.end());
        rest.is_match(&name[taken..])
    };
    Ok(env.input.iter().filter(|column| matches(&column.name)).cloned().map(Expr::Attribute).collect())
}

/// Whether an expression as written aggregates, outside of windows.
pub(super) fn is_aggregate(expr: &Expr) -> bool {
    match expr {
        Expr::Aggregate(_) => true,
        Expr::Call(call) if aggregate_name(&call.name) => true,
        Expr::Window { function, spec } => {
            let inner = function.children().into_iter().any(is_aggregate);
            inner
                || spec.partition_by.iter().any(is_aggregate)
                || spec.order_by.iter().any(|order| is_aggregate(&order.child))
        }
        other => other.children().into_iter().any(is_aggregate),
    }
}

/// A window function without its window.
fn bare_window_function(expr: &Expr) -> Option<&'static str> {
    match expr {
        Expr::WindowFunction { function, .. } => Some(function.name),
        other => other.children().into_iter().find_map(bare_window_function),
    }
}

fn aggregate_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    matches!(lower.as_str(), "percentile_cont" | "count_distinct" | "countdistinct" | "sum_distinct" | "sumdistinct")
        || matches!(functions::lookup(&lower), Some(Definition::Aggregate(_)))
}

/// Adds the hidden columns that `items` use to the project that hides them.
pub(super) fn expose_hidden(input: &Arc<LogicalPlan>, items: &[Expr], hidden: &[Attribute]) -> Arc<LogicalPlan> {
    let used: Vec<&Attribute> = hidden
        .iter()
        .filter(|column| items.iter().any(|item| item.references().iter().any(|found| found.id == column.id)))
        .collect();
    if used.is_empty() {
        return input.clone();
    }
    super::sort::expose(input, &used.into_iter().cloned().collect::<Vec<_>>()).unwrap_or_else(|| input.clone())
}

/// The name that a cast leaves to what it casts.
fn name_below_casts(child: &Expr) -> Option<String> {
    match child {
        Expr::Attribute(attribute) => Some(attribute.name.clone()),
        Expr::Alias { name, .. } => Some(name.clone()),
        Expr::Cast { child, implicit: false, .. } => name_below_casts(child),
        Expr::Function { function, args, .. } if function.name == "get_struct_field" => {
            args.get(1).map(Expr::pretty_name)
        }
        _ => None,
    }
}
