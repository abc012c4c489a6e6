//! Spark's configuration: `spark.*` keys with Spark 4's defaults.

use indexmap::IndexMap;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

/// Keys and values as a session holds them. Values are text, as in Spark; the typed readers below parse them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conf {
    set: BTreeMap<String, String>,
}

/// The defaults that batchlab itself reads, spelled as Spark's `spark.conf.get` prints them.
pub static DEFAULTS: &[(&str, &str)] = &[
    ("spark.sql.adaptive.advisoryPartitionSizeInBytes", "64MB"),
    ("spark.sql.adaptive.applyFinalStageShuffleOptimizations", "true"),
    ("spark.sql.adaptive.autoBroadcastJoinThreshold", ""),
    ("spark.sql.adaptive.coalescePartitions.enabled", "true"),
    ("spark.sql.adaptive.coalescePartitions.minPartitionSize", "1MB"),
    ("spark.sql.adaptive.coalescePartitions.parallelismFirst", "true"),
    ("spark.sql.adaptive.enabled", "true"),
    ("spark.sql.adaptive.skewJoin.enabled", "true"),
    ("spark.sql.adaptive.skewJoin.skewedPartitionFactor", "5.0"),
    ("spark.sql.adaptive.skewJoin.skewedPartitionThresholdInBytes", "256MB"),
    ("spark.sql.ansi.enabled", "true"),
    ("spark.sql.autoBroadcastJoinThreshold", "10485760b"),
    ("spark.sql.caseSensitive", "false"),
    ("spark.sql.crossJoin.enabled", "true"),
    ("spark.sql.exchange.reuse", "true"),
    ("spark.sql.execution.combineAdjacentAggregation", "true"),
    ("spark.sql.execution.replaceHashWithSortAgg", "true"),
    ("spark.sql.execution.sortBeforeRepartition", "true"),
    ("spark.sql.files.maxPartitionBytes", "134217728b"),
    ("spark.sql.files.openCostInBytes", "4194304b"),
    ("spark.sql.join.preferSortMergeJoin", "true"),
    ("spark.sql.legacy.timeParserPolicy", "CORRECTED"),
    ("spark.sql.mapKeyDedupPolicy", "EXCEPTION"),
    ("spark.sql.optimizer.canChangeCachedPlanOutputPartitioning", "false"),
    ("spark.sql.pivotMaxValues", "10000"),
    ("spark.sql.session.timeZone", "UTC"),
    ("spark.sql.shuffle.orderIndependentChecksum.enableFullRetryOnMismatch", "true"),
    ("spark.sql.shuffle.orderIndependentChecksum.enabled", "true"),
    ("spark.sql.shuffle.partitions", "200"),
    ("spark.sql.sources.default", "parquet"),
    ("spark.sql.sources.partitionOverwriteMode", "STATIC"),
    ("spark.sql.warehouse.dir", "spark-warehouse"),
    ("spark.task.maxFailures", "4"),
    ("spark.stage.maxConsecutiveAttempts", "4"),
    ("spark.network.timeout", "120s"),
    ("spark.executor.heartbeatInterval", "10s"),
    ("spark.locality.wait", "3s"),
    ("spark.memory.fraction", "0.6"),
    ("spark.memory.storageFraction", "0.5"),
];

impl Conf {
    /// A configuration with nothing set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a key.
    pub fn set(&mut self, key: impl Into<String>, value: impl Into<String>) {
        self.set.insert(key.into(), value.into());
    }

    /// Back to the default.
    pub fn unset(&mut self, key: &str) {
        self.set.remove(key);
    }

    /// The value, or Spark's default, or nothing for an unknown key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.set.get(key).map(String::as_str).or_else(|| default_of(key))
    }

    /// What was set, in key order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.set.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// A yes-or-no key; anything but `true` is no.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A whole number, or `otherwise` when unset or not a number.
    #[must_use]
    pub fn number(&self, key: &str, otherwise: i64) -> i64 {
        self.get(key).and_then(|value| value.trim().parse().ok()).unwrap_or(otherwise)
    }

    /// A size in bytes (`64MB`, `10485760b`, `-1`), or `otherwise`.
    #[must_use]
    pub fn bytes(&self, key: &str, otherwise: i64) -> i64 {
        self.get(key).and_then(parse_bytes).unwrap_or(otherwise)
    }

    /// A length of time in milliseconds (`120s`, `10ms`, `2min`), or `otherwise`.
    #[must_use]
    pub fn millis(&self, key: &str, otherwise: u64) -> u64 {
        self.get(key).and_then(parse_millis).unwrap_or(otherwise)
    }

    /// `spark.sql.ansi.enabled`.
    #[must_use]
    pub fn ansi(&self) -> bool {
        self.flag("spark.sql.ansi.enabled")
    }

    /// `spark.sql.session.timeZone`.
    #[must_use]
    pub fn time_zone(&self) -> &str {
        self.get("spark.sql.session.timeZone").unwrap_or("UTC")
    }

    /// `spark.sql.legacy.timeParserPolicy`.
    #[must_use]
    pub fn time_parser(&self) -> TimeParserPolicy {
        match self.get("spark.sql.legacy.timeParserPolicy").map(str::to_ascii_uppercase).as_deref() {
            Some("LEGACY") => TimeParserPolicy::Legacy,
            Some("EXCEPTION") => TimeParserPolicy::Exception,
            _ => TimeParserPolicy::Corrected,
        }
    }

    /// `spark.sql.shuffle.partitions`, at least one.
    #[must_use]
    pub fn shuffle_partitions(&self) -> usize {
        usize::try_from(self.number("spark.sql.shuffle.partitions", 200)).unwrap_or(200).max(1)
    }
}

/// Which rules read and write dates and times by pattern (`spark.sql.legacy.timeParserPolicy`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimeParserPolicy {
    /// Spark 3's and later.
    #[default]
    Corrected,
    /// Spark 2's.
    Legacy,
    /// Spark 3's, and an error where Spark 2's would have read more.
    Exception,
}

fn default_of(key: &str) -> Option<&'static str> {
    static BY_KEY: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| DEFAULTS.iter().copied().collect());
    BY_KEY.get(key).copied()
}

/// A size as Spark writes it, in bytes: a number and an optional unit (`b k m g t`, with or without a second `b`).
#[must_use]
pub fn parse_bytes(text: &str) -> Option<i64> {
    let (number, unit) = split_unit(text);
    let factor: i64 = match unit.as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        "t" | "tb" => 1 << 40,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(factor)
}

/// A length of time as Spark writes it, in milliseconds; a bare number means milliseconds.
#[must_use]
pub fn parse_millis(text: &str) -> Option<u64> {
    let (number, unit) = split_unit(text);
    let factor = match unit.as_str() {
        "" | "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

fn split_unit(text: &str) -> (&str, String) {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    (text[..at].trim(), text[at..].trim().to_ascii_lowercase())
}

/// A reader's or writer's options: names are case-insensitive, order is the order of the script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options(IndexMap<String, String>);

impl Options {
    /// Sets an option; the name is folded to lower case.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_ascii_lowercase(), value.into());
    }

    /// The option's text.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(&name.to_ascii_lowercase()).map(String::as_str)
    }

    /// A yes-or-no option.
    #[must_use]
    pub fn flag(&self, name: &str, otherwise: bool) -> bool {
        self.get(name).map_or(otherwise, |value| value.eq_ignore_ascii_case("true"))
    }

    /// All options in order, names in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_read_as_spark_writes_them() {
        assert_eq!(parse_bytes("64MB"), Some(64 << 20));
        assert_eq!(parse_bytes("10485760b"), Some(10_485_760));
        assert_eq!(parse_bytes("-1"), Some(-1));
        assert_eq!(parse_bytes("many"), None);
        assert_eq!(parse_millis("120s"), Some(120_000));
    }

    #[test]
    fn an_unset_key_falls_back_to_sparks_default() {
        let mut conf = Conf::new();
        assert_eq!(conf.shuffle_partitions(), 200);
        conf.set("spark.sql.shuffle.partitions", "4");
        assert_eq!(conf.shuffle_partitions(), 4);
        conf.unset("spark.sql.shuffle.partitions");
        assert_eq!(conf.shuffle_partitions(), 200);
    }
}
