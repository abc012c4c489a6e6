//! A hash table that remembers the order of insertion: Python's `dict`.

use super::Interpreter;
use super::hash::{hash_of, same_simple};
use super::raised::PyResult;
use super::value::Value;
use hashbrown::HashTable;
use std::rc::Rc;

struct Entry {
    hash: u64,
    key: Value,
    value: Value,
}

/// A Python `dict`. Lookups may call `__hash__` and `__eq__` of the script, so they take the interpreter.
#[derive(Default)]
pub struct Dict {
    entries: Vec<Option<Entry>>,
    table: HashTable<usize>,
}

impl Dict {
    /// An empty dict.
    pub fn new() -> Dict {
        Dict::default()
    }

    /// A dict with these string keys.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, Value)>) -> Dict {
        let mut dict = Dict::new();
        for (key, value) in pairs {
            dict.set_str(key, value);
        }
        dict
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.table.len()
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Value, &Value)> {
        self.entries.iter().flatten().map(|entry| (&entry.key, &entry.value))
    }

    /// Keys in order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.iter().map(|(key, _)| key)
    }

    /// Values in order.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.iter().map(|(_, value)| value)
    }

    /// The entry at or after a place in the table, and the place after it. Lets an iteration go on without borrowing.
    pub fn next_from(&self, mut place: usize) -> Option<(usize, Value, Value)> {
        while let Some(slot) = self.entries.get(place) {
            place += 1;
            if let Some(entry) = slot {
                return Some((place, entry.key.clone(), entry.value.clone()));
            }
        }
        None
    }

    fn find(&self, interp: &mut Interpreter, key: &Value, hash: u64) -> PyResult<Option<usize>> {
        let mut failure = None;
        let found = self.table.find(hash, |&index| {
            let Some(Some(entry)) = self.entries.get(index) else { return false };
            if entry.hash != hash {
                return false;
            }
            match same_simple(&entry.key, key) {
                Some(same) => same,
                None => match interp.equals(&entry.key, key) {
                    Ok(same) => same,
                    Err(raised) => {
                        failure = Some(raised);
                        true
                    }
                },
            }
        });
        match failure {
            Some(raised) => Err(raised),
            None => Ok(found.copied()),
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// An unhashable key; what `__eq__` raises.
    pub fn get(&self, interp: &mut Interpreter, key: &Value) -> PyResult<Option<Value>> {
        let hash = hash_of(interp, key)? as u64;
        Ok(self
            .find(interp, key, hash)?
            .and_then(|index| self.entries[index].as_ref().map(|entry| entry.value.clone())))
    }

    /// Whether the key is there.
    ///
    /// # Errors
    /// See [`Dict::get`].
    pub fn contains(&self, interp: &mut Interpreter, key: &Value) -> PyResult<bool> {
        let hash = hash_of(interp, key)? as u64;
        Ok(self.find(interp, key, hash)?.is_some())
    }

    /// Sets a key.
    ///
    /// # Errors
    /// See [`Dict::get`].
    pub fn set(&mut self, interp: &mut Interpreter, key: Value, value: Value) -> PyResult<()> {
        let hash = hash_of(interp, &key)? as u64;
        match self.find(interp, &key, hash)? {
            Some(index) => {
                if let Some(Some(entry)) = self.entries.get_mut(index) {
                    entry.value = value;
                }
            }
            None => self.push(hash, key, value),
        }
        Ok(())
    }

    fn push(&mut self, hash: u64, key: Value, value: Value) {
        let Dict { entries, table } = self;
        let index = entries.len();
        entries.push(Some(Entry { hash, key, value }));
        table.insert_unique(hash, index, |&at| entries[at].as_ref().map_or(0, |entry| entry.hash));
    }

    /// Takes a key out.
    ///
    /// # Errors
    /// See [`Dict::get`].
    pub fn remove(&mut self, interp: &mut Interpreter, key: &Value) -> PyResult<Option<Value>> {
        let hash = hash_of(interp, key)? as u64;
        let Some(index) = self.find(interp, key, hash)? else { return Ok(None) };
        Ok(self.take(hash, index).map(|(_, value)| value))
    }

    fn take(&mut self, hash: u64, index: usize) -> Option<(Value, Value)> {
        if let Ok(occupied) = self.table.find_entry(hash, |&at| at == index) {
            occupied.remove();
        }
        let entry = self.entries.get_mut(index)?.take()?;
        while matches!(self.entries.last(), Some(None)) {
            self.entries.pop();
        }
        if self.entries.len() > 32 && self.entries.len() > self.table.len() * 4 {
            self.compact();
        }
        Some((entry.key, entry.value))
    }

    fn compact(&mut self) {
        let old = std::mem::take(self);
        for entry in old.entries.into_iter().flatten() {
            self.push(entry.hash, entry.key, entry.value);
        }
    }

    /// Takes the last entry out.
    pub fn pop_last(&mut self) -> Option<(Value, Value)> {
        let index = self.entries.iter().rposition(Option::is_some)?;
        let hash = self.entries[index].as_ref()?.hash;
        self.take(hash, index)
    }

    /// Takes the first entry out.
    pub fn pop_first(&mut self) -> Option<(Value, Value)> {
        let index = self.entries.iter().position(Option::is_some)?;
        let hash = self.entries[index].as_ref()?.hash;
        self.take(hash, index)
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        *self = Dict::new();
    }

    /// The value of a string key.
    pub fn get_str(&self, key: &str) -> Option<&Value> {
        let hash = super::hash::hash_str(key) as u64;
        let index = self.table.find(hash, |&index| {
            matches!(self.entries.get(index), Some(Some(entry)) if entry.hash == hash && entry.key.as_str() == Some(key))
        })?;
        self.entries.get(*index)?.as_ref().map(|entry| &entry.value)
    }

    /// Sets a string key.
    pub fn set_str(&mut self, key: &str, value: Value) {
        let hash = super::hash::hash_str(key) as u64;
        let found = self
            .table
            .find(hash, |&index| {
                matches!(self.entries.get(index), Some(Some(entry)) if entry.hash == hash && entry.key.as_str() == Some(key))
            })
            .copied();
        match found.and_then(|index| self.entries.get_mut(index)?.as_mut()) {
            Some(entry) => entry.value = value,
            None => self.push(hash, Value::Str(Rc::from(key)), value),
        }
    }
}

impl Clone for Dict {
    fn clone(&self) -> Self {
        let mut copy = Dict::new();
        copy.entries.reserve(self.len());
        for entry in self.entries.iter().flatten() {
            copy.push(entry.hash, entry.key.clone(), entry.value.clone());
        }
        copy
    }
}
