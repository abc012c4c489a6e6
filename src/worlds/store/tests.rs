//! The figures of the demo, and what must hold for any schedule.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn figures(config: &StoreConfig) -> BTreeMap<String, f64> {
    run(config, 42).figures
}

#[test]
fn a_majority_store_refuses_the_minority_and_loses_nothing() {
    let cp = figures(&StoreConfig::default());
    assert_eq!((cp["writes"], cp["writes accepted"], cp["writes refused"]), (20.0, 14.0, 6.0), "{cp:?}");
    assert_eq!((cp["conflicting keys"], cp["acknowledged writes lost"], cp["stale reads"]), (0.0, 0.0, 0.0));
    assert!(cp["reads refused"] > 0.0);
}

#[test]
fn an_available_store_accepts_all_and_loses_two_by_name() {
    let outcome = run(&StoreConfig { mode: Mode::Ap, ..StoreConfig::default() }, 42);
    let ap = &outcome.figures;
    assert_eq!((ap["writes accepted"], ap["writes refused"], ap["reads refused"]), (20.0, 0.0, 0.0), "{ap:?}");
    assert_eq!((ap["conflicting keys"], ap["acknowledged writes lost"]), (2.0, 2.0), "{ap:?}");
    assert!(ap["stale reads"] > 0.0);
    let named = outcome.log.iter().filter(|moment| moment.mark == crate::worlds::Mark::Loss).count();
    assert_eq!(named, 2);
}

#[test]
fn before_the_cut_both_look_the_same() {
    for mode in [Mode::Cp, Mode::Ap] {
        let whole = figures(&StoreConfig { mode, heal_ms: 4_000, ..StoreConfig::default() });
        assert_eq!((whole["writes accepted"], whole["stale reads"], whole["conflicting keys"]), (20.0, 0.0, 0.0));
    }
}

#[test]
fn five_replicas_with_two_on_the_left_still_have_one_majority() {
    let cp = figures(&StoreConfig { replicas: 5, left_replicas: 2, ..StoreConfig::default() });
    assert_eq!(cp["writes refused"], 6.0);
    let cp = figures(&StoreConfig { replicas: 5, left_replicas: 3, ..StoreConfig::default() });
    assert_eq!(cp["writes refused"], 6.0, "the right side is the minority now");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// The invariants are asserted inside; what is left to check is that nothing depends on anything but the seed.
    #[test]
    fn any_schedule_keeps_the_promises(
        seed in any::<u64>(), cp in any::<bool>(), replicas in 3_u64..=5, left in 1_u64..=4, keys in 1_u64..6,
        writes in 2_u64..60, every_ms in 1_u64..400, cut_ms in 0_u64..4_000, long_ms in 0_u64..4_000,
        timeout_ms in 1_u64..500, latency_ms in 0_u64..60, random in any::<bool>(),
    ) {
        let config = StoreConfig {
            mode: if cp { Mode::Cp } else { Mode::Ap },
            workload: if random { Workload::Random } else { Workload::Turns },
            left_replicas: left.min(replicas - 1),
            shared_keys: keys / 2,
            heal_ms: cut_ms + long_ms,
            replicas, keys, writes, every_ms, cut_ms, timeout_ms, latency_ms,
            ..StoreConfig::default()
        };
        let outcome = run(&config, seed);
        let figures = &outcome.figures;
        let all = figures["writes accepted"] + figures["writes refused"] + figures["writes unknown"];
        prop_assert_eq!(all, figures["writes"]);
        prop_assert_eq!(&run(&config, seed), &outcome);
    }
}
