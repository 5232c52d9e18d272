//! A generation being written, until it is finished or given up.

use crate::generation::ProjectionKey;
use crate::generation_file_writer::GenerationFileWriter;
use crate::view_store::Shared;
use crate::view_store_error::ViewStoreError;
use annals_events::Position;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

/// Takes the states of a new generation in the order of their keys. The old states serve until it
/// is finished; dropping it instead leaves everything as it was.
pub struct GenerationWriter {
    store: Arc<Shared>,
    projection: ProjectionKey,
    number: u64,
    path: PathBuf,
    file: Option<GenerationFileWriter>,
}

impl GenerationWriter {
    pub(crate) fn new(
        store: Arc<Shared>,
        projection: ProjectionKey,
        number: u64,
        file: GenerationFileWriter,
    ) -> Self {
        let path = file.path().to_owned();
        Self { store, projection, number, path, file: Some(file) }
    }

    /// Adds a state.
    ///
    /// # Errors
    /// When its key is not greater than the one before, it is larger than 1 GiB, or the operating
    /// system refuses.
    pub fn push(&mut self, key: &[u8], state: &[u8]) -> Result<(), ViewStoreError> {
        let file = self.file.as_mut().expect("only finishing takes the file");
        file.push(key, state)
    }

    /// Makes the generation durable and puts it, with these values and this position, in the place
    /// of all states and values of the projection. A kill at any moment leaves the old or the new
    /// ones whole.
    ///
    /// # Errors
    /// When the operating system refuses; the old states serve on.
    pub fn finish(
        mut self,
        position: Position,
        values: &[(String, Vec<u8>)],
    ) -> Result<(), ViewStoreError> {
        let file = self.file.take().expect("only finishing takes the file");
        file.finish()?;
        self.store.switch(&self.projection, self.number, &self.path, position, values)
    }
}

impl Drop for GenerationWriter {
    fn drop(&mut self) {
        // After the switch there is no file by this name any more; what cannot be removed now is
        // removed when the store is opened again.
        drop(self.file.take());
        drop(fs::remove_file(&self.path));
    }
}

impl std::fmt::Debug for GenerationWriter {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "GenerationWriter({}, generation {})", self.projection, self.number)
    }
}
