//! The tables as the store declares them, compared with both live databases.

#![expect(clippy::panic, reason = "helpers of tests fail as the tests do")]

use std::collections::BTreeSet;

use throughline_store::catalog;
use throughline_tests::database::{TestDatabase, databases};
use throughline_tests::repository::{listed, root, text};

/// Table, column, type and whether it may be null, in words that both databases share.
type Column = (String, String, String, bool);

#[test]
fn the_declared_tables_are_the_live_ones() {
    let declared = declared();
    assert!(declared.len() > 80, "only {} columns were read from the declaration", declared.len());
    for database in databases() {
        let live = database.open().read(catalog::columns).unwrap();
        let live: BTreeSet<Column> = live
            .into_iter()
            .map(|column| (column.table, column.name, kind_of(&column.kind).to_owned(), column.nullable))
            .collect();
        let missing: Vec<&Column> = declared.difference(&live).collect();
        let beside: Vec<&Column> = live.difference(&declared).collect();
        assert!(
            missing.is_empty() && beside.is_empty(),
            "{:?}\ndeclared and not there: {missing:#?}\nthere and not declared: {beside:#?}",
            database.backend()
        );
    }
}

#[test]
fn what_every_table_has_in_common() {
    for column in declared() {
        let (table, name, kind, _) = &column;
        assert_ne!(kind, "timestamp", "{table}.{name}: moments are microseconds, the same on both databases");
        assert_eq!(name.to_lowercase(), *name, "{table}.{name}");
    }
    let Some(database) = TestDatabase::postgres() else { return };
    drop(database.open());
    let texts = database.rows(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' \
         AND data_type IN ('text', 'character varying') AND collation_name IS DISTINCT FROM 'C' AND table_name NOT LIKE '\\_\\_%'",
    );
    assert!(texts.is_empty(), "texts must be ordered by bytes, as SQLite orders them: {texts:?}");
    let without_key = database.rows(
        "SELECT t.table_name FROM information_schema.tables t WHERE t.table_schema = 'public' AND NOT EXISTS \
         (SELECT 1 FROM information_schema.table_constraints c WHERE c.table_name = t.table_name \
          AND c.constraint_type = 'PRIMARY KEY')",
    );
    assert!(without_key.is_empty(), "every table needs a primary key: {without_key:?}");
}

#[test]
fn the_way_down_leaves_nothing_and_leads_up_again() {
    let Some(database) = TestDatabase::postgres() else { return };
    drop(database.open());
    let mut folders = listed(&root().join("migrations/postgres"));
    folders.retain(|path| path.is_dir());
    for folder in folders.iter().rev() {
        database.execute(&text(&folder.join("down.sql")));
    }
    let left = database.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'");
    assert_eq!(left, [["__diesel_schema_migrations"]]);
    database.execute("DELETE FROM __diesel_schema_migrations");
    drop(database.open());
    let tables = database.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'");
    assert!(tables.len() > 10, "{tables:?}");
}

/// What stands in the store's `schema.rs`.
fn declared() -> BTreeSet<Column> {
    let source = text(&root().join("server/store/src/schema.rs"));
    let mut columns = BTreeSet::new();
    for declaration in source.split("diesel::table! {").skip(1) {
        let lines = declaration.lines().map(str::trim).filter(|line| !line.is_empty());
        let mut table = "";
        for line in lines {
            if let Some((name, kind)) = line.split_once(" -> ") {
                let kind = kind.trim_end_matches(',');
                let inner = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
                let word = declared_kind(inner.unwrap_or(kind));
                columns.insert((table.to_owned(), name.to_owned(), word.to_owned(), inner.is_some()));
            } else if line.ends_with('{') {
                table = line.split_whitespace().next().unwrap_or_default();
            } else {
                break;
            }
        }
    }
    columns
}

fn declared_kind(diesel: &str) -> &str {
    match diesel {
        "BigInt" => "bigint",
        "Integer" => "integer",
        "SmallInt" => "smallint",
        "Text" => "text",
        "Binary" => "bytes",
        "Bool" => "boolean",
        other => panic!("the type {other} is not the same on both databases"),
    }
}

/// A database's own word for a type, in the shared words.
fn kind_of(live: &str) -> &str {
    match live {
        "bytea" | "blob" => "bytes",
        other => other,
    }
}
