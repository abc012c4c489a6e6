//! How PySpark writes its types in `repr`; the other spellings are Spark's own, in [`crate::logical::display`].

use crate::logical::types::{DataType, SpatialKind, StructField};

/// The PySpark class of a type.
#[must_use]
pub fn class_name(data_type: &DataType) -> &'static str {
    match data_type {
        DataType::Null => "NullType",
        DataType::Boolean => "BooleanType",
        DataType::Byte => "ByteType",
        DataType::Short => "ShortType",
        DataType::Integer => "IntegerType",
        DataType::Long => "LongType",
        DataType::Float => "FloatType",
        DataType::Double => "DoubleType",
        DataType::Decimal(..) => "DecimalType",
        DataType::String => "StringType",
        DataType::Binary => "BinaryType",
        DataType::Date => "DateType",
        DataType::Timestamp => "TimestampType",
        DataType::TimestampNtz => "TimestampNTZType",
        DataType::YearMonthInterval(..) => "YearMonthIntervalType",
        DataType::DayTimeInterval(..) => "DayTimeIntervalType",
        DataType::CalendarInterval => "CalendarIntervalType",
        DataType::Variant => "VariantType",
        DataType::Spatial(SpatialKind::Geography, _) => "GeographyType",
        DataType::Spatial(SpatialKind::Geometry, _) => "GeometryType",
        DataType::Time => "TimeType",
        DataType::Array(..) => "ArrayType",
        DataType::Map(..) => "MapType",
        DataType::Struct(_) => "StructType",
    }
}

/// `repr(data_type)`.
#[must_use]
pub fn repr(data_type: &DataType) -> String {
    match data_type {
        DataType::Decimal(precision, scale) => format!("DecimalType({precision},{scale})"),
        DataType::Spatial(_, srid) => {
            format!("{}({})", class_name(data_type), srid.map_or("ANY".to_owned(), |srid| srid.to_string()))
        }
        DataType::Time => "TimeType(6)".to_owned(),
        DataType::Array(element, nullable) => format!("ArrayType({}, {})", repr(element), truth(*nullable)),
        DataType::Map(key, value, nullable) => format!("MapType({}, {}, {})", repr(key), repr(value), truth(*nullable)),
        DataType::Struct(fields) => {
            let inner: Vec<String> = fields.fields.iter().map(field_repr).collect();
            format!("StructType([{}])", inner.join(", "))
        }
        DataType::DayTimeInterval(from, to) => format!("DayTimeIntervalType({from}, {to})"),
        DataType::YearMonthInterval(from, to) => format!("YearMonthIntervalType({from}, {to})"),
        other => format!("{}()", class_name(other)),
    }
}

/// `repr(field)`.
#[must_use]
pub fn field_repr(field: &StructField) -> String {
    format!("StructField('{}', {}, {})", field.name, repr(&field.data_type), truth(field.nullable))
}

fn truth(flag: bool) -> &'static str {
    if flag { "True" } else { "False" }
}
