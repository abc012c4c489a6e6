//! The figures of the demo, and what must hold for any settings.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn figures(config: &StreamConfig) -> BTreeMap<String, f64> {
    run(config, 42).figures
}

fn styles() -> [StreamConfig; 4] {
    let with = |style, every_s| StreamConfig { style, every_s, ..StreamConfig::default() };
    [with(Style::Batch, 86_400), with(Style::Batch, 0), with(Style::MicroBatch, 0), with(Style::Record, 0)]
}

#[test]
fn the_three_speeds_raise_the_same_alerts_at_their_own_time() {
    let [day, hour, micro, record] = styles().map(|config| figures(&config));
    for other in [&hour, &micro, &record] {
        assert_eq!(day["alerts"], other["alerts"]);
        assert_eq!(day["alerts fingerprint"], other["alerts fingerprint"]);
    }
    assert!(day["alerts"] > 10.0);
    assert!(day["latency p99 s"] > 10.0 * 3600.0 && hour["latency p99 s"] > 3000.0, "{day:?}");
    assert!(micro["latency p99 s"] <= 10.0 && record["latency p99 s"] <= 0.05, "{micro:?} {record:?}");
    let missed = |figures: &BTreeMap<String, f64>| figures["deadline missed %"];
    assert_eq!((missed(&day), missed(&micro)), (100.0, 100.0));
    assert!(missed(&record) < 1.0);
    let speed = |figures: &BTreeMap<String, f64>| figures["throughput per s"];
    assert!(speed(&day) > speed(&micro) && speed(&hour) > speed(&micro) && speed(&micro) > speed(&record));
    assert!(day["alerts in time"] < micro["alerts in time"] && micro["alerts in time"] <= record["alerts in time"]);
    assert!(day["cents per 1000 events"] < record["cents per 1000 events"]);
}

#[test]
fn a_crash_between_output_and_commit_costs_what_the_guarantee_says() {
    let of = |delivery| {
        let config = StreamConfig {
            style: Style::Record,
            poll_events: 3,
            crashes_s: vec![72_000],
            delivery,
            ..StreamConfig::default()
        };
        let figures = figures(&config);
        assert_eq!(figures["crashes"], 1.0);
        (figures["rows lost"], figures["rows doubled"])
    };
    assert_eq!(of(Delivery::AtMostOnce), (3.0, 0.0));
    assert_eq!(of(Delivery::AtLeastOnce), (0.0, 3.0));
    assert_eq!(of(Delivery::IdempotentSink), (0.0, 0.0));
    assert_eq!(of(Delivery::Transactional), (0.0, 0.0));
}

/// Late events counted straight from the generator, by the rule of the windows, for one consumer that takes record by record.
fn late_by_hand(watermark_ms: i64, window_ms: i64) -> (usize, usize, usize) {
    let source = Source::of(&StreamConfig::default(), 42);
    let (mut newest, mut dropped, mut behind, mut later) = (i64::MIN / 2, 0, 0, 0);
    for record in &source.records {
        let watermark = newest - watermark_ms;
        dropped += usize::from((record.event_ms / window_ms + 1) * window_ms <= watermark);
        behind += usize::from(record.event_ms < watermark);
        later += usize::from(record.delay_ms() > watermark_ms);
        newest = newest.max(record.event_ms);
    }
    (dropped, behind, later)
}

#[test]
fn late_events_are_dropped_exactly_as_the_generator_says() {
    let mut kept = Vec::new();
    for watermark_s in [0, 120, 900] {
        let config = StreamConfig { style: Style::Record, watermark_s: Some(watermark_s), ..StreamConfig::default() };
        let figures = figures(&config);
        let (dropped, behind, later) = late_by_hand(watermark_s as i64 * 1000, 300_000);
        assert_eq!(figures["dropped as too late"], dropped as f64);
        assert_eq!(figures["behind the watermark"], behind as f64);
        assert_eq!(figures["later than the watermark allows"], later as f64);
        kept.push((figures["dropped as too late"], figures["window rows kept at most"]));
    }
    assert!(kept[0].0 > kept[1].0 && kept[1].0 > kept[2].0 && kept[2].0 == 0.0, "{kept:?}");
    assert!(kept[0].1 < kept[1].1 && kept[1].1 < kept[2].1, "state grows with the watermark: {kept:?}");
}

#[test]
fn a_two_minute_watermark_is_too_short_for_as_many_events_as_in_the_exercise() {
    assert_eq!(late_by_hand(120_000, 300_000).2, 383);
}

#[test]
fn the_bad_windows_are_those_of_the_exercise() {
    let patient = StreamConfig { watermark_s: Some(900), ..StreamConfig::default() };
    let outcome = run(&patient, 42);
    assert_eq!(outcome.figures["bad windows"], 4.0);
    let told: Vec<&str> = outcome.log.iter().map(|moment| moment.text.as_str()).collect();
    assert!(told.iter().any(|text| text.contains("20:30:00: 57 events, 49.1 % buffering")), "{told:?}");
}

#[test]
fn one_clock_that_is_ahead_makes_the_others_late_unless_it_is_guarded() {
    let skewed = StreamConfig { skewed_node: "edge-us-3".into(), skew_s: 900, ..StreamConfig::default() };
    let guarded = StreamConfig { future_guard_s: Some(60), ..skewed.clone() };
    let (plain, skewed, guarded) = (figures(&StreamConfig::default()), figures(&skewed), figures(&guarded));
    assert!(skewed["dropped as too late"] > 10.0 * plain["dropped as too late"], "{skewed:?}");
    assert!(guarded["dropped as too late"] <= plain["dropped as too late"]);
    assert!(guarded["set aside from the future"] > 0.0);
}

#[test]
fn a_short_retention_loses_what_a_slow_consumer_has_not_read() {
    let config = StreamConfig { retention_s: Some(12 * 3600), ..styles()[0].clone() };
    let figures = figures(&config);
    assert!(figures["expired unread"] > 0.0);
    assert_eq!(figures["rows delivered"] + figures["expired unread"], figures["events"]);
}

#[test]
fn sliding_windows_count_an_event_in_each() {
    let sliding = figures(&StreamConfig { slide_s: 60, watermark_s: None, events: 2_000, ..StreamConfig::default() });
    let tumbling = figures(&StreamConfig { watermark_s: None, events: 2_000, ..StreamConfig::default() });
    assert!(sliding["window rows kept at most"] > 3.0 * tumbling["window rows kept at most"]);
    assert_eq!(sliding["dropped as too late"], 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn guarantees_hold_for_any_settings(
        seed in any::<u64>(), style in 0_usize..3, delivery in 0_usize..4, shape in 0_usize..3, events in 0_u64..600,
        partitions in 1_u64..6, consumers in 1_u64..4, every_s in 1_u64..4_000, poll_events in 1_u64..20,
        watermark_s in proptest::option::of(0_u64..1_000), slide in 1_u64..6,
        crashes_s in proptest::collection::vec(0_u64..90_000, 0..4),
    ) {
        let config = StreamConfig {
            style: [Style::Batch, Style::MicroBatch, Style::Record][style],
            delivery: [Delivery::AtMostOnce, Delivery::AtLeastOnce, Delivery::IdempotentSink, Delivery::Transactional][delivery],
            shape: [Shape::Viewing, Shape::Sensors, Shape::Feed][shape],
            consumers: consumers.min(partitions),
            every_s: every_s.max(30), slide_s: 300 / slide,
            events, partitions, poll_events, watermark_s, crashes_s,
            ..StreamConfig::default()
        };
        let outcome = run(&config, seed);
        let figures = &outcome.figures;
        let rows = figures["rows delivered"] + figures["rows lost"] - figures["rows doubled"];
        prop_assert_eq!(rows, events as f64);
        if config.delivery != Delivery::AtMostOnce { prop_assert_eq!(figures["rows lost"], 0.0); }
        if config.delivery != Delivery::AtLeastOnce { prop_assert_eq!(figures["rows doubled"], 0.0); }
        if config.delivery == Delivery::AtLeastOnce && config.watermark_s.is_none() && config.crashes_s.is_empty() {
            prop_assert_eq!(figures["dropped as too late"], 0.0);
        }
        prop_assert_eq!(&run(&config, seed), &outcome);
    }
}

#[test]
fn a_clock_that_goes_wrong_on_the_way_spoils_what_comes_after() {
    let fault = |text: &str| ClockFault::parse(text).expect("a fault");
    let with = |faults: &[&str]| {
        let faults = faults.iter().map(|text| fault(text)).collect();
        figures(&StreamConfig { faults, ..StreamConfig::default() })
    };
    let late = "dropped as too late";
    let (never, always) = (with(&[]), with(&["clock:edge-us-3+900s@0"]));
    let (half, mended) =
        (with(&["clock:edge-us-3+900s@43200"]), with(&["clock:edge-us-3+900s@0", "clock:edge-us-3+0s@43200"]));
    assert!(never[late] < half[late] && half[late] < always[late], "{never:?} {half:?} {always:?}");
    assert!(mended[late] < always[late], "{mended:?}");
    let config = StreamConfig { faults: vec![fault("clock:edge-us-3+900s@43200")], ..StreamConfig::default() };
    let outcome = run(&config, 42);
    assert!(outcome.log.iter().any(|moment| moment.mark == Mark::Fault && moment.text.contains("900 s ahead")));
    assert_eq!(outcome, run(&config, 42));
}
