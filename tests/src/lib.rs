//! The harness: what the tests in `tests/tests` are written with.
//!
//! [`server`] runs the real program and checks at the end of every test that it stopped well and that its ledger
//! verifies; [`database`] makes an empty database of either kind; [`ledger`] works on one without a server;
//! [`fake`] holds small models of tools whose interfaces are read; [`webdriver`] drives a real browser, and
//! [`visit`] says what can be told of the page that it shows. Everything is plain blocking code: the store blocks too, and
//! must not be called from the worker of an asynchronous runtime.
//!
//! Environment variables that steer a run:
//!
//! | variable | meaning |
//! |---|---|
//! | `THROUGHLINE_BIN` | the program under test; otherwise the one in the target folder |
//! | `THROUGHLINE_TEST_POSTGRES` | a PostgreSQL server that may create databases: `postgres://user@host:port/postgres` |
//! | `THROUGHLINE_TEST_REQUIRE_POSTGRES` | `1`: without that server the tests fail, instead of running on SQLite alone |
//! | `THROUGHLINE_TEST_REQUIRE_BROWSER` | `1`: without chromedriver the browser tests fail, instead of saying that they did not run |
//! | `THROUGHLINE_SHARED` | a folder with published payloads and vectors; otherwise `../shared` beside the workspace |
//! | `THROUGHLINE_SCREENSHOTS` | a folder that the browser tests put pictures of pages into |

#![expect(clippy::panic, reason = "a test that cannot go on must fail, and its harness with it")]

pub mod corpus;
pub mod database;
pub mod fake;
pub mod fixtures;
pub mod http;
pub mod ledger;
pub mod markup;
pub mod program;
pub mod random;
pub mod repository;
pub mod runtime;
pub mod server;
pub mod signing;
pub mod source;
pub mod story;
pub mod visit;
pub mod waiting;
pub mod webdriver;
