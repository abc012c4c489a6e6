//! The CSV reader: fields are found by scanning for separators, only wanted columns are looked at, values go straight into builders.
//!
//! ```text
//!   chunk of lines ──▶ spans (start, end) for each wanted column ──▶ one builder for each column ──▶ batch
//! ```
//!
//! Lines without a quote take the fast road (eight bytes at a time); the others go through [`super::csv_tokens`], and what had to be
//! unescaped is laid behind the chunk, so that a span is all that a builder needs.
//!
//! A row is malformed when a wanted field does not parse, or (only when all columns are read) when it has too few or too many fields.

use super::ahead::{self, Chunks};
use super::csv_options::{CsvOptions, ParseMode};
use super::csv_tokens::{Token, Tokenizer};
use super::lines::{LineReader, for_each_line, is_compressed, read_whole};
use super::values::{parse_date, parse_decimal, parse_double, parse_long, parse_timestamp};
use super::{READ_ROWS, WantedColumn, wanted_schema};
use crate::common::{ErrorClass, Result, SparkError};
use crate::exec::batch::{batch_of, filter_rows};
use crate::exec::runtime::{Rows, Runtime};
use crate::logical::plan::FileScan;
use crate::logical::types::DataType;
use crate::physical::plan::FileSlice;
use arrow::array::{
    ArrayRef, BooleanArray, BooleanBuilder, Decimal128Builder, PrimitiveBuilder, StringViewArray, StringViewBuilder,
    new_null_array,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{
    ArrowPrimitiveType, Date32Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, SchemaRef,
    TimestampMicrosecondType,
};
use arrow::record_batch::RecordBatch;
use memchr::memchr;
use std::borrow::Cow;
use std::sync::Arc;

/// Bytes of a field: a range of the chunk, or of the unescaped text laid behind it.
type Span = (u32, u32);

/// The field is not there.
const MISSING: Span = (u32::MAX, u32::MAX);
/// The field is a pair of quotes.
const QUOTED_EMPTY: Span = (u32::MAX, 0);

/// What is known of the columns.
#[derive(Clone)]
struct Layout {
    /// For each wanted column its place in a line; absent for the column of corrupt records.
    places: Vec<Option<usize>>,
    /// The last place that is looked at.
    last_place: usize,
    /// Fields of a whole line, when it must have exactly so many.
    exact: Option<usize>,
    corrupt: Option<usize>,
    /// For each wanted column whether any value will do.
    validity_only: Vec<bool>,
    /// The names that a header should have.
    names: Vec<String>,
}

/// Reads one slice of a file.
///
/// # Errors
/// For options that make no sense.
pub fn read<'a>(
    runtime: &'a Runtime<'a>,
    scan: &'a FileScan,
    slice: &'a FileSlice,
    wanted: &[WantedColumn],
) -> Result<Rows<'a>> {
    let options = CsvOptions::of(&scan.options, &runtime.context.conf)?;
    let is_whole = options.multi_line || is_compressed(&slice.path);
    let parser = BatchParser {
        schema: wanted_schema(wanted),
        types: wanted.iter().map(|column| column.field.data_type.clone()).collect(),
        layout: Layout::new(scan, wanted, &options),
        options,
        now_micros: runtime.context.now_micros,
        spans: vec![Vec::new(); wanted.len()],
        lines: Vec::new(),
        bad: Vec::new(),
        unescaped: Vec::new(),
        separators: Vec::new(),
        failure: None,
    };
    let open = move |slice: &FileSlice| -> Result<Box<dyn Chunks>> {
        let mut parser = parser.clone();
        if parser.options.multi_line {
            return Ok(Box::new(WholeFile { slice: slice.clone(), parser }));
        }
        for spans in &mut parser.spans {
            spans.reserve(READ_ROWS.min(slice.length as usize / 16));
        }
        let reader = LineReader::new(slice, parser.options.line_end.clone())?;
        let header = parser.options.header && reader.starts_file();
        Ok(Box::new(Lines { reader, parser, header }))
    };
    ahead::read(runtime, slice, is_whole, Arc::new(open))
}

impl Layout {
    fn new(scan: &FileScan, wanted: &[WantedColumn], options: &CsvOptions) -> Self {
        let corrupt = wanted
            .iter()
            .position(|column| column.field.name == options.corrupt && column.field.data_type == DataType::String);
        let corrupt_place = scan.data_schema.names().position(|name| name == options.corrupt);
        // The column of corrupt records stands in the schema but not in the file.
        let shift = |place: usize| place - usize::from(corrupt_place.is_some_and(|corrupt| corrupt < place));
        let places: Vec<Option<usize>> =
            wanted.iter().enumerate().map(|(i, column)| (Some(i) != corrupt).then(|| shift(column.place))).collect();
        let in_file = scan.data_schema.fields.len() - usize::from(corrupt_place.is_some());
        let all = corrupt.is_some() || wanted.len() == scan.data_schema.fields.len();
        Layout {
            last_place: places.iter().flatten().copied().max().unwrap_or(0),
            places,
            exact: all.then_some(in_file),
            corrupt,
            validity_only: wanted.iter().map(|column| column.validity_only).collect(),
            names: scan.data_schema.names().filter(|name| *name != options.corrupt).map(str::to_owned).collect(),
        }
    }
}

#[derive(Clone)]
struct BatchParser {
    schema: SchemaRef,
    types: Vec<DataType>,
    layout: Layout,
    options: CsvOptions,
    now_micros: i64,
    /// For each wanted column the fields of the rows so far.
    spans: Vec<Vec<Span>>,
    lines: Vec<Span>,
    bad: Vec<bool>,
    unescaped: Vec<u8>,
    separators: Vec<u32>,
    /// What the first malformed row raises under FAILFAST, once the rows before it are given.
    failure: Option<SparkError>,
}

impl BatchParser {
    /// Finds the fields of one line of the chunk.
    fn line(&mut self, chunk: &str, start: usize, end: usize, careful: bool) {
        let line = &chunk.as_bytes()[start..end];
        if line.iter().all(|byte| *byte <= b' ') || self.options.comment.is_some_and(|c| line.first() == Some(&c)) {
            return;
        }
        let careful = careful || self.options.quote.is_some_and(|quote| memchr(quote, line).is_some());
        if careful {
            let tokens = Tokenizer::record(line, &self.options).next_record();
            self.tokens(chunk.len(), start, &tokens, (start as u32, end as u32));
            return;
        }
        let sep = self.options.sep[0];
        let count = self.layout.exact.map_or(self.layout.last_place + 1, |_| usize::MAX);
        find_separators(line, sep, count, &mut self.separators);
        let fields = self.separators.len() + 1;
        for (place, spans) in self.layout.places.iter().zip(&mut self.spans) {
            let Some(place) = *place else { continue };
            let span = if place < fields {
                let from = if place == 0 { 0 } else { self.separators[place - 1] + 1 };
                let to = self.separators.get(place).copied().unwrap_or(line.len() as u32);
                (start as u32 + from, start as u32 + to)
            } else {
                MISSING
            };
            spans.push(span);
        }
        self.bad.push(self.layout.exact.is_some_and(|exact| exact != fields));
        self.lines.push((start as u32, end as u32));
    }

    fn tokens(&mut self, chunk_length: usize, start: usize, tokens: &[Token], line: Span) {
        for (place, spans) in self.layout.places.iter().zip(&mut self.spans) {
            let Some(place) = *place else { continue };
            spans.push(match tokens.get(place) {
                None => MISSING,
                Some(Token::Empty) => (start as u32, start as u32),
                Some(Token::QuotedEmpty) => QUOTED_EMPTY,
                Some(Token::Plain(from, to)) => ((start + from) as u32, (start + to) as u32),
                Some(Token::Owned(bytes)) => {
                    let from = (chunk_length + self.unescaped.len()) as u32;
                    self.unescaped.extend_from_slice(bytes);
                    (from, from + bytes.len() as u32)
                }
            });
        }
        self.bad.push(self.layout.exact.is_some_and(|exact| exact != tokens.len()));
        self.lines.push(line);
    }

    fn rows(&self) -> usize {
        self.lines.len()
    }

    /// Turns the rows so far into a batch and starts anew.
    fn finish(&mut self, chunk: &str) -> Result<RecordBatch> {
        let rows = self.rows();
        let text = Text { chunk, unescaped: String::from_utf8_lossy(&self.unescaped).into_owned() };
        let mut bad = std::mem::take(&mut self.bad);
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(self.types.len());
        for (i, data_type) in self.types.iter().enumerate() {
            let column = if self.layout.places[i].is_none() {
                new_null_array(&data_type.to_arrow(), rows)
            } else {
                self.column(&text, i, &mut bad)?
            };
            columns.push(column);
        }
        let any_bad = bad.iter().any(|bad| *bad);
        if any_bad && self.options.mode == ParseMode::FailFast {
            // The rows before the first bad one are still given.
            self.failure = Some(self.malformed(&text, &bad));
        }
        if let Some(at) = self.layout.corrupt {
            let mut builder = StringViewBuilder::with_capacity(rows);
            for (bad, line) in bad.iter().zip(&self.lines) {
                builder.append_option(bad.then(|| text.at(*line)));
            }
            columns[at] = Arc::new(builder.finish());
        }
        let batch = batch_of(&self.schema, columns, rows)?;
        for spans in &mut self.spans {
            spans.clear();
        }
        self.lines.clear();
        self.unescaped.clear();
        if self.failure.is_some() {
            let good = bad.iter().position(|bad| *bad).unwrap_or(rows);
            return Ok(batch.slice(0, good));
        }
        if any_bad && self.options.mode == ParseMode::DropMalformed {
            let keep: BooleanArray = bad.iter().map(|bad| Some(!*bad)).collect();
            return filter_rows(&batch, &keep);
        }
        Ok(batch)
    }

    fn malformed(&self, text: &Text<'_>, bad: &[bool]) -> SparkError {
        let line = bad.iter().position(|bad| *bad).map_or("", |row| text.at(self.lines[row]));
        SparkError::new(
            ErrorClass::Py4JJavaError,
            format!(
                "a malformed record was found while parsing, and the mode is FAILFAST: {}",
                crate::common::text::visible(line)
            ),
        )
        .with_help("read with mode PERMISSIVE and look at `_corrupt_record`, or drop such rows with DROPMALFORMED")
    }

    fn column(&self, text: &Text<'_>, i: usize, bad: &mut [bool]) -> Result<ArrayRef> {
        let (spans, data_type) = (self.spans[i].as_slice(), &self.types[i]);
        let values = &self.options.values;
        let zone = values.time_zone.as_str();
        Ok(match data_type {
            DataType::String if self.layout.validity_only[i] => Arc::new(self.presence(text, spans)?),
            DataType::String => self.strings(text, spans),
            DataType::Boolean => self.booleans(text, spans, bad),
            DataType::Byte => {
                self.primitive::<Int8Type>(text, spans, bad, |t| parse_long(t.as_bytes())?.try_into().ok())
            }
            DataType::Short => {
                self.primitive::<Int16Type>(text, spans, bad, |t| parse_long(t.as_bytes())?.try_into().ok())
            }
            DataType::Integer => {
                self.primitive::<Int32Type>(text, spans, bad, |t| parse_long(t.as_bytes())?.try_into().ok())
            }
            DataType::Long => self.primitive::<Int64Type>(text, spans, bad, |t| parse_long(t.as_bytes())),
            DataType::Float => self.primitive::<Float32Type>(text, spans, bad, |t| {
                self.special(t).map(|v| v as f32).or_else(|| {
                    fast_float2::parse::<f32, _>(t)
                        .ok()
                        .filter(|_| parse_double(t).is_some())
                        .or_else(|| parse_double(t).map(|v| v as f32))
                })
            }),
            DataType::Double => {
                self.primitive::<Float64Type>(text, spans, bad, |t| self.special(t).or_else(|| parse_double(t)))
            }
            DataType::Decimal(precision, scale) => self.decimals(text, spans, bad, (*precision, *scale))?,
            DataType::Date if values.date_format.is_none() => {
                self.primitive::<Date32Type>(text, spans, bad, |t| parse_date(t.as_bytes()))
            }
            DataType::Timestamp if values.timestamp_format.is_none() => {
                self.moments(text, spans, bad, data_type, |t| parse_timestamp(t.as_bytes(), zone, self.now_micros))
            }
            DataType::TimestampNtz if values.timestamp_ntz_format.is_none() => {
                self.moments(text, spans, bad, data_type, |t| parse_timestamp(t.as_bytes(), "UTC", self.now_micros))
            }
            other => {
                let strings = self.strings(text, spans);
                super::formatted::parse(&strings, other, &self.options.values, bad)?
            }
        })
    }

    fn special(&self, text: &str) -> Option<f64> {
        let values = &self.options.values;
        if text == values.nan_value {
            Some(f64::NAN)
        } else if text == values.positive_inf {
            Some(f64::INFINITY)
        } else if text == values.negative_inf {
            Some(f64::NEG_INFINITY)
        } else {
            None
        }
    }

    /// The field's text, or nothing where it is null.
    fn field<'t>(&'t self, text: &'t Text<'_>, span: Span) -> Option<&'t str> {
        let null = self.options.values.null_value.as_str();
        if span.0 == span.1 {
            return None;
        }
        let field = if span == QUOTED_EMPTY { self.options.empty_value.as_str() } else { text.at(span) };
        (field != null).then_some(field)
    }

    fn strings(&self, text: &Text<'_>, spans: &[Span]) -> ArrayRef {
        let mut builder = StringViewBuilder::with_capacity(spans.len());
        for span in spans {
            match self.field(text, *span) {
                Some(field) => builder.append_value(field),
                None => builder.append_null(),
            }
        }
        Arc::new(builder.finish())
    }

    /// Empty text where there is a value.
    fn presence(&self, text: &Text<'_>, spans: &[Span]) -> Result<StringViewArray> {
        let valid: NullBuffer = spans.iter().map(|span| self.field(text, *span).is_some()).collect();
        let nulls = Some(valid).filter(|valid| valid.null_count() > 0);
        Ok(StringViewArray::try_new(vec![0; spans.len()].into(), Vec::new(), nulls)?)
    }

    fn booleans(&self, text: &Text<'_>, spans: &[Span], bad: &mut [bool]) -> ArrayRef {
        let mut builder = BooleanBuilder::with_capacity(spans.len());
        for (span, bad) in spans.iter().zip(bad) {
            match self.field(text, *span) {
                Some(field) if field.eq_ignore_ascii_case("true") => builder.append_value(true),
                Some(field) if field.eq_ignore_ascii_case("false") => builder.append_value(false),
                other => {
                    *bad |= other.is_some();
                    builder.append_null();
                }
            }
        }
        Arc::new(builder.finish())
    }

    fn builder<T: ArrowPrimitiveType>(
        &self,
        text: &Text<'_>,
        spans: &[Span],
        bad: &mut [bool],
        parse: impl Fn(&str) -> Option<T::Native>,
    ) -> PrimitiveBuilder<T> {
        let mut builder = PrimitiveBuilder::<T>::with_capacity(spans.len());
        for (span, bad) in spans.iter().zip(bad) {
            let field = self.field(text, *span);
            match field.and_then(&parse) {
                Some(value) => builder.append_value(value),
                None => {
                    *bad |= field.is_some();
                    builder.append_null();
                }
            }
        }
        builder
    }

    fn primitive<T: ArrowPrimitiveType>(
        &self,
        text: &Text<'_>,
        spans: &[Span],
        bad: &mut [bool],
        parse: impl Fn(&str) -> Option<T::Native>,
    ) -> ArrayRef {
        Arc::new(self.builder::<T>(text, spans, bad, parse).finish())
    }

    fn moments(
        &self,
        text: &Text<'_>,
        spans: &[Span],
        bad: &mut [bool],
        data_type: &DataType,
        parse: impl Fn(&str) -> Option<i64>,
    ) -> ArrayRef {
        let mut builder = self.builder::<TimestampMicrosecondType>(text, spans, bad, parse);
        Arc::new(builder.finish().with_data_type(data_type.to_arrow()))
    }

    fn decimals(
        &self,
        text: &Text<'_>,
        spans: &[Span],
        bad: &mut [bool],
        (precision, scale): (u8, i8),
    ) -> Result<ArrayRef> {
        let mut builder = Decimal128Builder::with_capacity(spans.len()).with_precision_and_scale(precision, scale)?;
        for (span, bad) in spans.iter().zip(bad) {
            let field = self.field(text, *span);
            let value = field.and_then(|field| parse_decimal(field, precision, scale));
            *bad |= field.is_some() && value.is_none();
            builder.append_option(value);
        }
        Ok(Arc::new(builder.finish()))
    }
}

/// The text that spans point into.
struct Text<'t> {
    chunk: &'t str,
    unescaped: String,
}

impl Text<'_> {
    fn at(&self, (from, to): Span) -> &str {
        let (from, to, length) = (from as usize, to as usize, self.chunk.len());
        let found =
            if from >= length { self.unescaped.get(from - length..to - length) } else { self.chunk.get(from..to) };
        found.unwrap_or("")
    }
}

/// The positions of the first separators of a line, at most `most` of them.
pub fn find_separators(line: &[u8], sep: u8, most: usize, found: &mut Vec<u32>) {
    const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    let pattern = u64::from_ne_bytes([sep; 8]);
    found.clear();
    let mut at = 0;
    let mut rest = line;
    while let Some((word, after)) = rest.split_first_chunk::<8>() {
        let differing = u64::from_le_bytes(*word) ^ pattern;
        let mut hits = !(((differing & LOW) + LOW) | differing | LOW);
        while hits != 0 {
            found.push(at + hits.trailing_zeros() / 8);
            hits &= hits - 1;
        }
        if found.len() >= most {
            return;
        }
        at += 8;
        rest = after;
    }
    for (i, byte) in rest.iter().enumerate() {
        if *byte == sep {
            found.push(at + i as u32);
        }
    }
}

struct Lines {
    reader: LineReader,
    parser: BatchParser,
    /// The first line that says something is still to be skipped.
    header: bool,
}

impl Chunks for Lines {
    fn next_chunk(&mut self, batches: &mut Vec<RecordBatch>) -> Result<bool> {
        let Some(bytes) = self.reader.next_chunk()? else { return Ok(false) };
        let parser = &mut self.parser;
        let chunk: Cow<'_, str> = parser.options.decode(bytes);
        let chunk: &str = &chunk;
        let careful = parser.options.sep.len() > 1 || parser.options.trim_leading || parser.options.trim_trailing;
        let ending = parser.options.line_end.clone();
        let mut failed = None;
        let header = &mut self.header;
        for_each_line(chunk.as_bytes(), &ending, |start, end| {
            if failed.is_some() || parser.failure.is_some() {
                return;
            }
            if *header {
                let before = parser.rows();
                parser.line(chunk, start, end, true);
                if parser.rows() > before {
                    *header = false;
                    failed = parser.take_header(&chunk.as_bytes()[start..end]).err();
                }
                return;
            }
            parser.line(chunk, start, end, careful);
            if parser.rows() == READ_ROWS {
                match parser.finish(chunk) {
                    Ok(batch) => batches.push(batch),
                    Err(error) => failed = Some(error),
                }
            }
        });
        if let Some(error) = failed {
            return Err(error);
        }
        if parser.rows() > 0 && parser.failure.is_none() {
            batches.push(parser.finish(chunk)?);
        }
        parser.failure.take().map_or(Ok(true), Err)
    }
}

impl BatchParser {
    /// Forgets the header line, which was cut as if it were a row, and compares it when the schema is not enforced.
    fn take_header(&mut self, line: &[u8]) -> Result<()> {
        for spans in &mut self.spans {
            spans.clear();
        }
        self.lines.clear();
        self.bad.clear();
        self.unescaped.clear();
        if self.options.enforce_schema {
            return Ok(());
        }
        let names: Vec<String> = Tokenizer::record(line, &self.options)
            .next_record()
            .into_iter()
            .map(|token| match token {
                Token::Empty | Token::QuotedEmpty => String::new(),
                Token::Plain(from, to) => String::from_utf8_lossy(&line[from..to]).into_owned(),
                Token::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            })
            .collect();
        let wanted = &self.layout.names;
        let same = names.len() == wanted.len()
            && names.iter().zip(wanted).all(|(name, wanted)| name.eq_ignore_ascii_case(wanted));
        if same {
            return Ok(());
        }
        Err(SparkError::new(
            ErrorClass::Py4JJavaError,
            format!("the CSV header ({}) does not conform to the schema ({})", names.join(", "), wanted.join(", ")),
        )
        .with_help("leave out enforceSchema=false, or give a schema with the header's names"))
    }
}

/// A file whose records may span lines: read as a whole.
struct WholeFile {
    slice: FileSlice,
    parser: BatchParser,
}

impl Chunks for WholeFile {
    fn next_chunk(&mut self, batches: &mut Vec<RecordBatch>) -> Result<bool> {
        let bytes = read_whole(&self.slice)?;
        let text = self.parser.options.decode(&bytes);
        let whole: &str = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let text = whole.as_bytes();
        let options = self.parser.options.clone();
        let mut tokenizer = Tokenizer::file(text, &options);
        let mut header = options.header;
        while self.parser.failure.is_none() && tokenizer.skip_blank() {
            let from = tokenizer.position();
            let tokens = tokenizer.next_record();
            let line = &text[from..tokenizer.position()];
            let end = from + line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |at| at + 1);
            if std::mem::take(&mut header) {
                self.parser.take_header(&text[from..end])?;
                continue;
            }
            let shifted: Vec<Token> = tokens
                .into_iter()
                .map(|token| match token {
                    Token::Plain(start, stop) => Token::Plain(start - from, stop - from),
                    other => other,
                })
                .collect();
            self.parser.tokens(text.len(), from, &shifted, (from as u32, end as u32));
            if self.parser.rows() == READ_ROWS {
                batches.push(self.parser.finish(whole)?);
            }
        }
        if self.parser.rows() > 0 && self.parser.failure.is_none() {
            batches.push(self.parser.finish(whole)?);
        }
        self.parser.failure.take().map_or(Ok(false), Err)
    }
}
