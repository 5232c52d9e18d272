//! What sealed volumes take beside the bytes of their records.

use crate::machine::bytes_below;
use crate::report::Row;
use crate::sections::Sizes;
use crate::store::text;
use crate::work::batches;
use crate::workload::Workload;
use annals_log::{ASSIGNED_BYTES, EventLog as _};
use annals_sled::{Compression, SledLog, SledLogOptions};
use std::path::Path;

/// Seals two volumes, with and without compression.
///
/// # Errors
/// With what went wrong.
pub async fn disk(sizes: &Sizes) -> Result<Vec<Row>, String> {
    let work = Workload::new(&sizes.directory.join("vault"), sizes.large_streams());
    let mut rows = Vec::new();
    for (compression, name, most) in
        [(Compression::None, "uncompressed", 1.15), (Compression::Lz4, "LZ4", 0.9)]
    {
        let events = 2 * sizes.volume_events();
        let directory = sizes.directory.join("disk");
        let ratio = sealed_ratio(&directory, &work, events, compression).await?;
        rows.push(Row {
            work: format!("disk of sealed volumes, {name}, {events} events"),
            measured: format!("{ratio:.3} times the records"),
            ratio: "one field in each record is ciphertext".to_owned(),
            gate: format!("<= {most}"),
            holds: Some(ratio <= most),
        });
    }
    Ok(rows)
}

async fn sealed_ratio(
    directory: &Path,
    work: &Workload,
    events: u64,
    compression: Compression,
) -> Result<f64, String> {
    drop(std::fs::remove_dir_all(directory));
    std::fs::create_dir_all(directory).map_err(text)?;
    let open_volume_events_max = events / 2;
    let options = SledLogOptions { open_volume_events_max, compression, ..Default::default() };
    let log = SledLog::open(directory, options).map_err(text)?;
    let (mut given, mut payload) = (batches(work, events), 0);
    while let Some(append) = given.recv().await {
        let bytes = append.entries().iter().map(|entry| ASSIGNED_BYTES + entry.bytes.len());
        payload += bytes.sum::<usize>();
        log.append(append).await.map_err(text)?;
    }
    log.seal().await.map_err(text)?;
    log.close().await.map_err(text)?;
    let log = directory.join("log");
    let mut sealed = bytes_below(&log.join("runs"));
    for entry in std::fs::read_dir(&log).map_err(text)? {
        let path = entry.map_err(text)?.path();
        if path.extension().is_some_and(|kind| kind == "sealed") {
            sealed += path.metadata().map_err(text)?.len();
        }
    }
    std::fs::remove_dir_all(directory).map_err(text)?;
    Ok(sealed as f64 / payload as f64)
}
