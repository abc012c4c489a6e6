//! Floor 4, the yard: one loop on virtual time around pretend executors that hold real blocks.
//!
//! [`crate::scheduler`] decides, [`crate::exec`] computes, [`Cluster`] moves the clock between them, takes the modelled time from the
//! [`CostModel`] and lets things break as the [`Fault`]s say.

mod attempt;
mod block_store;
mod breakage;
#[cfg(test)]
mod breakage_tests;
pub mod config;
pub mod cost_model;
mod executors;
pub mod fault;
mod inputs;
pub mod job;
mod journal;
mod leaving;
pub mod manager;
mod memory;
mod node;
mod pool;
mod preparing;
pub mod pretend;
pub mod result_size;
pub mod simulation;
pub mod storage_level;
mod transfers;

pub use config::{ClusterConfig, Machine, Market, Storage};
pub use cost_model::CostModel;
pub use fault::{Breakage, Fault, FaultTime};
pub use job::{CacheStats, JobResult, JobSpec, JobWork};
pub use simulation::{Cluster, check_faults};

#[cfg(test)]
mod tests;
