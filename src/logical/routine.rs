//! Functions written in SQL: `CREATE FUNCTION area(x DOUBLE, y DOUBLE) RETURNS DOUBLE RETURN x * y`.
//!
//! Only the definition as it was written; [`crate::analyzer`] puts the body in the place of a call.

use super::expr::Expr;
use super::plan::LogicalPlan;
use super::types::{DataType, StructType};
use std::sync::Arc;

/// A parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameter {
    pub name: String,
    pub data_type: DataType,
    /// The value of a call that leaves it out, and its text.
    pub default: Option<(Expr, String)>,
}

/// What `RETURNS` says.
#[derive(Debug, Clone, PartialEq)]
pub enum Returns {
    /// Absent: the body's own type.
    Value(Option<DataType>),
    /// Absent: the query's own columns.
    Table(Option<StructType>),
}

/// What stands behind `RETURN` or `AS`.
#[derive(Debug, Clone, PartialEq)]
pub enum RoutineBody {
    Value(Expr),
    Table(Arc<LogicalPlan>),
    /// A class of Java, by name.
    Class(String),
}

/// A function that a statement made.
#[derive(Debug, Clone, PartialEq)]
pub struct Routine {
    /// As Spark shows it: `spark_catalog.default.area`, or `area` for a temporary one.
    pub name: String,
    pub parameters: Vec<Parameter>,
    pub returns: Returns,
    pub body: RoutineBody,
    /// The body as it was written.
    pub text: String,
    pub comment: Option<String>,
}

impl Routine {
    /// Whether it stands behind `FROM`.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.returns, Returns::Table(_))
    }

    /// The name with each part in backticks, as errors show it.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("`{}`", self.name.replace('.', "`.`"))
    }

    /// What `DESCRIBE FUNCTION` shows, line by line.
    #[must_use]
    pub fn described(&self, extended: bool) -> Vec<String> {
        if let RoutineBody::Class(class) = &self.body {
            return vec![format!("Function: {}", self.name), format!("Class: {class}"), "Usage: N/A.".to_owned()];
        }
        let mut parts = vec![("Function:", vec![self.name.clone()])];
        parts.push(("Type:", vec![if self.is_table() { "TABLE" } else { "SCALAR" }.to_owned()]));
        parts.push(("Input:", self.inputs(extended)));
        parts.push(("Returns:", self.results()));
        if extended {
            parts.extend(self.comment.clone().map(|comment| ("Comment:", vec![comment])));
            parts.push(("Deterministic:", vec!["true".to_owned()]));
            parts.push(("Data Access:", vec!["CONTAINS SQL".to_owned()]));
            parts.push(("Body:", vec![self.text.clone()]));
        }
        let width = parts.iter().map(|(label, _)| label.len() + 1).max().unwrap_or_default();
        let lines = parts.into_iter().flat_map(|(label, values)| {
            let shown =
                move |(at, value): (usize, String)| format!("{:width$}{value}", if at == 0 { label } else { "" });
            values.into_iter().enumerate().map(shown)
        });
        lines.collect()
    }

    fn inputs(&self, extended: bool) -> Vec<String> {
        if self.parameters.is_empty() {
            return vec!["()".to_owned()];
        }
        let default = |of: &Parameter| match &of.default {
            Some((_, text)) if extended => format!(" DEFAULT {text}"),
            _ => String::new(),
        };
        self.parameters.iter().map(|of| format!("{} {}{}", of.name, of.data_type.sql(), default(of))).collect()
    }

    fn results(&self) -> Vec<String> {
        match &self.returns {
            Returns::Value(data_type) => vec![data_type.as_ref().map_or_else(String::new, DataType::sql)],
            Returns::Table(columns) => columns.as_ref().map_or_else(Vec::new, |columns| {
                columns.fields.iter().map(|field| format!("{} {}", field.name, field.data_type.sql())).collect()
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_stands_in_columns() {
        let routine = Routine {
            name: "area".to_owned(),
            parameters: vec![Parameter { name: "x".to_owned(), data_type: DataType::Double, default: None }],
            returns: Returns::Value(Some(DataType::Double)),
            body: RoutineBody::Value(Expr::column("x")),
            text: "x".to_owned(),
            comment: None,
        };
        let lines = ["Function: area", "Type:     SCALAR", "Input:    x DOUBLE", "Returns:  DOUBLE"];
        assert_eq!(routine.described(false), lines);
    }
}
