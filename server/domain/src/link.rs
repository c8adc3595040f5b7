//! The kinds of links, which ends they may have, and how sure we are of one.
//!
//! A link points from the later thing to the earlier one, so "upstream" always means "follow the arrow".

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::node::NodeKind::{self, *};

/// Whether a trace walks through a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A step of the chain of work: a trace walks through it.
    Lineage,
    /// Shown beside the chain and never walked through: an environment, a service or a team touches everything.
    Context,
}

/// Declares [`LinkKind`] from one table, so that a kind is one line with its role and its allowed ends.
macro_rules! link_kinds {
    ($($(#[doc = $doc:literal])+ $kind:ident, $word:literal, $role:ident, $from:expr => $to:expr;)+) => {
        /// What a link says. Stored and written by its word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum LinkKind {
            $($(#[doc = $doc])+ #[serde(rename = $word)] $kind,)+
        }

        impl LinkKind {
            /// Every kind.
            pub const ALL: &'static [LinkKind] = &[$(LinkKind::$kind,)+];

            /// The word that stands for the kind in tables and answers; it reads from the later end: "resolves".
            pub const fn word(self) -> &'static str {
                match self { $(LinkKind::$kind => $word,)+ }
            }

            /// Whether a trace walks through links of this kind.
            pub const fn role(self) -> Role {
                match self { $(LinkKind::$kind => Role::$role,)+ }
            }

            /// The kinds of nodes that the link may come from; empty means any.
            pub const fn from_kinds(self) -> &'static [NodeKind] {
                match self { $(LinkKind::$kind => $from,)+ }
            }

            /// The kinds of nodes that the link may point to.
            pub const fn to_kinds(self) -> &'static [NodeKind] {
                match self { $(LinkKind::$kind => $to,)+ }
            }

            /// The kind of that word, if there is one.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(LinkKind::$kind),)+ _ => None }
            }
        }
    };
}

const ANY: &[NodeKind] = &[];

link_kinds! {
    /// The change, if it lands, completes the ticket.
    Resolves, "resolves", Lineage, &[Change, Commit] => &[Ticket];
    /// The change works on the ticket without completing it.
    RelatesTo, "relates_to", Lineage, &[Change, Commit, Deployment, Release, ConfigChange] => &[Ticket, Change];
    /// The text names the ticket and does not say why.
    Mentions, "mentions", Lineage, &[Change, Commit, Release, Incident, Document] => &[Ticket, Change, Alert, Incident];
    /// The smaller thing belongs to the larger one.
    PartOf, "part_of", Lineage, &[Commit, Job, Build, TestRun, Scan] => &[Change, PipelineRun, Job];
    /// The commit takes back what another one did.
    Reverts, "reverts", Lineage, &[Commit, Change] => &[Commit, Change];
    /// The commit repeats another one on a different branch.
    CherryPickedFrom, "cherry_picked_from", Lineage, &[Commit] => &[Commit];
    /// The commit mends what another one broke.
    Fixes, "fixes", Lineage, &[Commit] => &[Commit];
    /// It was made from, or ran on, this commit.
    BuiltFrom, "built_from", Lineage, &[PipelineRun, Build, Artifact, Job, Tag] => &[Commit];
    /// It checks this build, commit or artifact.
    Verifies, "verifies", Lineage, &[TestRun, Scan] => &[Build, Commit, Artifact];
    /// The build or run made the artifact.
    ProducedBy, "produced_by", Lineage, &[Artifact] => &[Build, PipelineRun];
    /// The artifact contains or was made out of another one.
    DerivedFrom, "derived_from", Lineage, &[Artifact] => &[Artifact];
    /// The release gives these out.
    Includes, "includes", Lineage, &[Release] => &[Artifact, Change, Commit, Tag, Ticket];
    /// The deployment brought this into its environment.
    Deploys, "deploys", Lineage, &[Deployment] => &[Artifact, Release, Commit];
    /// The deployment puts back what ran before another one.
    RollsBack, "rolls_back", Lineage, &[Deployment] => &[Deployment];
    /// The incident is about these alerts.
    Groups, "groups", Lineage, &[Incident] => &[Alert];
    /// The document examines the incident.
    Analyses, "analyses", Lineage, &[Document] => &[Incident];
    /// The ticket was opened because of the document.
    FollowsUp, "follows_up", Lineage, &[Ticket] => &[Document];
    /// The ticket is a part of a larger one.
    ChildOf, "child_of", Lineage, &[Ticket] => &[Ticket];
    /// Somebody or something found this to be the cause.
    CausedBy, "caused_by", Lineage, &[Alert, Incident] => &[Deployment, Change, ConfigChange, Commit];
    /// The deployment happened in this environment.
    DeployedTo, "deployed_to", Context, &[Deployment, ConfigChange] => &[Environment];
    /// The deployment or configuration change is of this service.
    Of, "of", Context, &[Deployment, ConfigChange, Artifact, Incident, Dashboard, AlertRule] => &[Service];
    /// The alert or incident is about this service or environment.
    FiresOn, "fires_on", Context, &[Alert, Incident] => &[Service, Environment];
    /// The alert is a firing of this rule.
    InstanceOf, "instance_of", Context, &[Alert] => &[AlertRule];
    /// The rule was last written by this commit.
    DefinedIn, "defined_in", Context, &[AlertRule, Dashboard] => &[Commit];
    /// The document or dashboard explains the node.
    DocumentedBy, "documented_by", Context, ANY => &[Document, Dashboard];
    /// It runs there now, as somebody has looked and seen; as opposed to what was declared by a deployment.
    Runs, "runs", Context, &[Service, Environment] => &[Artifact, Document];
    /// The commit that it was made on top of; which commits a deployment brought follows from these.
    Parent, "parent", Context, &[Commit] => &[Commit];
    /// The person belongs to the team.
    MemberOf, "member_of", Context, &[Person] => &[Team];
    /// Who wrote it.
    AuthoredBy, "authored_by", Context, ANY => &[Person];
    /// Who approved it.
    ApprovedBy, "approved_by", Context, ANY => &[Person];
    /// Who or what set it off.
    TriggeredBy, "triggered_by", Context, ANY => &[Person];
    /// The team that answers for it.
    OwnedBy, "owned_by", Context, &[Component, Service, Repository, AlertRule, Dashboard] => &[Team, Person];
    /// The service needs the other one to do its work.
    DependsOn, "depends_on", Context, &[Service] => &[Service];
    /// A change passes through the other environment before it comes to this one.
    ComesAfter, "comes_after", Context, &[Environment] => &[Environment];
    /// The commit changes files of this component.
    Touches, "touches", Context, &[Commit, Change] => &[Component];
    /// Where it lies.
    In, "in", Context, ANY => &[Repository];
}

impl LinkKind {
    /// The kind that comes first in order; where a range over all kinds begins.
    pub const FIRST: LinkKind = LinkKind::Resolves;

    /// Whether a link of this kind may join these two kinds of nodes.
    pub fn allows(self, from: NodeKind, to: NodeKind) -> bool {
        let from_fits = self.from_kinds().is_empty() || self.from_kinds().contains(&from);
        from_fits && self.to_kinds().contains(&to)
    }

    /// The words for people: `built from`.
    pub fn phrase(self) -> String {
        self.word().replace('_', " ")
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

/// How we know of a link; the higher, the surer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LinkClass {
    /// Guessed from text, a branch name or a time.
    #[serde(rename = "L0")]
    Guessed,
    /// Declared by a person in a controlled field: a closing keyword, a trailer, a confirmation.
    #[serde(rename = "L1")]
    Declared,
    /// Asserted by the provider's own relation.
    #[serde(rename = "L2")]
    Asserted,
    /// Cryptographic: an equal digest, signed materials.
    #[serde(rename = "L3")]
    Cryptographic,
}

impl LinkClass {
    /// Every class, the least sure first.
    pub const ALL: [LinkClass; 4] =
        [LinkClass::Guessed, LinkClass::Declared, LinkClass::Asserted, LinkClass::Cryptographic];

    /// `L0` to `L3`.
    pub const fn word(self) -> &'static str {
        match self {
            LinkClass::Guessed => "L0",
            LinkClass::Declared => "L1",
            LinkClass::Asserted => "L2",
            LinkClass::Cryptographic => "L3",
        }
    }

    /// The class in words for people.
    pub const fn describe(self) -> &'static str {
        match self {
            LinkClass::Guessed => "guessed from text, branch or time",
            LinkClass::Declared => "declared by a person",
            LinkClass::Asserted => "asserted by the tool",
            LinkClass::Cryptographic => "proved by a digest or signature",
        }
    }

    /// The class of that word, if there is one.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::{LinkClass, LinkKind};
    use crate::node::NodeKind;

    #[test]
    fn words_read_back() {
        for kind in LinkKind::ALL {
            assert_eq!(LinkKind::from_word(kind.word()), Some(*kind));
            assert!(*kind >= LinkKind::FIRST);
        }
        for class in LinkClass::ALL {
            assert_eq!(LinkClass::from_word(class.word()), Some(class));
        }
    }

    #[test]
    fn every_kind_joins_something_and_nothing_outside_its_ends() {
        for kind in LinkKind::ALL {
            let mut pairs = 0;
            for from in NodeKind::ALL {
                for to in NodeKind::ALL {
                    if kind.allows(*from, *to) {
                        pairs += 1;
                        assert!(kind.to_kinds().contains(to));
                        assert!(kind.from_kinds().is_empty() || kind.from_kinds().contains(from));
                    }
                }
            }
            assert!(pairs > 0, "{kind} joins nothing");
        }
        assert!(!LinkKind::Deploys.allows(NodeKind::Artifact, NodeKind::Deployment));
    }
}
