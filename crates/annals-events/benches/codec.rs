//! Encoding and decoding: one event of every kind, with every field given and with none.

use annals_events::{Event, kinds};
use annals_testkit::{Presence, sample};
use criterion::{Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("codec");
    for (name, presence) in [("all fields", Presence::Always), ("no fields", Presence::Never)] {
        let events: Vec<_> = kinds().iter().map(|kind| sample(kind, presence)).collect();
        let encode = |event: &Event| event.encode().expect("samples are sealed");
        let encoded: Vec<_> = events.iter().map(encode).collect();
        group.throughput(Throughput::Elements(events.len() as u64));
        group.bench_function(format!("encode, {name}"), |bench| {
            bench.iter(|| events.iter().map(|event| encode(event).len()).sum::<usize>());
        });
        group.bench_function(format!("decode, {name}"), |bench| {
            bench.iter(|| encoded.iter().filter(|bytes| Event::decode(bytes).is_ok()).count());
        });
        group.bench_function(format!("decode the summary, {name}"), |bench| {
            bench.iter(|| {
                encoded.iter().filter(|bytes| Event::decode_summary(bytes).is_ok()).count()
            });
        });
    }
    group.finish();
    criterion.final_summary();
}
