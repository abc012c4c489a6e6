//! `batchlab compare A B`.

use super::logs;
use crate::cli::cluster_args::ClusterArgs;
use crate::cli::launch;
use crate::cli::on_spark::{On, Submission};
use crate::cli::{branches, output, stage, tables};
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::Event;
use crate::event::log::EventLog;
use crate::report::compare;
use crate::status::Status;
use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Put two runs side by side: their numbers, what they wrote, and the first thing that differs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  batchlab compare a.jsonl b.jsonl
  batchlab compare my_script.py tuned.py
  batchlab compare my_script.py --on spark --master 'local[4]'")]
pub(crate) struct Args {
    /// A saved log, an event log of real Spark, or a script (.py, or a step such as E2.9), which is run in a scratch folder
    a: String,
    /// The other one
    #[arg(required_unless_present = "on")]
    b: Option<String>,
    /// The other one is the same script on your own Spark
    #[arg(long, value_enum, value_name = "WHERE", conflicts_with = "b")]
    on: Option<On>,
    /// The master of your own Spark, such as local[4]
    #[arg(long, value_name = "URL", requires = "on")]
    master: Option<String>,
    /// Only the numbers of both, as a table; what they wrote is not looked at
    #[arg(long)]
    metrics: bool,
    /// For programs
    #[arg(long)]
    json: bool,
    /// Plain text instead of the theatre
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

/// One of the two.
struct Side {
    name: String,
    events: Vec<Arc<Event>>,
    /// Where it ran, when it ran now.
    root: Option<PathBuf>,
}

pub(crate) fn run(args: &Args) -> u8 {
    let status = try_run(args);
    branches::tidy();
    launch::status(status)
}

fn try_run(args: &Args) -> Result<u8> {
    let (a, b) = match &args.b {
        Some(b) => (side(&args.a, &args.cluster)?, side(b, &args.cluster)?),
        None => {
            let Some(real) = side_on_spark(args)? else { return Ok(130) };
            (side(&args.a, &alike(&args.cluster, &real)?)?, real)
        }
    };
    let mut comparison = compare::compare(&a.events, &b.events);
    if args.metrics {
        let numbers =
            if args.json { format!("{:#}\n", comparison.numbers_json()) } else { comparison.numbers(&a.name, &b.name) };
        output::out(&numbers);
        return Ok(0);
    }
    if let (Some(root_a), Some(root_b)) = (&a.root, &b.root) {
        for path in written_by_both(&a, &b) {
            comparison.tables.push(tables::table(&path, root_a, root_b, &args.cluster)?);
        }
    }
    if args.json {
        output::out(&format!("{:#}\n", comparison.json()));
    } else if !args.no_tui && std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        let shown = stage::compare([(a.name, a.events), (b.name, b.events)], args.screen);
        if shown != 0 {
            return Ok(shown);
        }
    } else {
        output::out(&comparison.text(&a.name, &b.name));
    }
    Ok(u8::from(!comparison.is_same_result()))
}

/// Two saved runs or scripts side by side in the theatre.
pub(super) fn show(a: &str, b: &str, screen: stage::ScreenArgs) -> Result<u8> {
    let cluster = ClusterArgs::workshop();
    let sides = (side(a, &cluster)?, side(b, &cluster)?);
    let shown = stage::compare([(sides.0.name, sides.0.events), (sides.1.name, sides.1.events)], screen);
    branches::tidy();
    Ok(shown)
}

/// The cluster of the options; unless they name one, one like that of the run on real Spark.
fn alike(cluster: &ClusterArgs, real: &Side) -> Result<ClusterArgs> {
    let mut alike = cluster.clone();
    if cluster.config()?.is_none() {
        let status = Status::of(&real.events);
        let nodes = status.nodes.len();
        let cores = status.nodes.values().map(|node| node.cores).max();
        alike.cluster = cores.filter(|_| nodes > 0).map(|cores| format!("{nodes}x{cores}"));
    }
    Ok(alike)
}

/// The folders below the working folder that both wrote.
fn written_by_both(a: &Side, b: &Side) -> BTreeSet<String> {
    let of = |side: &Side| -> BTreeSet<String> {
        let outputs = Status::of(&side.events).outputs;
        let whole = outputs.into_iter().filter(|output| output.aborted.is_none()).map(|output| output.path);
        whole.filter(|path| Path::new(path).is_relative()).collect()
    };
    of(a).intersection(&of(b)).cloned().collect()
}

/// A saved run, or a script that is run now.
fn side(what: &str, cluster: &ClusterArgs) -> Result<Side> {
    if !is_script(what) {
        return Ok(Side { name: what.to_owned(), events: logs::open(Path::new(what))?, root: None });
    }
    let mut spec = launch::spec(launch::read(Path::new(what))?, Vec::new(), cluster)?;
    let scratch = scratch(&spec.root)?;
    spec.allow.push(spec.root.clone());
    spec.root.clone_from(&scratch);
    let log = EventLog::new();
    let end = launch::start(&spec, &log, Arc::new(AtomicBool::new(false)), Box::new(|_| {}));
    let outcome = launch::follow(&log, &end, None);
    if let Some(failure) = &outcome.failure {
        output::err(&launch::draw(&spec.script, failure));
    }
    Ok(Side { name: what.to_owned(), events: log.snapshot(), root: Some(scratch) })
}

/// The script of the first side on real Spark, in a scratch folder of its own; nothing when it was interrupted.
fn side_on_spark(args: &Args) -> Result<Option<Side>> {
    if !is_script(&args.a) {
        return Err(SparkError::new(
            ErrorClass::IllegalArgumentException,
            format!("{} is no script, and only a script can be run on Spark", args.a),
        )
        .with_help("give a script (.py), or two logs"));
    }
    let scratch = scratch(&launch::working_folder()?)?;
    let submission = Submission {
        script: launch::read(Path::new(&args.a))?,
        arguments: Vec::new(),
        root: scratch.clone(),
        master: args.master.clone(),
        conf: args.cluster.settings()?,
        logs: None,
    };
    let ran = submission.run(args.json, &mut |_| {})?;
    let master = args.master.as_ref().map(|master| format!(" ({master})")).unwrap_or_default();
    let name = format!("{} on real Spark{master}", args.a);
    Ok((!ran.interrupted).then_some(Side { name, events: ran.events, root: Some(scratch) }))
}

fn is_script(what: &str) -> bool {
    let path = Path::new(what);
    path.extension().is_some_and(|extension| extension == "py") || launch::step_id(path).is_some()
}

fn scratch(root: &Path) -> Result<PathBuf> {
    branches::scratch(root).and_then(std::fs::canonicalize).map_err(|error| {
        SparkError::new(ErrorClass::SparkException, format!("no scratch folder could be made: {error}"))
            .with_help("check the free space of the temporary folder")
    })
}
