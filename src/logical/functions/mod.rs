//! The functions that Spark knows: names, shapes and result types. What they compute is in `exec::eval`.
//!
//! A definition is a `static`; a resolved expression points at it. `resolve` receives the arguments with their types and gives them back
//! cast to what the kernel wants, with the result's type and nullability, or Spark's error (`WRONG_NUM_ARGS`, `DATATYPE_MISMATCH`, …).

pub mod buffers;

pub use buffers::buffer_types;

mod aggregates;
mod big;
pub mod calendar;
mod collections;
mod datetime;
mod java_digits;
mod math;
mod misc;
pub mod moment_text;
pub mod number_text;
mod shapes;
mod signature;
mod sketches;
mod strings;
pub mod table;
pub mod types;
mod variants;

use super::expr::Expr;
use super::scalar::Scalar;
use super::types::DataType;
use crate::common::{Result, SparkError};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::OnceLock;

pub use collections::lambda_parameters;
pub use types::{binary_type, can_cast, cast_may_give_null, common_type};

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

/// Functions of Spark that are not there, and what they do on real Spark.
const NOT_HERE: &[(&str, &str)] = &[
    ("collate", "gives a text another collation"),
    ("input_file_block_length", "tells the length of the block that a row was read from"),
    ("input_file_block_start", "tells where the block begins that a row was read from"),
    ("java_method", "calls a static method of a Java class"),
    ("reflect", "calls a static method of a Java class"),
    ("timestamp_nanos", "makes a moment of nanoseconds since 1970"),
    ("try_reflect", "calls a static method of a Java class, and gives NULL where that fails"),
    ("unix_nanos", "counts the nanoseconds since 1970"),
];

/// What a function does on real Spark that is not there.
#[must_use]
pub fn not_here(name: &str) -> Option<&'static str> {
    NOT_HERE.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, does)| *does)
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

/// A table of scalar functions: `"name" ["alias"] (wanted; optional) => result;`, or `= a function of its own`, with `once` before it
/// when the answer may differ from call to call.
macro_rules! scalar_functions {
    ($vis:vis static $table:ident = { $($rows:tt)* }) => {
        $vis static $table: &[ScalarFunction] = scalar_functions!(@rows [] $($rows)*);
    };
    (@rows [$($done:expr,)*]) => { &[$($done,)*] };
    (@rows [$($done:expr,)*] $name:literal [$($alias:literal),*] ($($want:expr),* $(; $optional:literal)?) => $out:expr; $($rest:tt)*) => {
        scalar_functions!(@rows [$($done,)* ScalarFunction {
            name: $name,
            aliases: &[$($alias),*],
            resolve: |args, context| signature($name, args, context, &[$($want),*], 0 $(+ $optional)?, $out),
            deterministic: true,
        },] $($rest)*)
    };
    (@rows [$($done:expr,)*] $name:literal [$($alias:literal),*] = $resolve:expr; $($rest:tt)*) => {
        scalar_functions!(@rows [$($done,)* ScalarFunction {
            name: $name,
            aliases: &[$($alias),*],
            resolve: |args, context| {
                let resolve: fn(&str, Vec<Expr>, &ResolveContext) -> Result<Resolved> = $resolve;
                resolve($name, args, context)
            },
            deterministic: true,
        },] $($rest)*)
    };
    (@rows [$($done:expr,)*] $name:literal [$($alias:literal),*] once = $resolve:expr; $($rest:tt)*) => {
        scalar_functions!(@rows [$($done,)* ScalarFunction {
            name: $name,
            aliases: &[$($alias),*],
            resolve: |args, context| {
                let resolve: fn(&str, Vec<Expr>, &ResolveContext) -> Result<Resolved> = $resolve;
                resolve($name, args, context)
            },
            deterministic: false,
        },] $($rest)*)
    };
}
use scalar_functions;

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

/// How Spark hands rows to a Python function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluation {
    /// In columns: what `udf` makes.
    Arrow,
    /// Row by row: functions registered for SQL, and `udf(useArrow=False)`.
    Batch,
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

    /// The same, with the arguments' types (structs then reach the function as rows with names).
    ///
    /// # Errors
    /// See [`RowFunction::call`].
    fn call_typed(&self, rows: &[Vec<Scalar>], types: &[DataType]) -> Result<Vec<Scalar>> {
        let _ = types;
        self.call(rows)
    }

    /// How Spark hands it its rows.
    fn evaluation(&self) -> Evaluation {
        Evaluation::Arrow
    }

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
    fn call(&self, partition: usize, rows: Vec<Vec<Scalar>>) -> Result<Made>;

    /// A number that two functions share only when they are the same.
    fn identity(&self) -> u64;
}

/// What a function makes of a partition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Made {
    pub rows: Vec<Vec<Scalar>>,
    /// Values that went into its steps, once for each step: what there was to do.
    pub handled: u64,
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
    index().get(name.to_ascii_lowercase().as_str()).copied()
}

/// Every name that [`lookup`] knows, sorted.
#[must_use]
pub fn names() -> Vec<&'static str> {
    index().keys().copied().collect()
}

/// Every scalar function's definition.
pub fn scalars() -> impl Iterator<Item = &'static ScalarFunction> {
    [
        strings::TABLE,
        math::TABLE,
        datetime::TABLE,
        collections::TABLE,
        misc::TABLE,
        sketches::TABLE,
        variants::TABLE,
        shapes::TABLE,
    ]
    .into_iter()
    .flatten()
}

/// The scalar function of this name, for callers that know that it exists.
///
/// # Errors
/// An internal error for a name that is not there.
pub fn scalar(name: &str) -> Result<&'static ScalarFunction> {
    match lookup(name) {
        Some(Definition::Scalar(function)) => Ok(function),
        _ => Err(SparkError::internal(format!("there is no scalar function `{name}`"))),
    }
}

fn index() -> &'static BTreeMap<&'static str, Definition> {
    static INDEX: OnceLock<BTreeMap<&'static str, Definition>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut all = BTreeMap::new();
        for function in scalars() {
            for name in std::iter::once(&function.name).chain(function.aliases) {
                all.insert(*name, Definition::Scalar(function));
            }
        }
        for function in aggregates::AGGREGATES {
            for name in std::iter::once(&function.name).chain(function.aliases) {
                all.insert(*name, Definition::Aggregate(function));
            }
        }
        for function in aggregates::WINDOWS {
            all.insert(function.name, Definition::Window(function));
        }
        for function in aggregates::GENERATORS {
            for name in std::iter::once(&function.name).chain(function.aliases) {
                all.insert(*name, Definition::Generator(function));
            }
        }
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logical::expr::Expr;

    fn resolve(name: &str, args: Vec<Expr>) -> Result<Resolved> {
        let context = ResolveContext { ansi: true, time_zone: "UTC".to_owned() };
        match lookup(name).unwrap() {
            Definition::Scalar(function) => (function.resolve)(args, &context),
            Definition::Aggregate(function) => (function.resolve)(args, &context),
            Definition::Window(function) => (function.resolve)(args, &context),
            Definition::Generator(function) => (function.resolve)(args, &context),
        }
    }

    fn of(data_type: DataType) -> Expr {
        Expr::Attribute(crate::logical::expr::Attribute::new("a", crate::common::ids::ExprId(1), data_type, true))
    }

    #[test]
    fn no_name_is_given_twice() {
        let mut seen = std::collections::BTreeSet::new();
        let all = scalars().flat_map(|function| std::iter::once(&function.name).chain(function.aliases));
        for name in all {
            assert!(seen.insert(*name), "{name} is defined twice");
        }
    }

    #[test]
    fn results_have_sparks_types() {
        let check = |name, args, expected| assert_eq!(resolve(name, args).unwrap().data_type, expected, "{name}");
        check("sum", vec![of(DataType::Decimal(10, 2))], DataType::Decimal(20, 2));
        check("avg", vec![of(DataType::Decimal(10, 2))], DataType::Decimal(14, 6));
        check("round", vec![of(DataType::Decimal(10, 2)), Expr::int(1)], DataType::Decimal(10, 1));
        check("ceil", vec![of(DataType::Double)], DataType::Long);
        check("greatest", vec![of(DataType::Integer), of(DataType::Double)], DataType::Double);
        check("concat", vec![of(DataType::Integer), of(DataType::String)], DataType::String);
        check("lag", vec![of(DataType::Date)], DataType::Date);
    }

    #[test]
    fn wrong_arguments_are_refused_in_sparks_words() {
        let condition = |name, args| resolve(name, args).unwrap_err().condition().unwrap().to_owned();
        assert_eq!(
            condition("length", vec![of(DataType::array(DataType::Integer))]),
            "DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE"
        );
        assert_eq!(
            condition("coalesce", vec![of(DataType::Integer), of(DataType::array(DataType::String))]),
            "DATATYPE_MISMATCH.DATA_DIFF_TYPES"
        );
        assert_eq!(condition("upper", vec![]), "WRONG_NUM_ARGS.WITHOUT_SUGGESTION");
    }
}
