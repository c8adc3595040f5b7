//! What was changed beside deployments: flags, infrastructure, and by hand.

use std::collections::HashSet;

use super::{Gathering, Lead, MAX_CONFIG_AGE_HOURS, Relation, Standing};
use crate::graph::NodeId;
use crate::link::LinkKind;
use crate::node::{NodeKind, Outcome};
use crate::queries::running::targets;

impl Gathering<'_> {
    /// Changes of flags, infrastructure and by hand, of the same services or environments.
    pub(super) fn configuration(&mut self) {
        let since = self.moment.plus_seconds(-MAX_CONFIG_AGE_HOURS * 3_600);
        let mut places: Vec<(NodeId, Relation)> =
            self.subject.services.iter().map(|node| (*node, Relation::Same)).collect();
        places.extend(self.subject.environments.iter().map(|node| (*node, Relation::Environment)));
        let mut met = HashSet::new();
        for (place, relation) in places {
            let graph = self.graph;
            let links = graph.downstream(place);
            let here = links.filter(|(_, link)| matches!(link.kind, LinkKind::Of | LinkKind::DeployedTo));
            for (node, class) in here.map(|(_, link)| (link.from, link.class)) {
                let Some(record) = graph.node(node).filter(|record| record.kind == NodeKind::ConfigChange) else {
                    continue;
                };
                let standing = match record.outcome {
                    // What was planned and then given up changed nothing.
                    Some(Outcome::Abandoned) => continue,
                    Some(Outcome::Failure) => Standing::Failed,
                    Some(Outcome::Success | Outcome::Pending | Outcome::Running) | None => Standing::Running,
                };
                let at = record.occurred.filter(|at| (since..=self.moment).contains(at));
                let Some(at) = at.filter(|_| !self.is_elsewhere(node, relation) && met.insert(node)) else { continue };
                let (rollout, commits, companions, by_rollback) = (None, Vec::new(), 0, false);
                let lead = Lead { node, rollout, at, relation, standing, commits, companions, by_rollback, class };
                self.leads.push(graph, lead);
            }
        }
    }

    /// Whether a configuration change says that it is of other services, or of other environments, than the alert.
    fn is_elsewhere(&self, node: NodeId, relation: Relation) -> bool {
        let environments = targets(self.graph, node, LinkKind::DeployedTo);
        let services = targets(self.graph, node, LinkKind::Of);
        let in_place = environments.is_empty() || environments.iter().any(|place| self.subject.covers(Some(*place)));
        let of_other = relation == Relation::Environment
            && !services.is_empty()
            && !services.iter().any(|service| self.subject.services.contains(service));
        !in_place || of_other
    }
}
