//! One subject's place in the file of keys: 128 bytes, live or erased.

use crate::secret::WRAPPED_BYTES;

/// Bytes of a slot. 512 is a multiple of it, so that no slot straddles a disk sector and an
/// overwritten slot is the old or the new one, never half of each.
pub(crate) const SLOT_BYTES: usize = 128;

const LIVE: u8 = 1;
const ERASED: u8 = 2;
const CHECKED_BYTES: usize = SLOT_BYTES - 4;

/// A subject's key, or the mark that it was destroyed.
///
/// ```text
/// offset  size  field
///      0     1  state: 1 live, 2 erased
///      1     7  zero
///      8    32  the party: HMAC-SHA256(alias key, 0x00 || party id)
///     40    24  nonce of the wrapped key; zero when erased
///     64    48  the subject's key, XChaCha20-Poly1305 under the key-encryption key with the 32
///               bytes of the party as associated data, and its tag; zero when erased
///    112    12  zero
///    124     4  CRC-32C of bytes 0 to 124, u32 little endian
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Slot {
    Live { party: [u8; 32], wrapped: [u8; WRAPPED_BYTES] },
    Erased { party: [u8; 32] },
}

impl Slot {
    pub(crate) fn party(&self) -> &[u8; 32] {
        match self {
            Self::Live { party, .. } | Self::Erased { party } => party,
        }
    }

    pub(crate) fn to_bytes(&self) -> [u8; SLOT_BYTES] {
        let (state, wrapped) = match self {
            Self::Live { wrapped, .. } => (LIVE, *wrapped),
            Self::Erased { .. } => (ERASED, [0; WRAPPED_BYTES]),
        };
        let mut bytes = Vec::with_capacity(SLOT_BYTES);
        bytes.push(state);
        bytes.extend_from_slice(&[0; 7]);
        bytes.extend_from_slice(self.party());
        bytes.extend_from_slice(&wrapped);
        bytes.resize(CHECKED_BYTES, 0);
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.try_into().expect("the fields fill a slot")
    }

    /// Whether bytes that are no sound slot were that of an erased subject.
    pub(crate) fn says_erased(bytes: &[u8; SLOT_BYTES]) -> bool {
        bytes.first() == Some(&ERASED)
    }

    /// Reads a slot; strict: writing it again gives the same bytes.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn parse(bytes: &[u8; SLOT_BYTES]) -> Result<Self, String> {
        let (checked, checksum) = bytes.split_last_chunk::<4>().expect("a slot is longer than 4");
        let (stored, computed) = (u32::from_le_bytes(*checksum), crc32c::crc32c(checked));
        if stored != computed {
            return Err(format!("its checksum is {computed:08x}, expected {stored:08x}"));
        }
        let (state, rest) = checked.split_at(8);
        let (party, rest) = rest.split_first_chunk::<32>().expect("a slot is longer than 40");
        let (wrapped, padding) =
            rest.split_first_chunk::<WRAPPED_BYTES>().expect("a slot holds a key");
        let (state, reserved) = state.split_first().expect("the state is the first of eight");
        let (slot, no_key) = match *state {
            LIVE => (Self::Live { party: *party, wrapped: *wrapped }, &[][..]),
            ERASED => (Self::Erased { party: *party }, wrapped.as_slice()),
            other => return Err(format!("its state is {other}, expected 1 or 2")),
        };
        if [reserved, padding, no_key].into_iter().flatten().all(|&byte| byte == 0) {
            Ok(slot)
        } else {
            Err("bytes that must be zero are not".to_owned())
        }
    }
}
