//! Every error that the server answers, in one table (RFC 9457).

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;
use throughline_store::StoreError;

/// How long a sender should wait before it tries again, in seconds.
pub const RETRY_SECONDS: u32 = 5;

/// Declares [`Code`] from one table: the stable code, the status and the title.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $code:ident, $word:literal, $status:ident, $title:literal;)+) => {
        /// What went wrong. Programs compare the code's word; it never changes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Code {
            $($(#[doc = $doc])+ $code,)+
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Code] = &[$(Code::$code,)+];

            /// The stable word: `bad-signature`.
            pub const fn word(self) -> &'static str {
                match self { $(Code::$code => $word,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> StatusCode {
                match self { $(Code::$code => StatusCode::$status,)+ }
            }

            /// A few words for people.
            pub const fn title(self) -> &'static str {
                match self { $(Code::$code => $title,)+ }
            }
        }
    };
}

codes! {
    /// The request cannot be read.
    BadRequest, "bad-request", BAD_REQUEST, "The request cannot be read";
    /// The delivery carries no signature, or one that fits none of the source's secrets.
    BadSignature, "bad-signature", UNAUTHORIZED, "The signature does not fit";
    /// Nobody is logged in.
    LoginNeeded, "login-needed", UNAUTHORIZED, "A login is needed";
    /// The login link or the form is no longer valid.
    Forbidden, "forbidden", FORBIDDEN, "This is not allowed";
    /// There is no such source.
    UnknownSource, "unknown-source", NOT_FOUND, "There is no such source";
    /// There is no such page or node.
    NotFound, "not-found", NOT_FOUND, "There is no such thing";
    /// The address is right and the method is not.
    MethodNotAllowed, "method-not-allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The body arrives too slowly.
    TooSlow, "too-slow", REQUEST_TIMEOUT, "The body arrived too slowly";
    /// What was asked for is not one thing.
    Ambiguous, "ambiguous", CONFLICT, "More than one thing fits";
    /// The body is over the bound.
    BodyTooLarge, "body-too-large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is encoded.
    EncodedBody, "encoded-body", UNSUPPORTED_MEDIA_TYPE, "The body is compressed";
    /// A fault of the server.
    Internal, "internal", INTERNAL_SERVER_ERROR, "The server failed";
    /// Too much at once, or the database is not available. Try again.
    Unavailable, "unavailable", SERVICE_UNAVAILABLE, "The server is not able to take this now";
}

/// An error as it is answered: `application/problem+json`.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What went wrong.
    pub code: Code,
    /// What exactly, and what to do.
    pub detail: String,
}

impl Problem {
    /// A problem with a sentence that says what to do.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.title(), self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.code.status());
        response.insert_header((CONTENT_TYPE, "application/problem+json"));
        if self.code == Code::Unavailable {
            response.insert_header((RETRY_AFTER, RETRY_SECONDS.to_string()));
        }
        response.body(
            json!({
                "type": format!("urn:throughline:problem:{}", self.code.word()),
                "title": self.code.title(),
                "status": self.code.status().as_u16(),
                "code": self.code.word(),
                "detail": self.detail,
            })
            .to_string(),
        )
    }
}

impl From<StoreError> for Problem {
    /// Logs what only the operator should know, and answers what the sender can act on.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(cause) => {
                tracing::warn!(cause, "the database is not available");
                Self::new(
                    Code::Unavailable,
                    format!("the database is not available; try again in {RETRY_SECONDS} seconds"),
                )
            }
            StoreError::Refused(reason) => Self::new(Code::BadRequest, reason),
            error @ (StoreError::Fatal(_) | StoreError::Damaged(_) | StoreError::Query(_)) => internal(&error),
        }
    }
}

/// Logs a fault under an id and answers the id alone.
pub fn internal(error: &dyn fmt::Display) -> Problem {
    let id = crate::keys::random::<8>().map_or_else(|_| "none".to_owned(), |bytes| crate::keys::hex(&bytes));
    tracing::error!(id, error = %error, "a request failed");
    Problem::new(Code::Internal, format!("the server failed; its log says why under the id {id}"))
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_never_change() {
        let table: Vec<String> =
            Code::ALL.iter().map(|code| format!("{} {}", code.status().as_u16(), code.word())).collect();
        assert_eq!(
            table.join("\n"),
            "400 bad-request\n401 bad-signature\n401 login-needed\n403 forbidden\n404 unknown-source\n404 not-found\n\
             405 method-not-allowed\n408 too-slow\n409 ambiguous\n413 body-too-large\n415 encoded-body\n500 internal\n\
             503 unavailable"
        );
    }
}
