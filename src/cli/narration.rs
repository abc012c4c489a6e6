//! How a run is told in text: how deep, in which form, and with questions.

use super::launch::{Passes, Teller};
use super::output;
use crate::report::{Depth, Format, Narrator};
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
    /// Someone who tells a script's run in this way on its standard error; for programs the script's own words are sentences too.
    pub(crate) fn run_teller(self) -> Teller {
        let passes = if self.is_text() { Passes::Errors } else { Passes::Nothing };
        Teller::new(self.narrator(), output::err, passes)
    }

    /// Someone who tells a recorded run in this way, to `write`.
    pub(crate) fn teller(self, write: fn(&str)) -> Teller {
        Teller::new(self.narrator(), write, Passes::Nothing)
    }

    fn narrator(self) -> Narrator {
        let depth = match self.narrate {
            DepthArg::Brief => Depth::Brief,
            DepthArg::Normal => Depth::Normal,
            DepthArg::Full => Depth::Full,
        };
        let format = match self.format {
            FormatArg::Text => Format::Text,
            FormatArg::Jsonl => Format::JsonLines,
        };
        Narrator::new(depth, format)
    }

    /// Whether a person reads it.
    pub(crate) fn is_text(self) -> bool {
        self.format == FormatArg::Text
    }
}
