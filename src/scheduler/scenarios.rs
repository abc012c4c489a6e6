//! Told facts, printed commands: the scheduler's rules as short stories.

use super::outbox::{Command, Input, Job, Loss, Outbox, Retry, Sizes, TaskEnd, Timer};
use super::stage_graph::{FilePiece, Leaf, Stage, StageInput};
use super::*;
use crate::common::ids::{CacheId, JobId, NodeId, StageId};
use crate::event::Determinism;
use crate::physical::plan::{PhysicalPlan, ShuffleSlice};
use std::sync::Arc;

struct Story {
    scheduler: Scheduler,
    now: VirtualTime,
}

impl Story {
    /// Executors 1, 2, … on nodes of the same number.
    fn new(executors: u32, cores: u32) -> Self {
        let mut conf = Conf::new();
        conf.set("spark.locality.wait", "0s");
        let mut story = Story { scheduler: Scheduler::new(&conf), now: VirtualTime::ZERO };
        for id in 1..=executors {
            story.tell(Input::ExecutorAdded {
                executor: ExecutorId(id),
                node: NodeId(id),
                cores,
                first_core: 0,
                rack: 0,
            });
        }
        story
    }

    fn tell(&mut self, input: Input) -> Vec<String> {
        let mut out = Outbox::default();
        self.scheduler.step(self.now, input, &mut out);
        out.drain().iter().filter_map(line).collect()
    }

    fn stage(&mut self, id: u32, tasks: u32, writes: Option<(u32, u32)>, reads: &[u32]) {
        self.stage_that_is(Determinism::Determinate, id, tasks, writes, reads);
    }

    fn stage_that_is(
        &mut self,
        determinism: Determinism,
        id: u32,
        tasks: u32,
        writes: Option<(u32, u32)>,
        reads: &[u32],
    ) {
        let leaves = |partition: u32| {
            let slice = ShuffleSlice::Coalesced { start: partition, end: partition + 1 };
            reads.iter().map(|id| Leaf::Shuffle { shuffle: ShuffleId(*id), slice: slice.clone() }).collect()
        };
        let stage = Stage {
            id: StageId(id),
            writes: writes.map(|(shuffle, count)| (ShuffleId(shuffle), count)),
            inputs: reads.iter().map(|id| StageInput::Shuffle(ShuffleId(*id))).collect(),
            partitions: (0..tasks).map(leaves).collect(),
            determinism,
            plan: Arc::new(PhysicalPlan::OneRow),
        };
        self.tell(Input::StageDefined { stage, query: None, line: 0 });
    }

    fn job(&mut self, id: u32, stage: u32, partitions: u32) -> Vec<String> {
        let partitions = (0..partitions).collect();
        let job = Job { job: JobId(id), query: None, stage: StageId(stage), partitions, description: String::new() };
        self.tell(Input::JobSubmitted(job))
    }

    fn ends(&mut self, task: u64, end: TaskEnd) -> Vec<String> {
        self.tell(Input::TaskEnded { task: TaskId(task), end, metrics: Arc::default() })
    }

    fn map_done(&mut self, task: u64, reducers: usize) -> Vec<String> {
        let (bytes, rows) = (vec![10; reducers].into(), vec![1; reducers].into());
        let output = Some(Sizes { bytes, rows, data_bytes: 10 * reducers as u64 });
        self.ends(task, TaskEnd::Succeeded { output, cached: Vec::new() })
    }

    fn done(&mut self, task: u64) -> Vec<String> {
        self.ends(task, TaskEnd::Succeeded { output: None, cached: Vec::new() })
    }

    fn fetch_failed(&mut self, task: u64, map: u32, executor: Option<u32>) -> Vec<String> {
        let node = NodeId(executor.unwrap_or(1));
        let (shuffle, executor) = (ShuffleId(0), executor.map(ExecutorId));
        self.ends(task, TaskEnd::FetchFailed { shuffle, map, executor, node, is_damaged: false })
    }

    fn kill(&mut self, executor: u32, loss: Loss) -> Vec<String> {
        self.tell(Input::ExecutorLost { executor: ExecutorId(executor), loss, reason: "gone".to_owned() })
    }

    fn resubmit(&mut self) -> Vec<String> {
        self.now = self.now + dag_scheduler::RESUBMIT_DELAY;
        self.tell(Input::TimerFired(Timer::ResubmitFailedStages))
    }
}

fn line(command: &Command) -> Option<String> {
    Some(match command {
        Command::RequestExecutors { total } => format!("ask for {total} executors"),
        Command::ReleaseExecutor { executor, .. } => format!("release {executor}"),
        Command::Launch(launch) => format!(
            "launch {} {}.{} p{} on {}",
            launch.task, launch.stage.stage, launch.stage.attempt, launch.partition, launch.executor.0
        ),
        Command::Accept { task } => format!("accept {task}"),
        Command::Discard { task } => format!("discard {task}"),
        Command::Kill { task } => format!("kill {task}"),
        Command::SetTimer { timer: Timer::Revive | Timer::FindSlowTasks, .. }
        | Command::Prepare { .. }
        | Command::DropOutputs { .. } => {
            return None;
        }
        Command::SetTimer { at, timer } => format!("timer {timer:?} at {}", at.0 / 1_000_000),
        Command::JobSucceeded { job } => format!("{job} succeeded"),
        Command::JobFailed { job, reason, .. } => format!("{job} failed: {reason}"),
        Command::Emit(event) => return event_line(event),
    })
}

fn event_line(event: &EventKind) -> Option<String> {
    Some(match event {
        EventKind::StageSubmitted { stage, partitions, reason, .. } => {
            format!("submitted {}.{} {partitions:?} {reason:?}", stage.stage, stage.attempt)
        }
        EventKind::StageCompleted { stage } => format!("completed {}.{}", stage.stage, stage.attempt),
        EventKind::StageFailed { stage, .. } => format!("failed {}.{}", stage.stage, stage.attempt),
        EventKind::StageSkipped { stage, .. } => format!("skipped {stage}"),
        EventKind::StageRolledBack { stage, because, maps } => {
            format!("rolled back {stage} {maps:?} because of {because}")
        }
        EventKind::MapOutputsLost { maps, node, .. } => format!("lost maps {maps:?} of {node}"),
        EventKind::TaskEnded { task, outcome: TaskOutcome::Ignored { .. }, .. } => format!("ignored {task}"),
        EventKind::TaskStarted { task, cause, .. } if *cause != TaskCause::First => format!("{task} because {cause:?}"),
        _ => return None,
    })
}

/// One map stage of six tasks, one reduce stage of six; executor 1 ran map 2 alone of the lost ones.
fn reference() -> Story {
    let mut story = Story::new(3, 2);
    story.stage(0, 6, Some((0, 6)), &[]);
    story.stage(1, 6, None, &[0]);
    story.job(0, 1, 6);
    story
}

#[test]
fn one_lost_map_output_is_made_again_and_two_reduce_tasks_run_again() {
    let mut story = reference();
    for task in 0..6 {
        story.map_done(task, 6);
    }
    for task in 6..8 {
        story.done(task);
    }
    let lost = story.kill(1, Loss::Process);
    assert!(lost.iter().any(|line| line == "lost maps [0, 3] of node-1"), "{lost:#?}");
    assert!(!lost.iter().any(|line| line.starts_with("submitted")), "the driver stays lazy: {lost:#?}");
    let running: Vec<u64> = story.scheduler.running().keys().map(|task| task.0).collect();
    let failed = story.fetch_failed(running[0], 0, None);
    assert_eq!(
        failed,
        [
            format!("discard {}", TaskId(running[0])),
            "failed S1.0".to_owned(),
            "timer ResubmitFailedStages at 200".to_owned()
        ]
    );
    let again = story.fetch_failed(running[1], 3, None);
    assert_eq!(again, [format!("discard {}", TaskId(running[1]))], "one death, many failures, one resubmission");
    for task in &running[2..] {
        story.done(*task);
    }
    let resubmitted = story.resubmit();
    assert_eq!(resubmitted[0], "submitted S0.1 [0, 3] OutputsLost { shuffle: ShuffleId(0), maps: [0, 3] }");
    assert!(
        resubmitted.iter().any(|line| line.ends_with("because OutputLost { node: NodeId(1) }")),
        "{resubmitted:#?}"
    );
    let maps: Vec<u64> = story.scheduler.running().keys().map(|task| task.0).collect();
    story.map_done(maps[0], 6);
    let rest = story.map_done(maps[1], 6);
    let submitted = rest.iter().find(|line| line.starts_with("submitted S1.1")).cloned().unwrap_or_default();
    assert!(submitted.ends_with("FetchFailed { shuffle: ShuffleId(0) }"), "{rest:#?}");
    for task in story.scheduler.running().keys().map(|task| task.0).collect::<Vec<_>>() {
        story.done(task);
    }
    assert!(!story.scheduler.has_active_jobs());
}

#[test]
fn finished_reduce_partitions_never_run_again() {
    let mut story = reference();
    (0..6).for_each(|task| drop(story.map_done(task, 6)));
    (6..10).for_each(|task| drop(story.done(task)));
    story.fetch_failed(10, 2, Some(3));
    story.fetch_failed(11, 2, Some(3));
    let resubmitted = story.resubmit();
    assert_eq!(resubmitted[0], "submitted S0.1 [2, 5] OutputsLost { shuffle: ShuffleId(0), maps: [2, 5] }");
    story.map_done(12, 6);
    let rest = story.map_done(13, 6);
    assert!(rest.iter().any(|line| line.starts_with("submitted S1.1 [4, 5]")), "{rest:#?}");
}

#[test]
fn a_late_result_from_a_lost_executor_is_not_used() {
    let mut story = reference();
    story.kill(1, Loss::Silence);
    assert_eq!(story.map_done(0, 6), ["discard T0"]);
    assert!(story.scheduler.map_outputs().missing(ShuffleId(0)).contains(&0));
}

#[test]
fn a_result_is_bogus_when_its_executor_was_given_up_by_a_failed_fetch() {
    let mut story = Story::new(2, 2);
    story.stage(0, 2, Some((0, 2)), &[]);
    story.stage(1, 2, Some((1, 1)), &[0]);
    story.stage(2, 1, None, &[1]);
    story.job(0, 2, 1);
    story.map_done(0, 2);
    story.map_done(1, 2);
    story.fetch_failed(2, 0, Some(1));
    let late = story.map_done(3, 1);
    let on_first = story.scheduler.map_outputs().table(ShuffleId(1)).and_then(|table| table.output(1)).is_some();
    assert!(late.contains(&"ignored T3".to_owned()) || on_first, "{late:#?}");
}

#[test]
fn a_fetch_failure_of_an_old_attempt_is_ignored() {
    let mut story = reference();
    (0..6).for_each(|task| drop(story.map_done(task, 6)));
    story.fetch_failed(6, 2, Some(3));
    story.resubmit();
    for _ in 0..2 {
        let map = story.scheduler.running().iter().find(|(_, running)| running.stage.stage == StageId(0));
        let map = map.map(|(task, _)| task.0).expect("a map runs again");
        story.map_done(map, 6);
    }
    let old = story.scheduler.running().iter().find(|(_, r)| r.stage.stage == StageId(1) && r.stage.attempt == 0);
    let old = old.map(|(task, _)| task.0).expect("an attempt of the zombie still runs");
    let lines = story.fetch_failed(old, 0, Some(1));
    assert!(!lines.iter().any(|line| line.starts_with("failed") || line.starts_with("timer")), "{lines:#?}");
    assert!(story.scheduler.is_shuffle_complete(ShuffleId(0)));
}

#[test]
fn failures_in_two_stages_share_one_resubmission() {
    let mut story = Story::new(2, 4);
    story.stage(0, 2, Some((0, 2)), &[]);
    story.stage(1, 2, Some((1, 1)), &[0]);
    story.stage(2, 2, Some((2, 1)), &[0]);
    story.stage(3, 1, None, &[1, 2]);
    story.job(0, 3, 1);
    story.map_done(0, 2);
    let both = story.map_done(1, 2);
    assert_eq!(both.iter().filter(|line| line.starts_with("submitted")).count(), 2);
    let first = story.fetch_failed(2, 0, Some(1));
    let second = story.fetch_failed(4, 0, Some(1));
    let timers = first.iter().chain(&second).filter(|line| line.starts_with("timer")).count();
    assert_eq!(timers, 1);
    let resubmitted = story.resubmit();
    assert!(resubmitted[0].starts_with("submitted S0.1 [0]"), "{resubmitted:#?}");
}

#[test]
fn a_task_that_fails_four_times_aborts_its_job() {
    let mut story = Story::new(1, 1);
    story.stage(0, 1, None, &[]);
    story.job(0, 0, 1);
    for task in 0..3 {
        let lines = story.ends(task, TaskEnd::Failed { error: "boom".to_owned(), retry: Retry::Anywhere });
        assert!(lines.iter().any(|line| line.starts_with("launch")), "{lines:#?}");
    }
    let lines = story.ends(3, TaskEnd::Failed { error: "boom".to_owned(), retry: Retry::Anywhere });
    let last = lines.last().cloned().unwrap_or_default();
    assert!(last.contains("Task 0 in stage 0.0 failed 4 times, most recent failure: Lost task 0.3"), "{lines:#?}");
}

#[test]
fn a_dead_machine_is_not_blamed_on_its_tasks() {
    let mut story = Story::new(6, 1);
    story.stage(0, 1, None, &[]);
    story.job(0, 0, 1);
    for _ in 0..5 {
        let executor = story.scheduler.running().values().next().map(|running| running.executor.0).expect("it runs");
        let lines = story.kill(executor, Loss::Host);
        assert!(lines.iter().any(|line| line.contains("because ExecutorLost")), "{lines:#?}");
    }
}

#[test]
fn a_stage_that_fails_four_times_in_a_row_aborts_its_job() {
    let mut story = Story::new(2, 1);
    story.stage(0, 1, Some((0, 1)), &[]);
    story.stage(1, 1, None, &[0]);
    story.job(0, 1, 1);
    let mut last = Vec::new();
    for _ in 0..4 {
        let map = *story.scheduler.running().keys().next().expect("the map runs");
        story.map_done(map.0, 1);
        let (task, _) =
            story.scheduler.running().iter().next().map(|(t, r)| (t.0, r.clone())).expect("the reduce runs");
        let at = story.scheduler.map_outputs().table(ShuffleId(0)).and_then(|t| t.output(0)).map(|at| at.executor.0);
        last = story.fetch_failed(task, 0, at);
        story.resubmit();
    }
    let text = last.join("\n");
    assert!(text.contains("ResultStage 1 has failed the maximum allowable number of times: 4"), "{text}");
}

#[test]
fn a_stage_whose_output_is_there_is_skipped() {
    let mut story = Story::new(1, 2);
    story.stage(0, 1, Some((0, 1)), &[]);
    assert!(story.job(0, 0, 0).iter().any(|line| line.starts_with("submitted S0.0")));
    assert!(story.map_done(0, 1).contains(&"J0 succeeded".to_owned()));
    story.stage(1, 1, None, &[0]);
    let lines = story.job(1, 1, 1);
    assert_eq!(lines[0], "skipped S0");
    assert!(lines[1].starts_with("submitted S1.0"));
}

#[test]
fn a_map_stage_that_loses_outputs_while_it_runs_runs_them_in_the_same_attempt() {
    let mut story = Story::new(2, 1);
    story.stage(0, 4, Some((0, 1)), &[]);
    story.stage(1, 1, None, &[0]);
    story.job(0, 1, 1);
    story.map_done(0, 1);
    story.kill(1, Loss::Host);
    for _ in 0..4 {
        let Some(task) = story.scheduler.running().keys().next().copied() else { break };
        story.map_done(task.0, 1);
    }
    assert!(story.scheduler.is_shuffle_complete(ShuffleId(0)));
    let stage = story.scheduler.running().values().next().map(|running| running.stage);
    assert_eq!(stage.map(|stage| (stage.stage, stage.attempt)), Some((StageId(1), 0)));
}

/// Two map tasks of an indeterminate stage, three of a map stage above it, a result; executor 0 and 1 with a core each.
fn spread(determinism: Determinism) -> Story {
    let mut story = Story::new(2, 1);
    story.stage_that_is(determinism, 0, 2, Some((0, 3)), &[]);
    story.stage(1, 3, Some((1, 1)), &[0]);
    story.stage(2, 1, None, &[1]);
    story.job(0, 2, 1);
    for task in 0..3 {
        story.map_done(task, if task < 2 { 3 } else { 1 });
    }
    story
}

#[test]
fn rows_made_again_void_what_was_made_of_the_old_ones() {
    let mut story = spread(Determinism::Indeterminate);
    // Task 2 of S1 is done, 3 and 4 run: one could not fetch, the other had fetched.
    let lines = story.fetch_failed(3, 1, None);
    assert!(lines.contains(&"rolled back S0 [0, 1] because of S0".to_owned()), "{lines:#?}");
    assert!(lines.contains(&"rolled back S1 [0] because of S0".to_owned()), "{lines:#?}");
    assert!(story.map_done(4, 1).contains(&format!("ignored {}", TaskId(4))), "it was made of the old rows");
    let lines = story.resubmit();
    assert!(lines.iter().any(|line| line.starts_with("submitted S0.1 [0, 1]")), "{lines:#?}");
    story.map_done(5, 3);
    let lines = story.map_done(6, 3);
    assert!(lines.iter().any(|line| line.starts_with("submitted S1.1 [0, 1, 2]")), "{lines:#?}");
}

#[test]
fn rows_that_are_compared_are_made_again_in_part() {
    let mut story = spread(Determinism::Compared);
    story.kill(1, Loss::Process);
    let failing = story.scheduler.running().keys().next().copied().expect("a task runs");
    let lines = story.fetch_failed(failing.0, 1, None);
    assert!(!lines.iter().any(|line| line.starts_with("rolled back")), "{lines:#?}");
    let lines = story.resubmit();
    assert!(lines.iter().any(|line| line.starts_with("submitted S0.1 [0]")), "{lines:#?}");
    let again = story.scheduler.running().keys().next_back().copied().expect("a task runs");
    let lines = story.map_done(again.0, 3);
    assert!(lines.iter().any(|line| line.starts_with("rolled back S1")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("submitted S1.1 [0, 1, 2]")), "{lines:#?}");
}

#[test]
fn a_cached_partition_pulls_its_task_and_hides_what_is_below() {
    let mut story = Story::new(3, 1);
    story.stage(0, 1, Some((0, 1)), &[]);
    let below = Leaf::Shuffle { shuffle: ShuffleId(0), slice: ShuffleSlice::Coalesced { start: 0, end: 1 } };
    let stage = |id: u32| Stage {
        id: StageId(id),
        writes: None,
        inputs: vec![StageInput::Cached {
            cache: CacheId(0),
            partitions: 1,
            below: vec![StageInput::Shuffle(ShuffleId(0))],
        }],
        partitions: vec![vec![Leaf::Cached { cache: CacheId(0), partition: 0, below: vec![below.clone()] }]],
        determinism: Determinism::Determinate,
        plan: Arc::new(PhysicalPlan::OneRow),
    };
    story.tell(Input::StageDefined { stage: stage(1), query: None, line: 0 });
    assert!(story.job(0, 1, 1).iter().any(|line| line.starts_with("submitted S0.0")));
    story.map_done(0, 1);
    let ran_on = story.scheduler.running().values().next().map(|running| running.executor);
    let cached = vec![CachedReport { cache: CacheId(0), partition: 0, bytes: 9, rows: 1, on_disk: false }];
    story.ends(1, TaskEnd::Succeeded { output: None, cached });
    story.tell(Input::ShuffleDropped { shuffle: ShuffleId(0) });
    story.tell(Input::StageDefined { stage: stage(2), query: None, line: 0 });
    let lines = story.job(1, 2, 1);
    assert!(!lines.iter().any(|line| line.starts_with("submitted S0")), "{lines:#?}");
    assert_eq!(story.scheduler.running().values().next().map(|running| running.executor), ran_on);
}

#[test]
fn far_places_wait_for_patience_to_run_out() {
    let mut story = Story::new(2, 1);
    story.scheduler.set_conf(&Conf::new());
    let leaf = || vec![Leaf::File(FilePiece { block: 0, bytes: 9, hosts: vec![NodeId(1)], is_cold: false })];
    let stage = Stage {
        id: StageId(0),
        writes: None,
        inputs: Vec::new(),
        partitions: vec![leaf(), leaf()],
        determinism: Determinism::Determinate,
        plan: Arc::new(PhysicalPlan::OneRow),
    };
    story.tell(Input::StageDefined { stage, query: None, line: 0 });
    let launched = |lines: &[String]| lines.iter().filter(|line| line.starts_with("launch")).count();
    assert_eq!(launched(&story.job(0, 0, 2)), 1);
    story.now = VirtualTime::from_secs_f64(2.9);
    assert_eq!(launched(&story.tell(Input::TimerFired(Timer::Revive))), 0);
    story.now = VirtualTime::from_secs_f64(3.0);
    let lines = story.tell(Input::TimerFired(Timer::Revive));
    assert!(lines.iter().any(|line| line.ends_with("on 2")), "{lines:#?}");
}

/// Two tasks that would rather run on executor 1 and 2, which have a core each, and a third executor with nothing to do.
fn three_seconds_of_patience() -> Story {
    let mut story = Story::new(3, 1);
    story.scheduler.set_conf(&Conf::new());
    let leaf = |node| vec![Leaf::File(FilePiece { block: 0, bytes: 9, hosts: vec![NodeId(node)], is_cold: false })];
    let stage = Stage {
        id: StageId(0),
        writes: None,
        inputs: Vec::new(),
        partitions: vec![leaf(1), leaf(2), leaf(3)],
        determinism: Determinism::Determinate,
        plan: Arc::new(PhysicalPlan::OneRow),
    };
    story.tell(Input::StageDefined { stage, query: None, line: 0 });
    story.job(0, 0, 3);
    story
}

#[test]
fn a_lost_task_does_not_wait_for_a_place_that_a_free_core_has_looked_past() {
    let mut story = three_seconds_of_patience();
    story.now = VirtualTime::from_secs_f64(0.1);
    story.done(2);
    let lines = story.kill(1, Loss::Process);
    assert!(lines.iter().any(|line| line == "launch T3 S0.0 p0 on 3"), "{lines:#?}");
}

#[test]
fn a_lost_task_waits_for_a_good_place_while_no_core_was_free() {
    let mut story = three_seconds_of_patience();
    story.now = VirtualTime::from_secs_f64(0.1);
    story.kill(1, Loss::Process);
    let lines = story.done(2);
    assert!(!lines.iter().any(|line| line.starts_with("launch")), "{lines:#?}");
    story.now = VirtualTime::from_secs_f64(3.0);
    let lines = story.tell(Input::TimerFired(Timer::Revive));
    assert!(lines.iter().any(|line| line == "launch T3 S0.0 p0 on 3"), "{lines:#?}");
}

#[test]
fn an_executor_that_comes_late_is_waited_for_by_those_that_want_it() {
    let mut story = three_seconds_of_patience();
    story.kill(1, Loss::Host);
    story.kill(2, Loss::Host);
    story.kill(3, Loss::Host);
    story.tell(Input::ExecutorAdded { executor: ExecutorId(4), node: NodeId(2), cores: 3, first_core: 0, rack: 0 });
    let running: Vec<u32> = story.scheduler.running().values().map(|running| running.partition).collect();
    assert_eq!(running, [1], "the others would rather run elsewhere, and wait");
}

#[test]
fn a_failed_task_comes_before_those_that_wait() {
    let mut story = Story::new(1, 1);
    story.stage(0, 4, None, &[]);
    story.job(0, 0, 4);
    let fail = || TaskEnd::Failed { error: "no".to_owned(), retry: Retry::Anywhere };
    let mut order = Vec::new();
    for (task, end) in (0..6).zip([Some(fail()), None, Some(fail()), None, None, None]) {
        order.extend(story.scheduler.running().values().map(|running| running.partition));
        let end = end.unwrap_or(TaskEnd::Succeeded { output: None, cached: Vec::new() });
        story.ends(task, end);
    }
    // As real Spark runs them with `local[1,4]`: the freed core takes the next task before the driver has looked at the failure.
    assert_eq!(order, [0, 1, 0, 2, 0, 3]);
}

#[test]
fn a_slow_task_gets_a_second_copy_elsewhere_and_the_first_to_end_counts() {
    let mut story = Story::new(2, 2);
    let mut conf = Conf::new();
    conf.set("spark.speculation", "true");
    conf.set("spark.speculation.quantile", "0.5");
    story.scheduler.set_conf(&conf);
    story.stage(0, 4, None, &[]);
    story.job(0, 0, 4);
    story.now = VirtualTime::from_secs_f64(1.0);
    story.done(0);
    story.done(1);
    story.done(2);
    story.now = VirtualTime::from_secs_f64(2.0);
    let early = story.tell(Input::TimerFired(Timer::FindSlowTasks));
    assert!(!early.iter().any(|line| line.starts_with("launch")), "{early:#?}");
    story.now = VirtualTime::from_secs_f64(3.1);
    let slow = story.tell(Input::TimerFired(Timer::FindSlowTasks));
    assert_eq!(slow, ["T4 because Speculative", "launch T4 S0.0 p3 on 1"]);
    assert_eq!(story.done(4), ["accept T4", "kill T3", "completed S0.0", "J0 succeeded"]);
}
