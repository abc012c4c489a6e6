//! What one task of a job costs as jobs grow: `cargo bench --bench scale`.
//!
//! Jobs without rows on 1,000 machines of 16 cores; the cost of a task may grow with the logarithm of their number, not faster.

use batchlab::swarm::synthetic::Synthetic;
use std::time::Instant;

/// As in the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    println!("{:>9} {:>9} {:>9} {:>12} {:>12}", "tasks", "faults", "seconds", "us per task", "events");
    for (tasks, faults) in [(1_000, 0), (10_000, 0), (100_000, 0), (1_000_000, 0), (100_000, 50)] {
        let started = Instant::now();
        let job = Synthetic { faults, ..Synthetic::new(1000, 16, tasks) };
        let outcome = job.run().expect("such a cluster can be");
        assert_eq!(outcome.error, None, "the job ends well");
        let seconds = started.elapsed().as_secs_f64();
        let each = seconds * 1e6 / f64::from(tasks);
        println!("{tasks:>9} {faults:>9} {seconds:>9.2} {each:>12.2} {:>12}", outcome.events);
    }
}
