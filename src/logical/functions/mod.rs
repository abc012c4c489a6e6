//! The functions that Spark knows: names, shapes and result types. What they compute is in `exec::eval`.
//!
//! A definition is a `static`; a resolved expression points at it. `resolve` receives the arguments with their types and gives them back
//! cast to what the kernel wants, with the result's type and nullability, or Spark's error (`WRONG_NUM_ARGS`, `DATATYPE_MISMATCH`, …).

pub mod buffers;

pub use buffers::buffer_types;

use super::expr::{BinaryOp, CastMode, Expr};
use super::scalar::Scalar;
use super::types::DataType;
use crate::common::Result;
use std::fmt;

/// What `resolve` needs to know about the session.
#[derive(Debug, Clone)]
pub struct ResolveContext {
    /// `spark.sql.ansi.enabled`.
    pub ansi: bool,
    /// `spark.sql.session.timeZone`.
    pub time_zone: String,
}

/// What a call resolves to.
#[derive(Debug, Clone)]
pub struct Resolved {
    pub args: Vec<Expr>,
    pub data_type: DataType,
    pub nullable: bool,
}

/// Looks at arguments, casts them, and says what the call gives.
pub type Resolve = fn(Vec<Expr>, &ResolveContext) -> Result<Resolved>;

macro_rules! function_kind {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $field:ident : $type:ty),* $(,)? }) => {
        $(#[$doc])*
        pub struct $name {
            /// Spark's canonical lower-case name.
            pub name: &'static str,
            /// Other names of the same function.
            pub aliases: &'static [&'static str],
            pub resolve: Resolve,
            $($(#[$fdoc])* pub $field: $type,)*
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name)
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.name == other.name
            }
        }
    };
}

function_kind! {
    /// A function of one row's values.
    ScalarFunction {
        /// Same arguments, same answer (false for `rand`, `uuid`, `monotonically_increasing_id`, …).
        deterministic: bool,
    }
}
function_kind! {
    /// A function of many rows' values.
    AggregateFunction {}
}
function_kind! {
    /// A function that only exists over a window.
    WindowFunction {
        nullable: bool,
    }
}
function_kind! {
    /// A function that gives several rows for one.
    GeneratorFunction {}
}

/// A function written in the script's language, run on rows: immutable, shareable, and deterministic.
pub trait RowFunction: fmt::Debug + Send + Sync {
    /// The name shown in plans.
    fn name(&self) -> &str;

    /// The results for a batch of argument rows, in order.
    ///
    /// # Errors
    /// What the function raised, as a `PythonException`.
    fn call(&self, rows: &[Vec<Scalar>]) -> Result<Vec<Scalar>>;

    /// A number that two functions share only when they are the same.
    fn identity(&self) -> u64;
}

impl PartialEq for dyn RowFunction {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

/// A function of a whole partition (RDD operations, `foreachPartition`): from the partition's rows to new rows.
pub trait PartitionFunction: fmt::Debug + Send + Sync {
    /// The name shown in plans and on screens, such as `map`.
    fn name(&self) -> &str;

    /// The rows of one output partition.
    ///
    /// # Errors
    /// What the function raised, as a `PythonException`.
    fn call(&self, partition: usize, rows: Vec<Vec<Scalar>>) -> Result<Vec<Vec<Scalar>>>;

    /// A number that two functions share only when they are the same.
    fn identity(&self) -> u64;
}

impl PartialEq for dyn PartitionFunction {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

/// A function found by name.
#[derive(Debug, Clone, Copy)]
pub enum Definition {
    Scalar(&'static ScalarFunction),
    Aggregate(&'static AggregateFunction),
    Window(&'static WindowFunction),
    Generator(&'static GeneratorFunction),
}

/// Finds a function by any of its names, case-insensitively.
#[must_use]
pub fn lookup(name: &str) -> Option<Definition> {
    let _ = name;
    None
}

/// Every name that [`lookup`] knows, sorted.
#[must_use]
pub fn names() -> Vec<&'static str> {
    Vec::new()
}

/// The type of `left op right` once both sides are resolved and coerced (Spark's decimal rules included).
#[must_use]
pub fn binary_type(op: BinaryOp, left: &DataType, right: &DataType) -> DataType {
    let _ = (op, right);
    left.clone()
}

/// Whether a cast of a value that is not null may still give null (Spark's `Cast.forceNullable`).
#[must_use]
pub fn cast_may_give_null(from: &DataType, to: &DataType, mode: CastMode) -> bool {
    let _ = (from, to);
    mode != CastMode::Ansi
}
