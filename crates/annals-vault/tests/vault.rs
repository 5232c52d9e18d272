//! What the vault promises: the same bytes for the same input, four outcomes of opening, erasure
//! that leaves no key behind, and files that survive a kill at any byte.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use annals_events::{Event, IdType, PartyId, Personal, PersonalContent};
use annals_vault::{Erasure, KeyEncryptionKey, Opened, Vault, VaultError};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

const ID: &str = "0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b10";
const OTHER_ID: &str = "0190b2f4-6f0e-7c3a-9d51-3f6d1c2a7b11";
const DESCRIPTION: &str = "data.description";

struct Ledger {
    _root: TempDir,
    vault: std::path::PathBuf,
    kek: KeyEncryptionKey,
}

impl Ledger {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let kek = KeyEncryptionKey::create_file(&root.path().join("kek")).unwrap();
        let vault = root.path().join("vault");
        Vault::create(&vault, &kek).unwrap();
        Self { _root: root, vault, kek }
    }

    fn open(&self) -> Vault {
        Vault::open(&self.vault, Some(&self.kek)).unwrap()
    }

    fn error(&self) -> VaultError {
        Vault::open(&self.vault, Some(&self.kek)).expect_err("refused")
    }

    fn keys(&self) -> Vec<u8> {
        std::fs::read(self.vault.join("keys")).unwrap()
    }

    fn write_keys(&self, bytes: &[u8]) {
        std::fs::write(self.vault.join("keys"), bytes).unwrap();
    }
}

fn party(id: &str) -> PartyId {
    PartyId::new(id).unwrap()
}

fn complaint(id: &str, subject: &str, description: &Value, remedy_words: &Value) -> Event {
    Event::from_json(&json!({
        "id": id, "kind": "complaint.received", "subject": subject,
        "occurred_at": "2024-03-01T10:00:00+08:00",
        "data": {"complaint": "c-1", "category": "delivery",
                 "description": description, "remedy_words": remedy_words},
    }))
    .unwrap()
}

fn simple(text: &str) -> Event {
    complaint(ID, "P-1", &json!(text), &Value::Null)
}

fn sealed_bytes(event: &Event) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    event.visit_personal(&mut |path, personal| {
        let PersonalContent::Sealed(bytes) = personal.content() else { panic!("{path} is clear") };
        found.push((path.to_string(), bytes.to_vec()));
    });
    found
}

fn seal(vault: &Vault, event: &Event) -> Event {
    let mut sealed = event.clone();
    vault.seal(&mut sealed).unwrap();
    sealed
}

fn open_one(vault: &Vault, event: &Event) -> Opened {
    let opened = vault.open_event(event);
    assert_eq!(opened.len(), 1, "{opened:?}");
    opened.into_iter().next().unwrap().1
}

fn text(text: &str) -> Opened {
    Opened::Text(text.to_owned())
}

/// The ciphertext of the description of an event, behind the nonce.
fn nonce_and_rest(event: &Event) -> (Vec<u8>, Vec<u8>) {
    let bytes = sealed_bytes(event).into_iter().find(|(path, _)| path == DESCRIPTION).unwrap().1;
    (bytes[..24].to_vec(), bytes[24..].to_vec())
}

#[test]
fn sealing_again_gives_the_same_bytes_even_after_a_reopen() {
    let ledger = Ledger::new();
    let first = seal(&ledger.open(), &simple("the parcel was wet"));
    let again = seal(&ledger.open(), &simple("the parcel was wet"));
    assert_eq!(first.encode().unwrap(), again.encode().unwrap());
    let sealed = &sealed_bytes(&first)[0].1;
    assert_eq!(sealed.len(), 24 + "the parcel was wet".len() + 16);
    assert!(!sealed.windows(6).any(|window| window == b"parcel"));
}

#[test]
fn sealed_fields_pass_unchanged_and_clear_ones_beside_them_are_sealed() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let once = seal(&vault, &simple("wet"));
    assert_eq!(seal(&vault, &once), once);
    let locked = Vault::open(&ledger.vault, None).unwrap();
    assert_eq!(seal(&locked, &once), once);
}

#[test]
fn another_event_field_or_text_has_another_nonce_and_ciphertext() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let base = nonce_and_rest(&seal(&vault, &simple("wet")));
    let other_id =
        nonce_and_rest(&seal(&vault, &complaint(OTHER_ID, "P-1", &json!("wet"), &Value::Null)));
    let other_text = nonce_and_rest(&seal(&vault, &simple("wat")));
    let both = seal(&vault, &complaint(ID, "P-1", &json!("wet"), &json!("wet")));
    let fields = sealed_bytes(&both);
    let other_field = (fields[1].1[..24].to_vec(), fields[1].1[24..].to_vec());
    assert_eq!((fields[0].1[..24].to_vec(), fields[0].1[24..].to_vec()), base);
    for other in [other_id, other_text, other_field] {
        assert_ne!(base.0, other.0);
        assert_ne!(base.1, other.1);
    }
    let other_subject =
        nonce_and_rest(&seal(&vault, &complaint(ID, "P-2", &json!("wet"), &Value::Null)));
    assert_eq!(base.0, other_subject.0, "the nonce depends on event, field and text alone");
    assert_ne!(base.1, other_subject.1, "the key is the subject's");
}

#[test]
fn a_ciphertext_moved_to_another_field_or_event_is_damage() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let sealed = sealed_bytes(&seal(&vault, &simple("wet"))).remove(0).1;
    let personal = Personal::sealed(&sealed).unwrap();
    let event = simple("wet");
    assert_eq!(vault.open_field(&event, DESCRIPTION, &personal), text("wet"));
    let elsewhere = complaint(OTHER_ID, "P-1", &Value::Null, &Value::Null);
    for (event, path) in [(&event, "data.remedy_words"), (&elsewhere, DESCRIPTION)] {
        let opened = vault.open_field(event, path, &personal);
        assert!(matches!(opened, Opened::Damaged(_)), "{opened:?}");
    }
}

#[test]
fn opening_has_four_outcomes() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let event = seal(&vault, &simple("wet"));
    assert_eq!(open_one(&vault, &event), text("wet"));

    let locked = Vault::open(&ledger.vault, None).unwrap();
    assert!(locked.is_locked() && !vault.is_locked());
    assert_eq!(open_one(&locked, &event), Opened::Locked);

    let stranger = complaint(ID, "P-9", &event.to_json()["data"]["description"], &Value::Null);
    assert_eq!(
        open_one(&vault, &stranger),
        Opened::Damaged("no key for subject P-9".to_owned()),
        "a subject without a slot is not an erased one"
    );
    let mut bent = event.clone();
    bent.visit_personal_mut(&mut |_, personal| {
        let PersonalContent::Sealed(bytes) = personal.content() else { return };
        let mut bytes = bytes.to_vec();
        bytes[30] ^= 1;
        personal.set_content(PersonalContent::Sealed(bytes.into()));
    });
    assert!(matches!(open_one(&vault, &bent), Opened::Damaged(_)));

    assert_eq!(vault.erase(&party("P-1")).unwrap(), Erasure::KeyDestroyed);
    assert_eq!(open_one(&vault, &event), Opened::Shredded);
    assert_eq!(open_one(&ledger.open(), &event), Opened::Shredded);
    assert_eq!(open_one(&locked, &event), Opened::Locked);
}

#[test]
fn clear_text_for_export_seals_back_to_the_same_event_and_the_rest_stays_sealed() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let of_two = complaint(ID, "P-1", &json!("wet"), &json!({"text": "my sister's", "of": "P-2"}));
    let event = seal(&vault, &of_two);
    assert_eq!(vault.with_clear_text(&event), of_two);
    vault.erase(&party("P-2")).unwrap();
    let half = vault.with_clear_text(&event);
    let json = half.to_json();
    assert_eq!(json["data"]["description"], json!("wet"));
    assert!(json["data"]["remedy_words"]["sealed"].is_string(), "{json}");
    assert_eq!(seal(&vault, &half), event);
}

#[test]
fn a_field_is_sealed_for_its_own_subject_not_the_streams() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let event =
        seal(&vault, &complaint(ID, "P-1", &json!("wet"), &json!({"text": "hers", "of": "P-2"})));
    vault.erase(&party("P-1")).unwrap();
    let opened: Vec<Opened> = vault.open_event(&event).into_iter().map(|(_, o)| o).collect();
    assert_eq!(opened, [Opened::Shredded, text("hers")]);
}

#[test]
fn sealing_for_the_erased_is_refused_with_advice_and_changes_nothing() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    assert_eq!(vault.erase(&party("P-1")).unwrap(), Erasure::NoKeyHeld);
    let mut event = complaint(ID, "P-3", &json!("wet"), &json!({"text": "hers", "of": "P-1"}));
    let before = event.clone();
    let error = vault.seal(&mut event).expect_err("refused");
    assert_eq!(error, VaultError::Erased { party: party("P-1") });
    assert!(error.to_string().contains("new party id"), "{error}");
    assert_eq!(event, before);
    assert_eq!(vault.erase(&party("P-1")).unwrap(), Erasure::AlreadyErased);
    let again = ledger.open();
    assert!(again.is_erased(&party("P-1")).unwrap());
    assert!(!again.is_erased(&party("P-3")).unwrap());
    assert!(again.seal(&mut event).is_err());
}

#[test]
fn a_locked_vault_refuses_and_says_how_to_give_the_key() {
    let ledger = Ledger::new();
    let locked = Vault::open(&ledger.vault, None).unwrap();
    let mut event = simple("wet");
    let error = locked.seal(&mut event).expect_err("locked");
    assert_eq!(error, VaultError::Locked);
    assert!(error.to_string().contains("ANNALS_KEK"), "{error}");
    let subject = party("P-1");
    assert_eq!(locked.erase(&subject).expect_err("locked"), VaultError::Locked);
    assert_eq!(locked.is_erased(&subject).expect_err("locked"), VaultError::Locked);
    assert_eq!(locked.prepare([&subject]).expect_err("locked"), VaultError::Locked);
    assert_eq!(locked.find_alias("x").expect_err("locked"), VaultError::Locked);
    let mut bare = complaint(ID, "P-1", &Value::Null, &Value::Null);
    assert_eq!(locked.seal(&mut bare), Ok(()));
}

#[test]
fn a_vault_for_reading_only_opens_and_seals_with_the_keys_there_are_and_writes_nothing() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let event = seal(&vault, &simple("wet"));
    vault.declare_alias(IdType::Phone, "111", &party("P-1")).unwrap();
    let aliases = || std::fs::read(ledger.vault.join("aliases")).unwrap();
    let before = (ledger.keys(), aliases());
    let reading = Vault::open_read_only(&ledger.vault, Some(&ledger.kek)).unwrap();
    assert_eq!(open_one(&reading, &event), text("wet"));
    assert_eq!(seal(&reading, &simple("wet")), event);
    let (known, new) = (party("P-1"), party("P-2"));
    assert_eq!(reading.find_alias("111").unwrap(), std::slice::from_ref(&known));
    let refusals = [
        reading.prepare([&new]).err(),
        reading.erase(&known).err(),
        reading.declare_alias(IdType::Phone, "222", &known).err(),
        reading.forget_aliases(&known).err(),
        reading.rebuild_aliases([]).err(),
    ];
    assert!(refusals.iter().all(|refusal| *refusal == Some(VaultError::ReadOnly)), "{refusals:?}");
    assert_eq!((ledger.keys(), aliases()), before);
}

#[test]
fn a_damaged_key_file_is_named_and_what_it_holds_is_not_shown() {
    let ledger = Ledger::new();
    let path = ledger.vault.join("../kek");
    for bytes in [&b"elder key"[..], b"\xff\xfe", b""] {
        std::fs::write(&path, bytes).unwrap();
        let error = KeyEncryptionKey::from_file(&path).err().unwrap();
        assert!(matches!(error, VaultError::NotAKeyFile { .. }), "{error}");
        let said = error.to_string();
        assert!(said.contains("kek") && !said.contains("elder"), "{said}");
    }
}

#[test]
fn another_vaults_key_is_named_as_such() {
    let ledger = Ledger::new();
    let other = Ledger::new();
    let error = Vault::open(&ledger.vault, Some(&other.kek)).expect_err("another key");
    assert_eq!(error, VaultError::WrongKey { file: ledger.vault.join("keys") });
    let again = Vault::create(&ledger.vault, &ledger.kek).expect_err("exists");
    assert!(matches!(again, VaultError::Exists { .. }), "{again}");
}

#[test]
fn an_erased_key_is_in_no_file_of_the_vault_any_more() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    seal(&vault, &simple("wet"));
    vault.declare_alias(IdType::Email, "li@example.org", &party("P-1")).unwrap();
    let slot = ledger.keys()[256..].to_vec();
    let key = &slot[40..112];
    assert!(contains(&ledger.vault, key), "the search finds what is there");
    let alias = vault.alias_hash(IdType::Email, "li@example.org").unwrap();
    assert!(contains(&ledger.vault, &alias));
    vault.erase(&party("P-1")).unwrap();
    // Not even a part of it: any eight bytes of nonce, key or tag.
    for part in key.windows(8) {
        assert!(!contains(&ledger.vault, part));
    }
    assert!(!contains(&ledger.vault, &alias));
    assert!(!contains(&ledger.vault, b"P-1"));
}

fn contains(directory: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(directory).unwrap().any(|entry| {
        let content = std::fs::read(entry.unwrap().path()).unwrap();
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

#[cfg(unix)]
#[test]
fn the_files_belong_to_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let ledger = Ledger::new();
    ledger.open().declare_alias(IdType::Email, "li@example.org", &party("P-1")).unwrap();
    ledger.open().forget_aliases(&party("P-1")).unwrap();
    for file in ["keys", "aliases"] {
        let mode = std::fs::metadata(ledger.vault.join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
}

#[test]
fn what_a_kill_leaves_of_an_appended_slot_is_used_again() {
    let ledger = Ledger::new();
    let first = seal(&ledger.open(), &simple("wet"));
    let whole = ledger.keys();
    ledger.open().prepare([&party("P-2")]).unwrap();
    let with_second = ledger.keys();
    let mut tails: Vec<Vec<u8>> =
        (whole.len()..with_second.len()).map(|end| with_second[..end].to_vec()).collect();
    let mut bent = with_second.clone();
    *bent.last_mut().unwrap() ^= 1;
    tails.push(bent);
    tails.push([whole.as_slice(), &[0; 3 * 128]].concat());
    for tail in tails {
        ledger.write_keys(&tail);
        let vault = ledger.open();
        assert_eq!(open_one(&vault, &first), text("wet"));
        let other = seal(&vault, &complaint(OTHER_ID, "P-3", &json!("late"), &Value::Null));
        assert_eq!(ledger.keys().len(), with_second.len(), "the torn slot's room is used again");
        let reopened = ledger.open();
        assert_eq!(open_one(&reopened, &other), text("late"));
        assert_eq!(open_one(&reopened, &first), text("wet"));
    }
}

#[test]
fn damage_before_the_end_is_named_by_slot_and_file() {
    let ledger = Ledger::new();
    ledger.open().prepare([&party("P-1")]).unwrap();
    ledger.open().prepare([&party("P-2")]).unwrap();
    ledger.open().prepare([&party("P-3")]).unwrap();
    let sound = ledger.keys();
    for at in 256 + 128..256 + 256 {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        ledger.write_keys(&bytes);
        let error = ledger.error();
        let VaultError::DamagedSlot { file, slot, .. } = &error else { panic!("{error}") };
        assert_eq!((file, *slot), (&ledger.vault.join("keys"), 1));
    }
    for at in 0..256 {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x10;
        ledger.write_keys(&bytes);
        let error = ledger.error();
        assert!(
            matches!(error, VaultError::DamagedHeader { .. } | VaultError::Newer { .. }),
            "{error}"
        );
        assert!(Vault::open(&ledger.vault, None).is_err());
    }
    let mut twice = sound.clone();
    twice.extend_from_slice(&sound[256..256 + 128]);
    ledger.write_keys(&twice);
    assert!(matches!(ledger.error(), VaultError::DamagedSlot { slot: 3, .. }));
}

#[test]
fn a_damaged_mark_of_erasure_is_never_taken_for_a_torn_slot() {
    let ledger = Ledger::new();
    ledger.open().erase(&party("P-1")).unwrap();
    let mut bytes = ledger.keys();
    *bytes.last_mut().unwrap() ^= 1;
    ledger.write_keys(&bytes);
    assert!(matches!(ledger.error(), VaultError::DamagedSlot { slot: 0, .. }));
}

#[test]
fn a_batch_is_prepared_once_and_gives_the_keys_that_sealing_uses() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let events: Vec<Event> =
        (1..=40).map(|n| complaint(ID, &format!("P-{n}"), &json!("wet"), &Value::Null)).collect();
    let mut subjects = Vec::new();
    for event in &events {
        subjects.extend(Vault::subjects_to_seal(event).unwrap());
    }
    vault.prepare(&subjects).unwrap();
    let prepared = ledger.keys();
    assert_eq!(prepared.len(), 256 + 40 * 128);
    for event in &events {
        seal(&vault, event);
    }
    assert_eq!(ledger.keys(), prepared);
}

#[test]
fn aliases_are_found_however_they_are_written_until_forgotten() {
    let ledger = Ledger::new();
    let vault = ledger.open();
    let (one, two) = (party("P-1"), party("P-2"));
    vault.declare_alias(IdType::Phone, "+49 30 1234567", &one).unwrap();
    vault.declare_alias(IdType::Phone, "+49 (30) 123-4567", &one).unwrap();
    vault
        .declare_aliases([
            (IdType::Phone, "+49301234567", &two),
            (IdType::Email, "Li@Example.org", &one),
            (IdType::MemberNo, "77", &two),
        ])
        .unwrap();
    let size = std::fs::metadata(ledger.vault.join("aliases")).unwrap().len();
    assert_eq!(size, 16 + 4 * 104, "what is known already is not written again");
    for vault in [vault, ledger.open()] {
        assert_eq!(vault.find_alias(" +49 301234567").unwrap(), [one.clone(), two.clone()]);
        assert_eq!(vault.find_alias("li@example.ORG ").unwrap(), std::slice::from_ref(&one));
        assert_eq!(vault.find_alias("77").unwrap(), std::slice::from_ref(&two));
        assert_eq!(vault.find_alias("78").unwrap(), []);
        assert_eq!(vault.find_alias("").unwrap(), []);
    }
    let vault = ledger.open();
    vault.erase(&one).unwrap();
    for vault in [&vault, &ledger.open()] {
        assert_eq!(vault.find_alias("+49301234567").unwrap(), std::slice::from_ref(&two));
        assert_eq!(vault.find_alias("li@example.org").unwrap(), []);
    }
    let refused = vault.declare_alias(IdType::Email, "li@example.org", &one);
    assert_eq!(refused, Err(VaultError::Erased { party: one }));
    let empty = vault.declare_alias(IdType::Phone, "none", &two);
    assert_eq!(empty, Err(VaultError::EmptyAlias { id_type: IdType::Phone }));
}

#[test]
fn a_damaged_alias_index_stops_only_aliases_and_can_be_made_anew() {
    let ledger = Ledger::new();
    let path = ledger.vault.join("aliases");
    let (one, two) = (party("P-1"), party("P-2"));
    ledger.open().declare_alias(IdType::Phone, "111", &one).unwrap();
    let after_one = std::fs::read(&path).unwrap();
    ledger.open().declare_alias(IdType::Phone, "222", &two).unwrap();
    let sound = std::fs::read(&path).unwrap();

    for end in after_one.len()..sound.len() {
        std::fs::write(&path, &sound[..end]).unwrap();
        let vault = ledger.open();
        assert_eq!(vault.find_alias("111").unwrap(), std::slice::from_ref(&one));
        vault.declare_alias(IdType::Phone, "222", &two).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), sound);
    }
    for at in 0..after_one.len() {
        let mut bytes = sound.clone();
        bytes[at] ^= 4;
        std::fs::write(&path, &bytes).unwrap();
        let vault = ledger.open();
        let error = vault.find_alias("222").expect_err("damaged");
        assert!(matches!(error, VaultError::DamagedAliases { .. }), "{error}");
        assert!(vault.seal(&mut simple("wet")).is_ok());
    }
    std::fs::remove_file(&path).unwrap();
    let vault = ledger.open();
    assert!(vault.find_alias("222").is_err());
    vault.rebuild_aliases([(IdType::Phone, "111", &one), (IdType::Phone, "222", &two)]).unwrap();
    for vault in [&vault, &ledger.open()] {
        assert_eq!(vault.find_alias("222").unwrap(), std::slice::from_ref(&two));
    }
}

fn cases(cases: u32) -> ProptestConfig {
    let regressions = FileFailurePersistence::WithSource("regressions");
    ProptestConfig { failure_persistence: Some(Box::new(regressions)), cases, ..Default::default() }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn opening_never_panics_on_any_ciphertext(
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
        path in ".{0,20}",
    ) {
        let ledger = Ledger::new();
        let vault = ledger.open();
        let event = seal(&vault, &simple("wet"));
        let personal = Personal::sealed(&bytes).unwrap();
        let opened = vault.open_field(&event, &path, &personal);
        prop_assert!(matches!(opened, Opened::Damaged(_)), "{opened:?}");
    }

    #[test]
    fn no_bytes_in_the_vaults_files_make_it_panic(
        flips in proptest::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..4),
        cut in any::<prop::sample::Index>(),
        junk in proptest::collection::vec(any::<u8>(), 0..300),
        file in prop::sample::select(vec!["keys", "aliases"]),
    ) {
        let ledger = Ledger::new();
        let vault = ledger.open();
        let event = seal(&vault, &simple("wet"));
        vault.declare_alias(IdType::Phone, "111", &party("P-1")).unwrap();
        let path = ledger.vault.join(file);
        let mut bytes = std::fs::read(&path).unwrap();
        for (at, flip) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        bytes.extend_from_slice(&junk);
        std::fs::write(&path, &bytes).unwrap();
        // The vault that was open before meets the bytes too.
        let reopened = Vault::open(&ledger.vault, Some(&ledger.kek)).ok();
        for vault in [Some(vault), reopened].into_iter().flatten() {
            let opened = open_one(&vault, &event);
            prop_assert!(
                opened == text("wet") || matches!(opened, Opened::Damaged(_)),
                "only an erasure may say shredded: {:?}", opened
            );
            drop(vault.find_alias("111"));
            drop(vault.seal(&mut simple("wet")));
        }
    }
}
