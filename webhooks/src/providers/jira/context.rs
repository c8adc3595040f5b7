//! What all facts of one delivery share: its event, its site, its time.

use throughline_domain::fact::LinkFact;
use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::time::Timestamp;

use super::payload::{Body, User};
use super::site::Site;
use crate::provider::ParseError;

/// What a body is read as.
pub const EXPECTED: &str = "a Jira webhook";

/// The rule that all links of tickets are made by; the same for every event, so that a link is one link.
const RULE: &str = "jira/issue";

/// One delivery.
#[derive(Debug)]
pub struct Context<'a> {
    /// The event's name without `jira:`.
    pub event: &'a str,
    /// The whole body.
    pub body: &'a Body,
    /// The installation that sent it.
    pub site: Site,
    /// When it was sent, by Jira's clock; an automation rule does not say.
    pub at: Option<Timestamp>,
}

impl<'a> Context<'a> {
    /// Finds out what a delivery's facts share.
    ///
    /// # Errors
    /// [`ParseError::Body`] where nothing in the body tells the site.
    pub fn new(event: &'a str, body: &'a Body) -> Result<Self, ParseError> {
        let addresses = [
            body.issue.as_ref().and_then(|issue| issue.address.as_deref()),
            body.comment.as_ref().and_then(|comment| comment.address.as_deref()),
            body.version.as_ref().and_then(|version| version.address.as_deref()),
            body.project.as_ref().and_then(|project| project.address.as_deref()),
            body.user.as_ref().and_then(|user| user.address.as_deref()),
        ];
        let site = addresses
            .into_iter()
            .flatten()
            .find_map(Site::of)
            .ok_or_else(|| broken("nothing in it has the address 'self', so the Jira site is not known"))?;
        let at = body.timestamp.as_deref().and_then(|millis| millis.trim().parse().ok()).map(Timestamp::from_millis);
        Ok(Self { event, body, site, at })
    }

    /// Who did it, as far as the delivery itself says.
    pub fn actor(&self) -> Option<String> {
        self.body.user.as_ref().and_then(called)
    }
}

/// What a person is called in a line of text.
pub fn called(user: &User) -> Option<String> {
    [&user.display_name, &user.name].into_iter().flatten().find(|name| !name.is_empty()).cloned()
}

/// A link that Jira's own field asserts.
pub fn asserted(from: &Key, kind: LinkKind, to: &Key, at: Option<Timestamp>, reason: &str) -> LinkFact {
    LinkFact {
        from: from.clone(),
        kind,
        to: to.clone(),
        class: LinkClass::Asserted,
        rule: RULE.to_owned(),
        reason: reason.to_owned(),
        at,
    }
}

/// A body that is not what Jira sends.
pub fn broken(cause: impl Into<String>) -> ParseError {
    ParseError::Body { expected: EXPECTED, cause: cause.into() }
}

/// A moment as Jira writes it.
pub fn moment(text: Option<&str>) -> Option<Timestamp> {
    text.and_then(Timestamp::parse)
}
