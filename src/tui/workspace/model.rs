//! What the workspace knows, and what keys do.

use super::{Left, News, view};
use crate::tui::find::Finder;
use crate::tui::front::{Asked, Front, Said};
use crate::tui::palette::Row;
use crate::tui::touch::Touch;
use crate::workshop::step::Step;
use crate::workshop::verdict::{Failure, VariantVerdict, Verdict};
use crossterm::event::KeyCode;
use ratatui::layout::Rect;

/// The panes, by the number in their title; narrow screens show the one with the focus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pane {
    Task,
    Checks,
    Verdict,
    Run,
}

/// All panes in order.
pub const PANES: [Pane; 4] = [Pane::Task, Pane::Checks, Pane::Verdict, Pane::Run];

/// A line of the map: a step and whether it is passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapLine {
    pub id: String,
    pub title: String,
    pub passed: bool,
}

/// What is open above the panes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    None,
    /// Choose a step.
    Map {
        choice: usize,
    },
    /// The starter comes back once this says `reset`.
    Reset {
        typed: String,
    },
    /// Shown though the step is not passed?
    AskSolution,
    Solution {
        lines: Vec<String>,
        scroll: usize,
    },
}

/// How far the check of the last save is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing was checked yet.
    Idle,
    /// The script runs on the visible data.
    Visible,
    /// The visible data are right; the hidden variants run.
    Hidden,
    Done,
}

/// The open step.
#[derive(Debug, Clone)]
pub struct Workspace {
    pub step: Step,
    /// The script's path, as shown.
    pub file: String,
    /// All steps in order, for the map, and the place of this one.
    pub map: Vec<MapLine>,
    pub here: usize,
    /// Hints that are shown.
    pub hints: usize,
    pub progress: Progress,
    pub variants: Vec<VariantVerdict>,
    pub verdict: Option<Verdict>,
    /// The number of the last save, and the milliseconds until its first and its last verdict.
    pub save: u32,
    pub first_millis: Option<u64>,
    pub all_millis: Option<u64>,
    /// The check that is selected.
    pub chosen: usize,
    pub pane: Pane,
    pub scroll: usize,
    pub overlay: Overlay,
    /// The keys, and what is typed.
    pub front: Front,
    /// What was looked for, by pane and line.
    pub found: Finder<(usize, usize)>,
    pub notice: Option<String>,
    /// Cells of the screen, as it was drawn last.
    pub area: Rect,
    /// The run has a pane of its own.
    pub shows_run: bool,
    /// The focused pane has the whole screen.
    pub zoom: bool,
    pub projector: bool,
    /// The slips of the check before this one.
    slips: Vec<String>,
}

/// What a key means here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Up,
    Down,
    Pane(Pane),
    NextPane,
    LastPane,
    Open,
    Hint,
    Edit,
    Verify,
    Theatre,
    Next,
    Previous,
    Lesson,
    Map,
    Solution,
    Reset,
    Keys,
    Find,
    NextFound,
    PreviousFound,
    Copy,
    Projector,
    Zoom,
    /// A letter while something is typed.
    Letter(char),
    Erase,
    Back,
    Suspend,
    Interrupt,
}

/// What a key asks of the world outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    None,
    Check,
    HintRead(usize),
    Reset,
    Solution,
    /// Put the focused pane into the clipboard.
    Copy,
    Suspend,
    Leave(Left),
}

impl Workspace {
    /// A step whose script was not checked yet.
    #[must_use]
    pub fn new(step: Step, map: Vec<MapLine>, hints: usize) -> Workspace {
        let here = map.iter().position(|line| line.id == step.id).unwrap_or(0);
        Workspace {
            file: format!("exercises/{}.py", step.name),
            step,
            map,
            here,
            hints,
            progress: Progress::Idle,
            variants: Vec::new(),
            verdict: None,
            save: 0,
            first_millis: None,
            all_millis: None,
            chosen: 0,
            pane: Pane::Task,
            scroll: 0,
            overlay: Overlay::None,
            front: Front::default(),
            found: Finder::default(),
            notice: None,
            area: Rect::new(0, 0, 80, 24),
            shows_run: true,
            zoom: false,
            projector: false,
            slips: Vec::new(),
        }
    }

    /// The panes that there are, in order.
    #[must_use]
    pub fn panes(&self) -> &'static [Pane] {
        if self.shows_run { &PANES } else { &PANES[..3] }
    }

    /// The variant that the panes speak about: the first that fails, else the visible data.
    #[must_use]
    pub fn shown(&self) -> Option<&VariantVerdict> {
        self.variants.iter().find(|variant| !variant.passed).or_else(|| self.variants.first())
    }

    /// What is wrong with the selected check.
    #[must_use]
    pub fn failure(&self) -> Option<&Failure> {
        let shown = self.shown()?;
        shown.failures.get(shown.checks.get(self.chosen)?.failure?)
    }

    /// The position in the shown run that decided the selected check; the end of the script when it holds.
    #[must_use]
    pub fn moment(&self) -> usize {
        let end = || self.shown().map_or(0, |shown| shown.events.len());
        self.failure().map_or_else(end, |failure| failure.moment)
    }

    /// Takes in what the desk tells.
    pub fn hear(&mut self, news: News) {
        match news {
            News::Began(save) => {
                self.save = save;
                self.progress = Progress::Visible;
            }
            News::Variant(variant, millis) => {
                if self.progress != Progress::Hidden {
                    self.variants.clear();
                    self.verdict = None;
                    (self.first_millis, self.all_millis) = (Some(millis), None);
                    self.progress = Progress::Hidden;
                }
                self.variants.push(*variant);
                self.choose_first_failure();
            }
            News::Done(verdict, millis) => self.done(*verdict, millis),
            News::Refused(why) => {
                self.progress = Progress::Done;
                self.notice = Some(why);
            }
            News::Told(what) => self.notice = Some(what),
        }
    }

    /// The same while another screen is open; gives what is to be said there.
    pub fn hear_elsewhere(&mut self, news: News) -> Option<String> {
        let words = match &news {
            News::Began(run) => Some(format!("run {run}: the script is checked")),
            News::Refused(what) | News::Told(what) => Some(what.clone()),
            News::Variant(..) | News::Done(..) => None,
        };
        let is_done = matches!(news, News::Done(..));
        self.hear(news);
        if is_done { Some(self.standing()) } else { words }
    }

    /// What came of the last save, in a few words.
    fn standing(&self) -> String {
        let run = self.save;
        if self.verdict.as_ref().is_some_and(|verdict| verdict.passed) {
            return format!("run {run}: right on all data; q goes back to it");
        }
        let checks = self.shown().map(|shown| shown.checks.as_slice()).unwrap_or_default();
        let hold = checks.iter().filter(|check| check.failure.is_none()).count();
        format!("run {run}: {hold} of {} checks hold; q goes back to it", checks.len())
    }

    fn done(&mut self, verdict: Verdict, millis: u64) {
        self.progress = Progress::Done;
        self.all_millis = Some(millis);
        let slips = verdict.mistake_ids();
        let is_again = !slips.is_empty() && slips == self.slips && self.hints < self.step.hints.len();
        // What was said at the last key stays until the next.
        if is_again && self.notice.is_none() {
            self.notice = Some("The same slip again: i shows a hint.".to_owned());
        }
        // The check of the script as it was found is nobody's slip.
        self.slips = if self.save > 1 { slips } else { Vec::new() };
        if let Some(line) = self.map.get_mut(self.here).filter(|_| verdict.passed) {
            line.passed = true;
            // What was said of a slip does not hold any more.
            self.notice = None;
        }
        self.verdict = Some(verdict);
    }

    fn choose_first_failure(&mut self) {
        let Some(shown) = self.shown() else { return };
        let first = shown.checks.iter().position(|check| check.failure.is_some());
        self.chosen = first.unwrap_or(0);
        // Whoever comes to a step reads its task first; after a save the verdict matters.
        if self.pane == Pane::Task && self.save > 1 {
            self.pane = Pane::Checks;
        }
        self.scroll = 0;
        self.found.at = None;
    }

    /// Opens the solution.
    pub fn show_solution(&mut self, text: &str) {
        self.overlay = Overlay::Solution { lines: text.lines().map(str::to_owned).collect(), scroll: 0 };
    }

    /// The meaning of a key; while a word is asked for, letters are text, whatever they stand for elsewhere.
    #[must_use]
    pub fn key(&self, touch: &Touch) -> Option<Key> {
        if touch.has_control() {
            return match touch.key()?.code {
                KeyCode::Char('c') => Some(Key::Interrupt),
                KeyCode::Char('z') => Some(Key::Suspend),
                _ => None,
            };
        }
        if let (Overlay::Reset { .. } | Overlay::AskSolution, Touch::Key(key)) = (&self.overlay, touch)
            && let KeyCode::Char(letter) = key.code
        {
            return Some(Key::Letter(letter));
        }
        if let Touch::Pane(index) = touch {
            return PANES.get(*index).map(|pane| Key::Pane(*pane));
        }
        let code = touch.key()?.code;
        KEYS.iter().find(|row| row.0.contains(&code)).map(|row| row.1)
    }

    /// To the next place of what was looked for, or the one before.
    fn find(&mut self, is_forward: bool) {
        let here = PANES.iter().position(|pane| *pane == self.pane).unwrap_or(0);
        match self.found.next(&view::places(self), (here, self.scroll), is_forward) {
            Ok((place, words)) => {
                focus(self, PANES[place.0]);
                self.found.at = Some(place);
                self.scroll = view::scroll_around(self, place.1);
                self.notice = Some(words);
            }
            Err(nowhere) => self.notice = Some(nowhere),
        }
    }
}

/// The keys of this screen: what is pressed, what it means, how the help says it.
pub const KEYS: &[(&[KeyCode], Key, &str, &str)] = &[
    (&[KeyCode::Down, KeyCode::Char('j')], Key::Down, "j k", "next and previous check; scroll"),
    (&[KeyCode::Up, KeyCode::Char('k')], Key::Up, "", ""),
    (&[KeyCode::Enter], Key::Open, "Enter", "the moment of the run that decided this check"),
    (&[KeyCode::Char('t')], Key::Theatre, "t", "the run in the theatre, from its start"),
    (&[KeyCode::Char('i')], Key::Hint, "i", "next hint; the report says how many, nothing else"),
    (&[KeyCode::Char('e')], Key::Edit, "e", "edit with $VISUAL or $EDITOR"),
    (&[KeyCode::Char('v')], Key::Verify, "v", "check again, on all variants"),
    (&[KeyCode::Char('>')], Key::Next, "> <", "next and previous step"),
    (&[KeyCode::Char('<')], Key::Previous, "", ""),
    (&[KeyCode::Char('g')], Key::Map, "g", "go to any step"),
    (&[KeyCode::Char('b')], Key::Lesson, "b", "the lesson that goes with this step"),
    (&[KeyCode::Char('s')], Key::Solution, "s", "one way to do it, beside yours once you have passed"),
    (&[KeyCode::Char('R')], Key::Reset, "R", "the starter again; your text is kept"),
    (&[KeyCode::Tab], Key::NextPane, "Tab 1-4", "pane"),
    (&[KeyCode::BackTab], Key::LastPane, "", ""),
    (&[KeyCode::Char('1')], Key::Pane(Pane::Task), "", ""),
    (&[KeyCode::Char('2')], Key::Pane(Pane::Checks), "", ""),
    (&[KeyCode::Char('3')], Key::Pane(Pane::Verdict), "", ""),
    (&[KeyCode::Char('4')], Key::Pane(Pane::Run), "", ""),
    (&[KeyCode::Char('/')], Key::Find, "/", "find a word in task, checks, verdict and run"),
    (&[KeyCode::Char('n')], Key::NextFound, "n N", "the next place of what was found, the one before"),
    (&[KeyCode::Char('N')], Key::PreviousFound, "", ""),
    (&[KeyCode::Char('z')], Key::Zoom, "z", "the pane on the whole screen, and back"),
    (&[KeyCode::Char('y'), KeyCode::Char('Y')], Key::Copy, "y", "copy the pane as plain text"),
    (&[KeyCode::Char('P')], Key::Projector, "P", "projector: titles as bands, high contrast, nothing dim"),
    (&[KeyCode::Char('?'), KeyCode::Char(':')], Key::Keys, "", ""),
    (&[KeyCode::Backspace], Key::Erase, "", ""),
    (&[KeyCode::Char('q'), KeyCode::Esc], Key::Back, "q", "back"),
];

/// The keys as lines of a list.
#[must_use]
pub fn rows() -> Vec<Row<Key>> {
    let named = KEYS.iter().filter(|(_, _, keys, _)| !keys.is_empty());
    named.map(|(_, key, keys, does)| Row { keys, does, action: Some(*key) }).collect()
}

/// Takes in what a person did.
pub fn take(workspace: &mut Workspace, touch: Touch) -> Effect {
    match workspace.front.take(touch, &rows()) {
        Said::Taken => Effect::None,
        Said::Do(key) => update(workspace, key),
        Said::Typed(_, text) => {
            workspace.found.start(&text);
            workspace.find(true);
            Effect::None
        }
        Said::Pass(touch) => workspace.key(&touch).map_or(Effect::None, |key| update(workspace, key)),
    }
}

/// Does what a key asks for.
pub fn update(workspace: &mut Workspace, key: Key) -> Effect {
    match key {
        Key::Interrupt => return Effect::Leave(Left::Interrupted),
        Key::Suspend => return Effect::Suspend,
        _ => {}
    }
    if workspace.overlay != Overlay::None {
        return in_overlay(workspace, key);
    }
    workspace.notice = None;
    match key {
        Key::Down => move_by(workspace, 1),
        Key::Up => move_by(workspace, -1),
        Key::Pane(pane) if workspace.panes().contains(&pane) => focus(workspace, pane),
        Key::NextPane => turn(workspace, 1),
        Key::LastPane => turn(workspace, workspace.panes().len() - 1),
        Key::Open if workspace.shown().is_some() => return Effect::Leave(Left::Theatre(workspace.moment())),
        Key::Theatre if workspace.shown().is_some() => return Effect::Leave(Left::Theatre(0)),
        Key::Open | Key::Theatre => workspace.notice = Some("Nothing has run yet: save the script.".to_owned()),
        Key::Hint => return hint(workspace),
        Key::Edit => return Effect::Leave(Left::Edit),
        Key::Verify => return Effect::Check,
        Key::Next => return to_step(workspace, workspace.here + 1),
        Key::Previous => return to_step(workspace, workspace.here.wrapping_sub(1)),
        Key::Lesson => return Effect::Leave(Left::Lesson),
        Key::Map => workspace.overlay = Overlay::Map { choice: workspace.here },
        Key::Solution if workspace.map.get(workspace.here).is_some_and(|line| line.passed) => return Effect::Solution,
        Key::Solution => workspace.overlay = Overlay::AskSolution,
        Key::Reset => workspace.overlay = Overlay::Reset { typed: String::new() },
        Key::Keys => workspace.front.list(),
        Key::Find => workspace.front.ask(Asked::Word),
        Key::NextFound => workspace.find(true),
        Key::PreviousFound => workspace.find(false),
        Key::Copy => return Effect::Copy,
        Key::Projector => workspace.projector = !workspace.projector,
        Key::Zoom => workspace.zoom = !workspace.zoom,
        Key::Back if workspace.zoom => workspace.zoom = false,
        Key::Back => return Effect::Leave(Left::Back),
        Key::Pane(_) => workspace.notice = Some("Without the theatre, as --no-theatre asked; t opens it.".to_owned()),
        Key::Letter(_) | Key::Erase | Key::Suspend | Key::Interrupt => {}
    }
    Effect::None
}

fn focus(workspace: &mut Workspace, pane: Pane) {
    workspace.pane = pane;
    workspace.scroll = 0;
    workspace.found.at = None;
}

fn turn(workspace: &mut Workspace, by: usize) {
    let panes = workspace.panes();
    let at = panes.iter().position(|pane| *pane == workspace.pane).unwrap_or(0);
    focus(workspace, panes[(at + by) % panes.len()]);
}

/// In the list of checks the selection moves; other panes scroll.
fn move_by(workspace: &mut Workspace, by: isize) {
    if workspace.pane == Pane::Checks {
        let last = workspace.shown().map_or(0, |shown| shown.checks.len().saturating_sub(1));
        workspace.chosen = workspace.chosen.saturating_add_signed(by).min(last);
        workspace.found.at = None;
    } else {
        workspace.scroll = workspace.scroll.saturating_add_signed(by).min(view::scroll_max(workspace));
    }
}

fn hint(workspace: &mut Workspace) -> Effect {
    focus(workspace, Pane::Task);
    if workspace.hints >= workspace.step.hints.len() {
        workspace.notice = Some("That was the last hint: s shows one way to do it.".to_owned());
        return Effect::None;
    }
    workspace.hints += 1;
    workspace.scroll = view::scroll_to_mark(workspace);
    Effect::HintRead(workspace.hints)
}

fn to_step(workspace: &mut Workspace, index: usize) -> Effect {
    if index < workspace.map.len() {
        return Effect::Leave(Left::Step(index));
    }
    workspace.notice = Some("There is no step there. g shows all; q, then `batchlab report`, what you did.".to_owned());
    Effect::None
}

fn in_overlay(workspace: &mut Workspace, key: Key) -> Effect {
    let last = workspace.map.len().saturating_sub(1);
    let bottom = usize::from(workspace.area.height.saturating_sub(6));
    match (&mut workspace.overlay, key) {
        (Overlay::Map { choice }, Key::Down) => *choice = (*choice + 1).min(last),
        (Overlay::Map { choice }, Key::Up) => *choice = choice.saturating_sub(1),
        (Overlay::Map { choice }, Key::Open) => {
            let index = *choice;
            workspace.overlay = Overlay::None;
            return to_step(workspace, index);
        }
        (Overlay::Solution { lines, scroll }, Key::Down) => {
            let lines = view::solution(lines, workspace.area.width).len();
            *scroll = (*scroll + 1).min(lines.saturating_sub(bottom));
        }
        (Overlay::Solution { scroll, .. }, Key::Up) => *scroll = scroll.saturating_sub(1),
        (Overlay::Reset { typed }, Key::Letter(letter)) if typed.len() < 10 => typed.push(letter),
        (Overlay::Reset { typed }, Key::Erase) => drop(typed.pop()),
        (Overlay::Reset { typed }, Key::Open) => {
            let is_sure = typed == "reset";
            workspace.overlay = Overlay::None;
            if is_sure {
                return Effect::Reset;
            }
            workspace.notice = Some("Nothing was changed.".to_owned());
        }
        (Overlay::AskSolution, Key::Letter('y')) => {
            workspace.overlay = Overlay::None;
            return Effect::Solution;
        }
        (Overlay::AskSolution, _) | (_, Key::Back | Key::Keys | Key::Map | Key::Solution) => {
            workspace.overlay = Overlay::None;
        }
        _ => {}
    }
    Effect::None
}
