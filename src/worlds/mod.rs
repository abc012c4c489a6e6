//! Floor 4, beside the cluster: small worlds that show one idea each, as real mechanisms on virtual time.
//!
//! [`stream`]: a durable log read in batches, micro-batches or record by record. [`store`]: a replicated key-value store whose network is
//! cut. [`edge`]: edge servers that answer viewers near them. [`pools`]: a long and a short job that share a cluster. [`styles`]: one question,
//! eager, on threads, distributed. [`pages`]: a source with a limit, asked page by page. Each has a configuration (TOML) and runs to a
//! [`WorldOutcome`]: what happened, in the past tense, and figures.
//!
//! **Invariants.** No wall clock, no hash order: the same configuration and seed give the same bytes. What must hold is asserted after every step.

mod agenda;
mod config;
pub mod edge;
mod outcome;
pub mod pages;
pub mod pools;
pub mod store;
pub mod stream;
pub mod styles;
mod wire;

pub use config::World;
pub use outcome::{Mark, Moment, WorldOutcome};
