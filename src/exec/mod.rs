//! Floor 3: computes. Vectorised operators over Arrow batches, and the tasks made of them.

pub mod eval;
pub mod hash;
pub mod task;

pub use task::{TaskContext, TaskInputs, TaskOutput, TaskWork, run_task};
