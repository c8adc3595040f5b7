//! The one table of all tools. A new tool is its folder, and here two lines.

use crate::provider::Provider;

pub mod alertmanager;
pub mod argocd;
pub mod cdevents;
pub mod facts;
pub mod github;
pub mod jira;

/// Every provider, in order of name.
pub static PROVIDERS: &[&Provider] = &[
    &alertmanager::PROVIDER,
    &argocd::PROVIDER,
    &cdevents::PROVIDER,
    &facts::PROVIDER,
    &github::PROVIDER,
    &jira::PROVIDER,
];

/// The provider of that name, if there is one.
pub fn find(name: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().copied().find(|provider| provider.name == name)
}
