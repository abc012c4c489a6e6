use super::{Depth, Format, Level, LogFilter, Narrator, logs, summary};
use crate::common::ids::StageId;
use crate::status::{Status, fixture};

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
