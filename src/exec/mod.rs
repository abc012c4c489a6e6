//! Floor 3: computes. Vectorised operators over Arrow batches, and the tasks made of them.

mod aggregate;
pub mod batch;
pub mod blocks;
mod compact;
mod datasketch;
pub mod eval;
mod expression;
pub mod hash;
pub mod helpers;
pub mod infer;
mod java_random;
mod join;
mod keys;
mod operators;
mod packing;
mod partitioner;
pub mod peek;
mod python_batches;
mod runtime;
mod sample_keys;
mod scan;
mod spark_poisson;
mod spark_random;
mod spill;
pub mod task;
#[cfg(test)]
mod tests;
mod unsafe_row;
mod window;
mod write;

pub use task::{TaskContext, TaskInputs, TaskOutput, TaskWork, run_task};
