//! Pieces of input files: where their copies are, and from where an attempt read them.

use super::model::{Attempt, InputBlock, Status};
use crate::common::ids::{InputBlockId, NodeId, TaskId};
use crate::common::time::VirtualTime;

/// How a copy of a piece of an input file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copy {
    There,
    /// It alone was lost, or its machine came back without it.
    Gone(VirtualTime),
    /// Its machine is down, since then.
    Down(VirtualTime),
}

/// Why an attempt read a piece from where it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFrom {
    /// Its own machine has a copy.
    Here,
    /// Its own machine never had one.
    NoCopyHere { from: NodeId },
    /// Its own machine had lost its copy by then.
    CopyGone { from: NodeId, since: VirtualTime },
}

/// The copies that were made of a piece, and how each is.
#[must_use]
pub fn copies(status: &Status, block: &InputBlock) -> Vec<(NodeId, Copy)> {
    let state = |node: NodeId| {
        let gone = block.gone.iter().find(|(on, _)| *on == node).map(|(_, at)| Copy::Gone(*at));
        let down = status.nodes.get(&node).and_then(|node| node.died).map(Copy::Down);
        gone.or(down).unwrap_or(Copy::There)
    };
    block.nodes.iter().map(|node| (*node, state(*node))).collect()
}

/// Why an attempt read a piece from `from`.
#[must_use]
pub fn read_from(block: &InputBlock, attempt: &Attempt, from: NodeId) -> ReadFrom {
    let gone = |(node, at): &&(NodeId, VirtualTime)| *node == attempt.node && *at <= attempt.ended.unwrap_or(*at);
    match block.gone.iter().find(gone) {
        _ if from == attempt.node => ReadFrom::Here,
        Some((_, since)) => ReadFrom::CopyGone { from, since: *since },
        None => ReadFrom::NoCopyHere { from },
    }
}

/// What an attempt read of input files, and from where.
pub fn reads_of(status: &Status, task: TaskId) -> impl Iterator<Item = (InputBlockId, &InputBlock, NodeId)> {
    status.input_blocks.iter().flat_map(move |(id, block)| {
        let own = block.reads.iter().filter(move |(reader, _)| *reader == task);
        own.map(move |(_, from)| (*id, block.as_ref(), *from))
    })
}
