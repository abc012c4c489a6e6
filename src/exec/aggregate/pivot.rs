//! `pivotfirst`: the values of a group's rows side by side, each at the place of its row's pivot value.

use super::accumulator::Accumulator;
use crate::common::Result;
use arrow::array::{Array, ArrayRef, ListArray, Scalar, UInt32Array};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::compute::kernels::cmp::not_distinct;
use arrow::compute::{filter, interleave};
use arrow::datatypes::FieldRef;
use std::sync::Arc;

/// One place for each pivot value. A group has at most one row for each; its value is the greatest.
pub struct PivotFirst {
    places: Vec<Box<dyn Accumulator>>,
    element: FieldRef,
    groups: usize,
}

impl PivotFirst {
    pub fn new(places: Vec<Box<dyn Accumulator>>, element: FieldRef) -> Self {
        PivotFirst { places, element, groups: 0 }
    }

    fn columns(&mut self) -> Result<Vec<ArrayRef>> {
        self.places.iter_mut().map(|place| place.finish()).collect()
    }
}

impl Accumulator for PivotFirst {
    fn resize(&mut self, groups: usize) {
        self.groups = groups;
        self.places.iter_mut().for_each(|place| place.resize(groups));
    }

    /// The pivot column, the values, and each pivot value as a column.
    fn update(&mut self, args: &[ArrayRef], groups: &[u32]) -> Result<()> {
        if groups.is_empty() {
            return Ok(());
        }
        let all = UInt32Array::from(groups.to_vec());
        for (place, value) in self.places.iter_mut().zip(&args[2..]) {
            let is_here = not_distinct(&args[0], &Scalar::new(value.slice(0, 1)))?;
            if is_here.true_count() > 0 {
                let there = filter(&all, &is_here)?;
                let numbers = arrow::array::AsArray::as_primitive::<arrow::datatypes::UInt32Type>(&there);
                place.update(&[filter(&args[1], &is_here)?], numbers.values())?;
            }
        }
        Ok(())
    }

    fn merge(&mut self, buffers: &[ArrayRef], groups: &[u32]) -> Result<()> {
        self.places
            .iter_mut()
            .zip(buffers)
            .try_for_each(|(place, buffer)| place.merge(std::slice::from_ref(buffer), groups))
    }

    fn buffers(&mut self) -> Result<Vec<ArrayRef>> {
        self.columns()
    }

    fn finish(&mut self) -> Result<ArrayRef> {
        let columns = self.columns()?;
        let width = columns.len();
        let cells: Vec<(usize, usize)> =
            (0..self.groups).flat_map(|group| (0..width).map(move |place| (place, group))).collect();
        let values = interleave(&columns.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>(), &cells)?;
        let ends: Vec<i32> = (0..=self.groups).map(|group| (group * width) as i32).collect();
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        Ok(Arc::new(ListArray::new(self.element.clone(), offsets, values, None)))
    }

    fn size(&self) -> usize {
        self.places.iter().map(|place| place.size()).sum()
    }
}
