use super::model::{Key, Kind, Reader, update};
use super::view::view;
use crate::tui::looks;
use crate::workshop::content::Content;
use crate::workshop::lesson::{Piece, lessons};
use crate::workshop::scene::Studio;
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
        reader.size = (area.width, area.height);
        view(&reader, options, buffer, area);
    });
    while reader.open_question().is_some() {
        update(&mut reader, Key::Reveal);
    }
    looks::snapshots("lesson_answers", |options, buffer, area| {
        reader.size = (area.width, area.height);
        view(&reader, options, buffer, area);
    });
}
