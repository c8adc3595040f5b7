//! What goes wrong before a server listens: each with a message that says what to do, and the right exit code.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as the tests do")]

use std::fs;
use std::net::TcpListener;

use tempfile::TempDir;
use throughline_tests::database::alter_file;
use throughline_tests::program::{Finished, Program};
use throughline_tests::repository::{newest_migration, root, text};
use throughline_tests::server::TestServer;

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn fails(program: &Program, arguments: &[&str], code: i32, expected: &[&str]) -> Finished {
    let finished = program.run(arguments);
    assert_eq!(finished.code, code, "{arguments:?}\n{}", finished.all());
    for part in expected {
        assert!(finished.stderr.contains(part), "{arguments:?} should say '{part}'\n{}", finished.stderr);
    }
    assert!(!finished.all().contains("panicked"), "{}", finished.all());
    finished
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let program = Program::on(&folder.path().join("data")).with("SERVER_LISTEN", &address);
    fails(&program, &["serve"], 3, &[&address, "another program listens", "server.listen"]);
}

#[test]
fn a_broken_configuration_is_named_with_its_place() {
    let folder = folder();
    let program = Program::on(&folder.path().join("data"));
    for (content, expected) in [
        ("[server\nlisten = 1", "not valid TOML"),
        ("[servers]\nlisten = \"127.0.0.1:1\"", "did you mean 'server'"),
        ("[server]\nlissen = \"127.0.0.1:1\"", "did you mean 'listen'"),
        ("[server]\nworkers = \"two\"", "server.workers must be"),
        ("[server]\nworkers = -1", "not negative"),
        ("[server]\nworkers = 0", "between 1 and 256"),
        ("[limits]\nbody_bytes = 999999999999", "limits.body_bytes"),
        ("[log]\nformat = \"xml\"", "log.format"),
        ("[log]\nfilter = \"throughline=loud\"", "log.filter"),
        ("server = 1", "must be a section"),
    ] {
        let file = folder.path().join("throughline.toml");
        fs::write(&file, content).unwrap();
        let path = file.display().to_string();
        fails(&program, &["--config", &path, "serve"], 2, &[expected]);
    }
    let missing = folder.path().join("nowhere.toml").display().to_string();
    fails(&program, &["--config", &missing, "serve"], 2, &["cannot be read", &missing]);
    assert!(!folder.path().join("data").exists(), "a refused start leaves nothing behind");
}

#[test]
fn a_wrong_environment_variable_is_named() {
    let folder = folder();
    let program = Program::on(&folder.path().join("data"));
    for (name, value, expected) in [
        ("SERVER_LISTENS", "x", "did you mean 'server_listen'"),
        ("SERVER_LISTEN", "localhost", "an address and a port"),
        ("SERVER_WORKERS", "many", "THROUGHLINE_SERVER_WORKERS"),
        ("ENTIRELY_UNHEARD_OF", "1", "`throughline config` lists all"),
        ("LEDGER_ORIGIN", "two words", "ledger.origin"),
    ] {
        let program = program.clone().with(name, value);
        let code = if name == "LEDGER_ORIGIN" { 3 } else { 2 };
        fails(&program, &["serve"], code, &[expected]);
    }
}

#[test]
fn the_printed_configuration_is_the_stored_one_and_is_accepted() {
    let folder = folder();
    let program = Program::on(&folder.path().join("data"));
    let printed = program.run(&["config"]).good();
    assert_eq!(printed, text(&root().join("config/default.toml")));
    let file = folder.path().join("throughline.toml");
    fs::write(&file, printed).unwrap();
    let path = file.display().to_string();
    assert!(program.run(&["--config", &path, "source", "list"]).good().contains("no source yet"));
}

#[test]
fn a_database_that_cannot_be_used_is_named_with_what_to_do() {
    let folder = folder();
    let data = folder.path().join("data");
    let program = Program::on(&data);
    fails(&program, &["verify"], 3, &["there is no ledger at", "throughline serve"]);
    fails(
        &program.clone().with("DATABASE_URL", "mysql://acme.example/x"),
        &["serve"],
        3,
        &["sqlite://", "postgres://"],
    );
    let nobody = "postgres://ledger:hush@127.0.0.1:1/ledger";
    let unreachable = fails(&program.clone().with("DATABASE_URL", nobody), &["serve"], 3, &["cannot be reached"]);
    assert!(!unreachable.all().contains("hush"), "a password is shown: {}", unreachable.all());
    fs::create_dir_all(&data).unwrap();
    fs::write(data.join("throughline.db"), vec![7; 20_000]).unwrap();
    fails(&program, &["serve"], 3, &["damaged", "backup"]);
    fs::remove_file(data.join("throughline.db")).unwrap();
    fs::write(data.join("ledger.key"), "not a key").unwrap();
    fails(&program, &["serve"], 3, &["ledger.key", "64 hexadecimal digits"]);
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let impossible = file.join("data").display().to_string();
    fails(&program.clone().with("SERVER_DATA_FOLDER", &impossible), &["serve"], 3, &[&impossible]);
}

#[test]
fn a_newer_database_and_another_key_are_refused() {
    let mut server = TestServer::with_sources(&["alertmanager"]);
    server.deliver_well("alertmanager", &[], b"{}");
    server.stop();
    let key = server.data_folder().join("ledger.key");
    let kept = fs::read(&key).unwrap();
    fs::write(&key, "00".repeat(32)).unwrap();
    fails(server.program(), &["serve"], 3, &["another key"]);
    fs::write(&key, kept).unwrap();

    let version = newest_migration();
    let newer = format!("2999{}", &version[4..]);
    alter_file(&server.database_file(), version.as_bytes(), newer.as_bytes());
    fails(server.program(), &["serve"], 3, &["newer Throughline", &newer]);
    server.leave_unchecked();
}

#[test]
fn a_changed_ledger_does_not_verify_and_names_the_entry() {
    let mut server = TestServer::with_sources(&["alertmanager"]);
    for number in 0..5 {
        server.deliver_well("alertmanager", &[], format!("\"body number {number}\"").as_bytes());
    }
    server.stop();
    let verified = server.command(&["verify"]).good();
    assert!(verified.contains('6'), "the count of entries is said: {verified}");
    alter_file(&server.database_file(), b"body number 3", b"body number 9");
    fails(server.program(), &["verify"], 1, &["does not pass", "entry 4"]);
    server.leave_unchecked();
}

#[test]
fn keys_are_readable_by_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let server = TestServer::with_sources(&[]);
    for name in ["ledger.key", "token.key"] {
        let mode = fs::metadata(server.data_folder().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
