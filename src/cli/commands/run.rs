//! `batchlab run SCRIPT`.

use crate::cli::cluster_args::ClusterArgs;
use crate::cli::following::{Scribe, Stand};
use crate::cli::launch::{self, Teller};
use crate::cli::narration::NarrationArgs;
use crate::cli::on_spark::{On, Submission};
use crate::cli::stage::Speed;
use crate::cli::until::Until;
use crate::cli::{ask, branches, interrupt, last_run, output, stage, submit};
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::log::{self, EventLog};
use crate::report;
use crate::session::RunSpec;
use crate::spark_log;
use crate::storage::write_whole;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Run a PySpark script on the simulated cluster
///
/// In a terminal the theatre opens; otherwise, or with --no-tui, standard output is exactly what the script prints and standard error
/// tells what the cluster does.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab run solutions/03_files/pipeline.py
  batchlab run my_script.py --no-tui --nodes 4 --cores 2 --kill 2@3.5
  batchlab run my_script.py --until line:12
  batchlab run my_script.py --events run.jsonl --no-tui > answer.txt
  batchlab run my_script.py --on spark --master 'local[4]'")]
pub(crate) struct Args {
    /// The Python file, or a step such as E2.3
    script: PathBuf,
    /// What the script finds in sys.argv
    #[arg(trailing_var_arg = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Save what happened as a log that `batchlab replay` opens, and meanwhile shows in another window (`--follow`)
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Write an event log into this folder that Spark's History Server opens
    #[arg(long, value_name = "DIR")]
    spark_events: Option<PathBuf>,
    /// Print how to run the same script on a real cluster of this size, and run nothing
    #[arg(long)]
    print_submit: bool,
    /// Run the unchanged script on your own Spark (SPARK_HOME, spark-submit, or a Python with pyspark) and watch its log
    #[arg(long, value_enum, value_name = "WHERE", conflicts_with = "print_submit")]
    on: Option<On>,
    /// The master of your own Spark, such as local[4] or spark://HOST:7077; Spark's configuration decides unless given
    #[arg(long, value_name = "URL", requires = "on")]
    master: Option<String>,
    /// Stop before this line: the theatre waits there for the next step (>), plain text tells each line until then
    #[arg(long, value_name = "line:N")]
    until: Option<Until>,
    /// Virtual seconds that pass in the theatre in a second; unless given, the run takes a comfortable time to watch
    #[arg(long, value_name = "N", conflicts_with = "no_tui")]
    speed: Option<Speed>,
    /// Plain text instead of the theatre
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    narration: NarrationArgs,
    /// Tell nothing; only errors
    #[arg(short, long)]
    quiet: bool,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    if args.on == Some(On::Spark) {
        let status = on_spark(args);
        branches::tidy();
        return status;
    }
    let mut spec = launch::spec(launch::read(&args.script)?, args.arguments.clone(), &args.cluster)?;
    let until = args.until.map(|until| until.statement(&spec.script.source)).transpose()?;
    if args.print_submit {
        output::out(&submit::text(&spec));
        return Ok(0);
    }
    let log = EventLog::new();
    let scribe = args.events.as_deref().map(|path| Scribe::start(path, &log)).transpose()?;
    let status = if opens_theatre(args) {
        // Whoever follows the log in another window sees what is shown here.
        let stand = args.events.as_deref().map(Stand::beside);
        let presenting = stand.as_ref().map(Stand::presenting);
        let status = stage::watch(&spec, &log, &title(&args.script), until, args.speed, presenting, args.screen)?;
        if status != 130 {
            stage::give_out(&log.snapshot());
        }
        status
    } else {
        spec.until = until;
        in_text(args, &spec, &log)
    };
    if let Some(scribe) = scribe {
        scribe.finish()?;
    }
    save(args, &spec, &log)?;
    Ok(status)
}

fn in_text(args: &Args, spec: &RunSpec, log: &EventLog) -> u8 {
    let started = Instant::now();
    let ask = args.narration.ask && !args.quiet;
    // With questions the script's output comes with the telling, not before it.
    let out: fn(&str) = if ask { |_| {} } else { output::out };
    let end = launch::start(spec, log, interrupt::flag(), Box::new(out));
    let mut teller = teller(args);
    let outcome = launch::follow(log, &end, (!ask).then_some(&mut teller));
    if ask {
        ask::told(&log.snapshot(), output::err, |events| ask::with_output(events, |told| teller.tell(told)));
    }
    if let Some(failure) = &outcome.failure {
        output::err(&launch::draw(&spec.script, failure));
    }
    if outcome.exit == i32::from(crate::cli::EXIT_BUG) {
        output::err(&launch::bug_words(spec.seed, std::env::args().skip(1)));
    }
    if !args.quiet && args.narration.is_text() {
        output::err(&report::summary::of(teller.status()));
        if let Some(line) = outcome.stopped_before {
            let text = format!("Stopped before line {line}, as --until asked; the rest of the script did not run.\n");
            output::err(&text);
        }
        output::err(&format!("Real time on this machine: {:.2} s.\n", started.elapsed().as_secs_f64()));
    }
    u8::try_from(outcome.exit).unwrap_or(1)
}

fn teller(args: &Args) -> Teller {
    if args.quiet {
        return Teller::silent(output::err);
    }
    let teller = args.narration.run_teller();
    if args.until.is_some() { teller.line_by_line() } else { teller }
}

fn opens_theatre(args: &Args) -> bool {
    !args.no_tui && !args.narration.ask && std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// The script on real Spark: in a terminal it is watched while it runs; else what it prints is passed on, and its log is told at the end.
fn on_spark(args: &Args) -> Result<u8> {
    args.cluster.refuse_simulation()?;
    let theatre = opens_theatre(args);
    let submission = Submission {
        script: launch::read(&args.script)?,
        arguments: args.arguments.clone(),
        root: launch::working_folder()?,
        master: args.master.clone(),
        conf: args.cluster.settings()?,
        logs: args.spark_events.clone(),
    };
    let ran = if theatre {
        submission.watch(&title(&args.script), args.screen)?
    } else {
        submission.run(args.quiet, &mut output::out)?
    };
    if let Some(path) = &args.events {
        save_log(path, |out| log::write(&ran.events, out))?;
    }
    if ran.events.is_empty() {
        output::err("batchlab: the script started no Spark session, so there is no log to show\n");
    } else if !theatre && !args.quiet {
        let mut teller = args.narration.teller(output::err);
        teller.tell(&ran.events);
        if args.narration.is_text() {
            output::err(&report::summary::of(teller.status()));
        }
    }
    if theatre {
        output::out(&ran.printed);
    }
    Ok(ran.exit)
}

fn title(script: &Path) -> String {
    script.display().to_string()
}

/// Writes what else was asked for of the log; a workshop folder remembers it.
fn save(args: &Args, spec: &RunSpec, log: &EventLog) -> Result<()> {
    let events = log.snapshot();
    last_run::keep(&spec.root, &events)?;
    if let Some(folder) = &args.spark_events {
        // A folder that cannot be made is told by the file that cannot.
        let _ = std::fs::create_dir_all(folder);
        save_log(&folder.join(spark_log::application_id(&events)), |out| spark_log::write(&events, out))?;
    }
    Ok(())
}

/// Writes a log, whole or not at all.
pub(crate) fn save_log(
    path: &Path,
    write: impl FnOnce(&mut std::io::BufWriter<std::fs::File>) -> std::io::Result<()>,
) -> Result<()> {
    write_whole(path, write).map_err(|error| unwritten_log(path, &error, AFTER_THE_RUN))
}

/// What to do about a log that could not be written when the run was over.
pub(crate) const AFTER_THE_RUN: &str = "check the free space and the folder; the run itself is done";

/// The error for a log that could not be written, with what to do.
pub(crate) fn unwritten_log(path: &Path, error: &std::io::Error, help: &str) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("the log {} could not be written: {error}", path.display()))
        .with_help(help)
}
