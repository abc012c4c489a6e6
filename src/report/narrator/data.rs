//! What tasks leave behind: blocks and files.

use super::{Depth, Told, Weight};
use crate::common::text::{bytes, count, plural};
use crate::event::EventKind;
use crate::report::words;

impl Told<'_> {
    pub(super) fn data(&mut self, kind: &EventKind) {
        match kind {
            EventKind::MapOutputsLost { shuffle, maps, node, reason } => {
                // What died with a node was told at its death; this is a loss that the driver notices in another way.
                let died = self.status.deaths.iter().any(|death| death.node == *node);
                if !died {
                    let stage = self.status.shuffles.get(shuffle).map(|known| known.writer).unwrap_or_default();
                    let tasks = words::tasks(self.status, stage, maps);
                    let text = format!("lost: the output of {tasks} on {node}: {}", words::line(reason, 100));
                    self.say(Depth::Brief, Weight::Bad, "outputs_lost", text);
                }
            }
            EventKind::StageRolledBack { stage, because, .. } => {
                let (name, from) = (words::stage(self.status, *stage), words::stage(self.status, *because));
                let text = if stage == because {
                    format!(
                        "stage {name} is indeterminate: made again, its rows may come out otherwise, so none of them counts"
                    )
                } else {
                    format!("stage {name} is rolled back: it stands on rows of {from}")
                };
                self.say(Depth::Brief, Weight::Bad, "stage_rolled_back", text);
            }
            EventKind::BlockReplicated { cache, partition, from, node, bytes: size, .. } => {
                let text =
                    format!("{node} gets a copy of partition {partition} of {cache} from {from} ({})", bytes(*size));
                self.say(Depth::Full, Weight::Plain, "block_replicated", text);
            }
            EventKind::BlockCached { cache, partition, node, bytes: size, on_disk, .. } => {
                let place = if *on_disk { "on the disk of" } else { "in the memory of" };
                let text = format!("partition {partition} of {cache} is kept {place} {node} ({})", bytes(*size));
                self.say(Depth::Full, Weight::Good, "block_cached", text);
            }
            EventKind::CacheDropped { cache } => {
                self.say(Depth::Normal, Weight::Plain, "cache_dropped", format!("{cache} is dropped (unpersist)"));
            }
            EventKind::BroadcastCreated { broadcast, bytes: size, rows, .. } => {
                let text = format!("{broadcast}: {} ({}) go to every node whole", plural(*rows, "row"), bytes(*size));
                self.say(Depth::Normal, Weight::Plain, "broadcast_created", text);
            }
            EventKind::MemoryExhausted { .. } => {
                if let Some(one) = self.status.exhausted.last() {
                    let text = format!("out of memory: {}", words::exhausted(self.status, one));
                    self.say(Depth::Brief, Weight::Bad, "memory_exhausted", text);
                }
            }
            EventKind::InputCopiesLost { block, nodes } => {
                let nodes = nodes.iter().map(ToString::to_string).collect::<Vec<_>>();
                let text = format!("{} is gone from {}", words::input_block(self.status, *block), words::list(&nodes));
                self.say(Depth::Normal, Weight::Bad, "input_copies_lost", text);
            }
            EventKind::OutputCommitted { path, files, rows, .. } => {
                let (files, rows) = (plural(u64::from(*files), "file"), count(*rows));
                let text = format!("written: {} ({files}, {rows} rows)", words::line(path, 70));
                self.say(Depth::Brief, Weight::Good, "output_committed", text);
            }
            EventKind::OutputAborted { path, reason } => {
                let text = format!("not written: {}: {}", words::line(path, 60), words::line(reason, 100));
                self.say(Depth::Brief, Weight::Bad, "output_aborted", text);
            }
            _ => {}
        }
    }
}
