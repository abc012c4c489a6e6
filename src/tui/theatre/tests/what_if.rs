//! Faults that strike together, and runs in the background.

use super::*;
use crate::common::ids::InputBlockId;
use crate::event::EventKind;
use crate::tui::theatre::fault::{Cue, KINDS, Scenario};
use crate::tui::theatre::probe::{Question, WhatIf};

fn branch(effects: Vec<Effect>) -> Vec<Change> {
    let Some(Effect::Branch(request)) = effects.into_iter().next() else { panic!("a branch is asked for") };
    request.changes
}

fn strikes(changes: &[Change]) -> Vec<(FaultKind, u32)> {
    let strike = |change: &Change| match change {
        Change::Strike(strike) => (strike.kind, strike.node.0),
        other => panic!("{other:?} is no strike"),
    };
    changes.iter().map(strike).collect()
}

#[test]
fn armed_faults_strike_together() {
    let mut model = at(2.0, ScreenOptions::default());
    for action in [Action::Kill, Action::Right, Action::Arm] {
        press(&mut model, action);
    }
    assert_eq!(model.overlay, Overlay::None);
    super::super::player::to_time(&mut model, VirtualTime::from_secs_f64(4.0));
    press(&mut model, Action::Kill);
    assert!(draw(&model, 80, 24).contains("armed  node-"), "{}", draw(&model, 80, 24));
    press(&mut model, Action::Up);
    press(&mut model, Action::Up);
    let changes = branch(press(&mut model, Action::Open));
    assert_eq!(strikes(&changes), [(FaultKind::KillExecutor, 1), (FaultKind::Kill, 1)]);
    assert!(model.armed.is_empty());
}

#[test]
fn what_is_armed_can_be_taken_back_or_kept() {
    let mut model = at(2.0, ScreenOptions::default());
    for action in [Action::Kill, Action::Arm, Action::Kill] {
        press(&mut model, action);
    }
    let effects = press(&mut model, Action::Save);
    assert!(matches!(&effects[..], [Effect::SaveScenario(text)] if text == "kill:1@2.001\n"), "{effects:?}");
    press(&mut model, Action::Disarm);
    assert!(model.armed.is_empty() && press(&mut model, Action::Save).is_empty());
}

#[test]
fn a_machine_dies_at_an_event_and_comes_back() {
    let mut model = at(2.0, ScreenOptions::default());
    press(&mut model, Action::Kill);
    press(&mut model, Action::Cue);
    press(&mut model, Action::ComeBack);
    assert_eq!(model.cursor.time, VirtualTime::from_secs_f64(3.0), "the theatre goes to the event");
    snapshot("full_console", &draw(&model, 120, 40));
    snapshot("compact_console", &draw(&model, 80, 24));
    press(&mut model, Action::Arm);
    let [strike] = model.armed[..] else { panic!("one is armed") };
    assert_eq!(strike.cue, Some(Cue::Stage(StageId(0))));
    let node = strike.node.0;
    assert_eq!(Scenario::text_of(&model.armed), format!("kill:{node}@S0\nrestart:{node}@5.000\n"));
}

#[test]
fn events_are_gone_through_and_end_at_the_moment_before_them() {
    let mut model = at(2.0, ScreenOptions::default());
    model.selected = Selected::Task(StageId(0), 5);
    press(&mut model, Action::Kill);
    let mut seen = Vec::new();
    loop {
        press(&mut model, Action::Cue);
        let Overlay::Fault(console) = &model.overlay else { panic!("the console is open") };
        let Some(cue) = console.cue else { break };
        seen.push(cue);
    }
    assert_eq!(seen, [Cue::Task(StageId(0), 5), Cue::Stage(StageId(0)), Cue::Stage(StageId(1))]);
    assert_eq!(model.cursor.time, VirtualTime::from_secs_f64(2.0));
    // What nothing undoes does not come back.
    press(&mut model, Action::Right);
    press(&mut model, Action::ComeBack);
    let changes = branch(press(&mut model, Action::Open));
    assert!(matches!(changes[..], [Change::Strike(Strike { back_secs: None, .. })]), "{changes:?}");
}

#[test]
fn a_scenario_is_chosen_behind_the_faults() {
    let mut model = at(2.0, ScreenOptions::default());
    let scenario = Scenario { name: "one-dead".into(), text: "# a machine dies\nkill:2@S0\n".into() };
    model.scenarios = vec![scenario.clone()];
    press(&mut model, Action::Kill);
    press(&mut model, Action::Left);
    let frame = draw(&model, 80, 24);
    assert!(frame.contains("Scenario one-dead") && frame.contains("kill:2@S0"), "{frame}");
    assert_eq!(branch(press(&mut model, Action::Open)), [Change::Scenario(scenario)]);
}

#[test]
fn the_console_aims_at_what_is_there() {
    let model = at(4.5, ScreenOptions::default());
    let status = model.run().history.current();
    let aimed = |kind: FaultKind, node: NodeId| {
        let aim = kind.aim(status, node, None)?;
        let strike = Strike { kind, node, aim, at: model.cursor.time, cue: None, back_secs: Some(2) };
        Some(Scenario::text_of(&[strike]))
    };
    let text = |kind: FaultKind| aimed(kind, NodeId(2));
    assert_eq!(text(FaultKind::Drop).as_deref(), Some("drop:2x30%@4.500\nslow-link:2x1@6.500\n"));
    assert_eq!(text(FaultKind::KillRack).as_deref(), Some("kill:rack-1@4.500\n"));
    assert_eq!(text(FaultKind::Split).as_deref(), Some("cut:1,2@4.500\nmend:all@6.500\n"));
    assert_eq!(aimed(FaultKind::LoseCached, NodeId(3)).as_deref(), Some("lose-cached:p4@4.500\n"));
    assert_eq!(text(FaultKind::LoseCached), None, "it keeps none");
    assert_eq!(text(FaultKind::Corrupt).as_deref(), Some("corrupt:S0.p2@4.500\n"));
    assert_eq!(text(FaultKind::KillDriver).as_deref(), Some("kill:driver@4.500\nrestart:driver@6.500\n"));
}

/// The next run in the background begins and comes to its end.
fn answered(model: &mut Model) -> Vec<Change> {
    let effects = update(model, Message::Tick(0.0));
    let Some(Effect::Probe(request)) = effects.into_iter().next() else { panic!("a run is asked for") };
    model.probes.started(RunHandle::default());
    model.probes.grew(&fixture::node_death());
    model.probes.ended();
    request.changes
}

#[test]
fn the_cost_of_rules_is_measured() {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Plan);
    press(&mut model, Action::Measure);
    assert_eq!(answered(&mut model), [Change::WithoutRule("PushDownPredicates".into())]);
    let question = Question { run: 0, what: WhatIf::WithoutRule("PushDownPredicates".into()) };
    assert!(model.probes.answer(&question).is_some_and(|figures| figures.again == 5));
    press(&mut model, Action::Down);
    press(&mut model, Action::Down);
    let frame = draw(&model, 120, 40);
    assert!(frame.contains("PushDownPredicates     same") && frame.contains("the query costs the same"), "{frame}");
    assert_eq!(answered(&mut model), [Change::WithoutRule("ColumnPruning".into())]);
    press(&mut model, Action::Measure);
    assert!(update(&mut model, Message::Tick(0.0)).is_empty(), "what is known is not asked again");
}

#[test]
fn the_cost_of_a_death_is_told_beside_that_at_another_moment() {
    let mut model = at(9.0, ScreenOptions::default());
    update(&mut model, Message::Ended { run: 0, end: RunEnd { exit: 0, error: None } });
    let changes = answered(&mut model);
    assert_eq!(changes[0], Change::WithoutGivenFaults);
    assert_eq!(strikes(&changes[1..]), [(FaultKind::Kill, 3)]);
    while model.cursor.beat.is_none() {
        press(&mut model, Action::MarkOn);
    }
    model.zoom = true;
    model.focus = Pane::Why;
    let frame = draw(&model, 120, 40);
    assert!(frame.contains("Had it died before S0 (orders) had written anything: 5 task starts"), "{frame}");
}

/// The recorded run with all its moments so many times as late.
fn stretched(times: u64) -> Vec<std::sync::Arc<crate::event::Event>> {
    let late = |event: &std::sync::Arc<crate::event::Event>| {
        let mut event = event.as_ref().clone();
        event.time = VirtualTime(event.time.0 * times);
        std::sync::Arc::new(event)
    };
    fixture::node_death().iter().map(late).collect()
}

#[test]
fn both_runs_are_done_again_with_more_data() {
    let mut model = at(4.0, ScreenOptions::default());
    model.runs.push(Recording::recorded(stretched(2)).named("the other".to_owned()));
    press(&mut model, Action::Compare);
    press(&mut model, Action::Start);
    // A takes as much longer as there is more data; B next to nothing.
    let mut asked = Vec::new();
    while let [Effect::Probe(request)] = &update(&mut model, Message::Tick(0.0))[..] {
        asked.push(request.changes.clone());
        let [.., Change::Grown(times)] = request.changes[..] else { panic!("more data: {request:?}") };
        let slow = if asked.len() % 2 == 1 { times } else { 2 };
        model.probes.started(RunHandle::default());
        model.probes.grew(&stretched(slow));
        model.probes.ended();
    }
    assert_eq!(asked.len(), 8);
    let frame = draw(&model, 120, 40);
    assert!(frame.contains("the lines cross between 1x and 4x"), "{frame}");
    snapshot("full_growth", &frame);
    snapshot("compact_growth", &draw(&model, 80, 24));
    press(&mut model, Action::Start);
    assert!(draw(&model, 120, 40).contains("Moments that differ"));
}

#[test]
fn two_runs_stand_apart_until_they_are_linked_again() {
    let mut model = two_runs(ScreenOptions::default());
    press(&mut model, Action::Compare);
    let linked = model.cursor.time;
    press(&mut model, Action::Disarm);
    press(&mut model, Action::StageBack);
    let moved = model.cursor.time;
    assert!(moved < linked);
    let applied = |model: &Model| [0, 1].map(|run| model.runs[run].history.current().now);
    assert_eq!((model.current, applied(&model)[0] <= moved), (0, true));
    press(&mut model, Action::NextPane);
    assert_eq!((model.current, model.cursor.time), (1, linked.min(model.runs[1].history.end())));
    assert!(draw(&model, 120, 40).contains("link time again"));
    press(&mut model, Action::Disarm);
    assert_eq!(model.current, 0, "the longer one tells the time");
    assert!(draw(&model, 120, 40).contains("linked time"));
}

#[test]
fn the_console_keeps_the_answer_until_it_is_asked_for() {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Kill);
    let small = draw(&model, 40, 12);
    assert!(small.contains("Tasks that run again:  [ - ]  + -"), "{small}");
    for size in [(120, 40), (80, 24)] {
        let drawn = draw(&model, size.0, size.1);
        assert!(drawn.contains("map outputs") && drawn.contains("Predict: how many"), "{drawn}");
        for told in ["Still there:", "Gone, not needed:", "Gone and needed:"] {
            assert!(!drawn.contains(told), "{told} is the answer:\n{drawn}");
        }
    }
    press(&mut model, Action::Faster);
    press(&mut model, Action::Why);
    let drawn = draw(&model, 120, 40);
    assert!(drawn.contains("told, not predicted"), "{drawn}");
    press(&mut model, Action::Open);
    assert_eq!(model.guess, None, "who was told has not predicted");
}

/// The recorded run, whose input is a block with copies on the second and the third machine.
fn with_input() -> Vec<std::sync::Arc<crate::event::Event>> {
    let mut events: Vec<crate::event::Event> =
        fixture::node_death().iter().map(|event| event.as_ref().clone()).collect();
    let is_first = |event: &crate::event::Event| matches!(event.kind, EventKind::StageSubmitted { .. });
    let at = events.iter().position(is_first).expect("a stage begins");
    let kind = EventKind::InputBlockPlaced {
        block: InputBlockId(3),
        path: "orders/part-0.csv".into(),
        start: 0,
        bytes: 9000,
        nodes: [NodeId(2), NodeId(3)].into(),
    };
    events.insert(at, crate::event::Event { seq: 0, time: events[at].time, kind });
    (0..).zip(events).map(|(seq, event)| std::sync::Arc::new(crate::event::Event { seq, ..event })).collect()
}

#[test]
fn blocks_of_files_are_lost_by_key() {
    let struck = |kind: FaultKind, node: u32| {
        let mut model = model(ScreenOptions::default());
        model.runs[0] = Recording::recorded(with_input());
        super::super::player::to_time(&mut model, VirtualTime::from_secs_f64(2.0));
        model.seek();
        model.selected = Selected::Node(NodeId(node));
        press(&mut model, Action::Kill);
        for _ in 0..KINDS.iter().position(|known| *known == kind).expect("it is offered") {
            press(&mut model, Action::Right);
        }
        press(&mut model, Action::Open)
    };
    let text = |kind: FaultKind| {
        let changes = branch(struck(kind, 2));
        let [Change::Strike(strike)] = changes[..] else { panic!("{changes:?}") };
        Scenario::text_of(&[strike])
    };
    assert!(text(FaultKind::LoseBlock).starts_with("lose-block:B3@2.0"), "{}", text(FaultKind::LoseBlock));
    assert!(text(FaultKind::LoseCopy).starts_with("lose-copy:B3 on 2@2.0"), "{}", text(FaultKind::LoseCopy));
    assert!(struck(FaultKind::LoseCopy, 1).is_empty(), "the first machine has no copy");
}
