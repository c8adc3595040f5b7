//! Workspaces: where they are, and which environment their name suggests.

use throughline_domain::key::Key;
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::node::NodeKind;

use crate::draft::Draft;

/// Words that stand for an environment at the end or beginning of a workspace's name.
const ENVIRONMENTS: &[&str] = &[
    "prod",
    "production",
    "live",
    "staging",
    "stage",
    "preprod",
    "uat",
    "qa",
    "test",
    "testing",
    "dev",
    "development",
    "sandbox",
];

/// `acme/checkout-production`.
pub(super) fn name(organization: Option<&str>, workspace: Option<&str>) -> String {
    [organization, workspace].into_iter().flatten().collect::<Vec<_>>().join("/")
}

/// Links a node to the environment that the workspace's name suggests, as a guess.
pub(super) fn link_environment(draft: &mut Draft, node: &Key, link: LinkKind, workspace: Option<&str>) {
    let Some(name) = workspace.and_then(environment) else { return };
    if let Some(environment) = draft.named(NodeKind::Environment, Some(name)) {
        let reason = format!("the word '{name}' in the name of the workspace");
        draft.link_as(LinkClass::Guessed, node, link, &environment, &reason);
    }
}

fn environment(workspace: &str) -> Option<&str> {
    let is_border = |letter: char| "-_/.".contains(letter);
    let is_environment = |word: &&str| ENVIRONMENTS.iter().any(|known| known.eq_ignore_ascii_case(word));
    let ends = [workspace.rsplit(is_border).next(), workspace.split(is_border).next()];
    ends.into_iter().flatten().find(is_environment)
}

#[cfg(test)]
mod tests {
    use super::environment;

    #[test]
    fn only_the_first_or_last_word_may_name_an_environment() {
        for (workspace, expected) in [
            ("checkout-production", Some("production")),
            ("prod_eu_checkout", Some("prod")),
            ("staging", Some("staging")),
            ("checkout-dev-eu", None),
            ("testament", None),
            ("", None),
        ] {
            assert_eq!(environment(workspace), expected, "{workspace}");
        }
    }
}
