//! Max-min fair rates of flows over links: water filling, the tightest link first.
//!
//! Costs the number of crossings times the logarithm of the number of links.

use super::Link;
use std::collections::{BTreeMap, BTreeSet};

/// A link while it is being filled.
struct Filling {
    left: u64,
    /// Flows whose rate is not fixed yet.
    open: u64,
    members: Vec<usize>,
}

impl Filling {
    fn share(&self) -> u64 {
        self.left / self.open.max(1)
    }
}

/// The rate of each flow, in order. Among equally tight links the first is filled first.
pub fn rates(flows: &[&[Link]], capacity: impl Fn(Link) -> u64) -> Vec<u64> {
    let ranks: BTreeSet<Link> = flows.iter().flat_map(|links| links.iter().copied()).collect();
    let ranks: BTreeMap<Link, usize> = ranks.into_iter().enumerate().map(|(rank, link)| (link, rank)).collect();
    let mut links: Vec<Filling> =
        ranks.keys().map(|link| Filling { left: capacity(*link), open: 0, members: Vec::new() }).collect();
    let crossed: Vec<Vec<usize>> = flows.iter().map(|links| links.iter().map(|link| ranks[link]).collect()).collect();
    for (flow, crossed) in crossed.iter().enumerate() {
        for link in crossed {
            links[*link].open += 1;
            links[*link].members.push(flow);
        }
    }
    let mut rates = vec![0; flows.len()];
    let mut queue: BTreeSet<(u64, usize)> = links.iter().enumerate().map(|(rank, link)| (link.share(), rank)).collect();
    while let Some((share, tightest)) = queue.pop_first() {
        let rate = share.max(1);
        for flow in std::mem::take(&mut links[tightest].members) {
            if rates[flow] != 0 {
                continue;
            }
            rates[flow] = rate;
            for rank in &crossed[flow] {
                let link = &mut links[*rank];
                let waited = queue.remove(&(link.share(), *rank));
                link.left = link.left.saturating_sub(rate);
                link.open -= 1;
                if waited && link.open > 0 {
                    queue.insert((link.share(), *rank));
                }
            }
        }
    }
    rates
}
