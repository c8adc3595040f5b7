//! The order in which deliveries arrive has no say in the graph, and neither have duplicates, batches or a rebuild.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail as the tests do"
)]

use proptest::prelude::*;
use proptest::sample::subsequence;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use throughline_store::Draft;
use throughline_tests::database::TestDatabase;
use throughline_tests::fixtures::{self, Fixture};
use throughline_tests::ledger::TestLedger;
use throughline_tests::random::Random;
use throughline_webhooks::providers::PROVIDERS;

/// How many random sets of deliveries are tried on SQLite, and on PostgreSQL.
const SQLITE_CASES: u32 = 40;
const POSTGRES_CASES: u32 = 5;

/// One delivery of a run: which fixture, and under which id.
#[derive(Clone, Debug)]
struct Arrival {
    fixture: usize,
    id: String,
}

#[test]
fn every_order_gives_the_same_graph_on_sqlite() {
    check_random_sets(SQLITE_CASES, || Some(TestDatabase::sqlite()));
}

#[test]
fn every_order_gives_the_same_graph_on_postgres() {
    if TestDatabase::postgres().is_some() {
        check_random_sets(POSTGRES_CASES, TestDatabase::postgres);
    }
}

#[test]
fn both_databases_come_to_the_same_graph() {
    let fixtures = fixtures::all();
    let all: Vec<usize> = (0..fixtures.len()).collect();
    let expected = graph_in_order(&TestDatabase::sqlite(), &fixtures, &all);
    assert!(expected.len() > 500, "all fixtures together give only {} lines", expected.len());
    let backwards: Vec<usize> = all.iter().rev().copied().collect();
    let with_duplicates = graph_of(&TestDatabase::sqlite(), &fixtures, &arrivals(&backwards, 1), 2);
    assert_same(&expected, &with_duplicates);
    let Some(database) = TestDatabase::postgres() else { return };
    assert_same(&expected, &graph_of(&database, &fixtures, &arrivals(&backwards, 3), 4));
}

#[test]
fn reading_a_delivery_again_changes_nothing() {
    let fixtures = fixtures::all();
    let mut ledger = begin(&TestDatabase::sqlite());
    let drafts: Vec<Draft> = fixtures.iter().map(|fixture| draft(&mut ledger, fixture, &fixture.name)).collect();
    let receipts = ledger.append(&drafts).unwrap();
    let mut projector = TestLedger::projector();
    ledger.fold(&mut projector);
    let before = ledger.graph();
    for receipt in &receipts {
        projector.replay(&ledger.store, receipt.position).unwrap();
    }
    assert_same(&before, &ledger.graph());
}

/// Tries random sets of deliveries; a failure is narrowed down to as few as show it.
fn check_random_sets(cases: u32, database: impl Fn() -> Option<TestDatabase>) {
    let fixtures = fixtures::all();
    let all: Vec<usize> = (0..fixtures.len()).collect();
    let some = subsequence(all.clone(), 1..=all.len());
    let shuffled = some.prop_flat_map(|chosen| (Just(chosen.clone()), Just(chosen).prop_shuffle(), any::<u64>()));
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 300, ..Config::default() };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, random);
    let outcome = runner.run(&shuffled, |(chosen, order, seed)| {
        let make = || database().expect("there was a database before");
        let expected = graph_in_order(&make(), &fixtures, &chosen);
        let found = graph_of(&make(), &fixtures, &arrivals(&order, seed), seed);
        match first_difference(&expected, &found) {
            None => Ok(()),
            Some(difference) => {
                let names: Vec<&Fixture> = order.iter().filter_map(|fixture| fixtures.get(*fixture)).collect();
                Err(TestCaseError::fail(format!("{difference}\nin the order {names:?}")))
            }
        }
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

/// The graph of deliveries that arrive in this order, once each, and are folded together.
fn graph_in_order(database: &TestDatabase, fixtures: &[Fixture], order: &[usize]) -> Vec<String> {
    let mut ledger = begin(database);
    let drafts: Vec<Draft> =
        order.iter().map(|fixture| draft(&mut ledger, &fixtures[*fixture], &fixtures[*fixture].name)).collect();
    ledger.append(&drafts).unwrap();
    ledger.fold(&mut TestLedger::projector());
    ledger.graph()
}

/// The graph of these arrivals, appended and folded in batches of random sizes; a rebuild must give it again.
fn graph_of(database: &TestDatabase, fixtures: &[Fixture], arrivals: &[Arrival], seed: u64) -> Vec<String> {
    let mut random = Random::new(seed);
    let mut ledger = begin(database);
    let mut projector = TestLedger::projector();
    let mut rest = arrivals;
    while !rest.is_empty() {
        let (batch, later) = rest.split_at(rest.len().min(1 + random.below(30)));
        rest = later;
        let drafts: Vec<Draft> =
            batch.iter().map(|arrival| draft(&mut ledger, &fixtures[arrival.fixture], &arrival.id)).collect();
        ledger.append(&drafts).unwrap();
        if random.once_in(2) {
            projector.step(&ledger.store).unwrap();
        }
    }
    ledger.fold(&mut projector);
    let graph = ledger.graph();
    ledger.verify();
    ledger.rebuild();
    assert_same(&graph, &ledger.graph());
    graph
}

/// The deliveries in this order, some of them sent again somewhere: under the same id, or under another one.
fn arrivals(order: &[usize], seed: u64) -> Vec<Arrival> {
    let mut random = Random::new(seed ^ 0x5eed);
    let mut arrivals: Vec<Arrival> =
        order.iter().map(|fixture| Arrival { fixture: *fixture, id: format!("first-{fixture}") }).collect();
    for fixture in order {
        for id in [format!("first-{fixture}"), format!("again-{fixture}")] {
            if random.once_in(5) {
                let place = random.below(arrivals.len() + 1);
                arrivals.insert(place, Arrival { fixture: *fixture, id });
            }
        }
    }
    arrivals
}

fn begin(database: &TestDatabase) -> TestLedger {
    let mut ledger = TestLedger::begin(database, 7);
    for provider in PROVIDERS {
        ledger.add_source(provider.name);
    }
    ledger
}

fn draft(ledger: &mut TestLedger, fixture: &Fixture, id: &str) -> Draft {
    ledger.draft(fixture.provider.name, id, &fixture.headers, &fixture.body)
}

fn assert_same(expected: &[String], found: &[String]) {
    if let Some(difference) = first_difference(expected, found) {
        panic!("{difference}");
    }
}

/// Lines that only one of two sorted graphs has; the first few of them.
fn first_difference(expected: &[String], found: &[String]) -> Option<String> {
    if expected == found {
        return None;
    }
    let only = |these: &[String], others: &[String]| -> String {
        let lines = these.iter().filter(|line| !others.contains(line)).take(5);
        lines.map(|line| format!("\n    {line}")).collect()
    };
    Some(format!("the graph should have{}\nand has{}", only(expected, found), only(found, expected)))
}
