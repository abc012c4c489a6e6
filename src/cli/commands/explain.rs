//! `batchlab explain SCRIPT`.

use crate::cli::cluster_args::ClusterArgs;
use crate::cli::launch;
use crate::cli::{interrupt, output};
use crate::common::{Result, SparkError};
use crate::event::log::EventLog;
use crate::session::ExplainedQuery;
use clap::ValueEnum;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Run a script and print the plans of each of its actions instead of its output
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The Python file, or a step such as E2.3
    script: PathBuf,
    /// What the script finds in sys.argv
    #[arg(trailing_var_arg = true)]
    arguments: Vec<String>,
    #[command(flatten)]
    cluster: ClusterArgs,
    /// Which plans
    #[arg(long, value_enum, default_value_t = Mode::Simple)]
    mode: Mode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The physical plan
    Simple,
    /// The analyzed, the optimized and the physical plan
    Extended,
    /// The physical plan with its operators numbered and described
    Formatted,
    /// The optimized plan with the sizes that it is thought to have, and the physical plan
    Cost,
    /// Refused: there is no generated code here
    Codegen,
    /// The optimizer's rules in the order they fired, each with its reason
    Rules,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args))
}

fn try_run(args: &Args) -> Result<u8> {
    if args.mode == Mode::Codegen {
        return Err(SparkError::unsupported(
            "--mode codegen",
            "there is no generated code here; --mode formatted shows the operators",
        ));
    }
    let mut spec = launch::spec(launch::read(&args.script)?, args.arguments.clone(), &args.cluster)?;
    spec.explain = true;
    let log = EventLog::new();
    let end = launch::start(&spec, &log, interrupt::flag(), Box::new(|_| {}));
    let outcome = launch::follow(&log, &end, None);
    let mut text = String::new();
    for query in &outcome.explained {
        describe(query, args.mode, &mut text);
    }
    output::out(&text);
    if outcome.explained.is_empty() && outcome.failure.is_none() {
        output::err(
            "batchlab: the script has no action, such as show(), count() or a write, so there is no plan to show\n",
        );
    }
    if let Some(failure) = &outcome.failure {
        output::err(&launch::draw(&spec.script, failure));
    }
    Ok(u8::try_from(outcome.exit).unwrap_or(1))
}

fn describe(query: &ExplainedQuery, mode: Mode, text: &mut String) {
    let _ = writeln!(text, "-- line {}: {}", query.line, query.action);
    match mode {
        Mode::Simple => text.push_str(&query.physical),
        Mode::Formatted => text.push_str(&query.formatted),
        Mode::Cost => text.push_str(&query.cost),
        // It has been refused.
        Mode::Codegen => {}
        Mode::Extended => {
            let _ = write!(
                text,
                "== Analyzed Logical RunSpec ==\n{}\n== Optimized Logical RunSpec ==\n{}\n{}",
                query.analyzed, query.optimized, query.physical
            );
        }
        Mode::Rules => {
            for (rule, why) in &query.rules {
                let _ = writeln!(text, "{rule:<36} {why}");
            }
        }
    }
    text.push('\n');
}
