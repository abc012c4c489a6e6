//! `batchlab metrics LOG`.

use super::logs::stage_of;
use crate::cli::{last_run, launch, output};
use crate::common::ids::StageId;
use crate::common::{ErrorClass, Result, SparkError};
use crate::report::metrics::{self, By};
use crate::status::Status;
use crate::status::metrics::Metrics;
use clap::ValueEnum;
use std::path::PathBuf;

/// Print the numbers of a saved run: jobs, stages, tasks, executors, as Spark counts
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab metrics run.jsonl
  batchlab metrics run.jsonl --json | head -8
  batchlab metrics run.jsonl --stage S2 --by task
  batchlab metrics run.jsonl --csv --by task > tasks.csv")]
pub(crate) struct Args {
    /// The log that `batchlab run --events FILE` wrote, or an event log of real Spark; the last run of this workshop folder when none is named
    log: Option<PathBuf>,
    /// Only this stage, such as 2 or S2, and its tasks
    #[arg(long)]
    stage: Option<String>,
    /// Everything as JSON; it begins with `summary`
    #[arg(long, conflicts_with_all = ["csv", "prometheus"])]
    json: bool,
    /// One kind of rows as CSV
    #[arg(long, conflicts_with = "prometheus")]
    csv: bool,
    /// As text that Prometheus reads
    #[arg(long)]
    prometheus: bool,
    /// What the rows of the CSV are; the table shows tasks only when asked for
    #[arg(long, value_enum, default_value_t = ByArg::Stage)]
    by: ByArg,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ByArg {
    Stage,
    Task,
    Executor,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn try_run(args: &Args) -> Result<()> {
    let events = last_run::open(args.log.as_deref())?;
    let status = Status::of(&events);
    drop(events);
    let numbers = match args.stage.as_deref().map(stage_of).transpose()? {
        None => Metrics::of(&status),
        Some(stage) => Metrics::of_stage(&status, stage).ok_or_else(|| never_ran(stage, &status))?,
    };
    let by = match args.by {
        ByArg::Stage => By::Stage,
        ByArg::Task => By::Task,
        ByArg::Executor => By::Executor,
    };
    let mut out = output::stream();
    let written = if args.json {
        metrics::json(&numbers, &mut out)
    } else if args.csv {
        metrics::csv(&numbers, by, &mut out)
    } else if args.prometheus {
        metrics::prometheus(&numbers, &mut out)
    } else {
        metrics::table(&numbers, by == By::Task, &mut out)
    };
    // A closed pipe has no reader: nothing is left to say.
    drop(written);
    Ok(())
}

fn never_ran(stage: StageId, status: &Status) -> SparkError {
    let ran: Vec<String> = Metrics::of(status).stages.into_iter().map(|row| row.stage).collect();
    SparkError::new(ErrorClass::IllegalArgumentException, format!("{stage} did not run"))
        .with_help(format!("these did: {}", ran.join(", ")))
}
