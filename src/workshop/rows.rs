//! Rows as checks compare them: plain values with the type's simple name beside each column.

use crate::logical::functions::calendar::{Zone, format_date, format_timestamp};
use crate::logical::scalar::Scalar;
use crate::logical::types::DataType;
use crate::session::{Kept, KeptFrame};
use std::cmp::Ordering;
use std::fmt;

/// A value. Dates and timestamps are text, as Spark prints them.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Cell>),
}

impl Cell {
    /// A text.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }

    /// The number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Cell::Int(value) => Some(*value as f64),
            Cell::Float(value) => Some(*value),
            _ => None,
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Cell::Null => 0,
            Cell::Bool(_) => 1,
            Cell::Int(_) | Cell::Float(_) => 2,
            Cell::Text(_) => 3,
            Cell::List(_) => 4,
        }
    }

    /// A total order, for sorting rows before they are compared.
    #[must_use]
    pub fn order(&self, other: &Cell) -> Ordering {
        match (self, other) {
            (Cell::Bool(a), Cell::Bool(b)) => a.cmp(b),
            (Cell::Int(a), Cell::Int(b)) => a.cmp(b),
            (Cell::Text(a), Cell::Text(b)) => a.cmp(b),
            (Cell::List(a), Cell::List(b)) => {
                let parts = a.iter().zip(b).map(|(a, b)| a.order(b)).find(|order| order.is_ne());
                parts.unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => match (self.number(), other.number()) {
                (Some(a), Some(b)) => a.total_cmp(&b),
                _ => self.rank().cmp(&other.rank()),
            },
        }
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cell::Null => f.write_str("NULL"),
            Cell::Bool(value) => write!(f, "{value}"),
            Cell::Int(value) => write!(f, "{value}"),
            Cell::Float(value) => write!(f, "{value}"),
            Cell::Text(text) => f.write_str(&crate::common::text::visible(text)),
            Cell::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str("]")
            }
        }
    }
}

/// A column of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// Spark's simple name: `int`, `bigint`, `string`.
    pub data_type: String,
    pub nullable: bool,
}

/// An answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rows {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

impl Rows {
    /// Columns as `name type` pairs, nullable, without rows.
    #[must_use]
    pub fn of(columns: &[(&str, &str)]) -> Rows {
        let columns = columns
            .iter()
            .map(|(name, kind)| Column { name: (*name).to_owned(), data_type: (*kind).to_owned(), nullable: true })
            .collect();
        Rows { columns, rows: Vec::new() }
    }

    /// With these rows.
    #[must_use]
    pub fn with(mut self, rows: Vec<Vec<Cell>>) -> Rows {
        self.rows = rows;
        self
    }

    /// The place of a column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }
}

/// A kept frame as plain rows.
#[must_use]
pub fn of_frame(frame: &KeptFrame) -> Rows {
    let columns = frame.schema.fields.iter().map(|field| Column {
        name: field.name.clone(),
        data_type: field.data_type.simple_string(),
        nullable: field.nullable,
    });
    let types: Vec<&DataType> = frame.schema.fields.iter().map(|field| &field.data_type).collect();
    let rows = frame.rows.iter().map(|row| row.iter().zip(&types).map(|(scalar, kind)| cell(scalar, kind)).collect());
    Rows { columns: columns.collect(), rows: rows.collect() }
}

fn cell(scalar: &Scalar, kind: &DataType) -> Cell {
    match scalar {
        Scalar::Null => Cell::Null,
        Scalar::Boolean(value) => Cell::Bool(*value),
        Scalar::Byte(value) => Cell::Int(i64::from(*value)),
        Scalar::Short(value) => Cell::Int(i64::from(*value)),
        Scalar::Integer(value) => Cell::Int(i64::from(*value)),
        Scalar::Long(value) => Cell::Int(*value),
        Scalar::Float(value) => Cell::Float(f64::from(*value)),
        Scalar::Double(value) => Cell::Float(*value),
        Scalar::Decimal(unscaled, _, scale) => Cell::Float(*unscaled as f64 / 10f64.powi(i32::from(*scale))),
        Scalar::String(text) => Cell::Text(text.clone()),
        Scalar::Date(days) => Cell::Text(format_date(*days)),
        Scalar::Timestamp(micros) | Scalar::TimestampNtz(micros) => Cell::Text(format_timestamp(*micros, Zone::UTC)),
        Scalar::Array(items) => {
            let inner = if let DataType::Array(inner, _) = kind { inner } else { &DataType::Null };
            Cell::List(items.iter().map(|item| cell(item, inner)).collect())
        }
        other => Cell::Text(format!("{other:?}")),
    }
}

/// A plain value of a script as rows of one column `value`; a dict has `key` and `value`.
#[must_use]
pub fn of_value(kept: &Kept) -> Rows {
    let row = |value: &Kept| vec![plain(value)];
    match kept {
        Kept::List(items) => Rows::of(&[("value", "any")]).with(items.iter().map(row).collect()),
        Kept::Dict(pairs) => {
            let rows = pairs.iter().map(|(key, value)| vec![plain(key), plain(value)]).collect();
            Rows::of(&[("key", "any"), ("value", "any")]).with(rows)
        }
        Kept::Frame(frame) => of_frame(frame),
        other => Rows::of(&[("value", "any")]).with(vec![row(other)]),
    }
}

/// A plain value of a script.
#[must_use]
pub fn plain(kept: &Kept) -> Cell {
    match kept {
        Kept::None => Cell::Null,
        Kept::Bool(value) => Cell::Bool(*value),
        Kept::Int(value) => Cell::Int(*value),
        Kept::Float(value) => Cell::Float(*value),
        Kept::Text(text) => Cell::Text(text.clone()),
        Kept::List(items) => Cell::List(items.iter().map(plain).collect()),
        Kept::Dict(_) | Kept::Frame(_) | Kept::Failed(_) => Cell::Text(kind_name(kept)),
        Kept::Other(name) => Cell::Text(name.clone()),
    }
}

/// What a value is, in a learner's words.
#[must_use]
pub fn kind_name(kept: &Kept) -> String {
    match kept {
        Kept::None => "None".to_owned(),
        Kept::Bool(_) => "a bool".to_owned(),
        Kept::Int(_) => "an int".to_owned(),
        Kept::Float(_) => "a float".to_owned(),
        Kept::Text(_) => "a str".to_owned(),
        Kept::List(_) => "a list".to_owned(),
        Kept::Dict(_) => "a dict".to_owned(),
        Kept::Frame(_) => "a DataFrame".to_owned(),
        Kept::Failed(error) => format!("a DataFrame that fails: {}", error.message()),
        Kept::Other(name) => format!("a {name}"),
    }
}
