//! Subject keys: seal, open and shred personal fields.
//!
//! Every data subject has a key of its own, kept in the file `<ledger>/vault/keys` wrapped by the
//! organisation's key-encryption key. [`Vault::seal`] turns the clear personal fields of an event
//! into ciphertext before the event is hashed or stored; [`Vault::erase`] destroys a subject's key,
//! and with it every personal text about that subject wherever a copy of the log may lie, while
//! every number and every proof stays as it was. The same vault keeps the keyed index by which a
//! party is found from its e-mail address or telephone number.
//!
//! The files are apart from the log because a value that was deleted inside a database lingers on
//! the disk, while a slot of fixed size is overwritten in place.
//!
//! Deliberately absent: async, a lock file (one process owns a ledger, and the log holds its lock),
//! and any way to give the key-encryption key out again.

mod alias;
mod alias_index;
mod error;
mod key_encryption_key;
mod key_file;
mod opened;
mod private_file;
mod seal;
mod secret;
mod slot;
mod vault;

pub use error::VaultError;
pub use key_encryption_key::KeyEncryptionKey;
pub use opened::Opened;
pub use vault::{Erasure, Vault};
