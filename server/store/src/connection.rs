//! Connecting to either database: addresses, settings, pools, migrations and transactions.

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, Pool, PooledConnection};
use diesel::{Connection as _, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::{AsyncConnectionWrapper, BlockOn};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::dialect::on;
use crate::error::StoreError;
use crate::search;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES_MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// How long a statement waits for another process's lock on the SQLite file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a caller waits for a free connection: longer than [`BUSY_TIMEOUT`], so that the database's own error comes first.
const POOL_TIMEOUT: Duration = Duration::from_secs(10);

/// A server that has stopped in the middle of a transaction must not keep the others waiting for ever.
const POSTGRES_SETTINGS: &str = "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '30s'; \
                                 SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; \
                                 SET tcp_keepalives_count = 3";

/// How often a migration is tried while another server migrates the same database.
const MIGRATION_TRIES: u32 = 10;

/// How long to wait between two tries.
const MIGRATION_PAUSE: Duration = Duration::from_millis(300);

/// The oldest SQLite that is safe: earlier ones can lose the write-ahead log when it is reset.
const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

/// Which database a store is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// One file, no set-up.
    Sqlite,
    /// PostgreSQL, or what speaks its protocol.
    Postgres,
}

/// One connection to either database.
#[expect(clippy::large_enum_variant, reason = "there are a handful of them, and each lives in a pool")]
pub enum Connection {
    /// To an SQLite file.
    Sqlite(SqliteConnection),
    /// To a PostgreSQL server.
    Postgres(PostgresConnection),
}

/// The pure-Rust PostgreSQL connection behind diesel's blocking interface.
pub type PostgresConnection = AsyncConnectionWrapper<AsyncPgConnection, DriverRuntime>;

/// How to open a store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `sqlite://<path>` or `postgres://user:password@host/database`.
    pub url: String,
    /// How many connections questions may use at once.
    pub readers: u32,
    /// The most pages that the SQLite file may have; `None` for no bound but the disk's. A page has 4,096 bytes.
    pub max_pages: Option<u64>,
}

/// A database, open and migrated.
pub struct Store {
    backend: Backend,
    pool: Pool<Manager>,
    /// SQLite has one writer at a time anyway; queueing here is fair, and waiting in SQLite is not.
    writer: Option<Mutex<Connection>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Store").field("backend", &self.backend).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the database, creating an SQLite file where there is none, and migrates it.
    ///
    /// # Errors
    /// [`StoreError::Refused`] for an address of another form, a database of a newer program, or settings that could lose
    /// acknowledged writes; [`StoreError::Unavailable`] where the database cannot be reached.
    pub fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let target = Target::parse(&options.url)?;
        let manager = Manager { target, max_pages: options.max_pages };
        let mut first = manager.establish()?;
        first.check_durability()?;
        first.migrate_patiently()?;
        // A graph that an older program has folded can be searched from now on, too.
        if search::is_unfilled(&mut first)? {
            first.transaction(search::fill)?;
        }
        let backend = first.backend();
        let writer = match backend {
            Backend::Sqlite => Some(Mutex::new(first)),
            Backend::Postgres => None,
        };
        let pool = Pool::builder()
            .max_size(options.readers.max(1))
            .min_idle(Some(1))
            .test_on_check_out(backend == Backend::Postgres)
            .connection_timeout(POOL_TIMEOUT)
            .build(manager)?;
        Ok(Self { backend, pool, writer })
    }

    /// Which database this is.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Runs queries that change nothing.
    ///
    /// # Errors
    /// Whatever `work` answers, and [`StoreError::Unavailable`] where no connection becomes free in time.
    pub fn read<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connection: PooledConnection<Manager> = self.pool.get()?;
        work(&mut connection)
    }

    /// Runs one unit of work in one transaction, opened for writing: all of it is committed and on disk, or none of it.
    ///
    /// Keep it short, with neither parsing nor network calls inside: on SQLite nobody else writes meanwhile.
    ///
    /// # Errors
    /// Whatever `work` answers, after rolling back; the error of the commit otherwise.
    pub fn write<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        match &self.writer {
            Some(writer) => {
                let mut connection = writer.lock().unwrap_or_else(|poisoned| {
                    // A panic has left a transaction open.
                    let mut connection = poisoned.into_inner();
                    if let Err(error) = connection.rollback() {
                        tracing::warn!(error = %error, "a transaction that was left open could not be rolled back");
                    }
                    writer.clear_poison();
                    connection
                });
                connection.transaction(work)
            }
            None => self.pool.get()?.transaction(work),
        }
    }

    /// Moves what SQLite's write-ahead log holds into the file, without making anybody wait. Does nothing on PostgreSQL.
    ///
    /// Connections never do so by themselves: it would stall a commit for tens of milliseconds.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub fn checkpoint(&self) -> Result<(), StoreError> {
        match self.backend {
            Backend::Sqlite => {
                self.read(settle)?;
                // The log begins anew only when a writer finds all of it moved: with commits all the time that needs a
                // moment without one, and by now little is left to move.
                self.writer.as_ref().map_or(Ok(()), |writer| match writer.try_lock() {
                    Ok(mut connection) => settle(&mut connection),
                    Err(_) => Ok(()),
                })
            }
            Backend::Postgres => Ok(()),
        }
    }
}

impl Connection {
    /// Which database this connection is to.
    pub fn backend(&self) -> Backend {
        match self {
            Connection::Sqlite(_) => Backend::Sqlite,
            Connection::Postgres(_) => Backend::Postgres,
        }
    }

    fn transaction<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.begin()?;
        match work(self) {
            Ok(value) => {
                self.commit()?;
                Ok(value)
            }
            Err(error) => {
                if let Err(rollback) = self.rollback() {
                    tracing::warn!(error = %rollback, "rolling back failed; the connection will be closed");
                }
                Err(error)
            }
        }
    }

    fn begin(&mut self) -> Result<(), StoreError> {
        match self {
            // A deferred transaction that reads before it writes fails at once when another one writes meanwhile.
            Connection::Sqlite(inner) => AnsiTransactionManager::begin_transaction_sql(inner, "BEGIN IMMEDIATE")?,
            Connection::Postgres(inner) => {
                <PostgresConnection as diesel::Connection>::TransactionManager::begin_transaction(inner)?;
            }
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(inner) => AnsiTransactionManager::commit_transaction(inner)?,
            Connection::Postgres(inner) => {
                <PostgresConnection as diesel::Connection>::TransactionManager::commit_transaction(inner)?;
            }
        }
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        match self {
            Connection::Sqlite(inner) => AnsiTransactionManager::rollback_transaction(inner)?,
            Connection::Postgres(inner) => {
                <PostgresConnection as diesel::Connection>::TransactionManager::rollback_transaction(inner)?;
            }
        }
        Ok(())
    }

    /// Migrates; when another server does the same at this moment, looks again a little later.
    fn migrate_patiently(&mut self) -> Result<(), StoreError> {
        for _ in 1..MIGRATION_TRIES {
            match self.migrate() {
                Err(StoreError::Refused(cause))
                    if cause.contains("already exists") || cause.contains("duplicate key") =>
                {
                    std::thread::sleep(MIGRATION_PAUSE);
                }
                migrated => return migrated,
            }
        }
        self.migrate()
    }

    fn migrate(&mut self) -> Result<(), StoreError> {
        let backend = self.backend();
        let migrations = || match backend {
            Backend::Sqlite => SQLITE_MIGRATIONS,
            Backend::Postgres => POSTGRES_MIGRATIONS,
        };
        let failed = |cause: Box<dyn std::error::Error + Send + Sync>| {
            let cause = cause.to_string();
            if cause.contains("not a database") || cause.contains("malformed") {
                StoreError::Damaged(cause)
            } else if cause.contains("disk is full") || cause.contains("locked") {
                StoreError::Unavailable(cause)
            } else {
                StoreError::Refused(format!("the database cannot be migrated: {cause}"))
            }
        };
        let known = known_versions(&migrations())?;
        on!(self, |inner| {
            let applied = inner.applied_migrations().map_err(failed)?;
            if let Some(newer) = applied.iter().map(ToString::to_string).find(|version| !known.contains(version)) {
                return Err(StoreError::Refused(format!(
                    "the database was written by a newer Throughline (migration {newer}); start that one, or restore a backup"
                )));
            }
            inner.run_pending_migrations(migrations()).map_err(failed)?;
        });
        Ok(())
    }

    /// Refuses settings under which an acknowledged write could be lost.
    fn check_durability(&mut self) -> Result<(), StoreError> {
        match self.backend() {
            Backend::Sqlite => self.check_sqlite(),
            Backend::Postgres => self.check_postgres(),
        }
    }

    fn check_sqlite(&mut self) -> Result<(), StoreError> {
        let version = setting(self, "SELECT sqlite_version() AS value")?;
        let journal = setting(self, "SELECT journal_mode AS value FROM pragma_journal_mode")?;
        let synchronous = setting(self, "SELECT CAST(synchronous AS TEXT) AS value FROM pragma_synchronous")?;
        if parse_version(&version) < OLDEST_SQLITE {
            return Err(StoreError::Refused(format!("SQLite {version} can lose committed data; 3.51.3 is needed")));
        }
        if journal != "wal" || synchronous != "2" {
            return Err(StoreError::Refused(format!(
                "SQLite cannot keep its write-ahead log safe here (journal_mode {journal}, synchronous {synchronous}); \
                 put the data folder on a local disk"
            )));
        }
        Ok(())
    }

    fn check_postgres(&mut self) -> Result<(), StoreError> {
        for name in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value = setting(self, &format!("SELECT current_setting('{name}') AS value"))?;
            if value == "off" {
                return Err(StoreError::Refused(format!(
                    "PostgreSQL runs with {name} = off and may lose what it has acknowledged; turn it on"
                )));
            }
        }
        Ok(())
    }
}

fn settle(connection: &mut Connection) -> Result<(), StoreError> {
    on!(connection, |inner| inner.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")).map_err(StoreError::from)
}

/// Makes connections for the pool.
#[derive(Debug)]
pub(crate) struct Manager {
    target: Target,
    max_pages: Option<u64>,
}

#[derive(Debug)]
enum Target {
    Sqlite(PathBuf),
    Postgres(Box<tokio_postgres::Config>),
}

impl Target {
    fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return match path {
                "" | ":memory:" => Err(StoreError::Refused("sqlite:// needs the path of a file".to_owned())),
                path => Ok(Self::Sqlite(PathBuf::from(path))),
            };
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let config = url.parse().map_err(|cause: tokio_postgres::Error| {
                StoreError::Refused(format!("the PostgreSQL address cannot be read: {cause}"))
            })?;
            return Ok(Self::Postgres(Box::new(config)));
        }
        Err(StoreError::Refused(
            "the database address must begin with sqlite:// or postgres://; for a file write sqlite:///path/to/file.db"
                .to_owned(),
        ))
    }
}

impl Manager {
    fn establish(&self) -> Result<Connection, StoreError> {
        match &self.target {
            Target::Sqlite(path) => open_sqlite(path, self.max_pages).map(Connection::Sqlite),
            Target::Postgres(config) => open_postgres(config).map(Connection::Postgres),
        }
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = StoreError;

    fn connect(&self) -> Result<Connection, StoreError> {
        self.establish()
    }

    fn is_valid(&self, connection: &mut Connection) -> Result<(), StoreError> {
        on!(connection, |inner| inner.batch_execute("SELECT 1")).map_err(StoreError::from)
    }

    fn has_broken(&self, connection: &mut Connection) -> bool {
        // A transaction that a panic left open must not be handed to the next caller.
        std::thread::panicking()
            || match connection {
                Connection::Sqlite(inner) => AnsiTransactionManager::is_broken_transaction_manager(inner),
                Connection::Postgres(inner) => {
                    <PostgresConnection as diesel::Connection>::TransactionManager::is_broken_transaction_manager(inner)
                }
            }
    }
}

fn open_sqlite(path: &Path, max_pages: Option<u64>) -> Result<SqliteConnection, StoreError> {
    let place = path.to_str().ok_or_else(|| {
        StoreError::Refused(format!("the path {} is not UTF-8; choose another data folder", path.display()))
    })?;
    let mut connection = SqliteConnection::establish(place).map_err(|cause| {
        StoreError::Refused(format!("the database file {} cannot be opened: {cause}", path.display()))
    })?;
    // The time-out comes first: each of the others may have to wait for another connection.
    let mut settings = format!(
        "PRAGMA busy_timeout = {}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
         PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = ON; \
         PRAGMA cache_size = -32768; PRAGMA journal_size_limit = 67108864;",
        BUSY_TIMEOUT.as_millis()
    );
    if let Some(pages) = max_pages {
        settings.push_str(&format!(" PRAGMA max_page_count = {pages};"));
    }
    connection.batch_execute(&settings)?;
    Ok(connection)
}

/// The runtime that drives PostgreSQL connections, apart from the server's own.
static RUNTIME: LazyLock<tokio::runtime::Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("postgres-driver")
        .enable_all()
        .build()
        .expect("the operating system grants two threads at start")
});

/// Lets diesel's blocking interface wait for the driver.
pub struct DriverRuntime;

impl BlockOn for DriverRuntime {
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        RUNTIME.block_on(future)
    }

    fn get_runtime() -> Self {
        Self
    }
}

fn open_postgres(config: &tokio_postgres::Config) -> Result<PostgresConnection, StoreError> {
    let unreachable = |cause: String| StoreError::Unavailable(format!("PostgreSQL cannot be reached: {cause}"));
    let mut config = config.clone();
    config.application_name("throughline");
    config.connect_timeout(Duration::from_secs(5));
    config.keepalives_idle(Duration::from_secs(30));
    config.tcp_user_timeout(Duration::from_secs(20));
    let connection = RUNTIME.block_on(async {
        let (client, connection) = config.connect(tls()?).await.map_err(|cause| unreachable(describe(&cause)))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection)
            .await
            .map_err(|cause| unreachable(cause.to_string()))
    })?;
    let mut connection = PostgresConnection::from(connection);
    connection.batch_execute(POSTGRES_SETTINGS)?;
    Ok(connection)
}

fn tls() -> Result<MakeRustlsConnect, StoreError> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|cause| StoreError::Refused(format!("TLS cannot be set up: {cause}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// The driver's errors name the cause only in their sources.
fn describe(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = diesel::sql_types::Text)]
    value: String,
}

fn setting(connection: &mut Connection, sql: &str) -> Result<String, StoreError> {
    let row: Setting = on!(connection, |inner| diesel::sql_query(sql).get_result(inner))?;
    Ok(row.value)
}

fn parse_version(text: &str) -> (u32, u32, u32) {
    let mut parts = text.split('.').map(|part| part.parse().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    (next(), next(), next())
}

fn known_versions(migrations: &EmbeddedMigrations) -> Result<Vec<String>, StoreError> {
    use diesel::migration::MigrationSource;
    let list = MigrationSource::<diesel::sqlite::Sqlite>::migrations(migrations)
        .map_err(|cause| StoreError::Refused(format!("the migrations cannot be read: {cause}")))?;
    Ok(list.iter().map(|migration| migration.name().version().to_string()).collect())
}
