//! Fake interfaces of tools: small models that hold state, served over HTTP on a port of this machine.
//!
//! A model answers requests; [`FakeApi`] serves it, notes what was asked, and lets it fail on purpose.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;

pub mod github;
pub mod gitlab;
pub mod jenkins;
pub mod jira;

/// How long a connection may take to send its request.
const READ_LIMIT: Duration = Duration::from_secs(30);

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// The path without the query.
    pub path: String,
    /// The query, decoded.
    pub query: BTreeMap<String, String>,
    /// The headers; names in lower case.
    pub headers: BTreeMap<String, String>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Response {
    /// 200 with JSON.
    pub fn json(body: &Value) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() }
    }

    /// A refusal with a message.
    pub fn refused(status: u16, message: &str) -> Self {
        let body = serde_json::json!({ "message": message });
        Self { status, ..Self::json(&body) }
    }

    /// 200 with any bytes.
    pub fn bytes(body: Vec<u8>) -> Self {
        Self { status: 200, headers: Vec::new(), body }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What answers requests.
type Answer = dyn Fn(&Request) -> Response + Send + Sync;

/// A model that is served until it is dropped.
pub struct FakeApi {
    url: String,
    asked: Arc<Mutex<Vec<Request>>>,
    troubles: Arc<Mutex<Vec<Response>>>,
    is_over: Arc<AtomicBool>,
}

impl FakeApi {
    /// Serves what a function answers.
    ///
    /// # Panics
    /// Where no port can be listened on.
    pub fn serve(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be listened on");
        let address = listener.local_addr().expect("a listener has an address");
        let fake = Self {
            url: format!("http://{address}"),
            asked: Arc::default(),
            troubles: Arc::default(),
            is_over: Arc::default(),
        };
        let (asked, troubles, is_over) =
            (Arc::clone(&fake.asked), Arc::clone(&fake.troubles), Arc::clone(&fake.is_over));
        let answer: Arc<Answer> = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::Acquire) {
                    return;
                }
                let (answer, asked, troubles) = (Arc::clone(&answer), Arc::clone(&asked), Arc::clone(&troubles));
                // A caller that hangs up in the middle is its own affair.
                thread::spawn(move || drop(serve_one(stream, &*answer, &asked, &troubles)));
            }
        });
        fake
    }

    /// Serves fixed answers by path; everything else is 404.
    pub fn fixed(answers: Vec<(String, Value)>) -> Self {
        let answers: BTreeMap<String, Value> = answers.into_iter().collect();
        Self::serve(move |request| match answers.get(&request.path) {
            Some(body) => Response::json(body),
            None => Response::refused(404, "Not Found"),
        })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers the next requests so, in order, instead of what the model says.
    pub fn trouble(&self, answers: impl IntoIterator<Item = Response>) {
        let mut troubles = self.troubles.lock().unwrap_or_else(PoisonError::into_inner);
        troubles.extend(answers);
    }

    /// What was asked so far.
    pub fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The paths that were asked for since the last call.
    pub fn take_paths(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner));
        asked.into_iter().map(|request| request.path).collect()
    }
}

impl std::fmt::Debug for FakeApi {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "FakeApi({})", self.url)
    }
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        // The thread looks at the flag when somebody connects.
        drop(TcpStream::connect(self.url.trim_start_matches("http://")));
    }
}

fn serve_one(
    mut stream: TcpStream,
    answer: &Answer,
    asked: &Mutex<Vec<Request>>,
    troubles: &Mutex<Vec<Response>>,
) -> std::io::Result<()> {
    stream.set_read_timeout(Some(READ_LIMIT))?;
    let Some(request) = read(&stream)? else { return Ok(()) };
    asked.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
    let trouble = {
        let mut troubles = troubles.lock().unwrap_or_else(PoisonError::into_inner);
        if troubles.is_empty() { None } else { Some(troubles.remove(0)) }
    };
    let response = trouble.unwrap_or_else(|| answer(&request));
    let mut head = format!(
        "HTTP/1.1 {} Fake\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n",
        response.status,
        response.body.len()
    );
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    stream.write_all(&response.body)?;
    stream.flush()
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut lines = BufReader::new(stream).lines();
    let Some(first) = lines.next().transpose()? else { return Ok(None) };
    let Some(target) = first.split(' ').nth(1) else { return Ok(None) };
    let mut headers = BTreeMap::new();
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else { break };
        headers.insert(name.trim().to_lowercase(), value.trim().to_owned());
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Some(Request { path: path.to_owned(), query: parameters(query), headers }))
}

fn parameters(query: &str) -> BTreeMap<String, String> {
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits: Vec<u8> = rest.by_ref().take(2).collect();
        let digits = String::from_utf8_lossy(&digits).into_owned();
        bytes.extend(u8::from_str_radix(&digits, 16));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
