//! The options of the CSV reader, with Spark's names and defaults.

use super::lines::LineEnd;
use crate::common::conf::Options;
use crate::common::{Conf, ErrorClass, Result, SparkError, TimeParserPolicy};
use crate::logical::types::DataType;
use std::borrow::Cow;

/// What to do with a row that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParseMode {
    /// Bad fields become null.
    Permissive,
    DropMalformed,
    FailFast,
}

impl ParseMode {
    /// From the option `mode`; unknown words mean permissive, as in Spark.
    pub fn of(options: &Options) -> Self {
        match options.get("mode").map(str::to_ascii_uppercase).as_deref() {
            Some("DROPMALFORMED") => ParseMode::DropMalformed,
            Some("FAILFAST") => ParseMode::FailFast,
            _ => ParseMode::Permissive,
        }
    }
}

/// The name of the column for rows that do not fit.
pub fn corrupt_column(options: &Options) -> String {
    options.get("columnNameOfCorruptRecord").unwrap_or("_corrupt_record").to_owned()
}

/// How values are written in text.
#[derive(Debug, Clone)]
pub struct ValueOptions {
    pub null_value: String,
    pub nan_value: String,
    pub positive_inf: String,
    pub negative_inf: String,
    pub date_format: Option<String>,
    pub timestamp_format: Option<String>,
    pub timestamp_ntz_format: Option<String>,
    pub time_zone: String,
    pub time_parser: TimeParserPolicy,
    /// Whether the script gave the formats of dates and of timestamps.
    given: (bool, bool),
}

impl ValueOptions {
    /// From a reader's options and the session's configuration. Spark 2's rules have a format for everything.
    pub fn of(options: &Options, conf: &Conf) -> Self {
        let text = |name: &str, otherwise: &str| options.get(name).unwrap_or(otherwise).to_owned();
        let time_parser = conf.time_parser();
        let otherwise = |pattern: &str| (time_parser != TimeParserPolicy::Corrected).then(|| pattern.to_owned());
        let format = |name: &str| options.get(name).map(str::to_owned);
        ValueOptions {
            null_value: text("nullValue", ""),
            nan_value: text("nanValue", "NaN"),
            positive_inf: text("positiveInf", "Inf"),
            negative_inf: text("negativeInf", "-Inf"),
            date_format: format("dateFormat").or_else(|| otherwise("yyyy-MM-dd")),
            timestamp_format: format("timestampFormat").or_else(|| {
                let without_zone = time_parser == TimeParserPolicy::Exception;
                otherwise(if without_zone { "yyyy-MM-dd HH:mm:ss" } else { "yyyy-MM-dd'T'HH:mm:ss.SSSXXX" })
            }),
            timestamp_ntz_format: format("timestampNTZFormat"),
            time_zone: text("timeZone", conf.time_zone()),
            time_parser,
            given: (format("dateFormat").is_some(), format("timestampFormat").is_some()),
        }
    }

    /// Whether the script said how values of this type are written.
    pub fn is_given(&self, data_type: &DataType) -> bool {
        if *data_type == DataType::Date { self.given.0 } else { self.given.1 }
    }
}

/// How rows are cut into fields.
#[derive(Debug, Clone)]
pub struct CsvOptions {
    pub sep: Vec<u8>,
    /// Absent: no quoting.
    pub quote: Option<u8>,
    pub escape: Option<u8>,
    /// What escapes the escape before a quote.
    pub escape_escape: Option<u8>,
    pub comment: Option<u8>,
    pub header: bool,
    pub trim_leading: bool,
    pub trim_trailing: bool,
    pub multi_line: bool,
    pub empty_value: String,
    pub enforce_schema: bool,
    pub line_end: LineEnd,
    pub mode: ParseMode,
    pub corrupt: String,
    pub values: ValueOptions,
    /// ISO-8859-1 instead of UTF-8.
    latin1: bool,
}

impl CsvOptions {
    /// The text of bytes in the file's encoding; what is not UTF-8 becomes a replacement character.
    pub fn decode<'b>(&self, bytes: &'b [u8]) -> Cow<'b, str> {
        if self.latin1 {
            return bytes.iter().map(|byte| char::from(*byte)).collect();
        }
        // Checking whole chunks is much faster than looking for what is wrong in them.
        std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
    }

    /// From a reader's options.
    ///
    /// # Errors
    /// For text that is not a character, or another encoding.
    pub fn of(options: &Options, conf: &Conf) -> Result<Self> {
        check_flags(options)?;
        let quote = character(options, "quote", Some(b'"'))?;
        let escape = character(options, "escape", Some(b'\\'))?;
        let escape_escape = match character(options, "charToEscapeQuoteEscaping", None)? {
            Some(byte) => Some(byte),
            None => escape.filter(|_| escape != quote),
        };
        let latin1 = is_latin1(options);
        if !latin1 {
            check_encoding(options)?;
        }
        Ok(CsvOptions {
            latin1,
            sep: separator(options)?,
            quote,
            escape,
            escape_escape,
            comment: character(options, "comment", None)?,
            header: options.flag("header", false),
            trim_leading: options.flag("ignoreLeadingWhiteSpace", false),
            trim_trailing: options.flag("ignoreTrailingWhiteSpace", false),
            multi_line: options.flag("multiLine", false),
            empty_value: options.get("emptyValue").unwrap_or("").to_owned(),
            enforce_schema: options.flag("enforceSchema", true),
            line_end: options.get("lineSep").map_or(LineEnd::Any, |end| LineEnd::Bytes(end.as_bytes().to_vec())),
            mode: ParseMode::of(options),
            corrupt: corrupt_column(options),
            values: ValueOptions::of(options, conf),
        })
    }
}

/// An option that is on or off is `true` or `false`.
fn check_flags(options: &Options) -> Result<()> {
    const FLAGS: [(&str, ErrorClass); 6] = [
        ("header", ErrorClass::Py4JJavaError),
        ("inferSchema", ErrorClass::Py4JJavaError),
        ("enforceSchema", ErrorClass::Py4JJavaError),
        ("ignoreLeadingWhiteSpace", ErrorClass::Py4JJavaError),
        ("ignoreTrailingWhiteSpace", ErrorClass::Py4JJavaError),
        ("multiLine", ErrorClass::IllegalArgumentException),
    ];
    let is_flag = |value: &str| value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("false");
    for (name, class) in FLAGS {
        if let Some(value) = options.get(name).filter(|value| !is_flag(value)) {
            return Err(SparkError::new(class, format!("{name} flag can be true or false, and is '{value}'")));
        }
    }
    Ok(())
}

fn is_latin1(options: &Options) -> bool {
    let name = options.get("encoding").or_else(|| options.get("charset"));
    name.is_some_and(|name| matches!(name.to_ascii_lowercase().as_str(), "iso-8859-1" | "iso8859_1" | "latin1"))
}

/// Only UTF-8 can be read and written.
///
/// # Errors
/// Naming any other encoding.
pub fn check_encoding(options: &Options) -> Result<()> {
    match options.get("encoding").or_else(|| options.get("charset")) {
        None => Ok(()),
        Some(name) if name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8") => Ok(()),
        Some(name) if name.eq_ignore_ascii_case("us-ascii") => Ok(()),
        Some(name) => Err(SparkError::unsupported(format!("the encoding {name}"), "convert the files to UTF-8 first")),
    }
}

fn separator(options: &Options) -> Result<Vec<u8>> {
    let text = options.get("sep").or_else(|| options.get("delimiter")).unwrap_or(",");
    let text = text.replace("\\t", "\t").replace("\\\\", "\\");
    if text.is_empty() {
        return Err(SparkError::new(
            ErrorClass::IllegalArgumentException,
            "the separator of a CSV file cannot be empty",
        ));
    }
    Ok(text.into_bytes())
}

fn character(options: &Options, name: &str, otherwise: Option<u8>) -> Result<Option<u8>> {
    match options.get(name).map(str::as_bytes) {
        None => Ok(otherwise),
        Some([]) => Ok(None),
        Some([0]) => Ok(None),
        Some([byte]) => Ok(Some(*byte)),
        Some(_) => {
            Err(SparkError::new(ErrorClass::SparkRuntimeException, format!("{name} cannot be more than one character"))
                .with_condition("OPTION_VALUE_EXCEEDS_ONE_CHARACTER"))
        }
    }
}
