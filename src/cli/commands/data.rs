//! `batchlab data make|describe|truth`.

use crate::cli::{launch, output};
use crate::common::text;
use crate::datagen::{self, MakeRequest, Progress, TableFormat};
use clap::{Subcommand, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;
use std::sync::Mutex;

/// The workshop's data: make it, describe it, or print what is wrong with it on purpose
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make the tables below DIR/datasets
    Make(Make),
    /// Say what each table holds
    Describe,
    /// Print the counts of the injected defects
    Truth(Truth),
}

#[derive(Debug, clap::Args)]
struct Make {
    /// The tables to make; all when none is named
    tables: Vec<String>,
    /// The workshop folder
    #[arg(long, default_value = ".")]
    dir: PathBuf,
    /// Rows of the sales tables; the others follow from it
    #[arg(long, default_value_t = 10_000)]
    rows: u64,
    /// Seed of every value
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Vary the defect counts too
    #[arg(long)]
    vary: bool,
    /// The form of the files
    #[arg(long, value_enum, default_value_t = FormatArg::Csv)]
    format: FormatArg,
}

#[derive(Debug, clap::Args)]
struct Truth {
    /// Rows of the sales tables
    #[arg(long, default_value_t = 10_000)]
    rows: u64,
    /// Seed of every value
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// Vary the defect counts
    #[arg(long)]
    vary: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatArg {
    Csv,
    Json,
    Parquet,
}

pub(crate) fn run(args: &Args) -> u8 {
    match &args.what {
        What::Make(make) => make_tables(make),
        What::Describe => {
            for (name, about) in datagen::DESCRIPTIONS {
                output::out(&format!("{name:<18} {about}\n"));
            }
            0
        }
        What::Truth(truth) => {
            output::out(&format!("{}\n", datagen::truth(truth.seed, truth.rows, truth.vary)));
            0
        }
    }
}

fn make_tables(make: &Make) -> u8 {
    let request = MakeRequest {
        root: make.dir.clone(),
        seed: make.seed,
        rows: make.rows,
        vary: make.vary,
        format: match make.format {
            FormatArg::Csv => TableFormat::Csv,
            FormatArg::Json => TableFormat::Json,
            FormatArg::Parquet => TableFormat::Parquet,
        },
        tables: make.tables.clone(),
        threads: std::thread::available_parallelism().map_or(2, usize::from),
    };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg:<18} {bar:32} {human_pos} of {human_len} rows") {
        bar.set_style(style);
    }
    let current = Mutex::new(String::new());
    let show = |progress: Progress| {
        let mut table = current.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *table != progress.table {
            bar.set_message(progress.table.clone());
            table.clone_from(&progress.table);
        }
        bar.set_length(progress.rows_total);
        bar.set_position(progress.rows_done);
    };
    let made = datagen::make(&request, &show);
    bar.finish_and_clear();
    match made {
        Ok(report) => {
            for (table, rows, bytes) in &report.tables {
                output::out(&format!("{table:<18} {:>12} rows {:>12}\n", text::count(*rows), text::bytes(*bytes)));
            }
            0
        }
        Err(error) => launch::refuse(&error),
    }
}
