//! Cluster managers as a model: how executors are granted, packed onto machines, and given back.
//!
//! | | granted | packed | after a death |
//! |---|---|---|---|
//! | standalone | at once | spread over the machines, one executor each round | the worker starts another at once, ten times |
//! | YARN | with the heartbeats, first after 0.2 s, then every 3 s | a machine is filled before the next | asked for again with the next heartbeat |
//! | Kubernetes | ten pods a second, each 2 s to start | spread to the emptiest machine | a new pod, on any machine |
//!
//! When the driver dies, its executors notice it by their closed connection and end at once, whoever granted them. The master then ends the
//! application, YARN takes the containers back, Kubernetes deletes the pods with the driver's; shuffle files that a machine's own service kept go
//! with the application. Who starts the driver again asks anew, as above.
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
    /// What an executor takes here: machines may differ.
    pub size: ExecutorSize,
    pub free_cores: u32,
    pub free_memory_bytes: u64,
    /// Executors that run there now.
    pub executors: u32,
}

impl Vacancy {
    fn fits(&self) -> bool {
        self.free_cores >= self.size.cores && self.free_memory_bytes >= self.size.memory_bytes
    }

    /// One executor more, of this size.
    pub fn take(&mut self, size: ExecutorSize) {
        self.free_cores = self.free_cores.saturating_sub(size.cores);
        self.free_memory_bytes = self.free_memory_bytes.saturating_sub(size.memory_bytes);
        self.executors += 1;
    }
}

impl Manager {
    /// Why executors end whose driver has died.
    #[must_use]
    pub fn ends_executors(self) -> &'static str {
        match self {
            Manager::Standalone => "Driver disassociated! Shutting down: the master ends the application",
            Manager::Yarn => "Driver disassociated! Shutting down: the resource manager takes the container back",
            Manager::Kubernetes => "Driver disassociated! Shutting down: the pod is deleted with the driver's",
        }
    }

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

    /// The machine for the next executor, which takes its share of it.
    pub fn place(self, vacancies: &mut [Vacancy], conf: &Conf) -> Option<NodeId> {
        let fitting = vacancies.iter_mut().filter(|vacancy| vacancy.fits());
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
        let chosen = chosen?;
        chosen.take(chosen.size);
        Some(chosen.node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(manager: Manager) -> Vec<u32> {
        let size = ExecutorSize { cores: 2, memory_bytes: 1 };
        let mut vacancies: Vec<Vacancy> = (1..=3)
            .map(|node| Vacancy { node: NodeId(node), size, free_cores: 4, free_memory_bytes: 9, executors: 0 })
            .collect();
        std::iter::from_fn(|| manager.place(&mut vacancies, &Conf::new()).map(|node| node.0)).collect()
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
