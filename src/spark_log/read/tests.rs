use super::*;
use crate::event::{EventKind, SubmitReason, TaskCause, TaskOutcome};
use crate::spark_log::write;
use std::io::{Read, Write};

const JOIN: &str = include_str!("../../../tests/data/spark_logs/join.json");
const FAILED: &str = include_str!("../../../tests/data/spark_logs/failed_job.json");
const KILLED: &str = include_str!("../../../tests/data/spark_logs/killed_executor.json");
const LOST: &str = include_str!("../../../tests/data/spark_logs/lost_outputs.json");

fn log(text: &str) -> SparkLog {
    read(text.as_bytes()).expect("a log")
}

fn count(log: &SparkLog, test: impl Fn(&EventKind) -> bool) -> usize {
    log.events.iter().filter(|event| test(&event.kind)).count()
}

#[test]
fn a_real_run_has_its_jobs_stages_tasks_and_shuffles() {
    let log = log(JOIN);
    assert!(log.torn.is_none() && !log.unfinished && log.unreadable.lines == 0 && log.missing.is_empty());
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

/// Spark tells of a stage what is true when the line is written, which may be after its end.
#[test]
fn a_stage_told_late_is_submitted_all_the_same() {
    let told_late = |line: &str| {
        if line.contains("\"SparkListenerStageSubmitted\"") {
            line.replace("\"Submission Time\":", "\"Completion Time\":1,\"Submission Time\":")
        } else {
            line.to_owned()
        }
    };
    let text: String = JOIN.lines().map(|line| told_late(line) + "\n").collect();
    assert_ne!(text, JOIN);
    let is_submitted = |kind: &EventKind| matches!(kind, EventKind::StageSubmitted { .. });
    assert_eq!(count(&log(&text), is_submitted), count(&log(JOIN), is_submitted));
}

#[test]
fn a_failed_job_says_why() {
    let log = log(FAILED);
    let failed = |kind: &EventKind| matches!(kind, EventKind::TaskEnded { outcome: TaskOutcome::Failed { error }, .. } if error.starts_with("PythonException: "));
    assert!(count(&log, failed) > 0);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::JobEnded { error: Some(_), .. })), 1);
}

#[test]
fn outputs_lost_while_their_stage_runs_are_made_again_in_it() {
    let log = log(LOST);
    assert_eq!(count(&log, |kind| matches!(kind, EventKind::NodeDied { .. })), 1);
    let fetch = |kind: &EventKind| {
        matches!(kind, EventKind::TaskEnded { outcome: TaskOutcome::FetchFailed { .. }, .. })
            || matches!(kind, EventKind::StageSubmitted { stage, .. } if stage.attempt > 0)
    };
    assert_eq!(count(&log, fetch), 0);
    let again = |kind: &EventKind| matches!(kind, EventKind::TaskStarted { cause: TaskCause::OutputLost { .. }, .. });
    let lost = |kind: &EventKind| matches!(kind, EventKind::TaskStarted { cause: TaskCause::ExecutorLost { .. }, .. });
    assert_eq!((count(&log, again), count(&log, lost)), (2, 1));
    assert!(log.missing.is_empty() && log.unreadable.lines == 0, "{:?}", log.remarks());
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
    assert!(torn.torn.is_some() && torn.unfinished && !torn.events.is_empty());
    let mut lines: Vec<&str> = JOIN.lines().collect();
    lines.insert(5, "garbage");
    lines.insert(9, "{\"Event\":\"SparkListenerTaskEnd\",\"Stage ID\":\"x\"}");
    lines.insert(11, "{\"Event\":\"com.example.Own\",\"a\":1}");
    let garbled = log(&(lines.join("\n") + "\n"));
    assert_eq!(garbled.unreadable.lines, 2);
    assert_eq!(
        garbled.unreadable.words(),
        [
            "line 6 is no event (no JSON: expected value, column 1)",
            "line 10 is no event (TaskEnd: invalid type: string \"x\", expected u32, column 46)",
        ]
    );
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
fn a_packing_that_is_not_read_is_named() {
    let (_folder, path) = saved("log.lzf", b"ZV\x01\x00\x10\x00\x20rest");
    let error = open(&path).expect_err("lzf");
    assert!(error.to_string().contains("lzf"), "{error}");
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

/// Bytes under a name in a folder of their own.
fn saved(name: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("space");
    (folder, path)
}

/// A text packed piece by piece, as a writer that flushes does it.
fn packed(text: &str, pack: impl Fn(&[u8]) -> std::io::Result<Vec<u8>>) -> Vec<u8> {
    text.as_bytes().chunks(10_000).flat_map(|piece| pack(piece).expect("memory")).collect()
}

fn gzip(piece: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(piece)?;
    packer.finish()
}

#[test]
fn packed_and_unfinished_files_open_and_torn_ones_say_so() {
    let zstd = packed(JOIN, |piece| zstd::encode_all(piece, 3));
    let whole = log_len(JOIN);
    for (name, bytes) in
        [("app.gz", packed(JOIN, gzip)), ("app.zstd", zstd), ("app.inprogress", JOIN.as_bytes().to_vec())]
    {
        let (_folder, path) = saved(name, &bytes);
        let opened = open(&path).expect("a log");
        assert_eq!((opened.events.len(), opened.torn), (whole, None), "{name}");
        let (_folder, path) = saved(name, &bytes[..bytes.len() * 3 / 4]);
        let cut = open(&path).expect("what stands before the cut");
        assert!(
            cut.torn.is_some() && cut.unfinished && cut.events.len() < whole,
            "{name}: {} events",
            cut.events.len()
        );
    }
}

#[test]
fn a_part_that_breaks_off_is_named_and_does_not_spoil_the_next() {
    let lines: Vec<&str> = KILLED.split_inclusive('\n').collect();
    let (first, second) = lines.split_at(lines.len() / 2);
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).expect("space");
    let cut = first.concat();
    write("events_1_app", &cut.as_bytes()[..cut.len() - 40]);
    write("events_2_app", second.concat().as_bytes());
    let read = open(folder.path()).expect("a log");
    assert_eq!((read.unreadable.lines, read.unreadable.first[0].0), (1, first.len() as u64));
    let zstd = zstd::encode_all(second.concat().as_bytes(), 1).expect("memory");
    write("events_2_app", &zstd[..zstd.len() / 2]);
    let torn = open(folder.path()).expect("the first part").torn.expect("the second breaks off");
    assert!(torn.contains("events_2_app"), "{torn}");
}

#[test]
fn lines_that_must_have_been_there_are_missed() {
    let without = |word: &str| log(&KILLED.lines().filter(|line| !line.contains(word)).collect::<Vec<_>>().join("\n"));
    let missed = |word: &str, words: &str| {
        let missing = without(word).missing;
        assert!(missing.iter().any(|sentence| sentence.contains(words)), "{word}: {missing:?}");
    };
    missed("TaskStart\"", "that ends without a start");
    missed("JobStart\"", "there is job 0 that ends without a start");
    missed("ExecutorAdded\"", "that no line adds");
    assert!(without("TaskEnd\"").missing.is_empty());
}

#[test]
fn sums_of_garbled_numbers_do_not_overflow() {
    let huge = KILLED.replace("\"Shuffle Bytes Written\":", "\"Shuffle Bytes Written\":1844674407370955");
    let read = log(&huge);
    assert!(read.unreadable.words()[0].contains("TaskEnd: a metric that cannot be"), "{:?}", read.unreadable);
}

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end.max(1)
    }
}

#[test]
fn a_log_that_is_cut_anywhere_gives_its_whole_lines() {
    let mut last = 0;
    for end in (0..KILLED.len()).step_by(1499) {
        match read(&KILLED.as_bytes()[..end]) {
            Ok(cut) => {
                let at_a_line = KILLED[..end].ends_with('\n');
                assert!(cut.unreadable.lines == 0 && cut.torn.is_none() == at_a_line, "cut at {end}");
                assert!(cut.events.len() >= last, "cut at {end}");
                last = cut.events.len();
            }
            Err(error) => assert!(end < 200, "cut at {end}: {error}"),
        }
    }
}

#[test]
fn lines_that_change_places_tell_of_the_same_tasks() {
    let ends = |log: &SparkLog| count(log, |kind| matches!(kind, EventKind::TaskStarted { .. }));
    let whole = ends(&log(KILLED));
    let mut chance = Chance(11);
    for _ in 0..20 {
        let mut lines: Vec<&str> = KILLED.lines().collect();
        for _ in 0..lines.len() {
            let (a, b) = (chance.below(lines.len()), chance.below(lines.len()));
            lines.swap(a, b);
        }
        let shuffled = log(&(lines.join("\n") + "\n"));
        assert_eq!((ends(&shuffled), shuffled.unreadable.lines), (whole, 0));
    }
}

#[test]
fn fields_that_nobody_knows_are_passed_over() {
    let more = |line: &str| line.replacen("\",\"", "\",\"x-own\":{\"a\":[1,null,\"\\u00e9\"]},\"", 1);
    let lines: Vec<String> = KILLED.lines().map(more).collect();
    let (plain, grown) = (log(KILLED), log(&(lines.join("\n") + "\n")));
    assert_eq!(grown.unreadable.lines, 0);
    assert!(plain.events == grown.events);
}

#[test]
fn numbers_that_cannot_be_are_unreadable_and_never_a_panic() {
    let mut chance = Chance(5);
    let odd =
        ["-1", "18446744073709551615", "4294967295", "1e300", "\"7\"", "null", "[]", "{}", "99999999999999999999999"];
    for _ in 0..150 {
        let mut text = KILLED.to_owned();
        for _ in 0..6 {
            let places: Vec<usize> = text.match_indices(':').map(|(at, _)| at + 1).collect();
            let at = places[chance.below(places.len())];
            let digits = text[at..].bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                text.replace_range(at..at + digits, odd[chance.below(odd.len())]);
            }
        }
        if let Ok(read) = read(text.as_bytes()) {
            crate::spark_log::write(&read.events, &mut Vec::new()).expect("memory takes everything");
        }
    }
}

#[test]
fn a_log_of_many_blocks_reads_as_its_lines_do_and_tells_how_far_it_is() {
    // One long line of an unknown event is larger than a block; lines stand across the borders of blocks.
    let long = format!("{{\"Event\":\"Own\",\"text\":\"{}\"}}\n", "x".repeat(3 << 20));
    let (first, rest) = KILLED.split_at(KILLED.find('\n').expect("lines") + 1);
    let text = [first, &long, rest, &long.repeat(2)].concat();
    let zstd = zstd::encode_all(text.as_bytes(), 1).expect("memory");
    for bytes in [text.as_bytes(), &zstd] {
        let (_folder, path) = saved("app", bytes);
        let mut told = Vec::new();
        let opened = open_telling(&path, |progress| told.push(progress)).expect("a log");
        assert!(opened.events == log(KILLED).events && opened.torn.is_none() && opened.unreadable.lines == 0);
        assert!(opened.skipped.contains(&("Own".to_owned(), 3)));
        let size = bytes.len() as u64;
        assert_eq!(told.last(), Some(&Progress { bytes: size, of: size }));
        assert!(told.windows(2).all(|pair| pair[0].bytes <= pair[1].bytes));
    }
}
