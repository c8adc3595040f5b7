//! Empty databases of both kinds, each test its own.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;
use throughline_store::{Backend, Store, StoreOptions};
use tokio_postgres::NoTls;

use crate::runtime::{block_on, spawn};

const SERVER: &str = "THROUGHLINE_TEST_POSTGRES";
const REQUIRED: &str = "THROUGHLINE_TEST_REQUIRE_POSTGRES";

/// A database that is gone when this is dropped.
#[derive(Debug)]
pub struct TestDatabase {
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// The folder of the file.
    Sqlite(TempDir),
    /// The server's own database, and the name of the test's.
    Postgres { server: String, name: String },
}

/// An empty database of each kind; PostgreSQL only where the test run has a server for it.
pub fn databases() -> Vec<TestDatabase> {
    [Some(TestDatabase::sqlite()), TestDatabase::postgres()].into_iter().flatten().collect()
}

impl TestDatabase {
    /// A file in a folder of its own; nothing has been written yet.
    ///
    /// # Panics
    /// Where no folder can be made.
    pub fn sqlite() -> Self {
        Self { place: Place::Sqlite(tempfile::tempdir().expect("a temporary folder can be made")) }
    }

    /// An empty database on the PostgreSQL server of the test run; says so and answers `None` where there is no server.
    ///
    /// # Panics
    /// Where the server must be there and is not, or takes no database.
    pub fn postgres() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var(SERVER) else {
            let required = std::env::var(REQUIRED).is_ok_and(|value| value == "1");
            assert!(!required, "{REQUIRED} is 1, and {SERVER} names no server");
            eprintln!("{SERVER} is not set: the test runs on SQLite alone");
            return None;
        };
        let name = format!("throughline_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        execute(&server, &format!("CREATE DATABASE {name}"));
        Some(Self { place: Place::Postgres { server, name } })
    }

    /// Which kind it is.
    pub fn backend(&self) -> Backend {
        match self.place {
            Place::Sqlite(_) => Backend::Sqlite,
            Place::Postgres { .. } => Backend::Postgres,
        }
    }

    /// Its address, as the program takes it.
    ///
    /// # Panics
    /// Where the server's address names no database.
    pub fn url(&self) -> String {
        match &self.place {
            Place::Sqlite(_) => format!("sqlite://{}", self.file().display()),
            Place::Postgres { server, name } => {
                let (start, _) = server.rsplit_once('/').expect("the server's address ends with a database");
                format!("{start}/{name}")
            }
        }
    }

    /// How to open it.
    pub fn options(&self) -> StoreOptions {
        StoreOptions { url: self.url(), readers: 4, max_pages: None }
    }

    /// Opens it, which migrates it.
    ///
    /// # Panics
    /// Where it cannot be opened.
    pub fn open(&self) -> Store {
        Store::open(&self.options()).unwrap_or_else(|error| panic!("{:?} cannot be opened: {error}", self.place))
    }

    /// The file of an SQLite database.
    ///
    /// # Panics
    /// On PostgreSQL.
    pub fn file(&self) -> PathBuf {
        match &self.place {
            Place::Sqlite(folder) => folder.path().join("throughline.db"),
            Place::Postgres { .. } => panic!("a PostgreSQL database has no file"),
        }
    }

    /// Runs statements on a PostgreSQL database, past the program.
    ///
    /// # Panics
    /// On SQLite, and where the statements fail.
    pub fn execute(&self, statements: &str) {
        assert_eq!(self.backend(), Backend::Postgres, "only PostgreSQL takes statements from beside");
        execute(&self.url(), statements);
    }

    /// The rows that a query on a PostgreSQL database gives, each value as text.
    ///
    /// # Panics
    /// On SQLite, and where the query fails.
    pub fn rows(&self, query: &str) -> Vec<Vec<String>> {
        assert_eq!(self.backend(), Backend::Postgres, "only PostgreSQL takes queries from beside");
        let url = self.url();
        block_on(async {
            let messages =
                connect(&url).await.simple_query(query).await.unwrap_or_else(|error| panic!("{query}\n{error:?}"));
            let rows = messages.iter().filter_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
                _ => None,
            });
            let text =
                |row: &tokio_postgres::SimpleQueryRow, column: usize| row.get(column).unwrap_or_default().to_owned();
            rows.map(|row| (0..row.len()).map(|column| text(row, column)).collect()).collect()
        })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Place::Postgres { server, name } = &self.place {
            execute(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Replaces bytes in a closed SQLite file by as many others, as a broken disk or somebody with an editor does.
///
/// # Panics
/// Where the bytes are not in the file.
pub fn alter_file(file: &Path, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len(), "the file must keep its form");
    settle_file(file);
    let mut bytes = std::fs::read(file).expect("the database can be read");
    let places: Vec<usize> =
        bytes.windows(from.len()).enumerate().filter(|(_, window)| *window == from).map(|(place, _)| place).collect();
    assert!(!places.is_empty(), "'{}' is not in {}", String::from_utf8_lossy(from), file.display());
    for place in places {
        bytes.get_mut(place..place + to.len()).expect("the window was found there").copy_from_slice(to);
    }
    std::fs::write(file, bytes).expect("the database can be written");
}

/// Copies an SQLite database, with what its write-ahead log holds. No server may be writing to it.
///
/// # Panics
/// Where it cannot be copied.
pub fn copy_database(from: &Path, to: &Path) {
    for ending in ["", "-wal"] {
        let beside = |file: &Path| {
            let mut name = file.as_os_str().to_owned();
            name.push(ending);
            name
        };
        let source = beside(from);
        if Path::new(&source).exists() {
            std::fs::copy(source, beside(to)).expect("the database can be copied");
        } else {
            let _ = std::fs::remove_file(beside(to));
        }
    }
}

/// Moves everything into the one file, so that it can be copied or altered. Nobody else may have it open.
///
/// # Panics
/// Where it cannot be opened.
pub fn settle_file(file: &Path) {
    let url = format!("sqlite://{}", file.display());
    let store = Store::open(&StoreOptions { url, readers: 1, max_pages: None }).expect("the database can be opened");
    store.checkpoint().expect("the log can be moved into the file");
    drop(store);
    for ending in ["-wal", "-shm"] {
        let mut beside = file.as_os_str().to_owned();
        beside.push(ending);
        // Closing the database has removed them, unless another thread still holds a connection for a moment.
        let _ = std::fs::remove_file(beside);
    }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.unwrap_or_else(|error| panic!("{url} cannot be reached: {error:?}"));
    spawn(connection);
    client
}

fn execute(url: &str, statements: &str) {
    let done = block_on(async { connect(url).await.batch_execute(statements).await });
    done.unwrap_or_else(|error| panic!("{statements}\n{error:?}"));
}
