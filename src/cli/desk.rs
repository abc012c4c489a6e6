//! The desk of the exercise workspace: watches a script, checks it on a thread of its own, keeps what a learner wrote, starts the editor.

use super::classroom;
use super::commands::solution;
use super::launch;
use super::saves::{self, Saves, Stamp};
use super::stage::{self, ScreenArgs};
use super::workshop::{Chosen, Folder, id_of};
use crate::cluster::ClusterConfig;
use crate::common::{ErrorClass, Result, SparkError};
use crate::session::{RunSpec, Script};
use crate::tui::Bell;
use crate::tui::theatre::Beside;
use crate::tui::workspace::model::{MapLine, Workspace};
use crate::tui::workspace::{self, Desk, Left, News};
use crate::workshop::check::{NOW_MICROS, STEPS_MAX, Which, check_telling};
use crate::workshop::lesson;
use crate::workshop::progress::{self, Progress};
use crate::workshop::step::{self, Step};
use crate::workshop::verdict::{VariantVerdict, Verdict};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Shows the workspace from a step on, the run in a pane of its own where that is wanted, until the person leaves it; gives the exit status.
pub(crate) fn work(folder: &Folder, first: &str, shows_run: bool, screen: ScreenArgs) -> Result<u8> {
    let mut names = folder.course();
    if !names.iter().any(|name| name == first) {
        // Whoever goes beyond the track goes through everything.
        names = step::names(folder.library());
    }
    let mut index = names.iter().position(|name| name == first).unwrap_or(0);
    loop {
        let mut desk = StepDesk::open(folder, &names[index])?;
        let mut workspace = desk.workspace(&names)?;
        workspace.shows_run = shows_run;
        match at_desk(&mut workspace, &mut desk, screen)? {
            Left::Step(other) => index = other,
            Left::Interrupted => return Ok(130),
            _ => return Ok(0),
        }
    }
}

/// One step, until it is left for good.
fn at_desk(workspace: &mut Workspace, desk: &mut StepDesk, screen: ScreenArgs) -> Result<Left> {
    loop {
        let left = workspace::run(workspace, desk, screen.options()).map_err(|error| stage::no_terminal(&error))?;
        let told = match left {
            Left::Theatre(from) => desk.theatre(workspace, from, screen),
            Left::Edit => desk.edit().map(|()| 0),
            Left::Lesson => read_lesson(&workspace.step, screen),
            Left::Back | Left::Interrupted | Left::Step(_) => return Ok(left),
        };
        match told {
            Ok(130) => return Ok(Left::Interrupted),
            Ok(_) => {}
            Err(error) => workspace.notice = Some(error.message().to_owned()),
        }
    }
}

/// Opens the lesson that goes with a step.
fn read_lesson(step: &Step, screen: ScreenArgs) -> Result<u8> {
    let lessons = lesson::lessons(&classroom::content())?;
    // Where no lesson names the step, one that names a step of the same exercise.
    let exercise = step.id.split_inclusive('.').next().unwrap_or_default();
    let goes_with = |wanted: &dyn Fn(&str) -> bool| {
        lessons.iter().position(|lesson| lesson.head.goes_with.iter().any(|other| wanted(other)))
    };
    let found = goes_with(&|other| other == step.id).or_else(|| goes_with(&|other| other.starts_with(exercise)));
    stage::read(&lessons, found.unwrap_or(0), screen)
}

/// What the checking thread says.
enum Said {
    Variant(VariantVerdict),
    Done(Result<Verdict>),
}

/// A check that goes on.
struct Running {
    said: Receiver<Said>,
    cancel: Arc<AtomicBool>,
    began: Instant,
}

/// The script of a step that the screen does not show.
struct Other {
    name: String,
    path: PathBuf,
    seen: Option<Stamp>,
}

/// For so long a script may be away: some editors take the old file away before they put the new one there.
const AWAY: Duration = Duration::from_secs(1);

/// One step and its script.
struct StepDesk {
    folder: Folder,
    chosen: Chosen,
    path: PathBuf,
    seen: Option<Stamp>,
    /// Since when the script is not there, and whether that was said.
    gone: Option<(Instant, bool)>,
    /// The scripts of the other steps.
    others: Vec<Other>,
    checks: u32,
    running: Option<Running>,
    is_wanted: bool,
    bell: Bell,
    _saves: Saves,
}

impl Drop for StepDesk {
    fn drop(&mut self) {
        self.stop();
    }
}

impl StepDesk {
    fn open(folder: &Folder, name: &str) -> Result<StepDesk> {
        let chosen = folder.named(name)?;
        let path = folder.script(name);
        let seen = saves::stamp(&path);
        let bell = saves::bell()?;
        let rings = bell.clone();
        let saves = Saves::watch(std::slice::from_ref(&path), move || rings.ring());
        let other = |name: String| {
            let path = folder.script(&name);
            Other { seen: saves::stamp(&path), name, path }
        };
        let others = step::names(folder.library()).into_iter().filter(|other| other != name).map(other).collect();
        let folder = folder.clone();
        Ok(StepDesk {
            folder,
            chosen,
            path,
            seen,
            gone: None,
            others,
            checks: 0,
            running: None,
            is_wanted: true,
            bell,
            _saves: saves,
        })
    }

    /// The screen for it.
    fn workspace(&self, names: &[String]) -> Result<Workspace> {
        let progress = Progress::read(&self.folder.root)?;
        let mut map = Vec::new();
        for name in names {
            let step = step::load(self.folder.library(), name)?;
            map.push(MapLine { passed: progress.is_passed(&step.id), id: step.id, title: step.title });
        }
        let step = self.chosen.step.clone();
        let hints = progress.steps.get(&step.id).map_or(0, |entry| entry.hints as usize);
        let mut workspace = Workspace::new(step, map, hints);
        workspace.file = self.shown_path();
        Ok(workspace)
    }

    /// Where the script is, as one would type it here.
    fn shown_path(&self) -> String {
        let here = std::env::current_dir().and_then(|here| here.canonicalize()).ok();
        let below = here.and_then(|here| self.path.strip_prefix(here).ok());
        below.unwrap_or(&self.path).display().to_string()
    }

    fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.cancel.store(true, Ordering::Relaxed);
        }
    }

    /// Whether the file has another text than the one that was checked last.
    fn is_saved(&mut self) -> bool {
        let now = saves::stamp(&self.path);
        let is_new = now.is_some() && now != self.seen;
        if is_new {
            self.seen = now;
        }
        is_new
    }

    /// What is to be said of a script that is no longer there; once.
    fn gone(&mut self) -> Option<String> {
        if self.path.exists() {
            self.gone = None;
            return None;
        }
        let (since, is_said) = self.gone.get_or_insert_with(|| (Instant::now(), false));
        if *is_said || since.elapsed() < AWAY {
            return None;
        }
        *is_said = true;
        let (path, id) = (self.shown_path(), &self.chosen.step.id);
        Some(format!("{path} is gone: save it again, or `batchlab reset {id}` brings the starter."))
    }

    /// What is to be said when the script of another step was saved: nothing here answers that save.
    fn saved_elsewhere(&mut self) -> Option<String> {
        let mut saved = None;
        for other in &mut self.others {
            let now = saves::stamp(&other.path);
            if now.is_some() && now != other.seen {
                other.seen = now;
                saved = id_of(&other.name);
            }
        }
        let (saved, own) = (saved?, &self.chosen.step.id);
        Some(format!("{saved} was saved, and this is {own}: g chooses a step."))
    }

    /// Reads the script and checks it on a thread of its own; an older check is given up.
    fn begin(&mut self) -> Result<()> {
        self.stop();
        self.chosen = self.folder.named(&self.chosen.step.name)?;
        let cancel = Arc::new(AtomicBool::new(false));
        let (sender, said) = channel();
        let (folder, chosen, flag, bell) =
            (self.folder.clone(), self.chosen.clone(), cancel.clone(), self.bell.clone());
        let spawned = std::thread::Builder::new().name("check".to_owned()).spawn(move || {
            judge(&folder, &chosen, &flag, &|said| {
                // Nobody listens when the step was left.
                let _ = sender.send(said);
                bell.ring();
            });
        });
        spawned.map_err(|error| SparkError::internal(format!("no thread could be started: {error}")))?;
        self.running = Some(Running { said, cancel, began: Instant::now() });
        self.checks += 1;
        Ok(())
    }

    /// Takes in what the checking thread has said.
    fn hear(&mut self, news: &mut Vec<News>) {
        let Some(running) = &self.running else { return };
        let millis = u64::try_from(running.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let said: Vec<Said> = running.said.try_iter().collect();
        for one in said {
            match one {
                Said::Variant(variant) => news.push(News::Variant(Box::new(variant), millis)),
                Said::Done(Ok(verdict)) => {
                    self.running = None;
                    if let Err(error) = self.remember(&verdict) {
                        news.push(News::Refused(error.message().to_owned()));
                    }
                    news.push(News::Done(Box::new(verdict), millis));
                }
                Said::Done(Err(error)) => {
                    self.running = None;
                    news.push(News::Refused(error.message().to_owned()));
                }
            }
        }
    }

    /// Notes a verdict; opening a step that nobody has worked on is no attempt.
    fn remember(&self, verdict: &Verdict) -> Result<()> {
        let Chosen { step, source, .. } = &self.chosen;
        if *source == step.starter {
            return Ok(());
        }
        self.folder.remember(step, source, verdict, true)
    }

    /// The run of the shown variant. One on the visible data can be broken further: its data are still there.
    /// Saves are checked meanwhile, and what comes of it is told there.
    fn theatre(&mut self, workspace: &mut Workspace, from: usize, screen: ScreenArgs) -> Result<u8> {
        let Some(shown) = workspace.shown() else { return Ok(0) };
        let is_visible = workspace.variants.first().is_some_and(|first| std::ptr::eq(first, shown));
        let spec = if is_visible { Some(self.spec(&shown.cluster)?) } else { None };
        let title = format!("{} on {}", workspace.file, shown.data());
        let (events, moments, bell) = (shown.events.clone(), shown.moments(), self.bell.clone());
        let look = || self.look().into_iter().filter_map(|news| workspace.hear_elsewhere(news)).last();
        let beside = Beside { look: Box::new(look), bell };
        Ok(stage::review(spec, events, &title, (from, moments), Some(beside), screen))
    }

    /// The run of a check, so that it can be run again with faults.
    fn spec(&self, cluster: &str) -> Result<RunSpec> {
        let script = Script { source: self.chosen.source.clone(), file: self.chosen.file.clone() };
        let run = RunSpec::new(script, &self.folder.root, ClusterConfig::parse(cluster)?);
        Ok(RunSpec { now_micros: NOW_MICROS, steps_max: STEPS_MAX, threads: launch::threads(), ..run })
    }

    /// Starts the person's editor and waits for it.
    fn edit(&self) -> Result<()> {
        let editor =
            ["VISUAL", "EDITOR"].into_iter().find_map(|name| std::env::var(name).ok().filter(|set| !set.is_empty()));
        let Some(editor) = editor else {
            let message = format!("$EDITOR is not set: open {} in any editor", self.shown_path());
            return Err(SparkError::new(ErrorClass::IllegalArgumentException, message));
        };
        if !self.path.exists() {
            progress::write_file(&self.path, &self.chosen.step.starter)?;
        }
        let mut words = editor.split_whitespace();
        let program = words.next().unwrap_or_default();
        let status = std::process::Command::new(program).args(words).arg(&self.path).status();
        status.map(|_| ()).map_err(|error| {
            SparkError::new(ErrorClass::IllegalArgumentException, format!("{editor} cannot be started: {error}"))
        })
    }
}

impl Desk for StepDesk {
    fn look(&mut self) -> Vec<News> {
        let mut news = Vec::new();
        if self.is_saved() || std::mem::take(&mut self.is_wanted) {
            match self.begin() {
                Ok(()) => news.push(News::Began(self.checks)),
                Err(error) => news.push(News::Refused(error.message().to_owned())),
            }
        }
        self.hear(&mut news);
        let told = [self.gone(), self.saved_elsewhere()];
        news.extend(told.into_iter().flatten().map(News::Told));
        news
    }

    fn bell(&self) -> (Bell, Duration) {
        (self.bell.clone(), saves::LOOK)
    }

    fn check(&mut self) {
        self.is_wanted = true;
    }

    fn hint_read(&mut self, number: usize) -> std::result::Result<(), String> {
        self.folder.note_hint(&self.chosen.step.id, number).map_err(|error| told(&error))
    }

    fn reset(&mut self) -> std::result::Result<String, String> {
        let kept = self.folder.put_starter_back(&self.chosen.step).map_err(|error| told(&error))?;
        Ok(kept
            .map_or_else(|| "It was the starter already.".to_owned(), |place| format!("Your text is kept in {place}")))
    }

    fn solution(&mut self) -> std::result::Result<String, String> {
        solution::reveal(&self.folder, &self.chosen).map_err(|error| told(&error))
    }
}

fn told(error: &SparkError) -> String {
    error.message().to_owned()
}

/// Checks a script and says each verdict; a check that was given up says nothing more.
fn judge(folder: &Folder, chosen: &Chosen, cancelled: &Arc<AtomicBool>, say: &dyn Fn(Said)) {
    let request = folder.request(chosen, Which::All, cancelled);
    let verdict = check_telling(&request, &mut |variant| say(Said::Variant(variant.clone())));
    if !cancelled.load(Ordering::Relaxed) {
        say(Said::Done(verdict));
    }
}
