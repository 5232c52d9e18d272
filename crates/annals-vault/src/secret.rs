//! Thirty-two secret bytes and what is done with them: hash under them, wrap one in another,
//! encrypt a text. This is the only module that names the cipher.
//!
//! They are wiped from memory when dropped and cannot be printed: the type has no `Debug`.

use crate::VaultError;
use hmac::{Hmac, Mac as _};
use orion::hazardous::aead::xchacha20poly1305::{Nonce, SecretKey, XChaCha20Poly1305};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of an XChaCha20-Poly1305 nonce.
pub(crate) const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Bytes of a key wrapped in another: nonce, ciphertext, tag.
pub(crate) const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + TAG_BYTES;

/// A key.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<[u8; KEY_BYTES]>);

impl Secret {
    pub(crate) fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self(bytes)
    }

    /// A new key from the operating system's randomness.
    pub(crate) fn random() -> Result<Self, VaultError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        fill_random(bytes.as_mut_slice())?;
        Ok(Self(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// HMAC-SHA256 under this key over the parts as if they were one. The caller sees to it that
    /// different parts never give the same bytes.
    pub(crate) fn hmac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(self.0.as_slice())
            .expect("HMAC takes keys of every length");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// Nonce, ciphertext and tag of a text.
    pub(crate) fn encrypt(
        &self,
        nonce: [u8; NONCE_BYTES],
        text: &[u8],
        associated: &[u8],
    ) -> Vec<u8> {
        let mut bytes = vec![0; NONCE_BYTES + text.len() + TAG_BYTES];
        let (head, sealed) = bytes.split_at_mut(NONCE_BYTES);
        head.copy_from_slice(&nonce);
        let nonce = Nonce::from(nonce);
        XChaCha20Poly1305::seal(&self.cipher_key(), &nonce, text, Some(associated), sealed)
            .expect("texts are far shorter than the cipher's 256 GiB");
        bytes
    }

    /// The text inside nonce, ciphertext and tag; `None` where they are not what this key made.
    pub(crate) fn decrypt(&self, bytes: &[u8], associated: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let text_bytes = bytes.len().checked_sub(NONCE_BYTES + TAG_BYTES)?;
        let mut text = Zeroizing::new(vec![0; text_bytes]);
        self.decrypt_into(bytes, associated, &mut text)?;
        Some(text)
    }

    /// The same into as many bytes as the text has.
    fn decrypt_into(&self, bytes: &[u8], associated: &[u8], text: &mut [u8]) -> Option<()> {
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let nonce = Nonce::from(*nonce);
        XChaCha20Poly1305::open(&self.cipher_key(), &nonce, sealed, Some(associated), text).ok()
    }

    /// Another key, encrypted under this one with a random nonce.
    pub(crate) fn wrap(
        &self,
        key: &Self,
        associated: &[u8],
    ) -> Result<[u8; WRAPPED_BYTES], VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        fill_random(&mut nonce)?;
        let bytes = self.encrypt(nonce, key.as_bytes(), associated);
        Ok(bytes.try_into().expect("nonce, key and tag have a fixed length"))
    }

    /// The key that [`Self::wrap`] wrapped.
    pub(crate) fn unwrap_key(
        &self,
        wrapped: &[u8; WRAPPED_BYTES],
        associated: &[u8],
    ) -> Option<Self> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        self.decrypt_into(wrapped, associated, bytes.as_mut_slice())?;
        Some(Self(bytes))
    }

    /// This key as the cipher takes it, which wipes it likewise.
    fn cipher_key(&self) -> SecretKey {
        SecretKey::from(*self.0)
    }
}

fn fill_random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|error| VaultError::NoRandomness { what: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
    use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        /// Texts of a few blocks of the cipher (64 bytes) and of the tag (16), and around them.
        #[test]
        fn another_library_encrypts_to_the_same_bytes_and_only_those_are_decrypted(
            (key, nonce) in (any::<[u8; KEY_BYTES]>(), any::<[u8; NONCE_BYTES]>()),
            (text, associated) in (vec(any::<u8>(), 0..300), vec(any::<u8>(), 0..70)),
            flipped in any::<prop::sample::Index>(),
        ) {
            let secret = Secret::new(Zeroizing::new(key));
            let mut bytes = secret.encrypt(nonce, &text, &associated);
            let payload = Payload { msg: &text, aad: &associated };
            let other = XChaCha20Poly1305::new(&Key::from(key));
            let expected = other.encrypt(&XNonce::from(nonce), payload).unwrap();
            prop_assert_eq!(&bytes, &[nonce.as_slice(), expected.as_slice()].concat());
            let decrypted = secret.decrypt(&bytes, &associated);
            prop_assert_eq!(decrypted.as_deref(), Some(&text));
            let bit = flipped.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(secret.decrypt(&bytes, &associated).is_none());
            let short = bytes.len().min(NONCE_BYTES + TAG_BYTES - 1);
            prop_assert!(secret.decrypt(&bytes[..short], &associated).is_none());
        }
    }
}
