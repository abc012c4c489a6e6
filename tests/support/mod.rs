//! What several tests need: a run inside this process.

use batchlab::cluster::ClusterConfig;
use batchlab::session::{Outcome, RunRequest, RunSpec, Script, run_script};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A run of a script in a folder on so many nodes and cores, on two threads.
pub fn spec(folder: &Path, source: &str, (nodes, cores): (u32, u32)) -> RunSpec {
    let script = Script { source: source.to_owned(), file: "script.py".to_owned() };
    RunSpec::new(script, folder, ClusterConfig::new(nodes, cores).expect("a cluster"))
}

/// What the script printed, and how it ended.
pub fn run(mut request: RunRequest) -> (String, Outcome) {
    let printed = Arc::new(Mutex::new(String::new()));
    let sink = printed.clone();
    request.out = Box::new(move |text| sink.lock().unwrap_or_else(PoisonError::into_inner).push_str(text));
    let outcome = run_script(request);
    let text = printed.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (text, outcome)
}
