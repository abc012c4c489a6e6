//! Floor 2: links and disks that transfers share fairly. Flow-level max-min fairness in whole numbers.
//!
//! The cluster and the worlds (floor 4) run on it. Each flow crosses a few links. The link with the least capacity per flow is filled first, its flows are fixed, the rest is shared
//! again. Rates change only when a flow starts or ends.
//!
//! **Simplified:** no slow start, no packet loss; a transfer's set-up time is charged as bytes.

use crate::common::ids::NodeId;
use crate::common::time::VirtualTime;
use std::collections::BTreeMap;

/// One transfer under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId(u64);

/// Something that flows share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Link {
    /// Out of a node's network card; node 0 is the driver.
    Up(NodeId),
    /// Into it.
    Down(NodeId),
    Disk(NodeId),
}

#[derive(Debug)]
struct Flow {
    links: Vec<Link>,
    /// Bytes times 10⁹.
    remaining: u128,
    /// Bytes per second.
    rate: u64,
}

/// All transfers under way.
#[derive(Debug)]
pub struct Network {
    link_bytes_per_sec: u64,
    disk_bytes_per_sec: u64,
    flows: BTreeMap<FlowId, Flow>,
    next: u64,
    now: VirtualTime,
    is_stale: bool,
}

impl Network {
    /// A network whose cards and disks have these speeds.
    #[must_use]
    pub fn new(link_bytes_per_sec: u64, disk_bytes_per_sec: u64) -> Self {
        Network {
            link_bytes_per_sec: link_bytes_per_sec.max(1),
            disk_bytes_per_sec: disk_bytes_per_sec.max(1),
            flows: BTreeMap::new(),
            next: 0,
            now: VirtualTime::ZERO,
            is_stale: false,
        }
    }

    /// Starts a transfer.
    pub fn start(&mut self, now: VirtualTime, links: Vec<Link>, bytes: u64) -> FlowId {
        self.advance(now);
        let id = FlowId(self.next);
        self.next += 1;
        self.flows.insert(id, Flow { links, remaining: u128::from(bytes.max(1)) * 1_000_000_000, rate: 0 });
        self.is_stale = true;
        id
    }

    /// Stops a transfer.
    pub fn cancel(&mut self, now: VirtualTime, flow: FlowId) {
        self.advance(now);
        self.is_stale |= self.flows.remove(&flow).is_some();
    }

    /// When the next transfer ends, if nothing else starts before.
    pub fn next_end(&mut self) -> Option<VirtualTime> {
        self.share();
        self.flows.values().map(|flow| self.now + crate::common::VirtualDuration(flow.time_left())).min()
    }

    /// When this transfer ends, if nothing else starts before.
    pub fn estimate(&mut self, flow: FlowId) -> Option<VirtualTime> {
        self.share();
        self.flows.get(&flow).map(|flow| self.now + crate::common::VirtualDuration(flow.time_left()))
    }

    /// Moves time on and takes the transfers out that have ended, in the order they started.
    pub fn ended(&mut self, now: VirtualTime) -> Vec<FlowId> {
        self.advance(now);
        let done: Vec<FlowId> = self.flows.iter().filter(|(_, flow)| flow.remaining == 0).map(|(id, _)| *id).collect();
        for flow in &done {
            self.flows.remove(flow);
        }
        self.is_stale |= !done.is_empty();
        done
    }

    fn advance(&mut self, now: VirtualTime) {
        if now <= self.now {
            return;
        }
        self.share();
        let passed = u128::from(now.since(self.now).0);
        for flow in self.flows.values_mut() {
            flow.remaining = flow.remaining.saturating_sub(passed * u128::from(flow.rate));
        }
        self.now = now;
    }

    fn capacity(&self, link: Link) -> u64 {
        match link {
            Link::Up(_) | Link::Down(_) => self.link_bytes_per_sec,
            Link::Disk(_) => self.disk_bytes_per_sec,
        }
    }

    /// Gives every flow its fair rate.
    fn share(&mut self) {
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        let mut links: BTreeMap<Link, (u64, u64)> = BTreeMap::new();
        for flow in self.flows.values() {
            for link in &flow.links {
                links.entry(*link).or_insert((self.capacity(*link), 0)).1 += 1;
            }
        }
        let mut open: Vec<FlowId> = self.flows.keys().copied().collect();
        while !open.is_empty() {
            let tightest = links
                .iter()
                .filter(|(_, (_, flows))| *flows > 0)
                .min_by_key(|(link, (left, flows))| (left / flows, **link));
            let Some((tightest, rate)) = tightest.map(|(link, (left, flows))| (*link, (left / flows).max(1))) else {
                break;
            };
            open.retain(|id| {
                let Some(flow) = self.flows.get_mut(id) else { return false };
                if !flow.links.contains(&tightest) {
                    return true;
                }
                flow.rate = rate;
                for link in &flow.links {
                    if let Some((left, flows)) = links.get_mut(link) {
                        *left = left.saturating_sub(rate);
                        *flows -= 1;
                    }
                }
                false
            });
        }
    }
}

impl Flow {
    fn time_left(&self) -> u64 {
        let rate = u128::from(self.rate.max(1));
        u64::try_from(self.remaining.div_ceil(rate)).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(time: Option<VirtualTime>) -> f64 {
        time.map_or(-1.0, VirtualTime::as_secs_f64)
    }

    #[test]
    fn flows_share_a_link_fairly_and_take_over_what_becomes_free() {
        let mut network = Network::new(1000, 1000);
        let to = |node| vec![Link::Up(NodeId(1)), Link::Down(NodeId(node))];
        network.start(VirtualTime::ZERO, to(2), 1000);
        network.start(VirtualTime::ZERO, to(3), 2000);
        assert!((secs(network.next_end()) - 2.0).abs() < 1e-9);
        assert_eq!(network.ended(VirtualTime::from_secs_f64(2.0)).len(), 1);
        assert!((secs(network.next_end()) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_flow_that_is_slow_elsewhere_leaves_its_share_to_others() {
        let mut network = Network::new(1000, 100);
        let slow = network.start(VirtualTime::ZERO, vec![Link::Disk(NodeId(1)), Link::Up(NodeId(1))], 100);
        let fast = network.start(VirtualTime::ZERO, vec![Link::Up(NodeId(1))], 900);
        assert!((secs(network.estimate(slow)) - 1.0).abs() < 1e-9);
        assert!((secs(network.estimate(fast)) - 1.0).abs() < 1e-9);
        assert_eq!(network.ended(VirtualTime::from_secs_f64(1.0)).len(), 2);
        assert_eq!(network.next_end(), None);
    }

    #[test]
    fn a_cancelled_flow_frees_its_links() {
        let mut network = Network::new(1000, 1000);
        let first = network.start(VirtualTime::ZERO, vec![Link::Up(NodeId(1))], 1000);
        network.start(VirtualTime::ZERO, vec![Link::Up(NodeId(1))], 1000);
        network.cancel(VirtualTime::from_secs_f64(1.0), first);
        assert!((secs(network.next_end()) - 1.5).abs() < 1e-9);
    }
}
