//! What several tests need: a run inside this process.

use batchlab::cluster::ClusterConfig;
use batchlab::event::log::EventLog;
use batchlab::session::{Outcome, RunRequest, run_script};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// A run of a script in a folder on so many nodes and cores, on two threads.
pub fn request(folder: &Path, source: &str, (nodes, cores): (u32, u32)) -> RunRequest {
    let cluster = ClusterConfig::new(nodes, cores).expect("a cluster");
    RunRequest {
        source: source.to_owned(),
        file: "script.py".to_owned(),
        arguments: Vec::new(),
        root: folder.to_owned(),
        allow: Vec::new(),
        cluster: Some(cluster.clone()),
        default_cluster: cluster,
        faults: Vec::new(),
        seed: 42,
        conf: Vec::new(),
        now_micros: 0,
        steps_max: 10_000_000,
        threads: 2,
        process_memory_bytes: u64::MAX,
        log: EventLog::new(),
        cancelled: Arc::default(),
        out: Box::new(|_| {}),
        until: None,
        explain: false,
        explained: Arc::default(),
    }
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
