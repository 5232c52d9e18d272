//! A ledger opened for reading only: nothing of it is written, whatever is asked; it may have been
//! closed or killed; readers stand beside each other and writers alone.

use annals::events::{Event, EventId, PartyId, Position, Zone};
use annals::log::{AppendError, Direction, Filter, PositionRange};
use annals::loyalty::Loyalty;
use annals::{Annals, AnnalsError, ErrorKind, Options};
use annals_testkit::copy_directory;
use futures::TryStreamExt as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

fn purchase(number: u32) -> Event {
    let id = EventId::from_foreign("test", &number.to_string());
    let customer = format!("C-{}", number % 5);
    let event = json!({
        "id": id, "kind": "purchase.completed", "subject": customer,
        "occurred_at": format!("2026-03-{:02}T09:30:00+08:00", 1 + number % 20),
        "data": {"total": {"amount": "10.00", "currency": "EUR"}},
    });
    Event::from_json(&event).expect("a sound event")
}

fn complaint(number: u32) -> Event {
    let id = EventId::from_foreign("test", &number.to_string());
    let event = json!({
        "id": id, "kind": "complaint.received", "subject": "C-1",
        "occurred_at": "2026-03-03T09:30:00+08:00",
        "data": {"complaint": "X-1", "category": "goods", "description": "it smelled"},
    });
    Event::from_json(&event).expect("a sound event")
}

/// A ledger of sealed files, an open volume and saved views.
async fn make(directory: &Path) -> Annals {
    let options = Options::new().open_volume_events_max(40);
    let ledger = Annals::create(directory, Zone::utc(), options).await.expect("a ledger");
    for number in 0..60 {
        ledger.record(purchase(number)).await.expect("recorded");
    }
    ledger.record(complaint(60)).await.expect("recorded");
    ledger.catch_up().await.expect("caught up");
    ledger
}

type Tree = BTreeMap<PathBuf, (Option<Vec<u8>>, SystemTime)>;

/// Everything below a directory: names, bytes, times of change.
fn tree(directory: &Path, into: &mut Tree) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        let changed = fs::metadata(&path).and_then(|file| file.modified()).expect("a time");
        if path.is_dir() {
            tree(&path, into);
            into.insert(path, (None, changed));
        } else {
            let bytes = fs::read(&path).expect("a file");
            into.insert(path, (Some(bytes), changed));
        }
    }
}

fn all_of(directory: &Path) -> Tree {
    let mut all = Tree::new();
    tree(directory, &mut all);
    all
}

fn forbid_writing(directory: &Path, forbidden: bool) {
    for path in all_of(directory).into_keys().chain([directory.to_owned()]) {
        let mut permissions = fs::metadata(&path).expect("there").permissions();
        permissions.set_readonly(forbidden);
        fs::set_permissions(&path, permissions).expect("set");
    }
}

async fn events(ledger: &Annals) -> Vec<Value> {
    let read = ledger.log().read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
    read.map_ok(|recorded| ledger.to_json(&recorded.event)).try_collect().await.expect("readable")
}

async fn figures(ledger: &Annals) -> Vec<Value> {
    let as_of = ledger.as_of_now();
    let mut figures = Vec::new();
    for projection in ledger.projections() {
        let shown = ledger.views_json(projection, as_of).await.expect("views");
        figures.extend(shown.value.into_iter().map(|(_, view)| view));
        figures.push(ledger.population_json(projection, as_of).await.expect("a report").value);
    }
    figures
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_ledger_is_read_without_writing_a_byte() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger_dir = directory.path().join("ledger");
    let ledger = make(&ledger_dir).await;
    let (expected, figured) = (events(&ledger).await, figures(&ledger).await);
    assert!(expected.iter().any(|event| event["data"]["description"] == "it smelled"));
    ledger.close().await.expect("closed");
    // What stands behind the saved views is folded anew, and not saved.
    for views in [true, false] {
        if !views {
            fs::remove_dir_all(ledger_dir.join("views")).expect("removed");
        }
        let before = all_of(&ledger_dir);
        forbid_writing(&ledger_dir, true);
        let ledger = Annals::open_read_only(&ledger_dir, Options::new()).await.expect("open");
        assert_eq!(ledger.damage(), None);
        assert_eq!(events(&ledger).await, expected);
        assert_eq!(figures(&ledger).await, figured);
        assert_eq!(ledger.verify().await.expect("verified").damage, None);
        let customer = ledger.customer("C-1", ledger.as_of_now()).await.expect("a customer");
        assert!(ledger.view::<Loyalty>(&customer, ledger.as_of_now()).await.is_ok());
        assert_eq!(ledger.status().await.expect("a status").events, expected.len() as u64);
        assert_eq!(ledger.cursor("somebody").expect("a cursor"), Position::START);
        ledger.close().await.expect("closed");
        assert_eq!(annals::verify_directory(&ledger_dir).expect("verified").damage, None);
        forbid_writing(&ledger_dir, false);
        assert!(all_of(&ledger_dir) == before, "something was written");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_was_killed_is_read_as_it_stood() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger = make(&directory.path().join("ledger")).await;
    let (expected, figured) = (events(&ledger).await, figures(&ledger).await);
    // What a kill leaves: the files as they are, nobody holding the lock, HEAD behind the log.
    let killed = directory.path().join("killed");
    copy_directory(ledger.directory(), &killed).expect("a copy");
    ledger.close().await.expect("closed");
    let before = all_of(&killed);
    let ledger = Annals::open_read_only(&killed, Options::new()).await.expect("open");
    assert_eq!(events(&ledger).await, expected);
    assert_eq!(figures(&ledger).await, figured);
    ledger.close().await.expect("closed");
    assert!(all_of(&killed) == before, "something was written");
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_stand_beside_each_other_and_a_writer_alone() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger_dir = directory.path().join("ledger");
    let writer = make(&ledger_dir).await;
    let in_use = |opened: Result<Annals, AnnalsError>| {
        let error = opened.err().expect("refused");
        assert_eq!(error.kind(), ErrorKind::InUse, "{error}");
    };
    let read_only = || Annals::open_read_only(&ledger_dir, Options::new());
    in_use(read_only().await);
    writer.close().await.expect("closed");
    let (one, two) = (read_only().await.expect("open"), read_only().await.expect("open beside"));
    in_use(Annals::open(&ledger_dir, Options::new()).await);
    one.close().await.expect("closed");
    in_use(Annals::open(&ledger_dir, Options::new()).await);
    assert_eq!(events(&two).await.len(), 64);
    drop(two);
    let writer = Annals::open(&ledger_dir, Options::new()).await.expect("open for writing");
    writer.close().await.expect("closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_writes_is_refused_and_says_why() {
    let directory = tempfile::tempdir().expect("a directory");
    let ledger_dir = directory.path().join("ledger");
    make(&ledger_dir).await.close().await.expect("closed");
    let before = all_of(&ledger_dir);
    let ledger = Annals::open_read_only(&ledger_dir, Options::new()).await.expect("open");
    let party = PartyId::new("C-1").expect("a party");
    let basis = annals::events::Code::new("gdpr-17").expect("a code");
    let refusals = [
        ledger.record(purchase(100)).await.err(),
        ledger.record(complaint(101)).await.err(),
        ledger.erase(&party, basis).await.err(),
        ledger.seal().await.err(),
        ledger.rebuild(None, &|_| {}).await.err(),
        ledger.move_cursor("somebody", Position::new(3)).err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Some(AnnalsError::ReadOnly)), "{refusal:?}");
    }
    let append = annals::log::Append::new(&[purchase(102)]).expect("an append");
    let refused = ledger.log().append(append).await;
    assert!(matches!(refused, Err(AppendError::ReadOnly)), "{refused:?}");
    ledger.close().await.expect("closed");
    assert!(all_of(&ledger_dir) == before, "something was written");
}
