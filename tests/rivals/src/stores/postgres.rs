//! PostgreSQL 15 on a Unix socket: a server of our own in a directory of its own, one connection
//! for each caller, prepared statements.

use crate::store::{About, Store, expected_version, text};
use annals_log::Append;
use async_trait::async_trait;
use futures::TryStreamExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use tokio::sync::Semaphore;
use tokio_postgres::{Client, Config, NoTls, Statement};
use uuid::Uuid;

const PROGRAMS: &str = "/usr/lib/postgresql/15/bin";
const CONNECTIONS: usize = 64;
const TABLE: &str = "
    CREATE TABLE events (
        position bigserial PRIMARY KEY, id uuid NOT NULL, stream text COLLATE \"C\" NOT NULL,
        version bigint NOT NULL, recorded_at bigint NOT NULL, data bytea NOT NULL);
    CREATE UNIQUE INDEX by_id ON events (id);
    CREATE UNIQUE INDEX by_stream ON events (stream, version);";
const ONE: &str = "
    INSERT INTO events (id, stream, version, recorded_at, data)
    SELECT $1, $2, last + 1, 1700000000, $3
    FROM (SELECT coalesce(max(version), 0) AS last FROM events WHERE stream = $2) AS now
    WHERE last = $4";
const MANY: &str = "
    INSERT INTO events (id, stream, version, recorded_at, data)
    SELECT id, stream,
        row_number() OVER (PARTITION BY stream ORDER BY n) + coalesce(
            (SELECT max(version) FROM events WHERE events.stream = given.stream), 0),
        1700000000, data
    FROM unnest($1::uuid[], $2::text[], $3::bytea[]) WITH ORDINALITY AS given (id, stream, data, n)
    ORDER BY n";
const ALL: &str = "SELECT data FROM events ORDER BY position";
const STREAM: &str = "SELECT data FROM events WHERE stream = $1 ORDER BY version";
const SETTINGS: &[&str] = &[
    "listen_addresses=",
    "max_connections=100",
    "shared_buffers=1GB",
    "max_wal_size=8GB",
    "fsync=on",
    "synchronous_commit=on",
    "wal_sync_method=fdatasync",
];

/// The server and connections to it.
pub struct Postgres {
    directory: PathBuf,
    clients: Mutex<Vec<Connected>>,
    free: Semaphore,
}

struct Connected {
    client: Client,
    one: Statement,
    many: Statement,
    all: Statement,
    stream: Statement,
}

impl Postgres {
    /// Starts a server in a directory, which is made. It needs PostgreSQL 15 and, when started as
    /// root, its user `postgres`.
    pub async fn open(directory: &Path) -> Result<Self, String> {
        if !Path::new(PROGRAMS).is_dir() {
            return Err(format!("{PROGRAMS} is missing: install postgresql-15"));
        }
        std::fs::create_dir_all(directory).map_err(text)?;
        let place = directory.to_string_lossy().into_owned();
        if is_root() {
            run(Command::new("chown").args(["postgres:", &place]))?;
        }
        let data = format!("{place}/data");
        // The empty cluster need not be durable; what is written to it is.
        let init = ["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"];
        run(program("initdb").args(init).arg("--locale=C"))?;
        let settings: String = SETTINGS.iter().map(|setting| format!(" -c {setting}")).collect();
        let options = format!("-k {place}{settings}");
        let log = format!("{place}/log");
        run(program("pg_ctl").args(["-D", &data, "-l", &log, "-w", "-o", &options, "start"]))?;
        let clients = connect_all(directory).await;
        if clients.is_err() {
            stop(directory)?;
        }
        let clients = Mutex::new(clients?);
        Ok(Self { directory: directory.to_owned(), clients, free: Semaphore::new(CONNECTIONS) })
    }

    async fn count(&self, name: Option<&str>) -> Result<u64, String> {
        let _free = self.free.acquire().await.map_err(text)?;
        let connected = self.take();
        let mut count = 0;
        let rows = match &name {
            None => connected.client.query_raw(&connected.all, std::iter::empty::<&str>()).await,
            Some(name) => connected.client.query_raw(&connected.stream, [name]).await,
        };
        let rows = rows.map_err(text)?;
        futures::pin_mut!(rows);
        while let Some(row) = rows.try_next().await.map_err(text)? {
            annals_events::Event::decode(row.get(0)).map_err(text)?;
            count += 1;
        }
        self.put(connected);
        Ok(count)
    }

    fn take(&self) -> Connected {
        let mut clients = self.clients.lock().expect("nobody panics");
        clients.pop().expect("there are as many as may be taken")
    }

    fn put(&self, connected: Connected) {
        self.clients.lock().expect("nobody panics").push(connected);
    }
}

async fn connect_all(directory: &Path) -> Result<Vec<Connected>, String> {
    let mut clients = Vec::new();
    for number in 0..CONNECTIONS {
        let mut config = Config::new();
        config.host_path(directory).user("postgres").dbname("postgres");
        let (client, connection) = config.connect(NoTls).await.map_err(text)?;
        tokio::spawn(connection);
        if number == 0 {
            client.batch_execute(TABLE).await.map_err(text)?;
        }
        let one = client.prepare(ONE).await.map_err(text)?;
        let many = client.prepare(MANY).await.map_err(text)?;
        let all = client.prepare(ALL).await.map_err(text)?;
        let stream = client.prepare(STREAM).await.map_err(text)?;
        clients.push(Connected { client, one, many, all, stream });
    }
    Ok(clients)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output();
    id.is_ok_and(|id| id.stdout == b"0\n")
}

/// One of the server's programs, as a user that it accepts.
fn program(name: &str) -> Command {
    let path = format!("{PROGRAMS}/{name}");
    if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", &path]);
        command
    } else {
        Command::new(path)
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let done = command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match done {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?} ended with {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

fn stop(directory: &Path) -> Result<(), String> {
    let data = directory.join("data").to_string_lossy().into_owned();
    run(program("pg_ctl").args(["-D", &data, "-m", "fast", "-w", "stop"]))
}

#[async_trait]
impl Store for Postgres {
    fn about(&self) -> About {
        About {
            name: "PostgreSQL 15".to_owned(),
            settings: format!(
                "Debian's, own server on a Unix socket, {}; primary key and unique (id) and \
                 (stream, version); a connection for each producer, prepared INSERT, batches as \
                 one INSERT of unnest; its own group commit",
                SETTINGS.get(1..).unwrap_or_default().join(", ")
            ),
            is_durable: true,
            checks_ids: true,
            checks_versions: true,
        }
    }

    async fn append(&self, append: Append) -> Result<(), String> {
        let _free = self.free.acquire().await.map_err(text)?;
        let connected = self.take();
        let uuid = |entry: &annals_log::AppendEntry| Uuid::from_bytes(*entry.id.as_bytes());
        let client = &connected.client;
        let done = match (expected_version(&append), append.entries()) {
            (Some(expected), [entry]) => {
                let (id, stream) = (uuid(entry), entry.stream.to_string());
                let (data, expected) = (&*entry.bytes, expected.cast_signed());
                client.execute(&connected.one, &[&id, &stream, &data, &expected]).await
            }
            (_, entries) => {
                let ids: Vec<_> = entries.iter().map(uuid).collect();
                let streams: Vec<_> =
                    entries.iter().map(|entry| entry.stream.to_string()).collect();
                let data: Vec<&[u8]> = entries.iter().map(|entry| &*entry.bytes).collect();
                client.execute(&connected.many, &[&ids, &streams, &data]).await
            }
        };
        self.put(connected);
        match done.map_err(text)? {
            0 => Err("the stream is at another version".to_owned()),
            _ => Ok(()),
        }
    }

    async fn replay(&self) -> Result<u64, String> {
        self.count(None).await
    }

    async fn read_stream(&self, name: &str) -> Result<u64, String> {
        self.count(Some(name)).await
    }

    async fn close(&self) {
        self.clients.lock().expect("nobody panics").clear();
        stop(&self.directory).expect("the server stops");
    }
}

impl Drop for Postgres {
    /// A server must not outlive a run that failed.
    fn drop(&mut self) {
        drop(stop(&self.directory));
    }
}
