//! Brings runs to the theatre: live, saved, and branched.

use super::launch::Plan;
use super::output;
use crate::cluster::{Breakage, Fault};
use crate::common::time::VirtualDuration;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::log::EventLog;
use crate::event::{Event, EventKind};
use crate::tui::lesson::model::{Kind, Left, Reader};
use crate::tui::theatre::branch::Change;
use crate::tui::theatre::fault::{self, FaultKind, Strike};
use crate::tui::theatre::{self, BranchRequest, Exit, Source, TheatreInput};
use crate::tui::world::model::{self as world_model, WorldModel};
use crate::tui::{self, Depth, GlyphSet, Motion, RunEnd, RunHandle, ScreenOptions, Theme};
use crate::workshop::demo::{Demo, PlayedDemo};
use crate::workshop::lesson::{Lesson, Piece, Played};
use crate::workshop::markdown::{Block, Span, Style};
use crate::worlds::WorldOutcome;
use clap::ValueEnum;
use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How screens look.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
#[command(next_help_heading = "Screen")]
pub(crate) struct ScreenArgs {
    /// Colours
    #[arg(long, value_enum)]
    theme: Option<ThemeArg>,
    /// Characters
    #[arg(long, value_enum)]
    glyphs: Option<GlyphArg>,
    /// How many colours the terminal has
    #[arg(long, value_enum)]
    color: Option<ColorArg>,
    /// How much moves
    #[arg(long, value_enum)]
    motion: Option<MotionArg>,
    /// Leave the mouse to the terminal
    #[arg(long)]
    no_mouse: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ThemeArg {
    Dark,
    Light,
    /// The terminal's own sixteen colours
    Terminal,
    Contrast,
    Mono,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorArg {
    Never,
    #[value(name = "16")]
    Sixteen,
    #[value(name = "256")]
    Indexed,
    Rgb,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MotionArg {
    Full,
    /// No moving dots, four pictures a second
    Reduced,
    /// A new picture at keys and steps only
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum GlyphArg {
    Unicode,
    Ascii,
}

impl ScreenArgs {
    /// What was asked for, else what the terminal says of itself (`NO_COLOR`, `COLORTERM`, the locale).
    pub(crate) fn options(self) -> ScreenOptions {
        let set = |name: &str| std::env::var(name).unwrap_or_default();
        let no_color = !set("NO_COLOR").is_empty() || set("TERM") == "dumb";
        let theme = match (self.color, self.theme) {
            (Some(ColorArg::Never), _) => Theme::Mono,
            (_, Some(ThemeArg::Dark)) => Theme::Dark,
            (_, Some(ThemeArg::Light)) => Theme::Light,
            (_, Some(ThemeArg::Terminal)) => Theme::Terminal,
            (_, Some(ThemeArg::Contrast)) => Theme::Contrast,
            (_, Some(ThemeArg::Mono)) => Theme::Mono,
            (None, None) if no_color => Theme::Mono,
            (_, None) => Theme::Dark,
        };
        let depth = match self.color {
            Some(ColorArg::Rgb) => Depth::Rgb,
            Some(ColorArg::Indexed) => Depth::Indexed,
            Some(ColorArg::Sixteen | ColorArg::Never) => Depth::Sixteen,
            None if matches!(set("COLORTERM").as_str(), "truecolor" | "24bit") => Depth::Rgb,
            None if set("TERM") == "linux" => Depth::Sixteen,
            None => Depth::Indexed,
        };
        let motion = match self.motion {
            None | Some(MotionArg::Full) => Motion::Full,
            Some(MotionArg::Reduced) => Motion::Reduced,
            Some(MotionArg::None) => Motion::None,
        };
        let locale =
            [set("LC_ALL"), set("LC_CTYPE"), set("LANG")].into_iter().find(|text| !text.is_empty()).unwrap_or_default();
        let glyphs = match self.glyphs {
            Some(GlyphArg::Unicode) => GlyphSet::Unicode,
            Some(GlyphArg::Ascii) => GlyphSet::Ascii,
            None if locale == "C" || locale == "POSIX" || set("TERM") == "linux" => GlyphSet::Ascii,
            None => GlyphSet::Unicode,
        };
        ScreenOptions { glyphs, theme, depth, motion, projector: false, no_mouse: self.no_mouse }
    }
}

/// Runs a script in the theatre; gives the exit status and the log.
pub(crate) fn watch(plan: &Plan, title: &str, until: Option<u32>, screen: ScreenArgs) -> Result<(u8, EventLog)> {
    let main = start(plan);
    let log = main.log.clone();
    let branches = Branches::new(plan.clone());
    let input = TheatreInput {
        title: title.to_owned(),
        source: Source::Live(main.clone()),
        on_branch: Some(Box::new(move |request| branches.start(request))),
        paused: false,
        from: 0,
        until,
        options: screen.options(),
    };
    let left = theatre::run(input).map_err(|error| no_terminal(&error));
    main.stop();
    let exit = match left? {
        Exit::Interrupted => 130,
        Exit::Back => main.end().map_or(0, |end| {
            if let Some(error) = &end.error {
                output::err(error);
            }
            u8::try_from(end.exit).unwrap_or(1)
        }),
    };
    Ok((exit, log))
}

/// Writes what the script printed, once its screen is closed: standard output is the script's.
pub(crate) fn give_out(events: &[Arc<Event>]) {
    for event in events {
        match &event.kind {
            EventKind::Printed { text } => output::out(text),
            EventKind::ErrorPrinted { text } => output::err(text),
            _ => {}
        }
    }
}

/// Shows a saved run.
pub(crate) fn replay(events: Vec<Arc<Event>>, title: &str, until: Option<u32>, screen: ScreenArgs) -> u8 {
    show(TheatreInput {
        title: title.to_owned(),
        source: Source::Recorded(events),
        on_branch: None,
        paused: true,
        from: 0,
        until,
        options: screen.options(),
    })
}

/// Shows two saved runs side by side.
pub(crate) fn compare(runs: [(String, Vec<Arc<Event>>); 2], screen: ScreenArgs) -> u8 {
    let title = format!("{} and {}", runs[0].0, runs[1].0);
    show(TheatreInput {
        title,
        source: Source::Compared(runs),
        on_branch: None,
        paused: true,
        from: 0,
        until: None,
        options: screen.options(),
    })
}

/// Shows a run that is over, from a position on; where its plan is given, faults can be added to it.
pub(crate) fn review(plan: Option<Plan>, events: Vec<Arc<Event>>, title: &str, from: usize, screen: ScreenArgs) -> u8 {
    let branches = plan.map(Branches::new);
    show(TheatreInput {
        title: title.to_owned(),
        source: Source::Recorded(events),
        on_branch: branches.map(|branches| -> theatre::OnBranch { Box::new(move |request| branches.start(request)) }),
        paused: true,
        from,
        until: None,
        options: screen.options(),
    })
}

fn show(input: TheatreInput) -> u8 {
    match theatre::run(input) {
        Ok(Exit::Back) => 0,
        Ok(Exit::Interrupted) => 130,
        Err(error) => super::launch::refuse(&no_terminal(&error)),
    }
}

/// Shows lessons from the one with this index on; gives the exit status.
pub(crate) fn read(lessons: &[Lesson], first: usize, screen: ScreenArgs) -> Result<u8> {
    let studio = super::classroom::studio();
    let (mut index, mut at_end) = (first, false);
    while let Some(lesson) = lessons.get(index) {
        let played = lesson.play(&studio)?;
        let head = &lesson.head;
        let mut reader = Reader::new(
            Kind::Lesson,
            format!("{}  {}", head.id, head.title),
            head.minutes,
            head.opening.clone(),
            &played,
        );
        if at_end {
            reader.page = reader.pages.len().saturating_sub(1);
        }
        loop {
            match turn_pages(&mut reader, screen)? {
                Left::Back => return Ok(0),
                Left::Interrupted => return Ok(130),
                Left::Next if index + 1 < lessons.len() => {
                    (index, at_end) = (index + 1, false);
                    break;
                }
                Left::Previous if index > 0 => {
                    (index, at_end) = (index - 1, true);
                    break;
                }
                _ => {}
            }
        }
    }
    Ok(0)
}

/// Shows a demo: a page for each beat, the figures last.
pub(crate) fn demo(demo: &Demo, played: &PlayedDemo, screen: ScreenArgs) -> Result<u8> {
    let title = format!("{}  {}", demo.id, demo.title);
    let pages = Played { scenes: played.scenes.clone(), pages: beats(played) };
    let kind = Kind::Demo { notes: demo.notes.trim().to_owned() };
    let mut reader = Reader::new(kind, title, demo.minutes, demo.about.clone(), &pages);
    loop {
        match turn_pages(&mut reader, screen)? {
            Left::Back => return Ok(0),
            Left::Interrupted => return Ok(130),
            _ => {}
        }
    }
}

/// Shows pages, and the theatre when it is asked for, until the person leaves them.
fn turn_pages(reader: &mut Reader, screen: ScreenArgs) -> Result<Left> {
    loop {
        match tui::lesson::run(reader, screen.options()).map_err(|error| no_terminal(&error))? {
            Left::Theatre if show_take(reader, screen) == 130 => return Ok(Left::Interrupted),
            Left::Theatre => {}
            left => return Ok(left),
        }
    }
}

/// The run of the last picture of this page, in the theatre.
fn show_take(reader: &Reader, screen: ScreenArgs) -> u8 {
    let pictures = reader.pictures().0;
    let Some(picture) = pictures.last() else { return 0 };
    let take = &picture.take;
    match &take.world {
        Some(outcome) => world(outcome.clone(), picture.at.position, screen),
        None => replay(take.events.clone(), &take.scene.script, None, screen),
    }
}

/// Shows a world after so many of its moments; gives the exit status.
pub(crate) fn world(outcome: WorldOutcome, position: usize, screen: ScreenArgs) -> u8 {
    let mut model = WorldModel::new(outcome.world.to_owned(), outcome);
    model.to_position(position);
    match tui::world::run(&mut model, screen.options()) {
        Ok(world_model::Left::Back) => 0,
        Ok(world_model::Left::Interrupted) => 130,
        Err(error) => super::launch::refuse(&no_terminal(&error)),
    }
}

fn beats(played: &PlayedDemo) -> Vec<Vec<Piece>> {
    let words = |text: &str| vec![Span { text: text.to_owned(), style: Style::Plain }];
    let mut pages: Vec<Vec<Piece>> = Vec::new();
    for (number, beat) in played.beats.iter().enumerate() {
        let head = format!("Beat {} of {}, run {}", number + 1, played.beats.len(), beat.run);
        let mut page =
            vec![Piece::Text(Block::Heading(2, words(&head))), Piece::Text(Block::Paragraph(words(&beat.say)))];
        page.extend(beat.picture.clone().map(|picture| Piece::Picture(Box::new(picture))));
        if beat.ask {
            page.push(Piece::Predict(played.question.clone()));
        }
        pages.push(page);
    }
    let mut figures = vec![Piece::Text(Block::Heading(2, words("Figures")))];
    figures.extend(played.figures.iter().map(|(say, holds)| {
        let sign = if *holds { "holds:" } else { "DOES NOT HOLD:" };
        Piece::Text(Block::Item(0, sign.to_owned(), words(say)))
    }));
    pages.push(figures);
    pages
}

pub(crate) fn no_terminal(error: &std::io::Error) -> SparkError {
    SparkError::new(ErrorClass::SparkException, format!("the terminal cannot be used: {error}"))
        .with_help("--no-tui tells the run in plain text")
}

/// Starts a run whose end the handle tells; what the script prints is in the log.
fn start(plan: &Plan) -> RunHandle {
    let handle = RunHandle::new(EventLog::new(), Arc::new(AtomicBool::new(false)));
    let end = plan.start(&handle.log, handle.cancel.clone(), Box::new(|_| {}));
    let (told, script) = (handle.clone(), plan.script.clone());
    std::thread::spawn(move || {
        let end = match end.recv() {
            Ok(outcome) => {
                let error = outcome.failure.as_ref().map(|failure| super::launch::draw(&script, failure));
                RunEnd { exit: outcome.exit, error }
            }
            Err(_) => {
                RunEnd { exit: i32::from(super::EXIT_BUG), error: Some("the run ended without a word".to_owned()) }
            }
        };
        told.finish(end);
    });
    handle
}

/// Runs with further faults, each in a scratch folder of its own, so that a branch never touches what the learner wrote.
struct Branches {
    plan: Plan,
    started: RefCell<Vec<RunHandle>>,
}

impl Drop for Branches {
    /// Stops what still runs, waits a little for it, and removes the scratch folders.
    fn drop(&mut self) {
        let started = self.started.borrow();
        started.iter().for_each(RunHandle::stop);
        for _ in 0..100 {
            if started.iter().all(|run| run.end().is_some()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        tidy();
    }
}

impl Branches {
    fn new(plan: Plan) -> Self {
        Branches { plan, started: RefCell::default() }
    }

    fn start(&self, request: &BranchRequest) -> std::result::Result<RunHandle, String> {
        let mut plan = self.plan.clone();
        plan.root = scratch(&self.plan.root).map_err(|error| format!("no scratch folder could be made: {error}"))?;
        plan.allow.push(self.plan.root.clone());
        plan.faults = self.plan.faults.clone();
        for change in &request.changes {
            match change {
                Change::Strike(strike) => plan.faults.extend(faults_of(strike)),
                Change::WithoutRule(rule) => exclude(&mut plan.conf, rule),
            }
        }
        let handle = start(&plan);
        self.started.borrow_mut().push(handle.clone());
        Ok(handle)
    }
}

/// Adds a rule to those that the optimizer leaves out.
fn exclude(conf: &mut Vec<(String, String)>, rule: &str) {
    const EXCLUDED: &str = "spark.sql.optimizer.excludedRules";
    match conf.iter_mut().rev().find(|(key, _)| key == EXCLUDED) {
        Some((_, rules)) => *rules = format!("{rules},{rule}"),
        None => conf.push((EXCLUDED.to_owned(), rule.to_owned())),
    }
}

/// What a choice in the fault console means to the cluster.
fn faults_of(strike: &Strike) -> Vec<Fault> {
    let (node, times) = (strike.node, fault::TIMES);
    let what = match strike.kind {
        FaultKind::Kill => Breakage::KillNode(node),
        FaultKind::KillExecutor => Breakage::KillExecutor(node),
        FaultKind::OutOfMemory => Breakage::OutOfMemory(node),
        FaultKind::Silent => Breakage::SilentNode(node),
        FaultKind::Slow => Breakage::SlowNode { node, times },
        FaultKind::SlowDisk => Breakage::SlowDisk { node, times },
        FaultKind::SlowLink => Breakage::SlowLink { node, times },
        FaultKind::Cut | FaultKind::CutForAWhile => Breakage::Cut(vec![node]),
        FaultKind::Preempt => Breakage::Preempt { node, notice: VirtualDuration::from_secs(fault::NOTICE_SECS) },
        FaultKind::Decommission => Breakage::Decommission(node),
        FaultKind::FullDisk => Breakage::FullDisk(node),
    };
    let mut faults = vec![Fault::at(what, strike.at)];
    if strike.kind == FaultKind::CutForAWhile {
        let mended = strike.at + VirtualDuration::from_secs(fault::MENDED_AFTER_SECS);
        faults.push(Fault::at(Breakage::Mend(Some(node)), mended));
    }
    faults
}

/// A new folder; [`tidy`] removes it.
pub(crate) fn empty_scratch() -> std::io::Result<PathBuf> {
    let base = scratches();
    std::fs::create_dir_all(&base)?;
    let number = std::fs::read_dir(&base)?.count();
    let folder = base.join(number.to_string());
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Where the scratch folders of this process are.
fn scratches() -> PathBuf {
    std::env::temp_dir().join(format!("batchlab-branch-{}", std::process::id()))
}

/// A new folder that shows everything of `root` but its outputs.
pub(crate) fn scratch(root: &Path) -> std::io::Result<PathBuf> {
    let folder = empty_scratch()?;
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let output = ["out", "spark-warehouse", "checkpoints", "target"].iter().any(|hidden| name == *hidden);
        if !output {
            link(&entry.path(), &folder.join(name))?;
        }
    }
    Ok(folder)
}

#[cfg(unix)]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    if from.is_file() { std::fs::hard_link(from, to) } else { Ok(()) }
}

/// Removes the scratch folders of this process.
pub(crate) fn tidy() {
    // A folder that cannot be removed now is the temporary folder's to clean.
    let _ = std::fs::remove_dir_all(scratches());
}
