//! The cluster theatre: a cursor over an event log, live or recorded.
//!
//! [`run`] is the loop: it draws when something changed, waits for keys, reads what the engine appended, and does what `update` asks for.
//! Everything else is pure: `update(&mut Model, Message) -> Vec<Effect>` and `view(&Model, &Status, …)`.

pub mod branch;
pub mod console;
pub mod fault;
pub mod find;
pub mod follow;
pub mod hits;
pub mod keymap;
pub mod lanes;
pub mod model;
pub mod pages;
pub mod player;
pub mod presenter;
pub mod probe;
pub mod question;
pub mod recording;
pub mod select;
pub mod stops;
pub mod stragglers;
pub mod update;
pub mod view;

#[cfg(test)]
mod tests;

use super::run_handle::RunHandle;
use super::terminal::Screen;
use super::{Bell, Motion, ScreenOptions};
use crate::common::time::VirtualTime;
use crate::event::Event;
pub use branch::BranchRequest;
use crossterm::event::{Event as Input, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
pub use fault::Scenario;
use model::{Copied, Model};
use presenter::{Leader, Led, Presenter, Presenting};
use ratatui::layout::{Position, Rect};
use recording::Recording;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use update::{Effect, Message, Mouse, update};

/// Where the events come from.
pub enum Source {
    /// An engine thread is filling the log.
    Live(RunHandle),
    /// An engine thread tells the run anew whenever it knows more; the screen stays at its end.
    Followed(RunHandle),
    /// All events are there.
    Recorded(Vec<Arc<Event>>),
    /// Two such runs with their names, to be compared.
    Compared([(String, Vec<Arc<Event>>); 2]),
}

/// Starts a run with changes on an engine thread and returns at once.
pub type OnBranch = Box<dyn FnMut(&BranchRequest) -> Result<RunHandle, String>>;
/// Keeps the text of a scenario; gives it with its name.
pub type OnSave = Box<dyn FnMut(&str) -> Result<Scenario, String>>;

/// The way to an engine that can do the run again.
pub struct Engine {
    pub on_branch: OnBranch,
    pub on_save: OnSave,
    /// What can be chosen in the fault console beside single faults.
    pub scenarios: Vec<Scenario>,
}

/// The moments that a person marked in the first run, by letter.
pub type Marks = BTreeMap<char, VirtualTime>;

/// Keeps marks as they are now, or says why it cannot.
pub type OnMarks = Box<dyn FnMut(&Marks) -> Result<(), String>>;

/// Marks that outlive the theatre.
pub struct KeptMarks {
    pub marks: Marks,
    pub on_marks: OnMarks,
}

/// Everything the theatre shows.
pub struct TheatreInput {
    /// What runs, such as `03_files`.
    pub title: String,
    pub source: Source,
    /// Absent: `K` says why it can not branch.
    pub engine: Option<Engine>,
    /// Start paused at the beginning instead of playing.
    pub paused: bool,
    /// Events that have happened when it opens.
    pub from: usize,
    /// The moment at which it opens, unless `from` is later.
    pub at: VirtualTime,
    /// Start paused at the first statement of this line.
    pub until: Option<u32>,
    /// One of [`model::SPEEDS`]; absent: the run takes a comfortable time to watch.
    pub speed: Option<f64>,
    /// Where checks of a learner's script were decided against it, by position, and what they say.
    pub verdicts: Vec<(usize, String)>,
    /// What was marked before, and how marks are kept; absent: they are gone with the theatre.
    pub marks: Option<KeptMarks>,
    /// Something to say when it opens.
    pub greeting: Option<String>,
    /// How others see what is shown here.
    pub presenting: Option<Presenting>,
    /// A presenter whom this theatre follows.
    pub leader: Option<Leader>,
    pub options: ScreenOptions,
}

impl TheatreInput {
    /// A run seen paused from its beginning, which can not be done again.
    #[must_use]
    pub fn new(title: String, source: Source, options: ScreenOptions) -> TheatreInput {
        TheatreInput {
            title,
            source,
            engine: None,
            paused: true,
            from: 0,
            at: VirtualTime::ZERO,
            until: None,
            speed: None,
            verdicts: Vec::new(),
            marks: None,
            greeting: None,
            presenting: None,
            leader: None,
            options,
        }
    }
}

/// What goes on beside the theatre while it is open, and is told in it.
pub struct Beside<'a> {
    /// What is new, in a few words.
    pub look: Box<dyn FnMut() -> Option<String> + 'a>,
    /// Rung when there is something to look at.
    pub bell: Bell,
}

/// How the theatre was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// By `q`.
    Back,
    /// By `Ctrl-C` or a signal: the program should end.
    Interrupted,
}

/// Time between two frames where little should move.
const CALM_FRAME: Duration = Duration::from_millis(250);
/// News that come faster than this are taken in together while nothing moves.
const LISTEN: Duration = Duration::from_millis(100);
/// How often a signal is looked for while nothing happens at all.
pub(in crate::tui) const REST: Duration = Duration::from_secs(1);
/// What is said of a log that ends before its run.
const CUT_OFF: &str = "the log is cut off: its writer was interrupted";
/// Events taken in at once, so that a fast engine does not stop the screen.
const CHUNK: usize = 20_000;

/// Shows the theatre until the person leaves it. Runs that are still going on are asked to stop.
///
/// # Errors
/// When the terminal can not be used.
pub fn run(input: TheatreInput) -> io::Result<Exit> {
    run_beside(input, None)
}

/// The same; what goes on beside it is told in it.
///
/// # Errors
/// When the terminal can not be used.
pub fn run_beside(input: TheatreInput, beside: Option<Beside>) -> io::Result<Exit> {
    let follows = matches!(input.source, Source::Followed(_));
    let (recording, other) = match input.source {
        Source::Live(handle) | Source::Followed(handle) => (Recording::live("the run".to_owned(), handle), None),
        Source::Recorded(events) => (Recording::recorded(events), None),
        Source::Compared([(name, events), (other, others)]) => {
            (Recording::recorded(events).named(name), Some(Recording::recorded(others).named(other)))
        }
    };
    let mut model = Model::new(input.title, recording, input.options, input.engine.is_some(), input.paused);
    if let Some(engine) = &input.engine {
        model.scenarios.clone_from(&engine.scenarios);
    }
    match input.speed {
        Some(speed) => player::set_speed(&mut model, speed),
        None => player::choose_speed(&mut model),
    }
    player::to_time(&mut model, input.at);
    if input.from > model.cursor.position {
        player::to_position(&mut model, input.from);
    }
    if let Some(other) = other {
        model.runs.push(other);
        pages::open_compare(&mut model, [0, 1]);
        player::to_end(&mut model);
    }
    model.until = input.until;
    model.verdicts = input.verdicts;
    let greeting = input.greeting.or_else(|| model.run().is_cut_off().then(|| CUT_OFF.to_owned()));
    if let Some(greeting) = greeting {
        model.toast = Some((greeting, 10.0));
    }
    player::to_until(&mut model);
    if follows {
        listen(&mut model);
        player::follow(&mut model);
    }
    let mut outside = Outside::open(model.options, input.engine)?;
    if let Some(beside) = &beside {
        outside.bell = beside.bell.clone();
    }
    for handle in model.runs.iter().filter_map(|run| run.handle.as_ref()) {
        handle.ring_at_news(&outside.bell);
    }
    outside.presenter = Presenter::new(input.presenting);
    if let Some(kept) = input.marks {
        model.own_marks = kept.marks.iter().map(|(letter, at)| ((0, *letter), *at)).collect();
        outside.marks = Some(kept);
    }
    if let Some(leader) = input.leader {
        leader.ring_at_news(&outside.bell);
        outside.leader = Some(leader);
    }
    let exit = play(&mut model, &mut outside, beside);
    for run in model.runs.iter().chain(model.pending.iter().map(|pending| &pending.recording)) {
        if let Some(handle) = &run.handle {
            handle.stop();
        }
    }
    exit
}

fn play(model: &mut Model, outside: &mut Outside, mut beside: Option<Beside>) -> io::Result<Exit> {
    let mut before = Instant::now();
    let mut dirty = true;
    loop {
        let told = beside.as_mut().and_then(|beside| (beside.look)());
        let is_news = outside.lead(model) | listen(model) | told.is_some();
        if told.is_some() {
            model.toast = told.map(|words| (words, 12.0));
        }
        if dirty || is_news {
            model.seek();
            outside.draw(model)?;
            outside.presenter.tell(model);
        }
        let inputs = outside.wait(model, is_news)?;
        if outside.screen.is_interrupted() {
            return Ok(Exit::Interrupted);
        }
        let passed = before.elapsed();
        before = Instant::now();
        dirty = moves(model) || outside.screen.is_resized();
        let mut effects = update(model, Message::Tick(passed.as_secs_f64().min(0.5)));
        for input in inputs {
            dirty = true;
            effects.extend(message(model, &input).into_iter().flat_map(|message| update(model, message)));
        }
        outside.keep_marks(model);
        if let Some(exit) = outside.carry_out(model, effects)? {
            return Ok(exit);
        }
    }
}

/// What a person's input means to the theatre.
pub(in crate::tui) fn message(model: &Model, input: &Input) -> Option<Message> {
    match input {
        Input::Key(key) if key.kind != KeyEventKind::Release => keymap::message(*key, model.is_typing()),
        Input::Mouse(mouse) => mouse_message(*mouse),
        _ => None,
    }
}

/// The terminal and the way to the engine.
pub(in crate::tui) struct Outside {
    pub screen: Screen,
    pub engine: Option<Engine>,
    /// Rung by runs that have news.
    pub bell: Bell,
    presenter: Presenter,
    leader: Option<Leader>,
    marks: Option<KeptMarks>,
}

impl Outside {
    /// Takes the terminal.
    pub fn open(options: ScreenOptions, engine: Option<Engine>) -> io::Result<Self> {
        let (screen, bell) = (Screen::open(options)?, Bell::new()?);
        Ok(Outside { screen, engine, bell, presenter: Presenter::default(), leader: None, marks: None })
    }

    /// Hears of the presenter whom this theatre follows. True when something is new.
    fn lead(&self, model: &mut Model) -> bool {
        let news = self.leader.as_ref().map(Leader::take_news).unwrap_or_default();
        let any = !news.is_empty();
        for led in news {
            if let Led::Branch { handle, .. } = &led {
                handle.ring_at_news(&self.bell);
            }
            update(model, Message::Led(led));
        }
        any
    }

    /// Keeps the marks of the first run when they have changed.
    fn keep_marks(&mut self, model: &mut Model) {
        let Some(kept) = &mut self.marks else { return };
        if model.marks_of(0).eq(kept.marks.iter().map(|(letter, at)| (*letter, *at))) {
            return;
        }
        kept.marks = model.marks_of(0).collect();
        if let Err(reason) = (kept.on_marks)(&kept.marks) {
            model.toast = Some((reason, 6.0));
        }
    }

    /// Waits for input: until the next frame where the picture moves; else until there are news, which are taken in together when some came
    /// just now.
    pub fn wait(&self, model: &Model, is_news: bool) -> io::Result<Vec<Input>> {
        match (moves(model), is_news) {
            (true, _) => self.screen.read(moving_frame(model.options.motion, &self.screen)),
            (false, true) => self.screen.read(LISTEN),
            (false, false) => self.screen.read_or_bell(REST, &self.bell),
        }
    }

    fn draw(&mut self, model: &mut Model) -> io::Result<()> {
        self.screen.draw(|frame, area| {
            view::view(model, model.run().history.current(), frame.buffer_mut(), area);
        })?;
        if let Some(rate) = self.screen.slowed() {
            model.toast = Some((format!("slow line: {rate} pictures a second"), 4.0));
        }
        Ok(())
    }

    /// Does what `update` asked for; gives how the theatre is left, if it is.
    pub fn carry_out(&mut self, model: &mut Model, effects: Vec<Effect>) -> io::Result<Option<Exit>> {
        for effect in effects {
            match effect {
                Effect::Leave(exit) => return Ok(Some(exit)),
                Effect::Suspend => self.screen.suspend()?,
                Effect::Copy(what) => copy(&mut self.screen, model, what)?,
                Effect::Branch(request) => {
                    let message = match self.start(&request) {
                        Ok(handle) => {
                            handle.ring_at_news(&self.bell);
                            Message::BranchStarted { request, handle }
                        }
                        Err(reason) => Message::BranchRefused(reason),
                    };
                    update(model, message);
                }
                Effect::Probe(request) => match self.start(&request) {
                    Ok(handle) => {
                        handle.ring_at_end(&self.bell);
                        model.probes.started(handle);
                    }
                    Err(_) => model.probes.ended(),
                },
                Effect::SaveScenario(text) => self.save(model, &text),
                Effect::Stop(handle) => handle.stop(),
            }
        }
        Ok(None)
    }

    fn start(&mut self, request: &BranchRequest) -> Result<RunHandle, String> {
        match &mut self.engine {
            Some(engine) => (engine.on_branch)(request),
            None => Err("a recorded log can be watched, not branched: run the script for that".to_owned()),
        }
    }

    fn save(&mut self, model: &mut Model, text: &str) {
        let Some(engine) = &mut self.engine else { return };
        let words = match (engine.on_save)(text) {
            Ok(scenario) => {
                let words = format!("kept: --faults {} does the same", scenario.name);
                model.scenarios.push(scenario);
                words
            }
            Err(reason) => format!("the scenario could not be kept: {reason}"),
        };
        model.toast = Some((words, 8.0));
    }
}

fn mouse_message(mouse: MouseEvent) -> Option<Message> {
    let kind = match mouse.kind {
        MouseEventKind::Down(MouseButton::Left) => Mouse::Press,
        MouseEventKind::Drag(MouseButton::Left) => Mouse::Drag,
        MouseEventKind::ScrollUp => Mouse::WheelUp,
        MouseEventKind::ScrollDown => Mouse::WheelDown,
        _ => return None,
    };
    let (width, height) = crossterm::terminal::size().ok()?;
    let screen = Rect { x: 0, y: 0, width, height };
    Some(Message::Mouse { at: Position { x: mouse.column, y: mouse.row }, screen, kind })
}

/// Reads what the engines appended. True when something is new.
pub(in crate::tui) fn listen(model: &mut Model) -> bool {
    let mut news = Vec::new();
    for (run, recording) in model.runs.iter().enumerate() {
        news.extend(heard(recording).map(|heard| match heard {
            Heard::Retold(recording) => Message::Retold { run, recording },
            Heard::Events(events) => Message::Grew { run, events },
            Heard::End(end) => Message::Ended { run, end },
        }));
    }
    if let Some(pending) = &model.pending {
        news.extend(heard(&pending.recording).and_then(|heard| match heard {
            Heard::Events(events) => Some(Message::BranchGrew(events)),
            Heard::End(end) => Some(Message::BranchEnded(end)),
            // A branch is a run of our own: it only grows.
            Heard::Retold(_) => None,
        }));
    }
    let mut any = !news.is_empty();
    for message in news {
        update(model, message);
    }
    any |= listen_to_probe(model);
    any
}

/// The same for a run in the background, which is read when it has ended.
fn listen_to_probe(model: &mut Model) -> bool {
    let Some((handle, known)) = model.probes.listened().filter(|(handle, _)| handle.end().is_some()) else {
        return false;
    };
    let mut events = handle.log.since(known);
    events.truncate(CHUNK);
    model.probes.grew(&events);
    if events.is_empty() {
        model.probes.ended();
    }
    true
}

/// What an engine has to say.
enum Heard {
    Retold(Box<Recording>),
    Events(Vec<Arc<Event>>),
    End(super::RunEnd),
}

/// What is new of a run; its end only when nothing more is there to read.
fn heard(recording: &Recording) -> Option<Heard> {
    let handle = recording.handle.as_ref().filter(|_| recording.end.is_none())?;
    // The end is looked at first: what was told before it is then surely seen.
    let end = handle.end().cloned();
    if let Some(retold) = handle.take_retold() {
        return Some(Heard::Retold(retold));
    }
    let mut events = handle.log.since(recording.history.len());
    events.truncate(CHUNK);
    if events.is_empty() { end.map(Heard::End) } else { Some(Heard::Events(events)) }
}

/// Whether the picture changes by itself.
pub(in crate::tui) fn moves(model: &Model) -> bool {
    (model.playing && !player::waits(model)) || model.toast.is_some()
}

/// Copies something that is shown, as text.
fn copy(screen: &mut Screen, model: &mut Model, what: Copied) -> io::Result<()> {
    let text = view::copied(model, model.run().history.current(), screen.area()?, what);
    let words = screen.hand_over(&text)?;
    model.toast = Some((words, 8.0));
    Ok(())
}

/// Time between two frames while something moves.
pub(in crate::tui) fn moving_frame(motion: Motion, screen: &Screen) -> Duration {
    match motion {
        Motion::Full => screen.between_frames(),
        Motion::Reduced => screen.between_frames().max(CALM_FRAME),
        Motion::None => REST,
    }
}
