//! Integers of variable length (LEB128, shortest form only) and fields of fixed length, for the
//! tables of sealed files and runs.

/// Appends an integer in seven bits a byte, the lowest first.
pub(crate) fn put_varint(to: &mut Vec<u8>, mut value: u64) {
    loop {
        let [byte, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            to.push(byte);
            return;
        }
        to.push(byte | 0x80);
    }
}

/// Reads bytes front to back; `None` wherever they are not what they must be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // A last byte of zero is a longer form of the same number.
                return (byte != 0 || shift == 0).then_some(value);
            }
        }
        None
    }

    pub(crate) fn size(&mut self) -> Option<usize> {
        self.varint().and_then(|value| usize::try_from(value).ok())
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(head)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn an_integer_is_read_back_and_no_other_bytes_give_it(
            value: u64,
            bytes in prop::collection::vec(any::<u8>(), 1..12),
        ) {
            for value in [value, value >> 40, value & 0x7f] {
                let mut written = Vec::new();
                put_varint(&mut written, value);
                let mut reader = Reader(&written);
                prop_assert_eq!(reader.varint(), Some(value));
                prop_assert!(reader.is_empty());
            }
            let mut reader = Reader(&bytes);
            if let Some(value) = reader.varint() {
                let mut written = Vec::new();
                put_varint(&mut written, value);
                prop_assert_eq!(&written[..], &bytes[..bytes.len() - reader.0.len()]);
            }
        }
    }
}
