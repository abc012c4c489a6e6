//! `batchlab doctor`.

use crate::cli::saves::{LOOK, Saves};
use crate::cli::{interrupt, launch, output, workshop};
use crate::common::{Result, SparkError};
use crate::workshop::check::{CheckRequest, Which, check_telling};
use crate::workshop::scratch::Scratch;
use crate::workshop::step::{self, Library};
use serde::Serialize;
use std::io::IsTerminal;
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The step whose solution shows how fast a save is judged.
const PROBE: &str = "02_joins/s3_broadcast";
/// A save should be judged within this.
const VERDICT: Duration = Duration::from_millis(300);
/// What is written and read back to try the disk.
const BYTES: usize = 8 << 20;

/// Look at this machine: terminal, locale, disk, news of saved files, speed
///
/// Exit status: 0 all is well, 1 something will be in the way.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What was found, as one JSON document
    #[arg(long)]
    json: bool,
}

/// What was found about one thing.
#[derive(Debug, Serialize)]
struct Finding {
    about: &'static str,
    is_well: bool,
    says: String,
}

impl Finding {
    fn new(about: &'static str, is_well: bool, says: impl Into<String>) -> Finding {
        Finding { about, is_well, says: says.into() }
    }
}

pub(crate) fn run(args: &Args) -> u8 {
    launch::status(examine(args))
}

fn examine(args: &Args) -> Result<u8> {
    let scratch = Scratch::new("doctor")?;
    let found = [terminal(), locale(), disk(scratch.path()), saves(scratch.path()), speed(scratch.path())?];
    if args.json {
        let text = serde_json::to_string_pretty(&found).map_err(|error| SparkError::internal(error.to_string()))?;
        output::out(&format!("{text}\n"));
    } else {
        for one in &found {
            output::out(&format!("{} {:9} {}\n", if one.is_well { "ok" } else { "! " }, one.about, one.says));
        }
    }
    Ok(u8::from(found.iter().any(|one| !one.is_well)))
}

fn terminal() -> Finding {
    let about = "terminal";
    if !std::io::stdout().is_terminal() {
        return Finding::new(about, true, "none: runs are told as text instead of shown");
    }
    match crossterm::terminal::size() {
        Ok((width, height)) if width >= 80 && height >= 24 => Finding::new(about, true, format!("{width}x{height}")),
        Ok((width, height)) => {
            Finding::new(about, false, format!("{width}x{height}: make the window at least 80x24, better 120x40"))
        }
        Err(error) => Finding::new(about, false, format!("its size is not known ({error}): try another terminal")),
    }
}

fn locale() -> Finding {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(|name| std::env::var(name).ok());
    let said = set.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    let is_unicode = said.to_lowercase().replace('-', "").contains("utf8");
    let said = if said.is_empty() { "not set".to_owned() } else { crate::common::text::visible(&said) };
    let next = if is_unicode { "" } else { ": screens are drawn with ASCII; LANG=C.UTF-8 shows lines and boxes" };
    Finding::new("locale", true, format!("{said}{next}"))
}

fn disk(folder: &Path) -> Finding {
    let started = Instant::now();
    let path = folder.join("probe");
    let tried = std::fs::write(&path, vec![7_u8; BYTES]).and_then(|()| std::fs::read(&path));
    match tried {
        Ok(read) if read.len() == BYTES => {
            let took = started.elapsed().as_millis();
            let says = format!(
                "{} written and read back in {took} ms in {}",
                crate::common::text::bytes(BYTES as u64),
                folder.display()
            );
            Finding::new("disk", true, says)
        }
        Ok(_) => Finding::new("disk", false, format!("{} gives back less than was written", folder.display())),
        Err(error) => {
            Finding::new("disk", false, format!("{} cannot be written ({error}): set TMPDIR", folder.display()))
        }
    }
}

/// Whether the system tells when a file is saved.
fn saves(folder: &Path) -> Finding {
    let (tell, heard) = mpsc::channel();
    let file = folder.join("saved.py");
    let _watched = Saves::watch(std::slice::from_ref(&file), move || {
        // Who hears has gone when one was heard.
        let _ = tell.send(());
    });
    let started = Instant::now();
    let is_written = std::fs::write(&file, "pass\n").is_ok();
    let says = match heard.recv_timeout(Duration::from_secs(1)) {
        Ok(()) => format!("heard after {} ms", started.elapsed().as_millis()),
        Err(_) => format!("the system tells nothing: files are looked at every {} ms instead", LOOK.as_millis()),
    };
    Finding::new("saves", is_written, says)
}

/// How long a solution takes on the visible data, and on all.
fn speed(folder: &Path) -> Result<Finding> {
    let step = step::load(Library::default(), PROBE)?;
    let request = CheckRequest {
        step: &step,
        source: &step.solution,
        file: "probe.py",
        root: folder,
        visible: (crate::datagen::DEFAULT_SEED, crate::datagen::DEFAULT_ROWS),
        salt: "doctor",
        rows: None,
        which: Which::All,
        threads: workshop::threads(),
        cancelled: interrupt::flag(),
    };
    // The first run makes the data.
    check_telling(&CheckRequest { which: Which::Visible, ..request.clone() }, &mut |_| {})?;
    let started = Instant::now();
    let mut first = None;
    check_telling(&request, &mut |_| {
        first.get_or_insert_with(|| started.elapsed());
    })?;
    let (first, all) = (first.unwrap_or_default(), started.elapsed());
    let is_well = first <= VERDICT;
    let next = if is_well { "" } else { "; other programs may be busy, or this is no release build" };
    let says = format!(
        "{} is judged after {} ms on the visible data, {} ms on all, with {} threads{next}",
        step.id,
        first.as_millis(),
        all.as_millis(),
        request.threads
    );
    Ok(Finding::new("speed", is_well, says))
}
