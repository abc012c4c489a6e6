//! Calls of the script's table functions: what they give, and how the rows of a table argument reach them.
//!
//! ```text
//!   f(TABLE(t) PARTITION BY k ORDER BY v)   →   Project [generated]
//!                                                 Generate f(c)
//!                                                   Project [named_struct(k, v, partition_by_0) AS c]
//!                                                     Sort [partition_by_0, v], inside each partition
//!                                                       Repartition by partition_by_0
//!                                                         Project [k, v, k AS partition_by_0]
//! ```
//!
//! The fields behind the table's own tell the function where a group ends; the script never sees them.

use super::exprs::Env;
use super::{Analyzer, Scope};
use crate::common::{Result, SparkError};
use crate::logical::expr::{Expr, SortOrder, TableArgument, TableCall};
use crate::logical::functions::lookup;
use crate::logical::functions::table::{ArgumentFacts, TableFunction, TableShape};
use crate::logical::plan::Repartitioning;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::logical::{Attribute, LogicalPlan};
use std::sync::Arc;

/// The struct that holds a row of a table argument.
const ROW: &str = "c";

impl Analyzer<'_> {
    /// A call, with the names that it gives its columns, if any. Its table argument, if it has one, is `input`.
    pub(super) fn table_call(
        &self,
        (call, names): (&TableCall, &[Attribute]),
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<Arc<LogicalPlan>> {
        if call.function.is_none()
            && let Some(routine) = self.context.catalog.routine(&call.name)
        {
            return self.table_routine(&routine, (call, names), scope);
        }
        let function = match &call.function {
            Some(function) => function.clone(),
            None => self.table_function(&call.name)?,
        };
        check_names(call)?;
        let env = Env::new(self, scope, Vec::new());
        let mut args = call.args.iter().map(|arg| env.resolve(arg)).collect::<Result<Vec<_>>>()?;
        let mut shape = function.analyze(&self.facts(call, &args, input))?;
        rename(&mut shape, names)?;
        let id = self.context.ids.fresh();
        let output: Vec<Attribute> = shape
            .columns
            .fields
            .iter()
            .map(|field| {
                Attribute::new(field.name.clone(), self.context.ids.fresh(), field.data_type.clone(), field.nullable)
            })
            .collect();
        let mut input = input.clone();
        let table = match &call.table {
            None => {
                no_table(&shape)?;
                None
            }
            Some(table) => {
                let (rows, argument) = self.table_rows(table, &shape, &input, scope)?;
                args[table.position] = rows.output().into_iter().next().map_or(Expr::Star(None), Expr::Attribute);
                input = rows;
                Some(argument)
            }
        };
        let has_table = table.is_some();
        let call = TableCall {
            name: call.name.clone(),
            function: Some(shape.function),
            args,
            names: call.names.clone(),
            table,
            id,
        };
        let generated = Arc::new(LogicalPlan::Generate {
            generator: Expr::TableCall(Box::new(call)),
            outer: false,
            output: output.clone(),
            unneeded: Vec::new(),
            input,
        });
        if !has_table {
            return Ok(generated);
        }
        let exprs = output.into_iter().map(Expr::Attribute).collect();
        Ok(Arc::new(LogicalPlan::Project { exprs, input: generated }))
    }

    fn table_function(&self, name: &str) -> Result<Arc<dyn TableFunction>> {
        let catalog = self.context.catalog;
        if let Some(function) = catalog.table_function(name) {
            return Ok(function);
        }
        if lookup(name).is_some() || catalog.function(name).is_some() {
            return Err(SparkError::analysis(
                "NOT_A_TABLE_FUNCTION",
                format!("`{name}` stands behind FROM, but it gives one value for a row and no table"),
            )
            .with_subject(name.to_owned())
            .with_help(format!("call it in the select list: SELECT {name}(…)")));
        }
        Err(SparkError::analysis(
            "UNRESOLVABLE_TABLE_VALUED_FUNCTION",
            format!("there is no table function with the name `{name}`"),
        )
        .with_parameters([("name", format!("`{}`", name.replace('.', "`.`")))])
        .with_subject(name.to_owned())
        .with_help("make one with @udtf and register it with spark.udtf.register"))
    }

    fn facts(&self, call: &TableCall, args: &[Expr], input: &Arc<LogicalPlan>) -> Vec<ArgumentFacts> {
        let position = call.table.as_ref().map(|table| table.position);
        let one = |(at, (arg, name)): (usize, (&Expr, &Option<String>))| {
            let is_table = position == Some(at);
            let data_type = if is_table { DataType::Struct(input.schema()) } else { arg.data_type() };
            let constant = if is_table { None } else { self.constant_of(arg) };
            ArgumentFacts { name: name.clone(), data_type, constant, is_table }
        };
        args.iter().zip(&call.names).enumerate().map(one).collect()
    }

    fn constant_of(&self, expr: &Expr) -> Option<Scalar> {
        if let Expr::Literal(value, _) = expr {
            return Some(value.clone());
        }
        match self.context.catalog.constant(expr) {
            Some(Expr::Literal(value, _)) => Some(value),
            _ => None,
        }
    }

    /// The table's rows as structs, in the partitions and the order that the call or the function wants.
    fn table_rows(
        &self,
        written: &TableArgument,
        shape: &TableShape,
        input: &Arc<LogicalPlan>,
        scope: &Scope,
    ) -> Result<(Arc<LogicalPlan>, TableArgument)> {
        let wanted = self.wanted(written, shape)?;
        let mut rows = input.clone();
        let mut hidden: Vec<String> = Vec::new();
        let mut order = wanted.order_by;
        if !wanted.partition_by.is_empty() {
            let mut exprs: Vec<Expr> = rows.output().into_iter().map(Expr::Attribute).collect();
            for (at, by) in wanted.partition_by.into_iter().enumerate() {
                hidden.push(format!("partition_by_{at}"));
                exprs.push(by.alias(&hidden[at]));
            }
            rows = self.select(&exprs, &rows, scope)?;
            let by: Vec<Expr> = hidden.iter().map(|name| Expr::UnresolvedAttribute(vec![name.clone()])).collect();
            rows = self.repartition(&Repartitioning::Hash { by: by.clone(), count: None }, &rows, scope)?;
            let groups = by.into_iter().map(|by| SortOrder::new(by, true));
            order = groups.chain(order).collect();
        } else if wanted.is_single_partition {
            rows = self.repartition(&Repartitioning::RoundRobin { count: 1, is_rdd: false }, &rows, scope)?;
        }
        if !order.is_empty() {
            rows = self.sort(&order, false, &rows, scope)?;
        }
        let own = rows.output();
        let own = &own[..own.len() - hidden.len()];
        let mut fields = Vec::new();
        if shape.select.is_empty() {
            for column in own {
                fields.push(Expr::literal(Scalar::String(column.name.clone())));
                fields.push(Expr::Attribute(column.clone()));
            }
        }
        for (text, name) in &shape.select {
            let expr = self.context.catalog.parsed(text)?;
            fields.push(Expr::literal(Scalar::String(name.clone().unwrap_or_else(|| expr.pretty_name()))));
            fields.push(expr);
        }
        for name in &hidden {
            fields.push(Expr::literal(Scalar::String(name.clone())));
            fields.push(Expr::UnresolvedAttribute(vec![name.clone()]));
        }
        let row = Expr::call("named_struct", fields).alias(ROW);
        let groups = hidden.len();
        let argument = TableArgument { partition_by: Vec::new(), order_by: Vec::new(), groups, ..written.clone() };
        Ok((self.select(&[row], &rows, scope)?, argument))
    }

    /// What the function asks for, or else the call.
    fn wanted(&self, written: &TableArgument, shape: &TableShape) -> Result<TableArgument> {
        let asks = shape.is_single_partition || !shape.partition_by.is_empty();
        let name = shape.function.name();
        if shape.is_single_partition && !shape.partition_by.is_empty() {
            let why = "it asks for one partition and for groups";
            return Err(wrong_metadata("TABLE_VALUED_FUNCTION_REQUIRED_METADATA_INVALID", name, why));
        }
        if !asks && !shape.order_by.is_empty() {
            let why = "it asks for an order, but neither for groups nor for one partition";
            return Err(wrong_metadata("TABLE_VALUED_FUNCTION_REQUIRED_METADATA_INVALID", name, why));
        }
        if !asks {
            return Ok(written.clone());
        }
        if written.is_single_partition || !written.partition_by.is_empty() {
            let why = "the function says itself how its rows are grouped, so the call cannot say it too";
            return Err(wrong_metadata("TABLE_VALUED_FUNCTION_REQUIRED_METADATA_INCOMPATIBLE_WITH_CALL", name, why));
        }
        let parsed = |text: &String| self.context.catalog.parsed(text);
        let order = |by: &crate::logical::functions::table::OrderingText| {
            let order = SortOrder::new(parsed(&by.expression)?, by.ascending);
            Ok(SortOrder { nulls_first: by.nulls_first.unwrap_or(order.nulls_first), ..order })
        };
        Ok(TableArgument {
            partition_by: shape.partition_by.iter().map(parsed).collect::<Result<_>>()?,
            order_by: shape.order_by.iter().map(order).collect::<Result<_>>()?,
            is_single_partition: shape.is_single_partition,
            ..written.clone()
        })
    }
}

fn rename(shape: &mut TableShape, names: &[Attribute]) -> Result<()> {
    let fields = &mut shape.columns.fields;
    if !names.is_empty() && names.len() != fields.len() {
        return Err(SparkError::analysis(
            "NUM_TABLE_VALUE_ALIASES_MISMATCH",
            format!("`{}` gives {} columns, but {} names were given", shape.function.name(), fields.len(), names.len()),
        ));
    }
    for (field, name) in fields.iter_mut().zip(names) {
        field.name.clone_from(&name.name);
    }
    Ok(())
}

/// Arguments by name come last, and each name once.
fn check_names(call: &TableCall) -> Result<()> {
    for (at, name) in call.names.iter().enumerate() {
        match name {
            None if call.names[..at].iter().any(Option::is_some) => {
                return Err(SparkError::analysis(
                    "UNEXPECTED_POSITIONAL_ARGUMENT",
                    format!("`{}` is given an argument without a name behind one with a name", call.name),
                )
                .with_help("put the arguments without names first"));
            }
            Some(own) if call.names[..at].contains(name) => {
                return Err(SparkError::analysis(
                    "DUPLICATE_ROUTINE_PARAMETER_ASSIGNMENT.DOUBLE_NAMED_ARGUMENT_REFERENCE",
                    format!("`{}` is given the argument `{own}` twice", call.name),
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn no_table(shape: &TableShape) -> Result<()> {
    if !shape.is_single_partition && shape.partition_by.is_empty() {
        return Ok(());
    }
    Err(SparkError::analysis(
        "TABLE_VALUED_FUNCTION_FAILED_TO_ANALYZE_IN_PYTHON",
        format!("`{}` says how the rows of a table are grouped, but no table was given", shape.function.name()),
    )
    .with_help("give it a table: TABLE(…) in SQL, df.asTable() in Python"))
}

fn wrong_metadata(condition: &str, name: &str, why: &str) -> SparkError {
    SparkError::analysis(condition, format!("the table function `{name}` cannot be called so: {why}"))
}
