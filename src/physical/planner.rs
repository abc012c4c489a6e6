//! From an optimized logical plan to operators with exchanges in place.

use super::plan::PhysicalPlan;
use crate::common::ids::ExprIds;
use crate::common::{Conf, Result, SparkError};
use crate::logical::LogicalPlan;
use crate::logical::fold::ConstantFolder;
use std::path::PathBuf;
use std::sync::Arc;

/// What the planner may ask.
pub struct PlannerContext<'a> {
    pub conf: &'a Conf,
    /// For new columns (grouping expressions, aggregate buffers).
    pub ids: &'a ExprIds,
    /// Computes partition filters on the values of folder names.
    pub folder: &'a dyn ConstantFolder,
    /// Spark's `defaultParallelism`: the cluster's cores.
    pub default_parallelism: usize,
    /// What one byte of a file stands for (`--scale`).
    pub scale: u64,
    /// What is done with the rows of the root.
    pub root: RootUse,
    /// The folder below which the tasks of a `Write` at the root stage their files.
    pub staging: Option<PathBuf>,
}

/// What is done with a plan's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootUse {
    /// `collect`, `show`, `take`: a limit at the root may run partitions in growing groups.
    Collect,
    /// The rows stay partitioned (`df.rdd`, writing, caching).
    Partitioned,
}

/// Plans a query. Exchanges are in place; with adaptive execution on, [`super::adaptive`] runs them one by one.
///
/// # Errors
/// A logical node that must not reach the planner, or a query that Spark refuses (a cross join that is not allowed).
pub fn plan(optimized: &Arc<LogicalPlan>, context: &PlannerContext<'_>) -> Result<Arc<PhysicalPlan>> {
    let _ = (optimized, context);
    Err(SparkError::internal("the planner is not in place yet"))
}
