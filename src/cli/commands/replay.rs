//! `batchlab replay LOG`.

use super::logs;
use crate::cli::following::Stand;
use crate::cli::launch::{self, Teller};
use crate::cli::narration::NarrationArgs;
use crate::cli::stage::{Speed, Start};
use crate::cli::until::Until;
use crate::cli::{ask, following, last_run, output, stage};
use crate::common::time::VirtualTime;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::{Event, EventKind};
use crate::report::{self, trace};
use crate::status::Status;
use crate::storage::write_whole;
use crate::tui::export;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Open a saved run in the theatre, or tell it again where there is no terminal. Moments marked there (M) are kept in LOG.marks
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The log that `batchlab run --events FILE` wrote, or an event log of real Spark; the last run of this workshop folder when none is named
    log: Option<PathBuf>,
    /// Watch a log while `batchlab run` or `shell --events FILE` in another window, or real Spark, is still writing it; beside a presenter's
    /// theatre (`run --events FILE`, `replay FILE --present`) this one moves with it
    #[arg(long, requires = "log", conflicts_with_all = ["at", "trace", "cast", "svg", "until", "ask"])]
    follow: bool,
    /// Let windows that follow this log (--follow) move with this one: what is shown here is kept in LOG.shown as long as it is open
    #[arg(long, requires = "log", conflicts_with_all = ["follow", "no_tui", "trace", "cast", "svg", "ask"])]
    present: bool,
    /// Plain text instead of the theatre
    #[arg(long)]
    no_tui: bool,
    /// The moment at which the theatre opens, or that --svg draws (the end unless given), in virtual seconds
    #[arg(long, value_name = "SECONDS", conflicts_with = "until")]
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
    /// Virtual seconds that pass in the theatre in a second; unless given, the run takes a comfortable time to watch
    #[arg(long, value_name = "N", conflicts_with = "no_tui")]
    speed: Option<Speed>,
    /// Wait at this line, or tell each line until it
    #[arg(long, value_name = "line:N")]
    until: Option<Until>,
    #[command(flatten)]
    narration: NarrationArgs,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    let log = last_run::named(args.log.as_deref())?;
    let title = log.display().to_string();
    let has_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let opens_theatre = has_terminal && !args.no_tui && !args.narration.ask;
    if args.follow {
        if opens_theatre {
            return following::watch(&log, &title, args.screen).map(|()| 0);
        }
        let mut teller = args.narration.teller(output::out);
        following::tell(&log, &mut teller)?;
        tell_summary(args, &teller);
        return Ok(0);
    }
    let events = logs::open(&log)?;
    if args.trace.is_some() || args.cast.is_some() || args.svg.is_some() {
        return export(args, &title, &events).map(|()| 0);
    }
    let until = args.until.map(|until| until.statement(&Status::of(&events).script.join("\n"))).transpose()?;
    if opens_theatre {
        let start =
            Start { until, at: args.at.map_or(VirtualTime::ZERO, VirtualTime::from_secs_f64), speed: args.speed };
        let stand = args.present.then(|| Stand::beside(&log));
        return Ok(stage::replay(&log, events, start, stand.as_ref().map(Stand::presenting), args.screen));
    }
    in_text(args, &events, until);
    Ok(0)
}

fn in_text(args: &Args, events: &[Arc<Event>], until: Option<u32>) {
    let is_there =
        |event: &Arc<Event>| matches!(&event.kind, EventKind::StatementStarted { line, .. } if until == Some(*line));
    let told = events.iter().position(is_there).map_or(events.len(), |index| index + 1);
    let mut teller = args.narration.teller(output::out);
    if until.is_some() {
        teller = teller.line_by_line();
    }
    if args.narration.ask {
        ask::told(&events[..told], output::out, |events| teller.tell(events));
    } else {
        teller.tell(&events[..told]);
    }
    tell_summary(args, &teller);
}

fn tell_summary(args: &Args, teller: &Teller) {
    if args.narration.is_text() {
        output::out(&report::summary::of(teller.status()));
    }
}

/// Writes what was asked for instead of showing it.
fn export(args: &Args, title: &str, events: &[Arc<Event>]) -> Result<()> {
    let options = args.screen.options();
    if let Some(path) = &args.trace {
        save(path, &format!("{}\n", trace::trace(events)))?;
    }
    if let Some(path) = &args.cast {
        let cast = export::cast(title, events, options).map_err(|error| unwritten(path, &error))?;
        save(path, &cast)?;
    }
    if let Some(path) = &args.svg {
        let end = events.last().map(|event| event.time).unwrap_or_default();
        let at = args.at.map_or(end, VirtualTime::from_secs_f64).min(end);
        save(path, &export::svg(title, events, at, options))?;
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
