//! CSV: names from the header, types from all rows, tried in Spark's order:
//! int, bigint, decimal (whole numbers too long for bigint), double, date, timestamp, boolean, string.

use super::common_type;
use crate::common::conf::Options;
use crate::common::{Conf, Result, TimeParserPolicy};
use crate::exec::scan::{
    CsvOptions, LineReader, MomentReader, Token, Tokenizer, find_separators, for_each_line, read_whole, reader_for,
    values,
};
use crate::logical::plan::FileEntry;
use crate::logical::types::{DataType, StructField, StructType};
use crate::physical::plan::FileSlice;
use memchr::memchr;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What the first record of the files says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Head {
    /// One for each column.
    pub names: Vec<String>,
    /// The record as it stands there. Where there are headers, every line that equals it is taken for one.
    line: String,
}

/// Reads the first record; nothing when there is none.
///
/// # Errors
/// Files that cannot be read; options that make no sense.
pub fn head(files: &[FileEntry], options: &Options, conf: &Conf) -> Result<Option<Head>> {
    let csv = CsvOptions::of(options, conf)?;
    let case_sensitive = conf.flag("spark.sql.caseSensitive");
    let mut found = None;
    for file in files {
        each_record(&FileSlice::whole(file), &csv, &mut |line, fields| {
            found = Some(Head { names: safe_names(fields, &csv, case_sensitive), line: line.to_owned() });
            false
        })?;
        if found.is_some() {
            break;
        }
    }
    Ok(found)
}

/// The types of the columns in these pieces of CSV files; `Null` for a column without values.
///
/// # Errors
/// Files that cannot be read; options that make no sense.
pub fn types(slices: &[FileSlice], head: &Head, options: &Options, conf: &Conf) -> Result<Vec<DataType>> {
    let csv = CsvOptions::of(options, conf)?;
    let mut inference = Inference {
        types: vec![DataType::Null; head.names.len()],
        date: reader_for(&DataType::Date, &csv.values)?,
        timestamp: reader_for(&DataType::Timestamp, &csv.values)?,
        prefer_date: options.flag("preferDate", true) && conf.time_parser() != TimeParserPolicy::Legacy,
        options: &csv,
    };
    for slice in slices {
        inference.slice(slice, head)?;
    }
    Ok(inference.types)
}

/// The schema that holds what each split found; all text when nobody looked.
pub fn schema(head: Head, found: &[Vec<DataType>]) -> StructType {
    let type_of = |column: usize| {
        let merged = found.iter().fold(DataType::Null, |all, split| {
            common_type(&all, split.get(column).unwrap_or(&DataType::Null)).unwrap_or(DataType::String)
        });
        if merged == DataType::Null { DataType::String } else { merged }
    };
    let field = |(column, name)| StructField::new(name, type_of(column), true);
    StructType::new(head.names.into_iter().enumerate().map(field).collect())
}

/// The fields of a record; nothing stands for an empty one.
type Fields<'t> = Vec<Option<Cow<'t, str>>>;

/// Takes a record and its fields; false when it has enough.
type Take<'f> = dyn FnMut(&str, &[Option<Cow<'_, str>>]) -> bool + 'f;

fn says_something(line: &[u8], options: &CsvOptions) -> bool {
    line.iter().any(|byte| *byte > b' ') && options.comment.is_none_or(|comment| line.first() != Some(&comment))
}

/// Calls `f` with each record that says something.
fn each_record(slice: &FileSlice, options: &CsvOptions, f: &mut Take<'_>) -> Result<()> {
    if options.multi_line {
        return each_record_of_whole_file(slice, options, f);
    }
    let mut reader = LineReader::new(slice, options.line_end.clone())?;
    let mut cutter = Cutter::new(options);
    let mut going = true;
    while going {
        let Some(chunk) = reader.next_chunk()? else { break };
        let chunk: Cow<'_, str> = options.decode(chunk);
        let mut fields = Fields::new();
        for_each_line(chunk.as_bytes(), &options.line_end, |from, to| {
            let line = &chunk[from..to];
            if going && says_something(line.as_bytes(), options) {
                cutter.cut(line, &mut fields);
                going = f(line, &fields);
            }
        });
    }
    Ok(())
}

fn each_record_of_whole_file(slice: &FileSlice, options: &CsvOptions, f: &mut Take<'_>) -> Result<()> {
    let bytes = read_whole(slice)?;
    let text = options.decode(&bytes);
    let text = text.trim_start_matches('\u{feff}');
    let mut tokenizer = Tokenizer::file(text.as_bytes(), options);
    let mut fields = Fields::new();
    while tokenizer.skip_blank() {
        let from = tokenizer.position();
        fields.clear();
        fields.extend(tokenizer.next_record().into_iter().map(|token| text_of(text, token)));
        if !f(text.get(from..tokenizer.position()).unwrap_or(""), &fields) {
            break;
        }
    }
    Ok(())
}

fn text_of(text: &str, token: Token) -> Option<Cow<'_, str>> {
    match token {
        Token::Empty => None,
        Token::QuotedEmpty => Some(Cow::Borrowed("")),
        Token::Plain(from, to) => Some(Cow::Borrowed(text.get(from..to).unwrap_or(""))),
        Token::Owned(bytes) => Some(Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())),
    }
}

/// Cuts lines into fields: fast where nothing is quoted or trimmed.
struct Cutter<'a> {
    options: &'a CsvOptions,
    careful: bool,
    separators: Vec<u32>,
}

impl<'a> Cutter<'a> {
    fn new(options: &'a CsvOptions) -> Self {
        let careful = options.sep.len() > 1 || options.trim_leading || options.trim_trailing;
        Cutter { options, careful, separators: Vec::new() }
    }

    fn cut<'t>(&mut self, line: &'t str, fields: &mut Fields<'t>) {
        fields.clear();
        let quoted = self.options.quote.is_some_and(|quote| memchr(quote, line.as_bytes()).is_some());
        if self.careful || quoted {
            let tokens = Tokenizer::record(line.as_bytes(), self.options).next_record();
            fields.extend(tokens.into_iter().map(|token| text_of(line, token)));
            return;
        }
        find_separators(line.as_bytes(), self.options.sep[0], usize::MAX, &mut self.separators);
        let mut from = 0;
        for to in self.separators.iter().map(|at| *at as usize).chain([line.len()]) {
            fields.push((from < to).then(|| Cow::Borrowed(line.get(from..to).unwrap_or(""))));
            from = to + 1;
        }
    }
}

/// Names that are empty become `_c0`, `_c1`, …; names that occur twice carry their place.
fn safe_names(first: &[Option<Cow<'_, str>>], options: &CsvOptions, case_sensitive: bool) -> Vec<String> {
    if !options.header {
        return (0..first.len()).map(|i| format!("_c{i}")).collect();
    }
    let folded: Vec<Option<String>> = first
        .iter()
        .map(|name| name.as_ref().map(|name| if case_sensitive { name.to_string() } else { name.to_lowercase() }))
        .collect();
    first
        .iter()
        .enumerate()
        .map(|(i, name)| match name {
            Some(name) if !name.is_empty() && *name != options.values.null_value => {
                let twice = folded.iter().filter(|other| **other == folded[i]).count() > 1;
                if twice { format!("{name}{i}") } else { name.to_string() }
            }
            _ => format!("_c{i}"),
        })
        .collect()
}

/// What a text is tried for, one after the other.
const ORDER: [DataType; 7] = [
    DataType::Integer,
    DataType::Long,
    DataType::Decimal(38, 0),
    DataType::Double,
    DataType::Date,
    DataType::Timestamp,
    DataType::Boolean,
];

struct Inference<'a> {
    options: &'a CsvOptions,
    /// Types so far, one for each column.
    types: Vec<DataType>,
    date: Option<MomentReader>,
    timestamp: Option<MomentReader>,
    prefer_date: bool,
}

impl Inference<'_> {
    fn slice(&mut self, slice: &FileSlice, head: &Head) -> Result<()> {
        let options = self.options;
        let mut at = 0;
        each_record(slice, options, &mut |line, fields| {
            // Without multiLine every line that equals the first one is taken for a header.
            let is_header = options.header && if options.multi_line { at == 0 } else { line == head.line };
            at += 1;
            if !is_header {
                self.record(fields);
            }
            true
        })
    }

    fn record(&mut self, fields: &[Option<Cow<'_, str>>]) {
        for (i, field) in fields.iter().enumerate().take(self.types.len()) {
            let Some(text) = field else { continue };
            let so_far = &self.types[i];
            if *so_far == DataType::String || text.is_empty() || *text == self.options.values.null_value {
                continue;
            }
            if self.fits(text, so_far) {
                continue;
            }
            let found = self.type_of(text, so_far);
            self.types[i] = common_type(so_far, &found).unwrap_or(DataType::String);
        }
    }

    /// Whether a text has a type, so that a column of it stays what it is.
    fn fits(&self, text: &str, data_type: &DataType) -> bool {
        match data_type {
            DataType::Integer => values::parse_long(text.as_bytes()).is_some_and(|value| i32::try_from(value).is_ok()),
            DataType::Long => values::parse_long(text.as_bytes()).is_some(),
            DataType::Double => self.is_double(text),
            DataType::Date => self.prefer_date && self.is_date(text),
            DataType::Timestamp => self.is_timestamp(text),
            DataType::Boolean => text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"),
            _ => false,
        }
    }

    /// The first type of the order, from the one so far on, that the text has.
    fn type_of(&self, text: &str, so_far: &DataType) -> DataType {
        let from = match so_far {
            DataType::Null => 0,
            DataType::Decimal(..) => 2,
            other => ORDER.iter().position(|known| known == other).unwrap_or(ORDER.len()),
        };
        let found = ORDER[from..].iter().find_map(|wanted| match wanted {
            DataType::Decimal(..) => long_whole(text).map(|precision| DataType::Decimal(precision, 0)),
            wanted => self.fits(text, wanted).then(|| wanted.clone()),
        });
        found.unwrap_or(DataType::String)
    }

    fn is_double(&self, text: &str) -> bool {
        let values = &self.options.values;
        values::parse_double(text).is_some()
            || text == values.nan_value
            || text == values.positive_inf
            || text == values.negative_inf
    }

    fn is_date(&self, text: &str) -> bool {
        match &self.date {
            Some(reader) => reader.fits(text),
            None => text.len() == 10 && text.as_bytes()[4] == b'-' && values::parse_date(text.as_bytes()).is_some(),
        }
    }

    fn is_timestamp(&self, text: &str) -> bool {
        match &self.timestamp {
            Some(reader) => reader.fits(text),
            None => values::parse_timestamp(text.as_bytes(), "UTC", 0).is_some(),
        }
    }
}

/// The number of digits of a whole number that a decimal can hold.
fn long_whole(text: &str) -> Option<u8> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let digits = digits.replace(',', "");
    let digits = digits.trim_start_matches('0');
    (plain && digits.len() <= 38).then_some(digits.len().max(1) as u8)
}
