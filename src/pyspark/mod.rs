//! Floor 2: the learner's language. Parses Python, runs it, and builds plans from PySpark calls.
//!
//! - `lang/`: the interpreter (values, statements, builtins, standard modules);
//! - `api/`: PySpark's objects (`SparkSession`, `DataFrame`, `Column`, `functions`, `types`, RDDs);
//! - [`host`]: the one narrow door to the rest of the program.

pub mod api;
pub mod host;
mod kept;
pub mod lang;

pub use kept::{ACTION as KEEP_ACTION, Kept, KeptFrame};

/// How a script ended.
pub enum ScriptEnd {
    /// After its last statement.
    Finished,
    /// By `sys.exit`, with this status.
    Exit(i32),
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

/// Runs a script from its text, then reads what these top-level names hold; gives the host back.
///
/// Frames are computed by queries of their own, called [`KEEP_ACTION`].
#[must_use]
pub fn run_and_keep(
    host: Box<dyn host::Host>,
    source: &str,
    file: &str,
    arguments: &[String],
    steps_max: u64,
    names: &[String],
) -> (ScriptEnd, Vec<(String, Kept)>, Box<dyn host::Host>) {
    let mut interp = lang::Interpreter::new(host);
    interp.add_loader(api::load);
    interp.set_step_limit(steps_max);
    interp.arguments = arguments.to_vec();
    let end = interp.run_script(source, file);
    let values = kept::keep(&mut interp, names);
    match interp.take_host() {
        Some(host) => (end, values, host),
        None => unreachable!("an interpreter that was made with a host keeps it"),
    }
}

/// What is supported, class by class.
#[must_use]
pub fn surface() -> Vec<(String, Vec<String>)> {
    api::surface::surface()
}
