//! Floor 8, the door: the command line.
//!
//! One file for each command in `commands/`: an `Args` struct whose doc comments are the help, and a `run` that gives the exit status
//! (0 fine, 1 the script raised, 2 wrong use, 3 not supported here, 70 our bug, 130 interrupted).

mod ask;
mod branches;
mod classroom;
mod cluster_args;
mod commands;
mod config;
mod desk;
mod following;
mod help;
mod interrupt;
mod last_run;
mod launch;
mod marks;
mod narration;
mod on_spark;
mod opening;
mod output;
mod saves;
mod scenarios;
mod stage;
mod submit;
mod tables;
mod until;
mod workshop;

use clap::{FromArgMatches, Parser, Subcommand};
use std::process::ExitCode;

/// Wrong use of a command.
pub(crate) const EXIT_USAGE: u8 = 2;
/// The script, or the command, needs something that is not supported.
pub(crate) const EXIT_UNSUPPORTED: u8 = 3;
/// A bug of ours.
pub(crate) const EXIT_BUG: u8 = 70;

/// Watch PySpark scripts run on a simulated cluster: real rows, real partitions, real shuffles, simulated machines and time.
///
/// Without a command: the home screen in a terminal; a narrated run of the four exercises with one node death otherwise.
#[derive(Debug, Parser)]
#[command(name = "batchlab", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    Learn(commands::learn::Args),
    Quiz(commands::quiz::Args),
    Advise(commands::advise::Args),
    Run(commands::run::Args),
    Shell(commands::shell::Args),
    Explain(commands::explain::Args),
    Replay(commands::replay::Args),
    Compare(commands::compare::Args),
    Logs(commands::logs::Args),
    Metrics(commands::metrics::Args),
    Demo(commands::demo::Args),
    Concepts(commands::concepts::Args),
    Why(commands::why::Args),
    Simulate(commands::simulate::Args),
    Data(commands::data::Args),
    World(commands::world::Args),
    Init(commands::init::Args),
    Watch(commands::watch::Args),
    Check(commands::check::Args),
    #[command(alias = "progress")]
    List(commands::list::Args),
    Hint(commands::hint::Args),
    Reset(commands::reset::Args),
    Solution(commands::solution::Args),
    Report(commands::report::Args),
    Class(commands::class::Args),
    Dev(commands::dev::Args),
    Doctor(commands::doctor::Args),
    Api(commands::api::Args),
    Completions(commands::completions::Args),
}

/// Runs the command of this process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    let parsed = help::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            let wrong = error.use_stderr();
            // A closed pipe is the reader's choice.
            let _ = error.print();
            return if wrong { ExitCode::from(EXIT_USAGE) } else { ExitCode::SUCCESS };
        }
    };
    if let Err(error) = config::load() {
        return ExitCode::from(launch::refuse(&error));
    }
    let status = std::panic::catch_unwind(|| match cli.command {
        None => commands::home::run(cli.screen),
        Some(Command::Learn(args)) => commands::learn::run(&args),
        Some(Command::Quiz(args)) => commands::quiz::run(&args),
        Some(Command::Advise(args)) => commands::advise::run(&args),
        Some(Command::Demo(args)) => commands::demo::run(&args),
        Some(Command::Concepts(args)) => commands::concepts::run(&args),
        Some(Command::Run(args)) => commands::run::run(&args),
        Some(Command::Shell(args)) => commands::shell::run(&args),
        Some(Command::Explain(args)) => commands::explain::run(&args),
        Some(Command::Replay(args)) => commands::replay::run(&args),
        Some(Command::Compare(args)) => commands::compare::run(&args),
        Some(Command::Logs(args)) => commands::logs::run(&args),
        Some(Command::Metrics(args)) => commands::metrics::run(&args),
        Some(Command::Why(args)) => commands::why::run(&args),
        Some(Command::Simulate(args)) => commands::simulate::run(&args),
        Some(Command::Data(args)) => commands::data::run(&args),
        Some(Command::World(args)) => commands::world::run(&args),
        Some(Command::Init(args)) => commands::init::run(&args),
        Some(Command::Watch(args)) => commands::watch::run(&args),
        Some(Command::Check(args)) => commands::check::run(&args),
        Some(Command::List(args)) => commands::list::run(&args),
        Some(Command::Hint(args)) => commands::hint::run(&args),
        Some(Command::Reset(args)) => commands::reset::run(&args),
        Some(Command::Solution(args)) => commands::solution::run(&args),
        Some(Command::Report(args)) => commands::report::run(&args),
        Some(Command::Class(args)) => commands::class::run(&args),
        Some(Command::Dev(args)) => commands::dev::run(&args),
        Some(Command::Doctor(args)) => commands::doctor::run(&args),
        Some(Command::Api(args)) => commands::api::run(&args),
        Some(Command::Completions(args)) => commands::completions::run(&args),
    });
    ExitCode::from(status.unwrap_or(EXIT_BUG))
}
