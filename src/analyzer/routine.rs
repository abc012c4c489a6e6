//! Functions written in SQL: the body stands in the place of a call.
//!
//! ```text
//!   area(a, b + 1)      CREATE FUNCTION area(x DOUBLE, y DOUBLE) RETURNS DOUBLE RETURN x * y
//!   →  CAST(a AS DOUBLE) * CAST(b + 1 AS DOUBLE)
//! ```
//!
//! A body sees its parameters and nothing of the query around the call. Its subqueries see them as columns of the row around them; what is
//! given for a parameter then takes their place.
//!
//! **Simplified:** an argument that is read twice is computed twice, also one made by chance.

use super::exprs::Env;
use super::{Analyzer, Scope, VIEW_DEPTH_MAX};
use crate::common::ids::ExprId;
use crate::common::{Result, SparkError};
use crate::logical::expr::{Attribute, Call, CastMode, Expr, TableCall};
use crate::logical::functions;
use crate::logical::plan::LogicalPlan;
use crate::logical::rewrite::{map_plan_expressions, reads, unaliased};
use crate::logical::routine::{Returns, Routine, RoutineBody};
use crate::logical::types::DataType;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What stands for a parameter, by its id.
type Bound = BTreeMap<ExprId, Expr>;

impl Env<'_> {
    /// First pass over a call of no function of Spark's own: the name that is shown, and the arguments in their order.
    pub(super) fn named_routine(&self, mut call: Call) -> Result<Call> {
        let catalog = self.analyzer.context.catalog;
        if let Some(routine) = catalog.routine(&call.name) {
            let (args, names): (Vec<_>, Vec<_>) = call.args.into_iter().map(Expr::named_argument).unzip();
            call.args = in_order(&routine, args, &names)?;
            call.name.clone_from(&routine.name);
            return Ok(call);
        }
        call.args = call.args.into_iter().map(Expr::unnamed_argument).collect();
        if let Some((function, _)) = catalog.function(&call.name) {
            function.name().clone_into(&mut call.name);
        }
        Ok(call)
    }

    /// The body with the arguments, which are resolved, in the place of the parameters.
    pub(super) fn routine(&self, routine: &Routine, args: Vec<Expr>) -> Result<Expr> {
        let body = match &routine.body {
            RoutineBody::Value(body) => body,
            RoutineBody::Table(_) => return Err(super::errors::not_a_scalar_function(&routine.name)),
            RoutineBody::Class(class) => return Err(no_class(&routine.quoted(), class)),
        };
        let (parameters, bound) = self.parameters(routine, args)?;
        let value = self.analyzer.inside(routine, |analyzer| {
            Env::new(analyzer, Scope::EMPTY, parameters).resolve(body).map(|body| unaliased(&body).clone())
        })?;
        let value = match &routine.returns {
            Returns::Value(Some(data_type)) => self.given_as(value, data_type)?,
            Returns::Value(None) | Returns::Table(_) => value,
        };
        Ok(replaced(value, &bound))
    }

    /// The parameters as columns, and what stands for each.
    fn parameters(&self, routine: &Routine, args: Vec<Expr>) -> Result<(Vec<Attribute>, Bound)> {
        let required = routine.parameters.iter().filter(|parameter| parameter.default.is_none()).count();
        if args.len() < required || args.len() > routine.parameters.len() {
            return Err(wrong_number(routine, args.len()));
        }
        let parameters = self.analyzer.columns_of(routine);
        let mut given = args.into_iter();
        let mut bound = Bound::new();
        for (parameter, column) in routine.parameters.iter().zip(&parameters) {
            let value = match (given.next(), &parameter.default) {
                (Some(value), _) => value,
                (None, Some((default, _))) => Env::new(self.analyzer, Scope::EMPTY, Vec::new()).resolve(default)?,
                (None, None) => return Err(wrong_number(routine, bound.len())),
            };
            bound.insert(column.id, self.given_as(value, &parameter.data_type)?);
        }
        Ok((parameters, bound))
    }

    fn given_as(&self, value: Expr, data_type: &DataType) -> Result<Expr> {
        if value.data_type() == *data_type {
            return Ok(value);
        }
        self.cast(value, data_type.clone(), CastMode::Ansi, true)
    }

    /// A function of another one's lambda cannot be written in SQL.
    pub(super) fn refuse_routine_in_lambda(&self, body: &Expr) -> Result<()> {
        let mut found = None;
        body.visit(&mut |part| {
            if let Expr::Call(call) = part
                && functions::lookup(&call.name.to_ascii_lowercase()).is_none()
            {
                found = found.take().or_else(|| self.analyzer.context.catalog.routine(&call.name));
            }
        });
        let Some(routine) = found else { return Ok(()) };
        Err(SparkError::analysis(
            "UNSUPPORTED_FEATURE.LAMBDA_FUNCTION_WITH_SQL_UDF",
            format!("{} is written in SQL, so a function of a function cannot call it", routine.name),
        )
        .with_parameters([("funcName", routine.name.clone())])
        .with_help("write its expression into the lambda"))
    }
}

impl Analyzer<'_> {
    /// The rows of a function behind `FROM`, with the names that the query gives to its columns, if any.
    pub(super) fn table_routine(
        &self,
        routine: &Routine,
        (call, names): (&TableCall, &[Attribute]),
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        let (RoutineBody::Table(body), Returns::Table(returned)) = (&routine.body, &routine.returns) else {
            return Err(not_a_table_function(routine));
        };
        let env = Env::new(self, scope, Vec::new());
        let args = in_order(routine, call.args.clone(), &call.names)?;
        let args = args.iter().map(|arg| env.resolve(arg)).collect::<Result<Vec<_>>>()?;
        let (parameters, bound) = env.parameters(routine, args)?;
        let rows = self.inside(routine, |analyzer| analyzer.rows_of(body, parameters))?;
        let rows = replaced_plan(&rows, &bound);
        let mut exprs = Vec::new();
        for (at, column) in rows.output().into_iter().enumerate() {
            let field = returned.as_ref().and_then(|columns| columns.fields.get(at));
            let name = names.get(at).map(|given| given.name.clone());
            let name = name.or_else(|| field.map(|field| field.name.clone())).unwrap_or_else(|| column.name.clone());
            let value = Expr::Attribute(column);
            let value = match field {
                Some(field) => env.given_as(value, &field.data_type)?,
                None => value,
            };
            exprs.push(self.alias(value, name));
        }
        let name = routine.name.rsplit('.').next().unwrap_or_default().to_owned();
        Ok(Arc::new(LogicalPlan::SubqueryAlias { name, input: Arc::new(LogicalPlan::Project { exprs, input: rows }) }))
    }

    /// A definition, once its body is found right; a type that it leaves out is the body's.
    ///
    /// # Errors
    /// What is wrong with the body.
    pub fn define(&self, mut routine: Routine) -> Result<Routine> {
        let parameters = self.columns_of(&routine);
        match (&routine.body, &mut routine.returns) {
            (RoutineBody::Value(body), Returns::Value(returned)) => {
                let env = Env::new(self, Scope::EMPTY, parameters);
                let value = env.resolve(body).map_err(|error| within(error, self))?;
                check_value(body, &value)?;
                match returned {
                    Some(data_type) => env.given_as(value, data_type).map(|_| ())?,
                    None => *returned = Some(value.data_type()),
                }
            }
            (RoutineBody::Table(body), Returns::Table(returned)) => {
                let rows = self.rows_of(body, parameters).map_err(|error| within(error, self))?;
                let count = rows.output().len();
                match returned {
                    Some(columns) if columns.fields.len() != count => {
                        return Err(wrong_columns(&routine.name, count, columns.fields.len()));
                    }
                    Some(_) => {}
                    None => *returned = Some(rows.schema()),
                }
            }
            (RoutineBody::Class(_) | RoutineBody::Value(_) | RoutineBody::Table(_), _) => {}
        }
        Ok(routine)
    }

    fn columns_of(&self, routine: &Routine) -> Vec<Attribute> {
        let qualifier = vec![routine.name.rsplit('.').next().unwrap_or_default().to_owned()];
        let column = |name: &str, data_type: &DataType| Attribute {
            qualifier: qualifier.clone(),
            ..Attribute::new(name, self.context.ids.fresh(), data_type.clone(), true)
        };
        routine.parameters.iter().map(|parameter| column(&parameter.name, &parameter.data_type)).collect()
    }

    fn rows_of(&self, body: &Arc<LogicalPlan>, parameters: Vec<Attribute>) -> Result<Arc<LogicalPlan>> {
        self.plan(body, &Scope { ctes: Vec::new(), outer: parameters, subquery: true })
    }

    /// Resolves a body: functions may call functions, but not for ever.
    fn inside<T>(&self, routine: &Routine, resolve: impl FnOnce(&Self) -> Result<T>) -> Result<T> {
        if self.depth.get() >= VIEW_DEPTH_MAX {
            return Err(cyclic(&routine.name));
        }
        self.depth.set(self.depth.get() + 1);
        let found = resolve(self);
        self.depth.set(self.depth.get() - 1);
        found
    }
}

/// Arguments as the function lists its parameters.
fn in_order(routine: &Routine, args: Vec<Expr>, names: &[Option<String>]) -> Result<Vec<Expr>> {
    let mut given: Vec<Option<Expr>> = Vec::new();
    for (at, (arg, name)) in args.into_iter().zip(names).enumerate() {
        let Some(name) = name else {
            if let Some(before) = names[..at].iter().flatten().next() {
                let text = format!("{} is given an argument without a name behind one with a name", routine.name);
                return Err(assigned(routine, "UNEXPECTED_POSITIONAL_ARGUMENT", before, text));
            }
            given.push(Some(arg));
            continue;
        };
        let place = routine.parameters.iter().position(|parameter| parameter.name.eq_ignore_ascii_case(name));
        let place = place.ok_or_else(|| unknown_parameter(routine, name))?;
        given.resize(given.len().max(place + 1), None);
        if given[place].replace(arg).is_some() {
            let again = names[..at].iter().flatten().any(|before| before.eq_ignore_ascii_case(name));
            let how = if again { "DOUBLE_NAMED_ARGUMENT_REFERENCE" } else { "BOTH_POSITIONAL_AND_NAMED" };
            let condition = format!("DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.{how}");
            return Err(assigned(routine, &condition, name, format!("{} is given `{name}` twice", routine.name)));
        }
    }
    let defaults = routine.parameters.iter().map(|parameter| &parameter.default);
    let defaults = defaults.map(|default| default.as_ref().map(|(value, _)| value.clone()));
    let missing = || wrong_number(routine, names.len());
    let filled = given.into_iter().zip(defaults.chain(std::iter::repeat(None)));
    filled.map(|(value, default)| value.or(default).ok_or_else(missing)).collect()
}

/// An argument that is given at the wrong place.
fn assigned(routine: &Routine, condition: &str, parameter: &str, text: String) -> SparkError {
    SparkError::analysis(condition, text)
        .with_parameters([("routineName", routine.quoted()), ("parameterName", format!("`{parameter}`"))])
        .with_subject(parameter.to_owned())
        .with_help("put the arguments without names first, and give each parameter once")
}

/// An expression over parameters with what stands for them.
fn replaced(expr: Expr, bound: &Bound) -> Expr {
    expr.transform_up(&mut |part| match part {
        Expr::Attribute(column) => bound.get(&column.id).cloned().unwrap_or(Expr::Attribute(column)),
        other => other.map_subquery(|plan| replaced_plan(plan, bound)),
    })
}

/// A query inside, to which the parameters are columns of the row around it.
fn replaced_plan(plan: &Arc<LogicalPlan>, bound: &Bound) -> Arc<LogicalPlan> {
    map_plan_expressions(plan, &mut |part| match part {
        Expr::OuterReference(column) => bound.get(&column.id).map_or(Expr::OuterReference(column), outside),
        other => other.map_subquery(|plan| replaced_plan(plan, bound)),
    })
}

/// A value of the row around a subquery, as the subquery names it.
fn outside(value: &Expr) -> Expr {
    let read = reads(value);
    value.clone().transform_up(&mut |part| match part {
        Expr::Attribute(column) if read.contains(&column.id) => Expr::OuterReference(column),
        other => other,
    })
}

/// A body gives one value for one row.
fn check_value(written: &Expr, value: &Expr) -> Result<()> {
    if value.any(|part| matches!(part, Expr::Generator { .. })) {
        return Err(SparkError::analysis(
            "UNSUPPORTED_GENERATOR.NESTED_IN_EXPRESSIONS",
            format!("\"{}\" makes rows, and a function gives one value", written.pretty_name()),
        )
        .with_parameters([("expression", format!("\"{}\"", written.pretty_name()))])
        .with_help("RETURNS TABLE (…) RETURN SELECT … makes a function that stands behind FROM"));
    }
    let is_complex =
        |part: &Expr| matches!(part, Expr::Aggregate(_) | Expr::Window { .. } | Expr::WindowFunction { .. });
    if value.any(is_complex) {
        return Err(SparkError::analysis(
            "USER_DEFINED_FUNCTIONS.CANNOT_CONTAIN_COMPLEX_FUNCTIONS",
            format!("{} reads several rows, and a function in SQL sees one", written.pretty_name()),
        )
        .with_parameters([("queryText", written.pretty_name())])
        .with_help(
            "aggregate in the query, and give the function the result; or aggregate in a subquery of the body",
        ));
    }
    Ok(())
}

/// In a body, a function that is not there has a condition of its own.
fn within(error: SparkError, analyzer: &Analyzer<'_>) -> SparkError {
    if error.condition() != Some("UNRESOLVED_ROUTINE") {
        return error;
    }
    let name = error.subject().unwrap_or_default().to_owned();
    let quoted = format!("`{}`.`{name}`", analyzer.context.catalog.current_database());
    SparkError::analysis("ROUTINE_NOT_FOUND", error.message().to_owned())
        .with_parameters([("routineName", quoted)])
        .with_subject(name)
}

/// A function that would never end.
#[must_use]
pub fn cyclic(name: &str) -> SparkError {
    SparkError::analysis("CYCLIC_FUNCTION_REFERENCE", format!("the function {name} calls itself"))
        .with_parameters([("path", format!("{name} -> {name}"))])
        .with_subject(name.to_owned())
        .with_help("a function in SQL cannot call itself: write the repetition as WITH RECURSIVE, or in Python")
}

fn wrong_number(routine: &Routine, given: usize) -> SparkError {
    let expected = routine.parameters.len();
    SparkError::analysis(
        "WRONG_NUM_ARGS.WITHOUT_SUGGESTION",
        format!("{} takes {expected} arguments, and {given} were given", routine.name),
    )
    .with_parameters([
        ("functionName", routine.quoted()),
        ("expectedNum", expected.to_string()),
        ("actualNum", given.to_string()),
        ("docroot", "https://spark.apache.org/docs/latest".to_owned()),
    ])
    .with_subject(routine.name.clone())
    .with_help("DESCRIBE FUNCTION shows its parameters")
}

fn unknown_parameter(routine: &Routine, name: &str) -> SparkError {
    let known: Vec<&str> = routine.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
    let near = crate::common::text::nearest(name, known.iter().copied(), 3);
    let shown: Vec<String> =
        if near.is_empty() { &known } else { &near }.iter().map(|name| format!("`{name}`")).collect();
    SparkError::analysis("UNRECOGNIZED_PARAMETER_NAME", format!("{} has no parameter `{name}`", routine.name))
        .with_parameters([
            ("routineName", routine.quoted()),
            ("argumentName", format!("`{name}`")),
            ("proposal", shown.join(" ")),
        ])
        .with_subject(name.to_owned())
        .with_help(format!("its parameters are {}", known.join(", ")))
}

fn wrong_columns(name: &str, given: usize, declared: usize) -> SparkError {
    SparkError::analysis(
        "USER_DEFINED_FUNCTIONS.RETURN_COLUMN_COUNT_MISMATCH",
        format!("RETURNS TABLE of {name} names {declared} columns, and the query gives {given}"),
    )
    .with_parameters([
        ("outputSize", given.to_string()),
        ("returnParamSize", declared.to_string()),
        ("name", name.to_owned()),
    ])
    .with_help("give both the same number of columns")
}

fn not_a_table_function(routine: &Routine) -> SparkError {
    SparkError::analysis(
        "NOT_A_TABLE_FUNCTION",
        format!("{} stands behind FROM, but it gives one value for a row and no table", routine.name),
    )
    .with_parameters([("functionName", routine.quoted())])
    .with_subject(routine.name.clone())
    .with_help(format!("call it in the select list: SELECT {}(…)", routine.name))
}

/// A class of Java.
#[must_use]
pub fn no_class(function: &str, class: &str) -> SparkError {
    SparkError::analysis("CANNOT_LOAD_FUNCTION_CLASS", format!("there is no Java here, so {class} cannot be loaded"))
        .with_parameters([("className", class.to_owned()), ("functionName", function.to_owned())])
        .with_subject(class.to_owned())
        .with_help("write the function in SQL (CREATE FUNCTION f(x INT) RETURNS INT RETURN x + 1) or in Python (udf)")
}
