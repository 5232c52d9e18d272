//! What the runtime promises beside exact answers: erasure that reaches every file, parked events
//! that come back, views that can be lost, cursors and followers.

use annals::events::{
    Code, Custom, CustomKind, Envelope, Event, EventId, JsonText, PartyId, Payload, Position,
    RecordedEvent, StreamId, Zone,
};
use annals::loyalty::Loyalty;
use annals::projection::{AsOf, Projection, RulesetError, ViewContext};
use annals::vault::Opened;
use annals::{Annals, AnnalsError, MasterKey, Options};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

#[expect(clippy::needless_pass_by_value, reason = "json! makes values to give away")]
fn event(id: u32, kind: &str, data: Value) -> Event {
    let id = EventId::from_foreign("test", &id.to_string());
    let event = json!({
        "id": id, "kind": kind, "subject": "C-1", "occurred_at": "2026-03-03T09:30:00+08:00", "data": data,
    });
    Event::from_json(&event).expect("a sound event")
}

fn complaint(id: u32) -> Event {
    let words = "the parcel smelled of elderberries";
    event(
        id,
        "complaint.received",
        json!({"complaint": "X-1", "category": "goods", "description": words}),
    )
}

fn purchase(id: u32, amount: &str) -> Event {
    event(id, "purchase.completed", json!({"total": {"amount": amount, "currency": "EUR"}}))
}

async fn create(directory: &Path) -> Annals {
    Annals::create(directory.join("ledger"), Zone::utc(), Options::new()).await.expect("a ledger")
}

async fn open(directory: &Path, options: Options) -> Annals {
    Annals::open(directory.join("ledger"), options).await.expect("the ledger")
}

/// Every file below a directory that holds these bytes.
fn files_with(directory: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if std::fs::read(&path)
            .expect("a file")
            .windows(needle.len())
            .any(|bytes| bytes == needle)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

async fn opened(ledger: &Annals, id: EventId) -> Vec<Opened> {
    let event = ledger.event(id).await.expect("a log").expect("the event");
    ledger.open_fields(&event).into_iter().map(|(_, opened)| opened).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn erasure_leaves_no_text_in_any_file_and_changes_no_figure() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = create(directory.path()).await;
    let alias = json!({"id_type": "email", "value": "Elder@Example.org", "assurance": "self"});
    for event in [complaint(1), purchase(2, "10.00"), event(3, "identity.declared", alias)] {
        ledger.record(event).await.expect("recorded");
    }
    let now = ledger.as_of_now();
    let customer = ledger.customer("elder@example.org", now).await.expect("found by the alias");
    assert_eq!(customer.id.as_str(), "C-1");
    let id = complaint(1).id();
    assert!(
        matches!(opened(&ledger, id).await.as_slice(), [Opened::Text(text)] if text.contains("elderberries"))
    );
    let figures = |shown: annals::Shown<Value>| shown.value;
    let mut before = Vec::new();
    for projection in ledger.projections() {
        before.push(figures(ledger.population_json(projection, now).await.expect("a report")));
    }

    let party = PartyId::new("C-1").expect("a party");
    let fields = ledger.erase(&party, Code::new("gdpr-17").expect("a code")).await.expect("erased");
    assert_eq!(fields, 2);
    assert_eq!(opened(&ledger, id).await, [Opened::Shredded]);
    assert!(matches!(
        ledger.customer("elder@example.org", now).await,
        Err(AnnalsError::NoCustomer(_))
    ));
    for (projection, before) in ledger.projections().into_iter().zip(before) {
        assert_eq!(
            figures(ledger.population_json(projection, now).await.expect("a report")),
            before
        );
    }
    assert_eq!(ledger.verify().await.expect("verified").damage, None);

    // The same facts sent again are known; new words about the person are refused.
    let again =
        ledger.record(complaint(1)).await.expect("known, though its words cannot be compared");
    assert_eq!(again.position, Position::new(3));
    assert!(ledger.record(complaint(4)).await.expect_err("refused").to_string().contains("erased"));

    ledger.close().await.expect("closed");
    for text in ["elderberries", "Elder@Example.org", "elder@example.org"] {
        assert_eq!(files_with(directory.path(), text.as_bytes()), [""; 0], "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_master_key_fields_are_locked_and_everything_else_works() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = create(directory.path()).await;
    ledger.record(complaint(1)).await.expect("recorded");
    ledger.close().await.expect("closed");
    let ledger = open(directory.path(), Options::new().master_key(MasterKey::None)).await;
    assert_eq!(opened(&ledger, complaint(1).id()).await, [Opened::Locked]);
    ledger.record(purchase(2, "10.00")).await.expect("a purchase has no personal fields");
    assert!(
        ledger.record(complaint(3)).await.expect_err("locked").to_string().contains("ANNALS_KEK")
    );
    let now = ledger.as_of_now();
    assert_eq!(ledger.population::<Loyalty>(now).await.expect("a report").value.customers, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_or_damaged_views_are_built_anew() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = create(directory.path()).await;
    ledger.record(purchase(1, "10.00")).await.expect("recorded");
    let now = ledger.as_of_now();
    let expected = ledger.population_json("loyalty", now).await.expect("a report").value;
    ledger.close().await.expect("closed");

    let views = directory.path().join("ledger/views");
    for entry in std::fs::read_dir(&views).expect("views") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            std::fs::write(&path, b"not a generation").expect("written over");
        }
    }
    let ledger = open(directory.path(), Options::new()).await;
    assert_eq!(ledger.population_json("loyalty", now).await.expect("a report").value, expected);
    ledger.close().await.expect("closed");

    std::fs::remove_dir_all(&views).expect("removed");
    let ledger = open(directory.path(), Options::new()).await;
    assert_eq!(ledger.population_json("loyalty", now).await.expect("a report").value, expected);
}

#[tokio::test]
async fn reports_are_the_same_bytes_on_any_number_of_threads() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = create(directory.path()).await;
    let bought = |number: u32| {
        let customer = number % 3001;
        let event = json!({
            "id": EventId::from_foreign("test", &number.to_string()), "kind": "purchase.completed",
            "subject": format!("C-{customer}"),
            "occurred_at": format!("2025-{:02}-{:02}T12:00:00Z", 1 + number % 12, 1 + number % 27),
            "data": {"total": {"amount": format!("{}.99", number % 97), "currency": "EUR"}},
        });
        Event::from_json(&event).expect("a sound event")
    };
    let classed = |number: u32, scheme: &str, code: u32| {
        let event = json!({
            "id": EventId::from_foreign(scheme, &number.to_string()), "kind": "party.classified",
            "subject": format!("C-{number}"), "occurred_at": "2025-06-01T12:00:00Z",
            "data": {"scheme": scheme, "scheme_version": 1, "code": format!("{code}")},
        });
        Event::from_json(&event).expect("a sound event")
    };
    let parted = (0..900).flat_map(|number| {
        [classed(number, "need", number % 3), classed(number, "industry", number % 5)]
    });
    let events: Vec<_> = (0..9_000).map(bought).chain(parted).collect();
    for batch in events.chunks(500) {
        ledger.append(batch.to_vec(), &[]).await.expect("appended");
    }
    ledger.rebuild(None, &|_| {}).await.expect("built");
    // Some states beside those of the generation.
    ledger.append(vec![bought(20_000), bought(20_001)], &[]).await.expect("appended");
    let now = ledger.as_of_now();
    ledger.close().await.expect("closed");

    let past = AsOf::instant("2025-07-01T00:00:00Z".parse().expect("a time"));
    let schemes = ["need", "industry"].map(|scheme| Code::new(scheme).expect("a code"));
    let mut expected = None;
    for threads in [1, 2, 7] {
        let ledger = open(directory.path(), Options::new().threads(threads)).await;
        let mut shown = String::new();
        for projection in ledger.projections() {
            for as_of in [now, past] {
                let all = ledger.population_json(projection, as_of).await.expect("a report");
                let each = ledger.views_json(projection, as_of).await.expect("views").value;
                assert_eq!(each.len() == 3001, as_of == now, "in July some had not come yet");
                assert!(each.is_sorted_by(|(one, _), (next, _)| one < next), "in the order of ids");
                let rows = each.iter().map(|(customer, view)| format!("{customer} {view}\n"));
                shown.extend([all.value.to_string()].into_iter().chain(rows));
            }
        }
        let in_classes = ledger.classes(&schemes, now).await.expect("classes");
        let crossed = {
            let states = ledger.customer_states::<Loyalty>(now);
            states.population_by_class(&in_classes, None).await.expect("groups").value
        };
        let groups = crossed.groups;
        assert_eq!(groups.len(), 16, "three by five, and those without either");
        assert_eq!(crossed.all.customers, 3001, "all are counted beside the groups");
        let customers: u64 = groups.values().map(|group| group.customers).sum();
        assert_eq!(customers, 3001, "every customer is in one group");
        for (classes, group) in groups {
            writeln!(shown, "{classes:?} {}", json!(*group)).expect("grows");
        }
        ledger.close().await.expect("closed");
        assert_eq!(*expected.get_or_insert(shown.clone()), shown, "{threads} threads");
    }
}

/// Counts events of the kind `x.ticket`; a strict one reads only those with a number in them.
struct Tickets {
    strict: bool,
}

impl Projection for Tickets {
    type State = u64;
    type View = u64;
    type Population = u64;
    type Rules = ();
    const ID: &'static str = "tickets";
    const VERSION: u32 = 1;
    const BUILT_IN_RULES: &'static str = "";

    fn parse_rules(_text: &str) -> Result<(), RulesetError> {
        Ok(())
    }

    fn check(&self, event: &RecordedEvent) -> Result<(), String> {
        match event.event.payload() {
            Payload::Custom(custom) if self.strict && !custom.data.value().is_number() => {
                Err("expected a number".to_owned())
            }
            _ => Ok(()),
        }
    }

    fn apply(&self, state: &mut u64, event: &RecordedEvent) {
        *state += u64::from(matches!(event.event.payload(), Payload::Custom(_)));
    }

    fn view(&self, state: &u64, _context: &ViewContext<'_, ()>) -> u64 {
        *state
    }

    fn population(&self, customers: &[&(PartyId, u64)], _context: &ViewContext<'_, ()>) -> u64 {
        customers.iter().map(|(_, tickets)| tickets).sum()
    }
}

fn ticket(id: u32, data: &str) -> Event {
    let envelope = Envelope::new(
        EventId::from_foreign("test", &id.to_string()),
        StreamId::party("C-1").expect("a party"),
        "2026-03-03T09:30:00Z".parse().expect("a time"),
    );
    let kind = CustomKind::new("x.ticket").expect("a kind");
    let custom = Custom { kind, data: JsonText::new(data).expect("JSON") };
    Event::new(envelope, Payload::Custom(custom)).expect("a sound event")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_event_is_parked_with_its_reason_and_comes_back_on_demand() {
    let directory = tempfile::tempdir().expect("a directory");
    let strict = |strict| Options::new().projection(move |_| Tickets { strict });
    let ledger = Annals::create(directory.path().join("ledger"), Zone::utc(), strict(true))
        .await
        .expect("a ledger");
    for event in [ticket(1, "1"), ticket(2, "\"two\""), ticket(3, "3")] {
        ledger.record(event).await.expect("recorded");
    }
    let now = ledger.as_of_now();
    assert_eq!(ledger.population::<Tickets>(now).await.expect("a report").value, 2);
    let parked = ledger.parked("tickets").expect("parked");
    assert_eq!(parked.len(), 1);
    assert_eq!((parked[0].position, &*parked[0].why), (Position::new(4), "expected a number"));
    assert_eq!(ledger.retry_parked().await.expect("tried"), 1, "it still cannot be read");
    let status = ledger.status().await.expect("a status");
    let tickets = status
        .projections
        .iter()
        .find(|projection| projection.id == "tickets")
        .expect("its status");
    assert_eq!((tickets.lag, tickets.parked), (0, 1));
    ledger.close().await.expect("closed");

    let ledger = open(directory.path(), strict(false)).await;
    assert_eq!(ledger.retry_parked().await.expect("tried"), 0);
    assert_eq!(ledger.population::<Tickets>(now).await.expect("a report").value, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_reads_on_from_its_cursor_and_a_follower_keeps_states_at_the_head() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = create(directory.path()).await;
    ledger.close().await.expect("closed");
    let ledger = open(directory.path(), Options::new().live()).await;
    let mut events = ledger.subscribe(Position::new(3));
    for id in 0..20 {
        ledger.record(purchase(id, "1.00")).await.expect("recorded");
        let position = events.next().await.expect("an event").expect("readable").position;
        assert_eq!(position, Position::new(3 + u64::from(id)));
        ledger.move_cursor("mailer", position.plus(1)).expect("moved");
    }
    ledger.catch_up().await.expect("caught up");
    assert!(
        ledger
            .status()
            .await
            .expect("a status")
            .projections
            .iter()
            .all(|projection| projection.lag == 0)
    );
    drop(events);
    ledger.close().await.expect("closed");
    let ledger = open(directory.path(), Options::new()).await;
    assert_eq!(ledger.cursor("mailer").expect("a cursor"), Position::new(23));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correction_must_point_at_an_event_of_its_party_and_leave_it_possible() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = create(directory.path()).await;
    ledger.record(purchase(1, "10.00")).await.expect("recorded");
    let correct = |id: u32, target: EventId, field: &str, value: Value| {
        event(
            id,
            "correction.recorded",
            json!({"target": target, "field": field, "value": value, "reason": "misread"}),
        )
    };
    let target = purchase(1, "10.00").id();
    let unknown =
        correct(2, EventId::from_foreign("test", "99"), "data.total.amount", json!("9.00"));
    assert!(matches!(ledger.record(unknown).await, Err(AnnalsError::NoTarget { .. })));
    for (field, value) in [
        ("data.total.amount", json!("9.001")),
        ("data.total.amount", json!("-9.00")),
        ("data.nothing", json!(1)),
        ("subject", json!("C-2")),
    ] {
        let refused = ledger.record(correct(3, target, field, value)).await;
        assert!(matches!(refused, Err(AnnalsError::RefusedEvent { .. })), "{field}: {refused:?}");
    }
    ledger.record(correct(4, target, "data.total.amount", json!("9.00"))).await.expect("recorded");
    let now = ledger.as_of_now();
    let shown = ledger.population_json("loyalty", now).await.expect("a report").value;
    assert_eq!(shown["concentration"]["revenue"], "9.00");
}
