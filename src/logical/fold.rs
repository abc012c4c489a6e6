//! Asking the floor above for the value of a constant expression.
//!
//! The optimizer and the planner must not import `exec`, which computes; the session lends them this narrow door.

use super::expr::Expr;
use crate::common::Result;

/// Computes expressions without columns.
pub trait ConstantFolder {
    /// The expression's value as a literal, its error, or nothing when it cannot be computed ahead (no columns, but chance or a Python
    /// function inside).
    fn fold(&self, expr: &Expr) -> Option<Result<Expr>>;
}

/// Folds nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFolding;

impl ConstantFolder for NoFolding {
    fn fold(&self, _expr: &Expr) -> Option<Result<Expr>> {
        None
    }
}
