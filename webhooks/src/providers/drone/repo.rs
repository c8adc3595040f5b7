//! `repo`: that Drone builds a repository, or no longer does.

use throughline_domain::fact::Facts;

use super::payload::{Event, plain};
use super::source;
use crate::draft::Draft;
use crate::provider::ParseError;

/// The repository, and what happened to it; `None` where it has no address.
pub(super) fn facts(event: &Event) -> Result<Option<Facts>, ParseError> {
    let Some(repo) = &event.repo else { return Ok(None) };
    let Some(repository) = source::repository(repo) else { return Ok(None) };
    let mut draft = Draft::new("drone/repo", repo.updated);
    let key = draft.repository(&repository, plain(&repo.slug), plain(&repo.link))?;
    let happened = match event.action.as_deref().unwrap_or_default() {
        "enabled" | "activated" | "created" => Some(("enabled", "Drone builds it from now on")),
        "disabled" | "deactivated" | "deleted" => Some(("disabled", "Drone no longer builds it")),
        _ => None,
    };
    if let Some((what, summary)) = happened {
        draft.event(&key, None, what, None, summary);
    }
    Ok(Some(draft.finish()?))
}
