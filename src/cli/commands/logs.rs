//! `batchlab logs LOG`.

use crate::cli::opening::{self, Opening};
use crate::cli::{last_run, launch, output};
use crate::common::ids::StageId;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::Event;
use crate::event::log;
use crate::report::{self, Format, Level, LogFilter};
use crate::spark_log;
use crate::storage::in_progress;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Print a saved run as text, a line for each thing that happened
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The log that `batchlab run --events FILE` wrote, or an event log of real Spark; the last run of this workshop folder when none is named
    log: Option<PathBuf>,
    /// Only this stage, such as 2 or S2
    #[arg(long)]
    stage: Option<String>,
    /// The least serious lines to show: debug, info, warn or error
    #[arg(long, default_value = "info")]
    level: String,
    /// A JSON object on each line
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn try_run(args: &Args) -> Result<()> {
    let level = Level::parse(&args.level).ok_or_else(|| {
        SparkError::new(ErrorClass::IllegalArgumentException, format!("there is no level {}", args.level))
            .with_help("levels are debug, info, warn, error")
    })?;
    let stage = args.stage.as_deref().map(stage_of).transpose()?;
    let format = if args.json { Format::JsonLines } else { Format::Text };
    let events = last_run::open(args.log.as_deref())?;
    // A closed pipe has no reader: nothing is left to say.
    drop(report::logs(&events, LogFilter { stage, level }, format, &mut output::stream()));
    Ok(())
}

/// The stage that `2` or `S2` means.
pub(crate) fn stage_of(text: &str) -> Result<StageId> {
    text.trim_start_matches(['S', 's']).parse().map(StageId).map_err(|_| {
        SparkError::new(ErrorClass::IllegalArgumentException, format!("{text} is no stage"))
            .with_help("a stage is 2 or S2")
    })
}

/// Reads a saved run; a torn end is said on standard error.
pub(crate) fn open(path: &Path) -> Result<Vec<Arc<Event>>> {
    let unreadable = |reason: String| {
        let message = format!("the log {} cannot be opened: {reason}", path.display());
        let error = SparkError::new(ErrorClass::IllegalArgumentException, message);
        let begun = in_progress(path);
        if begun.is_file() {
            let begun = begun.display();
            return error.with_help(format!("its run still goes on or was killed; what it told so far is in {begun}"));
        }
        error.with_help("`batchlab run SCRIPT --events FILE` writes a log; event logs of real Spark 3 and 4 open too, packed or in folders")
    };
    // An empty file is a log of ours that was cut off early.
    if kind(path) == Some(Kind::Spark) {
        return open_spark(path).map_err(|error| unreadable(error.to_string()));
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let read = log::read(std::io::BufReader::new(file)).map_err(|error| unreadable(error.to_string()))?;
    if read.torn {
        output::err(&format!(
            "batchlab: the last line of {} is cut off (the writer was interrupted); what stands before it is shown\n",
            path.display()
        ));
    }
    Ok(read.events)
}

/// Whose log it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Own,
    Spark,
}

/// Whose log a file begins as, once enough of it is there; logs of real Spark may be folders too.
pub(crate) fn kind(path: &Path) -> Option<Kind> {
    const START: &[u8] = b"{\"batchlab_log\"";
    if path.is_dir() {
        return Some(Kind::Spark);
    }
    let mut start = Vec::new();
    std::fs::File::open(path).ok()?.take(START.len() as u64).read_to_end(&mut start).ok()?;
    match start.len() {
        _ if start == START => Some(Kind::Own),
        length if length == START.len() || !START.starts_with(&start) => Some(Kind::Spark),
        _ => None,
    }
}

/// Reads a log of real Spark; what could not be read of it is said on standard error.
fn open_spark(path: &Path) -> std::io::Result<Vec<Arc<Event>>> {
    let mut opening = Opening::new(path);
    let log = spark_log::read::open_telling(path, |progress| opening.show(progress))?;
    drop(opening);
    opening::tell_remarks(path, &log);
    Ok(log.events)
}
