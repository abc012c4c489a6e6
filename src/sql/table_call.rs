//! Calls of the script's table functions behind `FROM`: `f(1, b => 2, TABLE(t) PARTITION BY k ORDER BY v)`.

use super::lexer::Token;
use super::parser::Parser;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::expr::{Expr, TableArgument, TableCall};
use crate::logical::plan::LogicalPlan;
use std::sync::Arc;

impl Parser<'_> {
    /// What follows the name and the opening parenthesis.
    pub(super) fn table_call(&mut self, name: String) -> Result<Arc<LogicalPlan>> {
        let mut call = TableCall::new(name, None);
        let mut input = Arc::new(LogicalPlan::OneRow);
        while !self.eat_symbol(")") {
            if !call.args.is_empty() {
                self.expect_symbol(",")?;
            }
            let is_named = matches!(self.peek(), Token::Word(_)) && self.is_symbol_at(1, "=>");
            let argument = if is_named { Some(self.name()?) } else { None };
            if is_named {
                self.expect_symbol("=>")?;
            }
            if !self.is_word("table") {
                call.give(argument, self.expression()?);
                continue;
            }
            let (plan, table) = self.table_argument()?;
            input = plan;
            call.give_table(argument, table)?;
        }
        Ok(Arc::new(call.over(input)))
    }

    /// `TABLE(t | query) [PARTITION BY …| WITH SINGLE PARTITION] [ORDER BY …]`.
    fn table_argument(&mut self) -> Result<(Arc<LogicalPlan>, TableArgument)> {
        self.expect_word("table")?;
        if !self.is_symbol("(") {
            return Err(SparkError::new(ErrorClass::ParseException, "the table behind TABLE stands in parentheses")
                .with_condition("INVALID_SQL_SYNTAX.INVALID_TABLE_FUNCTION_IDENTIFIER_ARGUMENT_MISSING_PARENTHESES")
                .with_help("write TABLE(t)"));
        }
        self.expect_symbol("(")?;
        let plan = if self.starts_query() {
            self.query()?
        } else {
            Arc::new(LogicalPlan::UnresolvedRelation { name: self.dotted_name()? })
        };
        self.expect_symbol(")")?;
        let is_single_partition = self.eat_words(&["with", "single", "partition"]);
        let mut table = TableArgument { is_single_partition, ..TableArgument::default() };
        let by = !table.is_single_partition
            && (self.eat_words(&["partition", "by"]) || self.eat_words(&["distribute", "by"]));
        if by {
            table.partition_by = match self.expressions_in_parentheses()? {
                Some(several) => several,
                None => self.separated(Self::expression)?,
            };
        }
        let may_order = by || table.is_single_partition;
        if may_order && (self.eat_words(&["order", "by"]) || self.eat_words(&["sort", "by"])) {
            table.order_by = self.separated(Self::sort_item)?;
        }
        Ok((plan, table))
    }

    /// `(a, b)`, all of it.
    fn expressions_in_parentheses(&mut self) -> Result<Option<Vec<Expr>>> {
        let mark = self.mark();
        if self.eat_symbol("(") {
            let several = self.separated(Self::expression)?;
            if several.len() > 1 && self.eat_symbol(")") {
                return Ok(Some(several));
            }
        }
        self.reset(mark);
        Ok(None)
    }
}
