//! A raised Python exception on its way up.

use super::class::Instance;
use super::value::Value;
use crate::common::{ErrorClass, SparkError};
use std::rc::Rc;

/// The result of everything that can raise.
pub type PyResult<T = Value> = Result<T, Raised>;

/// An exception that was raised and not yet caught. The instance is made when somebody looks at it.
#[derive(Clone)]
pub struct Raised(Box<Body>);

#[derive(Clone)]
struct Body {
    cause: Cause,
    help: Vec<String>,
    subject: Option<String>,
    trace: Vec<TraceEntry>,
    /// Whether the innermost running frame is already in the trace.
    located: bool,
    /// The exception that was being handled, or the `from` one.
    context: Option<(Value, bool)>,
    /// Valid on real Python or Spark, but not here: says so when nobody catches it.
    unsupported: bool,
    condition: Option<String>,
}

/// What was raised.
#[derive(Clone)]
pub enum Cause {
    /// An exception instance.
    Instance(Rc<Instance>),
    /// A builtin exception by name, with its message.
    Named(&'static str, String),
    /// An exception with one argument that is not text (`KeyError(key)`, `StopIteration(value)`).
    Valued(&'static str, Value),
    /// An error of the rest of the program.
    Spark(SparkError),
    /// `sys.exit(status)`.
    Exit(Value),
}

/// One frame of a traceback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceEntry {
    /// The file, as a traceback names it.
    pub file: Rc<str>,
    /// The function, or `<module>`.
    pub function: Rc<str>,
    /// 1-based line.
    pub line: u32,
    /// Byte offsets of the failing expression in the source.
    pub span: (u32, u32),
    /// Byte offsets of the statement it belongs to.
    pub statement: (u32, u32),
}

impl Raised {
    /// Raises what `cause` says.
    pub fn new(cause: Cause) -> Raised {
        Raised(Box::new(Body {
            cause,
            help: Vec::new(),
            subject: None,
            trace: Vec::new(),
            located: false,
            context: None,
            unsupported: false,
            condition: None,
        }))
    }

    /// A builtin exception by name.
    pub fn named(class: &'static str, message: impl Into<String>) -> Raised {
        Raised::new(Cause::Named(class, message.into()))
    }

    /// An exception instance.
    pub fn instance(instance: Rc<Instance>) -> Raised {
        Raised::new(Cause::Instance(instance))
    }

    /// Something of the real world that batchlab does not do, and what to write instead. Exit status 3.
    pub fn unsupported(what: impl std::fmt::Display, instead: impl Into<String>) -> Raised {
        SparkError::unsupported(what, instead).into()
    }

    /// What was raised.
    pub fn cause(&self) -> &Cause {
        &self.0.cause
    }

    /// Replaces what was raised (when the instance has been made), keeping the trace.
    pub fn set_cause(&mut self, cause: Cause) {
        self.0.cause = cause;
    }

    /// Adds a next step for the reader.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Raised {
        self.0.help.push(help.into());
        self
    }

    /// Names the word of the script that is to blame.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Raised {
        self.0.subject = Some(subject.into());
        self
    }

    /// Next steps for the reader.
    pub fn help(&self) -> Vec<String> {
        let mut help = self.0.help.clone();
        if let Cause::Spark(error) = &self.0.cause {
            help.extend(error.help().iter().cloned());
        }
        help
    }

    /// The word of the script that is to blame.
    pub fn subject(&self) -> Option<String> {
        self.0.subject.clone().or_else(|| match &self.0.cause {
            Cause::Spark(error) => error.subject().map(str::to_owned),
            _ => None,
        })
    }

    /// Frames, innermost first.
    pub fn trace(&self) -> &[TraceEntry] {
        &self.0.trace
    }

    /// Says where in the running frame it happened, unless a deeper expression of that frame already did.
    pub fn locate(&mut self, entry: impl FnOnce() -> TraceEntry) {
        if !self.0.located {
            self.0.located = true;
            self.0.trace.push(entry());
        }
    }

    /// Completes the running frame's entry with its statement.
    pub fn set_statement(&mut self, statement: (u32, u32)) {
        if self.0.located
            && let Some(entry) = self.0.trace.last_mut()
            && entry.statement == (0, 0)
        {
            entry.statement = statement;
        }
    }

    /// The running frame ends: the next place belongs to its caller.
    pub fn leave_frame(&mut self, function: &Rc<str>) {
        if self.0.located
            && let Some(entry) = self.0.trace.last_mut()
        {
            entry.function = Rc::clone(function);
        }
        self.0.located = false;
    }

    /// Marks an exception that real Python would not raise here.
    #[must_use]
    pub fn not_supported_here(mut self) -> Raised {
        self.0.unsupported = true;
        self
    }

    /// Whether real Python or Spark would do this.
    pub fn is_unsupported(&self) -> bool {
        self.0.unsupported || matches!(&self.0.cause, Cause::Spark(error) if error.class() == ErrorClass::Unsupported)
    }

    /// Keeps what only the `SparkError` knows, before an instance takes its place.
    pub fn remember_help(&mut self) {
        if let Cause::Spark(error) = &self.0.cause {
            self.0.help.extend(error.help().iter().cloned());
            self.0.condition = error.condition().map(str::to_owned);
            if self.0.subject.is_none() {
                self.0.subject = error.subject().map(str::to_owned);
            }
        }
    }

    /// Spark's error condition.
    pub fn condition(&self) -> Option<String> {
        match &self.0.cause {
            Cause::Spark(error) => error.condition().map(str::to_owned),
            _ => self.0.condition.clone(),
        }
    }

    /// A caught exception that is raised again keeps its frames.
    pub fn reset_location(&mut self) {
        self.0.located = true;
    }

    /// The exception that was being handled, and whether it is an explicit `from`.
    pub fn context(&self) -> Option<&(Value, bool)> {
        self.0.context.as_ref()
    }

    /// Remembers the exception that was being handled.
    pub fn set_context(&mut self, context: Value, explicit: bool) {
        if explicit || self.0.context.is_none() {
            self.0.context = Some((context, explicit));
        }
    }

    /// Whether a script may not catch this (interruption, the line to stop at, a bug of ours, the step budget, something unsupported).
    pub fn is_fatal(&self) -> bool {
        match &self.0.cause {
            Cause::Spark(error) => {
                matches!(
                    error.class(),
                    ErrorClass::Unsupported
                        | ErrorClass::Stopped
                        | ErrorClass::LineReached
                        | ErrorClass::Interrupted
                        | ErrorClass::Internal
                )
            }
            _ => false,
        }
    }
}

impl From<SparkError> for Raised {
    fn from(error: SparkError) -> Self {
        Raised::new(Cause::Spark(error))
    }
}

/// A `TypeError`.
pub fn type_error(message: impl Into<String>) -> Raised {
    Raised::named("TypeError", message)
}

/// A `ValueError`.
pub fn value_error(message: impl Into<String>) -> Raised {
    Raised::named("ValueError", message)
}

/// An `AttributeError`.
pub fn attribute_error(message: impl Into<String>) -> Raised {
    Raised::named("AttributeError", message)
}

/// An `IndexError`.
pub fn index_error(message: impl Into<String>) -> Raised {
    Raised::named("IndexError", message)
}

/// A `KeyError` with the key that is missing.
pub fn key_error(key: &Value) -> Raised {
    Raised::new(Cause::Valued("KeyError", key.clone()))
}
