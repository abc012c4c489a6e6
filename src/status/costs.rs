//! What a run spent its cores on in vain: the most expensive things, each with its numbers.
//!
//! A cost is counted in core seconds: seconds in which a core did nothing, did work again, waited, or did work that a better plan would not
//! ask for. Costs of different kinds may hold the same seconds; each is what its cure could save at most.

use super::model::{Attempt, Stage, Status};
use super::spread::Spread;
use crate::common::ids::StageId;
use crate::common::time::{VirtualDuration, VirtualTime};
use std::collections::BTreeMap;

/// Tasks of which half are shorter than this cost more to start than they do.
pub const TINY: VirtualDuration = VirtualDuration(50_000_000);

/// Something that was expensive.
#[derive(Debug, Clone, PartialEq)]
pub struct Cost {
    /// What its cure could save at most.
    pub core_seconds: f64,
    pub what: Expense,
}

/// What was expensive, with the numbers that show it.
#[derive(Debug, Clone, PartialEq)]
pub enum Expense {
    /// No job ran: a session started, queries were planned, or the script did something else.
    NoJob { seconds: f64, before_the_first: f64, queries: u64 },
    /// One task took so much longer that the other cores waited for it.
    Skew { stage: StageId, tasks: u64, slowest: VirtualDuration, middle: VirtualDuration },
    /// Fewer tasks than cores.
    FewTasks { stage: StageId, tasks: u64, cores: u64, seconds: f64 },
    /// Many tasks that are hardly worth their start.
    TinyTasks { stage: StageId, tasks: u64, middle: VirtualDuration },
    /// Tasks that did not fit their memory.
    Spill { stage: StageId, tasks: u64, bytes: u64 },
    /// Tasks that waited for shuffle blocks.
    Fetching { stage: StageId, bytes: u64 },
    /// Attempts that failed, and attempts that repeat work.
    Again { failed: u64, again: u64 },
    /// The same source read by several stages.
    ReadAgain { source: String, stages: Vec<StageId>, bytes: u64 },
    /// The stage that read most.
    Scan { stage: StageId, bytes: u64, records: u64 },
}

/// The most expensive things, the most expensive first; nothing that cost less than a hundredth of all core seconds.
#[must_use]
pub fn costs(status: &Status) -> Vec<Cost> {
    let run = Run::of(status);
    let mut found: Vec<Cost> = run.between_jobs().into_iter().chain(run.again()).collect();
    for (stage, attempts) in &run.attempts {
        let Some(stage) = status.stages.get(stage) else { continue };
        found.extend(run.idle(stage, attempts));
        found.extend(run.spill(stage, attempts));
        found.extend(run.fetching(stage, attempts));
    }
    found.extend(run.read_again());
    found.extend(run.largest_scan());
    let least = (total(status) / 100.0).max(f64::MIN_POSITIVE);
    found.retain(|cost| cost.core_seconds >= least);
    found.sort_by(|a, b| b.core_seconds.total_cmp(&a.core_seconds));
    found
}

/// All core seconds that the run had.
#[must_use]
pub fn total(status: &Status) -> f64 {
    status.now.as_secs_f64() * cores(status) as f64
}

/// Cores of all machines.
#[must_use]
pub fn cores(status: &Status) -> u64 {
    status.nodes.values().map(|node| u64::from(node.cores)).sum()
}

/// The seconds in which some job ran; jobs of one query may overlap.
#[must_use]
pub fn seconds_in_jobs(status: &Status) -> f64 {
    let mut spans: Vec<_> = status.jobs.values().map(|job| (job.submitted, job.ended.unwrap_or(status.now))).collect();
    spans.sort_unstable();
    let (mut nanos, mut until) = (0, VirtualTime::ZERO);
    for (from, to) in spans {
        nanos += to.since(from.max(until).min(to)).0;
        until = until.max(to);
    }
    VirtualTime(nanos).as_secs_f64()
}

/// The seconds before the first job.
#[must_use]
pub fn seconds_before_jobs(status: &Status) -> f64 {
    status.jobs.values().map(|job| job.submitted).min().unwrap_or(status.now).as_secs_f64()
}

/// A run, its attempts by stage.
struct Run<'a> {
    status: &'a Status,
    cores: u64,
    attempts: BTreeMap<StageId, Vec<&'a Attempt>>,
}

fn length(attempt: &Attempt) -> VirtualDuration {
    attempt.ended.map_or(VirtualDuration(0), |ended| ended.since(attempt.started))
}

fn seconds<'a>(attempts: impl IntoIterator<Item = &'a &'a Attempt>) -> f64 {
    attempts.into_iter().map(|attempt| length(attempt).as_secs_f64()).sum()
}

impl<'a> Run<'a> {
    fn of(status: &'a Status) -> Run<'a> {
        let mut attempts: BTreeMap<StageId, Vec<&Attempt>> = BTreeMap::new();
        for attempt in status.attempts.values().filter(|attempt| attempt.ended.is_some()) {
            attempts.entry(attempt.stage.stage).or_default().push(attempt);
        }
        Run { status, cores: cores(status), attempts }
    }

    fn between_jobs(&self) -> Option<Cost> {
        let seconds = self.status.now.as_secs_f64() - seconds_in_jobs(self.status);
        let (before_the_first, queries) = (seconds_before_jobs(self.status), self.status.queries.len() as u64);
        let what = Expense::NoJob { seconds, before_the_first, queries };
        (self.cores > 0).then_some(Cost { core_seconds: seconds * self.cores as f64, what })
    }

    fn again(&self) -> Option<Cost> {
        let all = self.attempts.values().flatten();
        let wasted: Vec<&Attempt> = all.filter(|attempt| attempt.is_again() || !attempt.succeeded()).copied().collect();
        let failed = wasted.iter().filter(|attempt| !attempt.succeeded()).count() as u64;
        let again = wasted.iter().filter(|attempt| attempt.is_again()).count() as u64;
        (!wasted.is_empty()).then(|| Cost { core_seconds: seconds(&wasted), what: Expense::Again { failed, again } })
    }

    /// Why cores had nothing to do while a stage ran, or too little for each start.
    fn idle(&self, stage: &Stage, attempts: &[&Attempt]) -> Option<Cost> {
        let id = stage.definition.stage;
        let spans =
            stage.submissions.iter().map(|one| one.ended.unwrap_or(self.status.now).since(one.at).as_secs_f64());
        let span: f64 = spans.sum();
        let busy = seconds(attempts);
        let idle = (span * self.cores as f64 - busy).max(0.0);
        let succeeded = attempts.iter().filter(|attempt| attempt.succeeded());
        let spread = Spread::of(succeeded.map(|attempt| length(attempt).0).collect())?;
        let (slowest, middle) = (VirtualDuration(spread.most), VirtualDuration(spread.median));
        let tasks = attempts.len() as u64;
        let (core_seconds, what) = if tasks > 1 && spread.is_skewed() && slowest > TINY {
            (idle, Expense::Skew { stage: id, tasks, slowest, middle })
        } else if tasks > self.cores.saturating_mul(2) && middle < TINY {
            (span * self.cores as f64, Expense::TinyTasks { stage: id, tasks, middle })
        } else if tasks < self.cores {
            (idle, Expense::FewTasks { stage: id, tasks, cores: self.cores, seconds: span })
        } else {
            return None;
        };
        Some(Cost { core_seconds, what })
    }

    fn spill(&self, stage: &Stage, attempts: &[&Attempt]) -> Option<Cost> {
        let spilled: Vec<&Attempt> =
            attempts.iter().filter(|attempt| attempt.metrics.spilled_bytes > 0).copied().collect();
        let bytes = spilled.iter().map(|attempt| attempt.metrics.spilled_bytes).sum();
        let (stage, tasks) = (stage.definition.stage, spilled.len() as u64);
        (tasks > 0).then(|| Cost { core_seconds: seconds(&spilled), what: Expense::Spill { stage, tasks, bytes } })
    }

    fn fetching(&self, stage: &Stage, attempts: &[&Attempt]) -> Option<Cost> {
        let core_seconds: f64 = attempts.iter().map(|attempt| attempt.metrics.fetch_time.as_secs_f64()).sum();
        let bytes = attempts.iter().map(|attempt| attempt.metrics.shuffle_read_bytes).sum();
        let what = Expense::Fetching { stage: stage.definition.stage, bytes };
        (core_seconds > 0.0).then_some(Cost { core_seconds, what })
    }

    /// Bytes and records that a stage read from files.
    fn input(attempts: &[&Attempt]) -> (u64, u64) {
        let bytes = attempts.iter().map(|attempt| attempt.metrics.input_bytes).sum();
        (bytes, attempts.iter().map(|attempt| attempt.metrics.input_rows).sum())
    }

    /// Stages that scan under one name and read the same bytes.
    fn read_again(&self) -> Vec<Cost> {
        let mut same: BTreeMap<(&str, u64), Vec<StageId>> = BTreeMap::new();
        for (id, attempts) in &self.attempts {
            let name = self.status.stages.get(id).map(|stage| stage.definition.name.as_str());
            let (bytes, _) = Self::input(attempts);
            if let (Some(name), true) = (name, bytes > 0) {
                same.entry((name, bytes)).or_default().push(*id);
            }
        }
        let repeated = same.into_iter().filter(|(_, stages)| stages.len() > 1);
        repeated
            .map(|((source, bytes), stages)| {
                let after_the_first = stages.iter().skip(1).filter_map(|stage| self.attempts.get(stage));
                let core_seconds = after_the_first.map(seconds).sum();
                Cost { core_seconds, what: Expense::ReadAgain { source: source.to_owned(), stages, bytes } }
            })
            .collect()
    }

    fn largest_scan(&self) -> Option<Cost> {
        let scans = self.attempts.iter().map(|(stage, attempts)| (*stage, attempts, Self::input(attempts)));
        let (stage, attempts, (bytes, records)) = scans.max_by_key(|(_, _, (bytes, _))| *bytes)?;
        let what = Expense::Scan { stage, bytes, records };
        (bytes > 0).then(|| Cost { core_seconds: seconds(attempts), what })
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture;
    use super::*;

    #[test]
    fn a_dead_node_costs_what_is_done_again() {
        let status = Status::of(&fixture::node_death());
        let again = costs(&status).into_iter().find(|cost| matches!(cost.what, Expense::Again { .. }));
        let again = again.expect("work was done again");
        assert!(matches!(again.what, Expense::Again { again, .. } if again == status.totals.again), "{again:?}");
        assert!(again.core_seconds > 0.0);
    }

    #[test]
    fn costs_are_sorted_and_none_is_more_than_all() {
        let status = Status::of(&fixture::node_death());
        let costs = costs(&status);
        assert!(!costs.is_empty() && costs.windows(2).all(|pair| pair[0].core_seconds >= pair[1].core_seconds));
        assert!(costs.iter().all(|cost| cost.core_seconds <= total(&status) * 1.000_001), "{costs:?}");
    }

    #[test]
    fn jobs_that_overlap_are_counted_once() {
        let mut status = Status::of(&fixture::node_death());
        let before = seconds_in_jobs(&status);
        let job = status.jobs.values().next().expect("a job").clone();
        status.jobs.insert(crate::common::ids::JobId(999), job);
        assert!((seconds_in_jobs(&status) - before).abs() < 1e-9);
    }
}
