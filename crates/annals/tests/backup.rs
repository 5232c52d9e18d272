//! Backups: what one holds, what the next one copies, what a restore refuses, and what a kill
//! leaves of either.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

use annals::events::{Event, EventId, Position, Zone};
use annals::log::{Append, Direction, Filter, PositionRange};
use annals::vault::Opened;
use annals::{Annals, AnnalsError, BackupError, ErrorKind, MasterKey, Options, restore};
use annals::{master_key_file, verify_directory};
use annals_testkit::copy_directory;
use futures::StreamExt as _;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const DIR: &str = "ANNALS_BACKUP_TEST_DIR";
const WHAT: &str = "ANNALS_BACKUP_TEST_WHAT";

fn purchase(number: u64) -> Event {
    let event = json!({
        "id": EventId::from_foreign("test", &number.to_string()),
        "kind": "purchase.completed",
        "subject": format!("C-{}", number % 7),
        "occurred_at": "2026-03-03T09:30:00+08:00",
        "data": {"total": {"amount": format!("{number}.00"), "currency": "EUR"}},
    });
    Event::from_json(&event).unwrap()
}

fn complaint() -> Event {
    let event = json!({
        "id": EventId::from_foreign("test", "complaint"),
        "kind": "complaint.received",
        "subject": "C-1",
        "occurred_at": "2026-03-03T09:30:00+08:00",
        "data": {"complaint": "X-1", "category": "goods", "description": "elderberries"},
    });
    Event::from_json(&event).unwrap()
}

/// With volumes of thirty events, so that there are sealed ones.
fn options() -> Options {
    Options::new().open_volume_events_max(30)
}

async fn create(directory: &Path) -> Annals {
    Annals::create(directory, Zone::utc(), options()).await.unwrap()
}

async fn append(ledger: &Annals, numbers: std::ops::Range<u64>) {
    let events: Vec<_> = numbers.map(purchase).collect();
    for some in events.chunks(7) {
        ledger.log().append(Append::new(some).unwrap()).await.unwrap();
    }
}

async fn read_all(ledger: &Annals) -> Vec<annals::events::RecordedEvent> {
    let events = ledger.log().read(PositionRange::ALL, &Filter::all(), Direction::Forwards);
    events.map(Result::unwrap).collect().await
}

/// Name and time of change of every volume of a backup.
fn volumes(backup: &Path) -> BTreeMap<PathBuf, std::time::SystemTime> {
    let entries = fs::read_dir(backup.join("volumes")).unwrap().map(Result::unwrap);
    entries.map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap())).collect()
}

fn refused(result: Result<impl std::fmt::Debug, AnnalsError>) -> BackupError {
    match result {
        Err(AnnalsError::Backup(error)) => error,
        other => panic!("expected a refusal, came {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_while_appends_run_holds_every_event_up_to_its_head_and_none_behind() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = create(&dir.path().join("ledger")).await;
    let writing = {
        let ledger = ledger.clone();
        tokio::spawn(async move { append(&ledger, 0..700).await })
    };
    let mut backups = Vec::new();
    let backup_dir = dir.path().join("backup");
    while !writing.is_finished() || backups.is_empty() {
        let made = ledger.backup(&backup_dir).await.unwrap();
        let restored_dir = dir.path().join(format!("restored-{}", backups.len()));
        let restored = restore(&backup_dir, &restored_dir).unwrap();
        assert_eq!(restored.head, made.head);
        backups.push((made, restored_dir));
    }
    writing.await.unwrap();
    let all = read_all(&ledger).await;
    let mut size = 0;
    for (made, restored_dir) in &backups {
        assert!(made.head.next.get() >= size, "the head never moves back");
        size = made.head.next.get();
        let report = verify_directory(restored_dir).unwrap();
        assert_eq!((report.damage, report.events, report.root), (None, size, made.head.root));
        let restored = Annals::open(restored_dir, options()).await.unwrap();
        let events = read_all(&restored).await;
        assert_eq!(events, all[..usize::try_from(size).unwrap()]);
        restored.close().await.unwrap();
    }
    ledger.close().await.unwrap();
}

#[tokio::test]
async fn a_restored_ledger_goes_on_where_the_backup_ends_with_the_same_figures() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = create(&dir.path().join("ledger")).await;
    append(&ledger, 0..100).await;
    ledger.move_cursor("mailer", Position::new(42)).unwrap();
    ledger.backup(dir.path().join("backup")).await.unwrap();
    append(&ledger, 100..150).await;

    restore(&dir.path().join("backup"), &dir.path().join("restored")).unwrap();
    let restored = Annals::open(dir.path().join("restored"), options()).await.unwrap();
    assert_eq!(restored.description(), ledger.description());
    assert_eq!(restored.cursor("mailer").unwrap(), Position::new(42));
    append(&restored, 90..150).await;
    let (head, before) = (restored.log().head().await.unwrap(), ledger.log().head().await.unwrap());
    assert_eq!(head.next, before.next, "what was there already is not appended again");
    let as_of = ledger.as_of_now();
    for customer in ["C-0", "C-3"] {
        let (here, there) = (
            ledger.customer(customer, as_of).await.unwrap(),
            restored.customer(customer, as_of).await.unwrap(),
        );
        let here = ledger.view::<annals::loyalty::Loyalty>(&here, as_of).await.unwrap();
        let there = restored.view::<annals::loyalty::Loyalty>(&there, as_of).await.unwrap();
        assert_eq!(here.value.occasions, there.value.occasions);
        assert_eq!(here.value.profitability, there.value.profitability);
    }
    restored.close().await.unwrap();
    ledger.close().await.unwrap();
}

#[tokio::test]
async fn the_next_backup_copies_what_was_sealed_since_and_the_rest_and_touches_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = create(&dir.path().join("ledger")).await;
    let backup = dir.path().join("backup");
    append(&ledger, 0..100).await;
    ledger.seal().await.unwrap();
    append(&ledger, 100..110).await;
    let first = ledger.backup(&backup).await.unwrap();
    assert_eq!(first.volumes, first.volumes_new);
    let before = volumes(&backup);
    let again = ledger.backup(&backup).await.unwrap();
    assert_eq!((again.volumes_new, again.bytes_new), (0, 0), "nothing is new");
    assert_eq!(volumes(&backup), before);

    append(&ledger, 110..220).await;
    ledger.seal().await.unwrap();
    append(&ledger, 220..225).await;
    let second = ledger.backup(&backup).await.unwrap();
    let after = volumes(&backup);
    assert_eq!(after.len() as u64, second.volumes);
    assert_eq!(second.volumes - second.volumes_new, first.volumes - 1, "all but the open part");
    let kept = before.iter().filter(|(name, time)| after.get(*name) == Some(time)).count();
    assert_eq!(kept as u64, first.volumes - 1);
    let restored = restore(&backup, &dir.path().join("restored")).unwrap();
    assert_eq!(restored.head, ledger.log().head().await.unwrap());
    ledger.close().await.unwrap();
}

async fn opened(ledger: &Annals) -> Vec<Opened> {
    let event = ledger.event(complaint().id()).await.unwrap().unwrap();
    ledger.open_fields(&event).into_iter().map(|(_, opened)| opened).collect()
}

#[tokio::test]
async fn keys_are_in_a_backup_only_when_asked_for_and_the_master_key_never() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = create(&dir.path().join("ledger")).await;
    ledger.record(complaint()).await.unwrap();
    let (without, with) = (dir.path().join("without"), dir.path().join("with"));
    assert!(!ledger.backup(&without).await.unwrap().has_vault);
    assert!(ledger.backup_with_vault(&with).await.unwrap().has_vault);
    let master_key = fs::read(master_key_file(ledger.directory())).unwrap();
    ledger.close().await.unwrap();
    for entry in fs::read_dir(with.join("files")).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(master_key.len()).any(|window| window == master_key));
    }
    assert_eq!(fs::read_dir(without.join("files")).unwrap().count(), 0);

    let key = MasterKey::File(master_key_file(&dir.path().join("ledger")));
    let (open, locked) = (dir.path().join("open"), dir.path().join("locked"));
    assert!(restore(&with, &open).unwrap().has_vault);
    assert!(!restore(&without, &locked).unwrap().has_vault);
    let open = Annals::open(&open, options().master_key(key)).await.unwrap();
    assert_eq!(opened(&open).await, [Opened::Text("elderberries".to_owned())]);
    open.close().await.unwrap();
    let locked = Annals::open(&locked, options()).await.unwrap();
    assert_eq!(opened(&locked).await, [Opened::Locked]);
    append(&locked, 0..5).await;
    locked.close().await.unwrap();
    // The vault may be put in its place later.
    copy_directory(&dir.path().join("ledger/vault"), &dir.path().join("locked/vault"))
        .expect("a copy");
    let unlocked = Annals::open(dir.path().join("locked"), options()).await.unwrap();
    assert_eq!(opened(&unlocked).await, [Opened::Text("elderberries".to_owned())]);
    unlocked.close().await.unwrap();
}

#[tokio::test]
async fn a_backup_goes_into_no_other_ledgers_backup_and_a_restore_over_no_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, backup) = (dir.path().join("ledger"), dir.path().join("backup"));
    let one = create(&ledger).await;
    let other = create(&dir.path().join("other")).await;
    one.backup(&backup).await.unwrap();
    let came = refused(other.backup(&backup).await);
    assert!(matches!(came, BackupError::OtherLedger { .. }), "{came}");
    let came = refused(one.backup(other.directory()).await);
    assert!(matches!(came, BackupError::Foreign(_)), "{came}");
    let held = fs::File::open(backup.join("lock")).unwrap();
    held.lock().unwrap();
    for came in [refused(one.backup(&backup).await), refused(restore(&backup, &ledger))] {
        assert!(matches!(came, BackupError::Busy(_)), "{came}");
    }
    drop(held);

    one.close().await.unwrap();
    other.close().await.unwrap();
    let came = restore(&backup, &ledger);
    assert!(matches!(came, Err(AnnalsError::Exists(_))), "{came:?}");
    let came = restore(&backup, dir.path());
    assert!(matches!(came, Err(AnnalsError::Foreign(_))), "{came:?}");
    let nowhere = dir.path().join("nowhere");
    let came = restore(&nowhere, &dir.path().join("restored")).unwrap_err();
    assert_eq!(came.kind(), ErrorKind::NotFound);
    assert!(!dir.path().join("restored").exists());
}

#[tokio::test]
async fn a_backup_with_a_changed_byte_or_a_file_missing_makes_no_ledger() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = create(&dir.path().join("ledger")).await;
    append(&ledger, 0..70).await;
    ledger.seal().await.unwrap();
    append(&ledger, 70..90).await;
    ledger.record(complaint()).await.unwrap();
    let whole = dir.path().join("backup");
    ledger.backup_with_vault(&whole).await.unwrap();
    ledger.close().await.unwrap();
    let mut files = vec![PathBuf::from("backup.toml")];
    for part in ["volumes", "files"] {
        let entries = fs::read_dir(whole.join(part)).unwrap();
        files.extend(entries.map(|entry| Path::new(part).join(entry.unwrap().file_name())));
    }
    assert!(files.len() > 5, "{files:?}");
    for (turn, file) in files.iter().enumerate() {
        let bytes = fs::read(whole.join(file)).unwrap();
        for step in 0..=8 {
            let place = tempfile::tempdir().unwrap();
            let (backup, target) = (place.path().join("backup"), place.path().join("ledger"));
            copy_directory(&whole, &backup).expect("a copy");
            if step == 8 {
                fs::remove_file(backup.join(file)).unwrap();
            } else {
                let mut changed = bytes.clone();
                changed[(bytes.len() - 1) * step / 7] ^= 1 << ((turn + step) % 8);
                fs::write(backup.join(file), changed).unwrap();
            }
            let case = format!("{} step {step}", file.display());
            let error = restore(&backup, &target).expect_err(&case);
            assert!(!error.to_string().is_empty(), "{case}");
            assert!(Annals::open(&target, options()).await.is_err(), "{case}");
        }
    }
}

/// What a kill leaves between two steps of a backup is put together here step by step, and each
/// time the former backup restores, or there is none, and a rerun is whole.
#[tokio::test]
async fn what_a_kill_leaves_between_two_steps_of_a_backup_is_the_former_one_and_a_rerun_is_whole() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = create(&dir.path().join("ledger")).await;
    append(&ledger, 0..70).await;
    let former = dir.path().join("former");
    let former_head = ledger.backup_with_vault(&former).await.unwrap().head;
    append(&ledger, 70..140).await;
    ledger.record(complaint()).await.unwrap();
    ledger.seal().await.unwrap();
    append(&ledger, 140..145).await;
    let later = dir.path().join("later");
    copy_directory(&former, &later).expect("a copy");
    let head = ledger.backup_with_vault(&later).await.unwrap().head;
    let mut new: Vec<_> = volumes(&later).into_keys().collect();
    let files = fs::read_dir(later.join("files")).unwrap();
    new.extend(files.map(|entry| entry.unwrap().path()));
    let new: Vec<_> = new.iter().map(|path| path.strip_prefix(&later).unwrap()).collect();

    for begun in [None, Some(&former)] {
        // Copied so far: 0, 1, 2 ... files, the last one half; then all, and the manifest half.
        for steps in 0..=new.len() {
            let place = tempfile::tempdir().unwrap();
            let backup = place.path().join("backup");
            match begun {
                Some(former) => copy_directory(former, &backup).expect("a copy"),
                None => fs::create_dir_all(backup.join("volumes")).unwrap(),
            }
            fs::create_dir_all(backup.join("files")).unwrap();
            for path in &new[..steps] {
                fs::copy(later.join(path), backup.join(path)).unwrap();
            }
            let (unfinished, whole) = match new.get(steps) {
                Some(path) => (backup.join(path).with_extension("tmp"), later.join(path)),
                None => (backup.join("backup.tmp"), later.join("backup.toml")),
            };
            let bytes = fs::read(whole).unwrap();
            fs::write(unfinished, &bytes[..bytes.len() / 2]).unwrap();

            let came = restore(&backup, &place.path().join("restored"));
            match begun {
                Some(_) => assert_eq!(came.unwrap().head, former_head),
                None => assert!(matches!(refused(came), BackupError::None(_))),
            }
            let made = ledger.backup_with_vault(&backup).await.unwrap();
            assert_eq!(made.head, head);
            let restored = restore(&backup, &place.path().join("again")).unwrap();
            assert_eq!(restored.head, head);
            assert_eq!(volumes(&backup).len() as u64, made.volumes, "nothing else is left");
        }
    }
    // Between the manifest and the removal of what it does not name.
    for (path, _) in volumes(&former) {
        let target = later.join("volumes").join(path.file_name().unwrap());
        fs::copy(path, target).unwrap();
    }
    assert_eq!(restore(&later, &dir.path().join("restored")).unwrap().head, head);
    let made = ledger.backup_with_vault(&later).await.unwrap();
    assert_eq!(volumes(&later).len() as u64, made.volumes);
    ledger.close().await.unwrap();
}

/// Says something to the parent, whole or not at all.
fn say(line: &str) {
    std::io::stdout().write_all(format!("\n{line}\n").as_bytes()).unwrap();
}

/// Not a test but the child, which backs up or restores until it is killed.
#[test]
fn child() {
    let (Ok(dir), Ok(what)) = (std::env::var(DIR), std::env::var(WHAT)) else { return };
    let dir = Path::new(&dir);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    if what == "restore" {
        for number in 0.. {
            let directory = dir.join(format!("restored-{number}"));
            say("tick");
            if !directory.join("ledger.toml").exists() {
                restore(&dir.join("backup"), &directory).unwrap();
            }
        }
    }
    runtime.block_on(async {
        let options = Options::new().open_volume_events_max(200);
        let ledger = Annals::open(dir.join("ledger"), options).await.unwrap();
        let first = ledger.log().head().await.unwrap().next.get();
        let writing = {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                for number in first.. {
                    let event = Append::new(&[purchase(number)]).unwrap();
                    ledger.log().append(event).await.unwrap();
                    say("tick");
                }
            })
        };
        loop {
            let made = ledger.backup(dir.join("backup")).await.unwrap();
            say(&format!("made {}", made.head.next));
            if writing.is_finished() {
                return;
            }
        }
    });
}

/// Runs the child, kills it after so many ticks, and gives the head of the last backup it made.
fn run_and_kill(dir: &Path, what: &str, ticks: usize) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(DIR, dir)
        .env(WHAT, what)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut seen, mut made, mut killed) = (0, 0, false);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        seen += usize::from(line == "tick");
        if let Some(head) = line.strip_prefix("made ") {
            made = head.parse().unwrap();
        }
        if !killed && seen >= ticks {
            child.kill().unwrap();
            killed = true;
        }
    }
    let status = child.wait().unwrap();
    assert!(killed, "the child ended by itself: {status}");
    made
}

fn kills() -> usize {
    let asked = std::env::var("ANNALS_CRASH_KILLS").ok();
    asked.and_then(|kills| kills.parse().ok()).unwrap_or(12)
}

#[tokio::test]
async fn a_killed_backup_leaves_the_former_one_and_a_killed_restore_can_be_run_again() {
    let dir = tempfile::tempdir().unwrap();
    create(&dir.path().join("ledger")).await.close().await.unwrap();
    let mut made = 0;
    for round in 0..kills() {
        made = made.max(run_and_kill(dir.path(), "backup", round * 29 % 83 + 1));
        let restored_dir = dir.path().join("restored");
        match restore(&dir.path().join("backup"), &restored_dir) {
            Ok(restored) => {
                assert!(restored.head.next.get() >= made, "round {round}: {made} events were in");
                let report = verify_directory(&restored_dir).unwrap();
                assert_eq!((report.damage, report.root), (None, restored.head.root));
                fs::remove_dir_all(&restored_dir).unwrap();
            }
            Err(AnnalsError::Backup(BackupError::None(_))) => assert_eq!(made, 0),
            Err(error) => panic!("round {round}: {error}"),
        }
    }
    assert!(made > 0, "no child came to a backup");
    for round in 0..kills() {
        run_and_kill(dir.path(), "restore", round % 2 + 1);
        let mut unfinished = 0;
        for number in 0.. {
            let directory = dir.path().join(format!("restored-{number}"));
            if !directory.exists() {
                break;
            }
            if !directory.join("ledger.toml").exists() {
                let opened = Annals::open(&directory, options()).await.map(|_| ());
                assert!(opened.is_err(), "round {round}: an unfinished restore was opened");
                restore(&dir.path().join("backup"), &directory).unwrap();
                unfinished += 1;
            }
            let report = verify_directory(&directory).unwrap();
            assert_eq!(report.damage, None, "round {round}");
            fs::remove_dir_all(&directory).unwrap();
        }
        assert!(unfinished <= 1, "round {round}");
    }
}
