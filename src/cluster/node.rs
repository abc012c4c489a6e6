//! A pretend machine and the executor on it.

use super::block_store::BlockStore;
use crate::common::ids::{BroadcastId, ExecutorId};
use crate::common::time::VirtualTime;
use std::collections::BTreeSet;

/// How a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    Up,
    /// It does not answer, and its connections are not closed.
    Silent,
    Dead,
}

/// A machine with one executor.
#[derive(Debug)]
pub struct Node {
    pub health: Health,
    /// The executor that runs on it now.
    pub executor: Option<ExecutorId>,
    /// When that executor started; its heartbeats count from here.
    pub started: VirtualTime,
    pub store: BlockStore,
    pub broadcasts: BTreeSet<BroadcastId>,
    /// Tasks take this many times as long.
    pub slowness: u32,
    pub has_run_a_task: bool,
    /// Its copies of input blocks are gone.
    pub replicas_lost: bool,
}

impl Node {
    /// A fresh machine without an executor.
    #[must_use]
    pub fn new() -> Self {
        Node {
            health: Health::Up,
            executor: None,
            started: VirtualTime::ZERO,
            store: BlockStore::default(),
            broadcasts: BTreeSet::new(),
            slowness: 1,
            has_run_a_task: false,
            replicas_lost: false,
        }
    }

    /// Whether it answers.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.health == Health::Up
    }

    /// The executor process is gone with everything it held.
    pub fn drop_executor(&mut self) -> Option<ExecutorId> {
        self.store = BlockStore::default();
        self.broadcasts.clear();
        self.has_run_a_task = false;
        self.executor.take()
    }
}
