//! The Merkle tree: hashing records of 155 bytes, and taking the root after each 512 of them.

use annals_audit::{Frontier, leaf_hash};
use criterion::{Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let records: Vec<[u8; 155]> =
        (0..512_u16).map(|number| [number.to_le_bytes()[0]; 155]).collect();
    let leaves: Vec<_> = records.iter().map(|record| leaf_hash(record)).collect();
    let mut group = criterion.benchmark_group("tree");
    group.throughput(Throughput::Elements(records.len() as u64));
    group.bench_function("leaves", |bench| {
        bench
            .iter(|| records.iter().map(|record| leaf_hash(record).0[0]).fold(0, u8::wrapping_add));
    });
    group.bench_function("push and root", |bench| {
        let mut frontier = Frontier::new();
        bench.iter(|| {
            leaves.iter().for_each(|leaf| frontier.push(*leaf));
            frontier.root()
        });
    });
    group.finish();
    criterion.final_summary();
}
