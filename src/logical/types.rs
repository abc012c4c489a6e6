//! Spark SQL's types, and what they are in Arrow memory.
//!
//! | Spark | Arrow |
//! |---|---|
//! | string, char, varchar | `Utf8View` |
//! | binary | `BinaryView` |
//! | variant | `BinaryView`: metadata, then value ([`super::variant`]) |
//! | geography, geometry | `BinaryView`: reference system, then shape ([`super::spatial`]) |
//! | time | `Time64(Microsecond)` |
//! | timestamp | `Timestamp(Microsecond, "UTC")` |
//! | `timestamp_ntz` | `Timestamp(Microsecond, None)` |
//! | array | `List` with items named `element` |
//! | map | `Map` of a struct `entries` with `key`, `value` |
//! | interval year to month | `Interval(YearMonth)` |
//! | interval day to second | `Duration(Microsecond)` |
//! | void | `Null` |

use arrow::datatypes as arrow_types;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A Spark SQL type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DataType {
    /// The type of a bare `NULL` (Spark's `void`).
    Null,
    Boolean,
    /// 8 bits, signed (`tinyint`).
    Byte,
    /// 16 bits, signed (`smallint`).
    Short,
    /// 32 bits, signed (`int`).
    Integer,
    /// 64 bits, signed (`bigint`).
    Long,
    Float,
    Double,
    /// Precision 1..=38 and scale 0..=precision.
    Decimal(u8, i8),
    String,
    Binary,
    Date,
    /// An instant, microseconds since the epoch.
    Timestamp,
    /// A wall-clock date and time without a zone.
    TimestampNtz,
    /// Whole months.
    /// From which unit to which: 0 year, 1 month.
    YearMonthInterval(u8, u8),
    /// Microseconds.
    /// From which unit to which: 0 day, 1 hour, 2 minute, 3 second.
    DayTimeInterval(u8, u8),
    /// Months, days and microseconds (`INTERVAL` literals that mix units).
    CalendarInterval,
    /// A value that carries its own type.
    Variant,
    /// A shape, and the number of its reference system; absent: each value has its own.
    Spatial(SpatialKind, Option<i32>),
    /// A time of day, microseconds since midnight.
    Time,
    /// Element type and whether elements may be null.
    Array(Box<DataType>, bool),
    /// Key type, value type and whether values may be null.
    Map(Box<DataType>, Box<DataType>, bool),
    Struct(StructType),
}

/// Where a shape lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SpatialKind {
    /// On the earth.
    Geography,
    /// In the plane.
    Geometry,
}

impl SpatialKind {
    /// The type's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            SpatialKind::Geography => "geography",
            SpatialKind::Geometry => "geometry",
        }
    }
}

/// A named, typed, nullable part of a struct or schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StructField {
    pub name: String,
    pub data_type: DataType,
    pub nullable: bool,
    /// Metadata as JSON text, `{}` when there is none.
    pub metadata: String,
}

/// An ordered list of fields: the type of a row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct StructType {
    pub fields: Vec<StructField>,
}

impl StructField {
    /// A field without metadata.
    pub fn new(name: impl Into<String>, data_type: DataType, nullable: bool) -> Self {
        StructField { name: name.into(), data_type, nullable, metadata: "{}".to_owned() }
    }

    /// The field in Arrow memory.
    #[must_use]
    pub fn to_arrow(&self) -> arrow_types::Field {
        arrow_types::Field::new(&self.name, self.data_type.to_arrow(), self.nullable)
    }
}

impl StructType {
    /// A struct of these fields.
    #[must_use]
    pub fn new(fields: Vec<StructField>) -> Self {
        StructType { fields }
    }

    /// The names in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }

    /// The schema in Arrow memory.
    #[must_use]
    pub fn to_arrow(&self) -> arrow_types::Schema {
        arrow_types::Schema::new(self.fields.iter().map(StructField::to_arrow).collect::<Vec<_>>())
    }
}

/// The units of a year-month interval, and of a day-time interval.
const MONTH_UNITS: [&str; 2] = ["year", "month"];
const DAY_UNITS: [&str; 4] = ["day", "hour", "minute", "second"];

impl DataType {
    /// `interval year to month`.
    pub const YEAR_MONTH: DataType = DataType::YearMonthInterval(0, 1);
    /// `interval day to second`.
    pub const DAY_TIME: DataType = DataType::DayTimeInterval(0, 3);
    /// `interval day`.
    pub const DAYS: DataType = DataType::DayTimeInterval(0, 0);

    /// The units of an ANSI interval in words: `day`, `hour to second`; nothing for other types.
    #[must_use]
    pub fn interval_units(&self) -> Option<String> {
        let (units, from, to): (&[&str], _, _) = match self {
            DataType::YearMonthInterval(from, to) => (&MONTH_UNITS, *from, *to),
            DataType::DayTimeInterval(from, to) => (&DAY_UNITS, *from, *to),
            _ => return None,
        };
        let word = |at: u8| units.get(usize::from(at)).copied().unwrap_or_default();
        Some(if from == to { word(from).to_owned() } else { format!("{} to {}", word(from), word(to)) })
    }

    /// The interval from one unit to another; nothing for words that are no units of one kind.
    #[must_use]
    pub fn interval_between(from: &str, to: &str) -> Option<DataType> {
        let place = |units: &[&str], word: &str| {
            let at = units.iter().position(|unit| unit.eq_ignore_ascii_case(word))?;
            u8::try_from(at).ok()
        };
        if let (Some(from), Some(to)) = (place(&MONTH_UNITS, from), place(&MONTH_UNITS, to)) {
            return (from <= to).then_some(DataType::YearMonthInterval(from, to));
        }
        let (from, to) = (place(&DAY_UNITS, from)?, place(&DAY_UNITS, to)?);
        (from <= to).then_some(DataType::DayTimeInterval(from, to))
    }

    /// The interval that holds both; nothing unless both are ANSI intervals of one kind.
    #[must_use]
    pub fn wider_interval(&self, other: &DataType) -> Option<DataType> {
        match (self, other) {
            (DataType::YearMonthInterval(a, b), DataType::YearMonthInterval(c, d)) => {
                Some(DataType::YearMonthInterval(*a.min(c), *b.max(d)))
            }
            (DataType::DayTimeInterval(a, b), DataType::DayTimeInterval(c, d)) => {
                Some(DataType::DayTimeInterval(*a.min(c), *b.max(d)))
            }
            _ => None,
        }
    }

    /// The same type with everything inside it nullable.
    #[must_use]
    pub fn all_nullable(&self) -> DataType {
        match self {
            DataType::Array(element, _) => DataType::array(element.all_nullable()),
            DataType::Map(key, value, _) => DataType::map(key.all_nullable(), value.all_nullable()),
            DataType::Struct(fields) => {
                let mut fields = fields.clone();
                for field in &mut fields.fields {
                    field.data_type = field.data_type.all_nullable();
                    field.nullable = true;
                }
                DataType::Struct(fields)
            }
            other => other.clone(),
        }
    }

    /// An array whose elements may be null.
    #[must_use]
    pub fn array(element: DataType) -> Self {
        DataType::Array(Box::new(element), true)
    }

    /// A map whose values may be null.
    #[must_use]
    pub fn map(key: DataType, value: DataType) -> Self {
        DataType::Map(Box::new(key), Box::new(value), true)
    }

    /// Byte, short, int, long.
    #[must_use]
    pub fn is_integral(&self) -> bool {
        matches!(self, Self::Byte | Self::Short | Self::Integer | Self::Long)
    }

    /// Any number, decimals included.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        self.is_integral() || matches!(self, Self::Float | Self::Double | Self::Decimal(..))
    }

    /// Array, map or struct.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        matches!(self, Self::Array(..) | Self::Map(..) | Self::Struct(_))
    }

    /// Whether this is a map, a variant or a shape, or holds one: such values cannot be ordered.
    #[must_use]
    pub fn has_no_order(&self) -> bool {
        match self {
            Self::Map(..) | Self::Variant | Self::Spatial(..) => true,
            Self::Array(element, _) => element.has_no_order(),
            Self::Struct(fields) => fields.fields.iter().any(|field| field.data_type.has_no_order()),
            _ => false,
        }
    }

    /// Whether this is a variant or holds one.
    #[must_use]
    pub fn has_variant(&self) -> bool {
        match self {
            Self::Variant => true,
            Self::Array(element, _) => element.has_variant(),
            Self::Map(_, value, _) => value.has_variant(),
            Self::Struct(fields) => fields.fields.iter().any(|field| field.data_type.has_variant()),
            _ => false,
        }
    }

    /// The type in Arrow memory; see the table at the head of this module.
    #[must_use]
    pub fn to_arrow(&self) -> arrow_types::DataType {
        use arrow_types::{DataType as A, Field, Fields, IntervalUnit, TimeUnit};
        match self {
            Self::Null => A::Null,
            Self::Boolean => A::Boolean,
            Self::Byte => A::Int8,
            Self::Short => A::Int16,
            Self::Integer => A::Int32,
            Self::Long => A::Int64,
            Self::Float => A::Float32,
            Self::Double => A::Float64,
            Self::Decimal(precision, scale) => A::Decimal128(*precision, *scale),
            Self::String => A::Utf8View,
            Self::Binary | Self::Variant | Self::Spatial(..) => A::BinaryView,
            Self::Time => A::Time64(TimeUnit::Microsecond),
            Self::Date => A::Date32,
            Self::Timestamp => A::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::TimestampNtz => A::Timestamp(TimeUnit::Microsecond, None),
            Self::YearMonthInterval(..) => A::Interval(IntervalUnit::YearMonth),
            Self::DayTimeInterval(..) => A::Duration(TimeUnit::Microsecond),
            Self::CalendarInterval => A::Interval(IntervalUnit::MonthDayNano),
            Self::Array(element, nullable) => A::List(Arc::new(Field::new("element", element.to_arrow(), *nullable))),
            Self::Map(key, value, nullable) => {
                let entries = Fields::from(vec![
                    Field::new("key", key.to_arrow(), false),
                    Field::new("value", value.to_arrow(), *nullable),
                ]);
                A::Map(Arc::new(Field::new("entries", A::Struct(entries), false)), false)
            }
            Self::Struct(fields) => A::Struct(fields.to_arrow().fields),
        }
    }

    /// The Spark type of Arrow memory, when Spark has one. Unsigned numbers widen, `Utf8` and dictionaries of text are strings.
    #[must_use]
    pub fn from_arrow(data_type: &arrow_types::DataType) -> Option<DataType> {
        use arrow_types::{DataType as A, IntervalUnit};
        Some(match data_type {
            A::Null => Self::Null,
            A::Boolean => Self::Boolean,
            A::Int8 => Self::Byte,
            A::Int16 | A::UInt8 => Self::Short,
            A::Int32 | A::UInt16 => Self::Integer,
            A::Int64 | A::UInt32 => Self::Long,
            A::UInt64 => Self::Decimal(20, 0),
            A::Float16 | A::Float32 => Self::Float,
            A::Float64 => Self::Double,
            A::Decimal32(precision, scale) | A::Decimal64(precision, scale) | A::Decimal128(precision, scale) => {
                Self::Decimal(*precision, *scale)
            }
            A::Utf8 | A::LargeUtf8 | A::Utf8View => Self::String,
            A::Binary | A::LargeBinary | A::BinaryView | A::FixedSizeBinary(_) => Self::Binary,
            A::Date32 | A::Date64 => Self::Date,
            A::Timestamp(_, Some(_)) => Self::Timestamp,
            A::Timestamp(_, None) => Self::TimestampNtz,
            A::Interval(IntervalUnit::YearMonth) => Self::YEAR_MONTH,
            A::Interval(_) => Self::CalendarInterval,
            A::Duration(_) => Self::DAY_TIME,
            A::List(item) | A::LargeList(item) | A::FixedSizeList(item, _) => {
                Self::Array(Box::new(Self::from_arrow(item.data_type())?), item.is_nullable())
            }
            A::Map(entries, _) => match entries.data_type() {
                A::Struct(fields) if fields.len() == 2 => Self::Map(
                    Box::new(Self::from_arrow(fields[0].data_type())?),
                    Box::new(Self::from_arrow(fields[1].data_type())?),
                    fields[1].is_nullable(),
                ),
                _ => return None,
            },
            A::Struct(fields) => Self::Struct(StructType::new(
                fields
                    .iter()
                    .map(|field| {
                        Some(StructField::new(field.name(), Self::from_arrow(field.data_type())?, field.is_nullable()))
                    })
                    .collect::<Option<_>>()?,
            )),
            A::Dictionary(_, values) => Self::from_arrow(values)?,
            _ => return None,
        })
    }
}
