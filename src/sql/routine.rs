//! `CREATE FUNCTION name(x INT, …) RETURNS type RETURN expression`, and `DROP FUNCTION`.

use super::Statement;
use super::parser::Parser;
use crate::common::{ErrorClass, Result, SparkError};
use crate::logical::ddl;
use crate::logical::expr::Expr;
use crate::logical::plan::LogicalPlan;
use crate::logical::routine::{Parameter, Returns, Routine, RoutineBody};
use std::sync::Arc;

impl Parser<'_> {
    /// What follows `CREATE [OR REPLACE] [TEMPORARY]`.
    pub(super) fn create_function(&mut self, replace: bool, temporary: bool) -> Result<Statement> {
        self.expect_word("function")?;
        let if_not_exists = self.eat_words(&["if", "not", "exists"]);
        if if_not_exists && (replace || temporary) {
            let (condition, other) = if replace {
                ("INVALID_SQL_SYNTAX.CREATE_ROUTINE_WITH_IF_NOT_EXISTS_AND_REPLACE", "OR REPLACE")
            } else {
                ("INVALID_SQL_SYNTAX.CREATE_TEMP_FUNC_WITH_IF_NOT_EXISTS", "TEMPORARY")
            };
            return Err(refused(condition, format!("IF NOT EXISTS does not go with {other}"), "leave one of them out"));
        }
        let name = self.dotted_name()?;
        if let (true, [qualifier, .., own]) = (temporary, name.as_slice()) {
            let text = format!("a temporary function has no schema, and `{own}` is given the schema `{qualifier}`");
            return Err(refused("INVALID_TEMP_OBJ_QUALIFIER", text, "leave the name of the schema out"));
        }
        let own = name.last().cloned().unwrap_or_default();
        let routine = if self.eat_word("as") { self.class_of(own)? } else { self.routine(own)? };
        Ok(Statement::CreateFunction { name, routine, replace, temporary, if_not_exists })
    }

    /// `AS 'class' [USING JAR …]`.
    fn class_of(&mut self, name: String) -> Result<Routine> {
        let body = RoutineBody::Class(self.string()?);
        self.skip_to(self.text.len());
        let returns = Returns::Value(None);
        Ok(Routine { name, parameters: Vec::new(), returns, body, text: String::new(), comment: None })
    }

    fn routine(&mut self, name: String) -> Result<Routine> {
        let parameters = self.parameters(&name)?;
        let mut returns = Returns::Value(None);
        if self.eat_word("returns") {
            returns = if self.eat_word("table") {
                Returns::Table(self.returned_columns()?)
            } else {
                Returns::Value(Some(self.data_type()?))
            };
        }
        let mut comment = None;
        loop {
            if self.eat_word("comment") {
                comment = Some(self.string()?);
            } else if !(self.eat_words(&["language", "sql"])
                || self.eat_words(&["not", "deterministic"])
                || self.eat_word("deterministic")
                || self.eat_words(&["contains", "sql"])
                || self.eat_words(&["reads", "sql", "data"])
                || self.eat_words(&["sql", "security", "definer"])
                || self.eat_words(&["sql", "security", "invoker"]))
            {
                break;
            }
        }
        self.expect_word("return")?;
        let start = self.position();
        let body = self.routine_body(&name, &returns)?;
        let end = self.position().max(start);
        let text = self.text[start..end].trim().trim_end_matches(';').trim().to_owned();
        Ok(Routine { name, parameters, returns, body, text, comment })
    }

    fn returned_columns(&mut self) -> Result<Option<crate::logical::types::StructType>> {
        if !self.is_symbol("(") {
            return Ok(None);
        }
        let start = self.position() + 1;
        let (columns, length) = ddl::parse_columns_prefix(&self.text[start..])?;
        self.skip_to(start + length);
        self.expect_symbol(")")?;
        Ok(Some(columns))
    }

    fn routine_body(&mut self, name: &str, returns: &Returns) -> Result<RoutineBody> {
        let is_query = self.starts_query() && !self.is_symbol("(");
        if matches!(returns, Returns::Table(_)) {
            if !self.starts_query() {
                return Err(SparkError::analysis(
                    "USER_DEFINED_FUNCTIONS.SQL_TABLE_UDF_BODY_MUST_BE_A_QUERY",
                    format!("the function {name} gives a table, so a query stands behind RETURN"),
                )
                .with_parameters([("name", name.to_owned())])
                .with_help("RETURN SELECT …"));
            }
            return Ok(RoutineBody::Table(self.query()?));
        }
        if !is_query {
            return Ok(RoutineBody::Value(self.expression()?));
        }
        let query = self.query()?;
        Ok(RoutineBody::Value(match query.as_ref() {
            // Without FROM it is no more than its expression.
            LogicalPlan::Project { exprs, input } if exprs.len() == 1 && **input == LogicalPlan::OneRow => {
                exprs[0].clone()
            }
            _ => Expr::ScalarSubquery(Arc::clone(&query)),
        }))
    }

    /// `(x INT [DEFAULT 1] [COMMENT 'text'], …)`.
    fn parameters(&mut self, function: &str) -> Result<Vec<Parameter>> {
        self.expect_symbol("(")?;
        let start = self.position();
        let found = if self.is_symbol(")") { Vec::new() } else { self.separated(Self::parameter)? };
        let text = self.text[start..self.position()].to_owned();
        self.expect_symbol(")")?;
        if found.iter().any(|(_, not_null)| *not_null) {
            return Err(SparkError::analysis(
                "USER_DEFINED_FUNCTIONS.NOT_NULL_ON_FUNCTION_PARAMETERS",
                format!("parameters of functions cannot be NOT NULL: {text}"),
            )
            .with_parameters([("input", text)])
            .with_help("leave NOT NULL out"));
        }
        let found: Vec<Parameter> = found.into_iter().map(|(parameter, _)| parameter).collect();
        let same = |a: &Parameter, b: &Parameter| a.name.eq_ignore_ascii_case(&b.name);
        let twice = found.iter().enumerate().find(|(at, one)| found[..*at].iter().any(|before| same(before, one)));
        if let Some((_, twice)) = twice {
            return Err(SparkError::analysis(
                "DUPLICATE_ROUTINE_PARAMETER_NAMES",
                format!("the function {function} has more than one parameter `{}`", twice.name),
            )
            .with_parameters([("routineName", function.to_owned()), ("names", format!("`{}`", twice.name))])
            .with_help("give each parameter a name of its own"));
        }
        let gap = found.windows(2).find(|pair| pair[0].default.is_some() && pair[1].default.is_none());
        if let Some([with, without]) = gap {
            return Err(SparkError::analysis(
                "USER_DEFINED_FUNCTIONS.NOT_A_VALID_DEFAULT_PARAMETER_POSITION",
                format!("`{}` of {function} has a default, and `{}` behind it has none", with.name, without.name),
            )
            .with_parameters([
                ("functionName", function.to_owned()),
                ("parameterName", with.name.clone()),
                ("nextParameterName", without.name.clone()),
            ])
            .with_help("parameters with defaults come last"));
        }
        Ok(found)
    }

    /// A parameter, and whether it says `NOT NULL`.
    fn parameter(&mut self) -> Result<(Parameter, bool)> {
        let name = self.name()?;
        let data_type = self.data_type()?;
        let (mut default, mut not_null) = (None, false);
        loop {
            if self.eat_words(&["not", "null"]) {
                not_null = true;
            } else if self.eat_word("comment") {
                self.string()?;
            } else if self.eat_word("default") {
                let start = self.position();
                let value = self.expression()?;
                default = Some((value, self.text[start..self.position()].trim().to_owned()));
            } else {
                return Ok((Parameter { name, data_type, default }, not_null));
            }
        }
    }
}

fn refused(condition: &str, text: String, help: &str) -> SparkError {
    SparkError::new(ErrorClass::ParseException, text).with_condition(condition).with_help(help)
}
