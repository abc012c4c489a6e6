//! Schemas and types in text: `id INT NOT NULL, tags ARRAY<STRING>`, `decimal(10,2)`, `struct<a: int, b: string>`.
//!
//! Used by `spark.read.schema("…")`, `createDataFrame(…, "…")`, `cast("…")`, and by `sql` for the types inside its text. Also reads the
//! JSON form (`{"type": "struct", …}`), as Spark does.

use super::types::{DataType, SpatialKind, StructField, StructType};
use crate::common::{ErrorClass, Result, SparkError};

/// Parses a list of columns, with or without `struct<…>` around it.
///
/// # Errors
/// `ParseException` when the text is no schema.
pub fn parse_schema(text: &str) -> Result<StructType> {
    match parse_columns_or_type(text)? {
        (schema, false) => Ok(schema),
        (schema, true) => match schema.fields.into_iter().next().map(|field| field.data_type) {
            Some(DataType::Struct(fields)) => Ok(fields),
            Some(other) => Err(SparkError::new(
                ErrorClass::ParseException,
                format!("a list of columns is needed, this is the single type {}", other.simple_string()),
            )
            .with_condition("INVALID_SCHEMA.NON_STRUCT_TYPE")),
            None => Err(syntax_error(text, 0)),
        },
    }
}

/// Parses a list of columns, or a single type: then one field named `value` and `true`.
///
/// # Errors
/// `ParseException` when the text is neither.
pub fn parse_columns_or_type(text: &str) -> Result<(StructType, bool)> {
    let trimmed = text.trim();
    if trimmed.starts_with('{') {
        let json = serde_json::from_str(trimmed).map_err(|_| syntax_error(text, 0))?;
        return match type_of_json(&json).ok_or_else(|| syntax_error(text, 0))? {
            DataType::Struct(fields) => Ok((fields, false)),
            single => Ok((StructType::new(vec![StructField::new("value", single, true)]), true)),
        };
    }
    // As Spark: first as a type, then as a list of columns.
    let as_type = parse_type(trimmed);
    match as_type {
        Ok(DataType::Struct(fields)) => Ok((fields, false)),
        Ok(single) => Ok((StructType::new(vec![StructField::new("value", single, true)]), true)),
        Err(_) => {
            let mut reader = Reader { text: trimmed, at: 0 };
            let fields = reader.columns(None)?;
            reader.expect_end()?;
            Ok((StructType::new(fields), false))
        }
    }
}

/// The error for the type `time`, which Spark knows and refuses unless it is switched on.
#[must_use]
pub fn no_time() -> SparkError {
    SparkError::analysis("UNSUPPORTED_TIME_TYPE", "The data type TIME is not supported.")
        .with_help("keep a time of day as text, or as seconds since midnight")
}

/// Parses one type.
///
/// # Errors
/// `ParseException`: `UNSUPPORTED_DATATYPE` for an unknown word, `PARSE_SYNTAX_ERROR` otherwise.
pub fn parse_type(text: &str) -> Result<DataType> {
    let mut reader = Reader { text, at: 0 };
    let data_type = reader.data_type()?;
    reader.expect_end()?;
    Ok(data_type)
}

/// Parses the type that `text` begins with, and says how many bytes it takes.
///
/// # Errors
/// As [`parse_type`].
pub fn parse_type_prefix(text: &str) -> Result<(DataType, usize)> {
    let mut reader = Reader { text, at: 0 };
    let data_type = reader.data_type()?;
    Ok((data_type, reader.at))
}

/// Parses the columns of `CREATE TABLE t (…)` that `text` begins with, up to the closing parenthesis, which is not consumed.
///
/// # Errors
/// As [`parse_type`].
pub fn parse_columns_prefix(text: &str) -> Result<(StructType, usize)> {
    let mut reader = Reader { text, at: 0 };
    let fields = reader.columns(Some(')'))?;
    Ok((StructType::new(fields), reader.at))
}

fn syntax_error(text: &str, at: usize) -> SparkError {
    let near = text.get(at..).unwrap_or_default().split_whitespace().next().unwrap_or("end of input").to_owned();
    SparkError::new(ErrorClass::ParseException, format!("the schema \"{text}\" cannot be read at or near '{near}'"))
        .with_condition("PARSE_SYNTAX_ERROR")
        .with_subject(near)
        .with_help("write a schema as \"name STRING, age INT, tags ARRAY<STRING>\"")
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blank(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&mut self) -> Option<char> {
        self.skip_blank();
        self.rest().chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<()> {
        if self.eat(wanted) { Ok(()) } else { Err(self.error()) }
    }

    fn expect_end(&mut self) -> Result<()> {
        if self.peek().is_none() { Ok(()) } else { Err(self.error()) }
    }

    fn error(&self) -> SparkError {
        syntax_error(self.text, self.at)
    }

    /// A word, or a name in backticks.
    fn name(&mut self) -> Result<String> {
        if self.peek() == Some('`') {
            let body = &self.rest()[1..];
            let mut name = String::new();
            let mut chars = body.char_indices().peekable();
            while let Some((i, c)) = chars.next() {
                if c != '`' {
                    name.push(c);
                } else if chars.peek().is_some_and(|(_, next)| *next == '`') {
                    name.push('`');
                    chars.next();
                } else {
                    self.at += i + 2;
                    return Ok(name);
                }
            }
            return Err(self.error());
        }
        let word = self.word();
        if word.is_empty() { Err(self.error()) } else { Ok(word) }
    }

    fn word(&mut self) -> String {
        self.skip_blank();
        let rest = self.rest();
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let word = rest[..end].to_owned();
        self.at += end;
        word
    }

    fn eat_word(&mut self, wanted: &str) -> bool {
        let start = self.at;
        if self.word().eq_ignore_ascii_case(wanted) {
            return true;
        }
        self.at = start;
        false
    }

    /// A quoted string, without its quotes.
    fn string(&mut self) -> Result<String> {
        let Some(quote @ ('\'' | '"')) = self.peek() else { return Err(self.error()) };
        let body = &self.rest()[1..];
        let end = body.find(quote).ok_or_else(|| self.error())?;
        let found = body[..end].to_owned();
        self.at += end + 2;
        Ok(found)
    }

    /// `name [:] type [NOT NULL] [COMMENT '…'] [DEFAULT …], …` up to `close` or the end.
    fn columns(&mut self, close: Option<char>) -> Result<Vec<StructField>> {
        let mut fields = Vec::new();
        if close.is_some() && self.peek() == close {
            return Ok(fields);
        }
        loop {
            let name = self.name()?;
            self.eat(':');
            let data_type = self.data_type()?;
            let mut field = StructField::new(name, data_type, true);
            if self.eat_word("not") {
                if !self.eat_word("null") {
                    return Err(self.error());
                }
                field.nullable = false;
            }
            if self.eat_word("comment") {
                let comment = self.string()?;
                field.metadata = serde_json::json!({"comment": comment}).to_string();
            }
            fields.push(field);
            if !self.eat(',') {
                return Ok(fields);
            }
        }
    }

    fn data_type(&mut self) -> Result<DataType> {
        let start = self.at;
        let word = self.word().to_ascii_lowercase();
        Ok(match word.as_str() {
            "boolean" => DataType::Boolean,
            "tinyint" | "byte" => DataType::Byte,
            "smallint" | "short" => DataType::Short,
            "int" | "integer" => DataType::Integer,
            "bigint" | "long" => DataType::Long,
            "float" | "real" => DataType::Float,
            "double" => DataType::Double,
            "date" => DataType::Date,
            "timestamp" | "timestamp_ltz" => DataType::Timestamp,
            "timestamp_ntz" => DataType::TimestampNtz,
            "string" => {
                self.eat_word("collate");
                DataType::String
            }
            "char" | "character" | "varchar" => {
                self.numbers()?;
                DataType::String
            }
            "binary" => DataType::Binary,
            "variant" => DataType::Variant,
            "void" | "null" => DataType::Null,
            "decimal" | "dec" | "numeric" => self.decimal()?,
            "interval" => self.interval()?,
            "array" => {
                self.expect('<')?;
                let element = self.data_type()?;
                self.expect('>')?;
                DataType::array(element)
            }
            "map" => {
                self.expect('<')?;
                let key = self.data_type()?;
                self.expect(',')?;
                let value = self.data_type()?;
                self.expect('>')?;
                DataType::map(key, value)
            }
            "struct" => {
                self.expect('<')?;
                let fields = if self.peek() == Some('>') { Vec::new() } else { self.columns(None)? };
                self.expect('>')?;
                DataType::Struct(StructType::new(fields))
            }
            "" => return Err(syntax_error(self.text, start)),
            "time" => {
                self.numbers_if_any()?;
                DataType::Time
            }
            "geography" | "geometry" => self.spatial(&word)?,
            other => {
                return Err(SparkError::new(
                    ErrorClass::ParseException,
                    format!("there is no data type \"{}\"", other.to_uppercase()),
                )
                .with_condition("UNSUPPORTED_DATATYPE")
                .with_subject(other.to_owned())
                .with_help("types are string, int, bigint, double, decimal(10,2), boolean, date, timestamp, array<…>, map<…,…>, struct<…>"));
            }
        })
    }

    fn decimal(&mut self) -> Result<DataType> {
        let numbers = if self.peek() == Some('(') { self.numbers()? } else { Vec::new() };
        let (precision, scale) = match numbers.as_slice() {
            [] => (10, 0),
            [precision] => (*precision, 0),
            [precision, scale, ..] => (*precision, *scale),
        };
        if precision > 38 {
            return Err(SparkError::new(
                ErrorClass::ParseException,
                format!("a decimal has at most 38 digits, not {precision}"),
            )
            .with_condition("DECIMAL_PRECISION_EXCEEDS_MAX_PRECISION"));
        }
        if scale > precision || precision == 0 {
            return Err(SparkError::analysis(
                "INVALID_DECIMAL_PRECISION_SCALE",
                format!("a decimal with {precision} digits cannot have {scale} of them behind the point"),
            ));
        }
        Ok(DataType::Decimal(precision as u8, scale as i8))
    }

    fn numbers(&mut self) -> Result<Vec<u32>> {
        self.expect('(')?;
        let mut numbers = Vec::new();
        loop {
            let word = self.word();
            numbers.push(word.parse().map_err(|_| self.error())?);
            if !self.eat(',') {
                break;
            }
        }
        self.expect(')')?;
        Ok(numbers)
    }

    /// `(6)`, which some types may have.
    fn numbers_if_any(&mut self) -> Result<Vec<u32>> {
        if self.peek() == Some('(') { self.numbers() } else { Ok(Vec::new()) }
    }

    /// `geometry(4326)`, `geography(ANY)`.
    fn spatial(&mut self, word: &str) -> Result<DataType> {
        let kind = if word == "geography" { SpatialKind::Geography } else { SpatialKind::Geometry };
        self.expect('(')?;
        let system = self.word().to_ascii_lowercase();
        self.expect(')')?;
        if system == "any" {
            return Ok(DataType::Spatial(kind, None));
        }
        let srid: i32 = system.parse().map_err(|_| self.error())?;
        if super::spatial::is_known(kind, srid) {
            Ok(DataType::Spatial(kind, Some(srid)))
        } else {
            Err(super::spatial::unknown_srid(i64::from(srid)))
        }
    }

    fn interval(&mut self) -> Result<DataType> {
        let start = self.at;
        let unit = self.word().to_ascii_lowercase();
        let found = match unit.as_str() {
            "year" | "month" | "day" | "hour" | "minute" | "second" => unit,
            _ => {
                self.at = start;
                return Ok(DataType::CalendarInterval);
            }
        };
        let to = if self.eat_word("to") { self.word().to_ascii_lowercase() } else { found.clone() };
        DataType::interval_between(&found, &to).ok_or_else(|| self.error())
    }
}

/// The type that Spark's JSON form of a type or schema means.
#[must_use]
pub fn type_of_json(json: &serde_json::Value) -> Option<DataType> {
    if let Some(word) = json.as_str() {
        const SQL_ONLY: &[&str] = &["int", "bigint", "smallint", "tinyint", "real", "dec", "numeric"];
        return parse_type(word).ok().filter(|_| !SQL_ONLY.contains(&word));
    }
    match json.get("type")?.as_str()? {
        "struct" => {
            let fields = json.get("fields")?.as_array()?.iter().map(|field| {
                let name = field.get("name")?.as_str()?;
                let data_type = type_of_json(field.get("type")?)?;
                let nullable = field.get("nullable").and_then(serde_json::Value::as_bool).unwrap_or(true);
                let mut made = StructField::new(name, data_type, nullable);
                if let Some(metadata) = field.get("metadata") {
                    made.metadata = metadata.to_string();
                }
                Some(made)
            });
            fields.collect::<Option<_>>().map(|fields| DataType::Struct(StructType::new(fields)))
        }
        "array" => {
            let element = type_of_json(json.get("elementType")?)?;
            let nullable = json.get("containsNull").and_then(serde_json::Value::as_bool).unwrap_or(true);
            Some(DataType::Array(Box::new(element), nullable))
        }
        "map" => {
            let (key, value) = (type_of_json(json.get("keyType")?)?, type_of_json(json.get("valueType")?)?);
            let nullable = json.get("valueContainsNull").and_then(serde_json::Value::as_bool).unwrap_or(true);
            Some(DataType::Map(Box::new(key), Box::new(value), nullable))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_single_types_are_told_apart() {
        let check = |text: &str, expected: &str, single: bool| {
            let (schema, found) = parse_columns_or_type(text).unwrap();
            assert_eq!((schema.simple_string().as_str(), found), (expected, single), "{text}");
        };
        check("a int, b string", "struct<a:int,b:string>", false);
        check(
            "`x y`: array<array<int>>, m map<string, decimal(10, 2)>",
            "struct<x y:array<array<int>>,m:map<string,decimal(10,2)>>",
            false,
        );
        check("struct<a: int>", "struct<a:int>", false);
        check("bigint", "struct<value:bigint>", true);
        check("date date, timestamp timestamp", "struct<date:date,timestamp:timestamp>", false);
    }

    #[test]
    fn not_null_and_comments_are_kept() {
        let schema = parse_schema("id INT NOT NULL COMMENT 'the key', s STRING").unwrap();
        assert!(!schema.fields[0].nullable);
        assert_eq!(schema.fields[0].metadata, r#"{"comment":"the key"}"#);
    }

    #[test]
    fn a_schema_survives_its_json_form() {
        let schema = parse_schema("a int, b array<struct<x: double>>, c map<string, date>").unwrap();
        assert_eq!(type_of_json(&schema.json_value()), Some(DataType::Struct(schema)));
    }

    #[test]
    fn an_unknown_type_is_named() {
        assert_eq!(parse_type("strin").unwrap_err().condition(), Some("UNSUPPORTED_DATATYPE"));
        assert_eq!(parse_schema("a int,").unwrap_err().condition(), Some("PARSE_SYNTAX_ERROR"));
    }
}
