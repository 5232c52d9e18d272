//! What every subcommand gets: where the ledger is, its master key, and the ways out.

use crate::cli::Global;
use crate::failure::{Failure, Outcome};
use crate::output::{Output, warn};
use annals::vault::KeyEncryptionKey;
use annals::{Annals, AnnalsError, MasterKey, Options};
use std::path::PathBuf;

/// The environment's variable with the master key itself.
const KEY_VARIABLE: &str = "ANNALS_KEK";

/// What every subcommand gets.
pub(crate) struct Context {
    pub(crate) ledger: PathBuf,
    pub(crate) output: Output,
    key_file: Option<PathBuf>,
    read_only: bool,
    /// Whether what was opened ends before its damage.
    is_cut_short: bool,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        let output = Output::new(global.format, global.quiet);
        let Global { ledger, key_file, read_only, .. } = global;
        Self { ledger, output, key_file, read_only, is_cut_short: false }
    }

    /// Opens the ledger, for reading only where that was asked for.
    pub(crate) async fn open(&mut self) -> Result<Annals, Failure> {
        if !self.read_only {
            return Ok(Annals::open(&self.ledger, self.options()?).await?);
        }
        let ledger = Annals::open_read_only(&self.ledger, self.options()?).await?;
        if let Some(damage) = ledger.damage() {
            self.is_cut_short = true;
            let head = ledger.log().head().await.map_err(AnnalsError::from)?;
            warn(&format!(
                "the log is damaged at {damage}; what follows rests on the {} events before that \
                 alone (annals salvage writes out all that are sound)",
                head.next
            ));
        }
        Ok(ledger)
    }

    /// How a subcommand ended, given how it went by itself.
    pub(crate) fn outcome(&self, outcome: Outcome) -> Outcome {
        if self.is_cut_short { Outcome::Damaged } else { outcome }
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
