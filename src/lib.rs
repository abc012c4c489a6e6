//! batchlab: a workshop on batch processing with distributed data.
//!
//! A learner writes ordinary PySpark; a simulated cluster of many nodes in one process really runs it on Arrow; a terminal theatre
//! shows stages, shuffles, node deaths and recovery. `ARCHITECTURE.md` draws the house; `tests/architecture.rs` keeps it.

pub mod analyzer;
pub mod cli;
pub mod cluster;
pub mod common;
pub mod datagen;
pub mod event;
pub mod exec;
pub mod logical;
pub mod network;
pub mod optimizer;
pub mod physical;
pub mod pyspark;
pub mod report;
pub mod scheduler;
pub mod session;
pub mod spark_log;
pub mod sql;
pub mod status;
pub mod storage;
pub mod swarm;
pub mod tui;
pub mod workshop;
pub mod worlds;
