//! What Python itself complains about, told apart from what a script prints.
//!
//! `spark-submit` gives the standard error of a script out as its standard output. What Python writes there has forms of its own:
//!
//! ```text
//!   a warning     FILE:LINE: UserWarning: words          then the line of the script, indented
//!   a traceback   Traceback (most recent call last):     then indented lines, and the error; `JVM stacktrace:` with its frames may follow
//! ```
//!
//! **Simplified:** what a script itself writes to its standard error has no form, and stays with what it prints.

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Print,
    Warning,
    Traceback,
}

/// Knows what the lines before said.
#[derive(Debug, Default)]
pub(super) struct Sieve(State);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Prints,
    /// A warning was said; its line of the script may follow.
    Warned,
    /// Inside a traceback: its error is still to come.
    Raising,
    /// A traceback's error was said; another may follow from it.
    Raised,
    /// Inside the frames of Java.
    Java,
}

impl Sieve {
    /// Takes the next line in.
    pub(super) fn kind(&mut self, line: &str) -> Kind {
        let line = line.trim_end();
        let (state, kind) = match self.0 {
            _ if line == "Traceback (most recent call last):" => (State::Raising, Kind::Traceback),
            _ if is_warning(line) => (State::Warned, Kind::Warning),
            State::Warned if line.starts_with("  ") => (State::Prints, Kind::Warning),
            State::Raising if line.starts_with(' ') => (State::Raising, Kind::Traceback),
            State::Raising => (State::Raised, Kind::Traceback),
            State::Raised if is_chain(line) => (State::Raised, Kind::Traceback),
            State::Raised if line == "JVM stacktrace:" => (State::Java, Kind::Traceback),
            State::Java if is_java(line) => (State::Java, Kind::Traceback),
            // A chain of errors has empty lines between its tracebacks.
            State::Raised if line.is_empty() => (State::Raised, Kind::Print),
            State::Prints | State::Warned | State::Raised | State::Java => (State::Prints, Kind::Print),
        };
        self.0 = state;
        kind
    }
}

/// `FILE:LINE: SomeWarning: words`.
fn is_warning(line: &str) -> bool {
    let Some((place, rest)) = line.split_once(": ") else { return false };
    let is_place =
        place.rsplit_once(':').is_some_and(|(file, number)| !file.is_empty() && number.parse::<u32>().is_ok());
    let category = rest.split_once(':').map_or("", |(category, _)| category);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    is_place && category.ends_with("Warning") && category.chars().all(is_name)
}

fn is_chain(line: &str) -> bool {
    line == "During handling of the above exception, another exception occurred:"
        || line == "The above exception was the direct cause of the following exception:"
}

/// The name of a Java class that was thrown, or one of its frames.
fn is_java(line: &str) -> bool {
    line.starts_with('\t') || line.starts_with("Caused by:") || line.starts_with("org.") || line.starts_with("java.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_and_tracebacks_are_python_s_and_the_rest_is_the_script_s() {
        let said = [
            ("a.py:5: UserWarning: careful", Kind::Warning),
            ("  warnings.warn(\"careful\")", Kind::Warning),
            ("total: 5: Warning: none", Kind::Print),
            ("  indented", Kind::Print),
            ("Traceback (most recent call last):", Kind::Traceback),
            ("  File \"a.py\", line 3, in <module>", Kind::Traceback),
            ("KeyError: 'x'", Kind::Traceback),
            ("", Kind::Print),
            ("During handling of the above exception, another exception occurred:", Kind::Traceback),
            ("", Kind::Print),
            ("Traceback (most recent call last):", Kind::Traceback),
            ("  File \"a.py\", line 5, in <module>", Kind::Traceback),
            ("ValueError: no", Kind::Traceback),
            ("JVM stacktrace:", Kind::Traceback),
            ("org.apache.spark.SparkException", Kind::Traceback),
            ("\tat org.apache.spark.Own", Kind::Traceback),
            ("it goes on", Kind::Print),
        ];
        let mut sieve = Sieve::default();
        for (line, kind) in said {
            assert_eq!(sieve.kind(&format!("{line}\n")), kind, "{line}");
        }
    }
}
