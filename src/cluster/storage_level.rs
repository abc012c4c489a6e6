//! Where a cache is kept: in memory, on disk, how often.

/// What a name such as `MEMORY_AND_DISK_2` says.
///
/// **Simplified:** rows are kept in columns whatever the level; off-heap memory counts as memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageLevel {
    pub memory: bool,
    pub disk: bool,
    /// Executors that hold each partition.
    pub copies: u32,
}

impl Default for StorageLevel {
    fn default() -> Self {
        StorageLevel { memory: true, disk: true, copies: 1 }
    }
}

impl StorageLevel {
    /// The level of a name as PySpark writes it.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let copies = name.rsplit('_').next().and_then(|last| last.parse().ok()).unwrap_or(1);
        StorageLevel {
            memory: name != "NONE" && !name.starts_with("DISK_ONLY"),
            disk: name.contains("DISK") || name == "OFF_HEAP",
            copies,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_mean() {
        let parts = |name| {
            let level = StorageLevel::of(name);
            (level.memory, level.disk, level.copies)
        };
        assert_eq!(parts("MEMORY_AND_DISK"), (true, true, 1));
        assert_eq!(parts("MEMORY_AND_DISK_DESER"), (true, true, 1));
        assert_eq!(parts("MEMORY_ONLY_2"), (true, false, 2));
        assert_eq!(parts("DISK_ONLY_3"), (false, true, 3));
    }
}
