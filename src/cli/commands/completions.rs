//! `batchlab completions SHELL`.

use crate::cli::Cli;
use clap::CommandFactory;
use clap_complete::Shell;

/// Print a completion script for your shell
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// bash, zsh, fish, elvish or powershell
    shell: Shell,
}

pub(crate) fn run(args: &Args) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "batchlab", &mut script);
    crate::cli::output::out(&String::from_utf8_lossy(&script));
    0
}
