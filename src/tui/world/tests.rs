use super::model::{Effect, Left, WorldModel};
use super::view::view;
use crate::tui::ScreenOptions;
use crate::tui::looks;
use crate::tui::theatre::keymap::Action;
use crate::tui::touch::Touch;
use crate::worlds::{Mark, World};
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn store() -> WorldModel {
    let sets = [("mode".to_owned(), "ap".to_owned()), ("writes".to_owned(), "12".to_owned())];
    let world = World::configure("store", None, &sets).expect("a world");
    WorldModel::new("store".to_owned(), world.run(42))
}

fn draw(model: &WorldModel, width: u16, height: u16) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    view(model, ScreenOptions::default(), &mut buffer, area);
    looks::letters(&buffer)
}

#[test]
fn a_world_at_its_fault_and_at_its_end() {
    let mut model = store();
    while model.play.position == 0 || model.outcome.log[model.play.position - 1].mark != Mark::Fault {
        model.key(Action::MarkOn);
    }
    looks::snapshots("world_cut", |options, buffer, area| view(&model, options, buffer, area));
    model.key(Action::End);
    looks::snapshots("world_end", |options, buffer, area| view(&model, options, buffer, area));
}

#[test]
fn stepping_back_and_on_gives_the_same_frame() {
    let mut model = store();
    let mut frames = Vec::new();
    for _ in 0..model.outcome.log.len() {
        model.key(Action::EventOn);
        frames.push(draw(&model, 100, 32));
    }
    for frame in frames.iter().rev() {
        assert_eq!(&draw(&model, 100, 32), frame);
        model.key(Action::EventBack);
    }
    assert_eq!(model.play.position, 0);
}

#[test]
fn nothing_of_what_is_to_come_is_shown() {
    let mut model = store();
    for action in [Action::EventOn, Action::EventOn] {
        model.key(action);
    }
    let hidden = model.outcome.log.last().expect("a moment").text.clone();
    assert!(!draw(&model, 160, 50).contains(&hidden));
    assert!(draw(&model, 160, 50).contains("what do you expect?"));
}

#[test]
fn playing_comes_to_the_end_and_rests() {
    let mut model = store();
    model.key(Action::PlayPause);
    let mut seconds = 0.0;
    while model.play.playing && seconds < 600.0 {
        model.tick(0.1);
        seconds += 0.1;
    }
    assert!(model.play.is_over() && seconds < 120.0, "{seconds}");
    assert_eq!(model.key(Action::Back), Some(Effect::Leave(Left::Back)));
}

#[test]
fn no_size_is_too_small() {
    let mut model = store();
    model.key(Action::End);
    model.front.list();
    for width in (1..130).step_by(7) {
        for height in 1..45 {
            draw(&model, width, height);
        }
    }
}

#[test]
fn a_word_is_found_in_what_happens() {
    let mut model = store();
    let press = |model: &mut WorldModel, code| model.take(Touch::Key(KeyEvent::from(code)));
    press(&mut model, KeyCode::Char('/'));
    for c in "write".chars() {
        press(&mut model, KeyCode::Char(c));
    }
    press(&mut model, KeyCode::Enter);
    let first = model.play.position;
    let told = |position: usize| model.outcome.log[position - 1].text.to_lowercase();
    assert!(first > 0 && told(first).contains("write"), "{}", told(first));
    press(&mut model, KeyCode::Char('n'));
    assert!(model.play.position > first);
    press(&mut model, KeyCode::Char('N'));
    assert_eq!(model.play.position, first);
}
