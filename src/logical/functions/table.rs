//! Table functions of the script (`@udtf`): a class that is given rows one after the other and makes rows of its own.

use super::Evaluation;
use crate::common::Result;
use crate::logical::scalar::Scalar;
use crate::logical::types::{DataType, StructType};
use std::fmt;
use std::sync::Arc;

/// What is known of an argument before anything runs.
#[derive(Debug, Clone, PartialEq)]
pub struct ArgumentFacts {
    /// Given by name.
    pub name: Option<String>,
    pub data_type: DataType,
    /// The value of a constant.
    pub constant: Option<Scalar>,
    pub is_table: bool,
}

/// A column by which the rows of a table argument are put in order, as text in SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderingText {
    pub expression: String,
    pub ascending: bool,
    /// Absent: Spark's default for the direction.
    pub nulls_first: Option<bool>,
}

/// What a call gives, and what it wants of its table argument.
#[derive(Debug, Clone)]
pub struct TableShape {
    pub columns: StructType,
    /// The function as it runs for these arguments.
    pub function: Arc<dyn TableFunction>,
    /// Expressions in SQL.
    pub partition_by: Vec<String>,
    pub order_by: Vec<OrderingText>,
    pub is_single_partition: bool,
    /// Expressions in SQL and their names; empty: all columns.
    pub select: Vec<(String, Option<String>)>,
}

/// How the arguments of one call reach the function.
#[derive(Debug, Clone)]
pub struct Arguments {
    pub types: Vec<DataType>,
    /// As long as `types`.
    pub names: Vec<Option<String>>,
    /// The table argument's position, and how many columns at the end of its struct only tell which group a row belongs to.
    pub table: Option<(usize, usize)>,
    /// What the function's rows must be.
    pub columns: StructType,
}

/// A class of the script that makes rows of rows.
pub trait TableFunction: fmt::Debug + Send + Sync {
    /// The name shown in plans.
    fn name(&self) -> &str;

    /// How Spark hands it its rows.
    fn evaluation(&self) -> Evaluation;

    /// Whether the same rows always give the same rows.
    fn is_deterministic(&self) -> bool;

    /// What a call with these arguments gives.
    ///
    /// # Errors
    /// What the script's `analyze` raised, as an `AnalysisException`.
    fn analyze(&self, arguments: &[ArgumentFacts]) -> Result<TableShape>;

    /// Begins on a partition.
    ///
    /// # Errors
    /// What making the script's object raised, as a `PythonException`.
    fn start(&self, arguments: Arguments) -> Result<Box<dyn TableRun>>;

    /// A number that two functions share only when they are the same.
    fn identity(&self) -> u64;
}

impl PartialEq for dyn TableFunction {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

/// Rows that a table function made, each with the number of the row among those given that it belongs to.
pub type MadeRows = Vec<(usize, Vec<Scalar>)>;

/// A table function at work on one partition.
pub trait TableRun {
    /// Takes the partition's next rows.
    ///
    /// # Errors
    /// What the function raised, as a `PythonException`.
    fn rows(&mut self, rows: Vec<Vec<Scalar>>) -> Result<MadeRows>;

    /// The rows that come after the last row; asked only when there was one.
    ///
    /// # Errors
    /// What the function raised, as a `PythonException`.
    fn finish(&mut self) -> Result<Vec<Vec<Scalar>>>;
}
