use super::*;
use crate::event::{EventKind, SubmitReason, TaskCause, TaskOutcome};
use crate::spark_log::write;
use std::io::{Read, Write};

const JOIN: &str = include_str!("../../../tests/data/spark_logs/join.json");
const FAILED: &str = include_str!("../../../tests/data/spark_logs/failed_job.json");
const KILLED: &str = include_str!("../../../tests/data/spark_logs/killed_executor.json");

fn log(text: &str) -> SparkLog {
    read(text.as_bytes()).expect("a log")
}

fn count(log: &SparkLog, test: impl Fn(&EventKind) -> bool) -> usize {
    log.events.iter().filter(|event| test(&event.kind)).count()
}

#[test]
fn a_real_run_has_its_jobs_stages_tasks_and_shuffles() {
    let log = log(JOIN);
    assert!(!log.torn && !log.unfinished && log.unreadable == 0);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::JobSubmitted { .. })), 5);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::StageSubmitted { .. })), 5);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::TaskEnded { .. })), 8);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::QueryReplanned { .. })), 5);
    assert!(log.skipped.iter().any(|(name, _)| name == "SparkListenerResourceProfileAdded"), "{:?}", log.skipped);
    let records: u64 = log
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::TaskEnded { metrics, .. } => Some(metrics.shuffle_write_rows),
            _ => None,
        })
        .sum();
    let told: u64 = serde_json::Deserializer::from_str(JOIN)
        .into_iter::<serde_json::Value>()
        .filter_map(Result::ok)
        .filter_map(|event| event["Task Metrics"]["Shuffle Write Metrics"]["Shuffle Records Written"].as_u64())
        .sum();
    assert_eq!(records, told);
    let skipped = count(&log, |kind| matches!(kind, EventKind::StageSkipped { .. }));
    assert!(skipped > 0, "adaptive execution reads shuffles of earlier jobs");
}

#[test]
fn a_failed_job_says_why() {
    let log = log(FAILED);
    let failed = |kind: &EventKind| matches!(kind, EventKind::TaskEnded { outcome: TaskOutcome::Failed { error }, .. } if error.starts_with("PythonException: "));
    assert!(count(&log, failed) > 0);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::JobEnded { error: Some(_), .. })), 1);
}

#[test]
fn a_killed_executor_is_a_dead_node_and_its_outputs_are_made_again() {
    let log = log(KILLED);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::NodeAdded { .. })), 3);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::NodeDied { .. })), 1);
    let lost = |kind: &EventKind| matches!(kind, EventKind::StageSubmitted { reason: SubmitReason::OutputsLost { maps, .. }, .. } if !maps.is_empty());
    assert_eq!(count(&log, lost), 1);
    let again = |kind: &EventKind| {
        matches!(
            kind,
            EventKind::TaskStarted { cause: TaskCause::OutputLost { .. } | TaskCause::FetchFailed { .. }, .. }
        )
    };
    assert!(count(&log, again) >= 2);
}

#[test]
fn a_cut_or_garbled_log_gives_what_can_be_read() {
    let torn = log(&JOIN[..JOIN.len() * 2 / 3]);
    assert!(torn.torn && torn.unfinished && !torn.events.is_empty());
    let mut lines: Vec<&str> = JOIN.lines().collect();
    lines.insert(5, "garbage");
    lines.insert(9, "{\"Event\":\"SparkListenerTaskEnd\",\"Stage ID\":\"x\"}");
    lines.insert(11, "{\"Event\":\"com.example.Own\",\"a\":1}");
    let garbled = log(&(lines.join("\n") + "\n"));
    assert_eq!(garbled.unreadable, 2);
    assert!(garbled.skipped.contains(&("com.example.Own".to_owned(), 1)));
    assert!(read(&b"hello\nworld\n"[..]).is_err());
}

#[test]
fn logs_in_any_order_and_with_odd_bytes_do_not_panic() {
    let mut lines: Vec<&str> = KILLED.lines().collect();
    lines.reverse();
    log(&lines.join("\n"));
    let mut seed = 7_u64;
    for _ in 0..40 {
        let mut bytes = KILLED.as_bytes().to_vec();
        for _ in 0..60 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = (seed >> 33) as usize % bytes.len();
            bytes[at] = (seed >> 20) as u8;
        }
        let _ = read(&bytes[..]);
    }
}

#[test]
fn what_we_write_reads_back() {
    let first = log(KILLED);
    let mut bytes = Vec::new();
    write(&first.events, &mut bytes).expect("memory takes everything");
    let second = read(&bytes[..]).expect("our own");
    for test in [
        |kind: &EventKind| matches!(kind, EventKind::TaskEnded { outcome: TaskOutcome::Succeeded, .. }),
        |kind: &EventKind| matches!(kind, EventKind::TaskEnded { outcome: TaskOutcome::FetchFailed { .. }, .. }),
        |kind: &EventKind| matches!(kind, EventKind::StageSubmitted { .. }),
        |kind: &EventKind| matches!(kind, EventKind::JobSubmitted { .. }),
        |kind: &EventKind| matches!(kind, EventKind::ExecutorRemoved { .. }),
    ] {
        assert_eq!(count(&first, test), count(&second, test));
    }
}

fn unpacked(bytes: &[u8]) -> String {
    let mut text = String::new();
    if bytes.starts_with(b"LZ4Block") {
        frames::Unpacked::new(frames::Lz4Blocks(bytes)).read_to_string(&mut text).expect("whole blocks");
    } else {
        frames::Unpacked::new(frames::SnappyBlocks(bytes)).read_to_string(&mut text).expect("whole blocks");
    }
    text
}

#[test]
fn javas_lz4_and_snappy_frames_are_read() {
    let (mut lz4, mut snappy) = (Vec::new(), b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01".to_vec());
    for piece in JOIN.as_bytes().chunks(10_000) {
        let packed = lz4_flex::block::compress(piece);
        lz4.extend(b"LZ4Block\x25");
        lz4.extend((packed.len() as u32).to_le_bytes());
        lz4.extend((piece.len() as u32).to_le_bytes());
        lz4.extend([0; 4]);
        lz4.write_all(&packed).expect("memory");
        let packed = snap::raw::Encoder::new().compress_vec(piece).expect("small");
        snappy.extend((packed.len() as u32).to_be_bytes());
        snappy.write_all(&packed).expect("memory");
    }
    assert_eq!(unpacked(&lz4), JOIN);
    assert_eq!(unpacked(&snappy), JOIN);
}

#[test]
fn a_rolling_folder_is_one_log() {
    let folder = tempfile::tempdir().expect("a folder");
    let half = JOIN[..JOIN.len() / 2].rfind('\n').expect("lines") + 1;
    let write = |name: &str, text: &str| {
        let file = std::fs::File::create(folder.path().join(name)).expect("a file");
        let mut packed = zstd::stream::write::Encoder::new(file, 1).expect("an encoder").auto_finish();
        packed.write_all(text.as_bytes()).expect("space");
    };
    write("events_2_local-1.zstd", &JOIN[half..]);
    write("events_1_local-1.zstd", &JOIN[..half]);
    std::fs::write(folder.path().join("appstatus_local-1"), "").expect("a file");
    let log = open(folder.path()).expect("a log");
    assert_eq!(log.events.len(), log_len(JOIN));
}

fn log_len(text: &str) -> usize {
    log(text).events.len()
}
