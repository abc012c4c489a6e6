//! The lesson reader: pictures of it at the two sizes it is made for.

use batchlab::tui::ScreenOptions;
use batchlab::tui::lesson::model::{Key, Kind, Left, Pane, Reader, update};
use batchlab::tui::lesson::view::view;
use batchlab::workshop::content::Content;
use batchlab::workshop::lesson::lessons;
use batchlab::workshop::scene::Studio;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn reader() -> Reader {
    let studio = Studio::new(Content::of(env!("CARGO_MANIFEST_DIR").into()), 2, std::sync::Arc::default());
    let lessons = lessons(&Content::of(env!("CARGO_MANIFEST_DIR").into())).expect("lessons");
    let lesson = lessons.iter().find(|lesson| lesson.head.id == "L3").expect("the third");
    let played = lesson.play(&studio).expect("a lesson");
    Reader::new(
        Kind::Lesson,
        format!("L3  {}", lesson.head.title),
        lesson.head.minutes,
        lesson.head.opening.clone(),
        &played,
    )
}

fn screen(reader: &Reader, width: u16, height: u16) -> String {
    let area = Rect { x: 0, y: 0, width, height };
    let mut buffer = Buffer::empty(area);
    view(reader, ScreenOptions::default(), &mut buffer, area);
    let row = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol().to_owned()).collect::<String>().trim_end().to_owned();
    (0..height).map(row).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_page_stands_beside_its_picture() {
    let mut reader = reader();
    reader.area = Rect::new(0, 0, 120, 40);
    update(&mut reader, Key::PageOn);
    insta::assert_snapshot!("reader_wide_before_the_answer", screen(&reader, 120, 40));
    update(&mut reader, Key::Option(1));
    update(&mut reader, Key::Lock);
    insta::assert_snapshot!("reader_wide_after_the_answer", screen(&reader, 120, 40));
}

#[test]
fn a_small_screen_shows_one_pane() {
    let mut reader = reader();
    insta::assert_snapshot!("reader_small_text", screen(&reader, 80, 24));
    update(&mut reader, Key::NextPane);
    assert_eq!(reader.pane, Pane::Picture);
    insta::assert_snapshot!("reader_small_picture", screen(&reader, 80, 24));
}

#[test]
fn keys_turn_pages_and_move_pictures() {
    let mut reader = reader();
    assert_eq!(update(&mut reader, Key::PageBack), Some(Left::Previous));
    let before = reader.pictures().0[0].at.position;
    update(&mut reader, Key::Milestone(-1));
    assert!(reader.pictures().0[0].at.position < before);
    update(&mut reader, Key::PageOn);
    assert!(reader.open_question().is_some());
    update(&mut reader, Key::Lock);
    assert!(reader.open_question().is_some(), "nothing is marked yet");
    update(&mut reader, Key::Mark);
    update(&mut reader, Key::Lock);
    assert!(reader.open_question().is_none());
    while update(&mut reader, Key::PageOn).is_none() {}
    assert_eq!(update(&mut reader, Key::Back), Some(Left::Back));
}

#[test]
fn every_size_draws() {
    let reader = reader();
    for (width, height) in [(200, 60), (110, 20), (109, 36), (40, 12), (10, 3), (1, 1)] {
        screen(&reader, width, height);
    }
}

#[test]
fn a_room_gets_big_titles_and_no_notes() {
    let mut reader = reader();
    reader.kind = Kind::Demo { id: "D01".to_owned(), notes: "Ask before you tell.".to_owned() };
    reader.title = "D01  A node dies".to_owned();
    reader.area = Rect::new(0, 0, 120, 40);
    update(&mut reader, Key::Help);
    assert!(screen(&reader, 120, 40).contains("Ask before you tell."));
    update(&mut reader, Key::Projector);
    let room = screen(&reader, 120, 40);
    assert!(!room.contains("Ask before you tell.") && room.contains("demo D01 --notes"), "{room}");
    update(&mut reader, Key::Back);
    insta::assert_snapshot!("reader_projector", screen(&reader, 120, 40));
    let small = screen(&reader, 80, 24);
    assert!(!small.contains('▀') && small.contains("D01  A node dies"), "{small}");
}

#[test]
fn a_demo_names_the_keys_of_its_beats() {
    let mut reader = reader();
    reader.kind = Kind::Demo { id: "D01".to_owned(), notes: String::new() };
    let last = screen(&reader, 80, 24);
    assert!(last.contains("Space on  b back") && last.contains("? keys, notes"), "{last}");
}

#[test]
fn space_and_b_lead_through_a_demo_and_its_question() {
    let mut reader = reader();
    reader.kind = Kind::Demo { id: "D01".to_owned(), notes: String::new() };
    update(&mut reader, Key::PageOn);
    let page = reader.page;
    assert!(reader.open_question().is_some());
    let open = screen(&reader, 80, 24);
    assert!(open.contains("( ) 1 ") && open.contains("Space answer  b back") && open.contains("1 2 3 mark"), "{open}");
    update(&mut reader, Key::Number(1));
    assert!(screen(&reader, 80, 24).contains("(•) 2 "));
    // `b` is a letter of an option only in lessons.
    update(&mut reader, Key::Option(1));
    assert_eq!(reader.page, page - 1);
    update(&mut reader, Key::PageOn);
    update(&mut reader, Key::Space);
    assert_eq!((reader.page, reader.open_question()), (page, None));
    update(&mut reader, Key::Space);
    assert_eq!(reader.page, page + 1);
}
