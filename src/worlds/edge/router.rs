//! Which site answers: the nearest one that is healthy, has room and is not too busy.

use super::config::EdgeConfig;
use super::site::Site;

/// Above this load a site looks farther away than it is, in thousandths.
const BUSY_PERMILLE: u64 = 900;
/// So many milliseconds farther at full load.
const BUSY_MS: u64 = 100;
/// Without balancing, a site takes streams until this load, in thousandths; then it refuses.
const HARD_LIMIT_PERMILLE: u64 = 2_000;

/// What the router asks of a site.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    /// The site near the viewer.
    pub near: usize,
    /// Sites that were asked and did not answer.
    pub tried: &'a [usize],
    /// Only sites that keep this title.
    pub cached: Option<u64>,
}

/// Milliseconds from a viewer near one site to another.
pub(super) fn distance_ms(config: &EdgeConfig, near: usize, site: usize) -> u64 {
    if near == site {
        config.near_ms
    } else if near / 3 == site / 3 {
        config.region_ms
    } else {
        config.far_ms
    }
}

/// Distance, and what load adds to it.
pub(super) fn score_ms(config: &EdgeConfig, near: usize, number: usize, site: &Site) -> u64 {
    let busy = site.load_permille().saturating_sub(BUSY_PERMILLE) * BUSY_MS / (1000 - BUSY_PERMILLE);
    distance_ms(config, near, number) + if config.balancing { busy } else { 0 }
}

/// The site that should answer.
pub(super) fn choose(config: &EdgeConfig, sites: &[Site], wish: Wish<'_>) -> Option<usize> {
    let may = |number: &usize| {
        let site = &sites[*number];
        let asked = wish.tried.contains(number);
        let has = wish.cached.is_none_or(|title| site.has_title(title));
        // Without balancing the viewer's own site is asked whatever its load; others only take over for a dead one.
        let has_room = if config.balancing { site.has_room() } else { site.load_permille() < HARD_LIMIT_PERMILLE };
        let is_open = config.balancing || config.failover || *number == wish.near;
        !asked && has && has_room && is_open && (site.looks_up || !config.failover)
    };
    let reach = |number: &usize| (score_ms(config, wish.near, *number, &sites[*number]), *number);
    let best = (0..sites.len()).filter(may).min_by_key(reach)?;
    let stays_home = !config.balancing && wish.cached.is_none() && wish.tried.is_empty() && sites[wish.near].looks_up;
    (!stays_home || best == wish.near).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::super::site::SITES;
    use super::*;

    fn sites(config: &EdgeConfig) -> Vec<Site> {
        (0..SITES).map(|_| Site::new(config, 2)).collect()
    }

    #[test]
    fn a_near_site_that_is_nearly_full_gives_way_to_its_neighbour() {
        let config = EdgeConfig::default();
        let mut sites = sites(&config);
        let wish = Wish { near: 0, tried: &[], cached: None };
        assert_eq!(choose(&config, &sites, wish), Some(0));
        sites[0].streams = (0..19).collect();
        assert_eq!(choose(&config, &sites, wish), Some(1));
        let plain = EdgeConfig { balancing: false, ..config };
        assert_eq!(choose(&plain, &sites, wish), Some(0));
    }

    #[test]
    fn a_site_that_looks_dead_is_not_asked() {
        let config = EdgeConfig::default();
        let mut sites = sites(&config);
        sites[0].looks_up = false;
        assert_eq!(choose(&config, &sites, Wish { near: 0, tried: &[1], cached: None }), Some(2));
        assert_eq!(choose(&config, &sites, Wish { near: 0, tried: &[], cached: Some(7) }), None);
    }
}
