//! The hashes under which event ids and streams are found in tables: 40 bits, fixed for ever.
//!
//! They are no protection against a caller who looks for ids with equal hashes: such ids cost one
//! look at an event each, and change no answer.

use annals_events::{EventId, PartyId, StreamId};

/// Hashes are below 2⁴⁰.
pub(crate) const HASH_BITS: u32 = 40;

/// The hash of an event id: both halves mixed, the upper 40 bits.
#[inline]
pub(crate) fn hash_of_id(id: EventId) -> u64 {
    let (high, low) = id.as_uuid().as_u64_pair();
    mix(high ^ mix(low)) >> (64 - HASH_BITS)
}

/// The hash of a stream's name: the upper 40 bits of [`full_hash_of_name`].
pub(crate) fn hash_of_name(name: &[u8]) -> u64 {
    full_hash_of_name(name) >> (64 - HASH_BITS)
}

/// Mixes the length, then eight bytes at a time, little endian, zeros behind the last.
#[inline]
pub(crate) fn full_hash_of_name(name: &[u8]) -> u64 {
    let (eights, rest) = name.as_chunks::<8>();
    let start = mix(name.len() as u64);
    let hash = eights.iter().fold(start, |hash, word| mix(hash ^ u64::from_le_bytes(*word)));
    if rest.is_empty() { hash } else { mix(hash ^ padded(name, rest)) }
}

/// What is left of a name behind its last eight bytes, with zeros behind it: the end of the last
/// eight bytes there are, where there are so many.
#[inline]
fn padded(name: &[u8], rest: &[u8]) -> u64 {
    if let Some(last) = name.last_chunk::<8>() {
        return u64::from_le_bytes(*last) >> (64 - 8 * rest.len());
    }
    rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

/// How a stream is named in tables: its party's id; nothing for the ledger's own.
#[inline]
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
#[inline]
pub(crate) fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_name_of_any_length_is_mixed_eight_bytes_at_a_time_with_zeros_behind_the_last(
            name in prop::collection::vec(any::<u8>(), 0..40),
        ) {
            let mut words = vec![0_u64; name.len().div_ceil(8)];
            for (place, byte) in name.iter().enumerate() {
                words[place / 8] |= u64::from(*byte) << (8 * (place % 8));
            }
            let start = mix(name.len() as u64);
            let expected = words.iter().fold(start, |hash, word| mix(hash ^ word));
            prop_assert_eq!(full_hash_of_name(&name), expected);
        }
    }
}
