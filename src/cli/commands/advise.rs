//! `batchlab advise`.

use crate::cli::{classroom, launch, output};
use crate::common::{ErrorClass, Result, SparkError};
use crate::report::page::{self, Ink, PageLine};
use crate::workshop::advise::{self, Advice, Answers};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// Which tool, which approach: a recommendation with the rules that led to it
///
/// Asks a few questions, or reads the answers from a file of lines such as `volume = "large"`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab advise
  batchlab advise --questions          the questions and the answers they know
  batchlab advise --answers case.toml --json")]
pub(crate) struct Args {
    /// Answers as TOML or JSON: question = \"option\"
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Print the questions and their options
    #[arg(long)]
    questions: bool,
    /// JSON for programs
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn try_run(args: &Args) -> Result<()> {
    let content = classroom::content();
    let rules = advise::rules(&content)?;
    if args.questions {
        classroom::show(&questions(&rules));
        return Ok(());
    }
    let answers = match &args.answers {
        Some(path) => read(path)?,
        None if std::io::stdin().is_terminal() || !args.json => ask(&rules),
        None => return Err(refused("--json needs --answers FILE when nobody can be asked".to_owned())),
    };
    let advice = advise::advise(&content, &answers)?;
    if args.json {
        output::out(&format!("{:#}\n", serde_json::to_value(&advice).unwrap_or_default()));
    } else {
        classroom::show(&told(&advice));
    }
    Ok(())
}

fn refused(message: String) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message)
        .with_help("batchlab advise --questions prints what can be answered")
}

fn read(path: &Path) -> Result<Answers> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| refused(format!("the answers {} cannot be read: {error}", path.display())))?;
    let read = if text.trim_start().starts_with('{') {
        serde_json::from_str(&text).map_err(|error| error.to_string())
    } else {
        toml::from_str(&text).map_err(|error| error.message().to_owned())
    };
    read.map_err(|error| refused(format!("{} holds no answers: {error}", path.display())))
}

fn questions(rules: &advise::Rules) -> Vec<PageLine> {
    let mut lines = Vec::new();
    for question in &rules.question {
        lines.push(PageLine(vec![(Ink::Key, question.id.clone()), (Ink::Text, format!("  {}", question.ask))]));
        lines.extend(
            question
                .option
                .iter()
                .map(|option| PageLine::of(Ink::Text, format!("    {:<14} {}", option.id, option.text))),
        );
    }
    lines
}

fn ask(rules: &advise::Rules) -> Answers {
    let mut answers = Answers::new();
    for question in &rules.question {
        output::out(&format!("{}\n", question.ask));
        for (number, option) in question.option.iter().enumerate() {
            output::out(&format!("  {}  {}\n", number + 1, option.text));
        }
        let Some(typed) = classroom::ask("  number, or Enter when you do not know: ", output::out) else { break };
        let index = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let by_number = index.and_then(|index| question.option.get(index));
        let chosen = by_number.or_else(|| question.option.iter().find(|option| option.id == typed));
        if let Some(option) = chosen {
            answers.insert(question.id.clone(), option.id.clone());
        }
    }
    answers
}

fn told(advice: &Advice) -> Vec<PageLine> {
    let width = classroom::width().min(84);
    let mut lines = Vec::new();
    for (question, answer) in &advice.answers {
        lines.push(PageLine::of(Ink::Dim, format!("{question} {answer}")));
    }
    for kind in advice.kinds() {
        lines.extend([PageLine::default(), PageLine::of(Ink::Title, format!("The {kind}"))]);
        for (place, ranked) in advice.of_kind(kind).into_iter().enumerate() {
            let ink = if place == 0 { Ink::Strong } else { Ink::Text };
            lines.push(PageLine::of(ink, format!("  {:>3}  {}", ranked.points, ranked.title)));
            for rule in &ranked.because {
                lines.extend(page::words(rule, width, "         "));
            }
            if place == 0 {
                lines.extend(page::words(&format!("Know: {}", ranked.note), width, "       "));
            }
        }
    }
    if !advice.disagreements.is_empty() {
        lines.extend([PageLine::default(), PageLine::of(Ink::Title, "Where sources disagree")]);
        for says in &advice.disagreements {
            lines.extend(page::words(says, width, "  "));
        }
    }
    lines
}
