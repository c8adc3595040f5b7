//! Where things of Sentry are: keys of issues, and what its addresses tell.

use throughline_domain::key::{Key, KeyError, of_tool};
use throughline_domain::node::NodeKind;

use super::NAME;
use crate::alert::host;

/// The service that Sentry runs itself. Its organisations and regions have names below it, and its ids are one set.
const CLOUD: &str = "sentry.io";

/// The node of an issue or other alert. `address` is any of Sentry's own that the body holds; older bodies hold none,
/// and then it is that of Sentry's own service.
pub(super) fn key(address: Option<&str>, id: &str) -> Result<Key, KeyError> {
    let host = host(address);
    let is_cloud = host.is_empty() || host.ends_with(".sentry.io");
    of_tool(NodeKind::Alert, NAME, if is_cloud { CLOUD } else { &host }, id)
}

/// The id of the issue whose page, event or API address this is.
pub(super) fn issue_id(address: &str) -> Option<&str> {
    let id = behind(address, "issues").next()?;
    let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(id)
}

/// The page of the issue that a page belongs to, without what comes behind the issue's id.
pub(super) fn issue_page(address: &str, id: &str) -> Option<String> {
    let (before, _) = address.split_once("/issues/")?;
    Some(format!("{before}/issues/{id}/"))
}

/// The project's short name in an address of the API: `…/projects/<organisation>/<project>/…`.
pub(super) fn project(address: &str) -> Option<&str> {
    behind(address, "projects").nth(1).filter(|project| !project.is_empty())
}

/// The segments of an address behind that one.
fn behind<'a>(address: &'a str, segment: &'static str) -> impl Iterator<Item = &'a str> {
    address.split(['/', '?', '#']).skip_while(move |part| *part != segment).skip(1)
}

#[cfg(test)]
mod tests {
    use super::{issue_id, issue_page, project};

    #[test]
    fn addresses_tell_issue_and_project() {
        let page = "https://sentry.io/organizations/acme/issues/173/events/355c/?project=1";
        assert_eq!(issue_id(page), Some("173"));
        assert_eq!(issue_page(page, "173").as_deref(), Some("https://sentry.io/organizations/acme/issues/173/"));
        assert_eq!(issue_id("https://sentry.io/api/0/issues/173/"), Some("173"));
        assert_eq!(project("https://sentry.io/api/0/projects/acme/checkout/events/355c/"), Some("checkout"));
        for nothing in
            ["", "https://sentry.io/issues/", "https://sentry.io/issues/new", "https://sentry.io/projects/acme"]
        {
            assert_eq!(issue_id(nothing), None, "{nothing}");
            assert_eq!(project(nothing), None, "{nothing}");
        }
    }
}
