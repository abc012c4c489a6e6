use super::model::{Key, Kind, Pane, Reader, take, update};
use super::view::view;
use crate::tui::looks;
use crate::tui::theme::ScreenOptions;
use crate::tui::touch::Touch;
use crate::workshop::content::Content;
use crate::workshop::lesson::{Piece, lessons};
use crate::workshop::scene::Studio;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::sync::Arc;

/// The lesson about shuffles, played, at its first page with a question.
fn reader() -> Reader {
    let content = Content::embedded();
    let lesson = lessons(&content).expect("lessons").into_iter().find(|lesson| lesson.head.id == "L3").expect("L3");
    let played = lesson.play(&Studio::new(content, 2, Arc::default())).expect("its runs");
    let title = format!("{}  {}", lesson.head.id, lesson.head.title);
    let mut reader = Reader::new(Kind::Lesson, title, lesson.head.minutes, lesson.head.opening.clone(), &played);
    let asks = |page: &Vec<Piece>| page.iter().any(|piece| matches!(piece, Piece::Predict(_)));
    reader.page = reader.pages.iter().position(asks).expect("a question");
    reader
}

#[test]
fn every_size_and_look_draws() {
    let mut reader = reader();
    looks::snapshots("lesson_asks", |options, buffer, area| {
        reader.area = area;
        view(&reader, options, buffer, area);
    });
    while reader.open_question().is_some() {
        update(&mut reader, Key::Reveal);
    }
    looks::snapshots("lesson_answers", |options, buffer, area| {
        reader.area = area;
        view(&reader, options, buffer, area);
    });
}

fn press(reader: &mut Reader, code: KeyCode) {
    assert_eq!(take(reader, Touch::Key(KeyEvent::from(code))), None);
}

fn drawn(reader: &Reader) -> String {
    let area = reader.area;
    let mut buffer = Buffer::empty(area);
    view(reader, ScreenOptions::default(), &mut buffer, area);
    looks::letters(&buffer)
}

#[test]
fn a_picture_plays_rests_and_goes_back_to_its_moment() {
    let mut reader = reader();
    reader.area = Rect::new(0, 0, 120, 40);
    while reader.open_question().is_some() {
        update(&mut reader, Key::Reveal);
    }
    let spoken = reader.moving().expect("a picture of a moment").at.position;
    let still = drawn(&reader);
    assert!(!reader.tick(1.0), "nothing moves by itself");
    press(&mut reader, KeyCode::Char('g'));
    press(&mut reader, KeyCode::Char(' '));
    assert!(reader.is_playing() && drawn(&reader).contains(" · ► "));
    let (mut changes, mut ticks) = (0, 0);
    while reader.is_playing() {
        changes += usize::from(reader.tick(0.1));
        ticks += 1;
        assert!(ticks < 1000, "it comes to an end");
    }
    let end = reader.moving().expect("the picture").at.position;
    assert!(changes > 10 && changes <= ticks && end == reader.moving().expect("it").take.events.len());
    press(&mut reader, KeyCode::Char('l'));
    press(&mut reader, KeyCode::Char('h'));
    assert_eq!(reader.moving().expect("the picture").at.position, spoken, "where the text has it");
    assert_eq!(drawn(&reader), still);
}

#[test]
fn what_plays_comes_into_sight() {
    let mut reader = reader();
    reader.area = Rect::new(0, 0, 80, 24);
    while reader.open_question().is_some() {
        update(&mut reader, Key::Reveal);
    }
    update(&mut reader, Key::Pane(Pane::Text));
    let is_seen = |reader: &Reader| super::view::is_in_sight(reader, Pane::Picture);
    assert!(reader.moving().is_some() && !is_seen(&reader), "the text has the whole screen");
    press(&mut reader, KeyCode::Char(' '));
    assert!(is_seen(&reader) && reader.is_playing());
    press(&mut reader, KeyCode::Tab);
    assert!(!is_seen(&reader), "Tab leads back to the text");
    press(&mut reader, KeyCode::Tab);
    press(&mut reader, KeyCode::Char('h'));
    assert_eq!(reader.pane, Pane::Text, "a page begins with its text");
}

#[test]
fn a_word_is_found_on_other_pages_and_is_in_sight() {
    let mut reader = reader();
    for size in [(120, 40), (80, 24), (40, 12)] {
        reader.area = Rect::new(0, 0, size.0, size.1);
        update(&mut reader, Key::Pane(Pane::Text));
        for key in "/node".chars() {
            press(&mut reader, KeyCode::Char(key));
        }
        press(&mut reader, KeyCode::Enter);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..40 {
            let place = reader.found.at.expect("a lesson about nodes");
            seen.insert(place);
            assert!(drawn(&reader).to_lowercase().contains("node"), "{place:?} at {size:?}");
            press(&mut reader, KeyCode::Char('n'));
        }
        assert!(seen.iter().any(|(page, ..)| *page != reader.page), "{seen:?}");
    }
}
