//! JSON: one struct that holds every record; fields in alphabetical order.

use super::common_type;
use crate::common::conf::Options;
use crate::common::{Conf, ErrorClass, Result, SparkError};
use crate::exec::scan::json_text::{Json, Leniency};
use crate::exec::scan::{ParseMode, corrupt_column, each_document, values};
use crate::logical::types::{DataType, StructField, StructType};
use crate::physical::plan::FileSlice;

struct Inference {
    mode: ParseMode,
    corrupt: String,
    primitives_as_string: bool,
    prefers_decimal: bool,
    infer_timestamp: bool,
}

/// The type of the records in these pieces of JSON files.
///
/// # Errors
/// Files that cannot be read; a malformed record under FAILFAST.
pub fn types(slices: &[FileSlice], options: &Options, conf: &Conf) -> Result<DataType> {
    let inference = Inference {
        mode: ParseMode::of(options),
        corrupt: options.get("columnNameOfCorruptRecord").map_or_else(|| corrupt_of(options, conf), str::to_owned),
        primitives_as_string: options.flag("primitivesAsString", false),
        prefers_decimal: options.flag("prefersDecimal", false),
        infer_timestamp: options.flag("inferTimestamp", false),
    };
    let leniency = Leniency::of(options);
    let mut found = DataType::Null;
    for slice in slices {
        let mut failed = None;
        each_document(slice, options, &leniency, &mut |document, _| {
            match inference.root(document) {
                Ok(root) => found = Inference::merge(&found, &root),
                Err(error) => failed = Some(error),
            }
            failed.is_none()
        })?;
        if let Some(error) = failed {
            return Err(error);
        }
    }
    Ok(found)
}

/// The schema that holds what each split found.
pub fn schema(found: &[DataType]) -> StructType {
    let merged = found.iter().fold(DataType::Null, |all, split| Inference::merge(&all, split));
    match canonical(merged) {
        Some(DataType::Struct(fields)) => fields,
        _ => StructType::default(),
    }
}

fn corrupt_of(options: &Options, conf: &Conf) -> String {
    conf.get("spark.sql.columnNameOfCorruptRecord").map_or_else(|| corrupt_column(options), str::to_owned)
}

impl Inference {
    /// The type of one record. `None` stands for text that is not JSON.
    fn root(&self, document: Option<&Json<'_>>) -> Result<DataType> {
        match document {
            Some(Json::List(items)) => {
                Ok(items.iter().fold(DataType::Null, |all, item| Self::merge(&all, &self.type_of(item))))
            }
            Some(object @ Json::Object(_)) => Ok(self.type_of(object)),
            Some(Json::Null) => Ok(DataType::Null),
            _ => match self.mode {
                ParseMode::Permissive => Ok(DataType::Struct(StructType::new(vec![StructField::new(
                    self.corrupt.clone(),
                    DataType::String,
                    true,
                )]))),
                ParseMode::DropMalformed => Ok(DataType::Null),
                ParseMode::FailFast => Err(SparkError::new(
                    ErrorClass::Py4JJavaError,
                    "a malformed JSON record was found while the schema was inferred, and the mode is FAILFAST",
                )),
            },
        }
    }

    fn type_of(&self, value: &Json<'_>) -> DataType {
        match value {
            Json::Null => DataType::Null,
            Json::Bool(_) | Json::Number(_) if self.primitives_as_string => DataType::String,
            Json::Bool(_) => DataType::Boolean,
            Json::Number(text) => self.number(text),
            Json::Text(text) => {
                if self.infer_timestamp && values::parse_timestamp(text.as_bytes(), "UTC", 0).is_some() {
                    DataType::Timestamp
                } else {
                    DataType::String
                }
            }
            Json::List(items) => {
                DataType::array(items.iter().fold(DataType::Null, |all, item| Self::merge(&all, &self.type_of(item))))
            }
            Json::Object(fields) => {
                let mut all: Vec<StructField> = Vec::new();
                for (name, value) in fields {
                    let found = self.type_of(value);
                    match all.iter_mut().find(|field| field.name == *name) {
                        Some(field) => field.data_type = Self::merge(&field.data_type, &found),
                        None => all.push(StructField::new(name.as_ref(), found, true)),
                    }
                }
                all.sort_by(|a, b| a.name.cmp(&b.name));
                DataType::Struct(StructType::new(all))
            }
        }
    }

    fn number(&self, text: &str) -> DataType {
        let digits = text.strip_prefix('-').unwrap_or(text);
        if digits.bytes().all(|byte| byte.is_ascii_digit()) {
            if values::parse_long(text.as_bytes()).is_some() {
                return DataType::Long;
            }
            return if digits.len() <= 38 { DataType::Decimal(digits.len() as u8, 0) } else { DataType::Double };
        }
        if self.prefers_decimal
            && let Some((whole, fraction)) = digits.split_once('.')
            && fraction.bytes().all(|byte| byte.is_ascii_digit())
        {
            let whole = whole.trim_start_matches('0').len();
            let scale = fraction.len();
            let precision = (whole + scale).max(scale).max(1);
            if precision <= 38 {
                return DataType::Decimal(precision as u8, scale as i8);
            }
        }
        DataType::Double
    }

    fn merge(left: &DataType, right: &DataType) -> DataType {
        match (left, right) {
            (DataType::Struct(a), DataType::Struct(b)) => {
                let mut fields = a.fields.clone();
                for other in &b.fields {
                    match fields.iter_mut().find(|field| field.name == other.name) {
                        Some(field) => field.data_type = Self::merge(&field.data_type, &other.data_type),
                        None => fields.push(other.clone()),
                    }
                }
                fields.sort_by(|a, b| a.name.cmp(&b.name));
                DataType::Struct(StructType::new(fields))
            }
            (DataType::Array(a, _), DataType::Array(b, _)) => DataType::array(Self::merge(a, b)),
            _ => common_type(left, right).unwrap_or(DataType::String),
        }
    }
}

/// Without nulls and empty structs: null becomes text, a struct without fields disappears.
fn canonical(data_type: DataType) -> Option<DataType> {
    Some(match data_type {
        DataType::Null => DataType::String,
        DataType::Array(element, _) => DataType::array(canonical(*element)?),
        DataType::Struct(fields) => {
            let fields: Vec<StructField> = fields
                .fields
                .into_iter()
                .filter_map(|field| Some(StructField { data_type: canonical(field.data_type)?, ..field }))
                .collect();
            if fields.is_empty() {
                return None;
            }
            DataType::Struct(StructType::new(fields))
        }
        other => other,
    })
}
