//! Fitting BG/NBD to a thousand customers who buy at rates of their own.

use annals_events::Date;
use annals_loyalty::{RepeatHistory, fit_bg_nbd};
use criterion::{Criterion, Throughput};

/// A customer who buys every so many days and stops after so many times.
fn history(number: i32, start: Date, end: Date) -> Option<RepeatHistory> {
    let (gap, times) = (5 + number * 7 % 90, 1 + number * 13 % 11);
    let days = (0..times).map(|time| start.plus_days(number % 80 + time * gap));
    RepeatHistory::of(days.filter(|day| *day <= end), end)
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let start: Date = "2024-01-01".parse().expect("a date");
    let end = start.plus_days(400);
    let histories: Vec<_> = (0..1000).filter_map(|number| history(number, start, end)).collect();
    let mut group = criterion.benchmark_group("fit");
    group.sample_size(20);
    group.throughput(Throughput::Elements(histories.len() as u64));
    group.bench_function("BG/NBD", |bench| bench.iter(|| fit_bg_nbd(&histories).is_ok()));
    group.finish();
    criterion.final_summary();
}
