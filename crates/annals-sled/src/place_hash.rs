//! The hashes under which event ids and streams are found in tables: 40 bits, fixed for ever.
//!
//! They are no protection against a caller who looks for ids with equal hashes: such ids cost one
//! look at an event each, and change no answer.

use annals_events::{EventId, PartyId, StreamId};

/// Hashes are below 2⁴⁰.
pub(crate) const HASH_BITS: u32 = 40;

/// The hash of an event id: both halves mixed, the upper 40 bits.
pub(crate) fn hash_of_id(id: EventId) -> u64 {
    let (high, low) = id.as_uuid().as_u64_pair();
    mix(high ^ mix(low)) >> (64 - HASH_BITS)
}

/// The hash of a stream's name: the upper 40 bits of [`full_hash_of_name`].
pub(crate) fn hash_of_name(name: &[u8]) -> u64 {
    full_hash_of_name(name) >> (64 - HASH_BITS)
}

/// Mixes the length, then eight bytes at a time, little endian, zeros behind the last.
pub(crate) fn full_hash_of_name(name: &[u8]) -> u64 {
    let words = name.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        u64::from_le_bytes(word)
    });
    words.fold(mix(name.len() as u64), |hash, word| mix(hash ^ word))
}

/// How a stream is named in tables: its party's id; nothing for the ledger's own.
pub(crate) fn stream_name(stream: &StreamId) -> &[u8] {
    stream.as_party().map_or(&[], |party| party.as_str().as_bytes())
}

/// The stream of a name; `None` where no stream has it.
pub(crate) fn stream_of_name(name: &[u8]) -> Option<StreamId> {
    if name.is_empty() {
        return Some(StreamId::Ledger);
    }
    PartyId::new(str::from_utf8(name).ok()?).ok().map(StreamId::Party)
}

/// The finalizer of `SplitMix64` (Steele, Lea, Flood 2014).
pub(crate) fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
