//! Writes the file of a generation from states that come in the order of their keys, holding one
//! block and the index in memory. The format is described in `generation.rs`.

use crate::generation::{Footer, ProjectionKey, header};
use crate::view_store_error::ViewStoreError;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

/// A block is closed once it has this many bytes.
const BLOCK_BYTES: usize = 64 * 1024;
/// The most bytes of one key and its state.
const RECORD_BYTES_MAX: usize = 1 << 30;

pub(crate) struct GenerationFileWriter {
    path: PathBuf,
    projection: ProjectionKey,
    out: BufWriter<File>,
    /// Where the block being filled will begin.
    offset: u64,
    block: Vec<u8>,
    first_key: Vec<u8>,
    last_key: Option<Vec<u8>>,
    index: Vec<u8>,
    count: u64,
}

impl GenerationFileWriter {
    pub(crate) fn create(
        path: &Path,
        projection: &ProjectionKey,
        number: u64,
    ) -> Result<Self, ViewStoreError> {
        let file = File::create(path).map_err(ViewStoreError::io(path))?;
        let mut writer = Self {
            path: path.to_owned(),
            projection: projection.clone(),
            out: BufWriter::with_capacity(2 * BLOCK_BYTES, file),
            offset: 0,
            block: Vec::new(),
            first_key: Vec::new(),
            last_key: None,
            index: Vec::new(),
            count: 0,
        };
        writer.write(&header(projection, number))?;
        Ok(writer)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn push(&mut self, key: &[u8], state: &[u8]) -> Result<(), ViewStoreError> {
        if self.last_key.as_deref().is_some_and(|last| last >= key) {
            return Err(ViewStoreError::OutOfOrder { projection: self.projection.to_string() });
        }
        let size_bytes = key.len().saturating_add(state.len());
        if size_bytes > RECORD_BYTES_MAX {
            return Err(ViewStoreError::TooLarge {
                projection: self.projection.to_string(),
                size_bytes,
                limit_bytes: RECORD_BYTES_MAX,
            });
        }
        if self.block.is_empty() {
            key.clone_into(&mut self.first_key);
        }
        self.block.extend_from_slice(&length(key));
        self.block.extend_from_slice(&length(state));
        self.block.extend_from_slice(key);
        self.block.extend_from_slice(state);
        key.clone_into(self.last_key.get_or_insert_default());
        self.count += 1;
        if self.block.len() >= BLOCK_BYTES { self.close_block() } else { Ok(()) }
    }

    /// Completes the file and makes its bytes durable; its name is the caller's.
    pub(crate) fn finish(mut self) -> Result<(), ViewStoreError> {
        if !self.block.is_empty() {
            self.close_block()?;
        }
        let index = std::mem::take(&mut self.index);
        let footer = Footer {
            index_offset: self.offset,
            index_bytes: index.len() as u64,
            count: self.count,
            index_checksum: crc32c::crc32c(&index),
        };
        self.write(&index)?;
        self.write(&footer.to_bytes())?;
        self.out.flush().map_err(ViewStoreError::io(&self.path))?;
        self.out.get_ref().sync_all().map_err(ViewStoreError::io(&self.path))
    }

    fn close_block(&mut self) -> Result<(), ViewStoreError> {
        let mut block = std::mem::take(&mut self.block);
        self.index.extend_from_slice(&self.offset.to_le_bytes());
        self.index.extend_from_slice(&length(&block));
        self.index.extend_from_slice(&crc32c::crc32c(&block).to_le_bytes());
        self.index.extend_from_slice(&length(&self.first_key));
        self.index.extend_from_slice(&self.first_key);
        self.write(&block)?;
        block.clear();
        self.block = block;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ViewStoreError> {
        self.out.write_all(bytes).map_err(ViewStoreError::io(&self.path))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).expect("records are at most 1 GiB").to_le_bytes()
}
