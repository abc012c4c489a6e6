//! Floor 2, links and disks that transfers share fairly: flow-level max-min fairness in whole numbers.
//!
//! Each flow crosses a few links. The link with the least capacity per flow is filled first, its flows are fixed, the rest is shared
//! again. Rates change only when a flow starts or ends, or when the [`Wiring`] changes. A flow between machines that cannot talk waits.
//!
//! **Simplified:** no slow start; lost packets are a slower link; a transfer's set-up time is charged as bytes.

mod wiring;

pub use wiring::{Link, Place, Wiring};

use crate::common::ids::NodeId;
use crate::common::time::{VirtualDuration, VirtualTime};
use std::collections::BTreeMap;

/// One transfer under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId(u64);

#[derive(Debug)]
struct Flow {
    from: NodeId,
    to: NodeId,
    links: Vec<Link>,
    /// Bytes times 10⁹.
    remaining: u128,
    /// Bytes per second; 0 while its ends cannot talk.
    rate: u64,
}

/// All transfers under way.
#[derive(Debug)]
pub struct Network {
    wiring: Wiring,
    flows: BTreeMap<FlowId, Flow>,
    next: u64,
    now: VirtualTime,
    is_stale: bool,
}

impl Network {
    /// A network over these links, with nothing under way.
    #[must_use]
    pub fn new(wiring: Wiring) -> Self {
        Network { wiring, flows: BTreeMap::new(), next: 0, now: VirtualTime::ZERO, is_stale: false }
    }

    /// What joins the machines.
    #[must_use]
    pub fn wiring(&self) -> &Wiring {
        &self.wiring
    }

    /// Changes what joins the machines; transfers under way go on at their new speed.
    pub fn rewire(&mut self, now: VirtualTime, change: impl FnOnce(&mut Wiring)) {
        self.advance(now);
        change(&mut self.wiring);
        self.is_stale = true;
    }

    /// Starts a transfer over the links between two machines; from a machine to itself it reads the disk.
    pub fn start(&mut self, now: VirtualTime, from: NodeId, to: NodeId, bytes: u64) -> FlowId {
        let links = self.wiring.route(from, to);
        self.start_over(now, (from, to), links, bytes)
    }

    /// Starts a transfer over other links than the direct ones.
    pub fn start_over(
        &mut self,
        now: VirtualTime,
        (from, to): (NodeId, NodeId),
        links: Vec<Link>,
        bytes: u64,
    ) -> FlowId {
        self.advance(now);
        let id = FlowId(self.next);
        self.next += 1;
        self.flows.insert(id, Flow { from, to, links, remaining: u128::from(bytes.max(1)) * 1_000_000_000, rate: 0 });
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
        self.flows.values().filter(|flow| flow.rate > 0).map(|flow| self.now + flow.time_left()).min()
    }

    /// When this transfer ends, if nothing else starts before; absent while it waits at a cut.
    pub fn estimate(&mut self, flow: FlowId) -> Option<VirtualTime> {
        self.share();
        self.flows.get(&flow).filter(|flow| flow.rate > 0).map(|flow| self.now + flow.time_left())
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

    /// Gives every flow its fair rate.
    fn share(&mut self) {
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        let mut links: BTreeMap<Link, (u64, u64)> = BTreeMap::new();
        let mut open: Vec<FlowId> = Vec::new();
        for (id, flow) in &mut self.flows {
            flow.rate = 0;
            if !self.wiring.can_talk(flow.from, flow.to) {
                continue;
            }
            open.push(*id);
            for link in &flow.links {
                links.entry(*link).or_insert((self.wiring.capacity(*link), 0)).1 += 1;
            }
        }
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
    fn time_left(&self) -> VirtualDuration {
        let rate = u128::from(self.rate.max(1));
        VirtualDuration(u64::try_from(self.remaining.div_ceil(rate)).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: NodeId = NodeId(1);

    fn secs(time: Option<VirtualTime>) -> f64 {
        time.map_or(-1.0, VirtualTime::as_secs_f64)
    }

    fn network(card_bytes_per_sec: u64, disk_bytes_per_sec: u64) -> Network {
        Network::new(Wiring::new(Place { rack: 0, card_bytes_per_sec, disk_bytes_per_sec }))
    }

    #[test]
    fn flows_share_a_link_fairly_and_take_over_what_becomes_free() {
        let mut network = network(1000, 1000);
        network.start(VirtualTime::ZERO, FIRST, NodeId(2), 1000);
        network.start(VirtualTime::ZERO, FIRST, NodeId(3), 2000);
        assert!((secs(network.next_end()) - 2.0).abs() < 1e-9);
        assert_eq!(network.ended(VirtualTime::from_secs_f64(2.0)).len(), 1);
        assert!((secs(network.next_end()) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_flow_that_is_slow_elsewhere_leaves_its_share_to_others() {
        let mut network = network(1000, 100);
        let links = vec![Link::Disk(FIRST), Link::Up(FIRST)];
        let slow = network.start_over(VirtualTime::ZERO, (FIRST, NodeId(2)), links, 100);
        let fast = network.start_over(VirtualTime::ZERO, (FIRST, NodeId(3)), vec![Link::Up(FIRST)], 900);
        assert!((secs(network.estimate(slow)) - 1.0).abs() < 1e-9);
        assert!((secs(network.estimate(fast)) - 1.0).abs() < 1e-9);
        assert_eq!(network.ended(VirtualTime::from_secs_f64(1.0)).len(), 2);
        assert_eq!(network.next_end(), None);
    }

    #[test]
    fn a_cancelled_flow_frees_its_links() {
        let mut network = network(1000, 1000);
        let first = network.start(VirtualTime::ZERO, FIRST, NodeId(2), 1000);
        network.start(VirtualTime::ZERO, FIRST, NodeId(2), 1000);
        network.cancel(VirtualTime::from_secs_f64(1.0), first);
        assert!((secs(network.next_end()) - 1.5).abs() < 1e-9);
    }

    #[test]
    fn racks_share_their_way_out_and_only_that() {
        let mut wiring = Wiring::new(Place { rack: 0, card_bytes_per_sec: 1000, disk_bytes_per_sec: 1000 });
        for node in 1..=4 {
            let place = Place { rack: (node - 1) / 2, card_bytes_per_sec: 1000, disk_bytes_per_sec: 1000 };
            wiring.set_place(NodeId(node), place);
        }
        wiring.set_rack_speed(1000);
        let mut network = Network::new(wiring);
        let near = network.start(VirtualTime::ZERO, NodeId(1), NodeId(2), 1000);
        let far = network.start(VirtualTime::ZERO, NodeId(1), NodeId(3), 500);
        let other = network.start(VirtualTime::ZERO, NodeId(2), NodeId(4), 500);
        // The two that leave the rack share its way out; the one inside has what its card has left.
        assert!((secs(network.estimate(far)) - 1.0).abs() < 1e-9);
        assert!((secs(network.estimate(other)) - 1.0).abs() < 1e-9);
        assert!((secs(network.estimate(near)) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_flow_over_a_cut_waits_and_goes_on_when_it_is_mended() {
        let mut network = network(1000, 1000);
        let flow = network.start(VirtualTime::ZERO, FIRST, NodeId(2), 1000);
        network.rewire(VirtualTime::from_secs_f64(0.5), |wiring| wiring.separate(&[NodeId(2)]));
        assert_eq!(network.next_end(), None);
        network.rewire(VirtualTime::from_secs_f64(9.0), |wiring| wiring.rejoin(NodeId(2)));
        assert!((secs(network.estimate(flow)) - 9.5).abs() < 1e-9);
    }
}
