//! `|>`: a query as a chain of steps, each over the rows of the one before.
//!
//! ```text
//!   FROM t |> WHERE a > 1 |> AGGREGATE sum(b) AS s GROUP BY c |> ORDER BY s
//! ```
//!
//! **Simplified:** positions (`GROUP BY 1`) are not replaced in `AGGREGATE`.

use super::parser::Parser;
use crate::common::Result;
use crate::logical::expr::Expr;
use crate::logical::plan::{Grouping, LogicalPlan};
use std::sync::Arc;

impl Parser<'_> {
    /// The steps behind a query, if there are any.
    pub(super) fn piped(&mut self, mut plan: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        while self.eat_symbol("|>") {
            plan = self.step(plan)?;
        }
        Ok(plan)
    }

    fn step(&mut self, input: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        if self.eat_word("where") {
            return Ok(Arc::new(LogicalPlan::Filter { condition: self.expression()?, input }));
        }
        if self.eat_word("select") {
            let distinct = self.eat_word("distinct");
            let plan = Arc::new(LogicalPlan::Project { exprs: self.select_items()?, input });
            return Ok(if distinct { Arc::new(LogicalPlan::Distinct { input: plan }) } else { plan });
        }
        if self.eat_word("extend") {
            let mut exprs = vec![Expr::Star(None)];
            exprs.append(&mut self.select_items()?);
            return Ok(Arc::new(LogicalPlan::Project { exprs, input }));
        }
        if self.eat_word("set") {
            let columns = self.separated(|parser| {
                let name = parser.name()?;
                parser.expect_symbol("=")?;
                Ok((name, parser.expression()?))
            })?;
            // Each assignment sees those before it.
            return Ok(columns
                .into_iter()
                .fold(input, |input, column| Arc::new(LogicalPlan::WithColumns { columns: vec![column], input })));
        }
        if self.eat_word("drop") {
            let columns = self.separated(|parser| Ok(Expr::UnresolvedAttribute(vec![parser.name()?])))?;
            return Ok(Arc::new(LogicalPlan::DropColumns { columns, input }));
        }
        if self.eat_word("as") {
            return Ok(Arc::new(LogicalPlan::SubqueryAlias { name: self.name()?, input }));
        }
        if self.eat_word("aggregate") {
            return self.aggregate_step(input);
        }
        if self.is_any(&["union", "except", "minus", "intersect"]) {
            return self.combined(input);
        }
        if self.is_any(&["order", "sort", "cluster", "distribute", "limit", "offset"]) {
            return self.organized(input);
        }
        if self.is_any(&["pivot", "unpivot"]) {
            return self.pivoted(input);
        }
        if self.is_word("tablesample") {
            return self.sampled(input);
        }
        let before = self.mark();
        let plan = self.joined(input)?;
        if self.mark() == before { Err(self.error()) } else { Ok(plan) }
    }

    /// The groups' columns stand before the aggregates.
    fn aggregate_step(&mut self, input: Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let mut aggregates = if self.is_word("group") { Vec::new() } else { self.select_items()? };
        let mut outputs = Vec::new();
        if self.eat_words(&["group", "by"]) {
            outputs = self.separated(Self::named_expression)?;
        }
        let by = outputs
            .iter()
            .map(|expr| match expr {
                Expr::Alias { child, .. } => (**child).clone(),
                other => other.clone(),
            })
            .collect();
        outputs.append(&mut aggregates);
        Ok(Arc::new(LogicalPlan::Aggregate { grouping: Grouping::By(by), outputs, input }))
    }
}
