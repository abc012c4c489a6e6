//! Who is connected to whom: machines in racks, their cards and disks, and what is slow or cut.

use crate::common::ids::NodeId;
use std::collections::BTreeMap;

/// Something that flows share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// Out of a node's network card; node 0 is the driver.
    Up(NodeId),
    /// Into it.
    Down(NodeId),
    /// Out of a rack to the switch that joins the racks.
    RackUp(u32),
    /// From that switch into a rack.
    RackDown(u32),
    Disk(NodeId),
    /// The shared object storage, all of it together.
    Store,
}

/// Where a machine stands and how fast its card and disk are, bytes per second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub rack: u32,
    pub card_bytes_per_sec: u64,
    pub disk_bytes_per_sec: u64,
}

/// What the machines are joined by.
#[derive(Debug, Clone)]
pub struct Wiring {
    places: BTreeMap<NodeId, Place>,
    /// Of a machine that has no place of its own: the driver.
    default: Place,
    /// Of one rack's way out, each direction; absent: as fast as its machines together.
    rack_bytes_per_sec: Option<u64>,
    store_bytes_per_sec: u64,
    /// What is left of a link's speed, in thousandths.
    slowed: BTreeMap<Link, u32>,
    /// Machines that are cut off, by the island they are on; the mainland is 0.
    islands: BTreeMap<NodeId, u32>,
    next_island: u32,
}

impl Wiring {
    /// Machines without a place of their own have this one.
    #[must_use]
    pub fn new(default: Place) -> Self {
        Wiring {
            places: BTreeMap::new(),
            default,
            rack_bytes_per_sec: None,
            store_bytes_per_sec: u64::MAX,
            slowed: BTreeMap::new(),
            islands: BTreeMap::new(),
            next_island: 1,
        }
    }

    /// Puts a machine somewhere.
    pub fn set_place(&mut self, node: NodeId, place: Place) {
        self.places.insert(node, place);
    }

    /// How fast a rack's way out is, each direction.
    pub fn set_rack_speed(&mut self, bytes_per_sec: u64) {
        self.rack_bytes_per_sec = Some(bytes_per_sec);
    }

    /// How fast the shared storage is, for all its readers together.
    pub fn set_store_speed(&mut self, bytes_per_sec: u64) {
        self.store_bytes_per_sec = bytes_per_sec;
    }

    /// Where a machine stands.
    #[must_use]
    pub fn place(&self, node: NodeId) -> Place {
        self.places.get(&node).copied().unwrap_or(self.default)
    }

    /// Whether both are connected to the same switch. The driver stands at the switch that joins the racks.
    #[must_use]
    pub fn is_same_rack(&self, one: NodeId, other: NodeId) -> bool {
        self.rack_of(one).is_some() && self.rack_of(one) == self.rack_of(other)
    }

    fn rack_of(&self, node: NodeId) -> Option<u32> {
        self.places.get(&node).map(|place| place.rack)
    }

    /// The links that a transfer crosses; from a machine to itself, its disk.
    #[must_use]
    pub fn route(&self, from: NodeId, to: NodeId) -> Vec<Link> {
        if from == to {
            return vec![Link::Disk(from)];
        }
        let mut links = vec![Link::Up(from)];
        if !self.is_same_rack(from, to) && self.rack_bytes_per_sec.is_some() {
            links.extend(self.rack_of(from).map(Link::RackUp));
            links.extend(self.rack_of(to).map(Link::RackDown));
        }
        links.push(Link::Down(to));
        links
    }

    /// From now on a link has this many thousandths of its speed.
    pub fn slow(&mut self, link: Link, permille: u32) {
        if permille >= 1000 {
            self.slowed.remove(&link);
        } else {
            self.slowed.insert(link, permille);
        }
    }

    /// Bytes per second that a link carries now; never 0.
    #[must_use]
    pub fn capacity(&self, link: Link) -> u64 {
        let whole = match link {
            Link::Up(node) | Link::Down(node) => self.place(node).card_bytes_per_sec,
            Link::Disk(node) => self.place(node).disk_bytes_per_sec,
            Link::RackUp(_) | Link::RackDown(_) => self.rack_bytes_per_sec.unwrap_or(u64::MAX),
            Link::Store => self.store_bytes_per_sec,
        };
        let left = self.slowed.get(&link).copied().unwrap_or(1000);
        ((u128::from(whole) * u128::from(left) / 1000) as u64).max(1)
    }

    /// The slowest link of a route: how fast one transfer alone would be.
    #[must_use]
    pub fn speed_alone(&self, links: &[Link]) -> u64 {
        links.iter().map(|link| self.capacity(*link)).min().unwrap_or(1)
    }

    /// Cuts these machines off from all others; among themselves they stay connected.
    pub fn separate(&mut self, nodes: &[NodeId]) {
        for node in nodes {
            self.islands.insert(*node, self.next_island);
        }
        self.next_island += 1;
    }

    /// Joins a machine to the mainland again.
    pub fn rejoin(&mut self, node: NodeId) {
        self.islands.remove(&node);
    }

    /// Machines that are cut off from the driver.
    pub fn separated(&self) -> impl Iterator<Item = NodeId> {
        self.islands.keys().copied()
    }

    /// Whether a message gets through.
    #[must_use]
    pub fn can_talk(&self, one: NodeId, other: NodeId) -> bool {
        one == other || self.islands.get(&one) == self.islands.get(&other)
    }
}
