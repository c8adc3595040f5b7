//! One request while it is answered: how its fields ask, and how much it may still ask.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::web::Data;
use async_graphql::{Context, Error, ErrorExtensions};
use tokio::sync::Mutex;

use crate::app::App;
use crate::ask::Desk;
use crate::http::problem::{Code, Problem};
use crate::sources::Sources;

/// The most questions of one request. A field that reads the ledger or the graph is one; so is a whole walk.
pub const MAX_QUESTIONS: usize = 16;

/// The most nodes that the walks of one request may meet.
pub const MAX_NODES: usize = 500;

/// What a question's field is resolved to: null beside an error, so that the other fields keep their answers.
pub type Answer<T> = Option<async_graphql::Result<T>>;

/// A request's share of the server.
pub struct Turn {
    app: Data<App>,
    /// How many questions are left. It is held while one is asked: fields are resolved side by side, but a request
    /// takes one turn at a time, so that it does not take those of everybody else.
    questions: Mutex<usize>,
    nodes: Arc<AtomicUsize>,
}

impl Turn {
    /// A new request's.
    pub fn new(app: Data<App>) -> Self {
        Self { app, questions: Mutex::new(MAX_QUESTIONS), nodes: Arc::new(AtomicUsize::new(MAX_NODES)) }
    }

    /// That of the request that a field belongs to.
    pub fn of<'a>(context: &Context<'a>) -> &'a Self {
        // The handler puts one into every request.
        context.data_unchecked::<Self>()
    }

    /// Who may deliver.
    pub fn sources(&self) -> Arc<Sources> {
        Arc::clone(&self.app.sources)
    }

    /// The nodes that the request's walks may still meet.
    pub fn nodes(&self) -> Room {
        Room(Arc::clone(&self.nodes))
    }

    async fn question<T, E>(&self, question: impl FnOnce(&Desk) -> Result<T, E> + Send + 'static) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let mut left = self.questions.lock().await;
        *left = left.checked_sub(1).ok_or_else(|| {
            let detail = format!("a request may ask {MAX_QUESTIONS} questions; ask the others in another request");
            Problem::new(Code::BadRequest, detail)
        })?;
        self.app.question(question).await
    }
}

/// How many nodes may still be met. Only one question of a request runs at a time.
#[derive(Debug)]
pub struct Room(Arc<AtomicUsize>);

impl Room {
    /// Takes the place of one node.
    ///
    /// # Errors
    /// 400 where there is none left.
    pub fn take(&self) -> Result<(), Problem> {
        let left = self.0.load(Ordering::Relaxed).checked_sub(1).ok_or_else(|| {
            let detail = format!("the walks of a request may meet {MAX_NODES} nodes; give `kinds` or `limit`");
            Problem::new(Code::BadRequest, detail)
        })?;
        self.0.store(left, Ordering::Relaxed);
        Ok(())
    }

    /// Room for so many, for tests.
    #[cfg(test)]
    pub fn of(nodes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(nodes)))
    }
}

/// Asks a question for a field.
pub async fn ask<T, E>(
    context: &Context<'_>,
    question: impl FnOnce(&Desk) -> Result<T, E> + Send + 'static,
) -> Answer<T>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    Some(Turn::of(context).question(question).await.map_err(to_error))
}

/// A problem as GraphQL tells it: the sentence, and the code that programs compare.
pub fn to_error(problem: Problem) -> Error {
    let Problem { code, detail } = problem;
    Error::new(detail).extend_with(|_, extensions| extensions.set("code", code.word()))
}

#[cfg(test)]
mod tests {
    use super::{Room, to_error};
    use crate::http::problem::{Code, Problem};

    #[test]
    fn errors_have_the_codes_of_problems() {
        for code in Code::ALL {
            let error = to_error(Problem::new(*code, "what to do"));
            assert_eq!(error.message, "what to do");
            let shown = serde_json::to_value(&error.extensions).unwrap();
            assert_eq!(shown, serde_json::json!({ "code": code.word() }));
        }
    }

    #[test]
    fn the_room_for_nodes_ends() {
        let room = Room::of(2);
        assert!(room.take().is_ok());
        assert!(room.take().is_ok());
        assert_eq!(room.take().map_err(|problem| problem.code), Err(Code::BadRequest));
    }
}
