use super::{Depth, Format, Level, LogFilter, Narrator, logs, summary};
use crate::common::ids::{StageId, TaskId};
use crate::event::{Event, EventKind};
use crate::status::{Status, fixture};
use std::sync::Arc;

fn told(depth: Depth, format: Format) -> String {
    let narrator = Narrator::new(depth, format);
    let mut status = Status::default();
    let mut text = String::new();
    for event in fixture::node_death() {
        status.apply(&event);
        for sentence in narrator.narrate(&event, &status) {
            text.push_str(&narrator.line(&sentence));
            text.push('\n');
        }
    }
    text
}

#[test]
fn a_node_death_in_brief() {
    insta::assert_snapshot!(told(Depth::Brief, Format::Text));
}

#[test]
fn a_node_death_as_told_normally() {
    insta::assert_snapshot!(told(Depth::Normal, Format::Text));
}

#[test]
fn a_task_that_is_lost_in_two_attempts_is_named_once() {
    let mut events = fixture::node_death();
    let death = events.iter().position(|event| matches!(event.kind, EventKind::NodeDied { .. })).expect("a death");
    let is_lost = |event: &Arc<Event>| matches!(event.kind, EventKind::TaskStarted { stage, partition: 2, .. } if stage.stage == StageId(1));
    let mut second = events.iter().find(|event| is_lost(event)).expect("S1.p2 runs there").as_ref().clone();
    if let EventKind::TaskStarted { task, stage, .. } = &mut second.kind {
        *task = TaskId(99);
        stage.attempt += 1;
    }
    events.insert(death, Arc::new(Event { time: events[death].time, ..second }));
    let narrator = Narrator::new(Depth::Brief, Format::Text);
    let mut status = Status::default();
    let told = events.iter().flat_map(|event| {
        status.apply(event);
        narrator.narrate(event, &status)
    });
    let lost = told.filter(|sentence| sentence.kind == "lost_running").map(|sentence| sentence.text);
    assert_eq!(lost.collect::<Vec<_>>(), ["lost while running: S1.p2; to be run again on another node"]);
}

#[test]
fn narration_has_only_plain_characters() {
    let text = told(Depth::Full, Format::Text);
    assert!(text.chars().all(|c| c == '\n' || (c.is_ascii() && !c.is_control())));
}

#[test]
fn json_lines_carry_the_same_sentences() {
    let (lines, json) = (told(Depth::Normal, Format::Text), told(Depth::Normal, Format::JsonLines));
    let lines = lines.replace("\n           ", " ");
    assert_eq!(lines.lines().count(), json.lines().count());
    for (line, json) in lines.lines().zip(json.lines()) {
        let value: serde_json::Value = serde_json::from_str(json).expect("a JSON line");
        assert!(line.ends_with(value["text"].as_str().expect("text")));
    }
}

#[test]
fn the_summary_counts_the_log() {
    insta::assert_snapshot!(summary(&fixture::node_death()));
}

#[test]
fn logs_can_be_filtered() {
    let filter = LogFilter { stage: Some(StageId(0)), level: Level::Warn };
    let mut lines = Vec::new();
    logs(&fixture::node_death(), filter, Format::Text, &mut lines).expect("memory takes everything");
    insta::assert_snapshot!(String::from_utf8(lines).expect("text").trim_end());
}
