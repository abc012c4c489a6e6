//! `batchlab world NAME`.

use crate::cli::{launch, output, stage};
use crate::common::{ErrorClass, Result, SparkError};
use crate::report::world as told;
use crate::worlds::{World, WorldOutcome};
use std::io::IsTerminal;
use std::path::PathBuf;

/// A small world that shows one idea as a real mechanism: what happened, a timeline, and figures; time is simulated
///
/// In a terminal it opens on a screen with the theatre's time controls; otherwise, or with --no-tui, it is told in text.
///
/// Worlds: `stream` (one log of events, read in batches, micro-batches or record by record), `store` (replicas of a small store and a cut
/// network), `edge` (edge servers near their viewers), `pools` (a long and a short job on one cluster), `styles` (one question: eager, on
/// threads, distributed), `pages` (a source that answers page by page, so many a second). The same settings and seed give the same output, byte for byte.
///
/// Examples:
///   batchlab world store --vary mode=cp,ap
///   batchlab world stream --set style=record
///   batchlab world stream --fault clock:edge-us-3+900s@43200
///   batchlab world edge --set kill=edge-us-1 --set failover=false
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// stream, store, edge, pools, styles or pages; none lists them
    name: Option<String>,
    /// Change a setting; may be given several times
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// stream: a producer's clock goes wrong, such as clock:edge-us-3+900s@7200; may be given several times
    #[arg(long, value_name = "FAULT")]
    fault: Vec<String>,
    /// The same from a file, a fault on each line
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Run once for each value and show the figures side by side
    #[arg(long, value_name = "KEY=A,B,…")]
    vary: Option<String>,
    /// Settings from a TOML file; `--set` wins
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print the settings as TOML and stop
    #[arg(long)]
    settings: bool,
    /// Seed of all chance
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Print settings, figures and log as JSON
    #[arg(long)]
    json: bool,
    /// Plain text instead of the screen
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

/// What a person gets.
enum Answer {
    Text(String),
    Screen(Box<World>, WorldOutcome),
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(answer(args).map(|answer| match answer {
        Answer::Text(text) => {
            output::out(&text);
            0
        }
        Answer::Screen(world, outcome) => stage::world(Some(*world), outcome, 0, args.screen),
    }))
}

fn answer(args: &Args) -> Result<Answer> {
    let Some(name) = &args.name else {
        let line = |(name, about): &(&str, &str)| format!("{name:<8} {about}\n");
        return Ok(Answer::Text(World::ALL.iter().map(line).collect()));
    };
    let file = args.config.as_ref().map(read).transpose()?;
    let mut sets = args.sets.iter().map(|text| pair(text)).collect::<Result<Vec<_>>>()?;
    let faults = faults(args)?;
    if !faults.is_empty() {
        sets.push(("faults".to_owned(), format!("{faults:?}")));
    }
    let world = World::configure(name, file.as_deref(), &sets)?;
    if args.settings {
        return world.settings().map(Answer::Text);
    }
    if let Some(vary) = &args.vary {
        return varied(args, name, file.as_deref(), &sets, vary).map(Answer::Text);
    }
    let outcome = world.run(args.seed);
    if args.json {
        return json(&world, &outcome).map(Answer::Text);
    }
    let has_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    Ok(if has_terminal && !args.no_tui {
        Answer::Screen(Box::new(world), outcome)
    } else {
        Answer::Text(told::narrate(&outcome))
    })
}

/// What goes wrong, from the command line and from a scenario.
fn faults(args: &Args) -> Result<Vec<String>> {
    let scenario = args.faults.as_ref().map(read).transpose()?.unwrap_or_default();
    let lines = scenario.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let lines = lines.filter(|line| !line.is_empty()).map(str::to_owned);
    Ok(args.fault.iter().cloned().chain(lines).collect())
}

/// The figures of one run for each value.
fn varied(args: &Args, name: &str, file: Option<&str>, sets: &[(String, String)], vary: &str) -> Result<String> {
    let (key, values) = pair(vary)?;
    let mut columns = Vec::new();
    for value in values.split(',') {
        let mut sets = sets.to_vec();
        sets.push((key.clone(), value.trim().to_owned()));
        let world = World::configure(name, file, &sets)?;
        let outcome = world.run(args.seed);
        columns.push((format!("{key}={}", value.trim()), world, outcome));
    }
    if args.json {
        return columns.iter().map(|(_, world, outcome)| json(world, outcome)).collect();
    }
    let figures: Vec<(&str, &WorldOutcome)> =
        columns.iter().map(|(title, _, outcome)| (title.as_str(), outcome)).collect();
    Ok(told::compare(&figures))
}

fn read(path: &PathBuf) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        SparkError::new(ErrorClass::IllegalArgumentException, format!("{} cannot be read: {error}", path.display()))
            .with_help("`batchlab world NAME --settings` prints a file to begin with")
    })
}

fn pair(text: &str) -> Result<(String, String)> {
    text.split_once('=').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())).ok_or_else(|| {
        SparkError::new(ErrorClass::IllegalArgumentException, format!("`{text}` is not KEY=VALUE"))
            .with_help("`batchlab world NAME --settings` prints all keys")
    })
}

/// One line of JSON.
fn json(world: &World, outcome: &WorldOutcome) -> Result<String> {
    let value = serde_json::json!({ "settings": world, "outcome": outcome });
    serde_json::to_string(&value)
        .map(|text| text + "\n")
        .map_err(|error| SparkError::internal(format!("the outcome cannot be written: {error}")))
}
