//! Machines, and what a death takes.

use crate::common::ids::{CacheId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::status::need::Need;

/// A machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub node: NodeId,
    pub cores: u32,
    pub memory_bytes: u64,
    /// From 0.
    pub rack: u32,
    pub is_spot: bool,
    /// Since when nobody hears it though it works.
    pub cut: Option<VirtualTime>,
    /// When it will be taken away.
    pub leaving: Option<VirtualTime>,
    /// When it died; absent while it lives.
    pub died: Option<VirtualTime>,
    /// When the driver gave its executor up.
    pub given_up: Option<VirtualTime>,
    /// How often it died.
    pub deaths: u32,
    /// What its tasks wrote to disk for want of memory.
    pub spilled_bytes: u64,
    /// A fault has slowed it, its disk or its link.
    pub is_slowed: bool,
    /// The attempt on each core. On a dead node: what was running when it died.
    pub running: Vec<Option<TaskId>>,
}

impl Node {
    /// Whether it is up.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.died.is_none()
    }
}

/// What ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// The machine.
    Node,
    /// Only its executor's process: the machine starts another.
    Executor,
    /// An executor that left as it was asked to, or was given back for want of work.
    Leaver,
}

/// What was on a node (in its executor) when it died, and what was needed of it at that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Death {
    pub node: NodeId,
    pub victim: Victim,
    pub at: VirtualTime,
    /// Events up to and including the death.
    pub position: usize,
    /// Attempts that were running on it; on a silent machine also those that the driver sent there before it gave it up.
    pub running: Vec<TaskId>,
    /// Map outputs that were on it.
    pub outputs: Vec<LostOutput>,
    /// Cached partitions that were on it.
    pub cached: Vec<LostBlock>,
    /// Map outputs that were on other nodes.
    pub outputs_kept: usize,
    /// Cached partitions that were on other nodes.
    pub cached_kept: usize,
}

impl Death {
    /// `node-2`, or `the executor on node-2`.
    #[must_use]
    pub fn who(&self) -> String {
        match self.victim {
            Victim::Node => self.node.to_string(),
            Victim::Executor | Victim::Leaver => format!("the executor on {}", self.node),
        }
    }

    /// What happened to it: `died`.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self.victim {
            Victim::Node | Victim::Executor => "died",
            Victim::Leaver => "was given back",
        }
    }
}

/// A map output that died with its node.
#[derive(Debug, Clone, PartialEq)]
pub struct LostOutput {
    pub shuffle: ShuffleId,
    pub stage: StageId,
    pub map: u32,
    pub bytes: u64,
    pub need: Need,
}

/// A cached partition that died with its node.
#[derive(Debug, Clone, PartialEq)]
pub struct LostBlock {
    pub cache: CacheId,
    pub partition: u32,
    pub bytes: u64,
    pub need: Need,
}
