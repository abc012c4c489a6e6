//! Python's `set`, with CPython's table so that numbers come out in CPython's order.
//!
//! **Simplified:** strings are hashed without a random seed, so a set of strings has one fixed order here, where every run of CPython has
//! another.

use super::Interpreter;
use super::hash::{hash_of, same_simple};
use super::raised::PyResult;
use super::value::Value;

const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;

#[derive(Clone)]
enum Slot {
    Empty,
    /// Once used; probes go on.
    Dummy,
    Used(i64, Value),
}

/// A Python `set` or `frozenset`.
#[derive(Clone)]
pub struct Set {
    slots: Vec<Slot>,
    used: usize,
    fill: usize,
}

impl Default for Set {
    fn default() -> Self {
        Set { slots: vec![Slot::Empty; 8], used: 0, fill: 0 }
    }
}

impl Set {
    /// An empty set.
    pub fn new() -> Set {
        Set::default()
    }

    /// A set of these values.
    ///
    /// # Errors
    /// An unhashable value.
    pub fn from_values(interp: &mut Interpreter, values: impl IntoIterator<Item = Value>) -> PyResult<Set> {
        let mut set = Set::new();
        for value in values {
            set.insert(interp, value)?;
        }
        Ok(set)
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.used
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The values in table order.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.slots.iter().filter_map(|slot| match slot {
            Slot::Used(_, value) => Some(value),
            Slot::Empty | Slot::Dummy => None,
        })
    }

    /// The values in table order, cloned.
    pub fn values(&self) -> Vec<Value> {
        self.iter().cloned().collect()
    }

    /// Where the value is, or the empty slot where it would go.
    fn probe(&self, interp: &mut Interpreter, key: &Value, hash: i64) -> PyResult<Result<usize, usize>> {
        let mask = self.slots.len() - 1;
        let mut perturb = hash as u64;
        let mut place = (hash as usize) & mask;
        loop {
            let probes = if place + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for at in place..=place + probes {
                match &self.slots[at] {
                    Slot::Empty => return Ok(Err(at)),
                    Slot::Used(other, value) if *other == hash => {
                        let same = match same_simple(value, key) {
                            Some(same) => same,
                            None => interp.equals(value, key)?,
                        };
                        if same {
                            return Ok(Ok(at));
                        }
                    }
                    Slot::Used(..) | Slot::Dummy => {}
                }
            }
            perturb >>= PERTURB_SHIFT;
            place = place.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
        }
    }

    /// Whether the value is in the set.
    ///
    /// # Errors
    /// An unhashable value; what `__eq__` raises.
    pub fn contains(&self, interp: &mut Interpreter, key: &Value) -> PyResult<bool> {
        let hash = hash_of(interp, key)?;
        Ok(self.probe(interp, key, hash)?.is_ok())
    }

    /// Adds a value; false when it was there.
    ///
    /// # Errors
    /// See [`Set::contains`].
    pub fn insert(&mut self, interp: &mut Interpreter, value: Value) -> PyResult<bool> {
        let hash = hash_of(interp, &value)?;
        let Err(place) = self.probe(interp, &value, hash)? else { return Ok(false) };
        self.slots[place] = Slot::Used(hash, value);
        self.used += 1;
        self.fill += 1;
        let mask = self.slots.len() - 1;
        if self.fill * 5 >= mask * 3 {
            let wanted = if self.used > 50_000 { self.used * 2 } else { self.used * 4 };
            self.resize(wanted);
        }
        Ok(true)
    }

    fn resize(&mut self, wanted: usize) {
        let mut size = 8;
        while size <= wanted {
            size *= 2;
        }
        let old = std::mem::replace(&mut self.slots, vec![Slot::Empty; size]);
        self.fill = self.used;
        for slot in old {
            if let Slot::Used(hash, value) = slot {
                self.place_clean(hash, value);
            }
        }
    }

    fn place_clean(&mut self, hash: i64, value: Value) {
        let mask = self.slots.len() - 1;
        let mut perturb = hash as u64;
        let mut place = (hash as usize) & mask;
        loop {
            let probes = if place + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for at in place..=place + probes {
                if matches!(self.slots[at], Slot::Empty) {
                    self.slots[at] = Slot::Used(hash, value);
                    return;
                }
            }
            perturb >>= PERTURB_SHIFT;
            place = place.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
        }
    }

    /// Takes a value out; false when it was not there.
    ///
    /// # Errors
    /// See [`Set::contains`].
    pub fn remove(&mut self, interp: &mut Interpreter, key: &Value) -> PyResult<bool> {
        let hash = hash_of(interp, key)?;
        let Ok(place) = self.probe(interp, key, hash)? else { return Ok(false) };
        self.slots[place] = Slot::Dummy;
        self.used -= 1;
        Ok(true)
    }

    /// Takes the first value out.
    pub fn pop(&mut self) -> Option<Value> {
        let place = self.slots.iter().position(|slot| matches!(slot, Slot::Used(..)))?;
        self.used -= 1;
        match std::mem::replace(&mut self.slots[place], Slot::Dummy) {
            Slot::Used(_, value) => Some(value),
            Slot::Empty | Slot::Dummy => None,
        }
    }
}
