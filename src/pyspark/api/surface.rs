//! Which names are supported, class by class: for `batchlab api`, and for suggestions.

use super::{catalog, column, context, dataframe, functions, rdd, reader, session, window, writer};

/// Classes and their supported names, in alphabetical order.
#[must_use]
pub fn surface() -> Vec<(String, Vec<String>)> {
    let joined = |a: &[&str], b: &[&str]| -> Vec<String> {
        let mut names: Vec<String> = a.iter().chain(b).map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    let mut found: Vec<(&str, Vec<String>)> = vec![
        ("Catalog", joined(catalog::METHODS, &[])),
        ("Column", joined(column::METHODS, &[])),
        (
            "DataFrame",
            joined(&supported(dataframe::METHODS, REFUSED_FRAME), &supported(dataframe::ATTRIBUTES, REFUSED_FRAME)),
        ),
        ("DataFrameReader", joined(&supported(reader::METHODS, REFUSED_FILES), &[])),
        ("DataFrameWriter", joined(&supported(writer::METHODS, REFUSED_FILES), &[])),
        ("GroupedData", joined(GROUPED, &[])),
        ("RDD", joined(&supported(rdd::METHODS, REFUSED_RDD), &[])),
        ("RuntimeConfig", joined(session::CONF_METHODS, &[])),
        ("SparkConf", joined(context::CONF_METHODS, &[])),
        ("SparkContext", joined(&supported(context::METHODS, REFUSED_CONTEXT), context::ATTRIBUTES)),
        (
            "SparkSession",
            joined(&supported(session::METHODS, REFUSED_SESSION), &supported(session::ATTRIBUTES, REFUSED_SESSION)),
        ),
        ("SparkSession.Builder", joined(&supported(session::BUILDER_METHODS, &["remote"]), &[])),
        ("Window", joined(window::METHODS, &["currentRow", "unboundedFollowing", "unboundedPreceding"])),
    ];
    let mut names: Vec<String> = functions::names().map(str::to_owned).collect();
    names.sort();
    names.dedup();
    found.push(("functions", names));
    found.into_iter().map(|(class, names)| (class.to_owned(), names)).collect()
}

/// The methods of a class's values, which the class itself also has (`DataFrame.unionAll`).
#[must_use]
pub fn methods_of(class: &str) -> &'static [&'static str] {
    match class {
        "Column" => column::METHODS,
        "DataFrame" => dataframe::METHODS,
        "DataFrameReader" => reader::METHODS,
        "DataFrameWriter" => writer::METHODS,
        "GroupedData" => GROUPED,
        "RDD" => rdd::METHODS,
        "SparkSession" => session::METHODS,
        _ => &[],
    }
}

const GROUPED: &[&str] = &["agg", "avg", "count", "max", "mean", "min", "pivot", "sum"];

fn supported<'a>(names: &[&'a str], refused: &[&str]) -> Vec<&'a str> {
    names.iter().copied().filter(|name| !refused.contains(name)).collect()
}

/// What real Spark's classes have and ours refuse.
pub const REFUSED: &[(&str, &[&str])] = &[
    ("DataFrame", REFUSED_FRAME),
    ("DataFrameReader", REFUSED_FILES),
    ("RDD", REFUSED_RDD),
    ("SparkContext", REFUSED_CONTEXT),
    ("SparkSession", REFUSED_SESSION),
    ("SparkSession.Builder", &["remote"]),
];

const REFUSED_FRAME: &[&str] = &[
    "executionInfo",
    "mapInArrow",
    "mapInPandas",
    "pandas_api",
    "plot",
    "toArrow",
    "toPandas",
    "writeStream",
    "writeTo",
];
const REFUSED_FILES: &[&str] = &["clusterBy", "jdbc", "orc", "xml"];
const REFUSED_RDD: &[&str] = &[
    "pipe",
    "saveAsHadoopDataset",
    "saveAsHadoopFile",
    "saveAsNewAPIHadoopDataset",
    "saveAsNewAPIHadoopFile",
    "saveAsPickleFile",
    "saveAsSequenceFile",
];
const REFUSED_CONTEXT: &[&str] = &[
    "addArchive",
    "binaryFiles",
    "binaryRecords",
    "hadoopFile",
    "hadoopRDD",
    "newAPIHadoopFile",
    "newAPIHadoopRDD",
    "pickleFile",
    "sequenceFile",
    "statusTracker",
];
const REFUSED_SESSION: &[&str] = &["addArtifact", "addArtifacts", "dataSource", "readStream", "streams"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surface_names_what_everybody_uses() {
        let all = surface();
        let has = |class: &str, name: &str| all.iter().any(|(c, names)| c == class && names.iter().any(|n| n == name));
        assert!(has("DataFrame", "groupBy") && has("functions", "col") && has("RDD", "reduceByKey"));
        assert!(!has("DataFrame", "toPandas"));
    }
}
