//! The order in which a Java hash map gives its entries: that of its slots, and within a slot that of arrival.
//!
//! Python dicts pass through such a map on their way into a column and out of it, so their order is seen in answers.

use crate::pyspark::lang::Value;

/// The hash that Java gives to a key, if it is of a kind whose hash is known here.
fn hash(key: &Value) -> Option<u32> {
    let folded = |bits: u64| (bits ^ (bits >> 32)) as u32;
    Some(match key {
        Value::Bool(true) => 1231,
        Value::Bool(false) => 1237,
        Value::Int(whole) => i32::try_from(*whole).map_or_else(|_| folded(*whole as u64), |small| small as u32),
        Value::Float(real) => folded(real.to_bits()),
        _ => text_hash(key.as_str()?),
    })
}

fn text_hash(text: &str) -> u32 {
    text.encode_utf16().fold(0, |hash: u32, unit| hash.wrapping_mul(31).wrapping_add(u32::from(unit)))
}

/// The entries of a dict that goes to Spark: they are unpacked from the last to the first into one map, and put from there into another.
#[must_use]
pub fn received<T>(mut entries: Vec<(Value, T)>) -> Vec<(Value, T)> {
    if entries.iter().any(|(key, _)| hash(key).is_none()) {
        return entries;
    }
    entries.reverse();
    let room = (entries.len() as f32 / 0.75 + 1.0) as usize;
    by_slot(by_slot(entries, USUAL_ROOM, hash_of), room, hash_of)
}

/// The entries of a map that comes from Spark, where a map is made for as many of them; as they are when a key's hash is not known.
#[must_use]
pub fn sent<T>(entries: Vec<(Value, T)>) -> Vec<(Value, T)> {
    if entries.iter().any(|(key, _)| hash(key).is_none()) {
        return entries;
    }
    let room = entries.len();
    by_slot(entries, room, hash_of)
}

/// Pairs of texts in a map of the usual room.
#[must_use]
pub fn ordered_texts(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    by_slot(pairs, USUAL_ROOM, |(key, _)| text_hash(key))
}

/// The room of a map that nobody said a number for.
const USUAL_ROOM: usize = 16;

fn hash_of<T>((key, _): &(Value, T)) -> u32 {
    hash(key).unwrap_or(0)
}

fn by_slot<E>(mut entries: Vec<E>, room: usize, hash: impl Fn(&E) -> u32) -> Vec<E> {
    let mut slots = room.max(1).next_power_of_two();
    while entries.len() > slots * 3 / 4 {
        slots *= 2;
    }
    entries.sort_by_key(|entry| {
        let hash = hash(entry);
        (hash ^ (hash >> 16)) as usize & (slots - 1)
    });
    entries
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(keys: &[&str]) -> Vec<(Value, ())> {
        keys.iter().map(|key| (Value::str(key), ())).collect()
    }

    fn names(entries: &[(Value, ())]) -> Vec<&str> {
        entries.iter().filter_map(|(key, ())| key.as_str()).collect()
    }

    #[test]
    fn texts_lie_in_the_order_of_their_slots() {
        assert_eq!(names(&received(texts(&["hair", "eye"]))), ["eye", "hair"]);
        assert_eq!(names(&received(texts(&["m", "i", "s", "p"]))), ["p", "i", "s", "m"]);
        assert_eq!(names(&sent(texts(&["m", "i", "s", "p"]))), ["p", "i", "s", "m"]);
    }

    #[test]
    fn the_last_of_a_slot_comes_first_when_it_is_received() {
        let entries = [17, 1, 33, 16, 2].map(|key| (Value::Int(key), ()));
        let keys: Vec<Option<i64>> = received(entries.to_vec()).iter().map(|(key, ())| key.as_int()).collect();
        assert_eq!(keys, [Some(16), Some(33), Some(1), Some(17), Some(2)]);
    }

    #[test]
    fn keys_without_a_known_hash_stay_as_they_came() {
        let keys = [Value::tuple(vec![Value::Int(9)]), Value::tuple(vec![Value::Int(1)])];
        let kept = sent(keys.iter().map(|key| (key.clone(), ())).collect());
        assert!(kept[0].0.is(&keys[0]));
    }
}
