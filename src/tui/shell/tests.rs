use super::editor::Edit;
use super::model::{Effect, Focus, Key, Said, Shell};
use super::view::view;
use crate::common::ids::PlanStepId;
use crate::common::time::VirtualTime;
use crate::event::log::EventLog;
use crate::event::{EventKind, PlanStep};
use crate::session::{Answer, Ask, Ran};
use crate::tui::ScreenOptions;
use crate::tui::looks;
use crate::tui::theatre::model::Model as Theatre;
use crate::tui::theatre::recording::Recording;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn shell() -> Shell {
    let theatre = Theatre::new("prompt".to_owned(), Recording::default(), ScreenOptions::default(), false, true);
    let mut shell = Shell::new(theatre, Vec::new());
    assert_eq!(shell.answered(Answer::Ready, |_| None), None);
    shell
}

fn typed(shell: &mut Shell, text: &str) -> Option<Effect> {
    let mut effect = None;
    for c in text.chars() {
        effect = shell.key(if c == '\n' { Key::Enter } else { Key::Edit(Edit::Insert(c)) });
    }
    effect
}

fn run(text: &str) -> Option<Effect> {
    Some(Effect::Ask(Ask::Run(text.to_owned())))
}

#[test]
fn a_line_runs_and_a_block_waits_for_a_blank_line() {
    let mut shell = shell();
    assert_eq!(typed(&mut shell, "x = 1\n"), run("x = 1\n"));
    shell.answered(Answer::Ran(Box::default()), |_| None);
    assert_eq!(typed(&mut shell, "for i in x:\n"), None);
    assert_eq!(typed(&mut shell, "i\n"), None);
    assert_eq!(typed(&mut shell, "\n"), run("for i in x:\n    i\n"));
    shell.answered(Answer::Ran(Box::default()), |_| None);
    assert_eq!(typed(&mut shell, "f(\n"), None);
    assert_eq!(typed(&mut shell, "1)\n"), run("f(\n1)\n"));
}

#[test]
fn the_words_that_leave_pythons_prompt_leave_this_one() {
    for word in ["exit\n", "quit\n"] {
        assert_eq!(typed(&mut shell(), word), Some(Effect::Leave));
    }
    assert_eq!(typed(&mut shell(), "quit = 1\n"), run("quit = 1\n"));
}

#[test]
fn help_says_what_can_be_done() {
    let mut shell = shell();
    assert_eq!(typed(&mut shell, "help\n"), None);
    assert!(!shell.is_running && shell.transcript().contains("Esc opens the theatre"), "{}", shell.transcript());
}

#[test]
fn an_error_is_shown_and_the_prompt_comes_back() {
    let mut shell = shell();
    typed(&mut shell, "1 / 0\n");
    assert!(shell.is_running);
    assert_eq!(typed(&mut shell, "2\n"), None, "one entry at a time");
    shell.answered(Answer::Ran(Box::default()), |_| Some("ZeroDivisionError\n".to_owned()));
    assert!(!shell.is_running);
    assert_eq!(shell.said[1], Said::Error("ZeroDivisionError\n".to_owned()));
    assert_eq!(shell.transcript(), ">>> 1 / 0\nZeroDivisionError\n");
    let over = Ran { exit: Some(3), ..Ran::default() };
    assert_eq!(shell.answered(Answer::Ran(Box::new(over)), |_| None), Some(Effect::Leave));
}

#[test]
fn tab_completes_what_is_common_and_lists_the_rest() {
    let mut shell = shell();
    typed(&mut shell, "df.cr");
    assert_eq!(shell.key(Key::Tab), Some(Effect::Ask(Ask::Complete("df.cr".to_owned()))));
    let names = vec!["createTempView".to_owned(), "createGlobalTempView".to_owned()];
    shell.answered(Answer::Completions { replaces: 2, names }, |_| None);
    assert_eq!((shell.editor.text(), shell.choices.len()), ("df.create", 2));
    shell.key(Key::Edit(Edit::Insert('T')));
    assert!(shell.choices.is_empty());
    shell.key(Key::Tab);
    shell.key(Key::Edit(Edit::Insert('e')));
    shell.answered(Answer::Completions { replaces: 7, names: vec!["createTable".to_owned()] }, |_| None);
    assert_eq!(shell.editor.text(), "df.createTe", "the answer came too late");
}

#[test]
fn an_empty_prompt_is_left_on_purpose_only() {
    let mut shell = shell();
    typed(&mut shell, "abc");
    assert_eq!(shell.key(Key::Interrupt), None);
    assert_eq!(shell.editor.text(), "");
    assert_eq!(shell.key(Key::Interrupt), None);
    assert_eq!(shell.key(Key::Interrupt), Some(Effect::Leave));
    assert_eq!(shell.key(Key::EndOfInput), Some(Effect::Leave));
    shell.key(Key::ToTheatre);
    assert_eq!(shell.focus, Focus::Theatre);
}

/// A session in which a line has built a plan and another has printed.
fn played() -> Shell {
    let mut shell = shell();
    typed(&mut shell, "df = spark.range(9)\n");
    let log = EventLog::new();
    let text = "df = spark.range(9)\n".to_owned();
    log.push(VirtualTime::ZERO, EventKind::ScriptRead { first_line: 1, text: text.clone() });
    log.push(VirtualTime::ZERO, EventKind::StatementStarted { line: 1, text });
    let step = PlanStep { id: PlanStepId(0), does: "range".into(), with: "0 to 9".into(), inputs: Vec::new() };
    log.push(VirtualTime::ZERO, EventKind::PlanBuilt { line: 1, root: PlanStepId(0), steps: vec![step] });
    log.push(VirtualTime::ZERO, EventKind::Printed { text: "DataFrame[id: bigint]\n".into() });
    shell.theatre.run_mut().grow(log.snapshot());
    shell.listen();
    shell.answered(Answer::Ran(Box::default()), |_| None);
    shell.tick(0.1);
    shell
}

fn draw(shell: &Shell, width: u16, height: u16) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    let cursor = view(shell, shell.theatre.run().history.current(), &mut buffer, area);
    assert!(cursor.is_none_or(|cursor| area.contains(cursor)));
    looks::letters(&buffer)
}

#[test]
fn what_was_printed_stands_below_what_was_typed() {
    let shell = played();
    assert_eq!(shell.transcript(), ">>> df = spark.range(9)\nDataFrame[id: bigint]\n");
    assert!(!shell.theatre.playing, "the theatre rests when it has shown everything");
    for (width, height) in [(120, 40), (80, 24)] {
        let screen = draw(&shell, width, height);
        for part in ["DataFrame[id: bigint]", "· range 0 to 9", "Plan at line 1", ">>>"] {
            assert!(screen.contains(part), "{part} in\n{screen}");
        }
    }
}

#[test]
fn no_size_is_too_small() {
    let mut shell = played();
    typed(&mut shell, "a_long_line_that_goes_on_and_on(1,\n2,\n3");
    for width in 1..45 {
        for height in 1..16 {
            draw(&shell, width, height);
        }
    }
}

#[test]
fn every_size_and_look_draws() {
    let mut shell = played();
    typed(&mut shell, "df.select(\ndf.");
    shell.key(Key::Tab);
    shell.answered(Answer::Completions { replaces: 0, names: vec!["filter".to_owned(), "first".to_owned()] }, |_| None);
    looks::snapshots("shell", |options, buffer, area| {
        shell.theatre.options = options;
        view(&shell, shell.theatre.run().history.current(), buffer, area);
    });
}
