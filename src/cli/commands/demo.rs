//! `batchlab demo [D05]`.

use crate::cli::stage::{self, ScreenArgs};
use crate::cli::{EXIT_USAGE, classroom, launch, output};
use crate::common::Result;
use crate::report::page::{self, Answering, Ink, PageLine};
use crate::report::picture;
use crate::workshop::demo::{self, Demo, PlayedDemo};
use crate::workshop::scene::{Scene, Studio};
use std::io::IsTerminal;

/// Play a demo, or list them
///
/// A demo runs its scripts, tells them in beats, asks the room a question and checks that its figures come out. In a terminal it opens in
/// the theatre; otherwise, or with --no-tui, it is told in text.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab demo                the list
  batchlab demo D01            in the theatre
  batchlab demo D01 --no-tui   told in text
  batchlab demo --verify       checks every figure of every demo")]
pub(crate) struct Args {
    /// A demo such as D05
    what: Option<String>,
    /// Only check the figures; exit status 1 when one does not come out
    #[arg(long)]
    verify: bool,
    /// The presenter's notes instead of the demo
    #[arg(long)]
    notes: bool,
    /// The answer beside the question
    #[arg(long)]
    answers: bool,
    /// Put the question on standard input before the answer is told (plain text)
    #[arg(long)]
    ask: bool,
    /// Plain text instead of the theatre
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    screen: ScreenArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let studio = classroom::studio();
    let mut demos = demo::demos(studio.content())?;
    if let Some(what) = &args.what {
        let known: Vec<String> = demos.iter().map(|demo| demo.id.clone()).collect();
        demos.retain(|demo| demo.id.eq_ignore_ascii_case(what));
        if demos.is_empty() {
            output::usage(&format!("there is no demo {what}"), &format!("there are {}", known.join(", ")));
            return Ok(EXIT_USAGE);
        }
    }
    if args.notes {
        demos.iter().for_each(notes);
        return Ok(0);
    }
    if args.verify {
        return verify(&demos, &studio);
    }
    match (&args.what, demos.first()) {
        (Some(_), Some(demo)) => play(demo, &studio, args),
        _ => {
            list(&demos);
            Ok(0)
        }
    }
}

fn list(demos: &[Demo]) {
    let width = classroom::width().min(100);
    let mut lines = vec![PageLine::of(Ink::Title, "Demos"), PageLine::default()];
    for demo in demos {
        lines.push(PageLine(vec![
            (Ink::Key, format!("  {}", demo.id)),
            (Ink::Text, format!("  {}", demo.title)),
            (Ink::Dim, format!("  {} min", demo.minutes)),
        ]));
        lines.extend(page::words(&demo.about, width, "       "));
    }
    classroom::show(&lines);
}

fn notes(demo: &Demo) {
    let width = classroom::width().min(84);
    let mut lines = vec![PageLine::of(Ink::Title, format!("{}  {}: for the presenter", demo.id, demo.title))];
    lines.extend(page::words(&demo.notes, width, "  "));
    lines.push(PageLine::of(Ink::Strong, "  Ask the room"));
    lines.extend(page::words(&demo.question.ask, width, "    "));
    lines.push(PageLine::of(Ink::Strong, "  Beats"));
    for (number, beat) in demo.beat.iter().enumerate() {
        let stop = if beat.ask {
            ", ask here"
        } else if beat.stop {
            ", stop here"
        } else {
            ""
        };
        lines.push(PageLine::of(Ink::Text, format!("    {}. {}{stop}", number + 1, beat.at)));
    }
    lines.push(PageLine::default());
    classroom::show(&lines);
}

fn verify(demos: &[Demo], studio: &Studio) -> Result<u8> {
    let (mut wrong, mut all) = (0, 0);
    for demo in demos {
        let played = demo.play(studio)?;
        for (say, holds) in &played.figures {
            all += 1;
            wrong += usize::from(!holds);
            output::out(&format!("{}  {}  {say}\n", demo.id, if *holds { "holds " } else { "BROKEN" }));
        }
    }
    output::out(&format!("{} of {all} figures come out\n", all - wrong));
    Ok(u8::from(wrong > 0))
}

fn play(demo: &Demo, studio: &Studio, args: &Args) -> Result<u8> {
    let played = demo.play(studio)?;
    if !args.no_tui && !args.ask && std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return stage::demo(demo, &played, args.screen);
    }
    let mut parts = told(demo, &played, args.answers);
    if args.ask && !parts.after_question.is_empty() {
        classroom::show(&parts.until_question);
        parts.until_question = Vec::new();
        if let Some(guess) = classroom::guess(&played.question, "Your prediction: ", output::out) {
            parts.answer = classroom::verdict(&played.question, classroom::width().min(100), guess);
            parts.answer.push(PageLine::default());
        }
    }
    let lines = [parts.until_question, parts.after_question, parts.answer, parts.figures].concat();
    classroom::show(&lines);
    Ok(0)
}

/// A demo in text: beats in order, the question where the room is asked, the answer after the last beat.
struct Told {
    until_question: Vec<PageLine>,
    after_question: Vec<PageLine>,
    answer: Vec<PageLine>,
    figures: Vec<PageLine>,
}

fn told(demo: &Demo, played: &PlayedDemo, answers: bool) -> Told {
    let width = classroom::width().min(100);
    let mut lines = vec![PageLine::of(Ink::Title, format!("{}  {}", demo.id, demo.title))];
    lines.extend(page::words(&demo.about, width, "  "));
    for (name, take) in &played.scenes.0 {
        lines.push(PageLine::of(Ink::Dim, format!("  run {name}: {}", Scene::command(&take.scene))));
    }
    lines.push(PageLine::default());
    let mut asked_at = None;
    for (number, beat) in played.beats.iter().enumerate() {
        lines.push(PageLine::of(Ink::Strong, format!("{}. (run {})", number + 1, beat.run)));
        lines.extend(page::words(&beat.say, width, "   "));
        if let Some(shown) = &beat.picture {
            lines.extend(picture::picture(shown, width));
        }
        lines.push(PageLine::default());
        if beat.ask {
            lines.extend(page::predict(&played.question, width, Answering { marked: None, revealed: answers }));
            asked_at = Some(lines.len());
        }
    }
    let after_question = lines.split_off(asked_at.unwrap_or(lines.len()));
    let answer = if answers { Vec::new() } else { answer(played, width) };
    Told { until_question: lines, after_question, answer, figures: figures(played) }
}

fn answer(played: &PlayedDemo, width: usize) -> Vec<PageLine> {
    let right = &played.question.options[played.question.right];
    let mut lines = vec![PageLine::of(Ink::Strong, format!("The answer: {right}"))];
    lines.extend(page::words(&played.question.tells, width, "  "));
    lines.push(PageLine::default());
    lines
}

fn figures(played: &PlayedDemo) -> Vec<PageLine> {
    let mut lines = vec![PageLine::of(Ink::Title, "Figures")];
    for (say, holds) in &played.figures {
        let (ink, word) = if *holds { (Ink::Good, "holds") } else { (Ink::Bad, "DOES NOT HOLD") };
        lines.push(PageLine(vec![(ink, format!("  {word}: ")), (Ink::Text, say.clone())]));
    }
    lines
}
