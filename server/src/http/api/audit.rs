//! The change history and the change log of a period, by REST: sent as they are made.

use std::io::{self, BufWriter, Write};
use std::time::Duration;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpResponse, rt};
use futures_util::stream;
use throughline_domain::audit::controls::Controls;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::app::App;
use crate::ask::Desk;
use crate::audit::changelog::{self, LogFormat};
use crate::audit::plan::{self, AuditQuery, Plan};
use crate::audit::{AuditError, Format, run, writer};
use crate::clock;
use crate::http::api::ProblemBody;
use crate::http::problem::{Code, Problem, RETRY_SECONDS, internal};

/// How many exports may be under way at once; each takes a turn from the questions.
static EXPORTS: Semaphore = Semaphore::const_new(2);

/// How many bytes are sent at once.
const CHUNK_BYTES: usize = 64 * 1024;

/// How many chunks may wait for whoever reads them.
const CHUNKS: usize = 8;

/// How long somebody may read nothing before an export is given up: it holds the place of others.
const PATIENCE: Duration = Duration::from_secs(60);

type Chunk = Result<Bytes, io::Error>;

/// The change history of a period: a row for each change to an environment, in the form that is asked for.
///
/// The answer is sent as it is made and has no length. It is whole only where it ends well: an export that fails half-way
/// breaks the connection off.
///
/// # Errors
/// 400 where the question is wrong, 404 and 409 where environment or service are not one thing, 503 where too many ask.
#[utoipa::path(get, path = "/api/v1/export/changes", operation_id = "export_changes", params(AuditQuery),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn changes(app: Data<App>, query: Query<AuditQuery>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let format = query.format()?;
    query.period()?;
    let permit = EXPORTS.try_acquire().map_err(|_| {
        let detail = format!("too many exports at once; try again in {RETRY_SECONDS} seconds");
        Problem::new(Code::Unavailable, detail)
    })?;
    let (ready, started) = oneshot::channel();
    let (sender, receiver) = mpsc::channel::<Chunk>(CHUNKS);
    let output = Channel { sender, runtime: Handle::current() };
    let folder = app.settings.server.data_folder.clone();
    let question = move |desk: &Desk| -> Result<(), AuditError> {
        let _permit = permit;
        let plan = Plan::read(desk, &query, &plan::controls(None, &folder)?, clock::now())?;
        // Nobody waits for it any more where this fails.
        if ready.send(plan.header.file_name()).is_ok() {
            send(desk, &plan, format, output);
        }
        Ok(())
    };
    let work = rt::spawn(async move { app.question(question).await });
    match started.await {
        Ok(name) => Ok(download(&name, format.word(), format.content_type(), receiver)),
        Err(_) => match work.await {
            Ok(Err(problem)) => Err(problem),
            Ok(Ok(())) => Err(internal(&"an export ended before it began")),
            Err(failure) => Err(internal(&failure)),
        },
    }
}

/// The change log of a period for people, by service: what changed, why, and by whom. `format` is `markdown` or `html`.
///
/// # Errors
/// As [`changes`].
#[utoipa::path(get, path = "/api/v1/export/changelog", operation_id = "export_changelog", params(AuditQuery),
    responses((status = 200, body = String, content_type = "text/markdown"), (status = 400, body = ProblemBody),
        (status = 401, body = ProblemBody), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody)))]
pub async fn changelog(app: Data<App>, query: Query<AuditQuery>) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let format = plan::given(&query.format).map_or(Ok(LogFormat::Markdown), LogFormat::read)?;
    let (name, text) = app
        .question(move |desk| {
            let plan = Plan::read(desk, &query, &Controls::default(), clock::now())?;
            let log = run::changelog(desk, &plan, &mut |_, _| Ok(()))?;
            Ok::<_, AuditError>((plan.header.file_name(), changelog::write(format, &plan.header, &log)))
        })
        .await?;
    let disposition = format!("attachment; filename=\"{name}.{}\"", format.ending());
    let mut answer = HttpResponse::Ok();
    Ok(answer.content_type(format.content_type()).insert_header((CONTENT_DISPOSITION, disposition)).body(text))
}

fn download(name: &str, ending: &str, content_type: &'static str, receiver: mpsc::Receiver<Chunk>) -> HttpResponse {
    let body = stream::unfold(receiver, |mut receiver| async move {
        let chunk = receiver.recv().await?;
        Some((chunk, receiver))
    });
    let disposition = format!("attachment; filename=\"{name}.{ending}\"");
    let mut answer = HttpResponse::Ok();
    answer.content_type(content_type).insert_header((CONTENT_DISPOSITION, disposition)).streaming(body)
}

/// Makes the report on a thread that may block; a report that cannot be finished breaks the answer off.
fn send(desk: &Desk, plan: &Plan, format: Format, output: Channel) {
    let (sender, runtime) = (output.sender.clone(), output.runtime.clone());
    let mut output = BufWriter::with_capacity(CHUNK_BYTES, output);
    let mut progress = |_: u64, _: u64| match sender.is_closed() {
        true => Err(AuditError::Output(io::ErrorKind::BrokenPipe.into())),
        false => Ok(()),
    };
    let made = {
        let mut writer = writer(format, &mut output);
        run::report(desk, plan, writer.as_mut(), &mut progress, None)
    };
    let made = made.and_then(|_| Ok(output.flush()?));
    if let Err(error) = made {
        tracing::warn!(error = %error, "an export could not be finished");
        // What waits in the buffer would look like the end of it.
        let _ = output.into_parts();
        let broken = Err(io::Error::other("the export could not be finished"));
        // Whoever does not read any more needs not be told.
        let _ = runtime.block_on(async { tokio::time::timeout(PATIENCE, sender.send(broken)).await });
    }
}

/// The body of an answer, written to from a thread that may block.
struct Channel {
    sender: mpsc::Sender<Chunk>,
    runtime: Handle,
}

impl Write for Channel {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let chunk = Ok(Bytes::copy_from_slice(bytes));
        let sent = self.runtime.block_on(async { tokio::time::timeout(PATIENCE, self.sender.send(chunk)).await });
        match sent {
            Ok(Ok(())) => Ok(bytes.len()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl From<AuditError> for Problem {
    fn from(error: AuditError) -> Self {
        match error {
            AuditError::Ask(error) => error.into(),
            AuditError::Wrong(detail) => Self::new(Code::BadRequest, detail),
            error @ (AuditError::Output(_) | AuditError::Workbook(_)) => internal(&error),
        }
    }
}
