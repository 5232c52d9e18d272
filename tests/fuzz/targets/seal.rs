//! Sealed personal fields and the vault's files: what was sealed opens to the same text, and what
//! was changed never opens to another.

#![no_main]

use annals_events::{Event, IdType, PartyId, Personal, PersonalContent};
use annals_fuzz::{changed, event_of, mend, scratch};
use annals_vault::{KeyEncryptionKey, Opened, Vault};
use libfuzzer_sys::fuzz_target;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

/// A vault with a subject, an alias and a sealed event; its files are put back for each run.
struct Sound {
    directory: PathBuf,
    kek: KeyEncryptionKey,
    keys: Vec<u8>,
    aliases: Vec<u8>,
    clear: Event,
    sealed: Event,
}

static SOUND: LazyLock<Sound> = LazyLock::new(|| {
    let directory = scratch();
    let kek = KeyEncryptionKey::from_env_value(&"5a".repeat(32)).expect("a key");
    let vault = Vault::create(&directory, &kek).expect("a vault can be made");
    let party = PartyId::new("C-1").expect("a party id");
    vault.declare_alias(IdType::Email, "anna@example.org", &party).expect("declared");
    let clear = (0..=u8::MAX).map(|number| event_of(&[number, 1, 1, 1, 1, 9, 1, 1, 9, 1]));
    let has_text = |event: &Event| !texts(event).is_empty();
    let clear = clear.into_iter().find(has_text).expect("some kind has a personal text");
    let mut sealed = clear.clone();
    vault.seal(&mut sealed).expect("sealed");
    let read = |name| fs::read(directory.join(name)).expect("the file is there");
    let (keys, aliases) = (read("keys"), read("aliases"));
    Sound { directory, kek, keys, aliases, clear, sealed }
});

fn texts(event: &Event) -> Vec<String> {
    let mut texts = Vec::new();
    event.visit_personal(&mut |_, personal: &Personal| {
        if let PersonalContent::Clear(text) = personal.content() {
            texts.push(text.to_string());
        }
    });
    texts
}

fn with_files(keys: &[u8], aliases: &[u8]) -> Option<Vault> {
    fs::write(SOUND.directory.join("keys"), keys).expect("written");
    fs::write(SOUND.directory.join("aliases"), aliases).expect("written");
    Vault::open(&SOUND.directory, Some(&SOUND.kek)).ok()
}

fuzz_target!(|data: &[u8]| {
    let Some((mode, data)) = data.split_first() else { return };
    match mode % 4 {
        0 => what_is_sealed_opens(data),
        1 => a_changed_key_file_opens_no_other_text(data, false),
        2 => a_changed_key_file_opens_no_other_text(data, true),
        _ => a_changed_alias_index_is_answered(data),
    }
});

fn what_is_sealed_opens(data: &[u8]) {
    let vault = with_files(&SOUND.keys, &SOUND.aliases).expect("sound files open");
    let (made_of, edits) = data.split_at(data.len() / 2);
    let clear = event_of(made_of);
    let mut sealed = clear.clone();
    if vault.seal(&mut sealed).is_err() {
        return;
    }
    let mut again = clear.clone();
    vault.seal(&mut again).expect("it was sealed a moment ago");
    assert_eq!(again, sealed, "sealing again gives the same bytes");
    assert_eq!(vault.with_clear_text(&sealed), clear);
    let bytes = sealed.encode().expect("a sealed event can be encoded");
    assert_eq!(Event::decode(&bytes).as_ref(), Ok(&sealed));
    let mut bent = sealed.clone();
    let mut index = 0;
    let mut was_bent = Vec::new();
    bent.visit_personal_mut(&mut |_, personal| {
        if let PersonalContent::Sealed(ciphertext) = personal.content() {
            let edits = edits.get(4 * index..).unwrap_or_default();
            let changed = changed(ciphertext, edits.get(..4).unwrap_or_default());
            was_bent.push(*changed != **ciphertext);
            personal.set_content(PersonalContent::Sealed(changed.into()));
            index += 1;
        }
    });
    for ((_, opened), was_bent) in vault.open_event(&bent).into_iter().zip(was_bent) {
        assert_eq!(was_bent, matches!(opened, Opened::Damaged(_)), "{opened:?}");
    }
}

fn a_changed_key_file_opens_no_other_text(edits: &[u8], mended: bool) {
    let mut keys = changed(&SOUND.keys, edits);
    if mended {
        mend(&mut keys, 0..252, 252);
        for slot in (256..keys.len()).step_by(128) {
            mend(&mut keys, slot..slot + 124, slot + 124);
        }
    }
    let Some(vault) = with_files(&keys, &SOUND.aliases) else { return };
    let texts = texts(&SOUND.clear);
    let opened = vault.open_event(&SOUND.sealed);
    assert_eq!(opened.len(), texts.len());
    for ((_, opened), text) in opened.into_iter().zip(texts) {
        match opened {
            Opened::Text(found) => assert_eq!(found, text),
            Opened::Damaged(_) => {}
            Opened::Shredded => assert!(mended, "no slot says that it is erased"),
            Opened::Locked => panic!("the vault has its key"),
        }
    }
    let subjects = Vault::subjects_to_seal(&SOUND.clear).expect("every field has a subject");
    if subjects.iter().all(|party| vault.erase(party).is_ok()) {
        let shredded = |(_, opened)| matches!(opened, Opened::Shredded);
        assert!(vault.open_event(&SOUND.sealed).into_iter().all(shredded));
    }
}

fn a_changed_alias_index_is_answered(edits: &[u8]) {
    let aliases = changed(&SOUND.aliases, edits);
    let is_changed = aliases != SOUND.aliases;
    let Some(vault) = with_files(&SOUND.keys, &aliases) else { return };
    let party = PartyId::new("C-1").expect("a party id");
    let parties = std::slice::from_ref(&party);
    match vault.find_alias("anna@example.org") {
        Ok(found) if !is_changed => assert_eq!(found, parties),
        Ok(found) => assert!(found.is_empty() || found == parties, "{found:?}"),
        Err(_) => assert!(is_changed),
    }
    drop(vault.forget_aliases(&party));
}
