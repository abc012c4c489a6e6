//! A layered layout of a stage graph on the cell grid.
//!
//! ```text
//!   layer 0   ┌ S0 ──────┐  ┌ S1 ──────┐
//!             └────┬─────┘  └─────┬────┘      gap: one track (row) for each source that turns
//!                  └──┐  ┌────────┘
//!   layer 1         ┌ S2 ─────────┐
//! ```
//!
//! Layers are longest paths from the sources. Boxes are placed one after the other in the order given (parents first), each as near to the
//! middle of its parents as the boxes before it allow: so a box never changes its layer or column when the graph grows at its end.
//!
//! **Rules.** Boxes never overlap. Each edge is one connected, orthogonal line of cells. Two edges run along the same cell only when they have
//! the same source or the same target; where others cross, they cross at a right angle.

mod route;

use std::collections::BTreeMap;

/// A box to place: `parents` are indexes of earlier boxes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeSpec {
    pub width: i32,
    pub parents: Vec<usize>,
}

/// A placed box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    pub layer: usize,
    pub x: i32,
    pub y: i32,
    pub width: i32,
    pub height: i32,
}

impl Placed {
    /// The column in which its edges leave.
    #[must_use]
    pub fn centre(self) -> i32 {
        self.x + self.width / 2
    }
}

/// A drawn edge: cells from just below the source to just above the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub cells: Vec<(i32, i32)>,
}

/// The picture.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    pub boxes: Vec<Placed>,
    pub edges: Vec<Edge>,
    pub width: i32,
    pub height: i32,
}

/// Columns between two boxes.
const SPACE: i32 = 2;

/// What stands in a layer at some columns: a box, or an edge that passes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub x: i32,
    pub width: i32,
}

/// An edge with the columns in which it passes the layers between its ends.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub from: usize,
    pub to: usize,
    /// One for each layer strictly between.
    pub through: Vec<i32>,
    /// Column in which it enters the target.
    pub entry: i32,
}

/// Places boxes of one height.
#[must_use]
pub fn layout(nodes: &[NodeSpec], height: i32) -> Layout {
    let mut placing = Placing::default();
    for (index, node) in nodes.iter().enumerate() {
        placing.add(index, node);
    }
    route::finish(placing.boxes, &placing.paths, height)
}

#[derive(Default)]
struct Placing {
    boxes: Vec<Placed>,
    layers: BTreeMap<usize, Vec<Slot>>,
    /// Columns in which edges leave each layer downwards.
    exits: BTreeMap<usize, Vec<i32>>,
    /// Columns in which edges enter each layer from above, with the box or edge they belong to.
    entries: BTreeMap<usize, Vec<i32>>,
    paths: Vec<Path>,
}

impl Placing {
    fn add(&mut self, index: usize, node: &NodeSpec) {
        let mut parents: Vec<usize> = node.parents.iter().copied().filter(|parent| *parent < index).collect();
        parents.sort_unstable();
        parents.dedup();
        let layer = parents.iter().map(|parent| self.boxes[*parent].layer + 1).max().unwrap_or(0);
        let centres: Vec<i32> = parents.iter().map(|parent| self.boxes[*parent].centre()).collect();
        let wanted = match centres.len() {
            0 => self.end_of(layer) + node.width / 2,
            n => centres.iter().sum::<i32>() / n as i32,
        };
        let taken = self.entries.get(&(layer + 1)).cloned().unwrap_or_default();
        let x = self.free(layer, wanted - node.width / 2, node.width, |x| !taken.contains(&(x + node.width / 2)));
        self.layers.entry(layer).or_default().push(Slot { x, width: node.width });
        self.exits.entry(layer).or_default().push(x + node.width / 2);
        self.boxes.push(Placed { layer, x, y: 0, width: node.width, height: 0 });
        parents.sort_by_key(|parent| self.boxes[*parent].centre());
        let count = parents.len() as i32;
        for (nth, parent) in parents.into_iter().enumerate() {
            let ideal = x + (nth as i32 + 1) * node.width / (count + 1);
            self.connect(parent, index, ideal);
        }
    }

    /// Finds a passing column in each layer between, and an entry column that no other edge's exit stands above.
    fn connect(&mut self, from: usize, to: usize, ideal: i32) {
        let (start, target) = (self.boxes[from], self.boxes[to]);
        let mut through = Vec::new();
        let mut above = start.centre();
        for layer in start.layer + 1..target.layer {
            let exits = self.exits.get(&(layer - 1)).cloned().unwrap_or_default();
            let below = self.entries.get(&(layer + 1)).cloned().unwrap_or_default();
            let column = self.free(layer, above, 1, |x| (x == above || !exits.contains(&x)) && !below.contains(&x));
            self.layers.entry(layer).or_default().push(Slot { x: column, width: 1 });
            self.exits.entry(layer).or_default().push(column);
            self.entries.entry(layer).or_default().push(column);
            through.push(column);
            above = column;
        }
        let exits = self.exits.get(&(target.layer - 1)).cloned().unwrap_or_default();
        let inside = target.x + 1..target.x + target.width - 1;
        let taken = self.entries.get(&target.layer).cloned().unwrap_or_default();
        let fits = |x: &i32| (*x == above || !exits.contains(x)) && !taken.contains(x);
        let ideal = if inside.contains(&above) && fits(&above) { above } else { ideal };
        let entry = inside.filter(fits).min_by_key(|x| ((x - ideal).abs(), *x)).unwrap_or(ideal);
        self.entries.entry(target.layer).or_default().push(entry);
        self.paths.push(Path { from, to, through, entry });
    }

    fn end_of(&self, layer: usize) -> i32 {
        let slots = self.layers.get(&layer).into_iter().flatten();
        slots.map(|slot| slot.x + slot.width + SPACE).max().unwrap_or(0)
    }

    /// The free place of this width nearest to `wanted`, not left of column 0.
    fn free(&self, layer: usize, wanted: i32, width: i32, allowed: impl Fn(i32) -> bool) -> i32 {
        let slots = self.layers.get(&layer).map(Vec::as_slice).unwrap_or_default();
        let clear = |x: i32| {
            x >= 0
                && slots.iter().all(|slot| x + width + SPACE <= slot.x || slot.x + slot.width + SPACE <= x)
                && allowed(x)
        };
        let mut distance = 0;
        loop {
            for x in [wanted + distance, wanted - distance] {
                if clear(x) {
                    return x;
                }
            }
            distance += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn spec(width: i32, parents: &[usize]) -> NodeSpec {
        NodeSpec { width, parents: parents.to_vec() }
    }

    #[test]
    fn a_join_stands_between_its_sources() {
        let layout = layout(&[spec(12, &[]), spec(12, &[]), spec(12, &[0, 1])], 3);
        assert_eq!(layout.boxes[0].x, 0);
        assert_eq!(layout.boxes[1].x, 14);
        assert_eq!(layout.boxes[2].layer, 1);
        assert_eq!(layout.boxes[2].centre(), 13);
    }

    fn graphs() -> impl Strategy<Value = Vec<NodeSpec>> {
        let node = (8..20_i32, proptest::collection::vec(0..100_usize, 0..3), any::<bool>());
        proptest::collection::vec(node, 1..14).prop_map(|nodes| {
            let build = |(index, (width, parents, source)): (usize, (i32, Vec<usize>, bool))| NodeSpec {
                width,
                parents: if index == 0 || source { Vec::new() } else { parents.iter().map(|p| p % index).collect() },
            };
            nodes.into_iter().enumerate().map(build).collect()
        })
    }

    /// An edge that uses a cell, and whether it does so sideways and up or down.
    type User = (usize, bool, bool);

    fn horizontal(cells: &[(i32, i32)], at: usize) -> bool {
        let beside = |other: Option<&(i32, i32)>| other.is_some_and(|other| other.1 == cells[at].1);
        beside(at.checked_sub(1).and_then(|before| cells.get(before))) || beside(cells.get(at + 1))
    }

    fn vertical(cells: &[(i32, i32)], at: usize) -> bool {
        let under = |other: Option<&(i32, i32)>| other.is_none_or(|other| other.0 == cells[at].0);
        under(at.checked_sub(1).and_then(|before| cells.get(before))) || under(cells.get(at + 1))
    }

    proptest! {
        #[test]
        fn boxes_do_not_overlap(nodes in graphs()) {
            let layout = layout(&nodes, 3);
            for (i, a) in layout.boxes.iter().enumerate() {
                for b in &layout.boxes[..i] {
                    let apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
                    prop_assert!(apart, "{a:?} {b:?}");
                }
            }
        }

        #[test]
        fn edges_are_connected_and_keep_out_of_boxes(nodes in graphs()) {
            let layout = layout(&nodes, 3);
            for edge in &layout.edges {
                for pair in edge.cells.windows(2) {
                    let step = (pair[0].0 - pair[1].0).abs() + (pair[0].1 - pair[1].1).abs();
                    prop_assert_eq!(step, 1);
                }
                let (from, to) = (layout.boxes[edge.from], layout.boxes[edge.to]);
                prop_assert_eq!(edge.cells.first().copied(), Some((from.centre(), from.y + from.height)));
                prop_assert_eq!(edge.cells.last().map(|cell| cell.1), Some(to.y - 1));
                for (x, y) in &edge.cells {
                    let inside = |b: &&Placed| *x >= b.x && *x < b.x + b.width && *y >= b.y && *y < b.y + b.height;
                    prop_assert!(!layout.boxes.iter().any(|b| inside(&b)));
                }
            }
        }

        #[test]
        fn strangers_share_a_cell_only_to_cross(nodes in graphs()) {
            let layout = layout(&nodes, 3);
            let mut seen: BTreeMap<(i32, i32), Vec<User>> = BTreeMap::new();
            for (index, edge) in layout.edges.iter().enumerate() {
                for at in 0..edge.cells.len() {
                    let entry = (index, horizontal(&edge.cells, at), vertical(&edge.cells, at));
                    seen.entry(edge.cells[at]).or_default().push(entry);
                }
            }
            for (cell, users) in seen {
                for (i, a) in users.iter().enumerate() {
                    for b in &users[..i] {
                        let (first, second) = (&layout.edges[a.0], &layout.edges[b.0]);
                        let related = first.from == second.from || first.to == second.to;
                        let crossing = (a.1 != b.1) && (a.2 != b.2);
                        prop_assert!(related || crossing, "{cell:?} {first:?} {second:?}");
                    }
                }
            }
        }

        #[test]
        fn a_growing_graph_moves_no_column(nodes in graphs(), cut in 1..14_usize) {
            let cut = cut.min(nodes.len());
            let (part, whole) = (layout(&nodes[..cut], 3), layout(&nodes, 3));
            for (before, after) in part.boxes.iter().zip(&whole.boxes) {
                prop_assert_eq!((before.layer, before.x), (after.layer, after.x));
            }
        }
    }
}
