//! `batchlab dev check`, `batchlab dev new`.

use crate::cli::workshop::{self, Folder};
use crate::cli::{interrupt, launch, output};
use crate::common::text::{nearest, plural};
use crate::common::{ErrorClass, Result, SparkError};
use crate::workshop::content::Content;
use crate::workshop::dev::{Bench, prove, unnamed_calls};
use crate::workshop::scene::Studio;
use crate::workshop::step::{self, Library};
use crate::workshop::{author, demo, lesson, progress};
use clap::Subcommand;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

/// What steps, lessons and demos are made of, for authors.
const GUIDE: &str = "exercises/README.md";

/// For authors of steps, lessons and demos: begin with files that hold, and prove that they still do
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Prove that starters fail for the right reason, solutions pass on all variants, every mutant is caught by its check; that lessons and demos come out
    Check(Check),
    /// Files for a new step (E6.1), lesson (L10) or demo (D21), to be changed; nothing is overwritten
    New(New),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// Steps (E2.3, an exercise such as E2, all), lessons (L3), demos (D05)
    what: Vec<String>,
    /// The folder whose files are checked
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

#[derive(Debug, clap::Args)]
struct New {
    /// E6.1, L10 or D21
    id: String,
    /// Its title
    #[arg(long, default_value = "A new one")]
    title: String,
    /// The short name of a step, for its files
    #[arg(long, default_value = "mine")]
    name: String,
    /// The folder to write into
    #[arg(long, default_value = ".", value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(match &args.what {
        What::Check(check) => try_check(check),
        What::New(new) => begin(new),
    })
}

/// Writes the files of something new.
fn begin(args: &New) -> Result<u8> {
    let is_plain = args.name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !args.name.is_empty();
    if !is_plain || args.title.contains(['"', '\\', '\n']) {
        let message = "a name has letters, digits and underscores; a title no quotes".to_owned();
        return Err(SparkError::new(ErrorClass::IllegalArgumentException, message));
    }
    let drafts = author::drafts(&args.id, &args.title, &args.name)?;
    if let Some(there) = drafts.iter().find(|draft| args.dir.join(&draft.path).exists()) {
        return Err(SparkError::new(ErrorClass::IllegalArgumentException, format!("{} is there already", there.path))
            .with_help("nothing was written; choose another id or name"));
    }
    if let Some(title) = title_of(&args.id, &args.dir)? {
        return Err(SparkError::new(ErrorClass::IllegalArgumentException, format!("{} is taken: {title}", args.id))
            .with_help("nothing was written; choose another id"));
    }
    let guide = args.dir.join(GUIDE);
    if !guide.exists() {
        progress::write_file(&guide, Content::embedded().text(GUIDE)?.as_bytes())?;
        output::out(&format!("{GUIDE}  (what each file holds)\n"));
    }
    for draft in &drafts {
        progress::write_file(&args.dir.join(&draft.path), &draft.text)?;
        output::out(&format!("{}\n", draft.path));
    }
    output::out(&format!("They hold as they are: `batchlab dev check {}`. Change them one by one.\n", args.id));
    Ok(0)
}

/// The title of the step, lesson or demo that has an id already.
fn title_of(id: &str, dir: &Path) -> Result<Option<String>> {
    let content = Content::of(dir.to_owned());
    let steps = step::all(Library { root: Some(dir) })?.into_iter().map(|step| (step.id, step.title));
    let lessons = lesson::lessons(&content)?.into_iter().map(|lesson| (lesson.head.id, lesson.head.title));
    let demos = demo::demos(&content)?.into_iter().map(|demo| (demo.id, demo.title));
    Ok(steps.chain(lessons).chain(demos).find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, title)| title))
}

/// Whether a word means a lesson or a demo.
fn is_text(word: &str) -> bool {
    word.starts_with(['L', 'D', 'l', 'd'])
}

/// What lessons and demos do not keep; gives how many were looked at and how many problems there are.
fn check_texts(words: &[String], dir: &Path) -> Result<(usize, usize)> {
    let root = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let studio = Studio::new(Content::of(root), workshop::threads(), interrupt::flag());
    let (lessons, demos) = (lesson::lessons(studio.content())?, demo::demos(studio.content())?);
    let mut wrong = 0;
    for word in words {
        let lesson = lessons.iter().find(|lesson| lesson.head.id.eq_ignore_ascii_case(word));
        let demo = demos.iter().find(|demo| demo.id.eq_ignore_ascii_case(word));
        let problems = match (lesson, demo) {
            (Some(lesson), _) => author::lesson_problems(lesson, &studio)?,
            (None, Some(demo)) => author::demo_problems(demo, &studio)?,
            (None, None) => {
                let known = lessons.iter().map(|lesson| lesson.head.id.as_str());
                let near = nearest(word, known.chain(demos.iter().map(|demo| demo.id.as_str())), 3);
                let what = format!("there is no lesson and no demo {word}");
                let error = SparkError::new(ErrorClass::IllegalArgumentException, what);
                return Err(if near.is_empty() {
                    error.with_help("`batchlab learn` lists the lessons, `batchlab demo` the demos")
                } else {
                    error.with_help(format!("did you mean {}?", near.join(" or ")))
                });
            }
        };
        if problems.is_empty() {
            output::out(&format!("{word}  holds\n"));
        }
        wrong += problems.len();
        for problem in &problems {
            output::out(&format!("{word}: {problem}\n"));
        }
    }
    Ok((words.len(), wrong))
}

fn try_check(args: &Check) -> Result<u8> {
    let folder = Folder::open(&args.dir)?;
    let (texts, words): (Vec<String>, Vec<String>) = args.what.iter().cloned().partition(|word| is_text(word));
    let (looked_at, mut wrong) = check_texts(&texts, &args.dir)?;
    if !texts.is_empty() && words.is_empty() {
        output::out(&format!("{}, {}\n", plural(looked_at as u64, "text"), plural(wrong as u64, "problem")));
        return Ok(u8::from(wrong > 0));
    }
    let words = if words.is_empty() { vec!["all".to_owned()] } else { words };
    let unnamed = unnamed_calls(&step::all(Library { root: Some(&folder.root) })?);
    let root = std::env::temp_dir().join(format!("batchlab-dev-{}", std::process::id()));
    std::fs::create_dir_all(&root).map_err(|error| SparkError::internal(error.to_string()))?;
    let bench = Bench { root: &root, threads: workshop::threads(), cancelled: interrupt::flag() };
    let mut steps = 0;
    for chosen in folder.choose(&words)? {
        steps += 1;
        let problems = prove(&chosen.step, &bench);
        let mut problems = problems.inspect_err(|_| drop(std::fs::remove_dir_all(&root)))?;
        if bench.cancelled.load(Ordering::Relaxed) {
            let _ = std::fs::remove_dir_all(&root);
            return Ok(130);
        }
        problems.extend(
            unnamed.get(&chosen.step.id).into_iter().flatten().map(|problem| format!("{}: {problem}", chosen.step.id)),
        );
        wrong += problems.len();
        if problems.is_empty() {
            output::out(&format!(
                "{}  {} holds: {} mutants caught\n",
                chosen.step.id,
                chosen.step.title,
                chosen.step.mutants.len()
            ));
        }
        for problem in &problems {
            output::out(&format!("{problem}\n"));
        }
    }
    // A folder that stays behind is the system's to clean.
    let _ = std::fs::remove_dir_all(&root);
    output::out(&format!("{}, {}\n", plural(steps, "step"), plural(wrong as u64, "problem")));
    Ok(u8::from(wrong > 0))
}
