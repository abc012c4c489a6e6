//! Glyphs and colours: one state, one glyph, on every screen (glyph first, colour second).

use crate::status::TaskState;
use ratatui::style::{Color, Modifier, Style};

/// Which characters may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GlyphSet {
    #[default]
    Unicode,
    Ascii,
}

/// Which colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    #[default]
    Dark,
    Light,
    /// The terminal's own sixteen colours.
    Terminal,
    Contrast,
    /// No colour at all: bold, dim, underlined, reversed.
    Mono,
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Depth {
    Sixteen,
    #[default]
    Indexed,
    /// 24 bits.
    Rgb,
}

/// How much moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Motion {
    /// Dots on their way, 30 pictures a second.
    #[default]
    Full,
    /// No dots, four pictures a second.
    Reduced,
    /// A new picture at a key or a step, and once a second.
    None,
}

/// How the screens look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScreenOptions {
    pub glyphs: GlyphSet,
    pub theme: Theme,
    pub depth: Depth,
    pub motion: Motion,
    /// For the back of the room: high contrast, nothing dim.
    pub projector: bool,
    /// The mouse stays with the terminal.
    pub no_mouse: bool,
    /// The terminal is at the other end of a network.
    pub is_remote: bool,
}

/// What a colour or an emphasis says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Text,
    /// Frames, labels, what is not important now.
    Dim,
    /// Titles.
    Title,
    /// What has the focus.
    Focus,
    /// What is selected.
    Selected,
    /// How a thing stands.
    State(State),
    /// A key in the footer.
    Key,
}

impl Tone {
    /// The tone of a task's state.
    #[must_use]
    pub fn of(state: TaskState) -> Self {
        State::of(state).tone()
    }
}

/// How a thing stands, as the screens tell it apart: one glyph and one tone each, everywhere (visualizer §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its inputs are not ready.
    Pending,
    /// Its inputs are ready; it waits for a core.
    Scheduled,
    /// It waits for shuffle blocks.
    Fetching,
    Running,
    /// Its output exists.
    Done,
    /// It was not run: its output is still there.
    Skipped,
    Cached,
    /// It went to disk, memory was full.
    Spilled,
    /// It stopped with an error and will be tried again.
    Failed,
    /// It existed, and is gone with its node.
    Lost,
    /// It is made again from its inputs.
    Again,
    /// A second copy of a slow task.
    Speculative,
    /// Its machine is being taken away.
    Preempted,
}

impl State {
    /// All states.
    pub const ALL: [State; 13] = [
        State::Pending,
        State::Scheduled,
        State::Fetching,
        State::Running,
        State::Done,
        State::Skipped,
        State::Cached,
        State::Spilled,
        State::Failed,
        State::Lost,
        State::Again,
        State::Speculative,
        State::Preempted,
    ];

    /// The state of a task as the log's fold has it.
    #[must_use]
    pub fn of(state: TaskState) -> Self {
        match state {
            TaskState::Pending => State::Pending,
            TaskState::Running => State::Running,
            TaskState::Recomputing => State::Again,
            TaskState::Done => State::Done,
            TaskState::Failed => State::Failed,
            TaskState::Lost => State::Lost,
        }
    }

    /// Its character.
    #[must_use]
    pub fn glyph(self) -> char {
        match self {
            State::Pending => TaskState::Pending.glyph(),
            State::Scheduled => '○',
            State::Fetching => '⇣',
            State::Running => TaskState::Running.glyph(),
            State::Done => TaskState::Done.glyph(),
            State::Skipped => '»',
            State::Cached => '◆',
            State::Spilled => '▽',
            State::Failed => TaskState::Failed.glyph(),
            State::Lost => TaskState::Lost.glyph(),
            State::Again => TaskState::Recomputing.glyph(),
            State::Speculative => '≈',
            State::Preempted => 'z',
        }
    }

    /// Its tone.
    #[must_use]
    pub fn tone(self) -> Tone {
        Tone::State(self)
    }
}

/// Red, green, blue, and the nearest of the 256 colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ink(u8, u8, u8, u8);

impl Ink {
    fn color(self, depth: Depth) -> Color {
        let Ink(red, green, blue, index) = self;
        if depth == Depth::Rgb { Color::Rgb(red, green, blue) } else { Color::Indexed(index) }
    }
}

impl ScreenOptions {
    /// The style that says `tone`.
    #[must_use]
    pub fn style(self, tone: Tone) -> Style {
        let (theme, tone) = self.projected(tone);
        let style = Style::new().add_modifier(modifier(theme, tone));
        // Projectors wash fine shades out.
        let depth = if self.projector { self.depth.min(Depth::Indexed) } else { self.depth };
        let color = match (theme, depth) {
            (Theme::Mono, _) => None,
            (Theme::Terminal, _) | (_, Depth::Sixteen) => ansi(tone),
            (_, depth) => ink(theme, tone).map(|ink| ink.color(depth)),
        };
        color.map_or(style, |color| style.fg(color))
    }

    /// What a projector shows in place of the theme and the tone: strong colours, nothing dim.
    fn projected(self, tone: Tone) -> (Theme, Tone) {
        let theme = match self.theme {
            Theme::Dark | Theme::Terminal if self.projector => Theme::Contrast,
            other => other,
        };
        let tone =
            if self.projector && matches!(tone, Tone::Dim | Tone::State(State::Pending)) { Tone::Text } else { tone };
        (theme, tone)
    }
}

fn modifier(theme: Theme, tone: Tone) -> Modifier {
    let mono = theme == Theme::Mono;
    match tone {
        Tone::Text | Tone::State(State::Done | State::Scheduled) => Modifier::empty(),
        Tone::Dim | Tone::State(State::Pending) if theme == Theme::Contrast => Modifier::empty(),
        Tone::Dim | Tone::State(State::Pending | State::Skipped | State::Preempted) if mono => Modifier::DIM,
        Tone::Dim | Tone::State(State::Pending | State::Skipped | State::Preempted) => Modifier::empty(),
        Tone::Title | Tone::Focus | Tone::State(State::Running) | Tone::Key => Modifier::BOLD,
        Tone::Selected => Modifier::BOLD.union(Modifier::REVERSED),
        Tone::State(State::Fetching | State::Spilled) if mono => Modifier::UNDERLINED,
        Tone::State(State::Failed | State::Lost) if mono => Modifier::REVERSED,
        Tone::State(State::Again) if mono => Modifier::BOLD.union(Modifier::UNDERLINED),
        Tone::State(State::Cached) if mono => Modifier::BOLD,
        Tone::State(State::Speculative) if mono => Modifier::ITALIC,
        Tone::State(State::Lost | State::Again) => Modifier::BOLD,
        Tone::State(State::Fetching | State::Failed | State::Cached | State::Spilled | State::Speculative) => {
            Modifier::empty()
        }
    }
}

/// The terminal's own colours: what they look like is its business.
fn ansi(tone: Tone) -> Option<Color> {
    Some(match tone {
        Tone::Text | Tone::Title | Tone::Selected => return None,
        Tone::Dim | Tone::State(State::Pending) => Color::DarkGray,
        Tone::Focus | Tone::Key | Tone::State(State::Running | State::Fetching) => Color::Cyan,
        Tone::State(State::Scheduled) => Color::Blue,
        Tone::State(State::Done | State::Skipped) => Color::Green,
        Tone::State(State::Cached | State::Spilled | State::Again) => Color::Yellow,
        Tone::State(State::Failed | State::Lost) => Color::Red,
        Tone::State(State::Speculative | State::Preempted) => Color::Magenta,
    })
}

fn ink(theme: Theme, tone: Tone) -> Option<Ink> {
    match theme {
        Theme::Dark => dark(tone),
        Theme::Light => Some(light(tone)),
        Theme::Contrast => Some(contrast(tone)),
        Theme::Terminal | Theme::Mono => None,
    }
}

fn dark(tone: Tone) -> Option<Ink> {
    Some(match tone {
        Tone::Text | Tone::Title | Tone::Selected => return None,
        Tone::Dim | Tone::State(State::Pending) => Ink(0x8A, 0x8A, 0x8A, 245),
        Tone::Focus | Tone::Key | Tone::State(State::Running | State::Fetching) => Ink(0x56, 0xB4, 0xE9, 74),
        Tone::State(State::Scheduled) => Ink(0x6F, 0xA8, 0xDC, 74),
        Tone::State(State::Done | State::Skipped) => Ink(0x00, 0x9E, 0x73, 36),
        Tone::State(State::Cached) => Ink(0xF0, 0xE4, 0x42, 227),
        Tone::State(State::Spilled) => Ink(0xB8, 0xA6, 0x42, 143),
        Tone::State(State::Failed | State::Lost) => Ink(0xD5, 0x5E, 0x00, 166),
        Tone::State(State::Again) => Ink(0xE6, 0x9F, 0x00, 214),
        Tone::State(State::Speculative | State::Preempted) => Ink(0xCC, 0x79, 0xA7, 175),
    })
}

fn light(tone: Tone) -> Ink {
    match tone {
        Tone::Text | Tone::Title | Tone::Selected => Ink(0x1A, 0x1A, 0x1A, 234),
        Tone::Dim | Tone::State(State::Pending) => Ink(0x5A, 0x5A, 0x5A, 240),
        Tone::Focus | Tone::Key | Tone::State(State::Running) => Ink(0x0A, 0x5A, 0x8A, 24),
        Tone::State(State::Fetching) => Ink(0x00, 0x4F, 0x7F, 24),
        Tone::State(State::Scheduled) => Ink(0x1F, 0x5A, 0x96, 25),
        Tone::State(State::Done | State::Skipped) => Ink(0x00, 0x66, 0x4A, 23),
        Tone::State(State::Cached | State::Spilled) => Ink(0x6B, 0x61, 0x00, 58),
        Tone::State(State::Failed | State::Lost) => Ink(0x9A, 0x45, 0x00, 94),
        Tone::State(State::Again) => Ink(0x7A, 0x52, 0x00, 94),
        Tone::State(State::Speculative | State::Preempted) => Ink(0x8A, 0x3F, 0x6B, 89),
    }
}

fn contrast(tone: Tone) -> Ink {
    match tone {
        Tone::Text | Tone::Title | Tone::Selected | Tone::Dim | Tone::State(State::Pending) => {
            Ink(0xFF, 0xFF, 0xFF, 15)
        }
        Tone::Focus | Tone::Key | Tone::State(State::Running | State::Fetching) => Ink(0x5F, 0xD7, 0xFF, 81),
        Tone::State(State::Scheduled) => Ink(0x87, 0xAF, 0xFF, 111),
        Tone::State(State::Done | State::Skipped) => Ink(0x5F, 0xFF, 0x87, 84),
        Tone::State(State::Cached | State::Spilled) => Ink(0xFF, 0xFF, 0x5F, 227),
        Tone::State(State::Failed | State::Lost) => Ink(0xFF, 0x87, 0x5F, 209),
        Tone::State(State::Again) => Ink(0xFF, 0xD7, 0x5F, 221),
        Tone::State(State::Speculative | State::Preempted) => Ink(0xFF, 0x87, 0xFF, 213),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyphs::to_ascii;

    /// All tones that have a colour on every theme.
    fn tones() -> impl Iterator<Item = Tone> {
        [Tone::Dim, Tone::Focus, Tone::Key].into_iter().chain(State::ALL.map(State::tone))
    }

    /// How much light a colour gives, from 0 to 1.
    fn luminance(Ink(red, green, blue, _): Ink) -> f64 {
        let linear = |part: u8| match f64::from(part) / 255.0 {
            low if low <= 0.03928 => low / 12.92,
            high => ((high + 0.055) / 1.055).powf(2.4),
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    #[test]
    fn every_colour_stands_out_on_its_paper() {
        let papers = [
            (Theme::Dark, Ink(0, 0, 0, 0)),
            (Theme::Contrast, Ink(0, 0, 0, 0)),
            (Theme::Light, Ink(0xFF, 0xFF, 0xFF, 15)),
        ];
        for (theme, paper) in papers {
            for tone in tones() {
                let ink = ink(theme, tone).expect("a colour");
                let (a, b) = (luminance(ink), luminance(paper));
                let ratio = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(ratio >= 4.5, "{theme:?} {tone:?}: {ratio:.1} to 1");
            }
        }
    }

    /// In every theme at every depth: not by colour alone, and not only in one set of characters.
    #[test]
    fn every_two_states_differ_without_colour() {
        for theme in [Theme::Dark, Theme::Light, Theme::Terminal, Theme::Contrast, Theme::Mono] {
            let options = ScreenOptions { theme, ..ScreenOptions::default() };
            for glyphs in [GlyphSet::Unicode, GlyphSet::Ascii] {
                let shown = |state: State| {
                    let glyph = state.glyph();
                    let glyph = if glyphs == GlyphSet::Ascii { to_ascii(glyph) } else { glyph };
                    (glyph, options.style(state.tone()).add_modifier)
                };
                for (index, a) in State::ALL.iter().enumerate() {
                    for b in &State::ALL[index + 1..] {
                        assert_ne!(shown(*a), shown(*b), "{theme:?} {glyphs:?}: {a:?} and {b:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_projector_dims_nothing() {
        let options = ScreenOptions { depth: Depth::Rgb, projector: true, ..ScreenOptions::default() };
        assert_eq!(options.style(Tone::Dim), options.style(Tone::Text));
        assert!(tones().all(|tone| !matches!(options.style(tone).fg, Some(Color::Rgb(..)))));
    }
}
