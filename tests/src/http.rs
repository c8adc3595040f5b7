//! Requests and their answers, also those that no proper client would send.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::runtime::block_on;

/// How long an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(90);

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The first value of a header, where it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in the answer {}\n{}", self.status, self.text()))
    }

    /// The code of a problem.
    ///
    /// # Panics
    /// Where the answer is no RFC 9457 problem with status, title, code and detail.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}\n{}", self.status, self.text());
        let problem = self.json();
        assert_eq!(problem.get("status").and_then(Value::as_u64), Some(u64::from(self.status)), "{problem}");
        for member in ["type", "title", "detail", "code"] {
            let text = problem.get(member).and_then(Value::as_str).unwrap_or_default();
            assert!(!text.is_empty(), "the problem has no '{member}': {problem}");
        }
        problem.get("code").and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}

/// A client that follows nothing, asks no proxy and keeps no connection, so that no server waits for it when it stops.
///
/// # Panics
/// Where it cannot be made.
pub fn client() -> Client {
    plain().pool_max_idle_per_host(0).build().expect("a client can be made")
}

/// A client that keeps its connections, as a tool that sends many webhooks does.
///
/// # Panics
/// Where it cannot be made.
pub fn keeping_client() -> Client {
    plain().build().expect("a client can be made")
}

fn plain() -> reqwest::ClientBuilder {
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER_LIMIT)
}

/// Sends a request and waits for the whole answer.
///
/// # Errors
/// That of the connection.
pub async fn answer(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Ok(Answer { status, headers, body: response.bytes().await?.to_vec() })
}

/// As [`answer`], blocking.
///
/// # Panics
/// Where there is no answer.
pub fn send(request: RequestBuilder) -> Answer {
    block_on(answer(request)).unwrap_or_else(|error| panic!("no answer: {error:?}"))
}

/// A connection on which a test writes what it likes.
#[derive(Debug)]
pub struct RawConnection(TcpStream);

impl RawConnection {
    /// Connects to the server of a URL `http://host:port`.
    ///
    /// # Panics
    /// Where nobody listens.
    pub fn to(url: &str) -> Self {
        let address = url.strip_prefix("http://").expect("the server speaks plain HTTP").trim_end_matches('/');
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(ANSWER_LIMIT)).expect("a socket takes a timeout");
        Self(stream)
    }

    /// Writes bytes.
    ///
    /// # Panics
    /// Where the server has hung up.
    pub fn write(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).and_then(|()| self.0.flush()).expect("the server takes it");
    }

    /// What the server has to say now; waits for the first of it.
    ///
    /// # Panics
    /// Where nothing comes.
    pub fn read_some(&mut self) -> String {
        let mut bytes = [0; 4_096];
        let count = self.0.read(&mut bytes).expect("the server says something");
        String::from_utf8_lossy(bytes.get(..count).unwrap_or_default()).into_owned()
    }

    /// Everything that the server answers until it closes the connection.
    pub fn read_to_end(&mut self) -> String {
        let mut bytes = Vec::new();
        // A reset after the answer is how a server refuses the rest of a body.
        let _ = self.0.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Hangs up.
    pub fn hang_up(self) {
        let _ = self.0.shutdown(Shutdown::Both);
    }
}
