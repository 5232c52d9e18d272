//! Thirty-two secret bytes and what is done with them: hash under them, wrap one in another,
//! encrypt a text. This is the only module that names the cipher.
//!
//! They are wiped from memory when dropped and cannot be printed: the type has no `Debug`.

use crate::VaultError;
use chacha20poly1305::aead::{Aead, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

/// Bytes of a key.
pub(crate) const KEY_BYTES: usize = 32;
/// Bytes of an XChaCha20-Poly1305 nonce.
pub(crate) const NONCE_BYTES: usize = 24;
/// Bytes of a key wrapped in another: nonce, ciphertext, tag.
pub(crate) const WRAPPED_BYTES: usize = NONCE_BYTES + KEY_BYTES + 16;

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
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: text, aad: associated })
            .expect("texts are far shorter than the cipher's 256 GiB");
        let mut bytes = nonce.to_vec();
        bytes.extend_from_slice(&sealed);
        bytes
    }

    /// The text inside nonce, ciphertext and tag; `None` where they are not what this key made.
    pub(crate) fn decrypt(&self, bytes: &[u8], associated: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: sealed, aad: associated };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
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
        let plain = self.decrypt(wrapped, associated)?;
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        bytes.copy_from_slice(plain.get(..KEY_BYTES)?);
        Some(Self(bytes))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&Key::from(*self.0))
    }
}

fn fill_random(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|error| VaultError::NoRandomness { what: error.to_string() })
}
