//! How the format names a node, and the key that follows from it.

use throughline_domain::key::{self, Key, KeyError, KeyParts};
use throughline_domain::node::NodeKind;
use throughline_domain::repository::Repository;

use super::members::Members;
use super::{EXPECTED, nearest, refuse};
use crate::draft::Draft;
use crate::provider::ParseError;

/// The members that name a node.
pub(crate) const MEMBERS: &[&str] = &["kind", "key", "id", "provider", "host", "repository", "commit", "digest", "url"];

/// A node as the sender names it.
#[derive(Debug)]
pub(super) struct Reference {
    path: String,
    kind: Option<NodeKind>,
    key: Option<Key>,
    /// The id, in its tool or everywhere.
    pub(super) id: Option<String>,
    /// The tool whose id it is.
    pub(super) provider: Option<String>,
    host: Option<String>,
    /// The repository that it belongs to; of some kinds a part of what identifies them.
    pub(super) repository: Option<Repository>,
    commit: Option<String>,
    digest: Option<String>,
    /// The page; of a document a part of what identifies it.
    pub(super) url: Option<String>,
}

/// Whether a reference names the node that a fact is about, or one that a link points at.
///
/// A fact may carry `url` and `repository` as statements; a target has nothing that does not identify it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The node of a fact.
    Subject,
    /// The other end of a link.
    Target,
}

impl Reference {
    /// Takes the naming members out of an object.
    pub(super) fn take(members: &mut Members, path: &str) -> Result<Self, ParseError> {
        let kind = members.text("kind")?.map(|word| node_kind(path, &word)).transpose()?;
        let key = members.text("key")?.map(|key| Key::parse(&key)).transpose();
        let key = key.map_err(|error| refuse(format!("{path}.key: {error}")))?;
        let repository = members.text("repository")?.map(|address| {
            Repository::from_address(&address)
                .ok_or_else(|| refuse(format!("{path}.repository: '{address}' is no address of a repository")))
        });
        Ok(Self {
            path: path.to_owned(),
            kind,
            key,
            id: members.text("id")?.map(|id| id.trim().to_owned()),
            provider: members.text("provider")?.map(|provider| provider.trim().to_lowercase()),
            host: members.text("host")?.map(|host| host.trim().to_lowercase()),
            repository: repository.transpose()?,
            commit: members.text("commit")?,
            digest: members.text("digest")?,
            url: members.text("url")?,
        })
    }

    /// The key that the members make.
    pub(super) fn resolve(&self, role: Role) -> Result<Key, ParseError> {
        if let Some(key) = &self.key {
            return self.given(key, role);
        }
        let kind = self.kind(role)?;
        match kind {
            NodeKind::Commit => self.commit_key(kind, role),
            NodeKind::Artifact => self.artifact_key(kind, role),
            NodeKind::Repository => {
                self.only(kind, role, &["repository"])?;
                self.wrap(self.repository(kind)?.key())
            }
            NodeKind::Branch | NodeKind::Tag | NodeKind::Component => self.place_key(kind, role),
            NodeKind::Document | NodeKind::Dashboard => self.page_key(kind, role),
            NodeKind::Change
            | NodeKind::Ticket
            | NodeKind::PipelineRun
            | NodeKind::Job
            | NodeKind::Build
            | NodeKind::TestRun
            | NodeKind::Scan
            | NodeKind::Release
            | NodeKind::Deployment => self.work_key(kind, role),
            NodeKind::Environment | NodeKind::Service | NodeKind::AlertRule | NodeKind::Team => {
                self.only(kind, role, &["id"])?;
                self.wrap(key::named(kind, self.id(kind)?))
            }
            NodeKind::ConfigChange | NodeKind::Alert | NodeKind::Incident | NodeKind::Person => {
                self.only(kind, role, &["id", "provider", "host"])?;
                self.tool_key(kind)
            }
        }
    }

    fn given(&self, key: &Key, role: Role) -> Result<Key, ParseError> {
        let kind = key.kind();
        self.only(kind, role, &["key"])?;
        match self.kind {
            Some(said) if said != kind => Err(self.complain(format!("the key is of a {kind}, 'kind' says {said}"))),
            _ => Ok(key.clone()),
        }
    }

    /// The kind that is given, or that the one identifying member of a target implies.
    fn kind(&self, role: Role) -> Result<NodeKind, ParseError> {
        if let Some(kind) = self.kind {
            return Ok(kind);
        }
        let implied = [
            (self.commit.is_some(), NodeKind::Commit),
            (self.digest.is_some(), NodeKind::Artifact),
            (self.url.is_some(), NodeKind::Document),
            (self.repository.is_some() && self.id.is_none(), NodeKind::Repository),
        ];
        match implied.into_iter().find(|(given, _)| *given) {
            Some((_, kind)) if role == Role::Target => Ok(kind),
            _ => Err(self.complain("'kind' is missing".to_owned())),
        }
    }

    fn commit_key(&self, kind: NodeKind, role: Role) -> Result<Key, ParseError> {
        self.only(kind, role, &["commit", "repository"])?;
        let sha = self.need(kind, "commit", self.commit.as_deref())?;
        self.repository(kind)?.commit(sha).map_err(|_| {
            let shown: String = sha.chars().take(80).collect();
            refuse(format!("{}.commit: '{shown}' is no full object id of 40 or 64 hexadecimal digits", self.path))
        })
    }

    fn artifact_key(&self, kind: NodeKind, role: Role) -> Result<Key, ParseError> {
        self.only(kind, role, &["digest"])?;
        let digest = self.need(kind, "digest", self.digest.as_deref())?;
        key::artifact(digest).map_err(|_| {
            let shown: String = digest.chars().take(80).collect();
            refuse(format!("{}.digest: '{shown}' is no 'sha256:' with 64 or 'sha512:' with 128 digits", self.path))
        })
    }

    fn place_key(&self, kind: NodeKind, role: Role) -> Result<Key, ParseError> {
        self.only(kind, role, &["id", "repository"])?;
        let (id, repository) = (self.id(kind)?, self.repository(kind)?);
        self.wrap(repository.resource("git", kind, id))
    }

    /// A page is known by its address, or, where it has none, by its id. A target must say which: the sender of a
    /// link cannot know in which way the page itself was stated.
    fn page_key(&self, kind: NodeKind, role: Role) -> Result<Key, ParseError> {
        self.only(kind, role, &["id", "url"])?;
        if let Some(url) = self.url.as_deref() {
            // As every provider does it: a dashboard is the same without its query.
            return Draft::new(EXPECTED, None)
                .web(kind, Some(url), None)
                .ok_or_else(|| refuse(format!("{}.url: '{url}' is no web address", self.path)));
        }
        let key = self.wrap(key::named(kind, self.id(kind)?))?;
        match role {
            Role::Subject => Ok(key),
            Role::Target => Err(self.complain(format!(
                "a {kind} is referred to by its 'url', or, if it was stated without one, by {{\"key\":\"{key}\"}}"
            ))),
        }
    }

    /// Work on a repository: the id counts within the repository, or within a tool, or everywhere.
    fn work_key(&self, kind: NodeKind, role: Role) -> Result<Key, ParseError> {
        self.only(kind, role, &["id", "repository", "provider", "host"])?;
        let id = self.id(kind)?;
        let provider = self.provider.as_deref();
        if provider.is_none() && matches!(kind, NodeKind::Change | NodeKind::Ticket) {
            return Err(self.complain(format!(
                "a {kind} needs 'provider', with 'host' or 'repository', to be told from those of other tools; to refer \
                 to it as people do, write it into 'text'"
            )));
        }
        if provider == Some("jira") && kind == NodeKind::Ticket {
            return self.jira_key(id);
        }
        match (&self.repository, &self.host) {
            (Some(repository), None) => self.wrap(repository.resource(provider.unwrap_or("throughline"), kind, id)),
            (None, None) if provider == Some("github") => {
                Err(self.complain(format!("a {kind} of github needs 'repository'")))
            }
            _ => self.tool_key(kind),
        }
    }

    fn jira_key(&self, id: &str) -> Result<Key, ParseError> {
        let host = self.need(NodeKind::Ticket, "host", self.host.as_deref())?;
        let id = id.to_uppercase();
        let (project, _) = id
            .rsplit_once('-')
            .ok_or_else(|| refuse(format!("{}.id: '{id}' is no ticket of Jira, such as PAY-12", self.path)))?;
        self.wrap(Key::new(
            NodeKind::Ticket,
            &KeyParts {
                provider: "jira".to_owned(),
                provider_id: host.to_owned(),
                namespace: project.to_owned(),
                groups: String::new(),
                resource: id.clone(),
            },
        ))
    }

    fn tool_key(&self, kind: NodeKind) -> Result<Key, ParseError> {
        let id = self.id(kind)?;
        match (self.provider.as_deref(), self.host.as_deref()) {
            (Some(provider), host) => self.wrap(key::of_tool(kind, provider, host.unwrap_or_default(), id)),
            (None, None) => self.wrap(key::named(kind, id)),
            (None, Some(_)) => Err(self.complain("'host' needs 'provider' beside it".to_owned())),
        }
    }

    fn id(&self, kind: NodeKind) -> Result<&str, ParseError> {
        self.need(kind, "id", self.id.as_deref())
    }

    fn repository(&self, kind: NodeKind) -> Result<&Repository, ParseError> {
        self.repository.as_ref().ok_or_else(|| self.complain(format!("a {kind} needs 'repository'")))
    }

    fn need<'a>(&self, kind: NodeKind, name: &str, value: Option<&'a str>) -> Result<&'a str, ParseError> {
        value.ok_or_else(|| self.complain(format!("a {kind} needs '{name}'")))
    }

    /// Refuses what would be passed over in silence.
    fn only(&self, kind: NodeKind, role: Role, allowed: &[&str]) -> Result<(), ParseError> {
        let target = role == Role::Target;
        let given = [
            ("key", self.key.is_some()),
            ("id", self.id.is_some()),
            ("provider", self.provider.is_some()),
            ("host", self.host.is_some()),
            ("repository", self.repository.is_some() && target),
            ("commit", self.commit.is_some()),
            ("digest", self.digest.is_some()),
            ("url", self.url.is_some() && target),
        ];
        match given.into_iter().find(|(name, given)| *given && !allowed.contains(name)) {
            Some((name, _)) => Err(self
                .complain(format!("'{name}' is no part of what identifies a {kind}; that is {}", allowed.join(", ")))),
            None => Ok(()),
        }
    }

    fn wrap(&self, key: Result<Key, KeyError>) -> Result<Key, ParseError> {
        key.map_err(|error| self.complain(error.to_string()))
    }

    fn complain(&self, what: String) -> ParseError {
        refuse(format!("{}: {what}", self.path))
    }
}

fn node_kind(path: &str, word: &str) -> Result<NodeKind, ParseError> {
    NodeKind::from_word(word).ok_or_else(|| {
        let known: Vec<&str> = NodeKind::ALL.iter().map(|kind| kind.word()).collect();
        let shown: String = word.chars().take(80).collect();
        refuse(format!("{path}.kind: '{shown}' is no kind of node; {}", nearest::hint(word, &known)))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{MEMBERS, Members, Reference, Role};
    use crate::provider::ParseError;

    const SHA: &str = "4f1c2a9be0d37c5586a1b2f4e9d0c7a3b8e6f512";

    fn target(value: Value) -> Result<String, ParseError> {
        let mut members = Members::open("to", value, MEMBERS)?;
        Reference::take(&mut members, "to")?.resolve(Role::Target).map(|key| key.as_str().to_owned())
    }

    #[test]
    fn every_way_to_name_a_node() {
        let repository = "https://github.com/acme/checkout";
        let digest = format!("sha256:{}", "ab".repeat(32));
        let commit = format!("cdevents:v0:git:github.com:acme:checkout:commit:{SHA}");
        let artifact = format!("cdevents:v0:oci::::artifact:{}", digest.replace(':', "%3A"));
        for (value, expected) in [
            (json!({"key": commit}), commit.as_str()),
            (json!({"commit": SHA, "repository": repository}), commit.as_str()),
            (json!({"kind": "artifact", "digest": digest}), artifact.as_str()),
            (json!({"digest": digest}), artifact.as_str()),
            (json!({"repository": repository}), "cdevents:v0:git:github.com:acme::repository:checkout"),
            (
                json!({"kind": "tag", "id": "v1.4.0", "repository": repository}),
                "cdevents:v0:git:github.com:acme:checkout:tag:v1.4.0",
            ),
            (json!({"url": "https://wiki.acme.example/7"}), "cdevents:v0:web:wiki.acme.example:::document:/7"),
            (
                json!({"kind": "dashboard", "url": "https://graphs.acme.example/d/1"}),
                "cdevents:v0:web:graphs.acme.example:::dashboard:/d/1",
            ),
            (
                json!({"kind": "change", "id": "42", "provider": "github", "repository": repository}),
                "cdevents:v0:github:github.com:acme:checkout:change:42",
            ),
            (
                json!({"kind": "ticket", "id": "pay-12", "provider": "jira", "host": "acme.atlassian.net"}),
                "cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12",
            ),
            (
                json!({"kind": "build", "id": "311", "provider": "jenkins", "host": "ci.acme.example"}),
                "cdevents:v0:jenkins:ci.acme.example:::build:311",
            ),
            (
                json!({"kind": "deployment", "id": "77", "repository": repository}),
                "cdevents:v0:throughline:github.com:acme:checkout:deployment:77",
            ),
            (json!({"kind": "incident", "id": "INC-7"}), "cdevents:v0:throughline::::incident:inc-7"),
            (json!({"kind": "service", "id": "Checkout"}), "cdevents:v0:throughline::::service:checkout"),
            (
                json!({"kind": "person", "id": "ada", "provider": "github", "host": "github.com"}),
                "cdevents:v0:github:github.com:::person:ada",
            ),
        ] {
            assert_eq!(target(value.clone()).unwrap(), expected, "{value}");
        }
    }

    #[test]
    fn what_would_be_guessed_is_refused() {
        for value in [
            json!({}),
            json!({"id": "x"}),
            json!({"key": "PAY-12"}),
            json!({"kind": "service", "id": "x", "provider": "github"}),
            json!({"kind": "service", "id": "x", "url": "https://acme.example"}),
            json!({"kind": "document", "id": "x"}),
            json!({"kind": "document", "url": "no address"}),
            json!({"kind": "change", "id": "42"}),
            json!({"kind": "change", "id": "42", "provider": "github"}),
            json!({"kind": "ticket", "id": "12", "provider": "jira", "host": "acme.atlassian.net"}),
            json!({"kind": "incident", "id": "INC-7", "host": "pager.acme.example"}),
            json!({"commit": SHA}),
            json!({"repository": "checkout"}),
        ] {
            assert!(target(value.clone()).is_err(), "{value}");
        }
    }
}
