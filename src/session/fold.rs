//! Small computations on the driver: constant expressions for the optimizer, and plans whose rows the driver already holds.

use crate::common::ids::{BroadcastId, CacheId, ShuffleId};
use crate::common::{Conf, Result, SparkError};
use crate::exec::blocks::{Block, Room};
use crate::exec::helpers::NoHelpers;
use crate::exec::task::{Batches, BroadcastRelation, TaskContext, TaskInputs, TaskOutput, TaskWork, run_task};
use crate::logical::expr::Expr;
use crate::logical::fold::ConstantFolder;
use crate::logical::scalar::Scalar;
use crate::physical::PhysicalPlan;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// More than any driver-side computation needs.
const DRIVER_MEMORY_BYTES: u64 = 1 << 30;

/// Folds constants with the engine's own evaluation, so that a folded expression gives what it would give in a task.
pub(super) struct EvalFolder {
    conf: Arc<Conf>,
    now_micros: i64,
}

impl EvalFolder {
    pub(super) fn new(conf: &Conf, now_micros: i64) -> Self {
        EvalFolder { conf: Arc::new(conf.clone()), now_micros }
    }
}

impl ConstantFolder for EvalFolder {
    fn fold(&self, expr: &Expr) -> Option<Result<Expr>> {
        if !is_constant(expr) {
            return None;
        }
        let data_type = expr.data_type();
        let named = expr.clone().alias("value");
        let plan = PhysicalPlan::Project { exprs: vec![named], input: Arc::new(PhysicalPlan::OneRow) };
        let value = run_locally(&plan, &self.conf, self.now_micros).and_then(|output| {
            let batch = output.batches.iter().find(|batch| batch.num_rows() > 0);
            let batch = batch.ok_or_else(|| SparkError::internal("a constant expression gave no row"))?;
            Scalar::from_array(batch.column(0), 0, &data_type)
        });
        Some(value.map(|value| Expr::Literal(value, data_type)))
    }
}

fn is_constant(expr: &Expr) -> bool {
    !expr.any(|part| match part {
        Expr::Function { function, .. } => !function.deterministic,
        Expr::Attribute(_)
        | Expr::OuterReference(_)
        | Expr::Udf { .. }
        | Expr::TableCall(_)
        | Expr::Aggregate(_)
        | Expr::Window { .. }
        | Expr::WindowFunction { .. }
        | Expr::Generator { .. }
        | Expr::ScalarSubquery(_)
        | Expr::InSubquery { .. }
        | Expr::Exists(_)
        | Expr::UnresolvedAttribute(_)
        | Expr::Star(_)
        | Expr::ColumnRegex(_)
        | Expr::Call(_)
        | Expr::Lambda { .. }
        | Expr::Extract { .. }
        | Expr::MultiAlias { .. } => true,
        Expr::Literal(..)
        | Expr::Alias { .. }
        | Expr::Cast { .. }
        | Expr::Binary { .. }
        | Expr::Unary { .. }
        | Expr::Case { .. }
        | Expr::In { .. }
        | Expr::SortOrder(_) => false,
    })
}

/// Computes the first partition of a plan without exchanges, on this thread.
pub(super) fn run_locally(plan: &PhysicalPlan, conf: &Conf, now_micros: i64) -> Result<TaskOutput> {
    let context = TaskContext {
        partition: 0,
        attempt: 0,
        conf: Arc::new(conf.clone()),
        now_micros,
        memory_bytes: DRIVER_MEMORY_BYTES,
        cancelled: Arc::new(AtomicBool::new(false)),
        helpers: Arc::new(NoHelpers),
        room: Room::new(DRIVER_MEMORY_BYTES),
        peek_rows: 0,
        seen: Vec::new(),
    };
    run_task(plan, &TaskWork::Collect, &NoInputs, &context)
}

struct NoInputs;

impl TaskInputs for NoInputs {
    fn shuffle_block(&self, shuffle: ShuffleId, _map: u32, _reduce: u32) -> Result<Block> {
        Err(SparkError::internal(format!("the driver was asked for a block of {shuffle}")))
    }

    fn map_count(&self, _shuffle: ShuffleId) -> u32 {
        0
    }

    fn broadcast(&self, broadcast: BroadcastId) -> Result<Arc<BroadcastRelation>> {
        Err(SparkError::internal(format!("the driver was asked for {broadcast}")))
    }

    fn cached(&self, _cache: CacheId, _partition: u32) -> Option<Batches> {
        None
    }
}
