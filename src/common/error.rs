//! The one error that a script can see.
//!
//! It carries Spark's vocabulary: the Python exception class, Spark's error condition, and a message in
//! everyday words that says what happened, why, and what to do next. Lower floors make it, `pyspark` raises it as a
//! Python exception at the script's line, and the door draws it with the source.
//!
//! A failure *inside the simulation* (a dead node, a failed fetch) is not an error but an event.

use std::fmt;

/// The result of everything that can fail in front of a learner.
pub type Result<T, E = SparkError> = std::result::Result<T, E>;

/// The Python exception class that PySpark raises for an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The plan is wrong: names, types, missing tables and files.
    AnalysisException,
    /// SQL text that does not parse.
    ParseException,
    /// An argument that makes no sense.
    IllegalArgumentException,
    /// Arithmetic under ANSI rules: overflow, division by zero.
    ArithmeticException,
    /// Text that is not a number where a number is needed.
    NumberFormatException,
    /// Text that is not a date or time where one is needed.
    DateTimeException,
    /// An index outside an array.
    ArrayIndexOutOfBoundsException,
    /// Any other error while rows are computed.
    SparkRuntimeException,
    /// A thing that Spark refuses to do.
    UnsupportedOperationException,
    /// A job that was aborted (task failures, no node left).
    SparkException,
    /// A thing that an earlier version of Spark understood differently.
    SparkUpgradeException,
    /// A key that is not there (`spark.conf.get`).
    SparkNoSuchElementException,
    /// A Python value that fits no Java method.
    Py4JError,
    /// A Java error that PySpark does not translate.
    Py4JJavaError,
    /// An error of a Python function that ran on rows.
    PythonException,
    /// Wrong value given to a PySpark call.
    PySparkValueError,
    /// Wrong type given to a PySpark call.
    PySparkTypeError,
    /// Wrong attribute of a PySpark object.
    PySparkAttributeError,
    /// A PySpark call that cannot be done in this state.
    PySparkRuntimeError,
    /// Wrong use of a PySpark assertion.
    PySparkAssertionError,
    /// Wrong key given to a PySpark call.
    PySparkKeyError,
    /// Wrong index given to a PySpark call.
    PySparkIndexError,
    /// Something that PySpark itself does not implement.
    PySparkNotImplementedError,
    /// Valid on real Spark, not supported by batchlab (exit status 3).
    Unsupported,
    /// The script used up what it was given, such as its steps: it may never have ended.
    Stopped,
    /// The script came to the line before which it was to stop.
    LineReached,
    /// The person interrupted the run.
    Interrupted,
    /// A broken invariant of batchlab itself: our bug, never the script's.
    Internal,
}

impl ErrorClass {
    /// The Python class's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AnalysisException => "AnalysisException",
            Self::ParseException => "ParseException",
            Self::IllegalArgumentException => "IllegalArgumentException",
            Self::ArithmeticException => "ArithmeticException",
            Self::NumberFormatException => "NumberFormatException",
            Self::DateTimeException => "DateTimeException",
            Self::ArrayIndexOutOfBoundsException => "ArrayIndexOutOfBoundsException",
            Self::SparkRuntimeException => "SparkRuntimeException",
            Self::UnsupportedOperationException => "UnsupportedOperationException",
            Self::SparkException => "SparkException",
            Self::SparkUpgradeException => "SparkUpgradeException",
            Self::SparkNoSuchElementException => "SparkNoSuchElementException",
            Self::Py4JError => "Py4JError",
            Self::Py4JJavaError => "Py4JJavaError",
            Self::PythonException => "PythonException",
            Self::PySparkValueError => "PySparkValueError",
            Self::PySparkTypeError => "PySparkTypeError",
            Self::PySparkAttributeError => "PySparkAttributeError",
            Self::PySparkRuntimeError => "PySparkRuntimeError",
            Self::PySparkAssertionError => "PySparkAssertionError",
            Self::PySparkKeyError => "PySparkKeyError",
            Self::PySparkIndexError => "PySparkIndexError",
            Self::PySparkNotImplementedError => "PySparkNotImplementedError",
            Self::Unsupported => "NotSupportedHere",
            Self::Stopped => "ScriptStopped",
            Self::LineReached => "LineReached",
            Self::Interrupted => "KeyboardInterrupt",
            Self::Internal => "BatchlabBug",
        }
    }
}

/// An error in Spark's words. Cheap to move: the body is boxed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SparkError(Box<Body>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Body {
    class: ErrorClass,
    condition: Option<String>,
    message: String,
    subject: Option<String>,
    help: Vec<String>,
    parameters: Vec<(&'static str, String)>,
}

impl SparkError {
    /// An error of `class` with a message that says what happened and why.
    pub fn new(class: ErrorClass, message: impl Into<String>) -> Self {
        SparkError(Box::new(Body {
            class,
            condition: None,
            message: message.into(),
            subject: None,
            help: Vec::new(),
            parameters: Vec::new(),
        }))
    }

    /// An `AnalysisException` with Spark's condition.
    pub fn analysis(condition: &str, message: impl Into<String>) -> Self {
        Self::new(ErrorClass::AnalysisException, message).with_condition(condition)
    }

    /// A thing that real Spark does and batchlab does not: `what`, and what to write instead.
    pub fn unsupported(what: impl fmt::Display, instead: impl Into<String>) -> Self {
        Self::new(ErrorClass::Unsupported, format!("{what} is not supported here (it is valid on real Spark)"))
            .with_help(instead)
    }

    /// A broken invariant of ours, in words.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(ErrorClass::Internal, message)
    }

    /// Adds Spark's error condition, such as `UNRESOLVED_COLUMN.WITH_SUGGESTION`.
    #[must_use]
    pub fn with_condition(mut self, condition: impl Into<String>) -> Self {
        self.0.condition = Some(condition.into());
        self
    }

    /// Names the word of the script that is to blame, so that the drawing can underline it.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<String>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// Adds a next step for the reader.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help.push(help.into());
        self
    }

    /// Adds what `getMessageParameters()` gives, under Spark's names and in its spelling.
    #[must_use]
    pub fn with_parameters<const N: usize>(mut self, parameters: [(&'static str, String); N]) -> Self {
        self.0.parameters.extend(parameters);
        self
    }

    /// What Spark's message is made of: names and values.
    #[must_use]
    pub fn parameters(&self) -> &[(&'static str, String)] {
        &self.0.parameters
    }

    /// The Python exception class.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.0.class
    }

    /// Spark's error condition, if it has one.
    #[must_use]
    pub fn condition(&self) -> Option<&str> {
        self.0.condition.as_deref()
    }

    /// What happened and why.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The word of the script that is to blame.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.0.subject.as_deref()
    }

    /// Next steps for the reader.
    #[must_use]
    pub fn help(&self) -> &[String] {
        &self.0.help
    }
}

impl fmt::Display for SparkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(condition) = self.condition() {
            write!(f, "[{condition}] ")?;
        }
        f.write_str(self.message())
    }
}

impl std::error::Error for SparkError {}

impl From<arrow::error::ArrowError> for SparkError {
    fn from(error: arrow::error::ArrowError) -> Self {
        SparkError::internal(format!("an Arrow kernel refused its input: {error}"))
    }
}

/// What a panic said.
#[must_use]
pub fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("no message")
}
