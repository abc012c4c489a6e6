//! The figures of the demos, and what must hold for any evening.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn figures(config: &EdgeConfig) -> BTreeMap<String, f64> {
    run(config, 42).figures
}

#[test]
fn caches_fill_and_then_nearly_every_play_hits() {
    let day = figures(&EdgeConfig::default());
    assert!(day["hit rate of the first hour %"] < 50.0, "{day:?}");
    assert!(day["hit rate %"] > 85.0 && day["hit rate of the last hour %"] > 85.0, "{day:?}");
    assert_eq!((day["failed plays"], day["availability %"]), (0.0, 100.0));
}

#[test]
fn balancing_keeps_every_site_within_its_capacity() {
    let weak = EdgeConfig { weak: "edge-eu-2".into(), ..EdgeConfig::default() };
    let (on, off) = (figures(&weak), figures(&EdgeConfig { balancing: false, ..weak }));
    assert!(on["highest load %"] <= 100.0 && on["failed plays"] == 0.0, "{on:?}");
    assert!(off["edge-eu-2 highest load %"] > 140.0, "{off:?}");
    assert!(on["redirected"] > 0.0 && on["streams from several sites"] > 0.0);
}

#[test]
fn a_dead_site_is_not_noticed_when_others_take_over() {
    let killed = EdgeConfig { kill: "edge-us-1".into(), ..EdgeConfig::default() };
    let (with, without) = (figures(&killed), figures(&EdgeConfig { failover: false, ..killed }));
    assert_eq!((with["failed plays"], with["availability %"]), (0.0, 100.0), "{with:?}");
    assert!(with["retried requests"] > 0.0 && with["failed over"] > 0.0);
    assert!(with["time to fail over max s"] <= 22.0, "{with:?}");
    assert!(without["failed: site lost"] > 0.0 && without["minutes down a year"] > 52.6, "{without:?}");
}

#[test]
fn titles_in_a_cache_play_on_without_the_origin() {
    let config = EdgeConfig { origin_down_s: 75_600, origin_up_s: 76_200, cache_titles: 20, ..EdgeConfig::default() };
    let (with, without) = (figures(&config), figures(&EdgeConfig { failover: false, ..config.clone() }));
    assert!(with["plays while the origin was down"] > 0.0);
    assert!(with["of these played from a cache %"] > without["of these played from a cache %"], "{with:?} {without:?}");
    assert!(without["failed: origin down"] > 0.0);
}

#[test]
fn a_forecast_serves_the_release_that_load_alone_cannot() {
    let evening = |scaling| figures(&EdgeConfig { spike: 6, servers: 8, scaling, ..EdgeConfig::default() });
    let (fixed, peak) = (evening(Scaling::Fixed), evening(Scaling::FixedForPeak));
    let (reactive, predictive) = (evening(Scaling::Reactive), evening(Scaling::Predictive));
    let failed = |figures: &BTreeMap<String, f64>| figures["failed plays"];
    let hours = |figures: &BTreeMap<String, f64>| figures["server hours"];
    let all = format!("{:?}", [&fixed, &peak, &reactive, &predictive].map(|f| (failed(f), hours(f))));
    assert!(failed(&fixed) > failed(&reactive) && failed(&reactive) > 0.0 && failed(&predictive) == 0.0, "{all}");
    assert!(hours(&peak) > hours(&fixed) && hours(&peak) > hours(&reactive), "{all}");
    assert!((hours(&predictive) / hours(&reactive) - 1.0).abs() <= 0.1, "{all}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(25))]

    /// The invariants are asserted inside, after every step.
    #[test]
    fn any_evening_accounts_for_every_play(
        seed in any::<u64>(), events in 0_u64..1_500, spike in 0_u64..8, servers in 1_u64..30, per in 1_u64..12,
        cache_titles in 1_u64..45, balancing in any::<bool>(), failover in any::<bool>(), kill_s in 0_u64..90_000,
        killed in 0_usize..9, weak in 0_usize..9, weak_percent in 0_u64..100, down_s in 0_u64..80_000, long_s in 0_u64..9_000,
        scaling in 0_usize..4, title_mb in 1_u64..4_000,
    ) {
        let config = EdgeConfig {
            streams_per_server: per,
            kill: site::name_of(killed), back_s: kill_s + long_s,
            weak: site::name_of(weak),
            origin_down_s: down_s, origin_up_s: down_s + long_s,
            scaling: [Scaling::Fixed, Scaling::FixedForPeak, Scaling::Reactive, Scaling::Predictive][scaling],
            events, spike, servers, cache_titles, balancing, failover, kill_s, weak_percent, title_mb,
            ..EdgeConfig::default()
        };
        let outcome = run(&config, seed);
        let figures = &outcome.figures;
        prop_assert!(figures["failed plays"] <= figures["plays"]);
        if balancing { prop_assert!(figures["highest load %"] <= 100.0); }
        prop_assert_eq!(&run(&config, seed), &outcome);
    }
}
