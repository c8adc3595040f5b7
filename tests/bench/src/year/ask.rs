//! The two questions of the judge, and as much of their answers as it looks at.

use std::time::{Duration, Instant};

use reqwest::Client;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use throughline::answer::TraceAnswer;

/// How many suspects are asked for.
const LIMIT: &str = "50";

/// The answer to `suspects`.
#[derive(Debug, Deserialize)]
pub struct SuspectsAnswer {
    /// The suspects, the likeliest first.
    pub suspects: Vec<Suspect>,
    /// Where the chain is cut.
    pub cut: Vec<Gap>,
}

/// A suspect.
#[derive(Debug, Deserialize)]
pub struct Suspect {
    /// Its key.
    pub node: String,
    /// How likely, from 0 to 100.
    pub score: u64,
    /// The deployment that brought it.
    pub deployment: Option<String>,
    /// Why, in words.
    pub reasons: Vec<String>,
}

/// A place where something is missing.
#[derive(Debug, Deserialize)]
pub struct Gap {
    /// What is missing.
    pub what: String,
}

/// Somebody who may ask.
pub struct Asker {
    client: Client,
    address: String,
    token: String,
}

impl Asker {
    /// Asks the server at that address with a token.
    ///
    /// # Errors
    /// Why no client can be made.
    pub fn new(address: &str, token: &str) -> Result<Self, String> {
        Ok(Self { client: super::play::client()?, address: address.to_owned(), token: token.to_owned() })
    }

    /// What may have caused the alert, and how long the answer took.
    ///
    /// # Errors
    /// A text with the answer, where it is not the expected one.
    pub async fn suspects(&self, alert: &str) -> Result<(SuspectsAnswer, Duration), String> {
        self.ask("suspects", &[("of", alert), ("limit", LIMIT)]).await
    }

    /// The chain of the alert, and how long the answer took.
    ///
    /// # Errors
    /// As [`Asker::suspects`].
    pub async fn trace(&self, alert: &str) -> Result<(TraceAnswer, Duration), String> {
        self.ask("trace", &[("of", alert)]).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        question: &str,
        parameters: &[(&str, &str)],
    ) -> Result<(T, Duration), String> {
        let address = format!("{}/api/v1/{question}", self.address);
        let started = Instant::now();
        let request = self.client.get(address).query(parameters).bearer_auth(&self.token);
        let answer = request.send().await.map_err(|cause| cause.to_string())?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|cause| cause.to_string())?;
        let taken = started.elapsed();
        if !status.is_success() {
            return Err(format!("{question} {parameters:?} was answered {status}: {}", String::from_utf8_lossy(&body)));
        }
        let read = serde_json::from_slice(&body);
        Ok((read.map_err(|cause| format!("{question} {parameters:?} cannot be read: {cause}"))?, taken))
    }
}
