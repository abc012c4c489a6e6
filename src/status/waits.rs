//! Why here, what does it wait for, why is this core idle: the answers of one moment, from the log alone.

use super::model::{Attempt, Exhausted, Stage, Status, TaskState};
use super::why;
use crate::common::ids::{ExecutorId, NodeId, StageId, TaskId};
use crate::common::time::VirtualDuration;
use crate::event::{Locality, MemoryHolder, TaskCause, TaskOutcome};

/// Why an attempt runs where it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placement {
    pub node: NodeId,
    pub locality: Locality,
    /// From its stage's submission (or the end of the attempt before) until it started.
    pub waited: VirtualDuration,
}

/// What a task waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wait {
    /// It is done, or the script has ended.
    Nothing,
    /// It runs.
    Runs(TaskId),
    /// These parents are not complete: stage, and how many of its outputs are missing.
    Parents(Vec<(StageId, usize)>),
    /// Its stage is submitted, and all of so many cores are taken.
    Core { cores: usize },
    /// Its stage is submitted; so many of so many cores are free, but none near enough to its input yet, or it is kept off them.
    Patience { free: usize, cores: usize },
    /// Its stage is submitted, and no executor serves.
    Executor,
    /// Its stage has failed and is submitted again when the burst of failures is over.
    Resubmission,
    /// Its output is lost; the driver has it made again when a reader could not fetch it.
    Reader,
    /// No open job asks for it.
    Job,
}

/// Why a core does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Idle {
    /// There is no such core.
    Unknown,
    /// It does something.
    Busy(TaskId),
    /// Its machine is dead.
    Dead,
    /// The machine is there, and no executor has this core now.
    NoExecutor,
    /// Its executor gets no new tasks: it leaves.
    Leaving,
    /// Tasks wait, but would rather start nearer to their input (`spark.locality.wait`), or the machine is left out.
    Patience { stage: StageId, waiting: usize },
    /// Tasks were lost, and the driver has not given them out again.
    Lost { stage: StageId, lost: usize },
    /// Every task that may start has started: the next stage needs all outputs of these.
    Barrier(Vec<(StageId, usize)>),
    /// No job runs: the driver is busy, or the script.
    NoJob,
    /// The script has ended.
    Over,
}

/// Why an attempt runs where it runs.
#[must_use]
pub fn placement(status: &Status, attempt: &Attempt) -> Placement {
    let stage = status.stages.get(&attempt.stage.stage);
    let submitted = stage.and_then(|stage| stage.submissions.iter().find(|one| one.attempt == attempt.stage.attempt));
    let task = stage.and_then(|stage| stage.tasks().get(attempt.partition as usize));
    let before = task.and_then(|task| task.runs.iter().take_while(|run| **run != attempt.task).last());
    let ended = before.and_then(|run| status.attempts.get(run)?.ended);
    let from = submitted.map(|one| one.at).max(ended.filter(|ended| *ended <= attempt.started));
    let waited = from.map_or(VirtualDuration(0), |from| attempt.started.since(from));
    Placement { node: attempt.node, locality: attempt.locality, waited }
}

/// What a task waits for.
#[must_use]
pub fn wait(status: &Status, id: StageId, partition: u32) -> Option<Wait> {
    let stage = status.stages.get(&id)?;
    let task = stage.tasks().get(partition as usize)?;
    let running = task.runs.iter().rev().filter_map(|run| status.attempts.get(run));
    if let Some(running) = running.into_iter().find(|run| run.ended.is_none() && !run.orphaned) {
        return Some(Wait::Runs(running.task));
    }
    if task.state == TaskState::Done || status.exit.is_some() {
        return Some(Wait::Nothing);
    }
    if !status.in_open_job(id) {
        return Some(Wait::Job);
    }
    if stage.open_submission().is_some() {
        let (free, cores) = serving_cores(status);
        return Some(match (free, cores) {
            (_, 0) => Wait::Executor,
            (0, cores) => Wait::Core { cores },
            (free, cores) => Wait::Patience { free, cores },
        });
    }
    let parents = missing_parents(status, stage);
    if !parents.is_empty() {
        return Some(Wait::Parents(parents));
    }
    let failed = |stage: &Stage| stage.submissions.last().is_some_and(|one| one.failure.is_some());
    let shuffle = stage.definition.writes.and_then(|shuffle| status.shuffles.get(&shuffle));
    let mut readers = shuffle.into_iter().flat_map(|known| &known.readers);
    let is_noticed = readers
        .any(|reader| status.in_open_job(*reader) && status.stages.get(reader).is_some_and(|reader| failed(reader)));
    Some(match task.state {
        _ if failed(stage) => Wait::Resubmission,
        TaskState::Lost if is_noticed => Wait::Resubmission,
        TaskState::Lost => Wait::Reader,
        _ => Wait::Job,
    })
}

fn missing_parents(status: &Status, stage: &Stage) -> Vec<(StageId, usize)> {
    let missing = stage.definition.reads.iter().filter_map(|(shuffle, parent)| {
        let known = status.shuffles.get(shuffle)?;
        Some((*parent, known.maps().len() - known.there())).filter(|(_, missing)| *missing > 0)
    });
    missing.collect()
}

/// Free cores of executors that take tasks, and all of theirs.
fn serving_cores(status: &Status) -> (usize, usize) {
    let (mut free, mut cores) = (0, 0);
    for (executor, (first, end)) in &status.seats {
        let node = status.executors.get(executor).and_then(|node| status.nodes.get(node));
        let Some(node) = node.filter(|_| !status.gone.contains(executor) && !status.leaving.contains(executor)) else {
            continue;
        };
        let own = (*first..*end).map(|core| node.running.get(core as usize).copied().flatten());
        free += own.clone().filter(Option::is_none).count();
        cores += own.count();
    }
    (free, cores)
}

/// Why a core does nothing.
#[must_use]
pub fn idle(status: &Status, node: NodeId, core: u32) -> Idle {
    let Some(machine) = status.nodes.get(&node) else { return Idle::Unknown };
    let Some(slot) = machine.running.get(core as usize) else { return Idle::Unknown };
    if !machine.is_alive() {
        return Idle::Dead;
    }
    let owns = |(executor, (first, end)): &(&ExecutorId, &(u32, u32))| {
        status.executors.get(executor) == Some(&node)
            && !status.gone.contains(executor)
            && (*first..*end).contains(&core)
    };
    let Some((executor, _)) = status.seats.iter().find(owns) else {
        return Idle::NoExecutor;
    };
    if let Some(task) = slot {
        return Idle::Busy(*task);
    }
    if status.exit.is_some() {
        return Idle::Over;
    }
    if status.leaving.contains(executor) {
        return Idle::Leaving;
    }
    let open = status.stages.values().filter(|stage| stage.open_submission().is_some());
    let mut unfinished = Vec::new();
    for stage in open {
        let waits =
            |task: &&super::Task| !matches!(task.state, TaskState::Done | TaskState::Running | TaskState::Recomputing);
        let wanted = stage.open_submission().map_or(&[][..], |one| &*one.partitions);
        let tasks = wanted.iter().filter_map(|part| stage.tasks().get(*part as usize));
        let lost = tasks.clone().filter(|task| task.state == TaskState::Lost).count();
        let waiting = tasks.clone().filter(waits).count() - lost;
        let stage_id = stage.definition.stage;
        if waiting > 0 {
            return Idle::Patience { stage: stage_id, waiting };
        }
        if lost > 0 {
            return Idle::Lost { stage: stage_id, lost };
        }
        unfinished.push((stage.definition.stage, tasks.filter(|task| task.state != TaskState::Done).count()));
    }
    if unfinished.is_empty() { Idle::NoJob } else { Idle::Barrier(unfinished) }
}

/// The tasks that did work again, with the attempts that did it: the set that recovery really recomputed.
#[must_use]
pub fn ran_again(status: &Status) -> Vec<(StageId, u32, TaskId)> {
    let again = status.attempts.values().filter(|attempt| attempt.is_again());
    again.map(|attempt| (attempt.stage.stage, attempt.partition, attempt.task)).collect()
}

/// The failed fetch that an attempt was started for: of which map output, from where, and whether the file was damaged.
#[must_use]
pub fn failed_fetch(status: &Status, attempt: &Attempt) -> Option<(StageId, u32, NodeId, bool)> {
    let runs = status.attempts_of(attempt.stage.stage, attempt.partition).rev();
    runs.filter(|run| run.task < attempt.task).find_map(|run| match run.outcome {
        Some(TaskOutcome::FetchFailed { shuffle, map, node, is_damaged }) => {
            Some((status.shuffles.get(&shuffle)?.writer, map, node, is_damaged))
        }
        _ => None,
    })
}

const DISKS_FAIL: &str = "nothing: disks do fail; without the checksum wrong rows would have been read";

/// What ended an attempt for want of memory: itself, or another one on its executor.
#[must_use]
pub fn exhausted_before(status: &Status, attempt: &Attempt) -> Option<Exhausted> {
    let before = status.attempts_of(attempt.stage.stage, attempt.partition).rfind(|run| run.task < attempt.task)?;
    let is_it = |one: &&Exhausted| {
        let asked = one.task.and_then(|task| status.attempts.get(&task));
        asked.is_some_and(|asked| {
            asked.task == before.task
                || one.holder != MemoryHolder::HashTable
                    && asked.executor == before.executor
                    && before.ended == Some(one.at)
        })
    };
    status.exhausted.iter().rfind(is_it).copied()
}

/// What would have left room for it.
#[must_use]
pub fn room_for(holder: MemoryHolder) -> &'static str {
    match holder {
        MemoryHolder::Broadcast => {
            "a smaller relation (filter it, drop columns), more memory (spark.executor.memory, spark.driver.memory; here --memory), or a join without a broadcast"
        }
        MemoryHolder::HashTable => {
            "more partitions, so that each table is smaller, more memory for each executor, or a sort-merge join, which spills"
        }
        MemoryHolder::Objects => {
            "fewer values in one group or row (an aggregate that does not keep them, a salted key), more memory for each executor, or fewer cores that share it"
        }
    }
}

/// What would have spared this attempt its work.
#[must_use]
pub fn avoidable_by(status: &Status, attempt: &Attempt) -> Option<&'static str> {
    if let Some(exhausted) = exhausted_before(status, attempt).filter(|_| attempt.is_again()) {
        return Some(room_for(exhausted.holder));
    }
    Some(match attempt.cause {
        TaskCause::First => return None,
        TaskCause::OutputLost { node } if why::was_given_up_for_damage(status, node, attempt) => DISKS_FAIL,
        TaskCause::OutputLost { .. } => {
            "an external shuffle service (if only the process died), decommissioning with notice, or a checkpoint before it"
        }
        TaskCause::ExecutorLost { .. } => "nothing: what runs on a machine dies with it; shorter tasks lose less",
        TaskCause::FetchFailed { .. } if failed_fetch(status, attempt).is_some_and(|(.., is_damaged)| is_damaged) => {
            DISKS_FAIL
        }
        TaskCause::FetchFailed { .. } => "an external shuffle service, or a copy of the blocks on another machine",
        TaskCause::Retry { .. } => "mending what made the attempt before it fail",
        TaskCause::StageAgain => "mending what made its stage fail",
        TaskCause::RolledBack { .. } => {
            "a checkpoint before the repartition, a repartition by columns, or rows sorted before it (frames do: spark.sql.execution.sortBeforeRepartition)"
        }
        TaskCause::Speculative => "spark.speculation=false: the copy was started because the first was slow",
    })
}
