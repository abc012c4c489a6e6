//! How a run is told in text: how deep, in which form, and with questions.

use super::launch::Teller;
use crate::report::{Depth, Format};
use clap::ValueEnum;

/// Options of every command that tells a run.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct NarrationArgs {
    /// How much is told
    #[arg(long, value_enum, default_value_t = DepthArg::Normal)]
    narrate: DepthArg,
    /// Sentences, or JSON lines for programs
    #[arg(long, value_enum, default_value_t = FormatArg::Text)]
    format: FormatArg,
    /// Predict, then look: questions on standard input before what answers them is told (plain text)
    #[arg(long)]
    pub ask: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DepthArg {
    Brief,
    Normal,
    Full,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    Text,
    Jsonl,
}

impl NarrationArgs {
    /// Someone who tells in this way, to `write`.
    pub(crate) fn teller(self, write: fn(&str)) -> Teller {
        let depth = match self.narrate {
            DepthArg::Brief => Depth::Brief,
            DepthArg::Normal => Depth::Normal,
            DepthArg::Full => Depth::Full,
        };
        let format = match self.format {
            FormatArg::Text => Format::Text,
            FormatArg::Jsonl => Format::JsonLines,
        };
        Teller::new(depth, format, write, false)
    }

    /// Whether a person reads it.
    pub(crate) fn is_text(self) -> bool {
        self.format == FormatArg::Text
    }
}
