//! Sealed volumes: a file with a changed byte is refused, with or without its checksums made right.

#![no_main]

use annals_events::{Event, EventId, PartyId, StreamId};
use annals_fuzz::{changed, event_of, mend, number_at, scratch};
use annals_log::{Append, EventLog as _};
use annals_sled::parts::read_sealed_volume;
use annals_sled::{Compression, SledLog, SledLogOptions};
use annals_testkit::sealed;
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A volume as it was sealed, and its records.
struct Sound {
    file: PathBuf,
    bytes: Vec<u8>,
    records: Vec<Vec<u8>>,
}

static PLAIN: LazyLock<Sound> = LazyLock::new(|| volume(Compression::None));
static PACKED: LazyLock<Sound> = LazyLock::new(|| volume(Compression::Lz4));

fn volume(compression: Compression) -> Sound {
    let directory = scratch();
    let options = SledLogOptions { compression, ..SledLogOptions::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let log = SledLog::open(&directory, options).expect("opened");
        for number in 0..400_u16 {
            log.append(Append::new(&[event(number)]).expect("an append")).await.expect("appended");
        }
        log.seal().await.expect("sealed");
        log.close().await.expect("closed");
    });
    let sealed = directory.join("log/000000000000.sealed");
    let bytes = fs::read(&sealed).expect("the volume was sealed");
    let records = read_sealed_volume(&sealed).expect("it is sound");
    assert_eq!(records.len(), 400);
    Sound { file: scratch().join("volume.sealed"), bytes, records }
}

fn event(number: u16) -> Event {
    let [low, high] = number.to_le_bytes();
    let like = event_of(&[low, high, 3, 1, low, 2, 9, high]);
    let mut envelope = like.envelope().clone();
    envelope.id = EventId::from_foreign("fuzz", &number.to_string());
    envelope.foreign_id = None;
    envelope.occurred_at = "2020-01-01T00:00:00Z".parse().expect("a time");
    envelope.occurred_until = None;
    envelope.stream = StreamId::Party(PartyId::new(&format!("C-{}", number % 90)).expect("an id"));
    sealed(Event::new(envelope, like.payload().clone()).unwrap_or_else(|_| plain(number)))
}

fn plain(number: u16) -> Event {
    let value = serde_json::json!({
        "id": EventId::from_foreign("fuzz", &number.to_string()).to_string(),
        "kind": "promise.kept", "subject": "C-1", "occurred_at": "2020-01-01T00:00:00Z",
        "data": {"promise": number.to_string()},
    });
    Event::from_json(&value).expect("an event")
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, edits)) = data.split_first() else { return };
    let sound: &Sound = if mode & 1 == 0 { &PLAIN } else { &PACKED };
    let mut bytes = changed(&sound.bytes, edits);
    if mode & 2 != 0 {
        mend_sections(&mut bytes);
    }
    let is_changed = bytes != sound.bytes;
    match read(&sound.file, &bytes) {
        Ok(records) => {
            assert_eq!(records, sound.records, "no other records have this root");
            assert!(!is_changed || mode & 2 != 0, "a changed byte goes unnoticed");
        }
        Err(why) => assert!(is_changed, "a sound volume is refused: {why}"),
    }
});

fn read(file: &Path, bytes: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    fs::write(file, bytes).expect("written");
    read_sealed_volume(file)
}

/// Makes the checksums right that stand in the table of groups, the footer and the trailer.
fn mend_sections(bytes: &mut [u8]) -> Option<()> {
    const SECTIONS: usize = 7;
    let trailer = bytes.len().checked_sub(16)?;
    let footer = trailer.checked_sub(number_at::<4>(bytes, trailer)?)?;
    let table = trailer.checked_sub(12 * SECTIONS)?;
    let mut start = 16_usize;
    let mut places = Vec::new();
    for section in 0..SECTIONS {
        let size = number_at::<8>(bytes, table + 12 * section)?;
        places.push(start..start.checked_add(size)?);
        start = start.checked_add(size)?;
    }
    let (groups, group_table) = (places[0].clone(), places[1].clone());
    let mut group = groups.start;
    for entry in group_table.clone().step_by(16) {
        let stored = number_at::<4>(bytes, entry)?;
        mend(bytes, group..group.checked_add(stored)?, entry + 12)?;
        group += stored;
    }
    for section in [1, 3, 5, 6] {
        mend(bytes, places[section].clone(), table + 12 * section + 8)?;
    }
    for page in places[4].clone().step_by(2044) {
        let end = places[4].end.min(page + 2044).checked_sub(4)?;
        mend(bytes, page..end, end)?;
    }
    let last_page = places[2].end.checked_sub(4)?;
    if places[2].len() < 4096 {
        mend(bytes, places[2].start..last_page, last_page)?;
    }
    let header = crc32c::crc32c(bytes.get(..16)?);
    let checksum = crc32c::crc32c_append(header, bytes.get(footer..trailer)?);
    bytes.get_mut(trailer + 4..)?.first_chunk_mut::<4>()?.copy_from_slice(&checksum.to_le_bytes());
    Some(())
}
