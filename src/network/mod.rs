//! Floor 2, links and disks that transfers share fairly: flow-level max-min fairness in whole numbers.
//!
//! Each flow crosses a few links. The link with the least capacity per flow is filled first, its flows are fixed, the rest is shared
//! again (`fair`). Rates change only when a flow starts or ends, or when the [`Wiring`] changes. A flow between machines that cannot talk
//! waits. Ends are kept in order, so that asking for the next one costs nothing.
//!
//! **Simplified:** no slow start; lost packets are a slower link; a transfer's set-up time is charged as bytes. Among more than [`EXACT`]
//! flows rates are shared again only every microsecond per flow; until then a new flow gets an even share of its tightest link.

mod fair;
mod wiring;

pub use wiring::{Link, Place, Wiring};

use crate::common::ids::NodeId;
use crate::common::time::{VirtualDuration, VirtualTime};
use std::collections::{BTreeMap, BTreeSet};

/// Up to so many flows every start and end changes all rates at once.
pub const EXACT: usize = 512;

/// One transfer under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId(u64);

#[derive(Debug)]
struct Flow {
    from: NodeId,
    to: NodeId,
    links: Vec<Link>,
    /// Bytes times 10⁹ that were left at `since`.
    remaining: u128,
    since: VirtualTime,
    /// Bytes per second; 0 while its ends cannot talk.
    rate: u64,
    /// When it ends at this rate; absent while it waits.
    end: Option<VirtualTime>,
}

/// All transfers under way.
#[derive(Debug)]
pub struct Network {
    wiring: Wiring,
    flows: BTreeMap<FlowId, Flow>,
    ends: BTreeSet<(VirtualTime, FlowId)>,
    /// How many flows cross each link.
    crossing: BTreeMap<Link, u64>,
    next: u64,
    now: VirtualTime,
    last_shared: VirtualTime,
    is_stale: bool,
}

impl Network {
    /// A network over these links, with nothing under way.
    #[must_use]
    pub fn new(wiring: Wiring) -> Self {
        Network {
            wiring,
            flows: BTreeMap::new(),
            ends: BTreeSet::new(),
            crossing: BTreeMap::new(),
            next: 0,
            now: VirtualTime::ZERO,
            last_shared: VirtualTime::ZERO,
            is_stale: false,
        }
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
        self.share();
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
        for link in &links {
            *self.crossing.entry(*link).or_default() += 1;
        }
        let rate = if self.wiring.can_talk(from, to) {
            links.iter().map(|link| (self.wiring.capacity(*link) / self.crossing[link]).max(1)).min().unwrap_or(1)
        } else {
            0
        };
        let remaining = u128::from(bytes.max(1)) * 1_000_000_000;
        let mut flow = Flow { from, to, links, remaining, since: self.now, rate: 0, end: None };
        flow.go_on_at(rate, self.now);
        self.ends.extend(flow.end.map(|end| (end, id)));
        self.flows.insert(id, flow);
        self.is_stale = true;
        id
    }

    /// Stops a transfer.
    pub fn cancel(&mut self, now: VirtualTime, flow: FlowId) {
        self.advance(now);
        self.remove(flow);
    }

    /// When to look again, if nothing else starts before: a transfer ends, or the links are shared again.
    pub fn next_end(&mut self) -> Option<VirtualTime> {
        self.share_if_due();
        let first = self.ends.first().map(|(end, _)| *end);
        let shared = self.is_stale.then(|| self.share_at());
        first.into_iter().chain(shared).min()
    }

    /// When this transfer ends, if nothing else starts before; absent while it waits at a cut.
    pub fn estimate(&mut self, flow: FlowId) -> Option<VirtualTime> {
        self.share_if_due();
        self.flows.get(&flow).and_then(|flow| flow.end)
    }

    /// Moves time on and takes the transfers out that have ended, in the order they started.
    pub fn ended(&mut self, now: VirtualTime) -> Vec<FlowId> {
        self.advance(now);
        let mut done: Vec<FlowId> =
            self.ends.iter().take_while(|(end, _)| *end <= self.now).map(|(_, flow)| *flow).collect();
        done.sort_unstable();
        for flow in &done {
            self.remove(*flow);
        }
        done
    }

    fn remove(&mut self, id: FlowId) {
        let Some(flow) = self.flows.remove(&id) else { return };
        if let Some(end) = flow.end {
            self.ends.remove(&(end, id));
        }
        for link in &flow.links {
            if let Some(count) = self.crossing.get_mut(link) {
                *count -= 1;
            }
        }
        self.is_stale = true;
    }

    fn advance(&mut self, now: VirtualTime) {
        if now <= self.now {
            return;
        }
        if self.is_stale {
            let at = self.share_at().max(self.now);
            if at <= now {
                self.now = at;
                self.share();
            }
        }
        self.now = now;
    }

    /// When rates may change again.
    fn share_at(&self) -> VirtualTime {
        match self.flows.len() {
            few if few <= EXACT => self.now,
            many => self.last_shared + VirtualDuration(many as u64 * 1000),
        }
    }

    fn share_if_due(&mut self) {
        if self.is_stale && self.share_at() <= self.now {
            self.share();
        }
    }

    /// Gives every flow its fair rate.
    fn share(&mut self) {
        self.is_stale = false;
        self.last_shared = self.now;
        let wiring = &self.wiring;
        let crossed: Vec<&[Link]> = self
            .flows
            .values()
            .map(|flow| if wiring.can_talk(flow.from, flow.to) { flow.links.as_slice() } else { &[] })
            .collect();
        let rates = fair::rates(&crossed, |link| wiring.capacity(link));
        for ((id, flow), rate) in self.flows.iter_mut().zip(rates) {
            if flow.rate != rate {
                if let Some(end) = flow.end {
                    self.ends.remove(&(end, *id));
                }
                flow.go_on_at(rate, self.now);
                self.ends.extend(flow.end.map(|end| (end, *id)));
            }
        }
    }
}

impl Flow {
    /// From `now` on it moves at this rate.
    fn go_on_at(&mut self, rate: u64, now: VirtualTime) {
        let passed = u128::from(now.since(self.since).0);
        self.remaining = self.remaining.saturating_sub(passed * u128::from(self.rate));
        self.since = now;
        self.rate = rate;
        self.end = (rate > 0).then(|| {
            let left = self.remaining.div_ceil(u128::from(rate));
            now + VirtualDuration(u64::try_from(left).unwrap_or(u64::MAX))
        });
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

    #[test]
    fn many_flows_are_shared_from_time_to_time_and_all_end() {
        let mut network = network(1_000_000, 1_000_000);
        for flow in 0..4 * EXACT as u32 {
            let (from, to) = (NodeId(flow % 7), NodeId(10 + flow % 5));
            network.start(VirtualTime(u64::from(flow)), from, to, 1000 + u64::from(flow));
        }
        let (mut ended, mut steps) = (0, 0);
        while let Some(at) = network.next_end() {
            ended += network.ended(at).len();
            steps += 1;
            assert!(steps < 100_000, "it comes to an end");
        }
        assert_eq!(ended, 4 * EXACT);
    }
}
