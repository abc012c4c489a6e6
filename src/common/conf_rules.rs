//! What a configuration key may be set to, and which keys of Spark's are not heeded here.
//!
//! A key that changes answers in Spark and does nothing here would lie; setting it to anything but Spark's default is refused by
//! name. Keys that only change how fast Spark is, or how it names things on its own pages, are taken and kept.

use super::conf::DEFAULTS;
use super::{ErrorClass, Result, SparkError};

/// Keys that change answers in Spark and do nothing here: the key, Spark's default, what it does there.
const UNHEEDED: &[(&str, &str, &str)] = &[
    ("spark.sql.ansi.doubleQuotedIdentifiers", "false", "text in double quotes becomes a name"),
    ("spark.sql.ansi.enforceReservedKeywords", "false", "reserved words cannot be names"),
    ("spark.sql.ansi.relationPrecedence", "false", "joins bind more tightly than commas"),
    ("spark.sql.caseSensitiveInferenceMode", "NEVER_INFER", "the case of Hive's columns is looked up in the files"),
    ("spark.sql.csv.parser.columnPruning.enabled", "true", "malformed rows are told by all columns of the file"),
    ("spark.sql.decimalOperations.allowPrecisionLoss", "true", "decimal results keep their scale and become null"),
    ("spark.sql.files.ignoreCorruptFiles", "false", "files that cannot be read are left out"),
    ("spark.sql.files.ignoreMissingFiles", "false", "files that went away are left out"),
    ("spark.sql.function.concatBinaryAsString", "false", "`concat` of bytes gives text"),
    ("spark.sql.function.eltOutputAsString", "false", "`elt` of bytes gives text"),
    ("spark.sql.groupByAliases", "true", "the names of a SELECT list cannot be used in GROUP BY"),
    ("spark.sql.groupByOrdinal", "true", "numbers in GROUP BY are constants"),
    ("spark.sql.orderByOrdinal", "true", "numbers in ORDER BY are constants"),
    ("spark.sql.hive.convertMetastoreParquet", "true", "Hive's own reader reads Parquet"),
    ("spark.sql.jsonGenerator.ignoreNullFields", "true", "JSON is written with its null fields"),
    ("spark.sql.parquet.binaryAsString", "false", "bytes of Parquet files are read as text"),
    ("spark.sql.parquet.fieldId.read.enabled", "false", "columns of Parquet files are found by number"),
    ("spark.sql.parquet.inferTimestampNTZ.enabled", "true", "timestamps of Parquet files have a zone"),
    ("spark.sql.parquet.int96AsTimestamp", "true", "INT96 values of Parquet files are bytes"),
    ("spark.sql.parser.quotedRegexColumnNames", "false", "names in backticks are regular expressions"),
    ("spark.sql.pyspark.inferNestedDictAsStruct.enabled", "false", "dicts of rows become structs"),
    ("spark.sql.retainGroupColumns", "true", "grouping columns are left out of results"),
    ("spark.sql.storeAssignmentPolicy", "ANSI", "INSERT casts by other rules"),
    ("spark.sql.sources.bucketing.enabled", "true", "bucketed tables are read as plain ones"),
    ("spark.sql.sources.partitionColumnTypeInference.enabled", "true", "partition columns are text"),
    ("spark.sql.timestampType", "TIMESTAMP_LTZ", "`timestamp` means a time without a zone"),
];

/// Switches below `spark.sql.legacy.` that change no answer of a PySpark script.
const LEGACY_HARMLESS: &[&str] = &[
    "spark.sql.legacy.allowNonEmptyLocationInCTAS",
    "spark.sql.legacy.allowUntypedScalaUDF",
    "spark.sql.legacy.setCommandRejectsSparkCoreConfs",
];

/// Keys with a closed set of values, in Spark's order.
const CHOICES: &[(&str, &[&str])] = &[
    ("spark.sql.legacy.timeParserPolicy", &["EXCEPTION", "LEGACY", "CORRECTED"]),
    ("spark.sql.mapKeyDedupPolicy", &["EXCEPTION", "LAST_WIN"]),
    ("spark.sql.sources.partitionOverwriteMode", &["STATIC", "DYNAMIC"]),
    ("spark.sql.storeAssignmentPolicy", &["ANSI", "LEGACY", "STRICT"]),
    ("spark.sql.timestampType", &["TIMESTAMP_LTZ", "TIMESTAMP_NTZ"]),
];

/// Whether a key may take a value.
///
/// # Errors
/// `IllegalArgumentException` for a value of the wrong type or outside its set; "not supported here" for a key that would change
/// answers in Spark and does not here.
pub fn check(key: &str, value: &str) -> Result<()> {
    let value = value.trim();
    if let Some((_, choices)) = CHOICES.iter().find(|(known, _)| *known == key)
        && !choices.iter().any(|choice| choice.eq_ignore_ascii_case(value))
    {
        return Err(invalid(
            "OUT_OF_RANGE_OF_OPTIONS",
            key,
            value,
            &format!("It should be one of '{}'.", choices.join(", ")),
        ));
    }
    if let Some((_, default)) = DEFAULTS.iter().find(|(known, _)| *known == key) {
        check_type(key, value, default)?;
    }
    match UNHEEDED.iter().find(|(known, ..)| *known == key) {
        Some((_, default, does)) if !default.eq_ignore_ascii_case(value) => Err(unheeded(key, value, does)),
        None if key.starts_with("spark.sql.legacy.")
            && !LEGACY_HARMLESS.contains(&key)
            && value.eq_ignore_ascii_case("true") =>
        {
            Err(unheeded(key, value, "an older version's behaviour comes back"))
        }
        _ => Ok(()),
    }
}

fn check_type(key: &str, value: &str, default: &str) -> Result<()> {
    let kind = if matches!(default, "true" | "false") {
        (!matches!(value.to_ascii_lowercase().as_str(), "true" | "false")).then_some("boolean")
    } else if default.parse::<i64>().is_ok() {
        value.parse::<i64>().is_err().then_some("int")
    } else {
        None
    };
    kind.map_or(Ok(()), |kind| Err(invalid("TYPE_MISMATCH", key, value, &format!("It should be a {kind} value."))))
}

/// A value that a key cannot have.
#[must_use]
pub fn invalid(condition: &str, key: &str, value: &str, wanted: &str) -> SparkError {
    SparkError::new(
        ErrorClass::IllegalArgumentException,
        format!("The value '{value}' in the config \"{key}\" is invalid. {wanted}"),
    )
    .with_condition(format!("INVALID_CONF_VALUE.{condition}"))
}

fn unheeded(key: &str, value: &str, does: &str) -> SparkError {
    SparkError::unsupported(
        format!("the setting {key}={value}"),
        format!("on real Spark, with it, {does}; here it would change nothing, so leave it at Spark's default"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_would_be_ignored_is_named() {
        assert!(check("spark.sql.timestampType", "TIMESTAMP_LTZ").is_ok());
        let refused = check("spark.sql.timestampType", "TIMESTAMP_NTZ").unwrap_err();
        assert_eq!(refused.class(), ErrorClass::Unsupported);
        assert!(check("spark.sql.legacy.allowHashOnMapType", "true").is_err());
        assert!(check("spark.sql.legacy.allowHashOnMapType", "false").is_ok());
    }

    #[test]
    fn values_are_of_their_type_and_set() {
        assert!(check("spark.sql.legacy.timeParserPolicy", "legacy").is_ok());
        let condition = |key: &str, value: &str| check(key, value).unwrap_err().condition().map(str::to_owned);
        assert_eq!(
            condition("spark.sql.legacy.timeParserPolicy", "OLD").as_deref(),
            Some("INVALID_CONF_VALUE.OUT_OF_RANGE_OF_OPTIONS")
        );
        assert_eq!(
            condition("spark.sql.shuffle.partitions", "many").as_deref(),
            Some("INVALID_CONF_VALUE.TYPE_MISMATCH")
        );
        assert!(check("spark.sql.codegen.wholeStage", "false").is_ok());
    }
}
