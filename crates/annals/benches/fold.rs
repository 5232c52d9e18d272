//! Folding the customers of a simulated company, for each of the three projections.

use annals::events::{Instant, Position, RecordedEvent, StreamId, StreamVersion, Zone};
use annals::lifecycle::Lifecycle;
use annals::loyalty::Loyalty;
use annals::projection::{History, Projection, fold};
use annals::satisfaction::Satisfaction;
use annals_testkit::Company;
use criterion::{Criterion, Throughput};
use std::collections::BTreeMap;

/// Every customer's events, in the order a fold gets them.
fn customers() -> Vec<Vec<RecordedEvent>> {
    let company = Company {
        name: "bench".to_owned(),
        seed: 7,
        customers: 500,
        start: "2024-01-01".parse().expect("a date"),
        days: 365,
        zone: Zone::utc(),
    };
    let events = company.events().expect("the name can stand in a source");
    let mut streams: BTreeMap<StreamId, Vec<RecordedEvent>> = BTreeMap::new();
    for (number, event) in (0..).zip(events) {
        let (position, recorded_at) = (Position::new(number), Instant::from_unix_seconds(1));
        let stream = streams.entry(event.stream().clone()).or_default();
        let stream_version = StreamVersion::new(stream.len() as u64 + 1);
        stream.push(RecordedEvent { position, stream_version, recorded_at, event });
    }
    let ordered = |events| History::new(events, None).before(Instant::MAX).to_vec();
    streams.into_values().map(ordered).collect()
}

fn measure<P: Projection>(criterion: &mut Criterion, projection: &P, all: &[Vec<RecordedEvent>]) {
    let mut group = criterion.benchmark_group("fold");
    group.throughput(Throughput::Elements(all.iter().map(|events| events.len() as u64).sum()));
    group.bench_function(P::ID, |bench| {
        bench.iter(|| {
            for events in all {
                std::hint::black_box(fold(projection, events));
            }
        });
    });
    group.finish();
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let all = customers();
    measure(&mut criterion, &Satisfaction::new(Zone::utc()), &all);
    measure(&mut criterion, &Loyalty::new(Zone::utc()), &all);
    measure(&mut criterion, &Lifecycle::new(Zone::utc()), &all);
    criterion.final_summary();
}
