//! What the theatre knows besides the log: the cursor in time, the selection, what is open.

use super::branch::Pending;
use super::fault::{Cue, Scenario, Strike};
use super::follow::{self, Journey};
use super::pages::Page;
use super::presenter::Following;
use super::probe::Probes;
use super::question::Answer;
use super::recording::Recording;
use super::stops::Beat;
use crate::common::ids::{NodeId, StageId};
use crate::common::time::VirtualTime;
use crate::status::why::Subject;
use crate::tui::palette::Palette;
use crate::tui::theme::ScreenOptions;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The panes, by the number in their title.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Pane {
    Stages,
    Nodes,
    Timeline,
    Why,
    Story,
    Script,
}

/// All panes in order.
pub const PANES: [Pane; 6] = [Pane::Stages, Pane::Nodes, Pane::Timeline, Pane::Why, Pane::Story, Pane::Script];

impl Pane {
    /// The number in its title.
    #[must_use]
    pub fn number(self) -> usize {
        self as usize + 1
    }
}

/// A position in the log.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cursor {
    /// Events that have happened.
    pub position: usize,
    pub time: VirtualTime,
    /// The beat of a death that is being told here.
    pub beat: Option<(usize, Beat)>,
    /// How long the beat has been on screen, in seconds of the person's time.
    pub beat_secs: f64,
    /// The last stop of this position that was already told, by [`super::stops::order_of`].
    pub told: usize,
}

/// What is selected; marked in every pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Selected {
    Nothing,
    Stage(StageId),
    Task(StageId, u32),
    Node(NodeId),
}

/// What is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// What is selected in the pane that has the focus; the pane where nothing is.
    Thing,
    Pane,
}

/// What is open above the panes.
#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    None,
    /// Keys and commands that hold the typed words, and which of them is chosen.
    Help(Palette),
    /// What is looked for is being typed.
    Find {
        query: String,
    },
    /// Which mark to go to is said by its letter.
    Marks,
    /// Choose what to break now, and where; and say how many tasks will run again.
    Fault(Console),
    /// Choose among the run and its branches.
    Runs {
        choice: usize,
    },
    /// What the script has printed; lines scrolled back from the last.
    Output {
        back: usize,
    },
    Matrix,
}

/// What is chosen in the fault console.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Console {
    /// Index into [`KINDS`](super::fault::KINDS), behind them into the scenarios.
    pub kind: usize,
    /// Which of the machines.
    pub choice: usize,
    /// How many tasks will run again.
    pub guess: Option<u32>,
    /// The person wants to be told instead of predicting it.
    pub is_told: bool,
    /// The event at which it strikes; absent: at the moment at which the console was opened.
    pub cue: Option<Cue>,
    /// That moment.
    pub opened: VirtualTime,
    /// Index into [`BACK_SECS`](super::fault::BACK_SECS).
    pub back: usize,
}

/// Speeds to choose from: virtual seconds for each real second.
pub const SPEEDS: [f64; 12] = [0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0, 100.0];

/// The state of the theatre.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own that a key turns")]
pub struct Model {
    pub title: String,
    pub options: ScreenOptions,
    /// The run and its branches, the original first.
    pub runs: Vec<Recording>,
    pub current: usize,
    pub pending: Option<Pending>,
    pub probes: Probes,
    pub can_branch: bool,
    /// Faults that strike together with the next one that is chosen.
    pub armed: Vec<Strike>,
    /// Those that can be chosen in the fault console.
    pub scenarios: Vec<Scenario>,
    pub cursor: Cursor,
    pub playing: bool,
    /// The script is stepped: its lines and the plan that they build are shown.
    pub by_line: bool,
    /// Play until the script reaches its next statement after this position.
    pub line_from: Option<usize>,
    /// Wait at the first statement of this line, as soon as the log has it.
    pub until: Option<u32>,
    /// Index into [`SPEEDS`].
    pub speed: usize,
    /// Whether the person has chosen a speed.
    pub speed_chosen: bool,
    /// Stay at the end of a growing log.
    pub follow: bool,
    /// The window of a presenter that this one moves with.
    pub following: Option<Following>,
    /// Slow down at deaths and jump over spans in which nothing happens.
    pub auto: bool,
    pub focus: Pane,
    /// The person has chosen a pane: small screens that show only one show this.
    pub pane_chosen: bool,
    /// The pane that had the focus before something was asked.
    pub asked_from: Pane,
    pub zoom: bool,
    pub selected: Selected,
    pub why: Option<Subject>,
    /// The way of a row that is followed.
    pub followed: Option<Journey>,
    pub why_scroll: usize,
    /// Lines scrolled back in the story.
    pub story_scroll: usize,
    /// Lines scrolled on in the script, from the one that is reached.
    pub script_scroll: isize,
    pub overlay: Overlay,
    /// What was looked for last, in small letters.
    pub found: String,
    /// What is open over the theatre, the top one last.
    pub pages: Vec<Page>,
    /// The prediction for a branch that has been asked for.
    pub guess: Option<u32>,
    /// Moments that the person has marked, by run and letter.
    pub own_marks: BTreeMap<(usize, char), VirtualTime>,
    /// Where checks of a learner's script were decided against it, in the first run, and what they say.
    pub verdicts: Vec<(usize, String)>,
    /// What a person answered to the question of a death, by run and death.
    pub answers: BTreeMap<(usize, usize), Answer>,
    /// How many tasks a person said would run again because of a death, by run and death.
    pub guesses: BTreeMap<(usize, usize), u32>,
    /// One line that tells what was just done, and how long it stays, in seconds.
    pub toast: Option<(String, f64)>,
}

impl Model {
    /// A theatre for one run.
    #[must_use]
    pub fn new(title: String, run: Recording, options: ScreenOptions, can_branch: bool, paused: bool) -> Self {
        Model {
            title,
            options,
            runs: vec![run],
            current: 0,
            pending: None,
            probes: Probes::default(),
            can_branch,
            armed: Vec::new(),
            scenarios: Vec::new(),
            cursor: Cursor::default(),
            playing: !paused,
            by_line: false,
            line_from: None,
            until: None,
            speed: 6,
            speed_chosen: false,
            follow: false,
            following: None,
            auto: true,
            focus: Pane::Stages,
            pane_chosen: false,
            asked_from: Pane::Stages,
            zoom: false,
            selected: Selected::Nothing,
            why: None,
            followed: None,
            why_scroll: 0,
            story_scroll: 0,
            script_scroll: 0,
            overlay: Overlay::None,
            found: String::new(),
            pages: Vec::new(),
            guess: None,
            own_marks: BTreeMap::new(),
            verdicts: Vec::new(),
            answers: BTreeMap::new(),
            guesses: BTreeMap::new(),
            toast: None,
        }
    }

    /// The run on screen.
    #[must_use]
    pub fn run(&self) -> &Recording {
        &self.runs[self.current]
    }

    /// The run on screen.
    pub fn run_mut(&mut self) -> &mut Recording {
        &mut self.runs[self.current]
    }

    /// Whether letters are text now.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        matches!(self.overlay, Overlay::Help(_) | Overlay::Find { .. } | Overlay::Marks)
    }

    /// The marks of the run on screen, by letter.
    pub fn marks(&self) -> impl Iterator<Item = (char, VirtualTime)> {
        self.marks_of(self.current)
    }

    /// The marks of one of the runs.
    pub fn marks_of(&self, run: usize) -> impl Iterator<Item = (char, VirtualTime)> {
        let own = self.own_marks.iter().filter(move |((of, _), _)| *of == run);
        own.map(|((_, letter), at)| (*letter, *at))
    }

    /// Whether a task is marked: it is selected, or a row that is followed passes it.
    #[must_use]
    pub fn is_marked(&self, stage: StageId, partition: u32) -> bool {
        let is_passed = self.followed.as_ref().is_some_and(|journey| journey.passes(stage, partition));
        is_passed || self.selected == Selected::Task(stage, partition)
    }

    /// Folds the status of the cursor, so that `view` can read it.
    pub fn seek(&mut self) {
        // The first beat of a death shows the moment just before it: only the frame of the node breaks.
        let before = usize::from(matches!(self.cursor.beat, Some((_, Beat::Death))));
        let position = self.cursor.position.saturating_sub(before);
        self.run_mut().history.seek(position);
        follow::refresh(self);
        self.seek_linked();
    }

    /// Two runs that are compared stand at the same time, or apart.
    fn seek_linked(&mut self) {
        let Some(Page::Compare(mut page)) = self.pages.pop_if(|page| matches!(page, Page::Compare(_))) else { return };
        page.refresh(self);
        for side in [0, 1].into_iter().filter(|side| page.sides[*side] != self.current) {
            let at = page.time_of(side, self);
            let history = &mut self.runs[page.sides[side]].history;
            history.seek(history.position_at(at));
        }
        self.pages.push(Page::Compare(page));
    }

    /// The node whose frame breaks in the first beat.
    #[must_use]
    pub fn dying(&self) -> Option<NodeId> {
        match self.cursor.beat {
            Some((death, Beat::Death)) => self.run().head().deaths.get(death).map(|death| death.node),
            _ => None,
        }
    }
}
