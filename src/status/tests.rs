use super::need::{self, Need};
use super::recompute::fates;
use super::why::{Finding, Loss, Step, Subject, ask};
use super::{History, Status, TaskState, Victim, fixture, marks};
use crate::common::ids::{CacheId, ExecutorId, NodeId, ShuffleId, StageId, TaskId};
use crate::common::time::VirtualTime;
use crate::event::{Locality, StageAttempt, TaskCause};

fn at(secs: f64) -> Status {
    Status::fold(&fixture::node_death(), VirtualTime::from_secs_f64(secs))
}

fn states(status: &Status, stage: u32) -> String {
    let sign = |state: TaskState| match state {
        TaskState::Pending => '.',
        TaskState::Running => '>',
        TaskState::Recomputing => 'R',
        TaskState::Done => '#',
        TaskState::Failed => '!',
        TaskState::Lost => 'X',
    };
    status.stages.get(&StageId(stage)).expect("a stage").tasks().iter().map(|task| sign(task.state)).collect()
}

#[test]
fn tasks_go_through_their_states() {
    let picture: Vec<(String, String)> =
        [0.3, 3.5, 4.2, 5.2, 5.5, 7.0, 9.0, 10.2].map(|secs| (states(&at(secs), 0), states(&at(secs), 1))).to_vec();
    let expected = [
        (">>>>>>", "...."),
        ("###>>>", "...."),
        ("######", ">>>."),
        ("####XX", "#>X>"),
        ("####XX", "#!X!"),
        ("####RR", "#!X!"),
        ("######", "#RRR"),
        ("######", "####"),
    ];
    assert_eq!(picture, expected.map(|(maps, reduces)| (maps.to_owned(), reduces.to_owned())));
}

#[test]
fn a_death_knows_what_it_took_and_who_needs_it() {
    let status = at(5.2);
    let death = &status.deaths[0];
    let names: Vec<(u32, u32)> = death.outputs.iter().map(|lost| (lost.stage.0, lost.map)).collect();
    assert_eq!(names, [(0, 4), (0, 5)]);
    assert_eq!(death.running.len(), 1);
    assert_eq!((death.outputs_kept, death.cached.len()), (4, 1));
    // S1.p0 is done: it needs nothing more.
    assert_eq!(death.outputs[0].need, Need::Now(vec![(StageId(1), vec![1, 2, 3])]));
}

#[test]
fn blocks_that_have_arrived_are_not_needed_again() {
    // At 5.7 s all blocks from node-1 would have arrived at S1.p1, had it not stopped; at 4.5 s S1.p0 has them.
    let status = at(4.5);
    let Need::Now(by) = need::map_output(&status, ShuffleId(0), 0) else { panic!("others still read it") };
    assert_eq!(by, [(StageId(1), vec![1, 2, 3])]);
}

#[test]
fn nothing_is_needed_when_all_is_done() {
    assert_eq!(need::map_output(&at(10.2), ShuffleId(0), 4), Need::No);
    assert_eq!(need::cached_block(&at(10.2), CacheId(0), 4), Need::No);
}

#[test]
fn why_does_a_lost_map_run_again() {
    let answer = ask(&at(7.0), Subject::Task(StageId(0), 4));
    assert!(matches!(answer.finding, Finding::Again { task: TaskId(10), done: false, .. }), "{answer:?}");
    let node = NodeId(3);
    let loss = Some(Loss::Death(VirtualTime::from_secs_f64(5.2)));
    assert_eq!(answer.steps[0], Step::OnlyCopyOn { node, loss });
    assert_eq!(answer.steps[1], Step::NeededBy(vec![(StageId(1), vec![1, 2, 3])]));
    assert_eq!(answer.steps[2], Step::CachedInputLost { cache: CacheId(0), partition: 4, node });
    assert_eq!(answer.steps[3], Step::InputFromStorage { stage: StageId(0) });
    assert_eq!(answer.steps[4], Step::NotRedone { stage: StageId(0), partitions: vec![0, 1, 2, 3] });
}

#[test]
fn why_is_a_kept_map_not_made_again() {
    assert_eq!(ask(&at(7.0), Subject::Task(StageId(0), 1)).finding, Finding::StillThere { node: NodeId(1) });
}

#[test]
fn a_lost_map_that_nobody_needs_is_not_made_again() {
    let mut status = at(10.05);
    let kind = crate::event::EventKind::NodeDied { node: NodeId(1) };
    status.apply(&crate::event::Event { seq: 0, time: status.now, kind });
    assert_eq!(ask(&status, Subject::Task(StageId(0), 0)).finding, Finding::NotNeeded);
}

#[test]
fn the_fate_of_a_death_counts_what_the_log_counts() {
    let status = at(10.2);
    let fate = &fates(&status)[0];
    let again: Vec<u32> = fate.outputs_again.iter().map(|(_, map, _)| *map).collect();
    assert_eq!(again, [4, 5]);
    assert_eq!((fate.outputs_left.len(), fate.restarted.len(), fate.kept), (0, 1, 4));
    assert_eq!(status.totals.again, 5);
}

#[test]
fn an_executor_that_ends_takes_what_it_held() {
    let mut status = at(4.0);
    let kind =
        crate::event::EventKind::ExecutorRemoved { executor: ExecutorId(3), node: NodeId(3), reason: "137".to_owned() };
    status.apply(&crate::event::Event { seq: 0, time: status.now, kind });
    let death = &status.deaths[0];
    assert_eq!((death.victim, death.outputs.len(), death.cached.len()), (Victim::Executor, 2, 1));
    assert!(status.nodes[&NodeId(3)].is_alive());
    assert_eq!(fates(&status)[0].who, "the executor on node-3");
}

#[test]
fn what_was_sent_to_a_silent_machine_is_lost_with_it() {
    let mut status = at(8.6);
    let node = NodeId(2);
    let mut apply = |kind| status.apply(&crate::event::Event { seq: 0, time: status.now, kind });
    apply(crate::event::EventKind::NodeDied { node });
    apply(crate::event::EventKind::TaskStarted {
        task: TaskId(99),
        stage: StageAttempt { stage: StageId(0), attempt: 1 },
        partition: 4,
        attempt: 2,
        executor: ExecutorId(2),
        node,
        core: 0,
        locality: Locality::Any,
        cause: TaskCause::First,
    });
    let reason = "no heartbeat".to_owned();
    apply(crate::event::EventKind::ExecutorRemoved { executor: ExecutorId(2), node, reason });
    let death = status.deaths.last().expect("a death");
    assert_eq!((death.victim, death.running.len()), (Victim::Node, 2));
    assert!(death.running.contains(&TaskId(99)) && status.attempts.get(&TaskId(99)).is_some_and(|late| late.orphaned));
}

#[test]
fn a_recovery_is_over_when_its_last_task_is_done() {
    let moments = [(5.3, Some(3)), (7.0, Some(5)), (8.75, Some(3)), (9.95, Some(1)), (10.0, None)];
    for (secs, open) in moments {
        let fate = &fates(&at(secs))[0];
        assert_eq!(Some(fate.open.len()).filter(|open| *open > 0), open, "at {secs}: {:?}", fate.open);
        assert_eq!(fate.over.is_some(), open.is_none(), "at {secs}");
    }
    let status = at(10.2);
    let fate = &fates(&status)[0];
    assert_eq!(fate.over, Some(VirtualTime::from_secs_f64(10.0)));
    assert_eq!((fate.attempts.len() as u64, fate.again_nanos), (status.totals.again, status.totals.again_nanos));
    assert_eq!(fate.starved, [(StageId(1), 1), (StageId(1), 3)]);
}

#[test]
fn seeking_equals_folding_across_checkpoints() {
    let one = fixture::node_death();
    let mut long = Vec::new();
    for round in 0..100_u64 {
        for event in &one {
            let mut copy = event.as_ref().clone();
            copy.seq = long.len() as u64;
            copy.time = VirtualTime(copy.time.0 + round * 11_000_000_000);
            long.push(std::sync::Arc::new(copy));
        }
    }
    let mut history = History::new(long.clone());
    assert!(long.len() > 2 * 4096);
    for position in [8500, 4096, 4095, 100, 8192, 8300, 0] {
        assert_eq!(history.seek(position), &Status::of(&long[..position]));
    }
}

#[test]
fn marks_name_the_milestones() {
    let kinds: Vec<String> = marks::all(&fixture::node_death()).iter().map(|mark| format!("{:?}", mark.kind)).collect();
    insta::assert_snapshot!(kinds.join("\n"));
}
