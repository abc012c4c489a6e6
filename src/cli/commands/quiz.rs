//! `batchlab quiz [C3]`.

use crate::cli::{classroom, launch, output};
use crate::common::Result;
use crate::common::text::{self, plural};
use crate::report::page::{self, Answering, Ink, PageLine};
use crate::workshop::progress::{self, Guess, Progress};
use crate::workshop::quiz::{self, Answered, Chapter, Question};
use crate::workshop::scene::Studio;
use std::path::Path;

/// Predict, run, compare: questions whose answers come out of a run
///
/// A wrong prediction costs nothing: what was right first time and what was corrected after a second look are counted apart.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab quiz               the chapters
  batchlab quiz C3            the questions of chapter 3
  batchlab quiz Q3.1          one question
  batchlab quiz all --review  all questions with their answers")]
pub(crate) struct Args {
    /// A chapter such as C3, a question such as Q3.1, or all
    what: Option<String>,
    /// Make the tables from another seed, for fresh numbers
    #[arg(long)]
    seed: Option<u64>,
    /// Show the answers without asking
    #[arg(long)]
    review: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

#[derive(Default)]
struct Score {
    first: u64,
    corrected: u64,
    open: u64,
}

fn try_run(args: &Args) -> Result<u8> {
    let studio = classroom::studio();
    let chapters = quiz::chapters(studio.content())?;
    let Some(what) = &args.what else {
        list(&chapters);
        return Ok(0);
    };
    let chosen = choose(&chapters, what);
    if chosen.is_empty() {
        let known = chapters.iter().flat_map(|chapter| {
            std::iter::once(&chapter.id).chain(chapter.question.iter().map(|question| &question.id)).map(String::as_str)
        });
        let help = text::suggestion(what, known, "`batchlab quiz` lists the chapters");
        return Ok(output::usage(&format!("there is no chapter and no question {}", text::visible(what)), &help));
    }
    let mut score = Score::default();
    for question in &chosen {
        if !put(question, args, &studio, &mut score)? {
            break;
        }
    }
    let answered = score.first + score.corrected + score.open;
    if answered > 0 {
        output::out(&format!(
            "{}: {} right first time, {} corrected after a second look, {} not.\n",
            plural(answered, "question"),
            score.first,
            score.corrected,
            score.open
        ));
    }
    Ok(0)
}

fn choose<'a>(chapters: &'a [Chapter], what: &str) -> Vec<&'a Question> {
    let all = || chapters.iter().flat_map(|chapter| &chapter.question);
    if what.eq_ignore_ascii_case("all") {
        return all().collect();
    }
    let chapter = chapters.iter().find(|chapter| chapter.id.eq_ignore_ascii_case(what));
    chapter.map_or_else(
        || all().filter(|question| question.id.eq_ignore_ascii_case(what)).collect(),
        |chapter| chapter.question.iter().collect(),
    )
}

fn list(chapters: &[Chapter]) {
    let mut lines = vec![PageLine::of(Ink::Title, "Quiz"), PageLine::default()];
    for chapter in chapters {
        lines.push(PageLine(vec![
            (Ink::Key, format!("  {}", chapter.id)),
            (Ink::Text, format!("  {}", chapter.title)),
            (Ink::Dim, format!("  {}", plural(chapter.question.len() as u64, "question"))),
        ]));
    }
    lines.push(PageLine::default());
    lines.push(PageLine::of(Ink::Dim, "batchlab quiz C1 asks the first chapter."));
    classroom::show(&lines);
}

/// Puts one question. False when the person has left.
fn put(question: &Question, args: &Args, studio: &Studio, score: &mut Score) -> Result<bool> {
    let answered = question.answer(studio, args.seed)?;
    let width = classroom::width().min(84);
    let mut lines = vec![PageLine::of(Ink::Title, question.id.clone())];
    lines.extend(page::predict(&answered.asked, width, Answering::unmarked(args.review)));
    classroom::show(&lines);
    if args.review {
        classroom::show(&afterwards(&answered));
        return Ok(true);
    }
    let Some(first) = classroom::guess(&answered.asked, "Your prediction: ", output::out) else { return Ok(false) };
    let right = answered.asked.right;
    let mut marked = first;
    let mut came = Guess::First;
    if first != right {
        classroom::show(&[PageLine::of(Ink::Text, "  The run says otherwise. One more look:")]);
        marked = classroom::guess(&answered.asked, "Your second answer: ", output::out).unwrap_or(first);
        came = if marked == right { Guess::Corrected } else { Guess::Open };
    }
    match came {
        Guess::First => score.first += 1,
        Guess::Corrected => score.corrected += 1,
        Guess::Open => score.open += 1,
    }
    remember(&question.id, came)?;
    classroom::show(&classroom::verdict(&answered.asked, width, marked));
    classroom::show(&afterwards(&answered));
    Ok(true)
}

/// Notes an answer where there is a workshop folder.
fn remember(question: &str, guess: Guess) -> Result<()> {
    let root = Path::new(".");
    if !progress::folder(root).is_dir() {
        return Ok(());
    }
    let mut progress = Progress::read(root)?;
    progress.note_guess(question, guess);
    progress.write(root)
}

fn afterwards(answered: &Answered) -> Vec<PageLine> {
    let mut lines: Vec<PageLine> =
        answered.rules.iter().map(|rule| PageLine::of(Ink::Dim, format!("    {rule}"))).collect();
    let commands = answered.commands.iter();
    lines.extend(commands.map(|command| PageLine::of(Ink::Dim, format!("  See it: {command}"))));
    lines.push(PageLine::default());
    lines
}
