//! `batchlab` without a command: the home screen, or the main job told in plain text.

use crate::cli::cluster_args::ClusterArgs;
use crate::cli::commands::init;
use crate::cli::launch::{self, Passes, Plan, Script, Teller};
use crate::cli::workshop::{Folder, id_of};
use crate::cli::{desk, interrupt, output, stage};
use crate::cluster::Fault;
use crate::common::{Result, SparkError};
use crate::event::log::EventLog;
use crate::report::{self, Depth, Format, Narrator};
use crate::tui::home::{self, HomeChoice, HomeEntry};
use crate::workshop::content::Content;
use crate::workshop::demo::{self, Demo};
use crate::workshop::exercises::{EXERCISES, Exercise, pipeline};
use crate::workshop::lesson::{self, Lesson};
use crate::workshop::markdown::{self, Block};
use crate::workshop::progress::Progress;
use crate::workshop::step;
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

fn plan_of(exercise: &Exercise) -> Result<Plan> {
    let source = pipeline(exercise).ok_or_else(|| SparkError::internal("an exercise without its pipeline"))?;
    let file = format!("solutions/{}/pipeline.py", exercise.folder);
    let mut plan = Plan::new(Script { source: source.to_owned(), file }, Vec::new(), &ClusterArgs::workshop())?;
    // Small files are split finely, so that every node has something to do.
    plan.conf.push(("spark.sql.shuffle.partitions".to_owned(), "8".to_owned()));
    Ok(plan)
}

/// Runs all four pipelines, one with a node death, and tells everything.
fn main_job() -> Result<u8> {
    output::out(
        "batchlab: the four exercises on a simulated cluster of 4 nodes with 3 cores each.\n\
         Rows, partitions, shuffles and recomputation are real; machines and time are simulated.\n",
    );
    let interrupted = interrupt::flag();
    for (number, exercise) in EXERCISES.iter().enumerate() {
        let mut plan = plan_of(exercise)?;
        output::out(&format!("\n== {}. {} ({})\n", number + 1, exercise.title, plan.script.file));
        if exercise.folder == WITH_DEATH {
            plan.faults.push(Fault::parse_kill(DEATHS[number])?);
        }
        let (log, started) = (EventLog::new(), Instant::now());
        let end = plan.start(&log, interrupted.clone(), Box::new(|_| {}));
        let mut teller = Teller::new(Narrator::new(Depth::Normal, Format::Text), output::out, Passes::Everything);
        let outcome = launch::follow(&log, &end, Some(&mut teller));
        if let Some(failure) = &outcome.failure {
            output::err(&launch::draw(&plan.script, failure));
            return Ok(u8::try_from(outcome.exit).unwrap_or(1));
        }
        output::out(&report::summary::of(teller.status()));
        output::out(&format!("Real time on this machine: {:.2} s.\n", started.elapsed().as_secs_f64()));
    }
    Ok(0)
}

fn screen(look: stage::ScreenArgs) -> Result<u8> {
    let content = crate::cli::classroom::content();
    let (lessons, demos) = (lesson::lessons(&content)?, demo::demos(&content)?);
    let mut notice: Option<String> = None;
    loop {
        let workshop = Workshop::here()?;
        let entries: Vec<HomeEntry> = std::iter::once(workshop.entry()?)
            .chain(EXERCISES.iter().enumerate().map(entry))
            .chain(lessons.iter().map(lesson_entry))
            .chain(demos.iter().map(|demo| demo_entry(&content, demo)))
            .collect();
        let choice = home::run(&entries, notice.take().as_deref(), look.options())
            .map_err(|error| stage::no_terminal(&error))?;
        match choice {
            HomeChoice::Quit => return Ok(0),
            HomeChoice::Interrupted => return Ok(130),
            HomeChoice::Watch(index) | HomeChoice::Kill(index) | HomeChoice::Run(index) => {
                let left = match index.checked_sub(1) {
                    None => workshop.work(look).map(|status| (status, None)),
                    Some(index) if index >= EXERCISES.len() + lessons.len() => {
                        present(&demos[index - EXERCISES.len() - lessons.len()], look).map(|status| (status, None))
                    }
                    Some(index) if index >= EXERCISES.len() => {
                        stage::read(&lessons, index - EXERCISES.len(), look).map(|status| (status, None))
                    }
                    Some(index) if matches!(choice, HomeChoice::Run(_)) => return tell(index),
                    Some(index) => watch(index, matches!(choice, HomeChoice::Kill(_)), look),
                };
                match left {
                    Ok((130, _)) => return Ok(130),
                    Ok((_, told)) => notice = told,
                    Err(error) => notice = Some(error.message().to_owned()),
                }
            }
            HomeChoice::OpenLog(path) => match super::logs::open(std::path::Path::new(&path)) {
                Ok(events) => {
                    if stage::replay(events, &path, stage::Start::default(), look) == 130 {
                        return Ok(130);
                    }
                }
                Err(error) => notice = Some(error.message().to_owned()),
            },
        }
    }
}

/// The learner's own work: in this folder, or in one that is made for it.
struct Workshop {
    root: PathBuf,
    folder: Option<Folder>,
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

    /// The first line of the home screen: where to go on.
    fn entry(&self) -> Result<HomeEntry> {
        let Some(folder) = &self.folder else {
            let about = [
                "37 steps in four exercises and a case study: write PySpark in your own editor, save, read the verdict.",
                "",
                "Enter makes a workshop folder in ./batchlab-workshop (4 MB) and opens the first step. d shows a demo first: one job, from script to nodes.",
            ];
            return Ok(HomeEntry {
                number: "W".to_owned(),
                title: "Workshop: begin".to_owned(),
                about: about.map(str::to_owned).to_vec(),
                script: "exercises/01_basics/s1_session.py".to_owned(),
                source: step::embedded_starter("01_basics/s1_session").unwrap_or_default().to_owned(),
                is_tour: false,
            });
        };
        let progress = Progress::read(&folder.root)?;
        let steps = folder.course();
        let passed = steps.iter().filter_map(|name| id_of(name)).filter(|id| progress.is_passed(id)).count();
        let next = folder.named(&self.next(folder)?)?;
        let of_track = folder.track().map_or(String::new(), |track| format!(" of the track {}", track.name));
        Ok(HomeEntry {
            number: "W".to_owned(),
            title: format!("Workshop: {} {}", next.step.id, next.step.title),
            about: vec![
                format!(
                    "{passed} of {} steps{} are passed. Enter goes on with {}.",
                    steps.len(),
                    of_track,
                    next.step.id
                ),
                String::new(),
                next.step.task.trim().to_owned(),
            ],
            script: next.file,
            source: next.source,
            is_tour: false,
        })
    }

    /// The step to go on with: the first that is not passed, or the first of all.
    fn next(&self, folder: &Folder) -> Result<String> {
        Ok(folder.next_step()?.or_else(|| folder.course().into_iter().next()).unwrap_or_default())
    }

    /// Opens the workspace; makes the folder first where there is none.
    fn work(&self, look: stage::ScreenArgs) -> Result<u8> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => {
                init::lay_out(&self.root, &init::Wanted::default())?;
                Folder::open(&self.root)?
            }
        };
        desk::work(&folder, &self.next(&folder)?, true, look)
    }
}

fn entry((number, exercise): (usize, &Exercise)) -> HomeEntry {
    let (node, at) = DEATHS[number].split_once('@').unwrap_or((DEATHS[number], "0"));
    HomeEntry {
        number: (number + 1).to_string(),
        title: exercise.title.to_owned(),
        about: vec![
            exercise.about.to_owned(),
            String::new(),
            "It runs on a simulated cluster: 4 nodes with 3 cores each.".to_owned(),
            format!("With K, {node} dies at {at} s, while others still need what it holds."),
        ],
        script: format!("solutions/{}/pipeline.py", exercise.folder),
        source: pipeline(exercise).unwrap_or_default().to_owned(),
        is_tour: false,
    }
}

fn lesson_entry(lesson: &Lesson) -> HomeEntry {
    HomeEntry {
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

fn watch(index: usize, kill: bool, look: stage::ScreenArgs) -> Result<(u8, Option<String>)> {
    let Some(exercise) = EXERCISES.get(index) else { return Ok((0, None)) };
    let mut plan = plan_of(exercise)?;
    if kill {
        plan.faults.push(Fault::parse_kill(DEATHS.get(index).copied().unwrap_or(DEATHS[0]))?);
    }
    let status = stage::watch(&plan, &EventLog::new(), exercise.title, None, None, look)?;
    let notice = (status != 0).then(|| format!("{} ended with exit status {status}", exercise.title));
    Ok((status, notice))
}

fn tell(index: usize) -> Result<u8> {
    let Some(exercise) = EXERCISES.get(index) else { return Ok(0) };
    let plan = plan_of(exercise)?;
    let log = EventLog::new();
    let end = plan.start(&log, interrupt::flag(), Box::new(|_| {}));
    let mut teller = Teller::new(Narrator::new(Depth::Normal, Format::Text), output::out, Passes::Everything);
    let outcome = launch::follow(&log, &end, Some(&mut teller));
    if let Some(failure) = &outcome.failure {
        output::err(&launch::draw(&plan.script, failure));
    }
    output::out(&report::summary::of(teller.status()));
    Ok(u8::try_from(outcome.exit).unwrap_or(1))
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
            let mut plan = plan_of(exercise).expect("a plan");
            plan.root = folder.path().to_owned();
            plan.faults.push(Fault::parse_kill(death).expect("a fault"));
            let log = EventLog::new();
            let end = plan.start(&log, std::sync::Arc::default(), Box::new(|_| {}));
            assert_eq!(launch::follow(&log, &end, None).exit, 0, "{}", exercise.folder);
            let fates = fates(&Status::of(&log.snapshot()));
            assert!(fates.iter().any(|fate| !fate.outputs_again.is_empty()), "{}: {fates:?}", exercise.folder);
        }
    }
}
