//! The work of the index when an event with a new id is appended to a very large log. The runs are
//! made, not grown: appending a hundred million events would take minutes and prove nothing more.

use crate::measure::{Rounds, Times};
use crate::report::{Row, time};
use crate::sections::Sizes;
use crate::workload::{id, mixed, stream};
use annals_sled::parts::SyntheticIndex;
use std::time::Instant;

/// Shares of the runs, in percent of all events; what is left is the open volume.
const RUNS_PERCENT: [u64; 4] = [70, 22, 5, 2];

/// Appends new ids to an index of so many.
///
/// # Errors
/// With what went wrong.
pub fn new_id(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let directory = sizes.directory.join("index");
    drop(std::fs::remove_dir_all(&directory));
    std::fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    let mut runs = Vec::new();
    let mut first = 0;
    for percent in RUNS_PERCENT {
        let next = first + sizes.index_events * percent / 100;
        runs.push(first..next);
        first = next;
    }
    let open = (sizes.index_events - first).min(900_000);
    let mut index = SyntheticIndex::build(&directory, &runs, open, id)?;
    let (mut p50, mut p99) = (Rounds::default(), Rounds::default());
    let asked = 20_000;
    let mut number = sizes.index_events;
    for _ in 0..sizes.rounds {
        let mut times = Times::default();
        for _ in 0..asked {
            let (new, to) = (id(number), stream(mixed(number) % 10_000));
            let began = Instant::now();
            index.append(new, &to)?;
            times.extend([began.elapsed()]);
            number += 1;
        }
        p50.push(times.percentile_us(0.5));
        p99.push(times.percentile_us(0.99));
    }
    std::fs::remove_dir_all(directory).map_err(|error| error.to_string())?;
    Ok(vec![Row {
        work: format!("a new id at {} events: work of the index, p99", sizes.index_events),
        measured: format!("{}, p50 {}", p99.spread(time), time(p50.median())),
        ratio: format!("{} runs and an open volume of {open}", RUNS_PERCENT.len()),
        gate: "<= 10 us".to_owned(),
        holds: Some(p99.median() <= 10.0),
    }])
}
