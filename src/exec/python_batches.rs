//! How many records Spark counts when a Python partitioner places rows: they travel in batches, one for each reduce partition touched since the
//! last flush, and a flush comes after more and more rows (PySpark's `RDD.partitionBy`).
//!
//! **Simplified:** PySpark also flushes when its worker runs out of memory, and grows no further once batches reach a megabyte.

use std::collections::BTreeSet;

/// Counts batches.
#[derive(Debug)]
pub struct PythonBatches {
    touched: BTreeSet<u32>,
    waiting: f64,
    most: f64,
    records: u64,
}

impl PythonBatches {
    /// For so many reduce partitions.
    #[must_use]
    pub fn new(partitions: usize) -> Self {
        let most = (10 * partitions).min(1000) as f64;
        PythonBatches { touched: BTreeSet::new(), waiting: 0.0, most, records: 0 }
    }

    /// Rows went to these partitions.
    pub fn add(&mut self, places: &[u32]) {
        for place in places {
            self.touched.insert(*place);
            self.waiting += 1.0;
            if self.waiting > self.most {
                self.flush();
                self.most *= 1.5;
            }
        }
    }

    fn flush(&mut self) {
        self.records += self.touched.len() as u64;
        self.touched.clear();
        self.waiting = 0.0;
    }

    /// The batches of the whole task.
    #[must_use]
    pub fn finish(mut self) -> u64 {
        self.flush();
        self.records
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_grow_by_half() {
        let count = |rows: u32, partitions: u32| {
            let mut batches = PythonBatches::new(partitions as usize);
            batches.add(&(0..rows).map(|row| row % partitions).collect::<Vec<_>>());
            batches.finish()
        };
        assert_eq!(count(30, 3), 3);
        assert_eq!(count(32, 3), 4);
        // 31 + 46 + 68 + 102 + 152 + 228 rows, and the rest.
        assert_eq!(count(833, 3), 21);
    }
}
