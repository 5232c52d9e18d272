//! Where things stand: `HEAD`, cursors, generations of views, the saved index. Only what was
//! written is read; all else is refused.

#![no_main]

use annals_events::{EventId, Position, StreamId};
use annals_fuzz::{changed, mend, number_at, scratch};
use annals_log::{Append, EventLog as _};
use annals_sled::parts::{read_generation, read_saved_index};
use annals_sled::{CursorStore, SledLog, SledLogOptions, ViewStore, head_text, parse_head_text};
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

static CURSORS: LazyLock<(PathBuf, CursorStore)> = LazyLock::new(|| {
    let directory = scratch();
    let store = CursorStore::new(&directory);
    (directory.join("mailer.cursor"), store)
});

/// The file and bytes of a sound generation, and where changed ones are put.
static GENERATION: LazyLock<(PathBuf, Vec<u8>)> = LazyLock::new(|| {
    let directory = scratch();
    let store = ViewStore::open(&directory).expect("opened");
    let mut writer = store.begin_generation("loyalty", 3).expect("begun");
    for number in 0..3000_u32 {
        writer.push(&number.to_be_bytes(), format!("state {number}").as_bytes()).expect("pushed");
    }
    writer.finish(Position::new(9), &[]).expect("finished");
    let path = first_file(&directory, "states");
    let bytes = fs::read(&path).expect("it is there");
    assert_eq!(read_generation(&path, ("loyalty", 3), 1).expect("it is sound").len(), 3000);
    (scratch().join("changed.states"), bytes)
});

/// A saved index behind its head and chain end.
static INDEX: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let directory = scratch();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let log = SledLog::open(&directory, SledLogOptions::default()).expect("opened");
        for number in 0..64 {
            let append = Append::new(&[event(number)]).expect("an append");
            log.append(append).await.expect("appended");
        }
        log.close().await.expect("closed");
    });
    let bytes = fs::read(first_file(&directory.join("log"), "index")).expect("it is there");
    // Of 64 events the tree has one complete subtree.
    let body = bytes[12 + 8 + 8 + 32 + 32..].to_vec();
    assert_eq!(read_saved_index(&body, Position::START), Some((64, 7)));
    body
});

fn event(number: u64) -> annals_events::Event {
    let value = serde_json::json!({
        "id": EventId::from_foreign("fuzz", &number.to_string()).to_string(),
        "kind": "promise.kept", "subject": format!("C-{}", number % 7),
        "occurred_at": "2020-01-01T00:00:00Z", "data": {"promise": number.to_string()},
    });
    let event = annals_events::Event::from_json(&value).expect("an event");
    assert!(matches!(event.stream(), StreamId::Party(_)));
    event
}

fn first_file(directory: &Path, kind: &str) -> PathBuf {
    let entries = fs::read_dir(directory).expect("listed").map(|entry| entry.expect("read").path());
    let is_kind = |path: &PathBuf| path.extension().is_some_and(|found| found == kind);
    entries.into_iter().find(is_kind).expect("there is one")
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    match mode % 5 {
        0 => {
            if let Ok(head) = parse_head_text(data) {
                let text = head_text(&head);
                let earlier = text.replace("annals head 2", "annals head 1");
                assert!([text, earlier].iter().any(|text| text.as_bytes() == data));
            }
        }
        1 => a_cursor_is_read_or_refused(data),
        2 => a_generation_is_read_or_refused(data, false),
        3 => a_generation_is_read_or_refused(data, true),
        _ => drop(read_saved_index(&changed(&INDEX, data), Position::START)),
    }
});

fn a_cursor_is_read_or_refused(data: &[u8]) {
    let (file, store) = &*CURSORS;
    fs::write(file, data).expect("written");
    if let Ok(Some(next)) = store.load("mailer") {
        store.save("mailer", next).expect("saved");
        assert_eq!(fs::read(file).expect("it is there"), data);
    }
}

fn a_generation_is_read_or_refused(edits: &[u8], mended: bool) {
    let (file, sound) = &*GENERATION;
    let mut bytes = changed(sound, edits);
    if mended {
        mend_generation(&mut bytes);
    }
    fs::write(file, &bytes).expect("written");
    let read = read_generation(file, ("loyalty", 3), 1);
    if bytes == *sound {
        assert_eq!(read.expect("it is sound").len(), 3000);
    } else {
        assert!(mended || read.is_err(), "a changed byte goes unnoticed");
    }
}

/// Makes the checksums of blocks, index and footer right.
fn mend_generation(bytes: &mut [u8]) -> Option<()> {
    let footer = bytes.len().checked_sub(40)?;
    let (index, size) = (number_at::<8>(bytes, footer)?, number_at::<8>(bytes, footer + 8)?);
    let end = index.checked_add(size)?;
    let mut entry = index;
    while entry < end {
        let (offset, size) = (number_at::<8>(bytes, entry)?, number_at::<4>(bytes, entry + 8)?);
        mend(bytes, offset..offset.checked_add(size)?, entry + 12)?;
        entry = entry.checked_add(20 + number_at::<4>(bytes, entry + 16)?)?;
    }
    mend(bytes, index..end, footer + 24)?;
    mend(bytes, footer..footer + 36, footer + 36)
}
