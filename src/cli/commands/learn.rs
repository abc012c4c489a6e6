//! `batchlab learn [L3 | WORD]`.

use crate::cli::{classroom, launch, output, stage};
use crate::common::{Result, text};
use crate::report::page::{self, Answering, Ink, PageLine};
use crate::workshop::card::{self, Card, Found};
use crate::workshop::content::Content;
use crate::workshop::lesson::{self, Lesson, Piece, Played};
use std::io::IsTerminal;

/// Read the lessons and look words up
///
/// Without an object: what there is. Every number in a text comes from a run that is made while you read.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab learn            the list
  batchlab learn L3         a lesson
  batchlab learn lineage    its card, or the card that speaks of it most")]
pub(crate) struct Args {
    /// A lesson such as L3, or a word
    what: Vec<String>,
    /// The answers beside the questions instead of at the end
    #[arg(long)]
    answers: bool,
    /// Plain text instead of the lesson reader
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let content = classroom::content();
    let lessons = lesson::lessons(&content)?;
    let cards = card::cards(&content)?;
    let word = args.what.join(" ");
    if word.is_empty() {
        list(&lessons, &cards);
        return Ok(0);
    }
    if let Some(index) = lessons.iter().position(|lesson| lesson.head.id.eq_ignore_ascii_case(&word)) {
        let found = &lessons[index];
        own_copy(&content, &found.path);
        if !args.no_tui && std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
            return stage::read(&lessons, index, args.screen);
        }
        show_lesson(found, &cards, args)?;
        return Ok(0);
    }
    match card::find(&cards, &word) {
        Found::Card(found) => {
            own_copy(&content, &found.path);
            show_card(found, args.answers)?;
            Ok(0)
        }
        Found::Mentions(found) => {
            let (best, others) = (found[0], &found[1..]);
            let said = format!("No card has the name {}; this one speaks of it most.", text::visible(&word));
            classroom::show(&[PageLine::of(Ink::Dim, said), PageLine::default()]);
            own_copy(&content, &best.path);
            show_card(best, args.answers)?;
            let words: Vec<&str> = others.iter().map(|card| card.head.word.as_str()).collect();
            let also = format!("Also in: {}.", words.join(", "));
            classroom::show(&page::words(&also, classroom::width().min(84), ""));
            Ok(0)
        }
        Found::Near(near) => {
            let ids = lessons.iter().map(|lesson| lesson.head.id.as_str());
            let known = near.iter().map(String::as_str).chain(ids);
            let help = text::suggestion(&word, known, "`batchlab learn` lists all");
            Ok(output::usage(&format!("there is no lesson and no card for {}", text::visible(&word)), &help))
        }
    }
}

/// Says when a file of the working folder is read instead of the binary's.
fn own_copy(content: &Content, path: &str) {
    let own = Content::embedded().text(path).ok();
    if content.is_own(path) && own.is_some() && own != content.text(path).ok() {
        output::err(&format!("batchlab: {path} of this folder is read; it differs from the workshop's own\n"));
    }
}

fn list(lessons: &[Lesson], cards: &[Card]) {
    let width = classroom::width();
    let mut lines = vec![PageLine::of(Ink::Title, "Lessons"), PageLine::default()];
    for lesson in lessons {
        lines.push(PageLine(vec![
            (Ink::Key, format!("  {}", lesson.head.id)),
            (Ink::Text, format!("  {}", lesson.head.title)),
            (Ink::Dim, format!("  {} min", lesson.head.minutes)),
        ]));
        lines.extend(page::words(&lesson.head.opening, width, "      "));
    }
    lines.extend([PageLine::default(), PageLine::of(Ink::Title, "Words with a card"), PageLine::default()]);
    for lesson in lessons {
        let words: Vec<&str> = cards
            .iter()
            .filter(|card| card.head.lesson == lesson.head.id)
            .map(|card| card.head.word.as_str())
            .collect();
        if !words.is_empty() {
            let text = format!("{}: {}", lesson.head.id, words.join(", "));
            lines.extend(page::words(&text, width, "  "));
        }
    }
    lines.push(PageLine::default());
    lines.push(PageLine::of(Ink::Dim, "batchlab learn L1 opens a lesson, batchlab learn WORD a card."));
    classroom::show(&lines);
}

fn show_lesson(lesson: &Lesson, cards: &[Card], args: &Args) -> Result<()> {
    let studio = classroom::studio();
    let played = lesson.play(&studio)?;
    let width = classroom::width().min(84);
    let head = &lesson.head;
    let beside =
        if head.goes_with.is_empty() { String::new() } else { format!("; goes with {}", head.goes_with.join(", ")) };
    let about = format!("{} minutes{beside}", head.minutes);
    let mut lines = vec![
        PageLine::of(Ink::Title, format!("{}  {}", head.id, head.title)),
        PageLine::of(Ink::Dim, about),
        PageLine::default(),
    ];
    lines.extend(page::words(&head.opening, width, ""));
    lines.push(PageLine::default());
    body(&played, width, args.answers, &mut lines);
    let words: Vec<&str> =
        cards.iter().filter(|card| card.head.lesson == head.id).map(|card| card.head.word.as_str()).collect();
    if !words.is_empty() {
        lines.extend(page::words(&format!("Cards (batchlab learn WORD): {}.", words.join(", ")), width, ""));
    }
    if !head.read_on.is_empty() {
        lines.extend(page::words(&format!("Read on: {}.", head.read_on.join("; ")), width, ""));
    }
    classroom::show(&lines);
    Ok(())
}

fn show_card(card: &Card, answers: bool) -> Result<()> {
    let studio = classroom::studio();
    let played = card.play(&studio)?;
    let width = classroom::width().min(84);
    let mut lines = vec![PageLine::of(Ink::Title, card.head.word.clone()), PageLine::default()];
    body(&played, width, answers, &mut lines);
    lines.extend(card.head.runs.iter().map(|command| PageLine::of(Ink::Code, format!("  {command}"))));
    lines.push(PageLine::of(Ink::Dim, format!("More in {}: batchlab learn {}", card.head.lesson, card.head.lesson)));
    classroom::show(&lines);
    Ok(())
}

/// All pages; the answers to the questions at the end, unless they are wanted in place.
fn body(played: &Played, width: usize, answers: bool, lines: &mut Vec<PageLine>) {
    let mut open = Vec::new();
    for pieces in &played.pages {
        lines.extend(page::pieces(pieces, width, |_| Answering::unmarked(answers)));
        let asked =
            pieces.iter().filter_map(|piece| if let Piece::Predict(asked) = piece { Some(asked) } else { None });
        open.extend(asked.filter(|_| !answers));
    }
    if open.is_empty() {
        return;
    }
    lines.push(PageLine::of(Ink::Title, "Answers"));
    lines.push(PageLine::default());
    for asked in open {
        lines.extend(page::words(&asked.ask, width, ""));
        lines.push(PageLine::of(Ink::Strong, format!("  The run says: {}", asked.options[asked.right])));
        lines.extend(page::words(&asked.tells, width, "  "));
        lines.push(PageLine::default());
    }
}
