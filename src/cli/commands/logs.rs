//! `batchlab logs LOG`.

use crate::cli::{launch, output};
use crate::common::ids::StageId;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::Event;
use crate::event::log;
use crate::report::{self, Level, LogFilter};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Print a saved run as text, a line for each thing that happened
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The log that `batchlab run --events FILE` wrote
    log: PathBuf,
    /// Only this stage, such as 2 or S2
    #[arg(long)]
    stage: Option<String>,
    /// The least serious lines to show: debug, info, warn or error
    #[arg(long, default_value = "info")]
    level: String,
}

pub(crate) fn run(args: &Args) -> u8 {
    let level = Level::parse(&args.level);
    let stage = args.stage.as_deref().map(|text| text.trim_start_matches(['S', 's']).parse().map(StageId));
    let (Some(level), Ok(stage)) = (level, stage.transpose()) else {
        return output::usage(
            "the level or the stage cannot be understood",
            "levels are debug, info, warn, error; a stage is 2 or S2",
        );
    };
    match open(&args.log) {
        Ok(events) => {
            let mut text = report::logs(&events, LogFilter { stage, level }).join("\n");
            text.push('\n');
            output::out(&text);
            0
        }
        Err(error) => launch::refuse(&error),
    }
}

/// Reads a saved run; a torn end is said on standard error.
pub(crate) fn open(path: &Path) -> Result<Vec<Arc<Event>>> {
    let unreadable = |reason: String| {
        SparkError::new(
            ErrorClass::IllegalArgumentException,
            format!("the log {} cannot be opened: {reason}", path.display()),
        )
        .with_help("`batchlab run SCRIPT --events FILE` writes a log")
    };
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
