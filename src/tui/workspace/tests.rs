use super::model::{Effect, Key, MapLine, Overlay, Pane, Workspace, take, update};
use super::{Left, News, view};
use crate::tui::looks;
use crate::tui::theme::ScreenOptions;
use crate::tui::touch::Touch;
use crate::workshop::step::{self, Library};
use crate::workshop::verdict::{Checked, Failure, Figures, Remark, VariantVerdict, Verdict};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn workspace() -> Workspace {
    let step = step::load(Library::default(), "02_joins/s3_broadcast").expect("a step of the workshop");
    let line = |id: &str| MapLine { id: id.to_owned(), title: "A step".to_owned(), passed: false };
    Workspace::new(step, vec![line("E2.2"), line("E2.3"), line("E2.4")], 0)
}

fn variant(name: &str, passed: bool) -> VariantVerdict {
    let failure = Failure {
        check: "b1".to_owned(),
        got: "sort_merge".to_owned(),
        wanted: "broadcast_hash".to_owned(),
        place: "join_strategy".to_owned(),
        why: "10,000 sales move to meet 8 products".to_owned(),
        next: "wrap the small table".to_owned(),
        line: None,
        moment: 17,
    };
    let bad = if passed { None } else { Some(0) };
    VariantVerdict {
        name: name.to_owned(),
        seed: 42,
        rows: 10_000,
        cluster: "W4".to_owned(),
        passed,
        checks: vec![
            Checked { text: "`result` is right: 4 rows".to_owned(), failure: None },
            Checked { text: "how the first join was done: broadcast_hash".to_owned(), failure: bad },
        ],
        failures: if passed { Vec::new() } else { vec![failure] },
        mistake: (!passed).then(|| Remark { id: "m3".to_owned(), text: "Sort-merge join.".to_owned() }),
        remarks: Vec::new(),
        figures: Figures::default(),
        events: Vec::new(),
    }
}

#[test]
fn without_the_theatre_the_verdict_has_the_room_of_the_run() {
    let mut workspace = workspace();
    workspace.shows_run = false;
    judged(&mut workspace, &[variant("visible", false)]);
    let area = Rect::new(0, 0, 120, 40);
    let mut buffer = Buffer::empty(area);
    view::view(&workspace, ScreenOptions::default(), &mut buffer, area);
    let text: String = buffer.content().iter().map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains("3 Verdict") && !text.contains("4 Run"), "{text}");
    update(&mut workspace, Key::Pane(Pane::Run));
    assert_ne!(workspace.pane, Pane::Run);
    for _ in 0..3 {
        update(&mut workspace, Key::NextPane);
        assert_ne!(workspace.pane, Pane::Run);
    }
}

fn judged(workspace: &mut Workspace, variants: &[VariantVerdict]) {
    workspace.hear(News::Began(workspace.save + 1));
    for one in variants {
        workspace.hear(News::Variant(Box::new(one.clone()), 80));
    }
    workspace.hear(News::Done(Box::new(verdict_of(variants)), 400));
}

fn verdict_of(variants: &[VariantVerdict]) -> Verdict {
    Verdict {
        step: "E2.3".to_owned(),
        title: String::new(),
        passed: variants.iter().all(|variant| variant.passed),
        variants: variants.to_vec(),
        stretch: None,
    }
}

fn press(workspace: &mut Workspace, code: KeyCode) -> Effect {
    take(workspace, Touch::Key(KeyEvent::from(code)))
}

fn drawn(workspace: &Workspace, width: u16, height: u16) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    view::view(workspace, ScreenOptions::default(), &mut buffer, area);
    let row = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_first_failure_is_selected_and_enter_goes_to_its_moment() {
    let mut workspace = workspace();
    judged(&mut workspace, &[variant("visible", false)]);
    assert_eq!(workspace.chosen, 1);
    assert_eq!(press(&mut workspace, KeyCode::Enter), Effect::Leave(Left::Theatre(17)));
}

#[test]
fn the_verdict_is_in_sight_however_many_checks_there_are() {
    for (passed, words) in [(true, "Right, on all data."), (false, "Got")] {
        let mut one = variant("visible", passed);
        let checks = std::mem::take(&mut one.checks);
        one.checks = checks.into_iter().flat_map(|check| vec![check; 8]).collect();
        for size in [(120, 40), (80, 24), (40, 12)] {
            let mut workspace = workspace();
            workspace.area = Rect::new(0, 0, size.0, size.1);
            judged(&mut workspace, std::slice::from_ref(&one));
            update(&mut workspace, Key::Pane(Pane::Checks));
            let screen = drawn(&workspace, size.0, size.1);
            assert!(screen.contains(words), "{size:?}:\n{screen}");
        }
    }
}

#[test]
fn a_hidden_variant_that_fails_takes_the_panes() {
    let mut workspace = workspace();
    judged(&mut workspace, &[variant("visible", true), variant("one product", false)]);
    assert_eq!(workspace.shown().map(|shown| shown.name.as_str()), Some("one product"));
    assert!(!workspace.map[1].passed);
}

#[test]
fn a_passed_step_is_on_the_map_and_nothing_moves_on_by_itself() {
    let mut workspace = workspace();
    judged(&mut workspace, &[variant("visible", true)]);
    assert!(workspace.map[1].passed);
    assert_eq!(press(&mut workspace, KeyCode::Char('>')), Effect::Leave(Left::Step(2)));
}

#[test]
fn a_save_is_told_where_another_screen_is_open() {
    let mut workspace = workspace();
    judged(&mut workspace, &[variant("visible", true)]);
    assert_eq!(workspace.hear_elsewhere(News::Began(2)).as_deref(), Some("run 2: the script is checked"));
    let variant = variant("visible", false);
    assert_eq!(workspace.hear_elsewhere(News::Variant(Box::new(variant.clone()), 9)), None);
    let told = workspace.hear_elsewhere(News::Done(Box::new(verdict_of(&[variant])), 12));
    assert_eq!(told.as_deref(), Some("run 2: 1 of 2 checks hold; q goes back to it"));
}

#[test]
fn a_save_forgets_the_verdict_before_it() {
    let mut workspace = workspace();
    judged(&mut workspace, &[variant("visible", true), variant("one product", false)]);
    judged(&mut workspace, &[variant("visible", true)]);
    assert_eq!(workspace.variants.len(), 1);
}

#[test]
fn the_same_slip_twice_offers_a_hint() {
    let mut workspace = workspace();
    judged(&mut workspace, &[variant("visible", false)]);
    judged(&mut workspace, &[variant("visible", false)]);
    assert_eq!(workspace.notice, None);
    judged(&mut workspace, &[variant("visible", false)]);
    assert!(workspace.notice.as_deref().is_some_and(|notice| notice.contains("hint")));
    workspace.notice = Some("Your text is kept".to_owned());
    judged(&mut workspace, &[variant("visible", false)]);
    assert_eq!(workspace.notice.as_deref(), Some("Your text is kept"), "an answer to a key is not talked over");
}

#[test]
fn hints_are_counted_and_end() {
    let mut workspace = workspace();
    for number in 1..=3 {
        assert_eq!(press(&mut workspace, KeyCode::Char('i')), Effect::HintRead(number));
    }
    assert_eq!(press(&mut workspace, KeyCode::Char('i')), Effect::None);
    assert_eq!(workspace.pane, Pane::Task);
}

#[test]
fn a_hint_is_on_the_screen_when_it_was_asked_for() {
    for step in step::all(Library::default()).expect("the steps of the workshop") {
        for size in [(80, 24), (120, 40)] {
            let line = MapLine { id: step.id.clone(), title: step.title.clone(), passed: false };
            let mut workspace = Workspace::new(step.clone(), vec![line], 0);
            workspace.area = Rect::new(0, 0, size.0, size.1);
            for number in 1..=3 {
                press(&mut workspace, KeyCode::Char('i'));
                let screen = drawn(&workspace, size.0, size.1);
                assert!(screen.contains(&format!("Hint {number}.")), "{} at {size:?}:\n{screen}", step.id);
            }
        }
    }
}

#[test]
fn the_starter_comes_back_only_for_the_whole_word() {
    let mut workspace = workspace();
    press(&mut workspace, KeyCode::Char('R'));
    for letter in "res".chars() {
        assert_eq!(press(&mut workspace, KeyCode::Char(letter)), Effect::None);
    }
    assert_eq!(press(&mut workspace, KeyCode::Enter), Effect::None);
    press(&mut workspace, KeyCode::Char('R'));
    for letter in "reset".chars() {
        press(&mut workspace, KeyCode::Char(letter));
    }
    assert_eq!(press(&mut workspace, KeyCode::Enter), Effect::Reset);
}

#[test]
fn the_solution_of_an_open_step_is_asked_for_twice() {
    let mut workspace = workspace();
    assert_eq!(press(&mut workspace, KeyCode::Char('s')), Effect::None);
    assert_eq!(workspace.overlay, Overlay::AskSolution);
    assert_eq!(press(&mut workspace, KeyCode::Char('y')), Effect::Solution);
}

#[test]
fn no_key_means_two_things() {
    let mut seen = Vec::new();
    for (codes, ..) in super::model::KEYS {
        for code in *codes {
            assert!(!seen.contains(code), "{code:?}");
            seen.push(*code);
        }
    }
}

#[test]
fn every_size_draws_every_pane() {
    let mut workspace = workspace();
    judged(&mut workspace, &[variant("visible", false)]);
    for key in ['1', '2', '3', '4', 'g', 'g', '?'] {
        press(&mut workspace, KeyCode::Char(key));
        for (width, height) in [(120, 40), (80, 24), (40, 12), (10, 3), (1, 1)] {
            drawn(&workspace, width, height);
        }
    }
}

#[test]
fn every_size_and_look_draws() {
    let mut workspace = workspace();
    looks::snapshots("workspace_new", |options, buffer, area| view::view(&workspace, options, buffer, area));
    judged(&mut workspace, &[variant("visible", false)]);
    update(&mut workspace, Key::Pane(Pane::Checks));
    looks::snapshots("workspace_failed", |options, buffer, area| view::view(&workspace, options, buffer, area));
}

#[test]
fn a_word_is_found_in_every_pane() {
    let mut workspace = workspace();
    judged(&mut workspace, &[variant("visible", false)]);
    for size in [(120, 40), (80, 24), (40, 12)] {
        workspace.area = Rect::new(0, 0, size.0, size.1);
        for key in "/sort-merge".chars() {
            press(&mut workspace, KeyCode::Char(key));
        }
        press(&mut workspace, KeyCode::Enter);
        let first = workspace.found.at.expect("it is there");
        assert!(drawn(&workspace, size.0, size.1).to_lowercase().contains("sort-merge"), "in sight at {size:?}");
        press(&mut workspace, KeyCode::Char('N'));
        press(&mut workspace, KeyCode::Char('n'));
        assert_eq!(workspace.found.at, Some(first), "back, and there again");
    }
    press(&mut workspace, KeyCode::Tab);
    assert_eq!(workspace.found.at, None, "who moves on is not held there");
}
