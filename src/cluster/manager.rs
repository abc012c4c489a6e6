//! Cluster managers as a model: how executors are granted, packed onto machines, and given back.
//!
//! | | granted | packed | after a death |
//! |---|---|---|---|
//! | standalone | at once | spread over the machines, one executor each round | the worker starts another at once, ten times |
//! | YARN | with the heartbeats, first after 0.2 s, then every 3 s | a machine is filled before the next | asked for again with the next heartbeat |
//! | Kubernetes | ten pods a second, each 2 s to start | spread to the emptiest machine | a new pod, on any machine |
//!
//! Rules: `spark.deploy.spreadOut`, `spark.yarn.scheduler.heartbeat.interval-ms` and `initial-allocation.interval`,
//! `spark.kubernetes.allocation.batch.size` and `.delay`.
//!
//! **Simplified:** queues of other applications, node labels and image pulls are not there; a fixed 2 s stand for a pod's start.

use crate::common::Conf;
use crate::common::ids::NodeId;
use crate::common::time::VirtualDuration;
use serde::Deserialize;

/// Who hands out executors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Manager {
    #[default]
    Standalone,
    Yarn,
    Kubernetes,
}

/// What one executor takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutorSize {
    pub cores: u32,
    pub memory_bytes: u64,
}

/// A machine with room for executors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vacancy {
    pub node: NodeId,
    pub free_cores: u32,
    pub free_memory_bytes: u64,
    /// Executors that run there now.
    pub executors: u32,
}

impl Manager {
    /// How long the `index`-th executor of one request (from 0) takes until it is there.
    #[must_use]
    pub fn delay(self, index: u32, is_first_request: bool, conf: &Conf) -> VirtualDuration {
        match self {
            Manager::Standalone => VirtualDuration(0),
            Manager::Yarn if is_first_request => VirtualDuration::from_millis(200),
            Manager::Yarn => {
                VirtualDuration::from_millis(conf.millis("spark.yarn.scheduler.heartbeat.interval-ms", 3000))
            }
            Manager::Kubernetes => {
                let batch = conf.number("spark.kubernetes.allocation.batch.size", 10).max(1) as u32;
                let pause = conf.millis("spark.kubernetes.allocation.batch.delay", 1000);
                VirtualDuration::from_millis(u64::from(index / batch) * pause + 2000)
            }
        }
    }

    /// The machine for the next executor.
    #[must_use]
    pub fn place(self, size: ExecutorSize, vacancies: &[Vacancy], conf: &Conf) -> Option<NodeId> {
        let fits =
            |vacancy: &&Vacancy| vacancy.free_cores >= size.cores && vacancy.free_memory_bytes >= size.memory_bytes;
        let fitting = vacancies.iter().filter(fits);
        let spread = match self {
            Manager::Standalone => conf.get("spark.deploy.spreadOut").is_none_or(|text| text.trim() != "false"),
            Manager::Kubernetes => true,
            Manager::Yarn => false,
        };
        let chosen = if spread {
            fitting.min_by_key(|vacancy| (vacancy.executors, std::cmp::Reverse(vacancy.free_cores), vacancy.node))
        } else {
            fitting.min_by_key(|vacancy| (std::cmp::Reverse(vacancy.executors), vacancy.node))
        };
        chosen.map(|vacancy| vacancy.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(manager: Manager) -> Vec<u32> {
        let size = ExecutorSize { cores: 2, memory_bytes: 1 };
        let mut vacancies: Vec<Vacancy> = (1..=3)
            .map(|node| Vacancy { node: NodeId(node), free_cores: 4, free_memory_bytes: 9, executors: 0 })
            .collect();
        let mut found = Vec::new();
        while let Some(node) = manager.place(size, &vacancies, &Conf::new()) {
            found.push(node.0);
            let vacancy = &mut vacancies[node.0 as usize - 1];
            vacancy.free_cores -= size.cores;
            vacancy.executors += 1;
        }
        found
    }

    #[test]
    fn standalone_spreads_and_yarn_fills() {
        assert_eq!(places(Manager::Standalone), [1, 2, 3, 1, 2, 3]);
        assert_eq!(places(Manager::Kubernetes), [1, 2, 3, 1, 2, 3]);
        assert_eq!(places(Manager::Yarn), [1, 1, 2, 2, 3, 3]);
    }

    #[test]
    fn pods_come_in_batches() {
        let delay = |index| Manager::Kubernetes.delay(index, true, &Conf::new()).0 / 1_000_000;
        assert_eq!([delay(0), delay(9), delay(10), delay(25)], [2000, 2000, 3000, 4000]);
    }
}
