//! What every log must do, as one suite that runs against each of them, the plainest first.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails where it stands"
)]

use annals_audit::{leaf_hash, tree_hash};
use annals_events::{Event, Instant, Position, RecordedEvent, StreamId, StreamVersion};
use annals_log::{
    Append, AppendError, Direction, EventLog, EventStream, ExpectedVersion, Filter, Outcome,
    PositionRange, ReadError, Record, VersionRange, write_record,
};
use annals_tests::log_fixture::{Fixture, NOW_SECONDS, append, event, event_of, id, stream};
use futures::StreamExt as _;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::Arc;

macro_rules! conformance {
    ($($claim:ident)*) => {
        mod memory {
            $( #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                super::$claim(super::Fixture::memory()).await;
            } )*
        }
        mod sled {
            $( #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                super::$claim(super::Fixture::sled()).await;
            } )*
        }
        mod sealed {
            $( #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $claim() {
                super::$claim(super::Fixture::sealed()).await;
            } )*
        }
    };
}

conformance! {
    an_empty_log_has_the_root_of_nothing_and_nothing_to_read
    places_are_gapless_in_the_log_and_in_each_stream
    any_range_is_read_forwards_and_backwards
    any_range_of_a_stream_is_read_forwards_and_backwards
    a_visit_is_shown_the_records_of_any_range_until_it_breaks_off
    filters_let_through_what_they_say
    the_root_is_that_of_the_definition_over_the_exact_records
    conditions_hold_or_nothing_is_appended
    an_append_over_many_streams_is_all_or_nothing
    the_same_event_again_is_acknowledged_with_its_first_place
    another_event_under_a_known_id_refuses_the_whole_append
    a_retry_succeeds_even_if_its_expected_version_has_moved_on
    conditions_count_for_streams_that_something_new_goes_to
    an_id_twice_in_one_append_is_refused
    an_event_ahead_of_the_clock_is_refused
    recorded_times_never_run_back
    the_largest_appends_go_through_whole
    events_and_streams_are_found
    a_dropped_append_is_neither_cancelled_nor_repeated
    writers_at_once_lose_and_repeat_nothing
    of_two_that_decided_on_the_same_state_one_is_refused
    a_subscription_catches_up_and_goes_on_live
    subscribers_behind_the_head_wait_for_their_position
    a_closed_log_takes_nothing_and_ends_its_readers
}

async fn collect(events: EventStream) -> Vec<RecordedEvent> {
    events.map(Result::unwrap).collect().await
}

async fn read_all(log: &dyn EventLog) -> Vec<RecordedEvent> {
    collect(log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards)).await
}

async fn a_visit_is_shown_the_records_of_any_range_until_it_breaks_off(fixture: Fixture) {
    let log = &fixture.log;
    fill(&**log, 40).await;
    let all = read_all(&**log).await;
    for (start, end) in [(0, None), (7, Some(23)), (39, Some(40)), (12, Some(12)), (40, Some(99))] {
        let range = PositionRange { start: Position::new(start), end: end.map(Position::new) };
        let mut shown = Vec::new();
        log.visit(range, &mut |position, record| {
            shown.push(record.decode(position).unwrap());
            ControlFlow::Continue(())
        })
        .unwrap();
        let end = end.unwrap_or(40);
        let wanted = |event: &&RecordedEvent| (start..end).contains(&event.position.get());
        assert_eq!(shown.iter().collect::<Vec<_>>(), all.iter().filter(wanted).collect::<Vec<_>>());
    }
    let mut shown = 0;
    let until_the_fifth = &mut |_: Position, _: Record<'_>| {
        shown += 1;
        if shown == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    log.visit(PositionRange::ALL, until_the_fifth).unwrap();
    assert_eq!(shown, 5);
    log.close().await.unwrap();
    let closed = log.visit(PositionRange::ALL, &mut |_, _| ControlFlow::Continue(()));
    assert!(matches!(closed, Err(ReadError::Closed)), "{closed:?}");
}

fn places(events: &[RecordedEvent]) -> Vec<u64> {
    events.iter().map(|event| event.position.get()).collect()
}

/// Appends events 0 to `count` of three parties, in appends of one, two, three and so on.
async fn fill(log: &dyn EventLog, count: u32) -> Vec<Event> {
    let party = |number: u32| ["anna", "bert", "carl"][number as usize % 3];
    let events: Vec<_> = (0..count).map(|number| event(number, party(number))).collect();
    let mut rest = &events[..];
    for length in 1.. {
        if rest.is_empty() {
            break;
        }
        let (some, others) = rest.split_at(length.min(rest.len()));
        log.append(append(some)).await.unwrap();
        rest = others;
    }
    events
}

async fn an_empty_log_has_the_root_of_nothing_and_nothing_to_read(given: Fixture) {
    let head = given.log.head().await.unwrap();
    assert_eq!((head.next, head.recorded_at), (Position::START, Instant::MIN));
    assert_eq!(head.root, tree_hash(&[]));
    assert_eq!(read_all(&*given.log).await, []);
    let anna = stream("anna");
    assert_eq!(given.log.stream_version(&anna).await.unwrap(), StreamVersion::NONE);
    let read = given.log.read_stream(&anna, VersionRange::ALL, Direction::Backwards);
    assert_eq!(collect(read).await, []);
    assert_eq!(given.log.streams().await.unwrap(), []);
}

async fn places_are_gapless_in_the_log_and_in_each_stream(given: Fixture) {
    let events = fill(&*given.log, 50).await;
    let read = read_all(&*given.log).await;
    assert_eq!(places(&read), (0..50).collect::<Vec<_>>());
    assert_eq!(read.iter().map(|event| &event.event).collect::<Vec<_>>(), Vec::from_iter(&events));
    for (index, event) in read.iter().enumerate() {
        assert_eq!(event.stream_version.get(), index as u64 / 3 + 1);
        assert_eq!(event.recorded_at, Instant::from_unix_seconds(NOW_SECONDS));
    }
    assert_eq!(given.log.head().await.unwrap().next, Position::new(50));
}

async fn any_range_is_read_forwards_and_backwards(given: Fixture) {
    fill(&*given.log, 20).await;
    for start in 0..=21 {
        for end in (start..=22).map(Some).chain([None]) {
            let range = PositionRange { start: Position::new(start), end: end.map(Position::new) };
            let mut expected: Vec<_> = (start..end.unwrap_or(20).min(20)).collect();
            let forwards = given.log.read(range, &Filter::all(), Direction::Forwards);
            assert_eq!(places(&collect(forwards).await), expected, "{range:?}");
            expected.reverse();
            let backwards = given.log.read(range, &Filter::all(), Direction::Backwards);
            assert_eq!(places(&collect(backwards).await), expected, "{range:?}");
        }
    }
}

async fn any_range_of_a_stream_is_read_forwards_and_backwards(given: Fixture) {
    fill(&*given.log, 21).await;
    let bert = stream("bert");
    for start in 0..=8 {
        for end in (start..=9).map(Some).chain([None]) {
            let range =
                VersionRange { start: StreamVersion::new(start), end: end.map(StreamVersion::new) };
            let versions = start.max(1)..end.unwrap_or(8).min(8);
            let mut expected: Vec<_> = versions.map(|version| (version - 1) * 3 + 1).collect();
            let forwards = given.log.read_stream(&bert, range, Direction::Forwards);
            assert_eq!(places(&collect(forwards).await), expected, "{range:?}");
            expected.reverse();
            let backwards = given.log.read_stream(&bert, range, Direction::Backwards);
            assert_eq!(places(&collect(backwards).await), expected, "{range:?}");
        }
    }
}

async fn filters_let_through_what_they_say(given: Fixture) {
    let log = &*given.log;
    let kinds = ["call", "mail.sent", "mail.read"];
    for number in 0..30_u32 {
        given.clock.put(NOW_SECONDS + i64::from(number));
        let (kind, seconds) = (kinds[number as usize % 3], NOW_SECONDS - i64::from(number));
        let party = if number % 2 == 0 { "anna" } else { "bert" };
        log.append(append(&[event_of(number, party, kind, seconds, "text")])).await.unwrap();
    }
    let at = |offset| Some(Instant::from_unix_seconds(NOW_SECONDS + offset));
    let is = |wanted: &dyn Fn(u64) -> bool| (0..30).filter(|n| wanted(*n)).collect::<Vec<_>>();
    let cases: [(Filter, Vec<u64>); 6] = [
        (Filter::kinds(["x.mail.*"]), is(&|n| n % 3 != 0)),
        (Filter::kinds(["x.call", "x.mail.read"]), is(&|n| n % 3 != 1)),
        (Filter { streams: vec![stream("bert")], ..Filter::all() }, is(&|n| n % 2 == 1)),
        (
            Filter { occurred_from: at(-20), occurred_before: at(-10), ..Filter::all() },
            is(&|n| n <= 20 && n > 10),
        ),
        (
            Filter { recorded_from: at(5), recorded_before: at(9), ..Filter::all() },
            is(&|n| (5..9).contains(&n)),
        ),
        (
            Filter { streams: vec![stream("anna")], ..Filter::kinds(["x.call"]) },
            is(&|n| n % 6 == 0),
        ),
    ];
    for (filter, expected) in cases {
        let read = log.read(PositionRange::ALL, &filter, Direction::Forwards);
        assert_eq!(places(&collect(read).await), expected, "{filter:?}");
    }
}

async fn the_root_is_that_of_the_definition_over_the_exact_records(given: Fixture) {
    fill(&*given.log, 40).await;
    let leaf = |event: &RecordedEvent| {
        let mut record = Vec::new();
        let caller = event.event.encode().unwrap();
        write_record(&mut record, event.stream_version, event.recorded_at, &caller);
        leaf_hash(&record)
    };
    let leaves: Vec<_> = read_all(&*given.log).await.iter().map(leaf).collect();
    assert_eq!(given.log.head().await.unwrap().root, tree_hash(&leaves));
}

async fn conditions_hold_or_nothing_is_appended(given: Fixture) {
    let log = &*given.log;
    let exact = |version| ExpectedVersion::Exact(StreamVersion::new(version));
    let cases = [
        (exact(1), None),
        (exact(0), Some(1)),
        (ExpectedVersion::NoStream, None),
        (exact(1), Some(2)),
        (exact(1), None),
        (exact(3), None),
        (ExpectedVersion::Any, Some(3)),
    ];
    for (number, (expected, version)) in (0..).zip(cases) {
        let before = log.head().await.unwrap();
        let asked = append(&[event(number, "anna")]).expect(stream("anna"), expected);
        match (log.append(asked).await, version) {
            (Ok(appended), Some(version)) => {
                assert_eq!(appended.outcomes[0].placed().stream_version.get(), version);
            }
            (Err(AppendError::VersionConflict { actual, .. }), None) => {
                assert_eq!(actual, log.stream_version(&stream("anna")).await.unwrap());
                assert_eq!(log.head().await.unwrap(), before);
            }
            (came, _) => panic!("case {number}: {came:?}"),
        }
    }
    // A condition may name a stream that no event of the append goes to.
    let unrelated = append(&[event(50, "bert")]).expect(stream("anna"), exact(2));
    let refused = log.append(unrelated).await;
    assert!(matches!(refused, Err(AppendError::VersionConflict { .. })), "{refused:?}");
}

async fn an_append_over_many_streams_is_all_or_nothing(given: Fixture) {
    let log = &*given.log;
    log.append(append(&[event(0, "anna")])).await.unwrap();
    let events = [event(1, "bert"), event(2, "anna"), event(3, "bert"), event(4, "anna")];
    let none = ExpectedVersion::NoStream;
    let refused = append(&events).expect(stream("bert"), none).expect(stream("anna"), none);
    let refused = log.append(refused).await;
    assert!(matches!(refused, Err(AppendError::VersionConflict { .. })), "{refused:?}");
    assert_eq!(read_all(log).await.len(), 1);
    assert_eq!(log.position_of(id(1)).await.unwrap(), None);
    let exact = ExpectedVersion::Exact(StreamVersion::new(1));
    let holds = append(&events).expect(stream("bert"), none).expect(stream("anna"), exact);
    let appended = log.append(holds).await.unwrap();
    let versions = appended.outcomes.iter().map(|outcome| outcome.placed().stream_version.get());
    assert_eq!(versions.collect::<Vec<_>>(), [1, 2, 2, 3]);
}

async fn the_same_event_again_is_acknowledged_with_its_first_place(given: Fixture) {
    let log = &*given.log;
    let first = log.append(append(&[event(0, "anna"), event(1, "bert")])).await.unwrap();
    given.clock.put(NOW_SECONDS + 100);
    let again =
        log.append(append(&[event(2, "anna"), event(1, "bert"), event(0, "anna")])).await.unwrap();
    assert_eq!(again.outcomes[1], Outcome::Duplicate(first.outcomes[1].placed()));
    assert_eq!(again.outcomes[2], Outcome::Duplicate(first.outcomes[0].placed()));
    assert!(matches!(again.outcomes[0], Outcome::Appended(placed) if placed.position.get() == 2));
    assert_eq!(again.outcomes[0].placed().stream_version.get(), 2);
    assert_eq!(log.head().await.unwrap().next, Position::new(3));
}

async fn another_event_under_a_known_id_refuses_the_whole_append(given: Fixture) {
    let log = &*given.log;
    log.append(append(&[event(0, "anna"), event(1, "anna")])).await.unwrap();
    for other in [event(1, "bert"), event_of(1, "anna", "test", NOW_SECONDS, "small")] {
        let refused = log.append(append(&[event(2, "anna"), other])).await;
        let Err(AppendError::IdTaken { id: taken, position }) = refused else {
            panic!("{refused:?}");
        };
        assert_eq!((taken, position), (id(1), Position::new(1)));
    }
    assert_eq!(log.head().await.unwrap().next, Position::new(2));
}

async fn a_retry_succeeds_even_if_its_expected_version_has_moved_on(given: Fixture) {
    let log = &*given.log;
    let asked = append(&[event(0, "anna")]).expect(stream("anna"), ExpectedVersion::NoStream);
    let first = log.append(asked.clone()).await.unwrap();
    log.append(append(&[event(1, "anna")])).await.unwrap();
    let retried = log.append(asked).await.unwrap();
    assert_eq!(retried.outcomes, [Outcome::Duplicate(first.outcomes[0].placed())]);
}

async fn conditions_count_for_streams_that_something_new_goes_to(given: Fixture) {
    let log = &*given.log;
    let none = ExpectedVersion::NoStream;
    log.append(append(&[event(0, "anna")])).await.unwrap();
    // Anna's event is there, so her condition is not asked; bert's is, and holds.
    let half = append(&[event(0, "anna"), event(1, "bert")]);
    let half = half.expect(stream("anna"), none).expect(stream("bert"), none);
    let appended = log.append(half).await.unwrap();
    assert!(matches!(appended.outcomes[1], Outcome::Appended(_)));
    // Something new goes to anna.
    let new = append(&[event(0, "anna"), event(2, "anna")]).expect(stream("anna"), none);
    let refused = log.append(new).await;
    assert!(matches!(refused, Err(AppendError::VersionConflict { .. })), "{refused:?}");
}

async fn an_id_twice_in_one_append_is_refused(given: Fixture) {
    let refused = given.log.append(append(&[event(0, "anna"), event(0, "anna")])).await;
    assert!(matches!(refused, Err(AppendError::IdRepeated { .. })), "{refused:?}");
    assert_eq!(given.log.head().await.unwrap().next, Position::START);
}

async fn an_event_ahead_of_the_clock_is_refused(given: Fixture) {
    let log = &*given.log;
    let at = |number, ahead| event_of(number, "anna", "test", NOW_SECONDS + ahead, "soon");
    let refused = log.append(append(&[at(0, 0), at(1, 301)])).await;
    assert!(matches!(refused, Err(AppendError::AheadOfClock { .. })), "{refused:?}");
    assert_eq!(log.head().await.unwrap().next, Position::START);
    log.append(append(&[at(0, 0), at(1, 300)])).await.unwrap();
}

async fn recorded_times_never_run_back(given: Fixture) {
    for (number, seconds) in (0..).zip([0, 10, -50, 9, 11]) {
        given.clock.put(NOW_SECONDS + seconds);
        let appended = given.log.append(append(&[event(number, "anna")])).await.unwrap();
        let expected = [0, 10, 10, 10, 11][number as usize];
        let recorded_at = appended.outcomes[0].placed().recorded_at;
        assert_eq!(recorded_at, Instant::from_unix_seconds(NOW_SECONDS + expected));
        assert_eq!(given.log.head().await.unwrap().recorded_at, recorded_at);
    }
}

async fn the_largest_appends_go_through_whole(given: Fixture) {
    let log = &*given.log;
    let many: Vec<_> = (0..512).map(|number| event(number, "anna")).collect();
    log.append(append(&many)).await.unwrap();
    let text = "long ".repeat(8_800);
    let large = [
        event_of(600, "anna", "test", NOW_SECONDS, &text),
        event_of(601, "bert", "test", NOW_SECONDS, &text),
    ];
    log.append(append(&large)).await.unwrap();
    let read = read_all(log).await;
    assert_eq!(read.len(), 514);
    assert_eq!(
        read[512..].iter().map(|event| &event.event).collect::<Vec<_>>(),
        [&large[0], &large[1]]
    );
    let too_many: Vec<_> = (1000..1513).map(|number| event(number, "anna")).collect();
    assert!(matches!(Append::new(&too_many), Err(AppendError::TooLarge { events: 513, .. })));
    assert!(matches!(Append::new(&[]), Err(AppendError::Empty)));
}

async fn events_and_streams_are_found(given: Fixture) {
    let log = &*given.log;
    fill(log, 12).await;
    for number in 0..12 {
        let found = log.position_of(id(number)).await.unwrap();
        assert_eq!(found, Some(Position::new(u64::from(number))));
    }
    assert_eq!(log.position_of(id(12)).await.unwrap(), None);
    let mut streams: Vec<(StreamId, Position)> = log.streams().await.unwrap();
    streams.sort();
    let first = |party, number| (stream(party), Position::new(number));
    assert_eq!(streams, [first("anna", 0), first("bert", 1), first("carl", 2)]);
    assert_eq!(log.stream_version(&stream("carl")).await.unwrap().get(), 4);
}

async fn a_dropped_append_is_neither_cancelled_nor_repeated(given: Fixture) {
    let log = &*given.log;
    for number in 0..20 {
        let mut waits = log.append(append(&[event(number, "anna")]));
        drop(futures::poll!(&mut waits));
        drop(waits);
    }
    // What is asked for later comes later, so that all before it has been decided.
    log.append(append(&[event(20, "anna")])).await.unwrap();
    let read = read_all(log).await;
    let ids: Vec<_> = read.iter().map(|event| event.event.id()).collect();
    assert_eq!(ids, (0..=20).map(id).collect::<Vec<_>>());
}

async fn writers_at_once_lose_and_repeat_nothing(given: Fixture) {
    let writers = (0..16_u32).map(|writer| {
        let log = Arc::clone(&given.log);
        tokio::spawn(async move {
            let mut placed = Vec::new();
            for step in 0..20 {
                let number = writer * 1000 + step * 2;
                let own = format!("party-{writer}");
                let pair = [event(number, &own), event(number + 1, "shared")];
                placed.extend(log.append(append(&pair)).await.unwrap().outcomes);
            }
            placed
        })
    });
    let mut acknowledged = HashSet::new();
    for writer in writers.collect::<Vec<_>>() {
        for outcome in writer.await.unwrap() {
            assert!(acknowledged.insert(outcome.placed().position), "{outcome:?} twice");
        }
    }
    let read = read_all(&*given.log).await;
    assert_eq!(places(&read), (0..640).collect::<Vec<_>>());
    assert_eq!(acknowledged.len(), 640);
    let shared = given.log.read_stream(&stream("shared"), VersionRange::ALL, Direction::Forwards);
    let versions: Vec<_> =
        collect(shared).await.iter().map(|event| event.stream_version.get()).collect();
    assert_eq!(versions, (1..=320).collect::<Vec<_>>());
}

async fn of_two_that_decided_on_the_same_state_one_is_refused(given: Fixture) {
    for round in 0..10_u32 {
        let version = given.log.stream_version(&stream("anna")).await.unwrap();
        let rivals = (0..8).map(|rival| {
            let log = Arc::clone(&given.log);
            let asked = append(&[event(round * 8 + rival, "anna")]);
            let asked = asked.expect(stream("anna"), ExpectedVersion::Exact(version));
            tokio::spawn(async move { log.append(asked).await })
        });
        let mut won = 0;
        for rival in rivals.collect::<Vec<_>>() {
            match rival.await.unwrap() {
                Ok(_) => won += 1,
                Err(AppendError::VersionConflict { .. }) => {}
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(won, 1);
    }
}

async fn a_subscription_catches_up_and_goes_on_live(given: Fixture) {
    fill(&*given.log, 30).await;
    let subscribers: Vec<_> = [0, 7, 30]
        .map(|from| {
            let live = given.log.subscribe(Position::new(from));
            let until = usize::try_from(130 - from).unwrap();
            (from, tokio::spawn(collect(live.take(until).boxed())))
        })
        .into();
    let writers = (0..4_u32).map(|writer| {
        let log = Arc::clone(&given.log);
        tokio::spawn(async move {
            for step in 0..25 {
                let number = 1000 + writer * 100 + step;
                log.append(append(&[event(number, "anna")])).await.unwrap();
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    for (from, subscriber) in subscribers {
        assert_eq!(places(&subscriber.await.unwrap()), (from..130).collect::<Vec<_>>());
    }
}

async fn subscribers_behind_the_head_wait_for_their_position(given: Fixture) {
    let mut ahead = given.log.subscribe(Position::new(5));
    let next = tokio::spawn(async move { ahead.next().await });
    fill(&*given.log, 6).await;
    let first = next.await.unwrap().unwrap().unwrap();
    assert_eq!(first.position, Position::new(5));
}

async fn a_closed_log_takes_nothing_and_ends_its_readers(given: Fixture) {
    let log = &*given.log;
    fill(log, 10).await;
    let live = log.subscribe(Position::new(10));
    let mut begun = log.read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
    log.close().await.unwrap();
    log.close().await.unwrap();
    let refused = log.append(append(&[event(50, "anna")])).await;
    assert!(matches!(refused, Err(AppendError::Closed)), "{refused:?}");
    assert_eq!(collect(live).await, []);
    let read = begun.next().await.unwrap();
    assert!(matches!(read, Err(ReadError::Closed)), "{read:?}");
    assert!(begun.next().await.is_none());
}
