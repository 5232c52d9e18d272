//! Damage of every kind to every file of a ledger: bits flipped, bytes zeroed, files cut off and
//! taken away.
//!
//! Goal: no damage makes a panic, a wrong event, a wrong figure or a log that is short without
//! saying so. What is primary is named, by verification and by opening; what is derived is made
//! anew. Method: one small ledger with all sorts of files; each file is damaged in place, then the
//! ledger is verified and read, which writes nothing, and put right again; for some of the damages
//! a copy is opened for writing too. `ANNALS_DAMAGES` asks for more places in each file.

#![expect(clippy::indexing_slicing, reason = "a test may fail by panicking")]

use annals::events::{Event, EventId, Instant, Position, RecordedEvent, Zone};
use annals::log::{Clock, Direction, Filter, PositionRange};
use annals::{Annals, AnnalsError, Damage, Options, VerifyReport, verify_directory};
use annals_testkit::copy_directory;
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

struct Noon;

impl Clock for Noon {
    fn now(&self) -> Instant {
        Instant::from_unix_seconds(1_780_000_000)
    }
}

fn options() -> Options {
    Options::new().clock(Arc::new(Noon)).open_volume_events_max(20)
}

#[expect(clippy::needless_pass_by_value, reason = "json! makes values to give away")]
fn event(number: u32, kind: &str, data: Value) -> Event {
    let event = json!({
        "id": EventId::from_foreign("test", &number.to_string()), "kind": kind,
        "subject": format!("C-{}", number % 9),
        "occurred_at": format!("2026-03-{:02}T09:30:00+08:00", 1 + number * 7 % 28),
        "data": data,
    });
    Event::from_json(&event).expect("a sound event")
}

fn event_of(number: u32) -> Event {
    let words = format!("parcel {number} smelled");
    let alias =
        json!({"id_type": "email", "value": format!("a{number}@x.org"), "assurance": "self"});
    match number % 8 {
        1 => event(
            number,
            "complaint.received",
            json!({"complaint": "X-1", "category": "goods", "description": words}),
        ),
        2 => event(number, "identity.declared", alias),
        _ => event(
            number,
            "purchase.completed",
            json!({"total": {"amount": "10.00", "currency": "EUR"}}),
        ),
    }
}

/// Everything that can be asked of a ledger, as it is when nothing is damaged.
#[derive(Clone, Debug, PartialEq)]
struct Answers {
    events: Vec<RecordedEvent>,
    personal: Vec<Value>,
    figures: Vec<Value>,
    description: String,
}

async fn make(directory: &Path) -> Answers {
    let ledger = Annals::create(directory, Zone::utc(), options()).await.expect("a ledger");
    for number in (0..115).step_by(5) {
        let some = (number..number + 5).map(event_of).collect();
        ledger.append(some, &[]).await.expect("recorded");
    }
    ledger.rebuild(None, &|_| {}).await.expect("rebuilt");
    ledger.seal().await.expect("sealed");
    for number in (115..130).step_by(5) {
        let some = (number..number + 5).map(event_of).collect();
        ledger.append(some, &[]).await.expect("recorded");
    }
    ledger.catch_up().await.expect("caught up");
    ledger.move_cursor("somebody", Position::new(7)).expect("moved");
    let answers = answers(&ledger).await.expect("answers");
    ledger.close().await.expect("closed");
    answers
}

/// The events, up to where the log says that it is damaged.
async fn events(ledger: &Annals) -> (Vec<RecordedEvent>, Option<AnnalsError>) {
    let mut read = ledger.log().read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
    let mut events = Vec::new();
    while let Some(event) = read.next().await {
        match event {
            Ok(event) => events.push(event),
            Err(error) => return (events, Some(error.into())),
        }
    }
    (events, None)
}

async fn answers(ledger: &Annals) -> Result<Answers, AnnalsError> {
    let (events, failure) = events(ledger).await;
    failure.map_or(Ok(()), Err)?;
    let personal = events.iter().map(|recorded| ledger.to_json(&recorded.event)).collect();
    let as_of = ledger.as_of_now();
    let mut figures = Vec::new();
    for projection in ledger.projections() {
        let shown = ledger.views_json(projection, as_of).await?;
        figures.extend(shown.value.into_iter().map(|(id, view)| json!([id, view])));
        figures.push(ledger.population_json(projection, as_of).await?.value);
    }
    let description = format!("{:?}", ledger.description());
    Ok(Answers { events, personal, figures, description })
}

fn files_below(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files_below(&path, into) } else { into.push(path) }
    }
}

/// What a file is to a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Any changed byte is named.
    Sealed,
    Head,
    /// What sled does not use may change.
    OpenVolume,
    Description,
    Vault,
    Cursor,
    /// Follows from the rest.
    Derived,
}

fn role(file: &Path) -> Role {
    let text = file.display().to_string();
    let is = |part: &str| text.contains(part);
    if is("ledger.toml") {
        Role::Description
    } else if is("/HEAD") {
        Role::Head
    } else if is(".sealed") {
        Role::Sealed
    } else if is(".open/") {
        Role::OpenVolume
    } else if is("/vault/") {
        Role::Vault
    } else if is(".cursor") {
        Role::Cursor
    } else {
        Role::Derived
    }
}

/// What is done to a file, in words and in bytes; `None` takes it away.
fn damages(bytes: &[u8], places: usize) -> Vec<(String, Option<Vec<u8>>)> {
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let mut damages = vec![("taken away".to_owned(), None)];
    for place in 0..places.min(used) {
        // Both ends, and places between them.
        let at = place * (used - 1) / (places.min(used) - 1).max(1);
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1 << (at % 8);
        damages.push((format!("bit {} of byte {at} flipped", at % 8), Some(flipped)));
        if place % 3 == 1 {
            let mut zeroed = bytes.to_vec();
            let end = bytes.len().min(at + 100);
            zeroed[at..end].fill(0);
            damages.push((format!("bytes {at} to {end} zeroed"), Some(zeroed)));
            damages.push((format!("cut off at {at}"), Some(bytes[..at].to_vec())));
        }
    }
    damages.retain(|(_, changed)| changed.as_deref() != Some(bytes));
    damages
}

struct Ledger {
    directory: PathBuf,
    answers: Answers,
    sound: VerifyReport,
}

impl Ledger {
    fn names(file: &Path, text: &str) -> bool {
        let name = file.file_name().expect("a name").to_str().expect("text");
        text.contains(name)
    }

    /// The events are those that were written, as far as the log says that it goes; the figures
    /// are right or there are none.
    async fn holds(&self, ledger: &Annals, role: Role, file: &Path, case: &str) -> bool {
        let (found, failure) = events(ledger).await;
        let expected = &self.answers.events;
        assert_eq!(Some(&found[..]), expected.get(..found.len()), "{case}: other events");
        let is_short = found.len() < expected.len();
        if let Some(failure) = &failure {
            assert!(Self::names(file, &failure.to_string()), "{case}: {failure}");
            return false;
        }
        if is_short || ledger.damage().is_some() {
            let damage = ledger.damage().unwrap_or_else(|| panic!("{case}: silently short"));
            self.names_it(damage, role, file, case);
            let head = ledger.log().head().await.expect("a head").next;
            assert_eq!(head.get(), found.len() as u64, "{case}");
            let answers = answers(ledger).await;
            assert!(answers.is_ok(), "{case}: {answers:?}");
            return false;
        }
        let answers = match answers(ledger).await {
            Ok(answers) => answers,
            // The tables of a sealed volume are read when they are first asked.
            Err(error) => {
                let names = role == Role::Sealed && Self::names(file, &error.to_string());
                assert!(names, "{case}: {error}");
                return false;
            }
        };
        assert_eq!(answers.figures, self.answers.figures, "{case}: other figures");
        assert_eq!(answers.description, self.answers.description, "{case}: another description");
        match ledger.customer("a10@x.org", ledger.as_of_now()).await {
            Ok(customer) => assert_eq!(customer.id.as_str(), "C-1", "{case}: somebody else"),
            Err(error) => {
                let names = role == Role::Sealed && Self::names(file, &error.to_string());
                assert!(names || role == Role::Vault, "{case}: {error}");
            }
        }
        for (found, expected) in answers.personal.iter().zip(&self.answers.personal) {
            let unread = found.to_string().contains("\"sealed\"");
            assert!(found == expected || role == Role::Vault && unread, "{case}: {found}");
        }
        true
    }

    fn names_it(&self, damage: &Damage, role: Role, file: &Path, case: &str) {
        let is_whole = self.sound.events == damage.position.get();
        let names = match role {
            Role::Head => damage.to_string().contains("HEAD"),
            Role::OpenVolume => damage.file.to_string_lossy().contains(".open/"),
            _ => Self::names(file, &damage.to_string()),
        };
        assert!(names && (!is_whole || role == Role::Head), "{case}: {damage}");
    }

    /// Verification names what is primary, and is not misled by the rest.
    fn verifies(&self, role: Role, file: &Path, case: &str) {
        match verify_directory(&self.directory) {
            Ok(report) => {
                let primary = matches!(role, Role::Sealed | Role::Head | Role::OpenVolume);
                if let Some(damage) = &report.damage {
                    assert!(primary, "{case}: {damage}");
                    self.names_it(damage, role, file, case);
                } else {
                    assert_eq!(report, self.sound, "{case}");
                    let unnoticed = matches!(role, Role::Sealed | Role::Head);
                    assert!(!unnoticed, "{case}: unnoticed");
                }
            }
            Err(error) => assert!(Self::names(file, &error.to_string()), "{case}: {error}"),
        }
    }

    async fn is_read(&self, role: Role, file: &Path, case: &str) {
        match Annals::open_read_only(&self.directory, options()).await {
            Ok(ledger) => {
                if role == Role::Cursor {
                    let position = ledger.cursor("somebody").unwrap_or(Position::START).get();
                    assert!(matches!(position, 7 | 0), "{case}: {position}");
                }
                self.holds(&ledger, role, file, case).await;
                ledger.close().await.expect("closed");
            }
            Err(error) => {
                let text = error.to_string();
                let named =
                    Self::names(file, &text) || role == Role::Vault && text.contains("vault");
                assert!(named, "{case}: {error}");
                let is_readable = matches!(role, Role::Derived | Role::Sealed | Role::OpenVolume);
                let is_newer = error.to_string().contains("newer");
                assert!(!is_readable || is_newer, "{case}: {error}");
            }
        }
    }

    /// A copy opened for writing answers rightly, and is sound when it is closed; or the damage is
    /// named.
    async fn is_opened(&self, role: Role, file: &Path, case: &str) {
        let place = tempfile::tempdir().expect("a directory");
        copy_directory(&self.directory, place.path()).expect("a copy");
        match Annals::open(place.path(), options()).await {
            Ok(ledger) => {
                let held = self.holds(&ledger, role, file, case).await;
                let closed = ledger.close().await;
                assert!(closed.is_ok(), "{case}: {closed:?}");
                if held && role != Role::Sealed {
                    let report = verify_directory(place.path()).expect("verified");
                    let is_sound = report == self.sound;
                    assert!(is_sound || role == Role::OpenVolume, "{case}: {report:?}");
                }
            }
            Err(error) => {
                let text = error.to_string();
                let named = Self::names(file, &text)
                    || role == Role::Vault && text.contains("vault")
                    || role == Role::Head && text.contains("HEAD")
                    || role == Role::OpenVolume && text.contains(".open");
                assert!(named, "{case}: {error}");
                assert_ne!(role, Role::Derived, "{case}: {error}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn damage_to_any_file_is_named_or_mended_and_never_answers_wrongly() {
    let places = std::env::var("ANNALS_DAMAGES").ok().and_then(|places| places.parse().ok());
    let places: Option<usize> = places;
    let place = tempfile::tempdir().expect("a directory");
    let directory = place.path().join("ledger");
    let answers = make(&directory).await;
    let sound = verify_directory(&directory).expect("verified");
    assert_eq!(sound.events, answers.events.len() as u64);
    let ledger = Ledger { directory, answers, sound };
    let mut files = Vec::new();
    files_below(&ledger.directory, &mut files);
    files.sort();
    files.retain(|file| !file.ends_with("log/lock"));
    let has = |end: &str| files.iter().any(|file| file.to_string_lossy().contains(end));
    for end in [".sealed", ".run", ".index", ".open/db", ".states", "changes/db", ".cursor"] {
        assert!(has(end), "the ledger has no {end}: {files:?}");
    }
    let mut tried = 0;
    for (number, file) in files.iter().enumerate() {
        let bytes = fs::read(file).expect("a file");
        let role = role(file);
        let mut all = damages(&bytes, places.unwrap_or(5));
        if places.is_none() {
            // Some of them, others for each file.
            let count = all.len();
            let mut turn = 0..;
            all.retain(|_| {
                turn.next().is_some_and(|turn| (turn + number) % count.div_ceil(3) == 0)
            });
        }
        for (turn, (what, changed)) in all.into_iter().enumerate() {
            let case = format!("{}: {what}", file.display());
            match &changed {
                Some(changed) => fs::write(file, changed).expect("written"),
                None => fs::remove_file(file).expect("removed"),
            }
            ledger.verifies(role, file, &case);
            ledger.is_read(role, file, &case).await;
            if (turn + number) % 4 == 0 {
                ledger.is_opened(role, file, &case).await;
            }
            tried += 1;
            fs::write(file, &bytes).expect("put back");
        }
    }
    assert!(tried >= 2 * files.len(), "only {tried} damages of {} files", files.len());
}
