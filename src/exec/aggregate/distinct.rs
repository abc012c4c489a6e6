//! `DISTINCT` inside one node: each combination of arguments counts once for its group.

use super::accumulator::Accumulator;
use super::groups::Groups;
use crate::common::Result;
use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::compute::filter;
use arrow::datatypes::DataType;
use hashbrown::HashSet;

/// Hands only new rows to the accumulator inside.
pub struct Distinct {
    inner: Box<dyn Accumulator>,
    values: Groups,
    seen: HashSet<(u32, u32)>,
}

impl Distinct {
    /// Around `inner`, whose arguments have these types.
    ///
    /// # Errors
    /// For types that cannot be compared.
    pub fn new(inner: Box<dyn Accumulator>, types: &[DataType]) -> Result<Self> {
        Ok(Distinct { inner, values: Groups::new(types)?, seen: HashSet::new() })
    }
}

impl Accumulator for Distinct {
    fn resize(&mut self, groups: usize) {
        self.inner.resize(groups);
    }

    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        let mut numbers = Vec::new();
        self.values.assign(args, groups.len(), &mut numbers)?;
        let fresh: Vec<bool> =
            groups.iter().zip(&numbers).map(|(group, number)| self.seen.insert((*group, *number))).collect();
        let groups: Vec<u32> = groups.iter().zip(&fresh).filter_map(|(group, fresh)| fresh.then_some(*group)).collect();
        let fresh = BooleanArray::from(fresh);
        let args = args.iter().map(|arg| filter(arg.as_ref() as &dyn Array, &fresh)).collect::<Result<Vec<_>, _>>()?;
        self.inner.update(&args, &groups)
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.inner.merge(buffers, groups)
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        self.inner.buffers()
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        self.inner.finish()
    }

    fn size(&self) -> usize {
        self.inner.size() + self.values.size() + self.seen.capacity() * 9
    }
}
