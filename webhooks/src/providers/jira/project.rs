//! A project, which makes its keys known before any of its issues does.

use throughline_domain::fact::{Announcement, Facts};
use throughline_domain::name::Name;

use super::context::{Context, broken};
use crate::provider::ParseError;

/// What a project's own event says.
///
/// # Errors
/// [`ParseError::Body`] where the project has no key, [`ParseError::Key`] where it is too long.
pub fn read(context: &Context<'_>) -> Result<Facts, ParseError> {
    let project = context.body.project.as_ref().ok_or_else(|| broken("it has no project"))?;
    let key = project.key.as_deref().unwrap_or_default().trim().to_uppercase();
    let first = context.site.ticket(&format!("{key}-1"));
    let first = first.ok_or_else(|| broken("project.key is not of the form PAY"))??;
    let announcement = Announcement { name: Name::ticket_project(&key), pattern: first.with_resource(&key)? };
    Ok(Facts { announcements: vec![announcement], ..Facts::default() })
}
