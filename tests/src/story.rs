//! The demo's company, delivered to a server through its own endpoints.

use throughline::demo::{self, Landmarks};
use throughline_domain::time::Timestamp;

use crate::database::TestDatabase;
use crate::http;
use crate::runtime::{block_on, spawn};
use crate::server::{Setup, TestServer};
use crate::signing;

/// When the story ends: a fixed moment, so that every run tells the same.
pub const END: Timestamp = Timestamp::from_seconds(1_794_592_800);

/// How many of its deliveries are under way at once.
const AT_ONCE: usize = 8;

/// A server that has been told the whole story, and what to look for in it.
#[derive(Debug)]
pub struct ToldServer {
    /// The server; its graph shows the whole story.
    pub server: TestServer,
    /// The pieces of the chain that the story is about.
    pub landmarks: Landmarks,
}

/// Starts a server and tells it the story; on PostgreSQL where a database is given.
///
/// # Panics
/// Where a delivery is not acknowledged.
pub fn tell(database: Option<TestDatabase>) -> ToldServer {
    let mut setup = Setup::new();
    if let Some(database) = database {
        setup = setup.on(database);
    }
    for source in demo::sources() {
        setup = setup.named_source(source.provider, source.name);
    }
    let server = setup.start();
    deliver(&server);
    server.wait_projected();
    ToldServer { server, landmarks: demo::landmarks(END) }
}

fn deliver(server: &TestServer) {
    let deliveries = demo::deliveries(END);
    assert!(deliveries.len() >= 100, "the story has only {} deliveries", deliveries.len());
    let numbered: Vec<_> = deliveries.iter().enumerate().collect();
    for some in numbered.chunks(AT_ONCE) {
        let under_way: Vec<_> = some
            .iter()
            .map(|(number, delivery)| {
                let source = server.source(delivery.source);
                let id = format!("story-{number}");
                let signed = signing::sign(source.provider, &source.secret, &id, &delivery.headers, &delivery.body);
                spawn(http::answer(server.webhook(delivery.source, &signed, &delivery.body)))
            })
            .collect();
        for answer in under_way {
            let answer = block_on(answer).expect("the request runs to its end").expect("the server answers");
            assert_eq!(answer.status, 202, "{}", answer.text());
        }
    }
}
