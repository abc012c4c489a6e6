//! `batchlab init [DIR]`.

use crate::cli::workshop::Folder;
use crate::cli::{launch, output};
use crate::common::text::plural;
use crate::common::{ErrorClass, Result, SparkError, rng};
use crate::datagen::{self, MakeRequest, TableFormat};
use crate::workshop::content::Content;
use crate::workshop::progress::{self, FolderSettings, SETTINGS};
use crate::workshop::step::{self, Library};
use crate::workshop::track::{self, Track};
use std::path::{Path, PathBuf};

/// Tables that are made on the spot when a script reads them: they are large, or made of many files.
const LATER: [&str; 3] = ["sales_small_files", "sales_skew", "viewing_events"];

/// The track of those who follow none.
const ALL: &str = "all";

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
    /// Follow one way through the course: express, half-day, data-engineer, analyst, distributed-systems; or all. Of a folder that is there
    /// already only this is changed
    #[arg(long, value_name = "NAME")]
    track: Option<String>,
}

/// What a workshop folder is made of.
pub(crate) struct Wanted {
    pub seed: u64,
    pub rows: u64,
    pub track: Option<Track>,
}

impl Default for Wanted {
    fn default() -> Wanted {
        Wanted { seed: datagen::DEFAULT_SEED, rows: datagen::DEFAULT_ROWS, track: None }
    }
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(try_run(args).map(|()| 0))
}

fn refused(message: String, help: &str) -> SparkError {
    SparkError::new(ErrorClass::IllegalArgumentException, message).with_help(help)
}

fn try_run(args: &Args) -> Result<()> {
    let named = args.track.as_deref().filter(|name| *name != ALL);
    let track = named.map(|name| track::named(&Content::embedded(), name)).transpose()?;
    if args.track.is_some() && progress::folder(&args.dir).join(SETTINGS).is_file() {
        return follow(&args.dir, track.as_ref());
    }
    let made = lay_out(&args.dir, &Wanted { seed: args.seed, rows: args.rows, track: track.clone() })?;
    let root = made.root.display();
    let (scripts, tables) = (plural(made.scripts, "script"), plural(made.tables, "table"));
    output::out(&format!("{root}: {scripts} and {tables} (seed {}, {} rows of sales).\n", args.seed, args.rows));
    if let Some(track) = &track {
        output::out(&described(track));
    }
    let first = Folder::open(&made.root)?.next_step()?.unwrap_or_default();
    output::out(&format!(
        "Next: cd there, then `batchlab watch`; or `batchlab hint --task`, edit exercises/{first}.py, `batchlab check`.\n"
    ));
    Ok(())
}

/// Lets a workshop folder follow a track from now on.
fn follow(dir: &Path, track: Option<&Track>) -> Result<()> {
    let settings = FolderSettings { track: track.map(|track| track.name.clone()), ..progress::settings(dir)? };
    progress::write_settings(dir, &settings)?;
    output::out(&track.map_or_else(|| "All steps are meant now; nothing else was changed.\n".to_owned(), described));
    Ok(())
}

fn described(track: &Track) -> String {
    format!("Track {}, {} steps: {}.\n", track.name, track.steps.len(), track.about)
}

/// What was laid out.
pub(crate) struct Made {
    pub root: PathBuf,
    pub scripts: u64,
    pub tables: u64,
}

/// Makes a workshop folder; nothing that is there is overwritten.
pub(crate) fn lay_out(dir: &Path, wanted: &Wanted) -> Result<Made> {
    let (seed, rows) = (wanted.seed, wanted.rows);
    let place = std::path::absolute(dir)
        .map_err(|error| refused(format!("{} is no folder: {error}", dir.display()), "give another folder"))?;
    if let Some(outer) = place.ancestors().skip(1).find(|folder| progress::folder(folder).join(SETTINGS).is_file()) {
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
    if progress::folder(&root).join(SETTINGS).is_file() {
        return Err(refused(
            format!("{} is a workshop folder already", root.display()),
            "nothing was changed; `batchlab list` shows its steps, `batchlab reset E1.1` puts a starter back, --track changes its track",
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
    let track = wanted.track.as_ref().map(|track| track.name.clone());
    progress::write_settings(&root, &FolderSettings { seed, rows, salt, track })?;
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
    batchlab learn                lessons and words: L1, shuffle, partition
    batchlab reset E1.2           the starter again; your text is kept in .batchlab/attic/
    batchlab solution E1.2        one way to do it
    batchlab report               what you have done

The scripts are plain PySpark: they run unchanged on a real cluster. They read `datasets/` and write `out/`.
Your progress is in `.batchlab/`, as plain text; copy `progress.json` to take it to another machine.
";
