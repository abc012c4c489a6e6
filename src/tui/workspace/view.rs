//! Draws the workspace.
//!
//! ```text
//!   title                                             save 3 · 5 of 6 checks
//!   ┌ 1 Task ───────────────┐┌ 3 Verdict ─────────────────────────────┐
//!   │ text, hints           ││ got, wanted, where, why, next          │
//!   ├ 2 Checks ─────────────┤├ 4 Run, at the moment that decided it ──┤
//!   │ each check, each data ││ stages, nodes, what happened last      │
//!   └───────────────────────┘└────────────────────────────────────────┘
//!   keys
//! ```
//! Narrow screens show the pane with the focus. The checks then begin with the verdict, and what the selected one saw
//! stands below it.

use super::model::{Overlay, PANES, Pane, Progress, Workspace, rows};
use crate::event::EventKind;
use crate::report::page::{self, Ink, PageLine};
use crate::report::{picture, verdict, words};
use crate::status::Status;
use crate::tui::find;
use crate::tui::palette;
use crate::tui::theatre::hits::{Hit, Target};
use crate::tui::theatre::view::footer::{self, Hint};
use crate::tui::theatre::view::paint::{self, Brush, fit, wrap};
use crate::tui::theme::{ScreenOptions, Tone};
use crate::workshop::markdown;
use crate::workshop::stretch::PLACE as STRETCH_PLACE;
use crate::workshop::verdict::{VariantVerdict, data_name};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use std::ops::Range;

/// From this width on all panes are shown.
const WIDE: u16 = 110;
/// From this width on the title of a pane that is alone names the others.
const NAMED: u16 = 60;
/// The left column of wide screens.
const LEFT: u16 = 50;
/// Before what stands inside an entry of a list.
const INSIDE: &str = "    ";

/// Draws it.
pub fn view(workspace: &Workspace, options: ScreenOptions, buffer: &mut Buffer, screen: Rect) {
    paint::draw_on(buffer, options, |brush| draw(brush, workspace, screen));
}

/// What can be pressed on it.
#[must_use]
pub fn hits(workspace: &Workspace, options: ScreenOptions, screen: Rect) -> Vec<Hit> {
    paint::hits_of(screen, options, |brush| draw(brush, workspace, screen))
}

/// The focused pane as plain text.
#[must_use]
pub fn copied(workspace: &Workspace) -> String {
    const COLUMNS: usize = 100;
    let (lines, _) = lines_of(workspace, workspace.pane, COLUMNS, true);
    page::words_of(&lines)
}

fn draw(brush: &mut Brush, workspace: &Workspace, screen: Rect) {
    if paint::is_too_small(brush, screen, "q: back") {
    } else {
        title(brush, workspace, screen);
        brush.band(screen, 0, screen.width);
        for (pane, area) in layout(workspace, screen) {
            one_pane(brush, workspace, pane, area);
        }
        footer(brush, workspace, Rect { y: screen.y + screen.height - 1, height: 1, ..screen });
        overlay(brush, workspace, screen);
        workspace.front.draw(brush, screen, &rows());
    }
}

/// The panes that are shown, and where.
fn layout(workspace: &Workspace, screen: Rect) -> Vec<(Pane, Rect)> {
    let body = Rect { y: screen.y + 1, height: screen.height.saturating_sub(2), ..screen };
    if screen.width < WIDE || workspace.zoom {
        return vec![(workspace.pane, body)];
    }
    let right = Rect { x: body.x + LEFT, width: body.width - LEFT, ..body };
    let left = Rect { width: LEFT, ..body };
    let (task, checks) = split(left, body.height / 2);
    if !workspace.shows_run {
        return vec![(Pane::Task, task), (Pane::Checks, checks), (Pane::Verdict, right)];
    }
    let (verdict, run) = split(right, (body.height * 2 / 5).max(12).min(body.height));
    vec![(Pane::Task, task), (Pane::Checks, checks), (Pane::Verdict, verdict), (Pane::Run, run)]
}

fn split(area: Rect, top: u16) -> (Rect, Rect) {
    (Rect { height: top, ..area }, Rect { y: area.y + top, height: area.height - top, ..area })
}

fn title(brush: &mut Brush, workspace: &Workspace, screen: Rect) {
    let passed = workspace.map.iter().filter(|line| line.passed).count();
    // How often the script ran, and how it stands.
    let run = if workspace.save > 0 { format!("run {} · ", workspace.save) } else { String::new() };
    let checks = workspace.shown().filter(|_| screen.width >= WIDE).map_or(String::new(), |shown| {
        let hold = shown.checks.iter().filter(|check| check.failure.is_none()).count();
        format!("{hold} of {} checks · ", shown.checks.len())
    });
    let all = workspace.map.len();
    let step = &workspace.step;
    let (text, right) = if screen.width < WIDE {
        (format!("{}  {}", step.id, step.title), format!("{run}{passed}/{all} steps"))
    } else {
        let text = format!("WORKSHOP  {}  {}  ~{} min", step.id, step.title, step.minutes);
        (text, format!("{run}{checks}{passed} of {all} steps passed"))
    };
    let room = usize::from(screen.width).saturating_sub(right.chars().count() + 3);
    brush.tone(screen, 1, 0, &fit(&text, room), Tone::Title);
    brush.tone(screen, screen.width.saturating_sub(right.chars().count() as u16 + 1), 0, &right, Tone::Dim);
}

fn name(pane: Pane) -> &'static str {
    match pane {
        Pane::Task => "Task",
        Pane::Checks => "Checks",
        Pane::Verdict => "Verdict",
        Pane::Run => "Run",
    }
}

/// A pane that is not on the screen: its name, and how many checks hold.
fn tab(workspace: &Workspace, pane: Pane) -> String {
    let name = name(pane).to_lowercase();
    match workspace.shown().filter(|_| pane == Pane::Checks) {
        Some(shown) => {
            let hold = shown.checks.iter().filter(|check| check.failure.is_none()).count();
            format!("{name} {hold} of {}", shown.checks.len())
        }
        None => name,
    }
}

fn one_pane(brush: &mut Brush, workspace: &Workspace, pane: Pane, area: Rect) {
    let number = PANES.iter().position(|other| *other == pane).unwrap_or(0) + 1;
    let mut title = format!("{number} {}", name(pane));
    if brush.buffer.area.width < WIDE {
        let others = workspace.panes().iter().filter(|other| **other != pane).map(|other| tab(workspace, *other));
        let tabs = format!("{title}   (Tab: {})", others.collect::<Vec<_>>().join(", "));
        // Where the others do not fit whole, the footer names the key.
        title = if tabs.len() + 4 < usize::from(area.width) { tabs } else { title };
    }
    let has_focus = pane == workspace.pane;
    let inner = brush.pane(area, &title, has_focus);
    brush.hit_area(area, Target::Pane(number - 1));
    let (lines, marked) = lines_of(workspace, pane, usize::from(inner.width), brush.buffer.area.width >= WIDE);
    let height = usize::from(inner.height);
    // The selected check stays in sight, unless a word was found elsewhere; a task may be scrolled away from its hint.
    let is_followed = pane == Pane::Checks && workspace.found.at.is_none();
    let follow = marked.filter(|_| is_followed).map_or(0, |marked| scroll_to(&marked, height));
    let scroll = if has_focus { workspace.scroll.max(follow) } else { follow };
    brush.page(area, inner, &lines, scroll);
    brush.found(inner, &workspace.found);
}

/// The lines in which words are found, of all panes.
#[must_use]
pub fn places(workspace: &Workspace) -> Vec<find::Place<(usize, usize)>> {
    let width = workspace.area.width;
    let shown = layout(workspace, workspace.area);
    let of = |pane: Pane| {
        let number = PANES.iter().position(|other| *other == pane).unwrap_or(0);
        let room = shown.iter().find(|(which, _)| *which == pane).map_or(width, |(_, area)| area.width);
        let (lines, _) = lines_of(workspace, pane, usize::from(room.saturating_sub(4)), width >= WIDE);
        find::places(&lines, |line| (number, line))
    };
    workspace.panes().iter().flat_map(|pane| of(*pane)).collect()
}

/// The scroll at which a line of the focused pane, counted from 1, is in sight with what stands around it.
#[must_use]
pub fn scroll_around(workspace: &Workspace, line: usize) -> usize {
    let (lines, _, height) = focused_lines(workspace).unwrap_or_default();
    line.saturating_sub(1 + height / 3).min(lines.saturating_sub(height))
}

/// The lines of a pane, and those that should be in sight: the selected check, the hint that was read last.
fn lines_of(workspace: &Workspace, pane: Pane, width: usize, is_wide: bool) -> (Vec<PageLine>, Option<Range<usize>>) {
    match pane {
        Pane::Task => task(workspace, width),
        Pane::Verdict => (verdict_lines(workspace, width), None),
        Pane::Run => (run(workspace, width), None),
        Pane::Checks => checks(workspace, width, is_wide),
    }
}

/// A path, broken after its slashes where it is too long: it is there to be opened.
fn path_lines(path: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in path.split_inclusive('/') {
        let at = lines.len() - 1;
        if lines[at].chars().count() + part.chars().count() > width && !lines[at].is_empty() {
            lines.push(part.to_owned());
        } else {
            lines[at].push_str(part);
        }
    }
    lines
}

fn task(workspace: &Workspace, width: usize) -> (Vec<PageLine>, Option<Range<usize>>) {
    let step = &workspace.step;
    let mut lines = text(&step.task, width);
    lines.push(PageLine::of(Ink::Text, "Every save is checked:"));
    lines.extend(path_lines(&workspace.file, width).into_iter().map(|line| PageLine::of(Ink::Key, line)));
    if workspace.hints > 0 {
        lines.push(PageLine::default());
    }
    let mut last = None;
    for (number, hint) in step.hints.iter().take(workspace.hints).enumerate() {
        last = Some(lines.len());
        lines.extend(text(&format!("Hint {}. {hint}", number + 1), width));
    }
    let hint = last.map(|start| start..lines.len());
    let left = step.hints.len().saturating_sub(workspace.hints);
    if left > 0 {
        let read = format!("i: next hint, {left} of {} left.", step.hints.len());
        lines.push(PageLine::of(Ink::Dim, read));
    }
    lines.push(PageLine::default());
    lines.push(PageLine::of(Ink::Title, "Why it works so"));
    lines.extend(text(&step.theory, width));
    if let Some(stretch) = step.stretch.as_ref().filter(|_| is_passed(workspace)) {
        lines.push(PageLine::of(Ink::Title, "To go further"));
        lines.extend(text(&stretch.text, width));
        lines.extend(text(STRETCH_PLACE, width));
    }
    (lines, hint)
}

fn text(text: &str, width: usize) -> Vec<PageLine> {
    markdown::blocks(text.trim()).iter().flat_map(|block| page::block(block, width)).collect()
}

fn is_passed(workspace: &Workspace) -> bool {
    workspace.map.get(workspace.here).is_some_and(|line| line.passed)
}

/// Every check of the shown variant, where there is room for nothing else with what the selected one saw; then every
/// variant. And the lines of the selected check.
fn checks(workspace: &Workspace, width: usize, is_wide: bool) -> (Vec<PageLine>, Option<Range<usize>>) {
    let mut lines = Vec::new();
    let mut marked = None;
    let list = workspace.shown().map_or(&[] as &[_], |shown| &shown.checks);
    if !is_wide {
        lines.extend(headline(workspace, width));
    } else if list.is_empty() {
        let text =
            if workspace.progress == Progress::Visible { "The script runs …" } else { "Nothing was checked yet." };
        lines.push(PageLine::of(Ink::Dim, text));
    }
    for (index, check) in list.iter().enumerate() {
        let is_chosen = index == workspace.chosen;
        let (sign, ink) = if check.failure.is_some() { ("✗", Ink::Bad) } else { ("■", Ink::Good) };
        let pointer = if is_chosen { "> " } else { "  " };
        // What stands above the first belongs to it.
        let start = if index == 0 { 0 } else { lines.len() };
        for (row, part) in wrap(&check.text, width.saturating_sub(4).max(8), 0).into_iter().enumerate() {
            let (head, mark) = if row == 0 { (pointer, sign) } else { ("  ", " ") };
            let words = if is_chosen { Ink::Strong } else { Ink::Text };
            let pieces = vec![(Ink::Strong, head.to_owned()), (ink, format!("{mark} ")), (words, part)];
            lines.push(PageLine(pieces));
        }
        if is_chosen {
            if !is_wide && check.failure.is_some() {
                let room = width.saturating_sub(INSIDE.len());
                lines.extend(indented([mistake(workspace, room), seen(workspace, room)].concat()));
            }
            marked = Some(start..lines.len());
        }
    }
    lines.push(PageLine::default());
    lines.extend(data(workspace, width));
    (lines, marked)
}

fn indented(lines: Vec<PageLine>) -> impl Iterator<Item = PageLine> {
    lines.into_iter().map(|PageLine(mut pieces)| {
        pieces.insert(0, (Ink::Text, INSIDE.to_owned()));
        PageLine(pieces)
    })
}

/// The visible data and the hidden variants, and how long they took.
fn data(workspace: &Workspace, width: usize) -> Vec<PageLine> {
    let mut lines = vec![PageLine::of(Ink::Dim, "On these data:")];
    let next = workspace.variants.len();
    for (index, variant) in workspace.step.variants.iter().enumerate() {
        let judged = workspace.variants.iter().find(|judged| judged.name == variant.name);
        let (sign, ink) = match judged {
            Some(judged) if judged.passed => ("■", Ink::Good),
            Some(_) => ("✗", Ink::Bad),
            None if index == next && workspace.progress == Progress::Hidden => ("►", Ink::Key),
            None => ("·", Ink::Dim),
        };
        let seed = judged.map_or(String::new(), |judged| format!("  seed {}", judged.seed));
        lines.push(PageLine(vec![
            (ink, format!("  {sign} ")),
            (Ink::Text, data_name(&variant.name).to_owned()),
            (Ink::Dim, seed),
        ]));
    }
    if let Some(first) = workspace.first_millis {
        let all = workspace.all_millis.map_or(String::new(), |all| format!(", everything after {all} ms"));
        let took = format!("Visible data after {first} ms{all} of your time.");
        lines.extend(page::words(&took, width, "").into_iter().map(|line| PageLine::of(Ink::Dim, line.plain())));
    }
    lines
}

/// The verdict in a pane of its own.
fn verdict_lines(workspace: &Workspace, width: usize) -> Vec<PageLine> {
    let mut lines = headline(workspace, width);
    lines.extend(mistake(workspace, width));
    if workspace.failure().is_some() {
        lines.extend(seen(workspace, width));
    } else if workspace.shown().is_some_and(|shown| !shown.passed) {
        lines.push(PageLine::of(Ink::Good, "The selected check holds; j and k go to the others."));
    }
    lines
}

/// How it stands, in what should be read first: all of the praise, or on which data it fails.
fn headline(workspace: &Workspace, width: usize) -> Vec<PageLine> {
    let mut lines = match workspace.shown() {
        None if workspace.progress == Progress::Visible => text("The script runs on the visible data …", width),
        None => {
            text("Save the script, and the verdict stands here: what was seen, what was wanted, why it matters.", width)
        }
        Some(shown) if shown.passed => praise(workspace, shown, width),
        Some(shown) => {
            let on = format!("On {} (seed {}, {})", shown.data(), shown.seed, shown.cluster);
            vec![PageLine::of(Ink::Dim, on)]
        }
    };
    lines.push(PageLine::default());
    lines
}

/// What went wrong in a learner's words, where it is known.
fn mistake(workspace: &Workspace, width: usize) -> Vec<PageLine> {
    let mistake = workspace.shown().and_then(|shown| shown.mistake.as_ref());
    mistake.map_or(Vec::new(), |mistake| text(&mistake.text, width))
}

/// What the selected check saw and wanted.
fn seen(workspace: &Workspace, width: usize) -> Vec<PageLine> {
    // Which check it is, the list says.
    let parts = workspace.failure().map(verdict::parts).into_iter().flatten().skip(1);
    parts.flat_map(|(word, said)| labelled(word, &said, width)).collect()
}

fn labelled(word: &str, said: &str, width: usize) -> Vec<PageLine> {
    let parts = wrap(said, width.saturating_sub(8).max(8), 0).into_iter().enumerate();
    let ink = if word == "Next" { Ink::Strong } else { Ink::Text };
    parts
        .map(|(row, part)| {
            let head = if row == 0 { word } else { "" };
            PageLine(vec![(Ink::Dim, format!("{head:<8}")), (ink, part)])
        })
        .collect()
}

/// What happened in the cluster, and what comes next.
fn praise(workspace: &Workspace, shown: &VariantVerdict, width: usize) -> Vec<PageLine> {
    let whole = workspace.verdict.as_ref().is_some_and(|verdict| verdict.passed);
    let first = if whole { "Right, on all data." } else { "Right on the visible data; the hidden ones are running." };
    let mut lines = vec![PageLine::of(Ink::Good, first), PageLine::default()];
    lines.extend(page::words(&verdict::in_the_cluster(&shown.figures), width, ""));
    for remark in &shown.remarks {
        lines.push(PageLine::default());
        lines.extend(text(&remark.text, width));
    }
    if whole {
        let told = workspace.verdict.as_ref().and_then(|verdict| verdict.stretch.as_ref());
        let further = match (&workspace.step.stretch, told) {
            (_, Some(told)) => format!("{} ", verdict::of_stretch(told)),
            (Some(_), None) => "A stretch goal stands below the task. ".to_owned(),
            (None, None) => String::new(),
        };
        lines.push(PageLine::default());
        lines.extend(page::words(&format!("{further}>: next step. s: our way beside yours."), width, ""));
    }
    lines
}

/// The run at the moment that decided the selected check.
fn run(workspace: &Workspace, width: usize) -> Vec<PageLine> {
    let Some(shown) = workspace.shown().filter(|shown| !shown.events.is_empty()) else {
        return text("The run of your script stands here, at the moment that decided the selected check.", width);
    };
    let until = &shown.events[..workspace.moment().min(shown.events.len())];
    let status = Status::of(until);
    let at = format!("At {} simulated, on {}. Enter opens this moment.", words::moment(status.now), shown.cluster);
    let mut lines = page::words(&at, width, "");
    let starting = match until.last().map(|event| &event.kind) {
        Some(EventKind::QueryStarted { query, .. }) => status.queries.get(query),
        _ => None,
    };
    let drawn = match starting {
        Some(query) => picture::plan_of(query),
        None => [picture::stages(&status, width), vec![String::new()], picture::nodes(&status, width)].concat(),
    };
    lines.extend(drawn.iter().map(|line| PageLine::of(Ink::Code, fit(line, width))));
    lines.push(PageLine::default());
    let told = picture::told(until, 0);
    let last = &told[told.len().saturating_sub(8)..];
    lines.extend(last.iter().flat_map(|line| wrap(line, width.max(8), 8)).map(|line| PageLine::of(Ink::Text, line)));
    lines
}

/// How far the focused pane can be scrolled.
#[must_use]
pub fn scroll_max(workspace: &Workspace) -> usize {
    focused_lines(workspace).map_or(0, |(lines, _, height)| lines.saturating_sub(height))
}

/// How far the focused pane must be scrolled to show what should be in sight.
#[must_use]
pub fn scroll_to_mark(workspace: &Workspace) -> usize {
    let Some((_, Some(marked), height)) = focused_lines(workspace) else { return 0 };
    scroll_to(&marked, height)
}

/// The least scroll that shows these lines and one below them, or the first of them where they are more than fit.
fn scroll_to(lines: &Range<usize>, height: usize) -> usize {
    (lines.end + 1).saturating_sub(height).min(lines.start)
}

/// Lines of the focused pane, those that should be in sight, and how many fit.
fn focused_lines(workspace: &Workspace) -> Option<(usize, Option<Range<usize>>, usize)> {
    let (pane, area) = layout(workspace, workspace.area).into_iter().find(|(pane, _)| *pane == workspace.pane)?;
    let (lines, marked) =
        lines_of(workspace, pane, usize::from(area.width.saturating_sub(4)), workspace.area.width >= WIDE);
    Some((lines.len(), marked, usize::from(area.height.saturating_sub(2))))
}

fn overlay(brush: &mut Brush, workspace: &Workspace, screen: Rect) {
    let room = usize::from(screen.width.saturating_sub(8).min(100));
    let (title, lines, scroll) = match &workspace.overlay {
        Overlay::None => return,
        Overlay::Map { choice } => ("Steps, Enter goes there", map(workspace, *choice), choice.saturating_sub(8)),
        Overlay::Reset { typed } => {
            let ask = format!("Type reset and Enter to get the starter back: {typed}_");
            let kept = "Your text goes to .batchlab/attic/; nothing is lost.";
            ("Reset", vec![PageLine::of(Ink::Text, ask), PageLine::of(Ink::Dim, kept)], 0)
        }
        Overlay::AskSolution => {
            let ask = "You have not passed this step yet. See one way to do it? The report will say so.";
            let mut lines = page::words(ask, room, "");
            lines.push(PageLine::of(Ink::Key, "y: yes   any other key: no"));
            ("Solution", lines, 0)
        }
        Overlay::Solution { lines, scroll } => ("Solution, q closes", solution(lines, screen.width), *scroll),
    };
    let (inner, frame) = palette::framed(brush, screen, (100, lines.len() as u16 + 2), title);
    let scroll = scroll.min(lines.len().saturating_sub(usize::from(inner.height)));
    brush.page(frame, inner, &lines, scroll);
}

/// The solution's lines on a screen of this width, the long ones folded.
#[must_use]
pub fn solution(lines: &[String], width: u16) -> Vec<PageLine> {
    let room = usize::from(width.saturating_sub(8).clamp(20, 100));
    lines.iter().flat_map(|line| words::fold(line, room)).map(|line| PageLine::of(Ink::Code, line)).collect()
}

fn map(workspace: &Workspace, choice: usize) -> Vec<PageLine> {
    let line = |(index, step): (usize, &super::model::MapLine)| {
        let (sign, ink) = if step.passed { ("■", Ink::Good) } else { ("·", Ink::Dim) };
        let pointer = if index == choice { "> " } else { "  " };
        let words = if index == choice { Ink::Strong } else { Ink::Text };
        PageLine(vec![
            (Ink::Strong, pointer.to_owned()),
            (ink, format!("{sign} ")),
            (words, format!("{:<6}{}", step.id, step.title)),
        ])
    };
    workspace.map.iter().enumerate().map(line).collect()
}

const HINTS: [Hint; 12] = [
    ("Enter", "moment"),
    ("i", "hint"),
    ("e", "edit"),
    ("t", "theatre"),
    (">", "next"),
    ("g", "steps"),
    ("q", "back"),
    ("v", "check"),
    ("b", "lesson"),
    ("s", "solution"),
    ("Tab", "pane"),
    ("/", "find"),
];

/// The keys of what is open above the panes.
fn covering(workspace: &Workspace) -> Option<&'static [Hint]> {
    let own: &[Hint] = match &workspace.overlay {
        Overlay::None => return workspace.front.hints(),
        Overlay::Map { .. } => &[("j/k", "choose"), ("Enter", "goes there"), ("Esc", "back")],
        Overlay::Reset { .. } => &[("Enter", "does it"), ("Esc", "back")],
        Overlay::AskSolution => &[("y", "yes"), ("Esc", "no")],
        Overlay::Solution { .. } => &[("j/k", "scroll"), ("Esc", "back")],
    };
    Some(own)
}

fn footer(brush: &mut Brush, workspace: &Workspace, area: Rect) {
    let mut hints = HINTS;
    // Where a title does not name the other panes, the way to them is the second key.
    if area.width < NAMED {
        let tab = hints.iter().position(|(key, _)| *key == "Tab").unwrap_or(1);
        hints[1..=tab].rotate_right(1);
    }
    let hints = covering(workspace).unwrap_or(&hints);
    footer::draw_with(brush, area, workspace.notice.as_deref(), hints, "keys");
}
