//! `throughline demo`: a server of its own, the demo company's tools delivering to it, and the trace of its worst alert.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use reqwest::{Client, StatusCode};
use throughline_domain::time::Timestamp;
use throughline_store::Appender;
use throughline_webhooks::provider::Provider;

use crate::answer::TraceAnswer;
use crate::app::{App, open_store};
use crate::cli::serve::{announcement, print_now};
use crate::cli::{Failure, GOOD, NO};
use crate::clock;
use crate::config::Settings;
use crate::demo::{self, Landmarks};
use crate::keys::{Keys, hex, random};
use crate::plain::node_href;
use crate::serve::{self, Opened};
use crate::sources;
use crate::tree::{self, Style};

/// The moment at which the story ends unless another is given: the same demo on every day.
const END: &str = "2026-11-13T18:00:00Z";

/// How many deliveries are under way at once; the graph is the same whatever their order.
const AT_ONCE: usize = 8;

#[derive(Debug, Args)]
pub(super) struct DemoCall {
    /// End after printing; exit code 1 if the alert's chain does not reach the pull request, the ticket and the document.
    #[arg(long)]
    exit: bool,
}

pub(super) fn run(mut settings: Settings, call: &DemoCall) -> Result<u8, Failure> {
    let folder =
        std::env::temp_dir().join(format!("throughline-demo-{}", hex(&random::<6>().map_err(Failure::unusable)?)));
    settings.server.data_folder.clone_from(&folder);
    settings.database.url = String::new();
    if call.exit {
        settings.server.listen = "127.0.0.1:0".to_owned();
    }
    let result = open(&settings).and_then(|(opened, secrets)| {
        let greeting = if call.exit { String::new() } else { greeting(&opened.app, &folder)? };
        actix_web::rt::System::new().block_on(show(opened, &secrets, call.exit, &greeting))
    });
    if let Err(cause) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(folder = %folder.display(), %cause, "the demo's folder could not be removed");
    }
    result
}

fn open(settings: &Settings) -> Result<(Opened, Secrets), Failure> {
    let secrets = add_sources(settings)?;
    Ok((serve::open(settings.clone())?, secrets))
}

async fn show(opened: Opened, secrets: &Secrets, exit: bool, greeting: &str) -> Result<u8, Failure> {
    let running = opened.serve().map_err(Failure::unusable)?;
    let app = running.app.clone();
    let handle = running.handle();
    let server = actix_web::rt::spawn(running.until_stopped());
    let outcome = tell(&app, secrets).await;
    drop(app);
    if outcome.is_ok() && !exit {
        let stop = serve::stop_signal().map_err(Failure::unusable)?;
        print_now(greeting);
        stop.await;
    }
    handle.stop(true).await;
    server.await.map_err(Failure::unusable)?.map_err(Failure::unusable)?;
    outcome.map(|complete| if complete { GOOD } else { NO })
}

/// What somebody who watches the demo can do next.
fn greeting(app: &App, folder: &Path) -> Result<String, Failure> {
    Ok(format!(
        "\n{}To ask by command line, in another terminal:\n  export THROUGHLINE_SERVER_DATA_FOLDER={}\n\
         Press Ctrl-C to end the demo; nothing of it is kept.\n",
        announcement(app)?,
        folder.display()
    ))
}

type Secrets = BTreeMap<&'static str, (String, &'static Provider)>;

fn add_sources(settings: &Settings) -> Result<Secrets, Failure> {
    let keys = Keys::open(&settings.server.data_folder).map_err(Failure::unusable)?;
    let store = open_store(settings)?;
    let mut appender = Appender::open(&store, keys.signing(&settings.ledger.origin).map_err(Failure::unusable)?)?;
    let mut secrets = Secrets::new();
    for source in demo::sources() {
        let added = sources::add(&store, &mut appender, &keys, source.provider, source.name, None)?;
        let secret = added.row.secrets.first().cloned().unwrap_or_default();
        secrets.insert(source.name, (secret, added.provider));
    }
    Ok(secrets)
}

/// Delivers the story, waits for the graph, and prints the trace of the alert. True if the chain is whole.
async fn tell(app: &App, secrets: &Secrets) -> Result<bool, Failure> {
    let end = Timestamp::parse(END).unwrap_or_else(clock::now);
    let deliveries = demo::deliveries(end);
    let base = format!("http://{}", app.settings.server.listen);
    let client = Client::builder().no_proxy().build().map_err(Failure::unusable)?;
    let started = std::time::Instant::now();
    let count = deliveries.len();
    for group in deliveries.chunks(AT_ONCE) {
        let sent = group.iter().map(|delivery| send(&client, &base, delivery, secrets));
        for answer in futures_util::future::join_all(sent).await {
            answer?;
        }
    }
    let size = app.journal.head().size;
    while app.desk.live.read().cursor < size {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seconds = started.elapsed().as_secs_f32();
    let landmarks = demo::landmarks(end);
    let alert = landmarks.alert.clone();
    let answer = app
        .question(move |desk| desk.trace(&alert, None))
        .await
        .map_err(|problem| Failure::new(NO, format!("the alert cannot be traced: {problem}")))?;
    let mut text =
        format!("{count} signed deliveries of six tools were received, proved and linked in {seconds:.1} s.\n");
    text.push_str(&format!("An alert fires. What is behind it? `throughline trace {}` answers:\n\n", landmarks.alert));
    text.push_str(&tree::trace(&answer, Style { colour: false, width: 110 }));
    text.push_str(&format!("\nIts page: {base}{}\n", node_href(&answer.start)));
    let lacking = lacking(&answer, &landmarks);
    for what in &lacking {
        text.push_str(&format!("The chain does not reach {what}.\n"));
    }
    print_now(&text);
    Ok(lacking.is_empty())
}

async fn send(client: &Client, base: &str, delivery: &demo::Delivery, secrets: &Secrets) -> Result<(), Failure> {
    let (secret, provider) =
        secrets.get(delivery.source).ok_or_else(|| Failure::new(NO, format!("no source {}", delivery.source)))?;
    let mut request = client.post(format!("{base}/webhooks/{}", delivery.source));
    for (name, value) in demo::sign(delivery, provider, secret, clock::now()) {
        request = request.header(name, value);
    }
    let answer = request.body(delivery.body.clone()).send().await.map_err(Failure::unusable)?;
    match answer.status() {
        StatusCode::ACCEPTED => Ok(()),
        status => Err(Failure::new(NO, format!("a delivery of {} was answered {status}", delivery.source))),
    }
}

/// What the chain of the alert must reach and does not.
fn lacking(answer: &TraceAnswer, landmarks: &Landmarks) -> Vec<String> {
    let reached = |key: &str| answer.nodes.iter().any(|node| node.key == key);
    [
        ("the deployment", landmarks.deployment.as_str()),
        ("the artifact", landmarks.artifact.as_str()),
        ("the commit", landmarks.commit.as_str()),
        ("the pull request", landmarks.pull_request.as_str()),
        ("the ticket", landmarks.ticket.as_str()),
        ("the document", landmarks.document.as_str()),
    ]
    .into_iter()
    .filter(|(_, key)| !reached(key))
    .map(|(what, key)| format!("{what} {key}"))
    .collect()
}
