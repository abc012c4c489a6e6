//! One site: its servers, its streams, its cache.

use super::config::EdgeConfig;
use std::collections::{BTreeSet, VecDeque};

/// Sites of all regions.
pub(super) const SITES: usize = 9;
/// Three sites each.
pub(super) const REGIONS: [&str; 3] = ["eu", "us", "ap"];

/// The name of a site: `edge-eu-2`.
pub(super) fn name_of(site: usize) -> String {
    format!("edge-{}-{}", REGIONS[site / 3], site % 3 + 1)
}

/// The site of this name.
pub(super) fn number_of(name: &str) -> Option<usize> {
    (0..SITES).find(|site| name_of(*site) == name)
}

/// A site at one moment.
#[derive(Debug)]
pub(super) struct Site {
    pub is_up: bool,
    /// What the last health check said.
    pub looks_up: bool,
    pub servers: u64,
    /// Ordered and not yet there.
    pub booting: u64,
    /// What an incident leaves of its capacity.
    pub percent: u64,
    streams_per_server: u64,
    /// Streams that it carries or that wait for a title at it.
    pub streams: BTreeSet<usize>,
    /// Least recently used first.
    cache: VecDeque<u64>,
    cache_titles: usize,
    pub requests: usize,
    pub hits: usize,
    /// The highest load so far, in thousandths.
    pub peak_permille: u64,
}

impl Site {
    pub(super) fn new(config: &EdgeConfig, servers: u64) -> Self {
        Site {
            is_up: true,
            looks_up: true,
            servers,
            booting: 0,
            percent: 100,
            streams_per_server: config.streams_per_server,
            streams: BTreeSet::new(),
            cache: VecDeque::new(),
            cache_titles: config.cache_titles as usize,
            requests: 0,
            hits: 0,
            peak_permille: 0,
        }
    }

    /// Streams that it can carry well.
    pub(super) fn capacity(&self) -> u64 {
        self.capacity_of(self.servers)
    }

    /// Streams that so many servers would carry well.
    pub(super) fn capacity_of(&self, servers: u64) -> u64 {
        servers * self.streams_per_server * self.percent / 100
    }

    /// Streams of its capacity, in thousandths.
    pub(super) fn load_permille(&self) -> u64 {
        match (self.streams.len() as u64, self.capacity()) {
            (0, _) => 0,
            (streams, capacity) => streams * 1000 / capacity.max(1),
        }
    }

    /// Whether one more stream fits.
    pub(super) fn has_room(&self) -> bool {
        (self.streams.len() as u64) < self.capacity()
    }

    pub(super) fn has_title(&self, title: u64) -> bool {
        self.cache.contains(&title)
    }

    /// Reads a title from the cache; says whether it was there.
    pub(super) fn read(&mut self, title: u64) -> bool {
        self.requests += 1;
        let is_hit = self.touch(title);
        self.hits += usize::from(is_hit);
        is_hit
    }

    fn touch(&mut self, title: u64) -> bool {
        let Some(place) = self.cache.iter().position(|kept| *kept == title) else { return false };
        self.cache.remove(place);
        self.cache.push_back(title);
        true
    }

    /// Keeps a title, and drops the one that nobody wanted for longest.
    pub(super) fn keep(&mut self, title: u64) {
        if !self.touch(title) {
            self.cache.push_back(title);
        }
        while self.cache.len() > self.cache_titles {
            self.cache.pop_front();
        }
    }

    /// It dies; what it had in memory is gone.
    pub(super) fn die(&mut self) -> BTreeSet<usize> {
        self.is_up = false;
        self.cache.clear();
        std::mem::take(&mut self.streams)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_drops_what_nobody_wanted_for_longest() {
        let mut site = Site::new(&EdgeConfig { cache_titles: 2, ..EdgeConfig::default() }, 1);
        site.keep(1);
        site.keep(2);
        assert!(site.read(1));
        site.keep(3);
        assert!(site.has_title(1) && !site.has_title(2) && site.has_title(3));
    }

    #[test]
    fn sites_are_found_by_name() {
        assert_eq!(number_of("edge-us-1"), Some(3));
        assert_eq!(name_of(1), "edge-eu-2");
        assert_eq!(number_of("edge-mars-1"), None);
    }
}
