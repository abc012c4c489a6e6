//! Lists and maps whose clones share what neither has changed since.
//!
//! A clone costs one step for each `CHUNK` entries, a change after it copies one chunk. So a log can keep a picture of itself every few
//! thousand events, and a jump in time is cheap. Keys that grow, as ids do, are appended; others find their place.
//!
//! ```text
//!   SharedMap  ─► [ chunk │ chunk │ chunk ]      checkpoint
//!                      ╲       │
//!   SharedMap  ─► [ chunk'│ chunk │ chunk ]      now: one chunk was changed
//! ```

use std::fmt;
use std::ops::{Index, Range};
use std::sync::Arc;

/// Entries of a chunk, at most.
const CHUNK: usize = 128;

/// A list.
#[derive(Clone)]
pub struct SharedVec<T> {
    /// All full but the last.
    chunks: Vec<Arc<Vec<T>>>,
    len: usize,
}

/// The entries of a list, in order.
pub type Iter<'a, T> = std::iter::FlatMap<
    std::slice::Iter<'a, Arc<Vec<T>>>,
    std::slice::Iter<'a, T>,
    fn(&'a Arc<Vec<T>>) -> std::slice::Iter<'a, T>,
>;

fn entries<T>(chunks: &[Arc<Vec<T>>]) -> Iter<'_, T> {
    chunks.iter().flat_map(|chunk| {
        look(chunk.len());
        chunk.iter()
    })
}

/// Entries are looked at.
#[cfg(not(test))]
fn look(_entries: usize) {}

#[cfg(test)]
use looks::look;

/// Tests count what is looked at, to tell work that grows with a log from work that does not.
#[cfg(test)]
pub mod looks {
    use std::cell::Cell;

    thread_local! {
        static LOOKS: Cell<usize> = const { Cell::new(0) };
    }

    pub(super) fn look(entries: usize) {
        LOOKS.with(|looks| looks.set(looks.get() + entries));
    }

    /// How many entries of lists and maps this thread has looked at.
    #[must_use]
    pub fn so_far() -> usize {
        LOOKS.with(Cell::get)
    }
}

impl<T> SharedVec<T> {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// An entry.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&T> {
        look(1);
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    /// The entries of a range.
    pub fn range(&self, range: Range<usize>) -> impl Iterator<Item = &T> {
        range.map_while(|index| self.get(index))
    }

    /// All entries.
    pub fn iter(&self) -> Iter<'_, T> {
        entries(&self.chunks)
    }
}

impl<T: Clone> SharedVec<T> {
    /// So many times the same; equal chunks are shared from the start.
    #[must_use]
    pub fn filled(value: T, len: usize) -> Self {
        let full = Arc::new(vec![value.clone(); CHUNK.min(len)]);
        let mut chunks = vec![full; len / CHUNK];
        if !len.is_multiple_of(CHUNK) {
            chunks.push(Arc::new(vec![value; len % CHUNK]));
        }
        SharedVec { chunks, len }
    }

    /// Appends an entry.
    pub fn push(&mut self, value: T) {
        if self.len.is_multiple_of(CHUNK) {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
        }
        if let Some(chunk) = self.chunks.last_mut() {
            Arc::make_mut(chunk).push(value);
            self.len += 1;
        }
    }

    /// An entry to change.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        Arc::make_mut(self.chunks.get_mut(index / CHUNK)?).get_mut(index % CHUNK)
    }
}

impl<T> Default for SharedVec<T> {
    fn default() -> Self {
        SharedVec { chunks: Vec::new(), len: 0 }
    }
}

impl<T: PartialEq> PartialEq for SharedVec<T> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other)
    }
}

impl<T: fmt::Debug> fmt::Debug for SharedVec<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T> Index<usize> for SharedVec<T> {
    type Output = T;

    fn index(&self, index: usize) -> &T {
        &self.chunks[index / CHUNK][index % CHUNK]
    }
}

impl<'a, T> IntoIterator for &'a SharedVec<T> {
    type Item = &'a T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// A map in the order of its keys.
#[derive(Clone)]
pub struct SharedMap<K, V> {
    /// None is empty; keys grow over all of them.
    chunks: Vec<Arc<Vec<(K, V)>>>,
    len: usize,
}

impl<K: Ord, V> SharedMap<K, V> {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Where a key is, or where it would be: the chunk and the place in it.
    fn place(&self, key: &K) -> (usize, Result<usize, usize>) {
        look(1);
        let is_before = |chunk: &Arc<Vec<(K, V)>>| chunk.first().is_some_and(|(first, _)| first <= key);
        let chunk = self.chunks.partition_point(is_before).saturating_sub(1);
        let found = self.chunks.get(chunk).map_or(Err(0), |chunk| chunk.binary_search_by(|(known, _)| known.cmp(key)));
        (chunk, found)
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let (chunk, found) = self.place(key);
        found.ok().map(|at| &self.chunks[chunk][at].1)
    }

    /// Whether there is a value for a key.
    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        self.place(key).1.is_ok()
    }

    /// All entries, in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        entries(&self.chunks).map(|(key, value)| (key, value))
    }

    /// All keys, in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &K> {
        entries(&self.chunks).map(|(key, _)| key)
    }

    /// All values, in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        entries(&self.chunks).map(|(_, value)| value)
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    /// A value to change.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let (chunk, found) = self.place(key);
        let at = found.ok()?;
        Some(&mut Arc::make_mut(&mut self.chunks[chunk])[at].1)
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: K, value: V) {
        match self.place(&key) {
            (chunk, Ok(at)) => Arc::make_mut(&mut self.chunks[chunk])[at].1 = value,
            (chunk, Err(at)) => {
                self.add(chunk, at, (key, value));
            }
        }
    }

    /// The value of a key to change, made first where there is none.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let (chunk, at) = match self.place(&key) {
            (chunk, Ok(at)) => (chunk, at),
            (chunk, Err(at)) => self.add(chunk, at, (key, V::default())),
        };
        &mut Arc::make_mut(&mut self.chunks[chunk])[at].1
    }

    /// Changes values; those for which `wants` is false are not touched, and stay shared.
    pub fn change_each(&mut self, wants: impl Fn(&V) -> bool, mut change: impl FnMut(&K, &mut V)) {
        for chunk in &mut self.chunks {
            if chunk.iter().any(|(_, value)| wants(value)) {
                for (key, value) in Arc::make_mut(chunk).iter_mut().filter(|(_, value)| wants(value)) {
                    change(key, value);
                }
            }
        }
    }

    /// Puts an entry where its key belongs; gives where it stands then.
    fn add(&mut self, chunk: usize, at: usize, entry: (K, V)) -> (usize, usize) {
        self.len += 1;
        let known = self.chunks.get(chunk).map_or(CHUNK, |known| known.len());
        let (chunk, at) = if known < CHUNK {
            (chunk, at)
        } else if chunk + 1 >= self.chunks.len() && (at == known || self.chunks.is_empty()) {
            self.chunks.push(Arc::new(Vec::with_capacity(CHUNK)));
            (self.chunks.len() - 1, 0)
        } else {
            self.split(chunk);
            if at > CHUNK / 2 { (chunk + 1, at - CHUNK / 2) } else { (chunk, at) }
        };
        Arc::make_mut(&mut self.chunks[chunk]).insert(at, entry);
        (chunk, at)
    }

    /// Makes two chunks of a full one.
    fn split(&mut self, chunk: usize) {
        let upper = Arc::make_mut(&mut self.chunks[chunk]).split_off(CHUNK / 2);
        self.chunks.insert(chunk + 1, Arc::new(upper));
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        SharedMap { chunks: Vec::new(), len: 0 }
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && entries(&self.chunks).eq(entries(&other.chunks))
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(entries(&self.chunks).map(|(key, value)| (key, value))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_list_keeps_its_order_and_its_clones_their_values() {
        let mut list = SharedVec::filled(0, 300);
        list.push(7);
        let before = list.clone();
        *list.get_mut(70).expect("an entry") = 1;
        assert_eq!((list.len(), list[70], before[70], list[300], list.get(301)), (301, 1, 0, 7, None));
        let shared = list.chunks.iter().zip(&before.chunks).filter(|(a, b)| Arc::ptr_eq(a, b)).count();
        assert_eq!(shared, 2, "one chunk of three was changed");
        assert_eq!(SharedVec::filled(3, 128).iter().sum::<i32>(), 384);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn a_map_is_a_map(inserts in proptest::collection::vec((0..2000_u32, any::<u8>(), any::<bool>()), 0..900)) {
            let (mut map, mut known) = (SharedMap::default(), BTreeMap::new());
            let mut pictures = Vec::new();
            for (key, value, is_pictured) in inserts {
                map.insert(key, value);
                known.insert(key, value);
                *map.or_default(key / 2) ^= 1;
                *known.entry(key / 2).or_default() ^= 1;
                if is_pictured && pictures.len() < 5 {
                    pictures.push((map.clone(), known.clone()));
                }
            }
            pictures.push((map, known));
            for (map, known) in pictures {
                prop_assert_eq!(map.len(), known.len());
                prop_assert!(map.keys().eq(known.keys()) && map.values().rev().eq(known.values().rev()));
                prop_assert!((0..2000).all(|key| map.get(&key) == known.get(&key)));
            }
        }
    }
}
