use super::model::{Home, HomeChoice, HomeEntry, Kind, Stand, update};
use super::view;
use crate::tui::theatre::hits::{self, Target};
use crate::tui::touch::Touch;
use crate::tui::{ScreenOptions, looks};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn entry(kind: Kind, number: &str, title: &str, stand: Option<Stand>) -> HomeEntry {
    HomeEntry {
        kind,
        number: number.to_owned(),
        title: title.to_owned(),
        stand,
        passed: (kind == Kind::Exercise).then_some((1, 3)),
        about: vec![format!("what {title} is about")],
        script: "solutions/x/pipeline.py".to_owned(),
        source: "print(1)\n".to_owned(),
        is_tour: number == "D00",
    }
}

fn home() -> Home {
    let entries = vec![
        entry(Kind::GoOn, "W", "Go on: E2.2 Who is missing?", Some(Stand::Here)),
        entry(Kind::Exercise, "1", "Basic operations", Some(Stand::Done)),
        entry(Kind::Step, "E1.1", "Your first cluster table", Some(Stand::Done)),
        entry(Kind::Exercise, "2", "Joins and aggregations", Some(Stand::Here)),
        entry(Kind::Step, "E2.1", "Meet the other table", Some(Stand::Done)),
        entry(Kind::Step, "E2.2", "Who is missing?", Some(Stand::Here)),
        entry(Kind::Step, "E2.3", "Photocopy the small one", Some(Stand::Open)),
        entry(Kind::Case, "5", "A case: a video service", Some(Stand::Open)),
        entry(Kind::Step, "E5.1", "Top titles", Some(Stand::Open)),
        entry(Kind::Lesson, "L1", "What data processing is", None),
        entry(Kind::Demo, "D00", "Tour: one job, from script to nodes", None),
    ];
    let go_on = ["E2.2 Who is missing?", "  checked 2 times, 1 hint read"].map(str::to_owned).to_vec();
    Home::new(entries, "3 of 37 steps passed".to_owned(), go_on, None)
}

fn press(home: &mut Home, code: KeyCode) -> Option<HomeChoice> {
    update(home, Touch::Key(KeyEvent::from(code)))
}

fn key(home: &mut Home, c: char) -> Option<HomeChoice> {
    press(home, KeyCode::Char(c))
}

fn draw(home: &Home, (width, height): (u16, u16)) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    view::view(home, ScreenOptions::default(), &mut buffer, area);
    looks::letters(&buffer)
}

#[test]
fn two_keys_lead_to_a_running_theatre() {
    let mut home = home();
    assert_eq!(key(&mut home, '2'), None);
    assert_eq!(press(&mut home, KeyCode::Enter), Some(HomeChoice::Open(3)));
    assert_eq!(key(&mut home, 'K'), Some(HomeChoice::Kill(3)));
    home.chosen = 0;
    assert_eq!(press(&mut home, KeyCode::Enter), Some(HomeChoice::Open(0)), "one Enter goes on");
    assert_eq!(key(&mut home, 'd'), Some(HomeChoice::Open(10)), "the tour");
    assert_eq!(key(&mut home, 'K'), None, "only an exercise runs as a whole");
    assert!(home.notice.is_some());
}

#[test]
fn steps_are_shown_where_the_learner_is_and_where_they_are_unfolded() {
    let mut home = home();
    assert_eq!(home.shown(), [0, 1, 3, 4, 5, 6, 7, 9, 10]);
    key(&mut home, '1');
    key(&mut home, 'l');
    key(&mut home, 'j');
    assert_eq!(home.chosen, 2, "its first step");
    key(&mut home, 'h');
    assert_eq!((home.chosen, home.shown().len()), (1, 9), "folded again");
    key(&mut home, '5');
    press(&mut home, KeyCode::Enter);
    assert!(home.shown().contains(&8), "Enter unfolds what has no pipeline");
}

#[test]
fn a_word_is_found_even_in_what_is_folded() {
    let mut home = home();
    for c in "/video".chars() {
        key(&mut home, c);
    }
    press(&mut home, KeyCode::Enter);
    assert_eq!(home.chosen, 7);
    for c in "/TITLES".chars() {
        key(&mut home, c);
    }
    press(&mut home, KeyCode::Enter);
    assert_eq!(home.chosen, 8);
    key(&mut home, 'n');
    assert_eq!(home.chosen, 8, "the only one");
}

#[test]
fn all_keys_are_found_by_typing_and_done_with_enter() {
    let mut home = home();
    key(&mut home, '?');
    assert!(draw(&home, (80, 24)).contains("a recorded run, or two of them"));
    for c in "projector".chars() {
        key(&mut home, c);
    }
    assert_eq!(press(&mut home, KeyCode::Enter), None);
    assert!(home.projector && home.front.palette.is_none());
    key(&mut home, ':');
    press(&mut home, KeyCode::Esc);
    assert_eq!(key(&mut home, 'q'), Some(HomeChoice::Quit));
}

#[test]
fn typed_files_are_opened() {
    let mut home = home();
    for c in "oa.jsonl b.jsonl".chars() {
        key(&mut home, c);
    }
    let files = ["a.jsonl", "b.jsonl"].map(str::to_owned).to_vec();
    assert_eq!(press(&mut home, KeyCode::Enter), Some(HomeChoice::Files(files)));
}

#[test]
fn the_mouse_chooses_opens_and_presses_hints() {
    let mut home = home();
    let screen = Rect { x: 0, y: 0, width: 120, height: 40 };
    let at = |home: &Home, wanted: Target| {
        let hits = view::hits(home, ScreenOptions::default(), screen);
        let area = hits.iter().rev().find(|hit| hit.target == wanted).map(|hit| hit.area).expect("it is there");
        hits::target(&hits, area.as_position()).expect("it is on top")
    };
    assert_eq!(at(&home, Target::Line(3)), Target::Line(3));
    assert_eq!(update(&mut home, Touch::Line(3)), None);
    assert_eq!(update(&mut home, Touch::Line(3)), Some(HomeChoice::Open(3)));
    let hint = Target::Press(KeyCode::Char('q'));
    assert_eq!(at(&home, hint), hint);
    assert_eq!(update(&mut home, Touch::Press(KeyCode::Char('q'))), Some(HomeChoice::Quit));
}

#[test]
fn every_size_and_look_draws() {
    looks::snapshots("home", |options, buffer, area| view::view(&home(), options, buffer, area));
    for size in [(10, 3), (1, 1), (300, 100)] {
        draw(&home(), size);
    }
}
