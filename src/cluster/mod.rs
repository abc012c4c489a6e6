//! Floor 4, the yard: one loop on virtual time around pretend executors that hold real blocks.
//!
//! [`crate::scheduler`] decides, [`crate::exec`] computes, [`Cluster`] moves the clock between them, takes the modelled time from the
//! [`CostModel`] and lets things break as the [`Fault`]s say.

mod attempt;
mod block_store;
mod breakage;
pub mod config;
pub mod cost_model;
pub mod fault;
mod inputs;
pub mod job;
mod journal;
mod node;
mod pool;
mod preparing;
pub mod simulation;
mod transfers;

pub use config::ClusterConfig;
pub use cost_model::CostModel;
pub use fault::{Fault, FaultTime};
pub use job::{CacheStats, JobResult, JobSpec, JobWork, ShuffleStats};
pub use simulation::Cluster;

#[cfg(test)]
mod tests;
