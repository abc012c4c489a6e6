//! Where a piece of an input file lies and why, who read it from where, what became of its copies: from the log alone.

use super::words;
use crate::common::ids::{InputBlockId, NodeId};
use crate::common::text::{bytes, plural};
use crate::status::Status;
use crate::status::input::{Copy, ReadFrom, copies, read_from, reads_of};
use crate::status::model::{Attempt, InputBlock};
use std::collections::BTreeSet;

/// How many of a piece's readers are told one by one.
const READERS: usize = 8;

/// The pieces that a name means: `B3`, or a part of a file's path.
#[must_use]
pub fn named(status: &Status, name: &str) -> Vec<InputBlockId> {
    let number = InputBlockId::named(&name.to_uppercase());
    if let Some(block) = number.filter(|block| status.input_blocks.contains_key(block)) {
        return vec![block];
    }
    let is_meant = |block: &InputBlock| !name.is_empty() && block.path.contains(name);
    status.input_blocks.iter().filter(|(_, block)| is_meant(block)).map(|(id, _)| *id).collect()
}

/// All answers about a piece.
#[must_use]
pub fn told(status: &Status, id: InputBlockId) -> String {
    let Some(block) = status.input_blocks.get(&id) else {
        return format!("What is {id}?\n  The log knows nothing of it yet.\n");
    };
    let name = words::input_block(status, id);
    let mut lines = vec![format!("Where is {name}, {}?", bytes(block.bytes))];
    let states = copies(status, block);
    lines.extend(states.iter().map(|(node, copy)| match copy {
        Copy::There => format!("  a copy on {node}"),
        Copy::Gone(at) => format!("  a copy was on {node}; it is gone since {}", words::moment(*at)),
        Copy::Down(at) => format!("  a copy is on {node}, which is down since {}", words::moment(*at)),
    }));
    lines.push(format!("  Why there: {}.", why_there(status, block)));
    lines.extend(why_not(status, block).map(|why| format!("  Why not elsewhere: {why}.")));
    let left = states.iter().filter(|(_, copy)| *copy == Copy::There).count();
    if left == 0 {
        let words =
            "  No copy can be read: who needs it fails, and after spark.task.maxFailures attempts its job does.";
        lines.push(words.to_owned());
        lines.push(
            "  What would have avoided it: more copies, in more racks; storage outside of the cluster.".to_owned(),
        );
    }
    let readers: Vec<_> =
        block.reads.iter().filter_map(|(task, from)| Some((status.attempts.get(task)?, *from))).collect();
    lines.extend(
        readers.iter().take(READERS).map(|(attempt, from)| format!("  {}.", read(status, block, attempt, *from))),
    );
    if readers.len() > READERS {
        lines.push(format!("  {} more read it.", plural((readers.len() - READERS) as u64, "attempt")));
    }
    lines.join("\n") + "\n"
}

/// What an attempt read from elsewhere, and why: for the answers about a task.
#[must_use]
pub fn remote_reads(status: &Status, attempt: &Attempt) -> Vec<String> {
    let remote = reads_of(status, attempt.task).filter(|(_, _, from)| *from != attempt.node);
    remote
        .take(READERS)
        .map(|(id, block, from)| {
            let name = words::input_block(status, id);
            format!("Its input {name} came from {from}: {}.", why_from(block, attempt, from))
        })
        .collect()
}

fn read(status: &Status, block: &InputBlock, attempt: &Attempt, from: NodeId) -> String {
    let name = status.attempt_name(attempt.task);
    if from == attempt.node {
        return format!("{name} read it on {from}, from its own disk");
    }
    format!("{name} ran on {} and read it from {from}: {}", attempt.node, why_from(block, attempt, from))
}

fn why_from(block: &InputBlock, attempt: &Attempt, from: NodeId) -> String {
    match read_from(block, attempt, from) {
        ReadFrom::Here => "it lies there".to_owned(),
        ReadFrom::NoCopyHere { .. } => {
            format!("{} has no copy, and no core was free in time where one is", attempt.node)
        }
        ReadFrom::CopyGone { since, .. } => {
            format!("the copy on {} is gone since {}", attempt.node, words::moment(since))
        }
    }
}

fn why_there(status: &Status, block: &InputBlock) -> &'static str {
    let racks: BTreeSet<u32> = status.nodes.values().map(|node| node.rack).collect();
    match (block.nodes.len(), racks.len()) {
        (0 | 1, _) => "the first copies of the pieces go round the machines, in turn",
        (_, 0 | 1) => {
            "the first copies of the pieces go round the machines, in turn; the others go to the machines behind it"
        }
        (2, _) => "the first copies of the pieces go round the machines, in turn; the second goes to another rack",
        (_, _) => {
            "the first copies of the pieces go round the machines, in turn; the second goes to another rack, the third beside the second"
        }
    }
}

fn why_not(status: &Status, block: &InputBlock) -> Option<String> {
    let others: Vec<NodeId> = status.nodes.keys().copied().filter(|node| !block.nodes.contains(node)).collect();
    let copies = match block.nodes.len() {
        1 => "1 copy".to_owned(),
        several => format!("{several} copies"),
    };
    let are = if block.nodes.len() == 1 { "is" } else { "are" };
    (!others.is_empty()).then(|| {
        format!(
            "{copies} of each piece {are} kept (replication), and turn and racks gave {} none",
            words::nodes(&others)
        )
    })
}
