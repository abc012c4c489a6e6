//! Floor 1, the words of a query: Spark's types, scalar values, expressions and logical plans.
//!
//! A plan is built as written (unresolved names), then resolved by `analyzer`, improved by `optimizer`, and made physical by
//! `physical`. This module only says what plans *are*; it never decides anything.

pub mod builder;
pub mod ddl;
pub mod display;
pub mod expr;
pub mod fold;
pub mod functions;
mod parts;
pub mod plan;
pub mod rewrite;
pub mod routine;
pub mod scalar;
mod scalar_array;
pub mod settings;
pub mod spatial;
pub mod types;
pub mod variant;

pub use expr::{Attribute, Expr};
pub use plan::LogicalPlan;
pub use scalar::Scalar;
pub use types::{DataType, StructField, StructType};
