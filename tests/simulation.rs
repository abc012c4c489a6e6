//! The swarm: a fixed set of seeds, the seeds of bugs that were found, and a checker that would notice.
//!
//! `batchlab simulate --seeds 10000` tries more; `.ci/run` tries a fresh set each time.

use batchlab::common::ids::NodeId;
use batchlab::event::{Event, EventKind, TaskCause, TaskOutcome};
use batchlab::status::check::{Checker, check};
use batchlab::swarm::{Mix, Options, SIBLINGS, Trials, Verdict, run};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn swarm(seeds: Range<u64>, mix: Mix) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let options = Options { seeds: seeds.clone(), mix, threads: 2, folder: folder.path().to_owned() };
    let summary = run(&options, &AtomicBool::new(false), &|_, _| {}).expect("a folder to work in");
    assert!(summary.bugs.is_empty(), "{:#?}", summary.bugs);
    assert_eq!(summary.seeds, seeds.end - seeds.start);
    assert!(mix == Mix::NONE || summary.faults > 0, "nothing went wrong");
}

#[test]
fn random_runs_end_with_the_same_rows_or_at_a_limit() {
    swarm(0..80, Mix::ANY);
}

#[test]
fn storms_end_with_the_same_rows_or_at_a_limit() {
    swarm(0..64, Mix::STORM);
}

/// A machine took what its shuffle service kept for executors that had gone before, and the driver went on believing in it.
#[test]
fn a_dead_machine_takes_what_its_shuffle_service_kept() {
    for seed in [54, 135, 180].map(|case| case * SIBLINGS) {
        swarm(seed..seed + 1, Mix::ANY);
    }
}

/// A task that had given up for one lost input was sent to look for another, and waited for ever.
#[test]
fn a_broken_task_stays_broken() {
    swarm(16_084..16_085, Mix::STORM);
}

/// A node that a stage avoids as a whole was not in the log, so its failure by exclusion was not borne out.
#[test]
fn the_log_tells_of_nodes_that_are_avoided() {
    for seed in [3516, 3572].map(|case| case * SIBLINGS) {
        swarm(seed..seed + 1, Mix::STORM);
    }
}

/// A lost stage that two jobs share ran for the first of them, where only the second needed it: that is Spark's way, and was refused.
#[test]
fn a_shared_stage_runs_for_the_first_of_its_jobs() {
    swarm(2_757_933_528..2_757_933_529, Mix::ANY);
}

/// A task that still read the old rows of a stage that was rolled back could not fetch them: from a node that nothing had happened to.
#[test]
fn what_is_rolled_back_is_not_blamed_on_its_node() {
    for seed in [708_198_198, 708_200_277] {
        swarm(seed..seed + 1, Mix::ANY);
    }
}

/// A block of a local checkpoint was missed by tasks before the driver knew that its node was gone: the log had no lost block yet.
#[test]
fn a_checkpoint_is_lost_with_a_silent_node() {
    swarm(1_708_198_431..1_708_198_432, Mix::STORM);
    swarm(2_708_199_722..2_708_199_724, Mix::CRASHES);
}

/// Without faults the script failed as well, for a local checkpoint went with an executor that was idle for too long; with faults it failed
/// earlier, and that was taken for lost rows.
#[test]
fn what_fails_without_faults_may_fail_earlier_with_them() {
    for seed in [338_773_551, 1_052_411_536, 1_052_411_538, 1_052_411_539] {
        swarm(seed..seed + 1, Mix::ANY);
    }
}

/// An output was lost before its stage's sizes were read: a large partition was cut between the maps that were left, and the rows of the
/// lost one were read by nobody.
#[test]
fn a_partition_is_not_cut_while_an_output_of_it_is_lost() {
    swarm(813_898_330..813_898_331, Mix::ANY);
}

/// The first of two executors that were granted at once started a task, for which the driver asked for more before the second had its place.
#[test]
fn executors_granted_at_once_have_their_places_at_once() {
    swarm(119_541_826..119_541_827, Mix::STORM);
}

/// The log of a run in which outputs were lost and made again.
fn recovered() -> Vec<Event> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let is_loss =
        |event: &Arc<Event>| matches!(event.kind, EventKind::TaskStarted { cause: TaskCause::OutputLost { .. }, .. });
    let mut trials = Trials::new(Mix::CRASHES, folder.path().to_owned());
    let mut tried = (0..200).map(|seed| trials.try_seed(seed).expect("a folder to work in"));
    let found = tried.find(|trial| matches!(trial.verdict, Verdict::Same) && trial.log.iter().any(is_loss));
    found.expect("some seed loses outputs").log.iter().map(|event| event.as_ref().clone()).collect()
}

/// What the checker says of the log once its last event that fits is changed (true) or left out (false).
fn broken(log: &[Event], change: &dyn Fn(&mut EventKind) -> Option<bool>) -> String {
    let mut events = log.to_vec();
    let found = events.iter_mut().enumerate().rev().find_map(|(at, event)| Some((at, change(&mut event.kind)?)));
    let (at, stays) = found.expect("there is such an event");
    if !stays {
        events.remove(at);
    }
    let mut checker = Checker::default();
    let mut numbered = events.into_iter().enumerate().map(|(seq, event)| Event { seq: seq as u64, ..event });
    numbered.find_map(|event| checker.see(&event).err()).map_or_else(String::new, |broken| broken.text)
}

#[test]
fn the_checker_notices() {
    let log = recovered();
    let whole: Vec<Arc<Event>> = log.iter().cloned().map(Arc::new).collect();
    assert_eq!(check(&whole), Ok(()));
    let notices = |promise: &str, change: &dyn Fn(&mut EventKind) -> Option<bool>| {
        let said = broken(&log, change);
        assert!(said.contains(promise), "expected {promise:?}, it said {said:?}");
    };
    notices("starts on core 99", &|kind| match kind {
        EventKind::TaskStarted { core, .. } => {
            *core = 99;
            Some(true)
        }
        _ => None,
    });
    notices("no attempt made it", &|kind| match kind {
        EventKind::TaskEnded { outcome: outcome @ TaskOutcome::Succeeded, metrics, .. }
            if metrics.shuffle_write_rows > 0 =>
        {
            *outcome = TaskOutcome::Ignored { reason: "late".to_owned() };
            Some(true)
        }
        _ => None,
    });
    notices("which the log does not hold", &|kind| match kind {
        EventKind::TaskStarted { cause: TaskCause::OutputLost { node }, .. } => {
            *node = NodeId(77);
            Some(true)
        }
        _ => None,
    });
    notices("was sent", &|kind| match kind {
        EventKind::ShuffleFetched { bytes, .. } if *bytes > 1 => {
            *bytes -= 1;
            Some(true)
        }
        _ => None,
    });
    notices("still waits", &|kind| matches!(kind, EventKind::JobEnded { .. }).then_some(false));
    notices("is not there", &|kind| matches!(kind, EventKind::TaskEnded { .. }).then_some(false));
}
