//! Floor 3: computes. Vectorised operators over Arrow batches, and the tasks made of them.

mod aggregate;
pub mod batch;
pub mod eval;
mod expression;
pub mod hash;
mod join;
mod keys;
mod operators;
mod partitioner;
mod runtime;
mod sample_keys;
mod scan;
mod spark_random;
pub mod task;

pub use task::{TaskContext, TaskInputs, TaskOutput, TaskWork, run_task};
/// Placeholder.
pub mod infer {
    use crate::common::*;
    use crate::logical::plan::*;
    pub fn infer_schema(
        _f: FileFormat,
        _files: &[FileEntry],
        _o: &crate::common::conf::Options,
        _c: &Conf,
    ) -> Result<Option<crate::logical::StructType>> {
        Ok(None)
    }
}
