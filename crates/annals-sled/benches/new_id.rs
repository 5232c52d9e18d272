//! The index when an event with a new id is appended behind two million others, in four runs and an
//! open volume. `just bench` does the same at a hundred million.

use annals_events::{EventId, StreamId};
use annals_sled::parts::SyntheticIndex;
use criterion::{Criterion, Throughput};
use uuid::Uuid;

fn id(number: u64) -> EventId {
    let random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    EventId::new(Uuid::from_u64_pair(number + 1, random)).expect("it is not nil")
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let directory = tempfile::tempdir().expect("a directory");
    let runs = [0..1_400_000, 1_400_000..1_800_000, 1_800_000..1_900_000, 1_900_000..1_950_000];
    let index = SyntheticIndex::build(directory.path(), &runs, 50_000, id);
    let mut index = index.expect("the runs can be written");
    let stream = StreamId::party("anna").expect("a party id");
    let mut number = 2_000_000;
    let mut group = criterion.benchmark_group("index");
    group.throughput(Throughput::Elements(1));
    group.bench_function("append a new id", |bench| {
        bench.iter(|| {
            number += 1;
            index.append(id(number), &stream)
        });
    });
    group.finish();
    criterion.final_summary();
}
