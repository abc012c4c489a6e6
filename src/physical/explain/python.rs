//! Where Spark runs Python functions: in an operator below the one that uses them.
//!
//! ```text
//!   Project [a, f(a) AS n]            Project [a, pythonUDF0 AS n]
//!     Scan [a, b]              →        ArrowEvalPython [f(a)], [pythonUDF0], 101
//!                                         Project [a]
//!                                           Scan [a, b]
//! ```
//!
//! Must not: touch operators without Python functions, or with functions of both kinds.
//! Hard case: a filter's conditions without functions stay below, and what the functions gave goes again above it.
//!
//! **Simplified:** batchlab runs the functions in the operator itself. Spark also evaluates functions in grouping keys and aggregates below
//! them, and again for a condition that was pushed through the projection that made it.

use crate::common::ids::ExprId;
use crate::logical::functions::Evaluation;
use crate::logical::rewrite::{conjunction, conjuncts};
use crate::logical::{Attribute, Expr};
use std::convert::Infallible;

/// Numbers for what Python functions give, after all of a plan's own.
pub(super) struct Numbers(pub u64);

impl Numbers {
    /// Goes on after a number that is in use.
    pub(super) fn after(&mut self, used: u64) {
        self.0 = self.0.max(used);
    }

    fn next(&mut self) -> ExprId {
        self.0 += 1;
        ExprId(self.0)
    }
}

/// The functions of one operator.
pub(super) struct Evaluated {
    /// `ArrowEvalPython [f(a#1)#2], [pythonUDF0#3], 101`.
    pub(super) line: String,
    pub(super) results: Vec<Attribute>,
    /// The operator's expressions over the results.
    pub(super) exprs: Vec<Expr>,
}

/// Whether an expression calls a Python function.
pub(super) fn has_function(expr: &Expr) -> bool {
    expr.any(|part| matches!(part, Expr::Udf { .. }))
}

/// A filter's conditions without Python functions, and those with.
pub(super) fn parted(condition: &Expr) -> (Option<Expr>, Option<Expr>) {
    let (with, without): (Vec<_>, Vec<_>) = conjuncts(condition).into_iter().partition(has_function);
    (conjunction(without), conjunction(with))
}

/// The columns of `from` that expressions read.
pub(super) fn needed(exprs: &[Expr], from: &[Attribute]) -> Vec<Attribute> {
    let is_read = |column: &Attribute| exprs.iter().any(|expr| expr.references().iter().any(|one| one.id == column.id));
    from.iter().filter(|column| is_read(column)).cloned().collect()
}

/// The expressions with results in place of their outermost functions; nothing without functions, or with both kinds of them.
pub(super) fn evaluated(exprs: &[Expr], numbers: &mut Numbers) -> Option<Evaluated> {
    let mut calls: Vec<Expr> = Vec::new();
    for expr in exprs {
        outermost(expr, &mut calls);
    }
    let evaluation = evaluation_of(calls.first()?)?;
    if calls.iter().any(|call| evaluation_of(call) != Some(evaluation)) {
        return None;
    }
    let mut known: Vec<(Expr, ExprId)> = Vec::new();
    let texts: Vec<String> = calls.iter().map(|call| numbered(call, &mut known, numbers)).collect();
    let results: Vec<Attribute> = calls
        .iter()
        .enumerate()
        .map(|(at, call)| Attribute::new(format!("pythonUDF{at}"), numbers.next(), call.data_type(), true))
        .collect();
    let over_results = exprs.iter().map(|expr| replaced(expr.clone(), &calls, &results)).collect();
    let names = results.iter().map(Attribute::plan_text).collect::<Vec<_>>().join(", ");
    let line = match evaluation {
        Evaluation::Arrow => format!("ArrowEvalPython [{}], [{names}], 101", texts.join(", ")),
        Evaluation::Batch => format!("BatchEvalPython [{}], [{names}]", texts.join(", ")),
    };
    Some(Evaluated { line, results, exprs: over_results })
}

/// The expression with results in place of the outermost calls.
fn replaced(expr: Expr, calls: &[Expr], results: &[Attribute]) -> Expr {
    if let Some(at) = calls.iter().position(|call| *call == expr) {
        return Expr::Attribute(results[at].clone());
    }
    match expr.try_map_children(&mut |child| Ok::<_, Infallible>(replaced(child, calls, results))) {
        Ok(expr) => expr,
        Err(never) => match never {},
    }
}

fn evaluation_of(call: &Expr) -> Option<Evaluation> {
    match call {
        Expr::Udf { function, .. } => Some(function.evaluation()),
        _ => None,
    }
}

fn outermost(expr: &Expr, calls: &mut Vec<Expr>) {
    if matches!(expr, Expr::Udf { .. }) {
        if !calls.contains(expr) {
            calls.push(expr.clone());
        }
        return;
    }
    for child in expr.children() {
        outermost(child, calls);
    }
}

/// A call with the number of its result; equal calls share it.
fn numbered(call: &Expr, known: &mut Vec<(Expr, ExprId)>, numbers: &mut Numbers) -> String {
    let Expr::Udf { function, args, .. } = call else { return call.plan_text() };
    let args: Vec<String> = args.iter().map(|arg| numbered(arg, known, numbers)).collect();
    let id = match known.iter().find(|(one, _)| one == call) {
        Some((_, id)) => *id,
        None => {
            let id = numbers.next();
            known.push((call.clone(), id));
            id
        }
    };
    format!("{}({})#{}", function.name(), args.join(", "), id.0)
}
