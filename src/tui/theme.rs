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
    Contrast,
    /// No colour at all: bold, dim, underlined, reversed.
    Mono,
}

/// How the screens look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScreenOptions {
    pub glyphs: GlyphSet,
    pub theme: Theme,
    /// True: 24-bit colours; otherwise the nearest of the 256.
    pub rgb: bool,
    /// Moving dots and smooth playing; otherwise a picture every quarter second.
    pub calm: bool,
    /// For the back of the room: high contrast, nothing dim.
    pub projector: bool,
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
    Pending,
    Running,
    Fetching,
    Done,
    Cached,
    Failed,
    Lost,
    Again,
    Speculative,
    /// A key in the footer.
    Key,
}

impl Tone {
    /// The tone of a task's state.
    #[must_use]
    pub fn of(state: TaskState) -> Self {
        match state {
            TaskState::Pending => Tone::Pending,
            TaskState::Running => Tone::Running,
            TaskState::Recomputing => Tone::Again,
            TaskState::Done => Tone::Done,
            TaskState::Failed => Tone::Failed,
            TaskState::Lost => Tone::Lost,
        }
    }
}

/// Red, green, blue, and the nearest of the 256 colours.
type Ink = (u8, u8, u8, u8);

impl ScreenOptions {
    /// The style that says `tone`.
    #[must_use]
    pub fn style(self, tone: Tone) -> Style {
        let (theme, tone) = self.projected(tone);
        let style = Style::new().add_modifier(modifier(theme, tone));
        let ink = match theme {
            Theme::Dark => dark(tone),
            Theme::Light => Some(light(tone)),
            Theme::Contrast => Some(contrast(tone)),
            Theme::Mono => None,
        };
        match ink {
            None => style,
            // Projectors wash fine shades out.
            Some((r, g, b, _)) if self.rgb && !self.projector => style.fg(Color::Rgb(r, g, b)),
            Some((_, _, _, index)) => style.fg(Color::Indexed(index)),
        }
    }

    /// What a projector shows in place of the theme and the tone: strong colours, nothing dim.
    fn projected(self, tone: Tone) -> (Theme, Tone) {
        let theme = match self.theme {
            Theme::Dark if self.projector => Theme::Contrast,
            other => other,
        };
        let tone = if self.projector && matches!(tone, Tone::Dim | Tone::Pending) { Tone::Text } else { tone };
        (theme, tone)
    }

    /// The character for a task's state.
    #[must_use]
    pub fn state(self, state: TaskState) -> char {
        state.glyph()
    }
}

fn modifier(theme: Theme, tone: Tone) -> Modifier {
    let mono = theme == Theme::Mono;
    match tone {
        Tone::Text | Tone::Done => Modifier::empty(),
        Tone::Dim | Tone::Pending if theme == Theme::Contrast => Modifier::empty(),
        Tone::Dim | Tone::Pending if mono => Modifier::DIM,
        Tone::Dim | Tone::Pending => Modifier::empty(),
        Tone::Title | Tone::Focus | Tone::Running | Tone::Key => Modifier::BOLD,
        Tone::Selected => Modifier::BOLD.union(Modifier::REVERSED),
        Tone::Fetching if mono => Modifier::UNDERLINED,
        Tone::Failed | Tone::Lost if mono => Modifier::REVERSED,
        Tone::Again if mono => Modifier::BOLD.union(Modifier::UNDERLINED),
        Tone::Cached if mono => Modifier::BOLD,
        Tone::Speculative if mono => Modifier::ITALIC,
        Tone::Lost | Tone::Again => Modifier::BOLD,
        Tone::Fetching | Tone::Failed | Tone::Cached | Tone::Speculative => Modifier::empty(),
    }
}

fn dark(tone: Tone) -> Option<Ink> {
    Some(match tone {
        Tone::Text | Tone::Title | Tone::Selected => return None,
        Tone::Dim | Tone::Pending => (0x8A, 0x8A, 0x8A, 245),
        Tone::Focus | Tone::Key | Tone::Running | Tone::Fetching => (0x56, 0xB4, 0xE9, 74),
        Tone::Done => (0x00, 0x9E, 0x73, 36),
        Tone::Cached => (0xF0, 0xE4, 0x42, 227),
        Tone::Failed | Tone::Lost => (0xD5, 0x5E, 0x00, 166),
        Tone::Again => (0xE6, 0x9F, 0x00, 214),
        Tone::Speculative => (0xCC, 0x79, 0xA7, 175),
    })
}

fn light(tone: Tone) -> Ink {
    match tone {
        Tone::Text | Tone::Title | Tone::Selected => (0x1A, 0x1A, 0x1A, 234),
        Tone::Dim | Tone::Pending => (0x5A, 0x5A, 0x5A, 240),
        Tone::Focus | Tone::Key | Tone::Running => (0x0A, 0x5A, 0x8A, 24),
        Tone::Fetching => (0x00, 0x4F, 0x7F, 24),
        Tone::Done => (0x00, 0x66, 0x4A, 23),
        Tone::Cached => (0x6B, 0x61, 0x00, 58),
        Tone::Failed | Tone::Lost => (0x9A, 0x45, 0x00, 94),
        Tone::Again => (0x7A, 0x52, 0x00, 94),
        Tone::Speculative => (0x8A, 0x3F, 0x6B, 89),
    }
}

fn contrast(tone: Tone) -> Ink {
    match tone {
        Tone::Text | Tone::Title | Tone::Selected | Tone::Dim | Tone::Pending => (0xFF, 0xFF, 0xFF, 15),
        Tone::Focus | Tone::Key | Tone::Running | Tone::Fetching => (0x5F, 0xD7, 0xFF, 81),
        Tone::Done => (0x5F, 0xFF, 0x87, 84),
        Tone::Cached => (0xFF, 0xFF, 0x5F, 227),
        Tone::Failed | Tone::Lost => (0xFF, 0x87, 0x5F, 209),
        Tone::Again => (0xFF, 0xD7, 0x5F, 221),
        Tone::Speculative => (0xFF, 0x87, 0xFF, 213),
    }
}
