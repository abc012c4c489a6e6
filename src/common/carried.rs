//! Which later row carries an earlier one on, told by the names of their columns alone.

/// A column that an earlier and a later row have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shared {
    /// Its place in the earlier row.
    pub earlier: usize,
    /// Its place in the later row.
    pub later: usize,
    /// Its values must be equal if the later row carries the earlier one on.
    pub is_decisive: bool,
}

/// The columns that both rows have, in the order of the earlier one. Those decide that brought the earlier row to where it is, its first
/// `keys`, as far as the later row still has them, else all that both have. A name that stands twice in a row says nothing: two sums are
/// both called `sum`.
#[must_use]
pub fn shared(earlier: &[&str], keys: usize, later: &[&str]) -> Vec<Shared> {
    let only_place = |names: &[&str], name: &str| {
        let mut places = names.iter().enumerate().filter(|(_, other)| **other == name).map(|(at, _)| at);
        places.next().filter(|_| places.next().is_none())
    };
    let places = earlier.iter().filter_map(|name| Some((only_place(earlier, name)?, only_place(later, name)?)));
    let places: Vec<(usize, usize)> = places.collect();
    let by_key = places.iter().any(|(earlier, _)| *earlier < keys);
    let shared = |(earlier, later)| Shared { earlier, later, is_decisive: earlier < keys || !by_key };
    places.into_iter().map(shared).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_decide_while_they_are_there() {
        let decisive = |later: &[&str]| -> Vec<(usize, usize)> {
            let shared = shared(&["land", "year", "n"], 1, later).into_iter().filter(|shared| shared.is_decisive);
            shared.map(|shared| (shared.earlier, shared.later)).collect()
        };
        assert_eq!(decisive(&["total", "land"]), [(0, 1)]);
        assert_eq!(decisive(&["n", "land", "year"]), [(0, 1)], "the key alone");
        assert_eq!(decisive(&["n", "year"]), [(1, 1), (2, 0)], "no key is left");
        assert_eq!(decisive(&["n", "n"]), [], "which n is meant is not known");
    }
}
