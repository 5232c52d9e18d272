//! The whole ledger against the naive one.
//!
//! Goal: whatever is appended, late, corrected, retracted, linked, unlinked, sent twice, caught up
//! with, rebuilt, sealed, reopened or cut short by a crash, in any order, every outcome and every
//! answer as of any time is what plain recomputation gives. Method: random programs of commands run
//! against both; the naive ledger keeps a list and works everything out anew. `just model` runs
//! 10,000 programs, the normal suite a few. A failure prints the program, which is kept as a
//! regression.

use annals::events::{
    Code, CorrectionRecorded, Envelope, Event, EventId, IdentityLinked, IdentityUnlinked, Instant,
    JsonText, OccurredAt, PartyId, Payload, RetractionReason, RetractionRecorded, StreamId,
    StreamVersion, VersionNumber, Zone,
};
use annals::lifecycle::Lifecycle;
use annals::log::{AppendCondition, Clock, Direction, ExpectedVersion, Filter, PositionRange};
use annals::loyalty::Loyalty;
use annals::projection::{AsOf, Projection, ViewContext};
use annals::satisfaction::Satisfaction;
use annals::{Annals, AnnalsError, Options};
use annals_testkit::{Choices, NaiveLedger, copy_directory, payload_of_kind, sealed};
use futures::StreamExt as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::SystemTime;

/// Kinds that the projections read, most of them.
const KINDS: &[&str] = &[
    "purchase.completed",
    "purchase.completed",
    "purchase.completed",
    "survey.answered",
    "survey.answered",
    "touchpoint.experienced",
    "contact.occurred",
    "complaint.received",
    "complaint.acknowledged",
    "complaint.closed",
    "complaint.reopened",
    "complaint.withdrawn",
    "compensation.granted",
    "referral.made",
    "referral.converted",
    "refund.issued",
    "offer.responded",
    "churn.declared",
    "relationship.closed",
    "relationship.reactivated",
    "lifecycle.stage_asserted",
    "subscription.started",
    "subscription.cancelled",
];
const PARTIES: u8 = 5;
const HOUR_SECONDS: i64 = 3600;
/// 2026-01-01T00:00:00Z.
const BEGIN_SECONDS: i64 = 1_767_225_600;

#[derive(Clone, Debug)]
enum Command {
    /// Facts about parties, so many hours ago.
    Append(Vec<(u8, u8, u16, Vec<u64>)>),
    Link(u8, u8),
    Unlink(u8),
    Retract(u8),
    CorrectTime(u8, u16),
    SendAgain(u8),
    /// An event of a party whose stream must have so many events fewer or more than it has; none
    /// where there is no number.
    Expecting(u8, Option<i8>),
    CatchUp,
    Rebuild(u8),
    Seal,
    Reopen,
    /// The ledger goes on from its files as a kill would leave them now.
    Crash,
    /// As of so many hours ago, as known so many hours ago.
    Ask(Option<u16>, Option<u16>),
}

fn command() -> impl Strategy<Value = Command> {
    let fact = (0..PARTIES, any::<u8>(), 0..1500_u16, prop::collection::vec(any::<u64>(), 0..24));
    prop_oneof![
        8 => prop::collection::vec(fact, 1..6).prop_map(Command::Append),
        2 => (0..PARTIES, 0..PARTIES).prop_map(|(one, other)| Command::Link(one, other)),
        1 => any::<u8>().prop_map(Command::Unlink),
        1 => any::<u8>().prop_map(Command::Retract),
        1 => (any::<u8>(), 0..1500_u16)
            .prop_map(|(event, hours)| Command::CorrectTime(event, hours)),
        1 => any::<u8>().prop_map(Command::SendAgain),
        1 => (0..PARTIES, prop::option::of(-1..=1_i8))
            .prop_map(|(party, off)| Command::Expecting(party, off)),
        2 => Just(Command::CatchUp),
        1 => (1..4_u8).prop_map(Command::Rebuild),
        1 => Just(Command::Seal),
        1 => Just(Command::Reopen),
        1 => Just(Command::Crash),
        3 => (prop::option::of(0..1500_u16), prop::option::of(0..60_u16))
            .prop_map(|(occurred, recorded)| Command::Ask(occurred, recorded)),
    ]
}

struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant::from_unix_seconds(self.0.load(Ordering::Relaxed))
    }
}

struct Run {
    directory: tempfile::TempDir,
    clock: Arc<TestClock>,
    ledger: Annals,
    naive: NaiveLedger,
    next_id: u64,
}

fn party(number: u8) -> PartyId {
    PartyId::new(&format!("P-{number}")).expect("a party id")
}

impl Run {
    fn options(clock: &Arc<TestClock>, threads: usize) -> Options {
        let options = Options::new().clock(Arc::clone(clock) as Arc<dyn Clock>);
        options.threads(threads).open_volume_events_max(16)
    }

    async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let clock = Arc::new(TestClock(AtomicI64::new(BEGIN_SECONDS)));
        let zone = Zone::named("Asia/Shanghai").expect("a zone");
        let options = Self::options(&clock, 2);
        let ledger =
            Annals::create(directory.path().join("ledger"), zone, options).await.expect("a ledger");
        let naive = NaiveLedger::of(read_all(&ledger).await);
        Self { directory, clock, ledger, naive, next_id: 0 }
    }

    fn hours_ago(&self, hours: u16) -> Instant {
        self.clock.now().plus_seconds(-HOUR_SECONDS * i64::from(hours))
    }

    fn envelope(&mut self, stream: StreamId, at: Instant) -> Envelope {
        self.next_id += 1;
        let id = EventId::from_foreign("model", &self.next_id.to_string());
        Envelope::new(id, stream, OccurredAt::utc(at))
    }

    /// Some event of a party recorded before, chosen by number.
    fn chosen(&self, number: u8, wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        let candidates: Vec<_> = self
            .naive
            .events()
            .iter()
            .map(|recorded| &recorded.event)
            .filter(|event| event.stream().as_party().is_some() && wanted(event))
            .collect();
        let index = usize::from(number).checked_rem(candidates.len())?;
        candidates.get(index).map(|event| (*event).clone())
    }

    async fn append(&mut self, events: Vec<Event>) {
        self.append_if(events, &[]).await;
    }

    async fn append_if(&mut self, events: Vec<Event>, conditions: &[AppendCondition]) {
        let expected = self.naive.append(&events, conditions, self.clock.now());
        let came = self.ledger.append(events, conditions).await;
        match (expected, came) {
            (Ok(expected), Ok(came)) => assert_eq!(expected, came.outcomes),
            (Err(refusal), Err(AnnalsError::Append(error))) => {
                assert!(refusal.agrees_with(&error), "{refusal} against {error}");
            }
            (expected, came) => panic!("expected {expected:?}, got {came:?}"),
        }
        self.clock.0.fetch_add(HOUR_SECONDS, Ordering::Relaxed);
    }

    async fn point_at(&mut self, target: Option<Event>, payload: impl FnOnce(EventId) -> Payload) {
        let Some(target) = target else { return };
        let now = self.clock.now();
        let envelope = self.envelope(target.stream().clone(), now);
        let event = Event::new(envelope, payload(target.id())).expect("a sound event");
        self.append(vec![event]).await;
    }

    async fn run(&mut self, command: Command) {
        match command {
            Command::Append(facts) => {
                let facts = facts.into_iter().map(|(number, kind, hours, choices)| {
                    let kind = KINDS
                        .get(usize::from(kind) % KINDS.len())
                        .expect("a remainder is in range");
                    let mut choices = Choices::given(&choices);
                    let payload = payload_of_kind(kind, &mut choices).expect("a kind of the table");
                    let at = self.hours_ago(hours);
                    let envelope = self.envelope(party(number).into(), at);
                    sealed(Event::new(envelope, payload).expect("a sound event"))
                });
                let facts: Vec<_> = facts.collect();
                self.append(facts).await;
            }
            Command::Link(one, other) if one != other => {
                let now = self.clock.now();
                let envelope = self.envelope(party(one).into(), now);
                let link = IdentityLinked {
                    other: party(other),
                    rule: Code::new("same-name").expect("a code"),
                    rule_version: VersionNumber::new(1).expect("a version"),
                    score: None,
                    evidence: vec![],
                };
                self.append(vec![Event::new(envelope, link).expect("a sound event")]).await;
            }
            Command::Link(..) => {}
            Command::Unlink(number) => {
                let link = self.chosen(number, |event| event.kind() == "identity.linked");
                let reason = Code::new("two-people").expect("a code");
                self.point_at(link, |link| IdentityUnlinked { link, reason }.into()).await;
            }
            Command::Retract(number) => {
                let target = self.chosen(number, |_| true);
                let reason = RetractionReason::NeverHappened;
                self.point_at(target, |target| RetractionRecorded { target, reason }.into()).await;
            }
            Command::CorrectTime(number, hours) => {
                let at = OccurredAt::utc(self.hours_ago(hours));
                let correctable = |event: &Event| KINDS.contains(&event.kind());
                let target = self.chosen(number, |event| {
                    correctable(event) && event.envelope().occurred_until.is_none()
                });
                let correction = |target| CorrectionRecorded {
                    target,
                    field: Code::new("occurred_at").expect("a code"),
                    value: Some(JsonText::new(&json!(at.to_string()).to_string()).expect("JSON")),
                    personal_value: None,
                    reason: Code::new("misread").expect("a code"),
                };
                self.point_at(target, |target| correction(target).into()).await;
            }
            Command::SendAgain(number) => {
                if let Some(event) = self.chosen(number, |_| true) {
                    self.append(vec![event]).await;
                }
            }
            Command::Expecting(number, off) => {
                let (stream, now) = (StreamId::from(party(number)), self.clock.now());
                let version = self.naive.stream_version(&stream).get();
                let expected = off.map_or(ExpectedVersion::NoStream, |off| {
                    let version = version.saturating_add_signed(off.into());
                    ExpectedVersion::Exact(StreamVersion::new(version))
                });
                let payload = payload_of_kind("relationship.closed", &mut Choices::given(&[]));
                let envelope = self.envelope(stream.clone(), now);
                let event = Event::new(envelope, payload.expect("a kind of the table"));
                let condition = AppendCondition { stream, expected };
                self.append_if(vec![event.expect("a sound event")], &[condition]).await;
            }
            Command::CatchUp => {
                self.ledger.catch_up().await.expect("catching up");
            }
            Command::Rebuild(threads) => {
                self.reopen(usize::from(threads)).await;
                self.ledger.rebuild(None, &|_| {}).await.expect("a rebuild");
            }
            Command::Seal => self.ledger.seal().await.expect("sealed volumes"),
            Command::Reopen => self.reopen(1).await,
            Command::Crash => self.crash().await,
            Command::Ask(occurred, recorded) => {
                let mut as_of =
                    AsOf::instant(occurred.map_or(Instant::MAX, |hours| self.hours_ago(hours)));
                if let Some(hours) = recorded {
                    as_of = as_of.known_before(self.hours_ago(hours));
                }
                self.ask(as_of).await;
            }
        }
    }

    async fn reopen(&mut self, threads: usize) {
        self.ledger.close().await.expect("a clean close");
        let options = Self::options(&self.clock, threads);
        self.ledger = Annals::open(self.directory.path().join("ledger"), options)
            .await
            .expect("the ledger again");
    }

    async fn crash(&mut self) {
        let left = tempfile::tempdir().expect("a temporary directory");
        copy_as_a_kill_leaves_it(self.directory.path(), left.path());
        self.ledger.close().await.expect("a clean close");
        self.directory = left;
        let options = Self::options(&self.clock, 2);
        self.ledger = Annals::open(self.directory.path().join("ledger"), options)
            .await
            .expect("the ledger after a crash");
        assert_eq!(read_all(&self.ledger).await, self.naive.events());
    }

    async fn ask(&self, as_of: AsOf) {
        let zone = self.ledger.zone().clone();
        self.agree(&Satisfaction::new(zone.clone()), as_of).await;
        self.agree(&Loyalty::new(zone.clone()), as_of).await;
        self.agree(&Lifecycle::new(zone), as_of).await;
    }

    async fn agree<P: Projection>(&self, projection: &P, as_of: AsOf) {
        let rules = P::parse_rules(P::BUILT_IN_RULES).expect("the built-in rules");
        let rates = self.naive.rates(as_of.recorded_before);
        let context = ViewContext::new(as_of, self.ledger.zone(), &rules, &rates);
        let states = self.naive.states(projection, as_of);
        let shown = self.ledger.population::<P>(as_of).await.expect("a report");
        let expected = projection.population(&Vec::from_iter(&states), &context);
        assert_eq!(json!(shown.value), json!(expected), "{} of all, {as_of:?}", P::ID);
        for (customer, members) in self.naive.customers(as_of.recorded_before) {
            let state = self.naive.state(projection, &customer, as_of);
            let expected = json!(projection.view(&state, &context));
            for member in members {
                let Ok(found) = self.ledger.customer(member.as_str(), as_of).await else {
                    continue;
                };
                let shown = self.ledger.view::<P>(&found, as_of).await.expect("a view");
                assert_eq!(json!(shown.value), expected, "{} of {member}, {as_of:?}", P::ID);
            }
        }
    }
}

/// Copies a directory at one moment: again, where something changed meanwhile, or came and went.
fn copy_as_a_kill_leaves_it(from: &Path, to: &Path) {
    for _ in 0..1000 {
        let before = files_in(from);
        let copied = copy_directory(from, to).is_ok();
        if copied && before.is_some() && files_in(from) == before {
            return;
        }
        std::fs::remove_dir_all(to).expect("a copy that can be removed");
    }
    panic!("{} was never still long enough to be copied", from.display());
}

/// All files with their sizes and times.
fn files_in(directory: &Path) -> Option<Vec<(PathBuf, u64, SystemTime)>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).ok()? {
        let path = entry.ok()?.path();
        let about = path.metadata().ok()?;
        if about.is_dir() {
            files.extend(files_in(&path)?);
        } else {
            files.push((path, about.len(), about.modified().ok()?));
        }
    }
    files.sort();
    Some(files)
}

async fn read_all(ledger: &Annals) -> Vec<annals::events::RecordedEvent> {
    let events = ledger.log().read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
    events.map(|event| event.expect("a readable event")).collect().await
}

async fn run_program(program: Vec<Command>) {
    let mut run = Run::new().await;
    for command in program {
        run.run(command).await;
    }
    assert_eq!(read_all(&run.ledger).await, run.naive.events());
    run.ask(AsOf::instant(Instant::MAX)).await;
    let report = run.ledger.verify().await.expect("a verification");
    assert_eq!((report.events, report.damage), (run.naive.events().len() as u64, None));
    run.ledger.close().await.expect("a clean close");
}

fn config() -> Config {
    Config {
        // `PROPTEST_CASES` asks for more.
        cases: std::env::var("PROPTEST_CASES")
            .ok()
            .and_then(|cases| cases.parse().ok())
            .unwrap_or(24),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_answer_is_what_plain_recomputation_gives(
        program in prop::collection::vec(command(), 1..40)
    ) {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(run_program(program));
    }
}
