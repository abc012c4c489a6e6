//! Floor 5, the hall: the one staircase of the house. Every step of the road, in order.
//!
//! ```text
//!   script text ── pyspark ──▶ LogicalPlan as written
//!                                 │ analyzer          names, types, Spark's errors
//!                                 ▼
//!                              resolved plan ── cache manager: what is cached is read from there
//!                                 │ optimizer         rules, each traced
//!                                 ▼
//!                              PhysicalPlan with exchanges
//!                                 │ query             stage by stage: run an exchange, measure, plan the rest again
//!                                 ▼
//!                              cluster                tasks on virtual time, computed by exec on real threads
//!                                 │
//!                                 ▼
//!                              batches, files, events
//! ```
//!
//! [`run_script`] runs a whole script, [`run_entries`] one that is typed bit by bit. Each owns a [`Session`], which is the interpreter's [`Host`](crate::pyspark::host::Host).

mod cache;
mod catalog;
mod checkpoint;
mod deep_stack;
mod direct_files;
mod files;
mod fold;
mod host;
mod kept;
mod plan_steps;
mod planning;
mod query;
mod ran;
mod range_bounds;
mod read;
mod refresh;
mod rounds;
mod routines;
mod run;
mod shell;
mod siblings;
mod statements;
mod write;

pub use crate::pyspark::{
    Entries, Entry, KEEP_ACTION, Kept, KeptFrame, TopLevel, Uncaught, Use, entry, statement_line, statement_spans,
    top_level, uses,
};
pub use deep_stack::on_deep_stack;
pub use host::cluster_of_master;
pub use planning::{is_optional_rule, rule_reason};
pub use run::{ExplainedQuery, Outcome, RunRequest, RunSpec, Script, run_and_keep, run_script};
pub use shell::{Answer, Ask, Ran, run_entries};

use crate::analyzer::AnalyzedPlans;
use crate::cluster::Cluster;
use crate::common::Conf;
use crate::common::ids::{ExprIds, QueryId};
use crate::event::log::EventLog;
use crate::storage::Workspace;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Everything that one run of a script holds.
pub struct Session {
    workspace: Workspace,
    conf: Conf,
    /// What the script's builder may not change any more once the cluster runs.
    /// What runs, as it was asked for.
    spec: run::RunSpec,
    /// The settings from outside, which every session of the script begins with.
    given: Conf,
    ids: Arc<ExprIds>,
    catalog: catalog::SessionCatalog,
    siblings: siblings::Siblings,
    analyzed: AnalyzedPlans,
    /// What the script's transformations have built.
    steps: plan_steps::PlanSteps,
    caches: cache::CacheManager,
    cluster: Option<Cluster>,
    log: EventLog,
    cancelled: Arc<AtomicBool>,
    out: Box<dyn FnMut(&str) + Send>,
    next_query: u32,
    ran: ran::RanPlans,
    line: u32,
    seeds: rand_chacha::ChaCha8Rng,
    writes: u32,
    explained: run::Explained,
    stopped: bool,
    /// Files and folders that the script made itself, with `open` and `os.makedirs`.
    made: BTreeSet<std::path::PathBuf>,
}

impl Session {
    fn next_query(&mut self) -> QueryId {
        let id = QueryId(self.next_query);
        self.next_query += 1;
        id
    }
}
