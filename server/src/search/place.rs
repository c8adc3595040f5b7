//! What belongs to a service, an environment or a team, as far as a search filters by it.
//!
//! To a **service** belongs what is `of` it or `fires_on` it, what `touches` or lies `in` its repository, and what
//! documents it. Its repository counts only where no other service lies in it: of a repository with several services
//! nobody can say which a commit is for. To an **environment** belongs what is `deployed_to` it or `fires_on` it, what was
//! seen running in it, and what documents it. To a **team** belong its members, what is `owned_by` it (services,
//! repositories, components, rules, dashboards), and whatever belongs to one of these.
//!
//! Only one link is followed. What lies in a repository is told by its key, as commits and pull requests carry it there.

use std::collections::{BTreeSet, HashSet};

use throughline_domain::graph::{Graph, NodeId, NodeRecord};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;

/// The links by which something belongs to what they point to.
const BELONGING: [LinkKind; 5] =
    [LinkKind::Of, LinkKind::FiresOn, LinkKind::DeployedTo, LinkKind::Touches, LinkKind::In];

/// What belongs to a node.
pub(super) struct Place {
    /// The node, what it owns, and what stands beside these.
    members: HashSet<NodeId>,
    /// What a link of [`BELONGING`] may point to.
    ends: HashSet<NodeId>,
    /// Host and path of the repositories among them.
    repositories: BTreeSet<(String, String)>,
}

impl Place {
    pub(super) fn of(graph: &Graph, node: NodeId) -> Self {
        let owned = from(graph, node, LinkKind::OwnedBy);
        let mut ends: HashSet<NodeId> = owned.chain([node]).collect();
        let services: Vec<NodeId> = ends.iter().copied().filter(|end| is(graph, *end, NodeKind::Service)).collect();
        ends.extend(services.iter().flat_map(|service| own_repositories(graph, *service)));
        let beside = ends.iter().flat_map(|end| {
            let links = graph.upstream(*end).map(|(_, link)| link);
            links.filter(|link| matches!(link.kind, LinkKind::DocumentedBy | LinkKind::Runs)).map(|link| link.to)
        });
        let members: HashSet<NodeId> =
            beside.chain(ends.iter().copied()).chain(from(graph, node, LinkKind::MemberOf)).collect();
        let keys = ends.iter().filter_map(|end| graph.node(*end)).map(|record| &record.key);
        let repositories = keys.filter(|key| key.kind() == NodeKind::Repository).map(repository).collect();
        Self { members, ends, repositories }
    }

    pub(super) fn holds(&self, graph: &Graph, node: NodeId, record: &NodeRecord) -> bool {
        self.members.contains(&node)
            || graph.upstream(node).any(|(_, link)| BELONGING.contains(&link.kind) && self.ends.contains(&link.to))
            || (!self.repositories.is_empty() && self.repositories.contains(&lies_in(&record.key)))
    }
}

/// Where the links of a kind come from that point to a node.
fn from(graph: &Graph, node: NodeId, kind: LinkKind) -> impl Iterator<Item = NodeId> + '_ {
    graph.downstream(node).filter(move |(_, link)| link.kind == kind).map(|(_, link)| link.from)
}

/// The repositories in which this service lies and no other one.
fn own_repositories(graph: &Graph, service: NodeId) -> impl Iterator<Item = NodeId> + '_ {
    let places = graph.upstream(service).filter(|(_, link)| link.kind == LinkKind::In).map(|(_, link)| link.to);
    places.filter(move |place| {
        from(graph, *place, LinkKind::In).all(|other| other == service || !is(graph, other, NodeKind::Service))
    })
}

fn is(graph: &Graph, node: NodeId, kind: NodeKind) -> bool {
    graph.node(node).is_some_and(|record| record.kind == kind)
}

/// Host and path of a repository, from its own key.
fn repository(key: &Key) -> (String, String) {
    let parts = key.parts();
    (parts.provider_id, joined(&parts.namespace, &parts.resource))
}

/// Host and path of the repository that a key lies in, as far as it lies in one.
fn lies_in(key: &Key) -> (String, String) {
    let parts = key.parts();
    (parts.provider_id, joined(&parts.namespace, &parts.groups))
}

fn joined(start: &str, end: &str) -> String {
    if start.is_empty() { end.to_owned() } else { format!("{start}/{end}") }
}

#[cfg(test)]
mod tests {
    use throughline_domain::graph::{Graph, LinkId, LinkRecord, NodeId, NodeRecord};
    use throughline_domain::key::{Key, named};
    use throughline_domain::link::{LinkClass, LinkKind};
    use throughline_domain::node::NodeKind;
    use throughline_domain::repository::Repository;

    use super::Place;

    /// A graph that is put together key by key.
    #[derive(Default)]
    struct World {
        graph: Graph,
        keys: Vec<Key>,
        links: u32,
    }

    impl World {
        fn node(&mut self, key: &Key) -> NodeId {
            let place = self.keys.iter().position(|known| known == key).unwrap_or_else(|| {
                let id = NodeId(u32::try_from(self.keys.len()).unwrap());
                let (key, kind) = (key.clone(), key.kind());
                let record = NodeRecord { key, kind, stated: true, occurred: None, outcome: None, live: true };
                self.graph.put_node(id, record);
                self.keys.len()
            });
            if place == self.keys.len() {
                self.keys.push(key.clone());
            }
            NodeId(u32::try_from(place).unwrap())
        }

        fn link(&mut self, from: &Key, kind: LinkKind, to: &Key) {
            let (from, to) = (self.node(from), self.node(to));
            let link = LinkRecord { from, kind, to, class: LinkClass::Asserted, live: true };
            self.graph.put_link(LinkId(self.links), link);
            self.links += 1;
        }

        /// What belongs to the node, by kind and id, in order of arrival.
        fn belonging(&self, key: &Key) -> String {
            let place = Place::of(&self.graph, self.graph.find(key).unwrap());
            let held = self.graph.nodes().filter(|(node, record)| place.holds(&self.graph, *node, record));
            let words = held.map(|(_, record)| format!("{}:{}", record.kind, record.key.parts().resource));
            words.collect::<Vec<_>>().join(" ")
        }
    }

    fn key(kind: NodeKind, name: &str) -> Key {
        named(kind, name).unwrap()
    }

    fn world() -> World {
        let mut world = World::default();
        let repository = Repository::new("github.com", "acme/checkout").unwrap();
        let (own, change) = (repository.key().unwrap(), repository.resource("github", NodeKind::Change, "42").unwrap());
        let (service, team) = (key(NodeKind::Service, "checkout"), key(NodeKind::Team, "payments"));
        let production = key(NodeKind::Environment, "production");
        world.link(&service, LinkKind::OwnedBy, &team);
        world.link(&service, LinkKind::In, &own);
        world.link(&service, LinkKind::DocumentedBy, &key(NodeKind::Document, "runbook"));
        world.node(&change);
        world.link(&key(NodeKind::Deployment, "d1"), LinkKind::Of, &service);
        world.link(&key(NodeKind::Deployment, "d1"), LinkKind::DeployedTo, &production);
        world.link(&key(NodeKind::Alert, "a1"), LinkKind::FiresOn, &service);
        world.link(&key(NodeKind::Person, "ada"), LinkKind::MemberOf, &team);
        world.link(&key(NodeKind::Deployment, "d2"), LinkKind::Of, &key(NodeKind::Service, "cart"));
        world
    }

    #[test]
    fn what_belongs_to_a_service_an_environment_and_a_team() {
        let world = world();
        let service = "service:checkout repository:checkout document:runbook change:42 deployment:d1 alert:a1";
        assert_eq!(world.belonging(&key(NodeKind::Service, "checkout")), service);
        let environment = "deployment:d1 environment:production";
        assert_eq!(world.belonging(&key(NodeKind::Environment, "production")), environment);
        let team = "service:checkout team:payments repository:checkout document:runbook change:42 deployment:d1 alert:a1 person:ada";
        assert_eq!(world.belonging(&key(NodeKind::Team, "payments")), team);
        assert_eq!(world.belonging(&key(NodeKind::Service, "cart")), "deployment:d2 service:cart");
    }

    #[test]
    fn of_a_repository_with_two_services_nobody_knows_whose_a_change_is() {
        let mut world = world();
        let repository = Repository::new("github.com", "acme/checkout").unwrap().key().unwrap();
        world.link(&key(NodeKind::Service, "cart"), LinkKind::In, &repository);
        let service = world.belonging(&key(NodeKind::Service, "checkout"));
        assert_eq!(service, "service:checkout document:runbook deployment:d1 alert:a1");
    }
}
