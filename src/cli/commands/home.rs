//! `batchlab` without a command: the home screen, or the main job told in plain text.

use crate::cli::cluster_args::ClusterArgs;
use crate::cli::commands::init;
use crate::cli::launch::{self, Passes, Teller};
use crate::cli::workshop::Folder;
use crate::cli::{desk, interrupt, output, stage};
use crate::cluster::Fault;
use crate::common::text::plural;
use crate::common::{ErrorClass, Result, SparkError};
use crate::event::log::EventLog;
use crate::report::{self, Depth, Format, Narrator};
use crate::session::{RunSpec, Script};
use crate::tui::home::{self, Home, HomeChoice, HomeEntry, Kind, Stand};
use crate::workshop::content::Content;
use crate::workshop::demo::{self, Demo};
use crate::workshop::exercises::{EXERCISES, Exercise, pipeline};
use crate::workshop::lesson::{self, Lesson};
use crate::workshop::markdown::{self, Block};
use crate::workshop::progress::Progress;
use crate::workshop::step::{self, Library, Step};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The exercise in which the main job loses a node.
const WITH_DEATH: &str = "03_files";

/// The demo to begin with.
const TOUR: &str = "D00";

/// Where a workshop folder is made from here.
const NEW_FOLDER: &str = "batchlab-workshop";

/// For each exercise a moment at which the node holds something that is still needed.
const DEATHS: [&str; 4] = ["node-2@0.03", "node-2@0.3", "node-2@0.65", "node-2@0.5"];

pub(crate) fn run(look: stage::ScreenArgs) -> u8 {
    let has_terminal = std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let result = if has_terminal { screen(look) } else { main_job() };
    launch::status(result)
}

/// The run of an exercise's pipeline, on the tables below a folder.
fn spec_of(exercise: &Exercise, root: &Path) -> Result<RunSpec> {
    let source = pipeline(exercise).ok_or_else(|| SparkError::internal("an exercise without its pipeline"))?;
    let file = format!("solutions/{}/pipeline.py", exercise.folder);
    let mut spec = launch::spec(Script { source: source.to_owned(), file }, Vec::new(), &ClusterArgs::workshop())?;
    spec.root = root.to_owned();
    // Small files are split finely, so that every node has something to do.
    spec.conf.push(("spark.sql.shuffle.partitions".to_owned(), "8".to_owned()));
    Ok(spec)
}

/// Runs all four pipelines, one with a node death, and tells everything.
fn main_job() -> Result<u8> {
    output::out(
        "batchlab: the four exercises on a simulated cluster of 4 nodes with 3 cores each.\n\
         Rows, partitions, shuffles and recomputation are real; machines and time are simulated.\n\
         Their tables are in ./datasets, made where they are missing; what they write is in ./out.\n",
    );
    let here = launch::working_folder()?;
    let interrupted = interrupt::flag();
    for (number, exercise) in EXERCISES.iter().enumerate() {
        let mut spec = spec_of(exercise, &here)?;
        output::out(&format!("\n== {}. {} ({})\n", number + 1, exercise.title, spec.script.file));
        if exercise.folder == WITH_DEATH {
            spec.faults.push(Fault::parse_kill(DEATHS[number])?);
        }
        let (log, started) = (EventLog::new(), Instant::now());
        let end = launch::start(&spec, &log, interrupted.clone(), Box::new(|_| {}));
        let mut teller = Teller::new(Narrator::new(Depth::Normal, Format::Text), output::out, Passes::Everything);
        let outcome = launch::follow(&log, &end, Some(&mut teller));
        if let Some(failure) = &outcome.failure {
            output::err(&launch::draw(&spec.script, failure));
            return Ok(u8::try_from(outcome.exit).unwrap_or(1));
        }
        output::out(&report::summary::of(teller.status()));
        output::out(&format!("Real time on this machine: {:.2} s.\n", started.elapsed().as_secs_f64()));
    }
    Ok(0)
}

/// A line of the map, and what opens it.
enum Place {
    /// The step to go on with.
    GoOn,
    /// An exercise, by its index.
    Exercise(usize),
    /// Steps without a pipeline.
    Case,
    /// A step, by the name of its files.
    Step(String),
    /// A lesson, by its index.
    Lesson(usize),
    /// A demo, by its index.
    Demo(usize),
}

fn screen(look: stage::ScreenArgs) -> Result<u8> {
    let content = crate::cli::classroom::content();
    let (lessons, demos) = (lesson::lessons(&content)?, demo::demos(&content)?);
    let mut notice: Option<String> = None;
    loop {
        let workshop = Workshop::here()?;
        let course = workshop.course()?;
        let mut map = vec![(Place::GoOn, workshop.entry(&course)?)];
        map.extend(course.lines(workshop.folder.is_some()));
        map.extend(lessons.iter().enumerate().map(|(index, lesson)| (Place::Lesson(index), lesson_entry(lesson))));
        map.extend(demos.iter().enumerate().map(|(index, demo)| (Place::Demo(index), demo_entry(&content, demo))));
        let (places, entries): (Vec<Place>, Vec<HomeEntry>) = map.into_iter().unzip();
        let home = Home::new(entries, course.passed_words(), course.go_on(), notice.take().as_deref());
        let choice = home::run(home, look.options()).map_err(|error| stage::no_terminal(&error))?;
        let left = match &choice {
            HomeChoice::Quit => return Ok(0),
            HomeChoice::Interrupted => return Ok(130),
            HomeChoice::Files(files) => open_files(files, look).map(|status| (status, None)),
            HomeChoice::Open(index) | HomeChoice::Kill(index) | HomeChoice::Run(index) => match &places[*index] {
                Place::GoOn => workshop.work(&course.next, look).map(|status| (status, None)),
                Place::Step(name) => workshop.work(name, look).map(|status| (status, None)),
                Place::Lesson(index) => stage::read(&lessons, *index, look).map(|status| (status, None)),
                Place::Demo(index) => present(&demos[*index], look).map(|status| (status, None)),
                Place::Exercise(index) if matches!(choice, HomeChoice::Run(_)) => return workshop.tell(*index),
                Place::Exercise(index) => workshop.watch(*index, matches!(choice, HomeChoice::Kill(_)), look),
                Place::Case => Ok((0, None)),
            },
        };
        match left {
            Ok((130, _)) => return Ok(130),
            Ok((_, told)) => notice = told,
            Err(error) => notice = Some(error.message().to_owned()),
        }
    }
}

/// What was typed: a script or a log in the theatre, two of them side by side.
fn open_files(files: &[String], look: stage::ScreenArgs) -> Result<u8> {
    match files {
        [a, b] => super::compare::show(a, b, look),
        [script] if Path::new(script).extension().is_some_and(|extension| extension == "py") => {
            let spec = launch::spec(launch::read(Path::new(script))?, Vec::new(), &ClusterArgs::workshop())?;
            stage::watch(&spec, &EventLog::new(), script, None, None, None, look)
        }
        [log] => {
            let log = Path::new(log);
            Ok(stage::replay(log, super::logs::open(log)?, stage::Start::default(), None, look))
        }
        _ => Err(SparkError::new(
            ErrorClass::IllegalArgumentException,
            "one file is opened, or two are compared".to_owned(),
        )),
    }
}

/// The learner's own work: in this folder, or in one that is made for it.
struct Workshop {
    root: PathBuf,
    folder: Option<Folder>,
}

/// The steps of the course and how they stand.
struct Course {
    /// Name of the files, id, title, task.
    steps: Vec<(String, Step)>,
    progress: Progress,
    /// The name of the step to go on with.
    next: String,
}

impl Workshop {
    /// The workshop folder that is the working folder, or the one that was made in it.
    fn here() -> Result<Workshop> {
        let is_workshop = |root: &Path| root.join("exercises").is_dir();
        let made = PathBuf::from(NEW_FOLDER);
        let root = if is_workshop(Path::new(".")) { PathBuf::from(".") } else { made };
        let folder = if is_workshop(&root) { Some(Folder::open(&root)?) } else { None };
        Ok(Workshop { root, folder })
    }

    /// The course of the folder, else the whole one.
    fn course(&self) -> Result<Course> {
        let library = self.folder.as_ref().map_or(Library { root: None }, Folder::library);
        let names = self.folder.as_ref().map_or_else(|| step::names(library), Folder::course);
        let progress = self.folder.as_ref().map(|folder| Progress::read(&folder.root)).transpose()?.unwrap_or_default();
        // The step to go on with: the first that is not passed, or the first of all.
        let open = self.folder.as_ref().and_then(|folder| folder.first_open(&progress));
        let next = open.or_else(|| names.first().cloned()).unwrap_or_default();
        let load = |name: String| Ok((name.clone(), step::load(library, &name)?));
        Ok(Course { steps: names.into_iter().map(load).collect::<Result<_>>()?, progress, next })
    }

    /// The first line of the map: where to go on.
    fn entry(&self, course: &Course) -> Result<HomeEntry> {
        let entry = HomeEntry {
            kind: Kind::GoOn,
            number: "W".to_owned(),
            title: String::new(),
            stand: Some(Stand::Here),
            passed: Some((course.passed(), course.steps.len())),
            about: Vec::new(),
            script: String::new(),
            source: String::new(),
            is_tour: false,
        };
        let Some(folder) = &self.folder else {
            let about = [
                "37 steps in four exercises and a case study: write PySpark in your own editor, save, read the verdict.",
                "",
                "Enter makes a workshop folder in ./batchlab-workshop (4 MB) and opens the first step. d shows a demo first: one job, from script to nodes.",
            ];
            return Ok(HomeEntry {
                title: "Begin the workshop".to_owned(),
                about: about.map(str::to_owned).to_vec(),
                script: "exercises/01_basics/s1_session.py".to_owned(),
                source: step::embedded_starter("01_basics/s1_session").unwrap_or_default().to_owned(),
                ..entry
            });
        };
        let next = folder.named(&course.next)?;
        let of_track = folder.track().map_or(String::new(), |track| format!(" of the track {}", track.name));
        let passed = format!("{} of {} steps{of_track} are passed.", course.passed(), course.steps.len());
        Ok(HomeEntry {
            title: format!("Go on: {} {}", next.step.id, next.step.title),
            about: vec![
                format!("{passed} Enter goes on with {}.", next.step.id),
                String::new(),
                next.step.task.trim().to_owned(),
            ],
            script: next.file,
            source: next.source,
            ..entry
        })
    }

    /// The folder; it is made first where there is none.
    fn made(&self) -> Result<Folder> {
        if let Some(folder) = &self.folder {
            return Ok(folder.clone());
        }
        init::lay_out(&self.root, &init::Wanted::default())?;
        Folder::open(&self.root)
    }

    /// Opens the workspace.
    fn work(&self, name: &str, look: stage::ScreenArgs) -> Result<u8> {
        desk::work(&self.made()?, name, true, look)
    }

    /// Shows the run of an exercise's pipeline, with a node that dies where that is wanted.
    fn watch(&self, index: usize, kill: bool, look: stage::ScreenArgs) -> Result<(u8, Option<String>)> {
        let Some(exercise) = EXERCISES.get(index) else { return Ok((0, None)) };
        let mut spec = spec_of(exercise, &self.made()?.root)?;
        if kill {
            spec.faults.push(Fault::parse_kill(DEATHS.get(index).copied().unwrap_or(DEATHS[0]))?);
        }
        let status = stage::watch(&spec, &EventLog::new(), exercise.title, None, None, None, look)?;
        let ended = (status != 0).then(|| format!("{} ended with exit status {status}", exercise.title));
        let is_new = self.folder.is_none();
        Ok((status, ended.or_else(|| is_new.then(|| format!("the workshop folder was made: ./{NEW_FOLDER}")))))
    }

    /// Tells the same run in plain text.
    fn tell(&self, index: usize) -> Result<u8> {
        let Some(exercise) = EXERCISES.get(index) else { return Ok(0) };
        let spec = spec_of(exercise, &self.made()?.root)?;
        let log = EventLog::new();
        let end = launch::start(&spec, &log, interrupt::flag(), Box::new(|_| {}));
        let mut teller = Teller::new(Narrator::new(Depth::Normal, Format::Text), output::out, Passes::Everything);
        let outcome = launch::follow(&log, &end, Some(&mut teller));
        if let Some(failure) = &outcome.failure {
            output::err(&launch::draw(&spec.script, failure));
        }
        output::out(&report::summary::of(teller.status()));
        Ok(u8::try_from(outcome.exit).unwrap_or(1))
    }
}

impl Course {
    fn is_passed(&self, step: &Step) -> bool {
        self.progress.is_passed(&step.id)
    }

    fn passed(&self) -> usize {
        self.steps.iter().filter(|(_, step)| self.is_passed(step)).count()
    }

    fn passed_words(&self) -> String {
        format!("{} of {} steps passed", self.passed(), self.steps.len())
    }

    fn stand(&self, name: &str, step: &Step) -> Stand {
        match self.is_passed(step) {
            true => Stand::Done,
            false if name == self.next => Stand::Here,
            false => Stand::Open,
        }
    }

    /// Where it goes on, and what was done there.
    fn go_on(&self) -> Vec<String> {
        let Some((_, step)) = self.steps.iter().find(|(name, _)| *name == self.next) else { return Vec::new() };
        let mut lines = vec![format!("{} {}   ~{} min", step.id, step.title, step.minutes)];
        lines.push(match self.progress.steps.get(&step.id) {
            Some(entry) => {
                let hints = plural(u64::from(entry.hints), "hint");
                format!("  checked {}, {hints} read", plural(u64::from(entry.attempts), "time"))
            }
            None => "  not tried yet".to_owned(),
        });
        lines
    }

    /// The exercises, each with its steps; in a folder or where one must be made first.
    fn lines(&self, has_folder: bool) -> Vec<(Place, HomeEntry)> {
        let mut lines = Vec::new();
        let mut folders: Vec<&str> = self.steps.iter().filter_map(|(name, _)| Some(name.split_once('/')?.0)).collect();
        folders.extend(EXERCISES.iter().map(|exercise| exercise.folder));
        folders.sort_unstable();
        folders.dedup();
        for folder in folders {
            let own: Vec<&(String, Step)> = self.steps.iter().filter(|(name, _)| within(name, folder)).collect();
            let passed = own.iter().filter(|(_, step)| self.is_passed(step)).count();
            let stand = match (passed == own.len(), own.iter().any(|(name, _)| *name == self.next)) {
                (true, _) => Stand::Done,
                (false, true) => Stand::Here,
                (false, false) => Stand::Open,
            };
            let exercise = EXERCISES.iter().position(|exercise| exercise.folder == folder);
            let (place, entry) = match exercise {
                Some(index) => (Place::Exercise(index), entry((index, &EXERCISES[index]), has_folder)),
                None => (Place::Case, case_entry(folder, own.first().map(|(_, step)| step))),
            };
            let counted = (!own.is_empty()).then_some((passed, own.len()));
            lines.push((place, HomeEntry { stand: counted.map(|_| stand), passed: counted, ..entry }));
            lines.extend(own.into_iter().map(|(name, step)| {
                (Place::Step(name.clone()), HomeEntry { stand: Some(self.stand(name, step)), ..step_entry(name, step) })
            }));
        }
        lines
    }
}

/// Whether a step lies in a folder.
fn within(name: &str, folder: &str) -> bool {
    name.split_once('/').is_some_and(|(known, _)| known == folder)
}

fn step_entry(name: &str, step: &Step) -> HomeEntry {
    HomeEntry {
        kind: Kind::Step,
        number: step.id.clone(),
        title: step.title.clone(),
        stand: None,
        passed: None,
        about: vec![format!("About {} minutes.", step.minutes), String::new(), step.task.trim().to_owned()],
        script: format!("exercises/{name}.py"),
        source: step.starter.clone(),
        is_tour: false,
    }
}

/// Steps that have no pipeline of their own.
fn case_entry(folder: &str, first: Option<&Step>) -> HomeEntry {
    let number = first.and_then(|step| step.id.strip_prefix('E')?.split('.').next().map(str::to_owned));
    HomeEntry {
        kind: Kind::Case,
        number: number.unwrap_or_else(|| folder.to_owned()),
        title: "A case study".to_owned(),
        stand: None,
        passed: None,
        about: vec!["What the exercises taught, on a case of its own. Enter unfolds its steps.".to_owned()],
        script: String::new(),
        source: String::new(),
        is_tour: false,
    }
}

fn entry((number, exercise): (usize, &Exercise), has_folder: bool) -> HomeEntry {
    let (node, at) = DEATHS[number].split_once('@').unwrap_or((DEATHS[number], "0"));
    HomeEntry {
        kind: Kind::Exercise,
        stand: None,
        passed: None,
        number: (number + 1).to_string(),
        title: exercise.title.to_owned(),
        about: vec![
            exercise.about.to_owned(),
            String::new(),
            "It runs on a simulated cluster: 4 nodes with 3 cores each.".to_owned(),
            format!("With K, {node} dies at {at} s, while others still need what it holds."),
            if has_folder {
                "Its tables are in datasets, what it writes in out.".to_owned()
            } else {
                format!(
                    "Enter makes a workshop folder in ./{NEW_FOLDER} (4 MB): its tables and what it writes lie there."
                )
            },
        ],
        script: format!("solutions/{}/pipeline.py", exercise.folder),
        source: pipeline(exercise).unwrap_or_default().to_owned(),
        is_tour: false,
    }
}

fn lesson_entry(lesson: &Lesson) -> HomeEntry {
    HomeEntry {
        kind: Kind::Lesson,
        stand: None,
        passed: None,
        number: lesson.head.id.clone(),
        title: lesson.head.title.clone(),
        about: vec![
            lesson.head.opening.clone(),
            String::new(),
            format!(
                "A lesson of {} minutes. Enter reads it; its pictures come from runs made then.",
                lesson.head.minutes
            ),
        ],
        script: lesson.path.clone(),
        source: preview(&lesson.body),
        is_tour: false,
    }
}

fn demo_entry(content: &Content, demo: &Demo) -> HomeEntry {
    HomeEntry {
        kind: Kind::Demo,
        stand: None,
        passed: None,
        number: demo.id.clone(),
        title: demo.title.clone(),
        about: vec![
            demo.about.clone(),
            String::new(),
            format!(
                "A demo of {} minutes in {} beats. Enter plays it; its runs are made then.",
                demo.minutes,
                demo.beat.len()
            ),
        ],
        script: demo.scene.first().map_or_else(String::new, |scene| scene.script.clone()),
        source: demo.scene.first().and_then(|scene| content.text(&scene.script).ok()).unwrap_or_default().into_owned(),
        is_tour: demo.id == TOUR,
    }
}

fn present(demo: &Demo, look: stage::ScreenArgs) -> Result<u8> {
    stage::demo(demo, &demo.play(&crate::cli::classroom::studio())?, look)
}

/// The headings of a text and the words below them.
fn preview(body: &str) -> String {
    let line = |block: &Block| match block {
        Block::Heading(_, spans) => Some(format!("{}\n", markdown::plain(spans))),
        Block::Paragraph(spans) | Block::Item(_, _, spans) => Some(format!("  {}\n", markdown::plain(spans))),
        _ => None,
    };
    let lines = markdown::blocks(body).iter().filter_map(line).collect::<Vec<_>>();
    lines.into_iter().filter(|line| !line.contains("{{")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Status;
    use crate::status::recompute::fates;

    #[test]
    fn every_exercise_loses_something_that_is_needed() {
        for (exercise, death) in EXERCISES.iter().zip(DEATHS) {
            let folder = tempfile::tempdir().expect("a folder");
            let mut spec = spec_of(exercise, folder.path()).expect("a run");
            spec.faults.push(Fault::parse_kill(death).expect("a fault"));
            let log = EventLog::new();
            let end = launch::start(&spec, &log, std::sync::Arc::default(), Box::new(|_| {}));
            assert_eq!(launch::follow(&log, &end, None).exit, 0, "{}", exercise.folder);
            let fates = fates(&Status::of(&log.snapshot()));
            assert!(fates.iter().any(|fate| !fate.outputs_again.is_empty()), "{}: {fates:?}", exercise.folder);
        }
    }
}
