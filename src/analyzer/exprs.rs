//! Expressions: names, then functions and types.
//!
//! Two passes, because a column's generated name is made from the expression as written, once its names are known: [`Env::names`]
//! finds columns, [`Env::types`] looks functions up, inserts casts and checks types.

use super::coercion::{self, cast};
use super::errors::{
    is_unresolved, mismatch, missing_attribute, not_a_scalar_function, unresolved_column, unresolved_routine,
};
use super::names::{Casing, lookup};
use super::{Analyzer, Scope};
use crate::common::{Result, SparkError};
use crate::logical::expr::{
    AggregateCall, Attribute, BinaryOp, Call, CastMode, Expr, FrameBound, SortOrder, UnaryOp, WindowFrame, WindowSpec,
};
use crate::logical::functions::{self, Definition, ResolveContext};
use crate::logical::plan::LogicalPlan;
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use std::sync::Arc;

/// What the expressions of one plan node can see.
pub(super) struct Env<'e> {
    pub analyzer: &'e Analyzer<'e>,
    pub scope: &'e Scope,
    /// The columns of the children.
    pub input: Vec<Attribute>,
    /// Columns that can be reached although the children do not give them (the other key of a `USING` join).
    pub hidden: Vec<Attribute>,
    /// Aliases defined further left in the same select list.
    pub lateral: Vec<(String, Expr)>,
}

impl<'e> Env<'e> {
    pub(super) fn new(analyzer: &'e Analyzer<'e>, scope: &'e Scope, input: Vec<Attribute>) -> Self {
        Env { analyzer, scope, input, hidden: Vec::new(), lateral: Vec::new() }
    }

    pub(super) fn casing(&self) -> Casing {
        self.analyzer.casing()
    }

    fn context(&self) -> ResolveContext {
        self.analyzer.resolve_context()
    }

    fn ansi(&self) -> bool {
        self.analyzer.context.conf.ansi()
    }

    /// Names and types.
    pub(super) fn resolve(&self, expr: &Expr) -> Result<Expr> {
        self.types(self.names(expr.clone())?)
    }

    pub(super) fn resolve_all(&self, exprs: &[Expr]) -> Result<Vec<Expr>> {
        exprs.iter().map(|expr| self.resolve(expr)).collect()
    }

    /// Sort keys with resolved children.
    pub(super) fn sort_orders(&self, order: &[SortOrder]) -> Result<Vec<SortOrder>> {
        order.iter().map(|order| Ok(SortOrder { child: self.resolve(&order.child)?, ..order.clone() })).collect()
    }

    /// First pass: every name becomes a column; calls stay as written.
    pub(super) fn names(&self, expr: Expr) -> Result<Expr> {
        self.names_under(expr, &mut Vec::new())
    }

    fn names_under(&self, expr: Expr, params: &mut Vec<String>) -> Result<Expr> {
        match expr {
            Expr::UnresolvedAttribute(parts) => {
                if params.iter().any(|param| self.casing().same(param, &parts[0])) {
                    return Ok(parts[1..].iter().fold(
                        Expr::UnresolvedAttribute(vec![parts[0].clone()]),
                        |child, field| Expr::Extract {
                            child: Box::new(child),
                            key: Box::new(Expr::literal(Scalar::String(field.clone()))),
                        },
                    ));
                }
                self.type_extracts(self.column(&parts)?)
            }
            Expr::Attribute(attribute) => self.attribute(attribute, params),
            Expr::Lambda { params: own, body } => {
                let before = params.len();
                params.extend(own.iter().map(|param| param.name.clone()));
                let body = self.names_under(*body, params);
                params.truncate(before);
                Ok(Expr::Lambda { params: own, body: Box::new(body?) })
            }
            Expr::ScalarSubquery(plan) => Ok(Expr::ScalarSubquery(self.subquery(&plan)?)),
            Expr::Exists(plan) => Ok(Expr::Exists(self.subquery(&plan)?)),
            Expr::InSubquery { values, plan } => {
                let values = values.into_iter().map(|value| self.names_under(value, params)).collect::<Result<_>>()?;
                Ok(Expr::InSubquery { values, plan: self.subquery(&plan)? })
            }
            Expr::Call(call) if call.name == "outer" && call.args.len() == 1 => self.outer_only(&call.args[0]),
            Expr::Call(mut call) => {
                if call.args.iter().any(|arg| matches!(arg, Expr::Star(_))) {
                    call.args = self.star_arguments(&call)?;
                }
                if functions::lookup(&call.name.to_ascii_lowercase()).is_none() {
                    call = self.named_routine(call)?;
                }
                Expr::Call(call).try_map_children(&mut |child| self.names_under(child, params))
            }
            Expr::Star(_) | Expr::ColumnRegex(_) => Err(SparkError::analysis(
                "INVALID_USAGE_OF_STAR_OR_REGEX",
                "`*` stands for columns of a select list and cannot be used here",
            )
            .with_subject("*")),
            other => {
                let named = other.try_map_children(&mut |child| self.names_under(child, params))?;
                self.type_extracts(named)
            }
        }
    }

    fn attribute(&self, attribute: Attribute, params: &[String]) -> Result<Expr> {
        if params.contains(&attribute.name) && !self.input.iter().any(|column| column.id == attribute.id) {
            return Ok(Expr::Attribute(attribute));
        }
        let found = self.input.iter().chain(&self.hidden).find(|column| column.id == attribute.id);
        if let Some(column) = found {
            return Ok(Expr::Attribute(Attribute { name: attribute.name, ..column.clone() }));
        }
        if let Some(outer) = self.scope.outer.iter().find(|column| column.id == attribute.id) {
            return Ok(Expr::OuterReference(outer.clone()));
        }
        Err(missing_attribute(&attribute, &self.input))
    }

    fn column(&self, parts: &[String]) -> Result<Expr> {
        if let Some(found) = lookup(parts, &self.input, self.casing())? {
            return Ok(found);
        }
        if !self.hidden.is_empty()
            && let Some(found) = lookup(parts, &self.hidden, self.casing())?
        {
            return Ok(found);
        }
        if let [name] = parts
            && let Some((_, value)) = self.lateral.iter().rev().find(|(alias, _)| self.casing().same(alias, name))
        {
            return Ok(value.clone());
        }
        if let Some(found) = lookup(parts, &self.scope.outer, self.casing())? {
            return Ok(found.transform_up(&mut |expr| match expr {
                Expr::Attribute(attribute) => Expr::OuterReference(attribute),
                other => other,
            }));
        }
        if let [name] = parts
            && let Some(call) = bare_function(name)
        {
            return Ok(call);
        }
        Err(unresolved_column(parts, &self.input))
    }

    /// A column of the query around this one (`col.outer()`). One that was taken from a frame stays what it is, as in Spark: only a name can
    /// be looked up outside.
    fn outer_only(&self, expr: &Expr) -> Result<Expr> {
        if expr.any(|part| matches!(part, Expr::Attribute(_))) {
            let here = Env::new(self.analyzer, Scope::EMPTY, self.input.clone());
            return here.names(expr.clone());
        }
        let around = Env::new(self.analyzer, Scope::EMPTY, self.scope.outer.clone());
        Ok(around.names(expr.clone())?.transform_up(&mut |expr| match expr {
            Expr::Attribute(attribute) => Expr::OuterReference(attribute),
            other => other,
        }))
    }

    fn subquery(&self, plan: &Arc<LogicalPlan>) -> Result<Arc<LogicalPlan>> {
        let mut outer = self.input.clone();
        outer.extend(self.scope.outer.iter().cloned());
        let scope = Scope { ctes: self.scope.ctes.clone(), outer, subquery: true };
        self.analyzer.plan(plan, &scope)
    }

    /// `count(*)` stays; `struct(*)`, `hash(*)`, `count(DISTINCT *)` take all columns.
    fn star_arguments(&self, call: &Call) -> Result<Vec<Expr>> {
        if call.name.eq_ignore_ascii_case("count")
            && !call.distinct
            && matches!(call.args.as_slice(), [Expr::Star(None)])
        {
            return Ok(vec![Expr::int(1)]);
        }
        let mut args = Vec::new();
        for arg in &call.args {
            match arg {
                Expr::Star(qualifier) => args.extend(self.star(qualifier.as_deref())?),
                other => args.push(other.clone()),
            }
        }
        Ok(args)
    }

    /// The columns that `*` or `t.*` or `s.*` stands for.
    pub(super) fn star(&self, qualifier: Option<&[String]>) -> Result<Vec<Expr>> {
        let Some(qualifier) = qualifier else {
            return Ok(self.input.iter().cloned().map(Expr::Attribute).collect());
        };
        let all = || self.input.iter().chain(&self.hidden);
        let mut seen = Vec::new();
        let found: Vec<Expr> = all()
            .filter(|column| self.casing().qualifies(column, qualifier))
            .filter(|column| {
                let fresh = !seen.contains(&column.id);
                seen.push(column.id);
                fresh
            })
            .cloned()
            .map(Expr::Attribute)
            .collect();
        if !found.is_empty() {
            return Ok(found);
        }
        let Ok(Some(value)) = lookup(qualifier, &self.input, self.casing()) else {
            return Err(SparkError::analysis(
                "CANNOT_RESOLVE_STAR_EXPAND",
                format!("`{}.*` names neither a frame's alias nor a struct column", qualifier.join(".")),
            )
            .with_subject(qualifier.join(".")));
        };
        let value = self.types(self.type_extracts(value)?)?;
        let DataType::Struct(fields) = value.data_type() else {
            return Err(SparkError::analysis(
                "CANNOT_RESOLVE_STAR_EXPAND",
                format!("`{}` is no struct, so it has no fields for `*`", qualifier.join(".")),
            ));
        };
        fields
            .fields
            .iter()
            .map(|field| {
                let key = Expr::literal(Scalar::String(field.name.clone()));
                Ok(self.extract(value.clone(), key)?.alias(field.name.clone()))
            })
            .collect()
    }

    /// Gives every `child.field` and `child[key]` whose child has a type its function; others wait for the second pass.
    fn type_extracts(&self, expr: Expr) -> Result<Expr> {
        expr.try_transform_up(&mut |part| match part {
            Expr::Extract { child, key } if has_type(&child) => self.extract(*child, *key),
            other => Ok(other),
        })
    }

    /// For a generated name: extracts from calls need the call's type.
    pub(super) fn named_extracts(&self, expr: Expr) -> Expr {
        expr.transform_up(&mut |part| match part {
            Expr::Extract { child, key } => {
                let typed = self.types((*child).clone()).map(|typed| typed.data_type());
                let name = match typed {
                    Ok(DataType::Struct(_)) => "get_struct_field",
                    Ok(DataType::Array(element, _))
                        if matches!(*element, DataType::Struct(_))
                            && matches!(*key, Expr::Literal(Scalar::String(_), _)) =>
                    {
                        "get_array_struct_fields"
                    }
                    Ok(DataType::Array(..)) => "get_array_item",
                    Ok(DataType::Map(..)) => "get_map_value",
                    _ => return Expr::Extract { child, key },
                };
                match functions::lookup(name) {
                    Some(Definition::Scalar(function)) => {
                        Expr::Function { function, args: vec![*child, *key], data_type: DataType::Null, nullable: true }
                    }
                    _ => Expr::Extract { child, key },
                }
            }
            Expr::Binary { op: op @ (BinaryOp::Add | BinaryOp::Subtract), left, right } => {
                self.named_days(op, left, right)
            }
            other => other,
        })
    }

    /// A date plus or minus a number is named as the function that computes it.
    fn named_days(&self, op: BinaryOp, left: Box<Expr>, right: Box<Expr>) -> Expr {
        let of = |expr: &Expr| self.types(expr.clone()).map(|typed| typed.data_type());
        let days = |t: &DataType| matches!(t, DataType::Integer | DataType::Short | DataType::Byte);
        match (op, of(&left), of(&right)) {
            (BinaryOp::Add, Ok(DataType::Date), Ok(b)) if days(&b) => Expr::call("date_add", vec![*left, *right]),
            (BinaryOp::Add, Ok(a), Ok(DataType::Date)) if days(&a) => Expr::call("date_add", vec![*right, *left]),
            (BinaryOp::Subtract, Ok(DataType::Date), Ok(b)) if days(&b) => Expr::call("date_sub", vec![*left, *right]),
            _ => Expr::Binary { op, left, right },
        }
    }

    fn extract(&self, child: Expr, key: Expr) -> Result<Expr> {
        let name = match child.data_type() {
            DataType::Struct(_) if matches!(key, Expr::Literal(Scalar::String(_), _)) => "get_struct_field",
            DataType::Array(element, _)
                if matches!(*element, DataType::Struct(_)) && matches!(key, Expr::Literal(Scalar::String(_), _)) =>
            {
                "get_array_struct_fields"
            }
            DataType::Array(..) if !key.data_type().is_integral() && key.data_type() != DataType::Null => {
                let text = format!("{}[{}]", child.pretty_name(), key.pretty_name());
                let why = format!("an array is read by position (INT), not by {}", key.data_type().sql());
                return Err(mismatch("UNEXPECTED_INPUT_TYPE", &text, why));
            }
            DataType::Array(..) => "get_array_item",
            DataType::Map(..) => "get_map_value",
            other => {
                return Err(SparkError::analysis(
                    "INVALID_EXTRACT_BASE_FIELD_TYPE",
                    format!(
                        "\"{}\" can not be taken out of \"{}\": it is {}, neither struct nor array nor map",
                        key.pretty_name(),
                        child.pretty_name(),
                        other.sql()
                    ),
                )
                .with_subject(key.pretty_name()));
            }
        };
        coercion::call(name, vec![child, key], &self.context())
    }

    /// Second pass: functions, casts, checks; columns get their children's exact name, type and nullability.
    pub(super) fn types(&self, expr: Expr) -> Result<Expr> {
        match expr {
            Expr::Attribute(attribute) => Ok(Expr::Attribute(self.canonical(attribute))),
            Expr::Call(call) => self.call(call),
            Expr::Window { function, spec } => self.window(*function, spec),
            Expr::InSubquery { values, plan } => {
                let values = values.into_iter().map(|value| self.types(value)).collect::<Result<_>>()?;
                self.in_subquery(values, plan)
            }
            other => {
                let typed = other.try_map_children(&mut |child| self.types(child))?;
                self.typed(typed)
            }
        }
    }

    fn canonical(&self, attribute: Attribute) -> Attribute {
        let found = self.input.iter().chain(&self.hidden).find(|column| column.id == attribute.id);
        found.cloned().unwrap_or(attribute)
    }

    /// A node over children that are already typed.
    fn typed(&self, expr: Expr) -> Result<Expr> {
        let ansi = self.ansi();
        match expr {
            Expr::Binary { op, left, right } => coercion::binary(op, *left, *right, &self.context()),
            Expr::Unary { op, child } => coercion::unary(op, *child, ansi),
            Expr::Case { branches, otherwise } => coercion::case(branches, otherwise, ansi),
            Expr::In { value, list } => coercion::in_list(*value, list, ansi),
            Expr::Extract { child, key } => self.extract(*child, *key),
            Expr::Cast { child, to, mode, implicit } => self.cast(*child, to, mode, implicit),
            Expr::ScalarSubquery(plan) if plan.output().len() != 1 => Err(SparkError::analysis(
                "INVALID_SUBQUERY_EXPRESSION.SCALAR_SUBQUERY_RETURN_MORE_THAN_ONE_OUTPUT_COLUMN",
                format!("a subquery used as a value must give one column, this one gives {}", plan.output().len()),
            )),
            other => Ok(other),
        }
    }

    pub(super) fn cast(&self, child: Expr, to: DataType, mode: CastMode, implicit: bool) -> Result<Expr> {
        let ansi = self.ansi();
        let from = child.data_type();
        let mode = match mode {
            CastMode::Try => CastMode::Try,
            _ if ansi => CastMode::Ansi,
            _ => CastMode::Legacy,
        };
        if !functions::can_cast(&from, &to, mode != CastMode::Legacy) {
            return Err(not_castable(&child, &from, &to, mode));
        }
        Ok(Expr::Cast { child: Box::new(child), to, mode, implicit })
    }

    fn in_subquery(&self, values: Vec<Expr>, plan: Arc<LogicalPlan>) -> Result<Expr> {
        let output = plan.output();
        if output.len() != values.len() {
            return Err(mismatch(
                "IN_SUBQUERY_LENGTH_MISMATCH",
                &values.iter().map(Expr::pretty_name).collect::<Vec<_>>().join(", "),
                format!("{} values are compared with a subquery of {} columns", values.len(), output.len()),
            ));
        }
        let (mut left, mut right, mut changed) = (Vec::new(), Vec::new(), false);
        for (value, column) in values.into_iter().zip(output) {
            let Some(common) = functions::common_type(&value.data_type(), &column.data_type, self.ansi()) else {
                let why = format!("{} is compared with {}", value.data_type().sql(), column.data_type.sql());
                return Err(mismatch("IN_SUBQUERY_DATA_TYPE_MISMATCH", &value.pretty_name(), why));
            };
            left.push(cast(value, &common, self.ansi()));
            let name = column.name.clone();
            changed |= column.data_type != common;
            right.push(match cast(Expr::Attribute(column), &common, self.ansi()) {
                kept @ Expr::Attribute(_) => kept,
                casted => self.analyzer.alias(casted, name),
            });
        }
        let plan = if changed { Arc::new(LogicalPlan::Project { exprs: right, input: plan }) } else { plan };
        Ok(Expr::InSubquery { values: left, plan })
    }

    fn call(&self, call: Call) -> Result<Expr> {
        let lower = call.name.to_ascii_lowercase();
        let mut args = self.arguments(&lower, call.args)?;
        if matches!(lower.as_str(), "from_json" | "from_csv" | "from_xml") {
            with_schema(&mut args)?;
        }
        let filter = match call.filter {
            Some(filter) => Some(Box::new(self.types(*filter)?)),
            None => None,
        };
        if let Some(built) = self.operator_call(&lower, &args)? {
            return Ok(built);
        }
        let (name, distinct) = match lower.as_str() {
            "count_distinct" | "countdistinct" => ("count", true),
            "sum_distinct" | "sumdistinct" => ("sum", true),
            "percentile_cont" => ("percentile", call.distinct),
            name => (name, call.distinct),
        };
        let context = self.context();
        match functions::lookup(name) {
            Some(Definition::Aggregate(function)) => {
                let resolved = (function.resolve)(args, &context)?;
                if distinct && resolved.args.iter().any(|arg| matches!(arg.data_type(), DataType::Map(..))) {
                    return Err(mismatch("INVALID_ORDERING_TYPE", name, "maps cannot be compared"));
                }
                Ok(Expr::Aggregate(AggregateCall {
                    function,
                    args: resolved.args,
                    distinct,
                    filter,
                    ignore_nulls: call.ignore_nulls,
                    data_type: resolved.data_type,
                    nullable: resolved.nullable,
                }))
            }
            Some(_) if distinct || filter.is_some() => Err(SparkError::analysis(
                "INVALID_SQL_SYNTAX.FUNCTION_WITH_UNSUPPORTED_SYNTAX",
                format!("`{name}` is no aggregate, so it takes neither DISTINCT nor FILTER"),
            )
            .with_subject(name.to_owned())),
            Some(Definition::Scalar(_)) => {
                let mut args = args;
                // A schema may be computed: `from_json(text, schema_of_json('…'))`.
                if matches!(name, "from_json" | "from_csv" | "from_xml")
                    && let Some(schema @ Expr::Function { .. }) = args.get(1)
                    && let Some(constant) = self.analyzer.context.catalog.constant(schema)
                {
                    args[1] = constant;
                }
                coercion::call(name, args, &context)
            }
            Some(Definition::Window(function)) => {
                let resolved = (function.resolve)(args, &context)?;
                Ok(Expr::WindowFunction {
                    function,
                    args: resolved.args,
                    ignore_nulls: call.ignore_nulls,
                    data_type: resolved.data_type,
                })
            }
            Some(Definition::Generator(function)) => {
                args.iter().try_for_each(super::allowed::unnested)?;
                let resolved = (function.resolve)(args, &context)?;
                Ok(Expr::Generator { function, args: resolved.args, outer: name.ends_with("_outer") })
            }
            None => self.made_function(&call.name, args),
        }
    }

    /// A function that the script made.
    fn made_function(&self, name: &str, args: Vec<Expr>) -> Result<Expr> {
        let catalog = self.analyzer.context.catalog;
        if let Some(routine) = catalog.routine(name) {
            return self.routine(&routine, args);
        }
        match catalog.function(name) {
            Some((function, data_type)) => Ok(Expr::Udf { function, args, data_type }),
            None if catalog.table_function(name).is_some() => Err(not_a_scalar_function(name)),
            None if functions::not_here(name).is_some() => Err(refused_function(name)),
            None => Err(unresolved_routine(name, &catalog.current_database())),
        }
    }

    /// Operators that are written as calls.
    fn operator_call(&self, name: &str, args: &[Expr]) -> Result<Option<Expr>> {
        let ansi = self.ansi();
        let binary = |op| coercion::binary(op, args[0].clone(), args[1].clone(), &self.context()).map(Some);
        Ok(match (name, args.len()) {
            ("-" | "negative", 1) => Some(coercion::unary(UnaryOp::Negate, args[0].clone(), ansi)?),
            ("+" | "positive", 1) => Some(match args[0].data_type() {
                DataType::String => cast(args[0].clone(), &DataType::Double, ansi),
                _ => args[0].clone(),
            }),
            ("!" | "not", 1) => Some(coercion::unary(UnaryOp::Not, args[0].clone(), ansi)?),
            ("isnull", 1) => Some(Expr::unary(UnaryOp::IsNull, args[0].clone())),
            ("isnotnull", 1) => Some(Expr::unary(UnaryOp::IsNotNull, args[0].clone())),
            ("isnan", 1) => Some(coercion::unary(UnaryOp::IsNaN, args[0].clone(), ansi)?),
            ("mod" | "%", 2) => return binary(BinaryOp::Remainder),
            ("div", 2) => return binary(BinaryOp::IntegralDivide),
            ("<<", 2) => Some(coercion::call("shiftleft", args.to_vec(), &self.context())?),
            (">>", 2) => Some(coercion::call("shiftright", args.to_vec(), &self.context())?),
            (">>>", 2) => Some(coercion::call("shiftrightunsigned", args.to_vec(), &self.context())?),
            ("between", 3) => {
                let side = |op, limit: &Expr| coercion::binary(op, args[0].clone(), limit.clone(), &self.context());
                let (low, high) = (side(BinaryOp::GtEq, &args[1])?, side(BinaryOp::LtEq, &args[2])?);
                Some(Expr::binary(BinaryOp::And, low, high))
            }
            ("current_database" | "current_schema", 0) => {
                Some(Expr::literal(Scalar::String(self.analyzer.context.catalog.current_database())))
            }
            ("if", 3) => {
                let mut args = args.iter().cloned();
                match (args.next(), args.next(), args.next()) {
                    (Some(when), Some(then), otherwise) => {
                        Some(coercion::case(vec![(when, then)], otherwise.map(Box::new), ansi)?)
                    }
                    _ => None,
                }
            }
            _ => None,
        })
    }

    /// Arguments in order; lambdas last, because their parameters take their types from the others.
    fn arguments(&self, name: &str, args: Vec<Expr>) -> Result<Vec<Expr>> {
        if !args.iter().any(|arg| matches!(arg, Expr::Lambda { .. })) {
            return args.into_iter().map(|arg| self.types(arg)).collect();
        }
        let mut typed = Vec::with_capacity(args.len());
        for arg in args {
            typed.push(match arg {
                lambda @ Expr::Lambda { .. } => lambda,
                other => self.types(other)?,
            });
        }
        for i in 0..typed.len() {
            let Expr::Lambda { params, body } = typed[i].clone() else { continue };
            let Some(types) = functions::lambda_parameters(name, &typed, i) else {
                return Err(SparkError::analysis(
                    "INVALID_LAMBDA_FUNCTION_CALL.NON_HIGHER_ORDER_FUNCTION",
                    format!("`{name}` does not take a function here"),
                )
                .with_subject(name.to_owned()));
            };
            typed[i] = self.lambda(name, &params, *body, &types)?;
        }
        Ok(typed)
    }

    fn lambda(&self, name: &str, params: &[Attribute], body: Expr, types: &[(DataType, bool)]) -> Result<Expr> {
        if params.len() > types.len() {
            return Err(SparkError::analysis(
                "INVALID_LAMBDA_FUNCTION_CALL.NUM_ARGS_MISMATCH",
                format!("the function given to `{name}` takes {} values, not {}", types.len(), params.len()),
            ));
        }
        let bound: Vec<Attribute> = params
            .iter()
            .zip(types)
            .map(|(param, (data_type, nullable))| {
                Attribute::new(param.name.clone(), self.analyzer.context.ids.fresh(), data_type.clone(), *nullable)
            })
            .collect();
        let old: Vec<_> = params.iter().map(|param| param.id).collect();
        self.refuse_routine_in_lambda(&body)?;
        let body = self.bind(body, params, &bound, &old);
        let body = self.types(self.type_extracts(body)?)?;
        Ok(Expr::Lambda { params: bound, body: Box::new(body) })
    }

    /// Puts the bound parameters where their names stand, except below a lambda that hides them.
    fn bind(&self, expr: Expr, params: &[Attribute], bound: &[Attribute], old: &[crate::common::ids::ExprId]) -> Expr {
        match expr {
            Expr::UnresolvedAttribute(parts) => {
                let found = bound.iter().find(|param| self.casing().same(&param.name, &parts[0]));
                match found {
                    Some(param) => Expr::Attribute(param.clone()),
                    None => Expr::UnresolvedAttribute(parts),
                }
            }
            Expr::Attribute(attribute) => {
                let position = params.iter().position(|param| {
                    param.name == attribute.name && old.contains(&attribute.id) && param.id == attribute.id
                });
                match position {
                    Some(i) => Expr::Attribute(bound[i].clone()),
                    None => Expr::Attribute(attribute),
                }
            }
            Expr::Lambda { params: inner, body } => {
                let kept: Vec<Attribute> =
                    bound.iter().filter(|param| !inner.iter().any(|own| own.name == param.name)).cloned().collect();
                Expr::Lambda { params: inner, body: Box::new(self.bind(*body, params, &kept, old)) }
            }
            other => other
                .try_map_children(&mut |child| Ok::<_, std::convert::Infallible>(self.bind(child, params, bound, old)))
                .unwrap_or_else(|never| match never {}),
        }
    }

    fn window(&self, function: Expr, spec: WindowSpec) -> Result<Expr> {
        let function = self.types(function)?;
        let partition_by = spec.partition_by.into_iter().map(|expr| self.types(expr)).collect::<Result<Vec<_>>>()?;
        let order_by = spec
            .order_by
            .into_iter()
            .map(|order| Ok(SortOrder { child: self.types(order.child)?, ..order }))
            .collect::<Result<Vec<_>>>()?;
        let frame = match spec.frame {
            Some(frame) => {
                Some(WindowFrame { unit: frame.unit, start: self.bound(frame.start)?, end: self.bound(frame.end)? })
            }
            None => None,
        };
        super::window::checked(function, WindowSpec { partition_by, order_by, frame }, self.ansi())
    }

    fn bound(&self, bound: FrameBound) -> Result<FrameBound> {
        Ok(match bound {
            FrameBound::Offset(offset) => {
                FrameBound::Offset(Box::new(super::window::without_minus(self.types(*offset)?)))
            }
            other => other,
        })
    }
}

fn not_castable(child: &Expr, from: &DataType, to: &DataType, mode: CastMode) -> SparkError {
    if *to == DataType::Time {
        return crate::logical::ddl::no_time();
    }
    let days = matches!((from, to), (DataType::Date, other) | (other, DataType::Date) if other.is_numeric());
    let (kind, help) = if days {
        ("CAST_WITH_FUNC_SUGGESTION", "count days with unix_date and date_from_unix_date")
    } else if mode != CastMode::Legacy && functions::can_cast(from, to, false) {
        (
            "CAST_WITH_CONF_SUGGESTION",
            "Spark allows it with spark.sql.ansi.enabled=false, which also hides other mistakes",
        )
    } else {
        ("CAST_WITHOUT_SUGGESTION", "take the value apart first, or build the wanted type with a function")
    };
    let text = format!("CAST({} AS {})", child.pretty_name(), to.sql());
    mismatch(kind, &text, format!("{} cannot be cast to {}", from.sql(), to.sql()))
        .with_parameters([
            ("sqlExpr", format!("\"{text}\"")),
            ("srcType", format!("\"{}\"", from.sql())),
            ("targetType", format!("\"{}\"", to.sql())),
        ])
        .with_help(help)
}

/// The schema given to `from_json` as text becomes a null of that type, which is how the function takes it.
fn with_schema(args: &mut [Expr]) -> Result<()> {
    let Some(Expr::Literal(Scalar::String(text), _)) = args.get(1) else { return Ok(()) };
    let parsed = crate::logical::ddl::parse_columns_or_type(text)
        .map_err(|error| SparkError::analysis("PARSE_SYNTAX_ERROR", error.message()).with_subject(text.clone()))?;
    let data_type = match parsed {
        (mut fields, true) if fields.fields.len() == 1 => fields.fields.remove(0).data_type,
        (fields, _) => DataType::Struct(fields),
    };
    args[1] = Expr::Literal(Scalar::Null, data_type);
    Ok(())
}

/// Functions that SQL lets one write without parentheses.
fn bare_function(name: &str) -> Option<Expr> {
    let lower = name.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "current_date"
            | "current_time"
            | "current_timestamp"
            | "current_user"
            | "user"
            | "session_user"
            | "localtimestamp"
    )
    .then(|| Expr::call(lower, Vec::new()))
}

/// One of Spark's functions that is not there.
fn refused_function(name: &str) -> SparkError {
    let does = functions::not_here(name).unwrap_or_default();
    SparkError::unsupported(format!("the function {name}"), format!("on real Spark it {does}"))
        .with_subject(name.to_owned())
}

fn has_type(expr: &Expr) -> bool {
    !expr.any(|part| {
        matches!(part, Expr::UnresolvedAttribute(_) | Expr::Call(_) | Expr::Extract { .. } | Expr::Lambda { .. })
    }) && expr.data_type() != DataType::Null
}

/// A condition that is not boolean.
pub(super) fn not_boolean(error: &str, condition: &Expr, own: &DataType) -> SparkError {
    SparkError::analysis(
        error,
        format!("\"{}\" is {} where a condition (BOOLEAN) is needed", condition.pretty_name(), own.sql()),
    )
    .with_parameters([
        ("sqlExpr", format!("\"{}\"", condition.pretty_name())),
        ("filter", format!("\"{}\"", condition.pretty_name())),
        ("type", format!("\"{}\"", own.sql())),
    ])
    .with_subject(condition.pretty_name())
}

/// The first answer that is not "no such column", or the first error.
pub(super) fn first_resolved<T>(first: Result<T>, second: impl FnOnce() -> Result<T>) -> Result<T> {
    match first {
        Err(error) if is_unresolved(&error) => second().or(Err(error)),
        other => other,
    }
}
