//! `batchlab replay LOG`.

use super::logs;
use crate::cli::launch::Teller;
use crate::cli::{launch, output, stage};
use crate::report::{self, Depth, Format};
use std::io::IsTerminal;
use std::path::PathBuf;

/// Open a saved run in the theatre, or tell it again where there is no terminal
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The log that `batchlab run --events FILE` wrote
    log: PathBuf,
    /// Plain text instead of the theatre
    #[arg(long)]
    no_tui: bool,
    #[command(flatten)]
    screen: stage::ScreenArgs,
}

pub(crate) fn run(args: &Args) -> u8 {
    let events = match logs::open(&args.log) {
        Ok(events) => events,
        Err(error) => return launch::refuse(&error),
    };
    if !args.no_tui && std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return stage::replay(events, &args.log.display().to_string(), args.screen);
    }
    let mut teller = Teller::new(Depth::Normal, Format::Text, output::out, false);
    teller.tell(&events);
    output::out(&report::summary::of(teller.status()));
    0
}
