//! `SQLite`: one table with two unique indexes, WAL, synchronous=FULL, one writing connection.

use crate::store::{About, Store, expected_version, text};
use crate::stores::grouped::{Answers, Grouped, WritesGroups};
use annals_log::Append;
use async_trait::async_trait;
use rusqlite::{Connection, params};
use std::path::{Path, PathBuf};

const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS events (
        position INTEGER PRIMARY KEY, id BLOB NOT NULL, stream TEXT NOT NULL,
        version INTEGER NOT NULL, recorded_at INTEGER NOT NULL, data BLOB NOT NULL);
    CREATE UNIQUE INDEX IF NOT EXISTS by_id ON events (id);
    CREATE UNIQUE INDEX IF NOT EXISTS by_stream ON events (stream, version);";
const INSERT: &str = "
    INSERT INTO events (id, stream, version, recorded_at, data)
    SELECT ?1, ?2, last + 1, ?3, ?4
    FROM (SELECT coalesce(max(version), 0) AS last FROM events WHERE stream = ?2)
    WHERE ?5 IS NULL OR last = ?5";

/// The database.
pub struct Sqlite {
    path: PathBuf,
    writer: Grouped,
}

impl Sqlite {
    /// A database in a directory, which is made.
    pub fn open(directory: &Path) -> Result<Self, String> {
        std::fs::create_dir_all(directory).map_err(text)?;
        let path = directory.join("events.sqlite");
        let connection = connect(&path)?;
        connection.execute_batch(TABLE).map_err(text)?;
        Ok(Self { path, writer: Grouped::start(Writer(connection)) })
    }
}

fn connect(path: &Path) -> Result<Connection, String> {
    let connection = Connection::open(path).map_err(text)?;
    let pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144;";
    connection.execute_batch(pragmas).map_err(text)?;
    Ok(connection)
}

struct Writer(Connection);

impl Writer {
    fn put(&self, append: &Append) -> rusqlite::Result<bool> {
        let mut insert = self.0.prepare_cached(INSERT)?;
        let expected = expected_version(append).map(u64::cast_signed);
        for entry in append.entries() {
            let stream = entry.stream.to_string();
            let id = entry.id.as_bytes().as_slice();
            let row = params![id, stream, 1_700_000_000_i64, &*entry.bytes, expected];
            if insert.execute(row)? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn group(&self, appends: &[Append]) -> rusqlite::Result<Answers> {
        self.0.execute_batch("BEGIN IMMEDIATE")?;
        let mut answers = Vec::with_capacity(appends.len());
        for append in appends {
            // A batch that is refused half way is undone alone; one row is all or none by itself.
            let many = append.entries().len() > 1;
            if many {
                self.0.execute_batch("SAVEPOINT one")?;
            }
            let answer = match self.put(append) {
                Ok(true) => Ok(()),
                Ok(false) => Err("the stream is at another version".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            if many && answer.is_err() {
                self.0.execute_batch("ROLLBACK TO one")?;
            }
            answers.push(answer);
        }
        self.0.execute_batch("COMMIT")?;
        Ok(answers)
    }
}

impl WritesGroups for Writer {
    fn write(&mut self, appends: &[Append]) -> Answers {
        let failed = |error: rusqlite::Error| vec![Err(error.to_string()); appends.len()];
        self.group(appends).unwrap_or_else(failed)
    }
}

#[async_trait]
impl Store for Sqlite {
    fn about(&self) -> About {
        About {
            name: format!("SQLite {}", rusqlite::version()),
            settings: "WAL, synchronous=FULL, 256 MiB cache, unique (id) and (stream, version), \
                       one writing thread that commits what waits together"
                .to_owned(),
            is_durable: true,
            checks_ids: true,
            checks_versions: true,
        }
    }

    async fn append(&self, append: Append) -> Result<(), String> {
        self.writer.append(append).await
    }

    async fn replay(&self) -> Result<u64, String> {
        count(&connect(&self.path)?, "SELECT data FROM events ORDER BY position", [])
    }

    async fn read_stream(&self, name: &str) -> Result<u64, String> {
        let query = "SELECT data FROM events WHERE stream = ?1 ORDER BY version";
        count(&connect(&self.path)?, query, [name])
    }

    async fn close(&self) {
        self.writer.close();
    }
}

/// Reads and decodes the events of a query.
fn count(connection: &Connection, query: &str, with: impl rusqlite::Params) -> Result<u64, String> {
    let mut statement = connection.prepare(query).map_err(text)?;
    let mut rows = statement.query(with).map_err(text)?;
    let mut count = 0;
    while let Some(row) = rows.next().map_err(text)? {
        let data = row.get_ref(0).map_err(text)?.as_blob().map_err(text)?;
        annals_events::Event::decode(data).map_err(text)?;
        count += 1;
    }
    Ok(count)
}
