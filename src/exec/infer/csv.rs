//! CSV: names from the header, types from all rows, tried in Spark's order:
//! int, bigint, decimal (whole numbers too long for bigint), double, date, timestamp, boolean, string.

use super::{common_type, whole};
use crate::common::conf::Options;
use crate::common::{Conf, Result, TimeParserPolicy};
use crate::exec::scan::{
    CsvOptions, LineReader, MomentReader, Token, Tokenizer, for_each_line, open, reader_for, values,
};
use crate::logical::plan::FileEntry;
use crate::logical::types::{DataType, StructField, StructType};
use std::borrow::Cow;
use std::io::Read;

struct Inference<'a> {
    options: &'a CsvOptions,
    /// Types so far, one for each column.
    types: Vec<DataType>,
    date: Option<MomentReader>,
    timestamp: Option<MomentReader>,
    prefer_date: bool,
}

/// The schema of CSV files.
///
/// # Errors
/// Files that cannot be read.
pub fn infer(files: &[FileEntry], options: &Options, conf: &Conf) -> Result<Option<StructType>> {
    let csv = CsvOptions::of(options, conf)?;
    let Some(first) = first_record(files, &csv)? else { return Ok(Some(StructType::default())) };
    let names = safe_names(&first, &csv, conf.flag("spark.sql.caseSensitive"));
    if !options.flag("inferSchema", false) {
        let fields = names.into_iter().map(|name| StructField::new(name, DataType::String, true)).collect();
        return Ok(Some(StructType::new(fields)));
    }
    let mut inference = Inference {
        types: vec![DataType::Null; names.len()],
        date: reader_for(&DataType::Date, &csv.values)?,
        timestamp: reader_for(&DataType::Timestamp, &csv.values)?,
        prefer_date: options.flag("preferDate", true) && conf.time_parser() != TimeParserPolicy::Legacy,
        options: &csv,
    };
    for file in files {
        inference.file(file, &first)?;
    }
    let fields = names
        .into_iter()
        .zip(inference.types)
        .map(|(name, data_type)| {
            let data_type = if data_type == DataType::Null { DataType::String } else { data_type };
            StructField::new(name, data_type, true)
        })
        .collect();
    Ok(Some(StructType::new(fields)))
}

type Field = Option<String>;

fn texts(record: &[u8], tokens: Vec<Token>) -> Vec<Field> {
    tokens
        .into_iter()
        .map(|token| match token {
            Token::Empty => None,
            Token::QuotedEmpty => Some(String::new()),
            Token::Plain(from, to) => Some(String::from_utf8_lossy(&record[from..to]).into_owned()),
            Token::Owned(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        })
        .collect()
}

fn says_something(line: &[u8], options: &CsvOptions) -> bool {
    line.iter().any(|byte| *byte > b' ') && options.comment.is_none_or(|comment| line.first() != Some(&comment))
}

/// Calls `f` with the fields of each record; stops when it gives false.
fn each_record(file: &FileEntry, options: &CsvOptions, f: &mut dyn FnMut(Vec<Field>) -> bool) -> Result<()> {
    let slice = whole(file);
    if options.multi_line {
        let mut bytes = Vec::new();
        let (mut source, _) = open(&slice)?;
        source.read_to_end(&mut bytes).map_err(|error| crate::exec::scan::read_error(&file.path, &error))?;
        let text = options.decode(&bytes);
        let text = text.trim_start_matches('\u{feff}').as_bytes();
        let mut tokenizer = Tokenizer::file(text, options);
        while tokenizer.skip_blank() {
            if !f(texts(text, tokenizer.next_record())) {
                break;
            }
        }
        return Ok(());
    }
    let mut reader = LineReader::new(&slice, options.line_end.clone())?;
    let mut going = true;
    while going {
        let Some(chunk) = reader.next_chunk()? else { break };
        let chunk: Cow<'_, str> = options.decode(chunk);
        let chunk = chunk.strip_prefix('\u{feff}').unwrap_or(&chunk).as_bytes();
        for_each_line(chunk, &options.line_end, |from, to| {
            let line = &chunk[from..to];
            if going && says_something(line, options) {
                going = f(texts(line, Tokenizer::record(line, options).next_record()));
            }
        });
    }
    Ok(())
}

fn first_record(files: &[FileEntry], options: &CsvOptions) -> Result<Option<Vec<Field>>> {
    let mut found = None;
    for file in files {
        each_record(file, options, &mut |record| {
            found = Some(record);
            false
        })?;
        if found.is_some() {
            break;
        }
    }
    Ok(found)
}

/// Names that are empty become `_c0`, `_c1`, …; names that occur twice carry their place.
fn safe_names(first: &[Field], options: &CsvOptions, case_sensitive: bool) -> Vec<String> {
    if !options.header {
        return (0..first.len()).map(|i| format!("_c{i}")).collect();
    }
    let folded: Vec<Option<String>> = first
        .iter()
        .map(|name| name.as_ref().map(|name| if case_sensitive { name.clone() } else { name.to_lowercase() }))
        .collect();
    first
        .iter()
        .enumerate()
        .map(|(i, name)| match name {
            Some(name) if !name.is_empty() && *name != options.values.null_value => {
                let twice = folded.iter().filter(|other| **other == folded[i]).count() > 1;
                if twice { format!("{name}{i}") } else { name.clone() }
            }
            _ => format!("_c{i}"),
        })
        .collect()
}

impl Inference<'_> {
    fn file(&mut self, file: &FileEntry, first: &[Field]) -> Result<()> {
        let (header, multi_line) = (self.options.header, self.options.multi_line);
        let mut at = 0;
        let options = self.options;
        each_record(file, options, &mut |record| {
            // Without multiLine every line that equals the first one is taken for a header.
            let is_header = header && if multi_line { at == 0 } else { record == first };
            at += 1;
            if !is_header {
                self.record(&record);
            }
            true
        })
    }

    fn record(&mut self, record: &[Field]) {
        for (i, field) in record.iter().enumerate().take(self.types.len()) {
            let Some(text) = field else { continue };
            if text.is_empty() || *text == self.options.values.null_value {
                continue;
            }
            let so_far = &self.types[i];
            if *so_far == DataType::String {
                continue;
            }
            let found = self.type_of(text, so_far);
            self.types[i] = common_type(so_far, &found).unwrap_or(DataType::String);
        }
    }

    /// The first type of the order, from the one so far on, that the text has.
    fn type_of(&self, text: &str, so_far: &DataType) -> DataType {
        use DataType as T;
        let rank = match so_far {
            T::Null | T::Integer => 0,
            T::Long => 1,
            T::Decimal(..) => 2,
            T::Double => 3,
            T::Date => 4,
            T::Timestamp => 5,
            T::Boolean => 6,
            _ => 7,
        };
        let whole = values::parse_long(text.as_bytes());
        if rank <= 0 && whole.is_some_and(|value| i32::try_from(value).is_ok()) {
            return T::Integer;
        }
        if rank <= 1 && whole.is_some() {
            return T::Long;
        }
        if rank <= 2
            && let Some(precision) = long_whole(text)
        {
            return T::Decimal(precision, 0);
        }
        if rank <= 3 && self.is_double(text) {
            return T::Double;
        }
        if rank <= 4 && self.prefer_date && self.is_date(text) {
            return T::Date;
        }
        if rank <= 5 && self.is_timestamp(text) {
            return T::Timestamp;
        }
        if rank <= 6 && (text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false")) {
            return T::Boolean;
        }
        T::String
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
