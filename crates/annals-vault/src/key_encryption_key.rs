//! The key-encryption key: the one secret that an organisation keeps outside the ledger.
//!
//! As text it is 64 hexadecimal digits or base64 of the 32 bytes; a key file holds the digits and a
//! line end, so that it can be copied into a secret store as it is. Deliberately absent: any way to
//! print one, and passwords (a key made from a password is as weak as the password).

use crate::secret::{KEY_BYTES, Secret};
use crate::{VaultError, private_file};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

/// No key file is longer; more is not read.
const FILE_BYTES_MAX: u64 = 1024;
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// 32 bytes under which every subject's key is wrapped.
#[derive(Clone)]
pub struct KeyEncryptionKey(Secret);

impl KeyEncryptionKey {
    /// Makes a new random key and writes it to a new file that only its owner can read (mode 0600
    /// on Unix), durably.
    ///
    /// # Errors
    /// When the file exists already, or the operating system refuses.
    pub fn create_file(path: &Path) -> Result<Self, VaultError> {
        use std::fmt::Write as _;
        let key = Secret::random()?;
        let mut text = Zeroizing::new(String::with_capacity(2 * KEY_BYTES + 1));
        for byte in key.as_bytes() {
            write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        }
        text.push('\n');
        private_file::create(path, text.as_bytes())?;
        Ok(Self(key))
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// When it cannot be read or holds no key.
    pub fn from_file(path: &Path) -> Result<Self, VaultError> {
        let file = std::fs::File::open(path).map_err(|error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                VaultError::Missing { file: path.to_owned(), what: "a key-encryption key" }
            } else {
                VaultError::io("opening", path)(error)
            }
        })?;
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(FILE_BYTES_MAX)
            .read_to_end(&mut bytes)
            .map_err(VaultError::io("reading", path))?;
        let not_a_key = |characters| VaultError::NotAKeyFile { file: path.to_owned(), characters };
        let text = std::str::from_utf8(&bytes).map_err(|_| not_a_key(bytes.len()))?;
        Self::from_env_value(text).map_err(|_| not_a_key(text.chars().count()))
    }

    /// Reads a key as an environment variable holds it: 64 hexadecimal digits, or base64 of 32
    /// bytes (either alphabet, padded or not). Blanks and line ends around it are passed over.
    ///
    /// # Errors
    /// When it is neither; the error does not show the text.
    pub fn from_env_value(text: &str) -> Result<Self, VaultError> {
        let text = text.trim();
        let bytes = from_hexadecimal(text)
            .or_else(|| BASE64.decode(text).ok().map(Zeroizing::new))
            .or_else(|| BASE64_URL.decode(text).ok().map(Zeroizing::new));
        if let Some(bytes) = bytes
            && bytes.len() == KEY_BYTES
        {
            let mut key = Zeroizing::new([0; KEY_BYTES]);
            key.copy_from_slice(&bytes);
            return Ok(Self(Secret::new(key)));
        }
        Err(VaultError::NotAKey { characters: text.chars().count() })
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.0
    }
}

/// Never shows the key.
impl std::fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("KeyEncryptionKey(hidden)")
    }
}

fn from_hexadecimal(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() != 2 * KEY_BYTES {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES));
    for pair in text.as_bytes().as_chunks::<2>().0 {
        bytes.push(digit(pair[0])? << 4 | digit(pair[1])?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_alike_from_every_form_of_text() {
        let hexadecimal = "fb".repeat(32);
        let base64 = BASE64.encode([0xfb; 32]);
        let url = BASE64_URL.encode([0xfb; 32]);
        for text in [
            hexadecimal.as_str(),
            &hexadecimal.to_uppercase(),
            &format!(" {hexadecimal}\r\n"),
            &base64,
            base64.trim_end_matches('='),
            &url,
            url.trim_end_matches('='),
        ] {
            let key = KeyEncryptionKey::from_env_value(text).expect("a key");
            assert_eq!(key.secret().as_bytes(), &[0xfb; 32], "{text}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_showing_it() {
        let short = "ab".repeat(31);
        for text in ["", "hunter2", &short, &"zz".repeat(32), &"ab".repeat(33)] {
            let error = KeyEncryptionKey::from_env_value(text).expect_err("no key");
            assert_eq!(error, VaultError::NotAKey { characters: text.len() });
            assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
        }
        let key = KeyEncryptionKey::from_env_value(&"ab".repeat(32)).expect("a key");
        assert_eq!(format!("{key:?}"), "KeyEncryptionKey(hidden)");
    }

    #[test]
    fn a_key_file_gives_the_key_back_belongs_to_its_owner_and_is_never_overwritten() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("kek");
        let key = KeyEncryptionKey::create_file(&path).expect("made");
        let read = KeyEncryptionKey::from_file(&path).expect("read");
        assert_eq!(key.secret().as_bytes(), read.secret().as_bytes());
        let again = KeyEncryptionKey::create_file(&path).expect_err("exists");
        assert_eq!(again, VaultError::Exists { file: path.clone() });
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).expect("there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let missing = KeyEncryptionKey::from_file(&dir.path().join("other")).expect_err("missing");
        assert!(matches!(missing, VaultError::Missing { .. }), "{missing}");
    }
}
