//! `batchlab replay LOG`.

use super::logs;
use crate::cli::launch::Teller;
use crate::cli::{launch, output, stage};
use crate::common::time::VirtualTime;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::Event;
use crate::report::{self, Depth, Format, trace};
use crate::storage::write_whole;
use crate::tui::export;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Open a saved run in the theatre, or tell it again where there is no terminal
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The log that `batchlab run --events FILE` wrote, or an event log of real Spark
    log: PathBuf,
    /// Plain text instead of the theatre
    #[arg(long)]
    no_tui: bool,
    /// The moment for --svg, in virtual seconds; the end unless given
    #[arg(long, value_name = "SECONDS")]
    at: Option<f64>,
    /// Write a trace for the viewers of browsers (Chrome, Perfetto) instead
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Write the run, played in the theatre, as a terminal recording with chapters (asciicast v3) instead
    #[arg(long, value_name = "FILE")]
    cast: Option<PathBuf>,
    /// Write the theatre at one moment as a picture instead
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    let events = match logs::open(&args.log) {
        Ok(events) => events,
        Err(error) => return launch::refuse(&error),
    };
    if args.trace.is_some() || args.cast.is_some() || args.svg.is_some() {
        return export(args, &events).map_or_else(|error| launch::refuse(&error), |()| 0);
    }
    if !args.no_tui && std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return stage::replay(events, &args.log.display().to_string(), args.screen);
    }
    let mut teller = Teller::new(Depth::Normal, Format::Text, output::out, false);
    teller.tell(&events);
    output::out(&report::summary::of(teller.status()));
    0
}

/// Writes what was asked for instead of showing it.
fn export(args: &Args, events: &[Arc<Event>]) -> Result<()> {
    let title = args.log.display().to_string();
    let options = args.screen.options();
    if let Some(path) = &args.trace {
        save(path, &format!("{}\n", trace::trace(events)))?;
    }
    if let Some(path) = &args.cast {
        let cast = export::cast(&title, events, options).map_err(|error| unwritten(path, &error))?;
        save(path, &cast)?;
    }
    if let Some(path) = &args.svg {
        let end = events.last().map(|event| event.time).unwrap_or_default();
        let at = args.at.map_or(end, VirtualTime::from_secs_f64).min(end);
        save(path, &export::svg(&title, events, at, options))?;
    }
    Ok(())
}

fn save(path: &Path, text: &str) -> Result<()> {
    write_whole(path, |out| out.write_all(text.as_bytes())).map_err(|error| unwritten(path, &error))
}

fn unwritten(path: &Path, error: &std::io::Error) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("{} could not be written: {error}", path.display()))
        .with_help("check the folder and the free space")
}
