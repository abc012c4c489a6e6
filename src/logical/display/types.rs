//! Types and schemas as text.

use crate::common::text::visible;
use crate::logical::types::{DataType, StructField, StructType};
use std::fmt::Write as _;

/// How many struct fields `simple_string` shows before it stops (Spark's `spark.sql.debug.maxToStringFields`).
const MAX_FIELDS: usize = 25;

impl DataType {
    /// The type as `df.dtypes` and `explain` write it: `int`, `array<string>`, `struct<a:int,b:decimal(10,2)>`. Long structs are cut.
    #[must_use]
    pub fn simple_string(&self) -> String {
        self.written(true)
    }

    /// As [`DataType::simple_string`], never cut.
    #[must_use]
    pub fn catalog_string(&self) -> String {
        self.written(false)
    }

    fn written(&self, cut: bool) -> String {
        match self {
            DataType::Array(element, _) => format!("array<{}>", element.written(cut)),
            DataType::Map(key, value, _) => format!("map<{},{}>", key.written(cut), value.written(cut)),
            DataType::Struct(fields) => struct_text(fields, cut),
            other => other.plain_name(),
        }
    }

    fn plain_name(&self) -> String {
        match self {
            DataType::Null => "void".into(),
            DataType::Boolean => "boolean".into(),
            DataType::Byte => "tinyint".into(),
            DataType::Short => "smallint".into(),
            DataType::Integer => "int".into(),
            DataType::Long => "bigint".into(),
            DataType::Float => "float".into(),
            DataType::Double => "double".into(),
            DataType::Decimal(precision, scale) => format!("decimal({precision},{scale})"),
            DataType::String => "string".into(),
            DataType::Binary => "binary".into(),
            DataType::Date => "date".into(),
            DataType::Timestamp => "timestamp".into(),
            DataType::TimestampNtz => "timestamp_ntz".into(),
            DataType::YearMonthInterval(..) | DataType::DayTimeInterval(..) => {
                format!("interval {}", self.interval_units().unwrap_or_default())
            }
            DataType::CalendarInterval => "interval".into(),
            DataType::Variant => "variant".into(),
            DataType::Spatial(kind, Some(srid)) => format!("{}({srid})", kind.word()),
            DataType::Spatial(kind, None) => format!("{}(any)", kind.word()),
            DataType::Time => "time(6)".into(),
            DataType::Array(..) => "array".into(),
            DataType::Map(..) => "map".into(),
            DataType::Struct(_) => "struct".into(),
        }
    }

    /// The type as SQL writes it: `INT`, `ARRAY<STRING>`, `STRUCT<a: INT>`.
    #[must_use]
    pub fn sql(&self) -> String {
        match self {
            DataType::Array(element, _) => format!("ARRAY<{}>", element.sql()),
            DataType::Map(key, value, _) => format!("MAP<{}, {}>", key.sql(), value.sql()),
            DataType::Struct(fields) => {
                let fields: Vec<String> = fields
                    .fields
                    .iter()
                    .map(|field| {
                        let not_null = if field.nullable { "" } else { " NOT NULL" };
                        format!("{}: {}{not_null}", quote_if_needed(&field.name), field.data_type.sql())
                    })
                    .collect();
                format!("STRUCT<{}>", fields.join(", "))
            }
            other => other.plain_name().to_uppercase(),
        }
    }

    /// The type's word in JSON schemas and in `printSchema`: `integer`, `long`, `decimal(10,2)`, `struct`.
    #[must_use]
    pub fn type_name(&self) -> String {
        match self {
            DataType::Byte => "byte".into(),
            DataType::Short => "short".into(),
            DataType::Integer => "integer".into(),
            DataType::Long => "long".into(),
            other => other.plain_name(),
        }
    }

    /// The type as JSON, as `df.schema.json()` nests it.
    #[must_use]
    pub fn json_value(&self) -> serde_json::Value {
        match self {
            DataType::Array(element, nullable) => serde_json::json!({
                "type": "array", "elementType": element.json_value(), "containsNull": nullable
            }),
            DataType::Map(key, value, nullable) => serde_json::json!({
                "type": "map", "keyType": key.json_value(), "valueType": value.json_value(), "valueContainsNull": nullable
            }),
            DataType::Struct(fields) => fields.json_value(),
            DataType::Spatial(kind, srid) => {
                serde_json::Value::String(crate::logical::spatial::json_name(*kind, *srid))
            }
            other => serde_json::Value::String(other.type_name()),
        }
    }
}

fn struct_text(fields: &StructType, cut: bool) -> String {
    let mut parts: Vec<String> = fields
        .fields
        .iter()
        .take(if cut { MAX_FIELDS } else { usize::MAX })
        .map(|field| format!("{}:{}", field.name, field.data_type.written(cut)))
        .collect();
    if cut && fields.fields.len() > MAX_FIELDS {
        parts.truncate(MAX_FIELDS - 1);
        parts.push(format!("... {} more fields", fields.fields.len() - (MAX_FIELDS - 1)));
    }
    format!("struct<{}>", parts.join(","))
}

/// A name, in backticks when SQL needs them.
#[must_use]
pub fn quote_if_needed(name: &str) -> String {
    let plain =
        name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.chars().all(|c| c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("`{}`", name.replace('`', "``")) }
}

impl StructField {
    /// The field as JSON.
    #[must_use]
    pub fn json_value(&self) -> serde_json::Value {
        let metadata = serde_json::from_str(&self.metadata).unwrap_or_else(|_| serde_json::json!({}));
        serde_json::json!({
            "name": self.name, "type": self.data_type.json_value(), "nullable": self.nullable, "metadata": metadata
        })
    }
}

impl StructType {
    /// The schema as JSON, keys in Spark's (Scala's) order; PySpark's `json()` sorts them.
    #[must_use]
    pub fn json_value(&self) -> serde_json::Value {
        let fields: Vec<_> = self.fields.iter().map(StructField::json_value).collect();
        serde_json::json!({"type": "struct", "fields": fields})
    }

    /// `struct<a:int,b:string>`.
    #[must_use]
    pub fn simple_string(&self) -> String {
        struct_text(self, false)
    }

    /// What `printSchema(level)` prints, with a line break at the end of each line; absent level: everything.
    #[must_use]
    pub fn tree_string(&self, level: Option<usize>) -> String {
        let mut text = String::from("root\n");
        write_fields(&mut text, self, " |", level.unwrap_or(usize::MAX));
        text
    }
}

fn write_fields(text: &mut String, fields: &StructType, prefix: &str, depth: usize) {
    for field in &fields.fields {
        write_line(text, prefix, &field.name, &field.data_type, &format!("nullable = {}", field.nullable), depth);
    }
}

fn write_line(text: &mut String, prefix: &str, name: &str, data_type: &DataType, remark: &str, depth: usize) {
    if depth == 0 {
        return;
    }
    let _ = writeln!(text, "{prefix}-- {}: {} ({remark})", visible(name), data_type.type_name());
    let inner = format!("{prefix}    |");
    match data_type {
        DataType::Struct(fields) => write_fields(text, fields, &inner, depth - 1),
        DataType::Array(element, nullable) => {
            write_line(text, &inner, "element", element, &format!("containsNull = {nullable}"), depth - 1);
        }
        DataType::Map(key, value, nullable) => {
            // A key has no remark in Spark's tree.
            if depth > 1 {
                let _ = writeln!(text, "{inner}-- key: {}", key.type_name());
                write_nested(text, &inner, key, depth - 1);
            }
            write_line(text, &inner, "value", value, &format!("valueContainsNull = {nullable}"), depth - 1);
        }
        _ => {}
    }
}

fn write_nested(text: &mut String, prefix: &str, data_type: &DataType, depth: usize) {
    if let DataType::Struct(fields) = data_type {
        write_fields(text, fields, &format!("{prefix}    |"), depth - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> StructType {
        StructType::new(vec![
            StructField::new("id", DataType::Long, false),
            StructField::new("tags", DataType::array(DataType::String), true),
            StructField::new("m", DataType::map(DataType::String, DataType::Integer), true),
            StructField::new(
                "s",
                DataType::Struct(StructType::new(vec![StructField::new("x", DataType::Decimal(10, 2), true)])),
                true,
            ),
        ])
    }

    #[test]
    fn types_are_spelled_as_in_spark() {
        assert_eq!(
            sample().simple_string(),
            "struct<id:bigint,tags:array<string>,m:map<string,int>,s:struct<x:decimal(10,2)>>"
        );
        assert_eq!(DataType::Struct(sample()).sql().split(", ").next(), Some("STRUCT<id: BIGINT NOT NULL"));
    }

    #[test]
    fn the_tree_is_print_schemas() {
        assert_eq!(
            sample().tree_string(None),
            "root\n |-- id: long (nullable = false)\n |-- tags: array (nullable = true)\n |    |-- element: string (containsNull = true)\n \
             |-- m: map (nullable = true)\n |    |-- key: string\n |    |-- value: integer (valueContainsNull = true)\n \
             |-- s: struct (nullable = true)\n |    |-- x: decimal(10,2) (nullable = true)\n"
        );
    }
}
