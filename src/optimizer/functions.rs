//! Calls of Spark's functions that rules build, looked up by name.

use crate::logical::expr::AggregateCall;
use crate::logical::functions::{Definition, lookup};
use crate::logical::{Attribute, DataType, Expr};

/// A resolved aggregate call.
pub(super) fn aggregate(name: &str, args: Vec<Expr>, data_type: DataType, nullable: bool) -> Option<Expr> {
    let Some(Definition::Aggregate(function)) = lookup(name) else { return None };
    Some(Expr::Aggregate(AggregateCall {
        function,
        args,
        distinct: false,
        filter: None,
        ignore_nulls: false,
        data_type,
        nullable,
    }))
}

/// A resolved scalar call.
pub(super) fn scalar(name: &str, args: Vec<Expr>, data_type: DataType, nullable: bool) -> Option<Expr> {
    let Some(Definition::Scalar(function)) = lookup(name) else { return None };
    Some(Expr::Function { function, args, data_type, nullable })
}

/// `explode(array)`.
pub(super) fn explode(array: Expr) -> Option<Expr> {
    let Some(Definition::Generator(function)) = lookup("explode") else { return None };
    Some(Expr::Generator { function, args: vec![array], outer: false })
}

/// `expr AS name` with a known id.
pub(super) fn alias(expr: Expr, column: &Attribute) -> Expr {
    Expr::Alias { child: Box::new(expr), name: column.name.clone(), id: column.id, metadata: None }
}
