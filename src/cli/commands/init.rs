//! `batchlab init [DIR]`.

use crate::cli::{launch, output};
use crate::common::text::plural;
use crate::common::{ErrorClass, Result, SparkError, rng};
use crate::datagen::{self, MakeRequest, TableFormat};
use crate::workshop::progress::{self, FolderSettings};
use crate::workshop::step::{self, Library};
use std::path::{Path, PathBuf};

/// Tables that are made on the spot when a script reads them: they are large, or made of many files.
const LATER: [&str; 3] = ["sales_small_files", "sales_skew", "viewing_events"];

/// Make a workshop folder: the exercises, their data, and a README; nothing that is there is overwritten
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where
    #[arg(default_value = "batchlab-workshop")]
    dir: PathBuf,
    /// Seed of the data
    #[arg(long, default_value_t = datagen::DEFAULT_SEED)]
    seed: u64,
    /// Rows of the sales tables; the others follow from it
    #[arg(long, default_value_t = datagen::DEFAULT_ROWS)]
    rows: u64,
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn refused(message: String, help: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message).with_help(help)
}

fn try_run(args: &Args) -> Result<()> {
    let made = lay_out(&args.dir, args.seed, args.rows)?;
    output::out(&format!(
        "{}: {} and {} (seed {}, {} rows of sales).\nNext: cd there, then `batchlab watch`; or `batchlab hint --task`, edit exercises/01_basics/s1_session.py, `batchlab check`.\n",
        made.root.display(),
        plural(made.scripts, "script"),
        plural(made.tables, "table"),
        args.seed,
        args.rows,
    ));
    Ok(())
}

/// What was laid out.
pub(crate) struct Made {
    pub root: PathBuf,
    pub scripts: u64,
    pub tables: u64,
}

/// Makes a workshop folder; nothing that is there is overwritten.
pub(crate) fn lay_out(dir: &Path, seed: u64, rows: u64) -> Result<Made> {
    let place = std::path::absolute(dir)
        .map_err(|error| refused(format!("{} is no folder: {error}", dir.display()), "give another folder"))?;
    if let Some(outer) = place.ancestors().skip(1).find(|folder| progress::folder(folder).join("folder.json").is_file())
    {
        return Err(refused(
            format!("{} lies inside the workshop folder {}", place.display(), outer.display()),
            "workshop folders do not nest; give a folder outside of it",
        ));
    }
    std::fs::create_dir_all(dir)
        .map_err(|error| refused(format!("{} cannot be made: {error}", dir.display()), "give another folder"))?;
    let root = dir
        .canonicalize()
        .map_err(|error| refused(format!("{} cannot be opened: {error}", dir.display()), "give another folder"))?;
    let settings = progress::folder(&root).join("folder.json");
    if settings.is_file() {
        return Err(refused(
            format!("{} is a workshop folder already", root.display()),
            "nothing was changed; `batchlab list` shows its steps, `batchlab reset E1.1` puts a starter back",
        ));
    }
    let scripts = starters(&root)?;
    let standard = (seed, rows) == (datagen::DEFAULT_SEED, datagen::DEFAULT_ROWS);
    let mut names: Vec<String> = datagen::NAMES.iter().map(|name| (*name).to_owned()).collect();
    names.push("people.parquet".to_owned());
    // Only the standard tables can be made on the spot later.
    let is_later = |name: &str| standard && LATER.contains(&name);
    names.retain(|name| !(is_later(name) || root.join("datasets").join(name).exists()));
    let tables = names.len() as u64;
    let threads = crate::cli::workshop::threads();
    let format = TableFormat::Csv;
    if !names.is_empty() {
        datagen::make(
            &MakeRequest { root: root.clone(), seed, rows, vary: false, format, tables: names, threads },
            &|_| {},
        )?;
    }
    let salt = format!("{:016x}", rng::fnv1a(&format!("{} {}", root.display(), launch::wall_micros())));
    let folder = FolderSettings { seed, rows, salt };
    let text = serde_json::to_string_pretty(&folder).map_err(|error| SparkError::internal(error.to_string()))?;
    progress::write_file(&settings, &(text + "\n"))?;
    let readme = root.join("README.md");
    if !readme.exists() {
        progress::write_file(&readme, README)?;
    }
    Ok(Made { root, scripts, tables })
}

/// Lays out the starters; gives how many were new.
fn starters(root: &Path) -> Result<u64> {
    let mut made = 0;
    for name in step::names(Library::default()) {
        let path = root.join("exercises").join(format!("{name}.py"));
        if let Some(starter) = step::embedded_starter(&name).filter(|_| !path.exists()) {
            progress::write_file(&path, starter)?;
            made += 1;
        }
    }
    Ok(made)
}

const README: &str = "# A batchlab workshop

    batchlab list                 the steps, and how you stand
    batchlab hint --task          what the next step asks for
    batchlab check                your script on the visible data, then on data that you do not see
    batchlab watch                the same on every save
    batchlab hint                 the next of three hints
    batchlab reset E1.2           the starter again; your text is kept in .batchlab/attic/
    batchlab solution E1.2        one way to do it
    batchlab report               what you have done

The scripts are plain PySpark: they run unchanged on a real cluster. They read `datasets/` and write `out/`.
Your progress is in `.batchlab/`, as plain text; copy `progress.json` to take it to another machine.
";
