//! `batchlab compare A B`.

use super::logs;
use crate::cli::cluster_args::ClusterArgs;
use crate::cli::launch::{self, Plan, Script};
use crate::cli::{output, stage};
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::Event;
use crate::event::log::EventLog;
use crate::report::compare;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Put two runs side by side: their numbers, and the first thing that differs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A saved log, or a script (.py), which is run in a scratch folder
    a: String,
    /// The other one
    b: String,
    /// For programs
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    let both = events_of(&args.a, &args.cluster).and_then(|a| Ok((a, events_of(&args.b, &args.cluster)?)));
    let (a, b) = match both {
        Ok(both) => both,
        Err(error) => {
            stage::tidy();
            return launch::refuse(&error);
        }
    };
    stage::tidy();
    let comparison = compare::compare(&a, &b);
    if args.json {
        output::out(&format!("{:#}\n", comparison.json()));
    } else {
        output::out(&comparison.text(&args.a, &args.b));
    }
    u8::from(!comparison.is_same_result())
}

/// The log of a saved run, or of a script that is run now.
fn events_of(what: &str, cluster: &ClusterArgs) -> Result<Vec<Arc<Event>>> {
    let is_script = Path::new(what).extension().is_some_and(|extension| extension == "py");
    if !is_script {
        return logs::open(Path::new(what));
    }
    let mut plan = Plan::new(Script::read(Path::new(what))?, Vec::new(), cluster)?;
    let scratch = stage::scratch(&plan.root).map_err(|error| {
        SparkError::new(ErrorClass::SparkException, format!("no scratch folder could be made: {error}"))
            .with_help("check the free space of the temporary folder")
    })?;
    plan.allow.push(plan.root.clone());
    plan.root = scratch;
    let log = EventLog::new();
    let end = plan.start(&log, Arc::new(AtomicBool::new(false)), Box::new(|_| {}));
    let outcome = launch::follow(&log, &end, None);
    if let Some(failure) = &outcome.failure {
        output::err(&launch::draw(&plan.script, failure));
    }
    Ok(log.snapshot())
}
