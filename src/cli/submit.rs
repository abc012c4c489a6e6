//! How to run a script on a real cluster: the `spark-submit` line, the `spark-defaults.conf`, and what will differ.

use crate::cluster::{ClusterConfig, Machine};
use crate::session::RunSpec;
use std::fmt::Write;

/// What `batchlab run SCRIPT --print-submit` prints.
pub(crate) fn text(spec: &RunSpec) -> String {
    let cluster = spec.cluster.as_ref().unwrap_or(&spec.default_cluster);
    let cores = cluster.machines.iter().map(|machine| machine.cores).min().unwrap_or(1);
    let memory = cluster.machines.iter().map(|machine| machine.memory_bytes).min().unwrap_or(1 << 30);
    let mut text = String::from(
        "# The same script on a cluster of this size; name your own master. The folder for the log must be there.\n\
         mkdir -p /tmp/spark-events\n",
    );
    let _ = write!(
        text,
        "spark-submit --master spark://HOST:7077 --properties-file spark-defaults.conf \\\n    --num-executors {} --executor-cores {cores} --executor-memory {}m \\\n    {}",
        cluster.nodes(),
        (memory >> 20).max(1),
        quoted(&spec.script.file),
    );
    for argument in &spec.arguments {
        let _ = write!(text, " {}", quoted(argument));
    }
    text.push_str(
        "\n\n# spark-defaults.conf: save the lines up to the next # under this name, beside the script. spark-submit reads it in the place of\n\
         # its own conf/spark-defaults.conf; Spark 4 reads both with --load-spark-defaults.\n",
    );
    let _ = writeln!(text, "spark.cores.max                       {}", cluster.slots());
    text.push_str(
        "spark.eventLog.enabled                true\nspark.eventLog.dir                    file:/tmp/spark-events\n",
    );
    // The master is named above.
    for (key, value) in spec.conf.iter().filter(|(key, _)| key != "spark.master") {
        let _ = writeln!(text, "{key:<37} {value}");
    }
    text.push_str("\n# What will differ there\n");
    for difference in differences(spec, cluster) {
        let _ = writeln!(text, "# - {difference}");
    }
    text.push_str("# Then `batchlab replay` opens the log in spark.eventLog.dir; with --follow while the job runs.\n");
    text
}

/// What is not the same on a real cluster.
fn differences(spec: &RunSpec, cluster: &ClusterConfig) -> Vec<&'static str> {
    let first = cluster.machines.first();
    let is_like_first = |machine: &Machine| {
        first.is_some_and(|first| (machine.cores, machine.memory_bytes) == (first.cores, first.memory_bytes))
    };
    let names_master = spec.script.source.contains(".master(") || spec.script.source.contains(".setMaster(");
    let told = [
        (true, "times: here they are modelled, there they are real"),
        (true, "where blocks go, and which node dies: chance there, the seed here"),
        (true, "paths: every node must reach the files; name a shared place such as hdfs:// or s3a:// in the script"),
        (true, "memory: Spark adds an overhead of a tenth, at least 384 MiB, to each executor"),
        (
            true,
            "--num-executors counts on YARN and Kubernetes; a standalone master divides spark.cores.max by --executor-cores",
        ),
        (true, "the answers are those of Spark 4: Spark 3 has ANSI off, and gives NULL where this raises"),
        (
            names_master,
            "the master: the script names one itself, and that wins over --master; take it out of the script",
        ),
        (
            !cluster.machines.iter().all(is_like_first),
            "the nodes: here they are not alike; the line asks for executors of the smallest",
        ),
        (!spec.faults.is_empty(), "faults: those of this command line happen only here"),
    ];
    told.into_iter().filter(|(holds, _)| *holds).map(|(_, text)| text).collect()
}

/// A word for a shell.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/=:,@+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("out/x.py"), "out/x.py");
        assert_eq!(quoted("it's a b"), "'it'\\''s a b'");
    }
}
