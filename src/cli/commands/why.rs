//! `batchlab why LOG`.

use crate::cli::{last_run, launch, output};
use crate::common::VirtualTime;
use crate::common::ids::{CacheId, NodeId, StageId};
use crate::report::why::{explain, idleness, told};
use crate::report::words;
use crate::report::{costs, input};
use crate::status::Status;
use crate::status::waits::{self, ran_again};
use crate::status::why::{Subject, ask};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Ask a run why: what cost most and what would change it, why does this run again, why here, what does it wait for, why is this core idle
///
/// Without a subject: the most expensive things with what to try against each, then every task that did work again, and why.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab why                       the last run of this workshop folder
  batchlab why run.jsonl --task S2.p5
  batchlab why run.jsonl --core node-1.c2 --at 1.25
  batchlab why run.jsonl --block 0.p3
  batchlab why run.jsonl --block part-00003
  batchlab why run.jsonl --costs")]
pub(crate) struct Args {
    /// The log that `batchlab run --events FILE` wrote, or an event log of real Spark; the last run of this workshop folder when none is named
    log: Option<PathBuf>,
    /// Only what cost most, and the lessons that help
    #[arg(long, conflicts_with_all = ["task", "block", "stage", "node", "core"])]
    costs: bool,
    /// A task, such as S2.p5
    #[arg(long, value_name = "S2.p5")]
    task: Option<String>,
    /// A partition of a cache, such as 0.p3, or a block of an input file: B3, or a part of the file's path
    #[arg(long, value_name = "CACHE.pN|B3|FILE")]
    block: Option<String>,
    /// A stage, such as S2
    #[arg(long)]
    stage: Option<String>,
    /// A machine, such as node-2
    #[arg(long)]
    node: Option<String>,
    /// A core, such as node-2.c0
    #[arg(long, value_name = "NODE.cN")]
    core: Option<String>,
    /// The moment to ask at, in virtual seconds; the end unless given
    #[arg(long, value_name = "SECONDS")]
    at: Option<f64>,
}

pub(crate) fn run(args: &Args) -> u8 {
    let events = match last_run::open(args.log.as_deref()) {
        Ok(events) => events,
        Err(error) => return launch::refuse(&error),
    };
    let status = match args.at {
        Some(at) => Status::fold(&events, VirtualTime::from_secs_f64(at)),
        None => Status::of(&events),
    };
    match answer(args, &status) {
        Some(text) => {
            output::out(&text);
            0
        }
        None => output::usage(
            "what is asked about cannot be understood",
            "a task is S2.p5, a block 0.p3 or B3 or a part of a file name, a stage S2, a machine node-2, a core node-2.c0",
        ),
    }
}

fn answer(args: &Args, status: &Status) -> Option<String> {
    if let Some(text) = &args.task {
        let (stage, partition) = pair(text, &['p', 'm'])?;
        return Some(told(status, Subject::Task(StageId(stage), partition)));
    }
    if let Some(text) = &args.block {
        let Some((cache, partition)) = pair(text, &['p']).filter(|_| input::named(status, text).is_empty()) else {
            let blocks = input::named(status, text);
            let told: Vec<String> = blocks.into_iter().map(|block| input::told(status, block)).collect();
            return (!told.is_empty()).then(|| told.join("\n"));
        };
        return Some(told(status, Subject::CachedBlock(CacheId(cache), partition)));
    }
    if let Some(text) = &args.stage {
        return Some(told(status, Subject::Stage(StageId(number(text)?))));
    }
    if let Some(text) = &args.core {
        let (node, core) = pair(text, &['c'])?;
        return Some(format!("{}\n", idleness(status, NodeId(node), core, &waits::idle(status, NodeId(node), core))));
    }
    if let Some(text) = &args.node {
        return Some(told(status, Subject::Node(NodeId(number(text)?))));
    }
    let costs = costs::text(status);
    Some(if args.costs { costs } else { costs + "\n" + &everything(status) })
}

/// The digits at the end of a name such as `S2` or `node-2`.
fn number(text: &str) -> Option<u32> {
    text.trim().trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

/// `S2.p5` as (2, 5).
fn pair(text: &str, letters: &[char]) -> Option<(u32, u32)> {
    let (first, second) = text.split_once('.')?;
    Some((number(first)?, second.strip_prefix(letters)?.parse().ok()?))
}

fn everything(status: &Status) -> String {
    let tasks: BTreeSet<(StageId, u32)> = ran_again(status).into_iter().map(|(stage, part, _)| (stage, part)).collect();
    if tasks.is_empty() {
        return "Nothing did work again.\n".to_owned();
    }
    let all: Vec<(StageId, u32)> = tasks.iter().copied().collect();
    let mut text = format!("These did work again: {}.\n", words::stage_tasks(status, &all));
    for (stage, partition) in tasks {
        text.push('\n');
        text.push_str(&explain(status, &ask(status, Subject::Task(stage, partition))).to_string());
    }
    text
}
