//! One frame: a pure function of the model, the status at its cursor, and the size.

pub mod bar;
pub mod console;
pub mod edges;
pub mod footer;
pub mod layout;
pub mod matrix;
pub mod network;
pub mod nodes;
pub mod overlay;
pub mod paint;
pub mod script;
pub mod stages;
pub mod story;
pub mod timeline;
pub mod why;

use super::hits::Hit;
use super::model::{Copied, Model, Pane};
use super::select;
use super::stops::Beat;
use super::update::speed_word;
use crate::report::Format;
use crate::report::why::told;
use crate::status::Status;
use crate::tui::theme::{State, Tone};
use footer::Hint;
use layout::{Areas, Form};
use paint::{Brush, fit};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draws the theatre. The status is the fold up to the model's cursor.
pub fn view(model: &Model, status: &Status, buffer: &mut Buffer, screen: Rect) {
    paint::draw_on(buffer, model.options, |brush| draw(brush, model, status, screen));
}

/// What can be pressed on that frame.
#[must_use]
pub fn hits(model: &Model, status: &Status, screen: Rect) -> Vec<Hit> {
    paint::hits_of(screen, model.options, |brush| draw(brush, model, status, screen))
}

fn draw(brush: &mut Brush, model: &Model, status: &Status, screen: Rect) {
    let areas = layout::areas(screen, model);
    match (areas.form, model.pages.last()) {
        (Form::Tiny, _) => tiny(brush, screen),
        (_, Some(page)) => page.draw(brush, model, status, screen),
        (_, None) => whole(brush, model, status, &areas),
    }
    if areas.form != Form::Tiny {
        overlay::draw(brush, model, status, screen);
    }
}

/// What `y` and `Y` copy: the page's own text, else all that is known of what is selected, or the pane with the focus as it is drawn.
#[must_use]
pub fn copied(model: &Model, status: &Status, screen: Rect, what: Copied) -> String {
    if let Some(page) = model.pages.last() {
        return page.text(model);
    }
    if let Some(text) = thing(model, status).filter(|_| what == Copied::Thing) {
        return text;
    }
    let mut buffer = Buffer::empty(screen);
    view(model, status, &mut buffer, screen);
    let areas = layout::areas(screen, model);
    let pane = areas.panes.iter().find(|(pane, _)| *pane == model.focus).or_else(|| areas.panes.first());
    let area = pane.map_or(screen, |(_, area)| paint::shrink(*area)).intersection(screen);
    let row = |y: u16| -> String { (area.x..area.right()).map(|x| buffer[(x, y)].symbol()).collect() };
    let lines: Vec<String> = (area.y..area.bottom()).map(|y| row(y).trim_end().to_owned()).collect();
    lines.join("\n").trim_end().to_owned() + "\n"
}

/// What the focus is on, in words; absent where the pane has nothing smaller.
fn thing(model: &Model, status: &Status) -> Option<String> {
    match model.focus {
        Pane::Stages | Pane::Nodes | Pane::Timeline => {
            select::subject(model, status).map(|subject| told(status, subject))
        }
        Pane::Why => why::content(model, status).map(|explanation| explanation.to_string()),
        Pane::Story => story::chosen(model).map(|told| told.sentence.line(Format::Text) + "\n"),
        Pane::Script => None,
    }
}

fn tiny(brush: &mut Brush, screen: Rect) {
    let text = format!("The theatre needs 40 x 12 cells; here are {} x {}. q: back", screen.width, screen.height);
    for (row, line) in paint::wrap(&text, usize::from(screen.width.max(1)), 0).iter().enumerate() {
        brush.tone(screen, 0, row as u16, line, Tone::Text);
    }
}

fn whole(brush: &mut Brush, model: &Model, status: &Status, areas: &Areas) {
    title(brush, model, areas);
    for (pane, area) in &areas.panes {
        let focus = *pane == model.focus;
        match pane {
            Pane::Stages => stages::draw(brush, model, status, *area, focus),
            Pane::Nodes => nodes::draw(brush, model, status, *area, focus),
            Pane::Timeline => timeline::draw(brush, model, status, *area, focus),
            Pane::Why => why::draw(brush, model, status, *area, focus),
            Pane::Script => script::draw(brush, model, status, *area, focus),
            Pane::Story if areas.form == Form::Text => story::plain(brush, model, *area),
            Pane::Story => story::draw(brush, model, *area, focus, areas.form),
        }
    }
    bar::draw(brush, model, areas);
    footer(brush, model, areas);
}

/// What runs, on what, and where in time we are; and that this time is simulated.
fn title(brush: &mut Brush, model: &Model, areas: &Areas) {
    let area = areas.title;
    let run = model.run();
    let head = run.head();
    let state = if model.follow {
        "► LIVE".to_owned()
    } else if model.playing {
        format!("► {}", speed_word(model))
    } else if areas.form == Form::Text {
        format!("║ {}", speed_word(model))
    } else {
        format!("║ PAUSED {}", speed_word(model))
    };
    let more = if run.is_growing() {
        " so far"
    } else if run.is_cut_off() {
        ", cut off"
    } else {
        ""
    };
    let (now, end) = (model.cursor.time.as_secs_f64(), run.history.end().as_secs_f64());
    let digits = if end < 10.0 { 3 } else { 2 };
    let clock = match areas.form {
        Form::Full => format!("{state}   t={now:.digits$} s of {end:.digits$} s{more} ({} time) ", head.time_word()),
        Form::Compact | Form::Text | Form::Tiny => {
            let clock = if head.time_word() == "real" { "real" } else { "sim" };
            let cut_off = if run.is_cut_off() { more } else { "" };
            format!("{state}  t={now:.digits$}/{end:.digits$} {clock} s{cut_off} ")
        }
    };
    let right = area.width.saturating_sub(clock.width() as u16);
    let screen = if areas.form == Form::Text { " " } else { " THEATRE  " };
    let mut name = screen.to_owned();
    let room = usize::from(right.saturating_sub(1));
    // That it is another past than the first counts more than its name.
    let branch = (model.current > 0).then(|| fit(&format!("BRANCH {}", run.name), room.saturating_sub(name.width())));
    let mut parts: Vec<String> = branch.into_iter().chain([fit(&model.title, 60)]).collect();
    match &model.following {
        Some(following) if following.is_led() => parts.push("with the presenter".to_owned()),
        Some(_) => parts.push("on your own".to_owned()),
        None => {}
    }
    if let (Form::Full, Some(application)) = (areas.form, &head.application) {
        let cluster = &application.cluster;
        parts.push(format!("{} nodes x {} cores", cluster.nodes, cluster.cores_per_node));
        if !cluster.is_real {
            parts.push(format!("seed {}", application.seed));
        }
    }
    for (index, part) in parts.iter().enumerate() {
        let between = if index == 0 { "" } else { " · " };
        // What does not fit whole is left out, the least important last.
        if index == 0 || name.width() + between.width() + part.width() <= room {
            name = format!("{name}{between}{part}");
        }
    }
    let left = Rect { width: room as u16, ..area };
    // A name of which only the first letters fit says nothing.
    if room >= 6 {
        brush.tone(left, 0, 0, &fit(&name, room), Tone::Title);
    }
    let tone = if model.playing || model.follow { Tone::State(State::Running) } else { Tone::Title };
    brush.tone(area, right, 0, &clock, tone);
    brush.band(area, 0, area.width);
}

const FULL_HINTS: [Hint; 12] = [
    ("Space", "play"),
    (",/.", "event"),
    ("[/]", "milestone"),
    ("x", "death"),
    ("H/L", "scrub"),
    ("+/-", "speed"),
    ("w", "why"),
    ("K", "kill"),
    ("=", "compare"),
    ("p", "plan"),
    ("d", "data"),
    ("q", "back"),
];
const COMPACT_HINTS: [Hint; 10] = [
    ("Space", "play"),
    ("[/]", "mile"),
    ("H/L", "scrub"),
    ("w", "why"),
    ("K", "kill"),
    ("=", "compare"),
    ("q", "back"),
    ("Tab", "pane"),
    (",/.", "event"),
    ("+/-", "speed"),
];
/// While the script is stepped.
const LINE_HINTS: [Hint; 9] = [
    ("</>", "line"),
    ("Space", "play"),
    (",/.", "event"),
    ("w", "why"),
    ("K", "kill"),
    ("o", "printed"),
    ("3", "timeline"),
    ("Tab", "pane"),
    ("q", "back"),
];
const TEXT_HINTS: [Hint; 4] = [("Space", "play"), ("[/]", "step"), ("q", "back"), ("w", "why")];

fn footer(brush: &mut Brush, model: &Model, areas: &Areas) {
    const STORY_HINTS: [Hint; 4] =
        [("]", "go on with the story of this death"), ("Space", "play"), ("w", "why"), ("q", "back")];
    const QUESTION_HINTS: [Hint; 5] =
        [("j/k", "choose"), ("Space", "mark"), ("Enter", "show the answer"), ("w", "why"), ("q", "back")];
    const FOLLOW_HINTS: [Hint; 6] = [
        ("[/]", "what becomes of the row"),
        ("Space", "play"),
        ("d", "data"),
        ("w", "why"),
        ("K", "kill"),
        ("Esc", "let it go"),
    ];
    // On the smallest screens the keys are told in one word.
    const SHORT_STORY: [Hint; 4] = [("]", "go on"), ("Space", "play"), ("w", "why"), ("q", "back")];
    const SHORT_QUESTION: [Hint; 3] = [("Space", "mark"), ("Enter", "answer"), ("j/k", "")];
    const LAST_HINTS: [Hint; 5] = [
        ("=", "compare with the run before"),
        ("]", "the run goes on"),
        ("Space", "play"),
        ("w", "why"),
        ("q", "back"),
    ];
    let is_asked = |(_, beat): &(usize, Beat)| *beat == Beat::Question;
    let hints: &[Hint] = match (model.cursor.beat.filter(|beat| !model.playing || is_asked(beat)), areas.form) {
        _ if overlay::hints(model).is_some() => overlay::hints(model).unwrap_or_default(),
        (Some((_, Beat::Question)), Form::Text) => &SHORT_QUESTION,
        (Some((_, Beat::Question)), _) => &QUESTION_HINTS,
        (Some((_, Beat::Cost)), _) => &LAST_HINTS,
        (Some(_), Form::Text) => &SHORT_STORY,
        (Some(_), _) => &STORY_HINTS,
        (None, Form::Full | Form::Compact) if model.followed.is_some() => &FOLLOW_HINTS,
        (None, Form::Full | Form::Compact) if model.by_line => &LINE_HINTS,
        (None, Form::Full) => &FULL_HINTS,
        (None, Form::Compact) => &COMPACT_HINTS,
        (None, Form::Text | Form::Tiny) => &TEXT_HINTS,
    };
    let run = model.run();
    let works = |key: &str| match key {
        "K" => model.can_branch,
        "=" => model.runs.len() > 1,
        "x" => !run.head().deaths.is_empty(),
        _ => true,
    };
    let hints: Vec<Hint> = hints.iter().filter(|(key, _)| works(key)).copied().collect();
    // A question's keys are worth more than what was just done.
    let toast = model.toast.as_ref().filter(|_| !model.cursor.beat.as_ref().is_some_and(is_asked));
    footer::draw(brush, areas.footer, toast, &hints);
}
