use super::{Style, StylesConfig, run};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn figures(style: Style, change: impl FnOnce(&mut StylesConfig)) -> BTreeMap<String, f64> {
    let mut config = StylesConfig { style, ..StylesConfig::default() };
    change(&mut config);
    run(&config, 42).figures
}

fn ended(style: Style, scale: u32, memory_mb: u64) -> Option<f64> {
    let figures = figures(style, |config| (config.scale, config.memory_mb) = (scale, memory_mb));
    (figures["answers"] == 1.0).then(|| figures["ended s"])
}

#[test]
fn small_data_want_no_start_up_and_large_data_many_machines() {
    let all = |scale, memory| [Style::Eager, Style::Threads, Style::Cluster].map(|style| ended(style, scale, memory));
    let [eager, threads, cluster] = all(1, 1_024).map(|end| end.expect("an answer"));
    assert!(eager < threads && threads < cluster, "{eager} {threads} {cluster}");
    let [eager, threads, cluster] = all(100, 1_024).map(|end| end.expect("an answer"));
    assert!(threads < eager && threads < cluster, "{eager} {threads} {cluster}");
    let [eager, threads, cluster] = all(1_000, 64);
    assert_eq!(eager, None);
    assert!(cluster.expect("an answer") < threads.expect("an answer"));
}

#[test]
fn one_machine_spills_where_a_cluster_has_room() {
    let big = |config: &mut StylesConfig| (config.scale, config.memory_mb) = (1_000, 64);
    let (threads, cluster) = (figures(Style::Threads, big), figures(Style::Cluster, big));
    assert!(threads["spilled MB"] > 0.0 && threads["peak memory MB"] <= 64.0, "{threads:?}");
    assert_eq!(cluster["spilled MB"], 0.0, "{cluster:?}");
}

#[test]
fn a_dead_machine_costs_everything_or_a_share() {
    let killed = |style, at| figures(style, |config| (config.scale, config.kill_at_ms) = (100, at));
    assert_eq!(killed(Style::Eager, 500)["answers"], 0.0);
    let threads = killed(Style::Threads, 600);
    assert!(threads["answers"] == 1.0 && threads["chunks read again"] > 20.0, "{threads:?}");
    let cluster = killed(Style::Cluster, 2_640);
    assert!(cluster["answers"] == 1.0 && (1.0..24.0).contains(&cluster["chunks read again"]), "{cluster:?}");
    let gone = figures(Style::Threads, |config| {
        (config.scale, config.kill_at_ms, config.rereadable) = (100, 600, false);
    });
    assert_eq!(gone["answers"], 0.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn an_answer_is_right_and_the_memory_is_kept(
        style in 0_usize..3, rows in 1_u32..3_000, scale in 1_u32..2_000, chunks in 1_u32..60, memory_mb in 8_u64..500,
        threads in 1_u32..6, nodes in 2_u32..6, cores in 1_u32..4, kill_at_ms in 0_u64..6_000,
    ) {
        let style = [Style::Eager, Style::Threads, Style::Cluster][style];
        let config = StylesConfig { style, rows, scale, chunks, memory_mb, threads, nodes, cores, kill_at_ms, rereadable: true };
        let outcome = run(&config, 7);
        prop_assert!(style == Style::Eager || outcome.figures["answers"] == 1.0);
        prop_assert_eq!(&run(&config, 7), &outcome);
    }
}
