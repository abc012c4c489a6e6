//! The door: reads the command line, runs one command, leaves with its exit status.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    batchlab::cli::main()
}
