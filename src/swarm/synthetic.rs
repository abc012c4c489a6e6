//! Jobs of a given size without rows: how the scheduler, the network and recovery behave when everything is large.

use super::dice::Dice;
use crate::cluster::cost_model::CostModel;
use crate::cluster::pretend::Pretend;
use crate::cluster::{Cluster, ClusterConfig, Fault, JobSpec, JobWork};
use crate::common::time::VirtualTime;
use crate::common::{Conf, Result};
use crate::event::log::EventLog;
use crate::event::{Application, EventKind};
use crate::physical::PhysicalPlan;
use crate::physical::plan::{Partitioning, RowOrder, ShuffleOrigin};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Rows of a task: a tenth of a second of work on commodity machines.
const ROWS: u64 = 1_500_000;
/// What a map task writes for one reduce partition.
const BLOCK_BYTES: u64 = 2_000;

/// A job to pretend.
#[derive(Debug, Clone)]
pub struct Synthetic {
    pub nodes: u32,
    pub cores: u32,
    /// Of both stages together.
    pub tasks: u32,
    /// Tasks of the second stage.
    pub reduces: u32,
    /// Faults at random moments.
    pub faults: u32,
    pub seed: u64,
}

/// How it went.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub virtual_time: VirtualTime,
    pub events: usize,
    pub attempts: u64,
    pub again: u64,
    pub faults: u64,
    /// Why the job failed, if it did.
    pub error: Option<String>,
    pub log: EventLog,
}

impl Synthetic {
    /// A job of so many tasks; its second stage has at most 200, Spark's default.
    #[must_use]
    pub fn new(nodes: u32, cores: u32, tasks: u32) -> Self {
        Synthetic { nodes, cores, tasks, reduces: (tasks / 5).clamp(1, 200), faults: 0, seed: 42 }
    }

    fn drawn(&self) -> Vec<Fault> {
        let mut dice = Dice(self.seed);
        let kinds = ["kill", "kill", "kill-executor", "slow", "silent", "slow-link", "restart"];
        let maps = self.tasks.saturating_sub(self.reduces).max(1);
        let waves = u64::from(self.tasks) * 1000 / u64::from(self.nodes * self.cores).max(1) + 1000;
        let texts = (0..self.faults).map(|_| {
            let (kind, node) = (*dice.pick(&kinds), 1 + dice.roll(self.nodes as usize));
            let times = if kind.starts_with("slow") { "x4" } else { "" };
            match dice.roll(2) {
                0 => format!("{kind}:{node}{times}@S0.p{}", dice.roll(maps as usize)),
                // A wave takes about a tenth of a second.
                _ => format!("{kind}:{node}{times}@{:.3}", dice.roll(waves as usize) as f64 / 10_000.0),
            }
        });
        texts.collect::<Vec<_>>().iter().filter_map(|text| Fault::parse(text).ok()).collect()
    }

    /// Runs it.
    ///
    /// # Errors
    /// When there cannot be such a cluster.
    pub fn run(&self) -> Result<Outcome> {
        let mut config = ClusterConfig::new(self.nodes, self.cores)?.with_memory(64 << 30);
        config.cost = CostModel::preset("commodity")?;
        let (log, conf) = (EventLog::new(), Arc::new(Conf::new()));
        let started = EventKind::ApplicationStarted(Arc::new(Application {
            name: "synthetic".to_owned(),
            script: String::new(),
            seed: self.seed,
            cluster: config.shape(),
            conf: Vec::new(),
        }));
        log.push(VirtualTime::ZERO, started);
        let never = Arc::new(AtomicBool::new(false));
        let mut cluster = Cluster::new(config, self.drawn(), self.seed, conf, log.clone(), 1, never)?;
        cluster.pretend(Pretend::new(ROWS, BLOCK_BYTES));
        let job = cluster.submit(JobSpec {
            query: None,
            plan: self.plan(),
            work: JobWork::Collect,
            partitions: None,
            description: "synthetic".to_owned(),
            line: 0,
            now_micros: 0,
        })?;
        let error = cluster.run_until_done(&[job]).err().map(|error| error.to_string());
        cluster.finish(i32::from(error.is_some()));
        Ok(self.outcome(cluster.now(), error, log))
    }

    fn plan(&self) -> Arc<PhysicalPlan> {
        let maps = self.tasks.saturating_sub(self.reduces).max(1) as usize;
        let input = PhysicalPlan::Range { start: 0, end: 0, step: 1, partitions: maps, output: Vec::new() };
        Arc::new(PhysicalPlan::ShuffleExchange {
            partitioning: Partitioning::RoundRobin { count: self.reduces as usize, order: RowOrder::Sorted },
            origin: ShuffleOrigin::RepartitionByNum,
            input: Arc::new(input),
        })
    }

    fn outcome(&self, virtual_time: VirtualTime, error: Option<String>, log: EventLog) -> Outcome {
        let (mut attempts, mut again, mut faults) = (0, 0, 0);
        let events = log.snapshot();
        for event in &events {
            match &event.kind {
                EventKind::TaskStarted { attempt, .. } => {
                    attempts += 1;
                    again += u64::from(*attempt > 0);
                }
                EventKind::FaultInjected { .. } => faults += 1,
                _ => {}
            }
        }
        Outcome { virtual_time, events: events.len(), attempts, again, faults, error, log }
    }
}
