//! A pretend machine, and the executors on it.

use super::block_store::BlockStore;
use crate::common::ids::{BroadcastId, NodeId, TaskId};
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

/// What reached a machine, or left it, while its cable was cut; it goes on when the cable is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parked {
    /// A task that the driver sent.
    Begin(TaskId),
    /// A result for the driver.
    Written(TaskId),
    /// A failure for the driver.
    Broken(TaskId),
}

/// A machine.
#[derive(Debug)]
pub struct Node {
    pub health: Health,
    /// Cut off from the driver since then.
    pub cut_since: Option<VirtualTime>,
    pub parked: Vec<Parked>,
    /// Tasks take this many times as long.
    pub slowness: u32,
    /// Its copies of input blocks are gone.
    pub replicas_lost: bool,
    /// Nothing more can be written.
    pub is_disk_full: bool,
    /// It leaves soon: no new executor starts here.
    pub is_leaving: bool,
    /// Shuffle files that the machine's own service keeps (`spark.shuffle.service.enabled`).
    pub service: BlockStore,
}

impl Node {
    /// A fresh machine.
    #[must_use]
    pub fn new() -> Self {
        Node {
            health: Health::Up,
            cut_since: None,
            parked: Vec::new(),
            slowness: 1,
            replicas_lost: false,
            is_disk_full: false,
            is_leaving: false,
            service: BlockStore::default(),
        }
    }

    /// Whether it works.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.health == Health::Up
    }

    /// Whether the driver and the other machines hear from it.
    #[must_use]
    pub fn answers(&self) -> bool {
        self.is_up() && self.cut_since.is_none()
    }

    /// Whether it may get executors.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.answers() && !self.is_leaving
    }
}

/// A pretend worker process.
#[derive(Debug)]
pub struct Executor {
    pub node: NodeId,
    pub cores: u32,
    pub memory_bytes: u64,
    /// The first of its cores on the machine.
    pub first_core: u32,
    /// When it started; its heartbeats count from here.
    pub started: VirtualTime,
    pub store: BlockStore,
    pub broadcasts: BTreeSet<BroadcastId>,
    /// Memory that its running tasks hold, as the simulated cluster counts it.
    pub held_by_tasks: u64,
    pub has_run_a_task: bool,
    /// It gets no new tasks and hands its blocks to others.
    pub is_decommissioning: bool,
}
