//! Floor 2: the learner's language. Parses Python, runs it, and builds plans from PySpark calls.
//!
//! - `lang/`: the interpreter (values, statements, builtins, standard modules);
//! - `api/`: PySpark's objects (`SparkSession`, `DataFrame`, `Column`, `functions`, `types`, RDDs);
//! - [`host`]: the one narrow door to the rest of the program.

pub mod api;
pub mod host;
mod kept;
pub mod lang;

pub use api::missing::{Missing, missing};
pub use kept::{ACTION as KEEP_ACTION, Kept, KeptFrame};
pub use lang::entry::{Entries, Entry, entry};
pub use lang::flow::{TopLevel, top_level};
pub use lang::parse::{statement_line, statement_spans};
pub use lang::uses::{Use, uses};

/// How a script ended.
pub enum ScriptEnd {
    /// After its last statement.
    Finished,
    /// By `sys.exit`, with this status.
    Exit(i32),
    /// Before the line at which the host stopped it.
    AtLine,
    /// By an exception that nothing caught.
    Raised(Box<Uncaught>),
}

/// An exception that nothing caught, with its place in the script.
#[derive(Debug, Clone, Default)]
pub struct Uncaught {
    /// The Python class.
    pub class: String,
    /// Spark's error condition.
    pub condition: Option<String>,
    pub message: String,
    /// The word of the script that is to blame.
    pub subject: Option<String>,
    pub help: Vec<String>,
    /// 1-based.
    pub line: Option<u32>,
    /// The guilty columns of that line, in characters from 0, end exclusive.
    pub columns: Option<(u32, u32)>,
    /// Where calls came from, outermost first.
    pub traceback: Vec<String>,
}

/// A script that is told piece by piece, and the world around it.
pub struct Console {
    interp: lang::Interpreter,
    script: lang::Script,
}

impl Console {
    /// A script of this name that has told nothing yet; `echoes` is Python's prompt, which shows the values of expressions.
    #[must_use]
    pub fn new(host: Box<dyn host::Host>, file: &str, arguments: &[String], steps_max: u64, echoes: bool) -> Console {
        let mut interp = lang::Interpreter::new(host);
        interp.add_loader(api::load);
        interp.set_step_limit(steps_max);
        interp.arguments = arguments.to_vec();
        let script = if echoes { lang::Script::at_prompt(file) } else { lang::Script::new(file) };
        Console { interp, script }
    }

    /// Runs code that is not the script's own, over the same names, before the first piece.
    pub fn prepare(&mut self, source: &str) -> ScriptEnd {
        self.interp.run_before(&mut self.script, source)
    }

    /// Runs the next piece; it has all the steps for itself.
    pub fn run(&mut self, piece: &str) -> ScriptEnd {
        self.interp.reset_steps();
        self.interp.run_piece(&mut self.script, piece)
    }

    /// The text so far with `piece` behind it: what the place of its failure means.
    #[must_use]
    pub fn text_with(&self, piece: &str) -> String {
        self.script.with(piece)
    }

    /// The names that could go on with the word at the end of `line`, and the bytes of it that they replace.
    pub fn completions(&mut self, line: &str) -> (usize, Vec<String>) {
        self.interp.completions(line)
    }

    /// What these top-level names hold. Frames are computed by queries of their own, called [`KEEP_ACTION`].
    pub fn keep(&mut self, names: &[String]) -> Vec<(String, Kept)> {
        kept::keep(&mut self.interp, names)
    }

    /// Whether the driver, which died, was started again: then the script begins anew.
    pub fn is_restarted(&mut self) -> bool {
        self.interp.host().is_ok_and(host::Host::restart)
    }

    /// Gives the world back.
    #[must_use]
    pub fn end(mut self) -> Box<dyn host::Host> {
        match self.interp.take_host() {
            Some(host) => host,
            None => unreachable!("an interpreter that was made with a host keeps it"),
        }
    }
}

/// How the calls of a name are written, with their parameters.
#[must_use]
pub fn calls_of(name: &str) -> Vec<String> {
    api::signatures::written(name)
}

/// What is supported, class by class.
#[must_use]
pub fn surface() -> Vec<(String, Vec<String>)> {
    api::surface::surface()
}
