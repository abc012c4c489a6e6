mod everywhere;
mod follow;
mod marks;
mod presenter;
mod screens;
mod what_if;

use super::branch::Change;
use super::fault::{Aim, FaultKind, Strike};
use super::keymap::Action;
use super::model::{Console, Copied, Model, Overlay, Pane, Selected};
use super::recording::Recording;
use super::stops::Beat;
use super::update::{Effect, Message, Mouse, update};
use super::view::view;
use crate::common::ids::{NodeId, StageId};
use crate::common::shared::looks;
use crate::common::time::{VirtualDuration, VirtualTime};
use crate::status::{History, Status, fixture};
use crate::tui::glyphs::TWINS;
use crate::tui::{GlyphSet, RunEnd, RunHandle, ScreenOptions, Theme};
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

fn model(options: ScreenOptions) -> Model {
    let recording = Recording::recorded(fixture::node_death());
    let mut model = Model::new("orders by country".to_owned(), recording, options, true, true);
    model.seek();
    model
}

fn at(secs: f64, options: ScreenOptions) -> Model {
    let mut model = model(options);
    super::player::to_time(&mut model, VirtualTime::from_secs_f64(secs));
    model.seek();
    model
}

fn draw(model: &Model, width: u16, height: u16) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    view(model, model.run().history.current(), &mut buffer, area);
    crate::tui::looks::letters(&buffer)
}

fn press(model: &mut Model, action: Action) -> Vec<Effect> {
    update(model, Message::Key(action))
}

/// The run with the death, and the same cut short, at 7 s.
fn two_runs(options: ScreenOptions) -> Model {
    let mut model = at(7.0, options);
    let mut events = fixture::node_death();
    events.truncate(events.len() / 2);
    model.runs.push(Recording::recorded(events).named("cut short".to_owned()));
    model
}

#[test]
fn a_log_that_is_cut_off_says_so_at_its_end() {
    let mut events = fixture::node_death();
    events.truncate(events.len() / 2);
    let cut = Model::new("orders".to_owned(), Recording::recorded(events), ScreenOptions::default(), true, true);
    let whole = model(ScreenOptions::default());
    for (width, height) in [(120, 40), (80, 23), (40, 12)] {
        assert!(draw(&cut, width, height).contains(", cut off"), "{}", draw(&cut, width, height));
        assert!(!draw(&whole, width, height).contains("cut off"));
    }
}

#[test]
fn what_is_open_has_its_own_keys_and_a_notice_leaves_the_way_back() {
    let mut model = two_runs(ScreenOptions::default());
    press(&mut model, Action::Plan);
    model.toast = Some(("something was done".to_owned(), 4.0));
    let drawn = draw(&model, 40, 12);
    let last = drawn.lines().last().unwrap_or_default();
    assert!(last.contains("Esc back") && last.contains("something was done"), "{drawn}");
    model.toast = None;
    press(&mut model, Action::Help);
    let drawn = draw(&model, 120, 40);
    let last = drawn.lines().last().unwrap_or_default();
    assert!(last.contains("Esc closes the list") && !last.contains("step"), "{drawn}");
}

const SIZES: [(u16, u16); 8] = [(120, 40), (80, 24), (40, 12), (20, 5), (1, 1), (300, 100), (80, 6), (10, 40)];

fn ascii() -> ScreenOptions {
    ScreenOptions { glyphs: GlyphSet::Ascii, ..ScreenOptions::default() }
}

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn the_full_form_shows_the_recovery() {
    snapshot("full_recovery", &draw(&at(7.0, ScreenOptions::default()), 120, 40));
    snapshot("full_recovery_ascii", &draw(&at(7.0, ascii()), 120, 40));
}

#[test]
fn the_compact_form_shows_the_same() {
    snapshot("compact_recovery", &draw(&at(7.0, ScreenOptions::default()), 80, 24));
    snapshot("compact_recovery_ascii", &draw(&at(7.0, ascii()), 80, 24));
}

#[test]
fn the_text_form_tells_the_story() {
    snapshot("text_recovery", &draw(&at(7.0, ScreenOptions::default()), 40, 12));
}

#[test]
fn a_frame_of_a_long_run_looks_at_what_shows() {
    for jobs in [20, 320] {
        let recording = Recording::recorded(fixture::many_jobs(jobs));
        let (stages, end) = (2 * jobs as usize, recording.history.end());
        let mut model = Model::new("long".to_owned(), recording, ScreenOptions::default(), false, true);
        for (focus, zoom) in [(Pane::Stages, false), (Pane::Timeline, true), (Pane::Nodes, true)] {
            (model.focus, model.zoom) = (focus, zoom);
            for tenth in 0..=10 {
                super::player::to_time(&mut model, VirtualTime(end.0 / 10 * tenth));
                model.seek();
                let before = looks::so_far();
                draw(&model, 120, 40);
                let looked = looks::so_far() - before;
                // A stage has 64 tasks: whoever walks over all tasks looks at far more.
                assert!(looked < 8_000 + 12 * stages, "{looked} in {focus:?} at {tenth} tenths of {stages} stages");
            }
        }
    }
}

#[test]
fn blocks_on_their_way_are_seen() {
    snapshot("full_shuffle", &draw(&at(4.2, ScreenOptions::default()), 120, 40));
}

#[test]
fn a_death_is_told_in_beats() {
    let mut model = at(5.1, ScreenOptions::default());
    let mut beats = Vec::new();
    for _ in 0..5 {
        press(&mut model, Action::MarkOn);
        beats.push(model.cursor.beat.map(|(_, beat)| beat));
    }
    assert_eq!(beats, [Beat::Death, Beat::Inventory, Beat::Question, Beat::Trace, Beat::Triage].map(Some));
    snapshot("full_triage", &draw(&model, 120, 40));
    snapshot("compact_triage", &draw(&model, 80, 24));
    press(&mut model, Action::MarkBack);
    snapshot("full_trace", &draw(&model, 120, 40));
}

#[test]
fn the_last_beat_is_the_cost() {
    let mut model = at(9.0, ScreenOptions::default());
    while model.cursor.beat.is_none() {
        press(&mut model, Action::MarkOn);
    }
    assert_eq!(model.cursor.beat, Some((0, Beat::Cost)));
    snapshot("full_cost", &draw(&model, 120, 40));
}

#[test]
fn x_goes_from_death_to_recovery_and_back() {
    let mut model = at(1.0, ScreenOptions::default());
    let mut beats = Vec::new();
    for action in [Action::DeathOn, Action::DeathOn, Action::DeathBack] {
        press(&mut model, action);
        beats.push(model.cursor.beat.map(|(_, beat)| beat));
    }
    assert_eq!(beats, [Beat::Death, Beat::Cost, Beat::Death].map(Some));
    press(&mut model, Action::DeathBack);
    assert_eq!(model.cursor.beat, Some((0, Beat::Death)));
    assert!(model.toast.is_some());
}

#[test]
fn the_cost_is_told_beside_the_query_that_paid_it() {
    let mut model = at(1.0, ScreenOptions::default());
    press(&mut model, Action::DeathOn);
    press(&mut model, Action::DeathOn);
    let frame = draw(&model, 120, 40);
    assert!(frame.contains("5 task starts because of it, 9.100 s"), "{frame}");
    assert!(frame.contains("4.800 s after the"), "{frame}");
}

#[test]
fn a_question_in_the_middle_of_the_story_is_answered() {
    let mut model = at(1.0, ScreenOptions::default());
    press(&mut model, Action::DeathOn);
    press(&mut model, Action::MarkOn);
    press(&mut model, Action::Why);
    assert!(draw(&model, 120, 40).contains("4 Why does"));
    press(&mut model, Action::MarkOn);
    assert_eq!(model.cursor.beat, Some((0, Beat::Question)));
}

#[test]
fn a_death_asks_first_and_reveals_then() {
    let mut model = at(5.1, ScreenOptions::default());
    while model.cursor.beat != Some((0, Beat::Question)) {
        press(&mut model, Action::MarkOn);
    }
    snapshot("full_question", &draw(&model, 120, 40));
    snapshot("compact_question", &draw(&model, 80, 24));
    // Both outputs and the cached partition; the running task is forgotten.
    for action in [Action::PlayPause, Action::Down, Action::PlayPause, Action::Down, Action::Down, Action::PlayPause] {
        press(&mut model, action);
    }
    press(&mut model, Action::Open);
    assert_eq!((model.cursor.beat, model.playing), (Some((0, Beat::Trace)), false));
    press(&mut model, Action::MarkOn);
    let status = model.run().history.current();
    let verdict = super::question::verdict(&model, status, &status.deaths[0]);
    assert_eq!(verdict, Some((false, "Not quite: needed and not marked: running S1.p2.".to_owned())));
}

#[test]
fn whoever_begins_to_answer_has_all_the_time() {
    let mut model = at(5.1, ScreenOptions::default());
    model.playing = true;
    while model.cursor.beat != Some((0, Beat::Question)) {
        update(&mut model, Message::Tick(0.1));
    }
    press(&mut model, Action::PlayPause);
    update(&mut model, Message::Tick(600.0));
    assert_eq!(model.cursor.beat, Some((0, Beat::Question)));
    press(&mut model, Action::Down);
    press(&mut model, Action::Open);
    assert_eq!((model.cursor.beat, model.playing), (Some((0, Beat::Trace)), true));
}

#[test]
fn the_end_tells_what_was_done_and_printed() {
    let mut model = at(1.0, ScreenOptions::default());
    press(&mut model, Action::End);
    assert!(draw(&model, 120, 40).contains("4 What was done"));
    press(&mut model, Action::Output);
    assert!(draw(&model, 80, 24).contains("+-------+-----+"));
}

#[test]
fn why_asks_about_the_most_interesting_task() {
    let mut model = at(7.0, ScreenOptions::default());
    press(&mut model, Action::Why);
    assert_eq!(model.focus, Pane::Why);
    snapshot("compact_why", &draw(&model, 80, 24));
}

#[test]
fn playing_stops_for_the_beats_and_ends() {
    let mut model = at(5.0, ScreenOptions::default());
    model.playing = true;
    let mut seen = Vec::new();
    for _ in 0..4000 {
        update(&mut model, Message::Tick(0.033));
        if let Some((_, beat)) = model.cursor.beat
            && seen.last() != Some(&beat)
        {
            seen.push(beat);
        }
    }
    assert_eq!(seen, [Beat::Death, Beat::Inventory, Beat::Question, Beat::Trace, Beat::Triage, Beat::Cost]);
    assert!(!model.playing, "{:?} {:?}", model.cursor, model.toast);
    assert_eq!(model.cursor.position, model.run().history.len());
}

#[test]
fn a_kill_asks_for_a_branch_and_shows_it() {
    let mut model = at(4.5, ScreenOptions::default());
    model.selected = Selected::Node(NodeId(3));
    press(&mut model, Action::Kill);
    assert_eq!(model.overlay, Overlay::Fault(Console { choice: 2, opened: model.cursor.time, ..Console::default() }));
    snapshot("full_kill", &draw(&model, 120, 40));
    let effects = press(&mut model, Action::Open);
    let Some(Effect::Branch(request)) = effects.into_iter().next() else { panic!("a branch is asked for") };
    let at = VirtualTime::from_secs_f64(4.5) + VirtualDuration(1);
    assert_eq!(
        request.changes,
        [Change::Strike(Strike {
            kind: FaultKind::Kill,
            node: NodeId(3),
            aim: Aim::Machine,
            at,
            cue: None,
            back_secs: None
        })]
    );
    let handle = RunHandle::default();
    update(&mut model, Message::BranchStarted { request, handle });
    assert!(model.pending.is_some());
    update(&mut model, Message::BranchGrew(fixture::node_death()));
    update(&mut model, Message::BranchEnded(RunEnd { exit: 0, error: None }));
    assert_eq!((model.runs.len(), model.current), (2, 1));
    assert_eq!(model.cursor.beat, Some((0, Beat::Death)));
    press(&mut model, Action::Compare);
    assert!(draw(&model, 120, 40).contains("COMPARE"));
    press(&mut model, Action::Close);
    assert_eq!(model.current, 1);
    press(&mut model, Action::Runs);
    press(&mut model, Action::Up);
    press(&mut model, Action::Open);
    assert_eq!(model.current, 0);
}

#[test]
fn the_plan_is_shown_rule_by_rule() {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Plan);
    for _ in 0..2 {
        press(&mut model, Action::Down);
    }
    snapshot("full_plan_rule", &draw(&model, 120, 40));
    snapshot("compact_plan_rule", &draw(&model, 80, 24));
    snapshot("text_plan_rule", &draw(&model, 40, 12));
    press(&mut model, Action::End);
    snapshot("full_plan_stages", &draw(&model, 120, 40));
    press(&mut model, Action::Close);
    assert!(model.pages.is_empty() && draw(&model, 120, 40).contains("2 Nodes"));
}

#[test]
fn two_runs_stand_side_by_side_at_one_time() {
    let mut model = two_runs(ScreenOptions::default());
    press(&mut model, Action::Compare);
    snapshot("full_compare", &draw(&model, 120, 40));
    snapshot("compact_compare", &draw(&model, 80, 24));
    snapshot("text_compare", &draw(&model, 40, 12));
    let applied: Vec<usize> = model.runs.iter().map(|run| run.history.current().applied).collect();
    assert!(applied[0] > applied[1] && applied[1] == model.runs[1].history.len());
    press(&mut model, Action::NextFound);
    let [moment] = match model.pages.last() {
        Some(super::pages::Page::Compare(page)) => page.comparison.moments.clone(),
        _ => Vec::new(),
    }
    .try_into()
    .expect("one run is the start of the other");
    assert_eq!(model.cursor.time, moment.at());
    press(&mut model, Action::Close);
    assert_eq!((model.current, model.pages.len()), (0, 0));
}

#[test]
fn the_data_of_a_stage_is_shown_by_partition() {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Data);
    snapshot("full_data", &draw(&model, 120, 40));
    snapshot("compact_data", &draw(&model, 80, 24));
    snapshot("text_data", &draw(&model, 40, 12));
    press(&mut model, Action::Left);
    assert!(draw(&model, 120, 40).contains("S0 (orders) reads its input"));
}

#[test]
fn typing_finds_a_command_and_enter_does_it() {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Help);
    snapshot("full_keys", &draw(&model, 120, 40));
    for c in "rule by".chars() {
        update(&mut model, Message::Typed(c));
    }
    press(&mut model, Action::Open);
    assert!(draw(&model, 120, 40).contains("PLAN  Q0"));
    press(&mut model, Action::Help);
    update(&mut model, Message::Typed('?'));
    assert_eq!(model.overlay, Overlay::None);
}

/// Presses the mouse where a text is drawn.
fn click(model: &mut Model, text: &str) -> Vec<Effect> {
    let frame = draw(model, 120, 40);
    let (y, line) = frame.lines().enumerate().find(|(_, line)| line.contains(text)).expect("the text is drawn");
    let x = line[..line.find(text).expect("the text is drawn")].chars().count();
    let at = Position { x: x as u16, y: y as u16 };
    let screen = Rect { x: 0, y: 0, width: 120, height: 40 };
    update(model, Message::Mouse { at, screen, kind: Mouse::Press })
}

#[test]
fn what_is_clicked_is_selected_and_clicked_again_is_asked_about() {
    let mut model = at(7.0, ScreenOptions::default());
    click(&mut model, "S1 aggregate");
    assert_eq!((model.selected, model.focus), (Selected::Stage(StageId(1)), Pane::Stages));
    click(&mut model, "node-4 ");
    assert_eq!((model.selected, model.focus), (Selected::Node(NodeId(4)), Pane::Nodes));
    click(&mut model, "S0.m4");
    assert_eq!(model.selected, Selected::Task(StageId(0), 4));
    assert!(model.why.is_none());
    click(&mut model, "S0.m4");
    assert!(model.why.is_some());
}

#[test]
fn hints_and_sentences_are_clicked() {
    let mut model = at(7.0, ScreenOptions::default());
    click(&mut model, "p plan");
    assert!(draw(&model, 120, 40).contains("PLAN  Q0"));
    click(&mut model, "PushDownPredicates");
    assert!(draw(&model, 120, 40).contains("step 3 of"));
    click(&mut model, "t theatre");
    click(&mut model, "S0 (orders) runs again");
    assert_eq!(model.cursor.time, VirtualTime::from_secs_f64(7.0), "the first press gives the pane the focus");
    click(&mut model, "S0 (orders) runs again");
    assert_eq!(model.cursor.time, VirtualTime::from_secs_f64(5.6));
    model.selected = Selected::Node(NodeId(2));
    model.overlay = Overlay::Runs { choice: 0 };
    click(&mut model, "node-1 ");
    assert_eq!(model.selected, Selected::Node(NodeId(2)), "what is covered is not clicked");
}

fn find(model: &mut Model, text: &str) {
    press(model, Action::Find);
    for c in text.chars() {
        update(model, Message::Typed(c));
    }
    press(model, Action::Open);
}

#[test]
fn names_and_words_are_found() {
    let mut model = at(0.5, ScreenOptions::default());
    find(&mut model, "m4");
    assert_eq!(model.selected, Selected::Task(StageId(0), 4));
    let mut moments = Vec::new();
    for _ in 0..3 {
        press(&mut model, Action::NextFound);
        moments.push(model.cursor.time.as_secs_f64());
    }
    assert_eq!(moments, [3.8, 5.2, 5.4], "its end, its loss, who misses it");
    press(&mut model, Action::PreviousFound);
    assert!((model.cursor.time.as_secs_f64() - 5.2).abs() < 1e-9);
    find(&mut model, "N3");
    assert_eq!(model.selected, Selected::Node(NodeId(3)));
    find(&mut model, "recovered");
    assert!((model.cursor.time.as_secs_f64() - 10.0).abs() < 1e-9);
    find(&mut model, "no such thing");
    assert!(model.toast.as_ref().is_some_and(|(text, _)| text.contains("no task, node or sentence")));
}

#[test]
fn a_key_is_found_on_the_data_page() {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Data);
    find(&mut model, "fr");
    let is_there = |model: &Model| draw(model, 120, 40).contains("3 Rows of S1.p1");
    assert!(is_there(&model), "{}", draw(&model, 120, 40));
    press(&mut model, Action::NextFound);
    assert!(is_there(&model));
}

#[test]
fn things_panes_and_pages_are_copied_as_plain_text() {
    let screen = Rect { x: 0, y: 0, width: 120, height: 40 };
    let copied = |model: &Model, what: Copied| super::view::copied(model, model.run().history.current(), screen, what);
    let mut model = at(7.0, ScreenOptions::default());
    model.focus = Pane::Story;
    let pane = copied(&model, Copied::Pane);
    assert!(pane.contains("runs again") && pane.lines().count() > 3 && !pane.contains('│'), "{pane}");
    assert_eq!(
        copied(&model, Copied::Thing),
        "t=5.700    S0.m5 runs again on node-2: its output was lost with node-3\n"
    );
    model.focus = Pane::Stages;
    assert_eq!(copied(&model, Copied::Thing), copied(&model, Copied::Pane), "nothing is selected");
    model.selected = Selected::Task(StageId(0), 4);
    let thing = copied(&model, Copied::Thing);
    assert!(thing.starts_with("Why does S0.m4 run again?\n  Its only copy was on node-3"), "{thing}");
    assert!(thing.contains("\n  Attempt 1: on node-1 after"), "{thing}");
    press(&mut model, Action::Plan);
    press(&mut model, Action::Down);
    let page = copied(&model, Copied::Thing);
    assert!(page.starts_with("Aggregate [country#2]"), "{page}");
}

#[test]
fn an_operator_leads_to_its_stage_and_its_rows() {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Plan);
    find(&mut model, "operators, exchanges");
    press(&mut model, Action::Open);
    for _ in 0..4 {
        press(&mut model, Action::Down);
    }
    snapshot("full_operator", &draw(&model, 120, 40));
    snapshot("compact_operator", &draw(&model, 80, 24));
    press(&mut model, Action::Open);
    assert_eq!(model.selected, Selected::Stage(StageId(0)));
    assert!(draw(&model, 120, 40).contains("DATA"), "its rows");
    press(&mut model, Action::Close);
    assert!(draw(&model, 120, 40).contains(">      └ Project"), "back at the operator");
}

#[test]
fn a_rule_is_switched_off_and_the_run_compared() {
    let mut model = at(4.5, ScreenOptions::default());
    press(&mut model, Action::Plan);
    press(&mut model, Action::Down);
    assert!(press(&mut model, Action::Output).is_empty());
    model.overlay = Overlay::None;
    press(&mut model, Action::Down);
    let effects = press(&mut model, Action::Output);
    let Some(Effect::Branch(request)) = effects.into_iter().next() else { panic!("a branch is asked for") };
    assert_eq!(request.changes, [Change::WithoutRule("PushDownPredicates".to_owned())]);
    update(&mut model, Message::BranchStarted { request, handle: RunHandle::default() });
    update(&mut model, Message::BranchGrew(fixture::node_death()));
    assert!(model.pending.is_some(), "it is compared when it is over");
    update(&mut model, Message::BranchEnded(RunEnd { exit: 0, error: None }));
    assert!(draw(&model, 120, 40).contains("B without PushDownPredicates"));
    press(&mut model, Action::Close);
    assert_eq!((model.current, model.runs.len()), (0, 2));
}

#[test]
fn all_overlays_and_sizes_draw() {
    let overlays = [
        Overlay::Help(crate::tui::palette::Palette::default()),
        Overlay::Fault(Console::default()),
        Overlay::Fault(Console { kind: 7, choice: 1, guess: Some(2), back: 2, ..Console::default() }),
        Overlay::Runs { choice: 0 },
        Overlay::Matrix,
        Overlay::Output { back: 3 },
    ];
    for overlay in overlays {
        let mut model = at(4.5, ScreenOptions::default());
        model.overlay = overlay;
        for size in SIZES {
            draw(&model, size.0, size.1);
        }
    }
    for page in [Action::Plan, Action::Data, Action::Compare] {
        let mut model = two_runs(ScreenOptions::default());
        press(&mut model, page);
        for size in SIZES {
            draw(&model, size.0, size.1);
        }
    }
    for zoomed in super::model::PANES {
        let mut model = at(4.5, ScreenOptions::default());
        model.zoom = true;
        model.focus = zoomed;
        draw(&model, 120, 40);
        draw(&model, 40, 12);
    }
}

#[test]
fn mono_uses_no_colour() {
    let model = at(7.0, ScreenOptions { theme: Theme::Mono, ..ScreenOptions::default() });
    let area = Rect { x: 0, y: 0, width: 120, height: 40 };
    let mut buffer = Buffer::empty(area);
    view(&model, model.run().history.current(), &mut buffer, area);
    let reset = ratatui::style::Color::Reset;
    assert!(buffer.content.iter().all(|cell| cell.fg == reset && cell.bg == reset));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn only_known_glyphs_are_drawn(secs in 0.0..10.5_f64, ascii_set: bool, small: bool) {
        let glyphs = if ascii_set { GlyphSet::Ascii } else { GlyphSet::Unicode };
        let model = at(secs, ScreenOptions { glyphs, ..ScreenOptions::default() });
        let text = if small { draw(&model, 80, 24) } else { draw(&model, 120, 40) };
        for c in text.chars().filter(|c| *c != '\n') {
            let known = c.is_ascii() || (!ascii_set && TWINS.iter().any(|(unicode, _)| *unicode == c));
            prop_assert!(known, "{c:?}");
        }
    }

    #[test]
    fn scrubbing_gives_what_folding_gives(jumps in proptest::collection::vec(0..120_usize, 1..40)) {
        let events = fixture::node_death();
        let mut history = History::new(events.clone());
        for jump in jumps {
            let jump = jump.min(events.len());
            prop_assert_eq!(history.seek(jump), &Status::of(&events[..jump]));
        }
    }

    #[test]
    fn no_key_breaks_the_theatre(keys in proptest::collection::vec(any::<u8>(), 1..60)) {
        let mut model = two_runs(ScreenOptions::default());
        for key in keys {
            let c = char::from(b' ' + key % 95);
            let event = crossterm::event::KeyEvent::new(crossterm::event::KeyCode::Char(c), crossterm::event::KeyModifiers::NONE);
            if let Some(message) = super::keymap::message(event, model.is_typing()) {
                update(&mut model, message);
                update(&mut model, Message::Tick(0.1));
            }
        }
        draw(&model, 80, 24);
        draw(&model, 120, 40);
    }
}

#[test]
fn a_line_is_played_through_what_it_computes() {
    let mut model = model(ScreenOptions::default());
    press(&mut model, Action::LineOn);
    assert!(model.by_line && model.playing, "time passes before the first line");
    press(&mut model, Action::LineOn);
    assert!(!model.playing, "asked again on the way: at once");
    assert_eq!(model.run().history.current().statement.as_ref().map(|statement| statement.line), Some(9));
    assert!(draw(&model, 120, 40).contains("6 Script and plan: line 9"));
    assert!(draw(&model, 80, 24).contains("6 Script and plan: line 9"));
    press(&mut model, Action::LineOn);
    assert!(model.playing, "the action takes time");
    press(&mut model, Action::LineOn);
    assert_eq!(model.cursor.position, model.run().history.len(), "it was the last line");
    press(&mut model, Action::LineBack);
    assert_eq!(model.cursor.time, VirtualTime::from_secs_f64(0.1));
}

#[test]
fn the_theatre_waits_for_the_line_that_was_asked_for() {
    let events = fixture::node_death();
    let (early, late) = events.split_at(3);
    let recording = Recording::live("x".to_owned(), RunHandle::default());
    let mut model = Model::new("x".to_owned(), recording, ScreenOptions::default(), false, false);
    model.until = Some(9);
    update(&mut model, Message::Grew { run: 0, events: early.to_vec() });
    assert_eq!((model.until, model.playing), (Some(9), false));
    for event in late {
        update(&mut model, Message::Grew { run: 0, events: vec![event.clone()] });
    }
    assert_eq!((model.until, model.cursor.time), (None, VirtualTime::from_secs_f64(0.1)));
    model.until = Some(77);
    update(&mut model, Message::Ended { run: 0, end: RunEnd { exit: 0, error: None } });
    assert!(model.toast.is_some_and(|(text, _)| text.contains("never came to line 77")));
}
