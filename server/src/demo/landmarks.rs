//! The pieces of the chain that the story is about, so that whoever tells it can check that the chain is found.

use throughline_domain::key::{self, Key, KeyError, KeyParts};
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;
use throughline_domain::rules;
use throughline_domain::time::Timestamp;

use super::alertmanager::THE_ALERT;
use super::argocd;
use super::calendar::Calendar;
use super::changes;
use super::company::{CHECKOUT, CODE_HOST, ORGANISATION, TRACKER_HOST};
use super::records::DESIGN;
use super::rollouts::{self, TROUBLE};

/// The chain from the alert of the story to why that work was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landmarks {
    /// The alert's fingerprint: what somebody on call has in hand.
    pub alert: String,
    /// The deployment that was running.
    pub deployment: Key,
    /// The image that it brought.
    pub artifact: Key,
    /// The commit that the image was built from.
    pub commit: Key,
    /// The pull request that the commit came from.
    pub pull_request: Key,
    /// The ticket that the pull request resolves.
    pub ticket: Key,
    /// The design document of the ticket.
    pub document: Key,
}

/// The landmarks of the story that ends at `end`.
pub fn landmarks(end: Timestamp) -> Landmarks {
    find(&Calendar::ending(end)).expect("the names of the story are short and not empty")
}

fn find(calendar: &Calendar) -> Option<Landmarks> {
    let change = changes::of_image(CHECKOUT.name, TROUBLE.version)?;
    let repository = Repository::new(CODE_HOST, &format!("{ORGANISATION}/{}", change.repository))?;
    let number = change.number.to_string();
    Some(Landmarks {
        alert: THE_ALERT.fingerprint(),
        deployment: argocd::deployment_key(calendar, &TROUBLE),
        artifact: key::artifact(&rollouts::digest(&CHECKOUT, TROUBLE.version)).ok()?,
        commit: repository.commit(&change.merge_commit()).ok()?,
        pull_request: repository.resource("github", NodeKind::Change, &number).ok()?,
        ticket: ticket_key(change.ticket?).ok()?,
        document: rules::document_key(DESIGN)?,
    })
}

/// The node of a ticket.
fn ticket_key(ticket: &str) -> Result<Key, KeyError> {
    let project = ticket.split_once('-').map_or(ticket, |(project, _)| project);
    let parts = KeyParts {
        provider: "jira".to_owned(),
        provider_id: TRACKER_HOST.to_owned(),
        namespace: project.to_owned(),
        groups: String::new(),
        resource: ticket.to_owned(),
    };
    Key::new(NodeKind::Ticket, &parts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use throughline_domain::key::{self, Key};
    use throughline_domain::link::LinkKind;
    use throughline_domain::name::Name;
    use throughline_domain::node::NodeKind;
    use throughline_domain::time::Timestamp;

    use super::landmarks;
    use crate::demo::company::CATALOG;
    use crate::demo::rollouts;
    use crate::demo::tests::read_all;

    #[test]
    fn the_chain_is_in_the_deliveries() {
        let facts = read_all();
        let marks = landmarks(Timestamp::parse("2026-03-20T19:00:00Z").unwrap());
        let targets = |from: &Key, kind: LinkKind| -> BTreeSet<Key> {
            facts
                .links
                .iter()
                .filter(|link| link.from == *from && link.kind == kind)
                .map(|link| link.to.clone())
                .collect()
        };
        let alerts: BTreeSet<&Key> = facts
            .nodes
            .iter()
            .filter(|node| node.names.contains(&Name::fingerprint(&marks.alert)))
            .map(|node| &node.key)
            .collect();
        assert_eq!(alerts.len(), 1, "a fingerprint of one firing");
        for alert in alerts {
            let places = targets(alert, LinkKind::FiresOn);
            assert_eq!(
                places,
                &targets(&marks.deployment, LinkKind::Of) | &targets(&marks.deployment, LinkKind::DeployedTo)
            );
        }
        assert_eq!(targets(&marks.deployment, LinkKind::Deploys), BTreeSet::from([marks.artifact.clone()]));
        let builds = targets(&marks.artifact, LinkKind::ProducedBy);
        assert_eq!(builds.len(), 1);
        for build in builds {
            assert_eq!(targets(&build, LinkKind::BuiltFrom), BTreeSet::from([marks.commit.clone()]));
        }
        assert!(targets(&marks.commit, LinkKind::PartOf).contains(&marks.pull_request));
        let texts = facts.mentions.iter().filter(|mention| mention.from == marks.pull_request);
        assert!(texts.map(|mention| mention.text.as_str()).any(|text| text.contains("Resolves PAY-31")));
        assert!(targets(&marks.ticket, LinkKind::DocumentedBy).contains(&marks.document));
        assert!(facts.nodes.iter().any(|node| node.key == marks.document && !node.attributes.is_empty()));
    }

    #[test]
    fn what_the_company_lacks_is_missing() {
        let facts = read_all();
        let lacks = |key: &Key, kind: LinkKind| !facts.links.iter().any(|link| link.from == *key && link.kind == kind);
        let hotfix = key::artifact(&rollouts::digest(&CATALOG, "3.2.1-hotfix.1")).unwrap();
        assert!(facts.nodes.iter().any(|node| node.key == hotfix));
        assert!(lacks(&hotfix, LinkKind::ProducedBy));
        for (service, orphaned) in [("checkout", false), ("shipping", true)] {
            let key = key::named(NodeKind::Service, service).unwrap();
            assert_eq!(lacks(&key, LinkKind::OwnedBy), orphaned, "{service}");
        }
    }
}
