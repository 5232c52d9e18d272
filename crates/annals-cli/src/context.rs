//! What every subcommand gets: where the ledger is, its master key, and the ways out.

use crate::cli::Global;
use crate::failure::Failure;
use crate::output::Output;
use annals::vault::KeyEncryptionKey;
use annals::{Annals, MasterKey, Options};
use std::path::PathBuf;

/// The environment's variable with the master key itself.
const KEY_VARIABLE: &str = "ANNALS_KEK";

/// What every subcommand gets.
pub(crate) struct Context {
    pub(crate) ledger: PathBuf,
    pub(crate) output: Output,
    key_file: Option<PathBuf>,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        let output = Output::new(global.format, global.quiet);
        Self { ledger: global.ledger, output, key_file: global.key_file }
    }

    /// Opens the ledger.
    pub(crate) async fn open(&self) -> Result<Annals, Failure> {
        Ok(Annals::open(&self.ledger, self.options()?).await?)
    }

    /// How ledgers are made and opened here.
    pub(crate) fn options(&self) -> Result<Options, Failure> {
        Ok(Options::new().master_key(self.master_key()?))
    }

    /// A file that was named, else the variable, else the ledger's own file.
    pub(crate) fn master_key(&self) -> Result<MasterKey, Failure> {
        if let Some(file) = &self.key_file {
            return Ok(MasterKey::File(file.clone()));
        }
        match std::env::var(KEY_VARIABLE) {
            Ok(text) => {
                let key = KeyEncryptionKey::from_env_value(&text)
                    .map_err(|error| Failure::Usage(format!("{KEY_VARIABLE}: {error}")))?;
                Ok(MasterKey::Key(key))
            }
            Err(std::env::VarError::NotPresent) => Ok(MasterKey::Ledger),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Failure::Usage(format!("{KEY_VARIABLE} is not text: expected a key as text")))
            }
        }
    }
}
