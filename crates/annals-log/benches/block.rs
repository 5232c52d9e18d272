//! Blocks: putting 512 records together, and checking the result.

use annals_audit::Hash;
use annals_events::{Instant, Position, StreamVersion, kinds};
use annals_log::{Block, BlockBuilder, write_record};
use annals_testkit::{Presence, sample};
use criterion::{Criterion, Throughput};

fn build(records: &[Vec<u8>]) -> Vec<u8> {
    let mut builder = BlockBuilder::new(Position::START);
    for record in records {
        let (version, at) = (StreamVersion::new(1), Instant::from_unix_seconds(1));
        builder.push(|to| write_record(to, version, at, record));
    }
    builder.finish(Hash([0; 32]), Hash([1; 32]))
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let kinds = kinds();
    let samples = kinds.iter().map(|kind| sample(kind, Presence::Never));
    let encoded = samples.map(|event| event.encode().expect("samples are sealed"));
    let records: Vec<_> = encoded.collect::<Vec<_>>().into_iter().cycle().take(512).collect();
    let block = build(&records);
    let mut group = criterion.benchmark_group("block of 512");
    group.throughput(Throughput::Bytes(block.len() as u64));
    group.bench_function("build", |bench| bench.iter(|| build(&records).len()));
    group.bench_function("parse", |bench| {
        bench.iter(|| Block::parse(&block).map(|block| block.records().count()));
    });
    group.finish();
    criterion.final_summary();
}
