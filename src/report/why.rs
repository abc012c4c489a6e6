//! The answer to "why does this run again, and why not that?" in sentences.

use super::words;
use crate::common::ids::{NodeId, StageId};
use crate::common::text::plural;
use crate::event::{Locality, TaskCause};
use crate::status::Status;
use crate::status::need::Need;
use crate::status::waits::{self, Idle, Wait};
use crate::status::why::{Answer, Finding, Loss, Step, Subject, ask};
use std::fmt;

/// A title and its lines, the first question first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub title: String,
    pub lines: Vec<Line>,
}

/// One line of an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// How many steps back along the lineage.
    pub indent: usize,
    pub mark: Mark,
    pub text: String,
}

/// What a line's sign says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    None,
    Lost,
    Again,
    /// From here on nothing is lost.
    Wall,
    /// Nobody needs it any more.
    Skip,
    /// It is under way.
    Now,
    /// It comes later.
    Later,
}

impl fmt::Display for Explanation {
    /// The title, and below it the lines.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title)?;
        self.lines.iter().try_for_each(|line| writeln!(f, "  {}{}", "  ".repeat(line.indent), line.text))
    }
}

/// All that the log says of a thing: why it runs again or not, and of a task also why here, and what it waits for.
#[must_use]
pub fn told(status: &Status, subject: Subject) -> String {
    let mut text = explain(status, &ask(status, subject)).to_string();
    if let Subject::Task(stage, partition) = subject {
        for line in waiting(status, stage, partition) {
            text.push_str(&format!("  {line}\n"));
        }
    }
    text
}

/// Puts an answer into words.
#[must_use]
pub fn explain(status: &Status, answer: &Answer) -> Explanation {
    let name = subject_name(status, answer.subject);
    let mut lines = Vec::new();
    let mut indent = 0;
    let push = |lines: &mut Vec<Line>, indent: usize, mark: Mark, text: String| lines.push(Line { indent, mark, text });
    for step in &answer.steps {
        let (mark, text) = step_words(status, step);
        push(&mut lines, indent, mark, text);
        if matches!(step, Step::OneStepBack { .. }) {
            indent += 1;
        }
        if matches!(step, Step::InputFromStorage { .. }) {
            indent = 0;
        }
    }
    let (mark, verdict) = verdict(status, &name, &answer.finding);
    push(&mut lines, 0, mark, verdict);
    lines.sort_by_key(|line| line.text.starts_with("Not redone"));
    let mut title = title(&name, &answer.finding);
    if let (Finding::NodeAlive, Subject::Node(node)) = (&answer.finding, answer.subject) {
        let cores = cores(status, node);
        if cores.iter().all(|line| line.mark == Mark::None) {
            title = format!("Why is {name} idle?");
        }
        lines.extend(cores);
    }
    Explanation { title, lines }
}

/// What each core of a living machine runs, and why the others do nothing: those with the same reason in one line.
fn cores(status: &Status, node: NodeId) -> Vec<Line> {
    let count = status.nodes.get(&node).map_or(0, |machine| machine.running.len() as u32);
    let mut lines = Vec::new();
    let mut idle: Vec<(Vec<String>, String)> = Vec::new();
    for core in 0..count {
        let name = format!("c{core}");
        let found = waits::idle(status, node, core);
        if let Idle::Busy(task) = found {
            let text = format!("{name} runs {}.", status.attempt_name(task));
            lines.push(Line { indent: 0, mark: Mark::Now, text });
            continue;
        }
        let why = idle_because(&found);
        match idle.iter_mut().find(|(_, known)| *known == why) {
            Some((names, _)) => names.push(name),
            None => idle.push((vec![name], why)),
        }
    }
    lines.extend(idle.into_iter().map(|(names, why)| {
        let are = if names.len() == 1 { "is" } else { "are" };
        let text = format!("{} {are} idle: {why}.", words::short_list(&names));
        Line { indent: 0, mark: Mark::None, text }
    }));
    lines
}

fn subject_name(status: &Status, subject: Subject) -> String {
    match subject {
        Subject::Task(stage, partition) => status.task_name(stage, partition),
        Subject::CachedBlock(cache, partition) => format!("{cache}, partition {partition}"),
        Subject::Node(node) => node.to_string(),
        Subject::Stage(stage) => words::stage(status, stage),
    }
}

fn title(name: &str, finding: &Finding) -> String {
    match finding {
        Finding::Again { .. } | Finding::WillRunAgain => format!("Why does {name} run again?"),
        Finding::MaybeLater | Finding::NotNeeded => format!("Why is {name} not made again?"),
        Finding::StillThere { .. } | Finding::Once => format!("Does {name} run again?"),
        Finding::NotYet => format!("Why has {name} not started?"),
        Finding::NodeAlive => format!("How is {name}?"),
        Finding::NodeDead { .. } => format!("What did {name} take with it?"),
        Finding::Unknown => format!("What is {name}?"),
    }
}

fn verdict(status: &Status, name: &str, finding: &Finding) -> (Mark, String) {
    match finding {
        Finding::Unknown => (Mark::None, "The log knows nothing of it yet.".to_owned()),
        Finding::NotYet => (Mark::None, format!("{name} has not run yet.")),
        Finding::Once => (Mark::Wall, "No. It runs for the first time; nothing of it was lost.".to_owned()),
        Finding::StillThere { node } => (Mark::Wall, format!("No. Its output is there, on {node}.")),
        Finding::Again { task, cause, done } => {
            let place = status.attempts.get(task).map(|attempt| format!(" on {}", attempt.node)).unwrap_or_default();
            let verb = if *done { "ran" } else { "runs" };
            let so = match cause {
                TaskCause::Speculative => "A second copy",
                _ => "So it",
            };
            (Mark::Again, format!("{so} {verb} again{place}."))
        }
        Finding::WillRunAgain => (Mark::Again, "So it will run again.".to_owned()),
        Finding::MaybeLater => {
            (Mark::Skip, "So nothing is done now. If a later step reads it, it is made then.".to_owned())
        }
        Finding::NotNeeded => (Mark::Skip, "So it is not made again.".to_owned()),
        Finding::NodeAlive => (Mark::Wall, "It is up.".to_owned()),
        Finding::NodeDead { at } => (Mark::Lost, format!("It died at {}.", words::moment(*at))),
    }
}

fn step_words(status: &Status, step: &Step) -> (Mark, String) {
    let died = |died: &Option<crate::common::time::VirtualTime>| match died {
        Some(at) => format!(", which died at {}", words::moment(*at)),
        None => String::new(),
    };
    match step {
        Step::OnlyCopyOn { node, loss } => (Mark::Lost, format!("Its only copy was on {node}{}.", lost(*loss))),
        Step::WasRunningOn { node, died: at } => (Mark::Lost, format!("It was running on {node}{}.", died(at))),
        Step::CouldNotFetch { node, map, is_damaged } => {
            let what =
                map.map_or("a block".to_owned(), |(stage, map)| format!("a block of {}", status.task_name(stage, map)));
            let why =
                if *is_damaged { "whose checksum told that it is damaged" } else { "which was not there any more" };
            (Mark::Lost, format!("It needed {what} from {node}, {why}."))
        }
        Step::StageAgain => (
            Mark::Lost,
            "Its stage failed and was submitted again; it does not wait for the attempt that still ran.".to_owned(),
        ),
        Step::RolledBack { stage } => {
            let name = words::stage(status, *stage);
            let text =
                format!("It stood on rows of {name}, which is indeterminate: made again, they may come out otherwise.");
            (Mark::Lost, text)
        }
        Step::OutOfMemory(one) => (Mark::Lost, format!("Out of memory: {}.", words::exhausted(status, one))),
        Step::Raised { reason } => (Mark::Lost, format!("The attempt before failed: {}", words::line(reason, 120))),
        Step::NeededBy(by) if by.is_empty() => (Mark::None, "A stage that had not finished asked for it.".to_owned()),
        Step::NeededBy(by) => (Mark::None, format!("Still needed by {}.", words::needed_by(status, by))),
        Step::OwnStage(stage) => {
            (Mark::None, format!("Its stage {} still runs and needs all its outputs.", words::stage(status, *stage)))
        }
        Step::NobodyNeeds => (Mark::Skip, "Everything that reads it is done.".to_owned()),
        Step::JobOver => (Mark::Skip, "No job that needs it goes on.".to_owned()),
        Step::QueryOpen => (Mark::None, "No task that runs or waits reads it.".to_owned()),
        Step::InputFromStorage { stage } => {
            (Mark::Wall, format!("{stage} begins with files or rows of the script, which can be read again."))
        }
        Step::InputFromCache { cache, partition, node } => {
            (Mark::Wall, format!("Input: partition {partition} of {cache}, kept on {node}."))
        }
        Step::CachedInputLost { cache, partition, node } => {
            (Mark::Lost, format!("Its input, partition {partition} of {cache}, was lost with {node}."))
        }
        Step::InputFromStage { stage, kept, lost } => {
            let kept_words = plural(*kept as u64, "output");
            let name = words::stage(status, *stage);
            if lost.is_empty() {
                (Mark::Wall, format!("Input: {kept_words} of {name}, all there."))
            } else {
                let lost = words::tasks(status, *stage, lost);
                (Mark::Lost, format!("Input: {kept_words} of {name} there, lost {lost}."))
            }
        }
        Step::OneStepBack { stage, partitions } => {
            (Mark::Again, format!("One step back: {} first.", words::tasks(status, *stage, partitions)))
        }
        Step::NotRedone { stage, partitions } => {
            (Mark::Wall, format!("Not redone: {}, still there.", words::tasks(status, *stage, partitions)))
        }
        Step::Held { running, outputs, cached, needed } => {
            let held = words::inventory(*outputs, *running, *cached);
            let needed = if *needed == 0 { "none of it".to_owned() } else { needed.to_string() };
            (Mark::Lost, format!("On it: {held}; still needed of what was stored: {needed}."))
        }
    }
}

fn lost(loss: Option<Loss>) -> String {
    match loss {
        None => String::new(),
        Some(Loss::Death(at)) => format!(", which died at {}", words::moment(at)),
        Some(Loss::Gone(at)) => format!(", which lost it at {}", words::moment(at)),
        Some(Loss::GivenUp { at, is_damaged }) => {
            let why = if is_damaged { "a damaged file was found there" } else { "a fetch from there failed" };
            format!("; the driver gave up all that was there when {why} at {}", words::moment(at))
        }
    }
}

/// Why a task runs where it runs, what it waits for, what would have spared it.
#[must_use]
pub fn waiting(status: &Status, stage: StageId, partition: u32) -> Vec<String> {
    let mut lines = Vec::new();
    let known = status.stages.get(&stage).and_then(|stage| stage.tasks().get(partition as usize));
    for run in known.into_iter().flat_map(|task| &task.runs) {
        let Some(attempt) = status.attempts.get(run) else { continue };
        let placement = waits::placement(status, attempt);
        let (node, waited) = (placement.node, words::length(placement.waited));
        let why = match placement.locality {
            Locality::Process => "its input is kept in that executor",
            Locality::Node => "its input lies there",
            Locality::NoPreference => "it has no place that it would rather run at, and a core was free",
            Locality::Rack => "its input lies in the same rack",
            Locality::Any if placement.waited.0 == 0 => {
                "a core was free, and its stage waited for no nearer one any more"
            }
            Locality::Any => "no core nearer to its input was free in time",
        };
        lines.push(format!("Attempt {}: on {node} after {waited}, because {why}.", attempt.attempt));
        lines.extend(super::input::remote_reads(status, attempt));
        if let Some(by) = waits::avoidable_by(status, attempt) {
            lines.push(format!("What would have avoided attempt {}: {by}.", attempt.attempt));
        }
    }
    let waits = match waits::wait(status, stage, partition) {
        None | Some(Wait::Nothing | Wait::Runs(_)) => return lines,
        Some(Wait::Parents(parents)) => {
            let names = parents.iter().map(|(parent, missing)| {
                let missing = plural(*missing as u64, "output");
                format!("{missing} of {parent}")
            });
            names.collect::<Vec<_>>().join(", ")
        }
        Some(Wait::Core { cores }) => format!("a core; all {cores} are taken"),
        Some(Wait::Patience { free, cores }) => {
            format!("a core nearer to its input (spark.locality.wait); {free} of {cores} are free elsewhere")
        }
        Some(Wait::Executor) => "an executor: none serves".to_owned(),
        Some(Wait::Reader) => {
            "a task that reads it: the driver makes lost outputs again after a failed fetch".to_owned()
        }
        Some(Wait::Resubmission) => "its stage to be submitted again, 200 ms after a failed fetch".to_owned(),
        Some(Wait::Job) => "a job that asks for it".to_owned(),
    };
    lines.push(format!("It waits for {waits}."));
    lines
}

/// Why a core does nothing.
#[must_use]
pub fn idleness(status: &Status, node: NodeId, core: u32, idle: &Idle) -> String {
    let place = format!("Core {core} of {node}");
    match idle {
        Idle::Unknown => format!("{place}: there is no such core."),
        Idle::Busy(task) => format!("{place} is not idle: it runs {}.", status.attempt_name(*task)),
        Idle::Dead => format!("{place} is gone with its machine."),
        Idle::NoExecutor
        | Idle::Leaving
        | Idle::Over
        | Idle::Patience { .. }
        | Idle::Lost { .. }
        | Idle::Barrier(_)
        | Idle::NoJob => {
            format!("{place} is idle: {}.", idle_because(idle))
        }
    }
}

/// The reason alone.
fn idle_because(idle: &Idle) -> String {
    match idle {
        Idle::NoExecutor => "no executor has it".to_owned(),
        Idle::Leaving => "its executor leaves, and gets no new tasks".to_owned(),
        Idle::Over => "the script has ended".to_owned(),
        Idle::Patience { stage, waiting } => format!(
            "{} of {stage} {} input (spark.locality.wait)",
            plural(*waiting as u64, "task"),
            if *waiting == 1 { "waits, but for a core nearer to its" } else { "wait, but for a core nearer to their" }
        ),
        Idle::Lost { stage, lost } => {
            let were = if *lost == 1 { "was" } else { "were" };
            format!(
                "{} of {stage} {were} lost, and the driver has not given out new attempts yet",
                plural(*lost as u64, "task")
            )
        }
        Idle::Barrier(stages) => {
            let left = stages.iter().map(|(stage, left)| format!("{} of {stage}", plural(*left as u64, "task")));
            let left = words::list(&left.collect::<Vec<_>>());
            format!("every task that may start has started; what follows waits for {left}")
        }
        Idle::NoJob => "no job runs; the driver plans, or the script goes on without the cluster".to_owned(),
        Idle::Dead => "it is gone with its machine".to_owned(),
        Idle::Unknown | Idle::Busy(_) => "the log does not say why".to_owned(),
    }
}

/// The three lists of a death: still there, gone and not needed, gone and needed. One line each.
#[must_use]
pub fn triage(status: &Status, death: &crate::status::Death) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut push = |mark: Mark, text: String| lines.push(Line { indent: 0, mark, text });
    let held = words::inventory(death.outputs_kept, 0, death.cached_kept);
    push(Mark::Wall, format!("Still there: {held} on other nodes."));
    let (mut no, mut later, mut now) = (Vec::new(), Vec::new(), Vec::new());
    for lost in &death.outputs {
        match lost.need {
            Need::No => no.push((lost.stage, lost.map)),
            Need::Later => later.push((lost.stage, lost.map)),
            Need::Now(_) | Need::OwnStage(_) => now.push((lost.stage, lost.map)),
        }
    }
    let cached = |wanted: fn(&Need) -> bool| death.cached.iter().filter(|lost| wanted(&lost.need)).count() as u64;
    let with_cached = |tasks: &[(StageId, u32)], blocks: u64| match (tasks.is_empty(), blocks) {
        (true, 0) => "nothing".to_owned(),
        (false, 0) => words::stage_tasks(status, tasks),
        (true, _) => plural(blocks, "cached partition"),
        (false, _) => format!("{}; {}", words::stage_tasks(status, tasks), plural(blocks, "cached partition")),
    };
    push(Mark::Skip, format!("Gone, not needed: {}.", with_cached(&no, cached(|need| *need == Need::No))));
    let maybe = cached(|need| *need == Need::Later);
    if !later.is_empty() || maybe > 0 {
        push(Mark::Skip, format!("Gone, made only if asked for: {}.", with_cached(&later, maybe)));
    }
    now.extend(
        death.running.iter().filter_map(|task| status.attempts.get(task)).map(|run| (run.stage.stage, run.partition)),
    );
    push(Mark::Again, format!("Gone and needed: {}.", with_cached(&now, cached(Need::is_now))));
    lines
}
