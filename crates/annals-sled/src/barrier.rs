//! The durability barrier: what must have happened before an append is acknowledged.
//!
//! A small group is written to the journal and synced. For anything else sled's flush starts the
//! writing (`sync_file_range`) but asks no disk to empty its cache, power cuts lose what it
//! flushed, and so the same file is synced through a descriptor of our own behind every flush.

use crate::open_volume::OpenVolume;
use std::io;

/// Makes what was written to the volume durable, or says that it is not known whether it is.
pub(crate) trait Barrier: Send {
    fn pass(&mut self, volume: &OpenVolume) -> io::Result<()>;
}

/// Journal and sync; or flush, and sync the file the database is in.
pub(crate) struct FileBarrier;

impl Barrier for FileBarrier {
    fn pass(&mut self, volume: &OpenVolume) -> io::Result<()> {
        volume.make_durable()
    }
}
