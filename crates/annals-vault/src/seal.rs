//! Sealing and opening the personal fields of an event.
//!
//! A sealed field is `nonce || ciphertext || tag` (24 + the text's length + 16 bytes) of
//! XChaCha20-Poly1305 under the data subject's key. The nonce is the first 24 bytes of
//!
//! ```text
//! HMAC-SHA256(nonce key, event id (16) || length of the path, u32 little endian || path
//!             || length of the text, u32 little endian || text)
//! ```
//! and the associated data is `event id (16) || path`, where the path is the field's place in the
//! event's JSON, such as `data.description`. So sealing again gives the same bytes, which is what
//! makes a retried append the same append; and a nonce comes again only for the very same text in
//! the very same place. The cost is that whoever sees two sealings of one field of one event can
//! tell whether the texts were equal; the log keeps one of each.

use crate::secret::{NONCE_BYTES, Secret};
use crate::slot::Slot;
use crate::vault::Unlocked;
use crate::{Opened, Vault, VaultError};
use annals_events::{Event, EventId, PartyId, Personal, PersonalContent, StreamId};
use std::collections::BTreeSet;
use std::io::Write as _;

impl Vault {
    /// Seals the clear personal fields of an event, each under its data subject's key; sealed ones
    /// stay as they are. New keys are durable before this returns. An event without clear personal
    /// fields passes a locked vault too.
    ///
    /// # Errors
    /// When the vault is locked, a subject was erased, a field of the ledger's own stream names no
    /// subject, or the vault's file fails. Then the event is as it was.
    pub fn seal(&self, event: &mut Event) -> Result<(), VaultError> {
        let subjects = Self::subjects_to_seal(event)?;
        if subjects.is_empty() {
            return Ok(());
        }
        let unlocked = self.unlocked()?;
        let hashed = subjects.into_iter().map(|subject| (unlocked.party_hash(&subject), subject));
        let hashed: Vec<([u8; 32], PartyId)> = hashed.collect();
        self.prepare_hashed(hashed.iter().map(|(hash, _)| *hash))?;
        let mut keys = Vec::with_capacity(hashed.len());
        for (hash, subject) in hashed {
            match unlocked.subject_key(&hash)? {
                SubjectKey::Key(key) => keys.push((subject, key)),
                SubjectKey::Erased => return Err(VaultError::Erased { party: subject }),
                SubjectKey::Unknown => unreachable!("keys were made for all subjects above"),
            }
        }
        let id = event.id();
        let stream = event.stream().clone();
        event.visit_personal_mut(&mut |path, personal| {
            let PersonalContent::Clear(text) = personal.content() else {
                return;
            };
            let subject = data_subject(&stream, personal);
            let key = keys.iter().find(|(known, _)| Some(known) == subject).map(|(_, key)| key);
            let key = key.expect("every subject of the event has its key by now");
            let sealed = seal_text(key, unlocked.nonce_key(), &Place::new(id, path), text);
            personal.set_content(PersonalContent::Sealed(sealed.into()));
        });
        Ok(())
    }

    /// Whose clear personal data an event holds: the subjects to [`Vault::prepare`] for a batch.
    ///
    /// # Errors
    /// When a clear field of the ledger's own stream names no subject.
    pub fn subjects_to_seal(event: &Event) -> Result<BTreeSet<PartyId>, VaultError> {
        let mut subjects = BTreeSet::new();
        let mut nobodys = None;
        event.visit_personal(&mut |path, personal| {
            if matches!(personal.content(), PersonalContent::Sealed(_)) {
                return;
            }
            match data_subject(event.stream(), personal) {
                Some(subject) => drop(subjects.insert(subject.clone())),
                None => drop(nobodys.get_or_insert_with(|| path.to_string())),
            }
        });
        match nobodys {
            None => Ok(subjects),
            Some(path) => Err(VaultError::NoSubject { id: event.id(), path }),
        }
    }

    /// Opens one personal field of an event, given its place such as `data.description`.
    pub fn open_field(&self, event: &Event, path: &str, personal: &Personal) -> Opened {
        let sealed = match personal.content() {
            PersonalContent::Clear(text) => return Opened::Text(text.to_string()),
            PersonalContent::Sealed(sealed) => sealed,
        };
        let Some(unlocked) = &self.unlocked().ok() else {
            return Opened::Locked;
        };
        let Some(subject) = data_subject(event.stream(), personal) else {
            return Opened::Damaged("the field names no data subject".to_owned());
        };
        match unlocked.subject_key(&unlocked.party_hash(subject)) {
            Ok(SubjectKey::Key(key)) => open_text(&key, &Place::new(event.id(), path), sealed),
            Ok(SubjectKey::Erased) => Opened::Shredded,
            Ok(SubjectKey::Unknown) => Opened::Damaged(format!("no key for subject {subject}")),
            Err(error) => Opened::Damaged(error.to_string()),
        }
    }

    /// Opens all personal fields of an event: each place and what came of it.
    pub fn open_event(&self, event: &Event) -> Vec<(String, Opened)> {
        let mut opened = Vec::new();
        event.visit_personal(&mut |path, personal| {
            let path = path.to_string();
            let outcome = self.open_field(event, &path, personal);
            opened.push((path, outcome));
        });
        opened
    }

    /// The event with clear text wherever it opens and the rest still sealed. Sealing it again
    /// gives the event back, byte for byte.
    pub fn with_clear_text(&self, event: &Event) -> Event {
        let mut clear = event.clone();
        clear.visit_personal_mut(&mut |path, personal| {
            if let Opened::Text(text) = self.open_field(event, &path.to_string(), personal) {
                personal.set_content(PersonalContent::Clear(text.into()));
            }
        });
        clear
    }
}

enum SubjectKey {
    Key(Secret),
    Erased,
    Unknown,
}

impl Unlocked {
    /// The key of a subject as the file of keys names it.
    fn subject_key(&self, hash: &[u8; 32]) -> Result<SubjectKey, VaultError> {
        let slot = self.key_file().find(hash)?;
        match slot {
            None => Ok(SubjectKey::Unknown),
            Some(Slot::Erased { .. }) => Ok(SubjectKey::Erased),
            Some(Slot::Live { wrapped, .. }) => self
                .kek()
                .unwrap_key(&wrapped, hash)
                .map(SubjectKey::Key)
                .ok_or_else(|| self.key_file().damaged_key(hash)),
        }
    }
}

fn data_subject<'a>(stream: &'a StreamId, personal: &'a Personal) -> Option<&'a PartyId> {
    personal.data_subject().or(stream.as_party())
}

/// A field's place in an event, which is what is authenticated beside its text: the event's id and
/// the path.
struct Place(Vec<u8>);

impl Place {
    fn new(id: EventId, path: impl std::fmt::Display) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(id.as_bytes());
        write!(bytes, "{path}").expect("writing to memory cannot fail");
        Self(bytes)
    }

    /// The id and the path.
    fn parts(&self) -> (&[u8], &[u8]) {
        self.0.split_at(size_of::<EventId>())
    }
}

fn seal_text(key: &Secret, nonce_key: &Secret, place: &Place, text: &str) -> Vec<u8> {
    let (id, path) = place.parts();
    let hash =
        nonce_key.hmac(&[id, &length(path), path, &length(text.as_bytes()), text.as_bytes()]);
    let nonce = hash.first_chunk::<NONCE_BYTES>().expect("a hash is longer than a nonce");
    key.encrypt(*nonce, text.as_bytes(), &place.0)
}

fn open_text(key: &Secret, place: &Place, sealed: &[u8]) -> Opened {
    let Some(bytes) = key.decrypt(sealed, &place.0) else {
        return Opened::Damaged("the ciphertext is not what was sealed in this field".to_owned());
    };
    match std::str::from_utf8(&bytes) {
        Ok(text) => Opened::Text(text.to_owned()),
        Err(_) => Opened::Damaged("what was sealed is no text".to_owned()),
    }
}

fn length(text: &[u8]) -> [u8; 4] {
    u32::try_from(text.len()).expect("texts and paths are far shorter than 4 GiB").to_le_bytes()
}
