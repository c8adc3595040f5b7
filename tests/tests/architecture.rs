//! The invariants of the design, checked by reading the workspace's own files.

#![expect(clippy::panic, reason = "a file that cannot be read is a failure of the test")]

use std::collections::{BTreeMap, BTreeSet};

use throughline_tests::repository::{files, listed, root, shown, text};
use throughline_tests::source::{SourceFile, code_of, has_word, lines_of_code, production, within_brackets};
use toml::Table;

/// The crates, by folder, and which others of ours each may depend on.
const CRATES: [(&str, &str, &[&str]); 6] = [
    ("server/domain", "throughline-domain", &[]),
    ("server/store", "throughline-store", &["throughline-domain"]),
    ("webhooks", "throughline-webhooks", &["throughline-domain"]),
    ("server", "throughline", &["throughline-domain", "throughline-store", "throughline-webhooks"]),
    ("tests", "throughline-tests", &["throughline", "throughline-domain", "throughline-store", "throughline-webhooks"]),
    (
        "tests/bench",
        "throughline-bench",
        &["throughline", "throughline-domain", "throughline-store", "throughline-webhooks", "throughline-tests"],
    ),
];

/// The two files that may name a backend.
const BACKEND_FILES: [&str; 2] = ["server/store/src/connection.rs", "server/store/src/dialect.rs"];

/// The files that hand drafts to the writer of the ledger.
const APPENDING: [&str; 5] = [
    "server/src/bundle.rs",
    "server/src/configuration.rs",
    "server/src/decide.rs",
    "server/src/import/entries.rs",
    "server/src/journal.rs",
];

/// The folder of what others have written. Only tests use it.
const VENDORED: &str = "tests/vendor/";

/// The most lines of code in a file of the program, without its tests.
const MAX_LINES: usize = 500;

/// The most in a file of tests, which are mostly data.
const MAX_TEST_LINES: usize = 600;

#[test]
fn what_decides_does_no_input_or_output() {
    let forbidden = [
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "std::thread",
        "std::io",
        "SystemTime",
        "Instant",
        "Utc::now",
        "Local::now",
        "tokio",
        "async fn",
        "diesel",
        "getrandom",
        "rand",
        "reqwest",
        "actix_web",
        "sql_query",
    ];
    let mut found = Vec::new();
    for file in production("server/domain/src").iter().chain(&production("webhooks/src")) {
        let named = forbidden.iter().filter(|word| has_word(&file.code, word));
        found.extend(named.map(|word| format!("{} names {word}", file.name)));
    }
    assert_none(&found);
    let outward = ["tokio", "diesel", "reqwest", "actix-web", "getrandom", "rand", "tracing", "throughline-store"];
    for folder in ["server/domain", "webhooks"] {
        let depends: BTreeSet<String> = dependencies(folder, "dependencies");
        let wrong: Vec<&&str> = outward.iter().filter(|name| depends.contains(**name)).collect();
        assert!(wrong.is_empty(), "{folder} depends on {wrong:?}");
    }
}

#[test]
fn crates_depend_in_one_direction() {
    let names: BTreeSet<&str> = CRATES.iter().map(|(_, name, _)| *name).collect();
    let members = manifest("").get("workspace").and_then(|workspace| workspace.get("members")).cloned().unwrap();
    let members: BTreeSet<&str> = members.as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    let folders: BTreeSet<&str> = CRATES.iter().map(|(folder, _, _)| *folder).collect();
    assert_eq!(members, folders, "a crate is missing here, or gone");
    for (folder, name, allowed) in CRATES {
        let package = manifest(folder).get("package").and_then(|package| package.get("name")).cloned().unwrap();
        assert_eq!(package.as_str(), Some(name));
        for table in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let ours = dependencies(folder, table).into_iter().filter(|other| names.contains(other.as_str()));
            for other in ours {
                assert!(allowed.contains(&other.as_str()), "{name} must not depend on {other}");
            }
        }
    }
}

#[test]
fn every_crate_has_the_lints_of_the_workspace() {
    for (folder, name, _) in CRATES {
        let lints =
            manifest(folder).get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(lints, Some(true), "{name}");
    }
    let workspace = manifest("").get("workspace").cloned().unwrap();
    let unsafe_code = workspace.get("lints").and_then(|lints| lints.get("rust")?.get("unsafe_code")).cloned();
    assert_eq!(unsafe_code.and_then(|level| level.as_str().map(str::to_owned)).as_deref(), Some("forbid"));
}

#[test]
fn only_the_store_names_diesel_and_only_two_of_its_files_a_backend() {
    let mut found = Vec::new();
    for (folder, _, _) in CRATES {
        for table in ["dependencies", "dev-dependencies"] {
            let depends = dependencies(folder, table).into_iter().any(|name| name.starts_with("diesel"));
            if depends && folder != "server/store" {
                found.push(format!("{folder}/Cargo.toml names diesel"));
            }
        }
    }
    let others = ["server/src", "server/domain/src", "webhooks/src", "tests/src"];
    for file in others.iter().flat_map(|folder| production(folder)) {
        let named = ["diesel", "diesel_async", "diesel_migrations"].into_iter().any(|word| has_word(&file.code, word));
        if named {
            found.push(format!("{} names diesel", file.name));
        }
    }
    let backends = [
        "Sqlite",
        "SqliteConnection",
        "Postgres",
        "PostgresConnection",
        "Pg",
        "PgConnection",
        "AsyncPgConnection",
        "sqlite",
        "pg",
        "postgres",
        "tokio_postgres",
    ];
    for file in production("server/store/src").iter().filter(|file| !BACKEND_FILES.contains(&file.name.as_str())) {
        let named = backends.iter().filter(|word| has_word(&file.code, word));
        found.extend(named.map(|word| format!("{} names {word}", file.name)));
    }
    assert_none(&found);
}

#[test]
fn nothing_reaches_the_ledger_but_through_the_one_append() {
    let mut found = Vec::new();
    for file in production("server/src") {
        let calls = has_word(&file.code, "Appender") && file.code.contains(".append(");
        if calls && !APPENDING.contains(&file.name.as_str()) {
            found.push(format!("{} appends to the ledger by itself", file.name));
        }
    }
    let tables = ["entry", "body", "tile", "tile_table", "checkpoint", "head", "stream"];
    for file in production("server/store/src") {
        let dense: String = file.code.split_whitespace().collect();
        for table in tables {
            let changes =
                ["insert_into(", "insert_rows!(connection,", "upsert_rows!(connection,", "delete(", "update("];
            let changed = changes.iter().any(|change| dense.contains(&format!("{change}{table}::table")));
            if changed && !file.name.starts_with("server/store/src/ledger") {
                found.push(format!("{} changes the table {table} of the ledger", file.name));
            }
            if dense.contains(&format!("delete({table}::table")) || dense.contains(&format!("update({table}::table")) {
                // The head is the one row that moves.
                if table != "head" {
                    found.push(format!("{} changes what stands in {table}", file.name));
                }
            }
        }
    }
    assert_none(&found);
}

#[test]
fn nothing_is_parsed_or_fetched_within_a_write() {
    let forbidden = [".await", "parse(", "reqwest", "fold::fold", "from_slice", "std::fs", "sleep"];
    let mut found = Vec::new();
    for file in production("server/src").iter().chain(&production("server/store/src")) {
        for (start, call) in file.code.match_indices("store.write(") {
            let work = within_brackets(&file.code, start + call.len() - 1);
            let done = forbidden.iter().filter(|word| work.contains(**word));
            found.extend(done.map(|word| format!("{}: {word} within a write transaction", file.name)));
        }
    }
    assert_none(&found);
}

#[test]
fn a_provider_is_its_folder_and_a_line() {
    let providers: Vec<String> = listed(&root().join("webhooks/src/providers"))
        .iter()
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert!(providers.len() >= 6, "{providers:?}");
    let mut found = Vec::new();
    for file in production("webhooks/src").iter().chain(&production("server/src")) {
        for provider in &providers {
            let own = file.name.starts_with(&format!("webhooks/src/providers/{provider}/"));
            let table = file.name == "webhooks/src/providers/mod.rs";
            if !own && !table && has_word(&file.code, &format!("providers::{provider}")) {
                found.push(format!("{} knows of the provider {provider}", file.name));
            }
        }
    }
    assert_none(&found);
}

#[test]
fn migrations_come_in_pairs_with_a_way_down() {
    let names = |backend: &str| -> BTreeSet<String> {
        let folders = listed(&root().join("migrations").join(backend)).into_iter().filter(|path| path.is_dir());
        folders.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
    for name in names("sqlite") {
        let mut both = Vec::new();
        for backend in ["sqlite", "postgres"] {
            let folder = root().join("migrations").join(backend).join(&name);
            let files: Vec<String> = listed(&folder).iter().map(|path| shown(path)).collect();
            assert_eq!(files.len(), 2, "{files:?}");
            let made = tables(&text(&folder.join("up.sql")), "create table");
            let dropped = tables(&text(&folder.join("down.sql")), "drop table");
            assert!(!made.is_empty(), "{backend}/{name} makes nothing");
            assert_eq!(made, dropped, "{backend}/{name} does not lead back");
            both.push(made);
        }
        assert_eq!(both.first(), both.last(), "{name} makes other tables on the other database");
    }
}

#[test]
fn files_are_short_enough_to_be_read() {
    let mut found = Vec::new();
    for file in ["server/src", "server/domain/src", "server/store/src", "webhooks/src"]
        .iter()
        .flat_map(|folder| production(folder))
    {
        let lines = lines_of_code(&file.code);
        if lines > MAX_LINES {
            found.push(format!("{} has {lines} lines of code; split it below {MAX_LINES}", file.name));
        }
    }
    let tests = ["tests", "webhooks/tests"].iter().flat_map(|folder| files(folder, ".rs"));
    for path in tests {
        let lines = lines_of_code(&code_of(&text(&path)));
        if lines > MAX_TEST_LINES {
            found.push(format!("{} has {lines} lines of code; split it below {MAX_TEST_LINES}", shown(&path)));
        }
    }
    assert_none(&found);
}

#[test]
fn every_module_opens_with_a_line_on_its_job() {
    let found: Vec<String> =
        files("", ".rs").iter().filter(|path| !text(path).starts_with("//! ")).map(|path| shown(path)).collect();
    assert_none(&found);
}

#[test]
fn nothing_is_left_for_later() {
    // The words are put together here, so that this file does not hold them.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let calls = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("#[ign", "ore"), concat!("dbg", "!(")];
    let mut found = Vec::new();
    for (name, text) in texts() {
        let marked = marks.iter().filter(|mark| has_word(&text, mark));
        found.extend(marked.map(|mark| format!("{name}: {mark}")));
        let called = calls.iter().filter(|call| text.contains(**call));
        found.extend(called.map(|call| format!("{name}: {call}")));
    }
    assert_none(&found);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let homes = [concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/wo", "rk/")];
    let mut found = Vec::new();
    for (name, text) in texts() {
        for home in homes {
            // After a letter or a dot it is part of an address or of a relative path.
            let absolute = text.match_indices(home).any(|(start, _)| {
                let before = text.get(..start).and_then(|before| before.chars().next_back());
                before.is_none_or(|letter| {
                    !letter.is_alphanumeric() && !matches!(letter, '.' | '-' | '_' | '}' | ')' | '/' | '*')
                })
            });
            if absolute {
                found.push(format!("{name}: {home}"));
            }
        }
    }
    assert_none(&found);
}

#[test]
fn only_the_picture_is_put_into_a_page_as_it_is() {
    let mut found = Vec::new();
    for path in files("ui/templates", ".html") {
        let template = text(&path);
        for line in template.lines().filter(|line| line.contains("safe") && line.contains('|')) {
            let dense: String = line.split_whitespace().collect();
            if dense.contains("|safe") && !dense.contains("{{picture|safe}}") && !dense.contains("{{manual|safe}}") {
                found.push(format!("{}: {line}", shown(&path)));
            }
        }
        let inline = ["<style", " style=", " onclick=", " onload=", "javascript:"]
            .into_iter()
            .find(|word| template.contains(word));
        found.extend(inline.map(|word| format!("{}: {word} is forbidden by the policy", shown(&path))));
    }
    assert_none(&found);
}

fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn manifest(folder: &str) -> Table {
    let path = root().join(folder).join("Cargo.toml");
    toml::from_str(&text(&path)).unwrap_or_else(|error| panic!("{}: {error}", shown(&path)))
}

fn dependencies(folder: &str, table: &str) -> BTreeSet<String> {
    let manifest = manifest(folder);
    let table = manifest.get(table).and_then(toml::Value::as_table);
    table.into_iter().flat_map(|table| table.keys().cloned()).collect()
}

/// The names after `create table` or `drop table`, in order of name.
fn tables(sql: &str, before: &str) -> BTreeSet<String> {
    let lower = sql.to_lowercase();
    let names = lower.split(before).skip(1).filter_map(|rest| {
        let rest = rest.trim_start().trim_start_matches("if exists").trim_start();
        rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().map(str::to_owned)
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// Every file that is text and was written for this project, with its name.
fn texts() -> BTreeMap<String, String> {
    const GENERATED: [&str; 1] = ["Cargo.lock"];
    let paths = files("", "").into_iter().filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        !GENERATED.contains(&name) && !shown(path).starts_with(VENDORED)
    });
    paths.filter_map(|path| Some((shown(&path), std::fs::read_to_string(&path).ok()?))).collect()
}

#[test]
fn the_reader_of_source_sees_the_program() {
    let all: Vec<SourceFile> = production("server/src");
    assert!(all.iter().any(|file| file.name == "server/src/journal.rs" && has_word(&file.code, "Appender")));
    assert!(production("server/domain/src").iter().all(|file| !file.name.ends_with("/tests.rs")));
}
