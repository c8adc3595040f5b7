//! Answers as every surface gives them: REST, the command line and the pages share these types.
//!
//! A question in `throughline-domain` speaks of ids; here the ids have been dressed with titles, addresses and evidence.

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A node with what is needed to show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct NodeSummary {
    /// The node's key, a CDEvents domain id.
    #[schema(example = "cdevents:v0:jira:acme.atlassian.net:PAY::ticket:PAY-12")]
    pub key: String,
    /// The kind's word: `ticket`.
    pub kind: String,
    /// The kind for people: `Pull request`.
    pub kind_label: String,
    /// The stage's word, a column of the picture: `work`, `change`, `verify`, `artifact`, `run`, `observe`, `people`, `place`.
    pub stage: String,
    /// The title, or the reference, or the resource id of the key: never empty.
    pub title: String,
    /// The short form by which people refer to it: `acme/checkout#42`.
    pub reference: Option<String>,
    /// The address of its page in its tool.
    pub url: Option<String>,
    /// The tool's own word for its state.
    pub state: Option<String>,
    /// `pending`, `running`, `success`, `failure` or `abandoned`.
    pub outcome: Option<String>,
    /// When it counts from, RFC 3339.
    pub occurred: Option<String>,
    /// False where no delivery has spoken of the node itself: it is known only because something points at it.
    pub stated: bool,
}

/// Why a link is believed: one rule's or one provider's statement, and the ledger entry it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct Evidence {
    /// `L0` guessed, `L1` declared, `L2` asserted by the tool, `L3` cryptographic.
    pub class: String,
    /// The rule or provider event that made it: `ticket-key`, `github/pull_request`.
    pub rule: String,
    /// The rule's version.
    pub version: u16,
    /// How sure within the class, 0 to 100.
    pub score: u8,
    /// Why, in words.
    pub reason: String,
    /// The index of the ledger entry.
    pub entry: u64,
    /// The source that delivered it.
    pub source: String,
    /// Who vouches for the entry: `e1` to `e5`, `api-read`, `statement`, `system`.
    pub vouched: String,
    /// When the entry was received, RFC 3339.
    pub received: String,
}

/// One arrow, from the later node to the earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct Step {
    /// Key of the later end.
    pub from: String,
    /// Key of the earlier end.
    pub to: String,
    /// The link kind's word, or `running_at` for a step computed from the deployment timeline.
    pub kind: String,
    /// The same for people: `built from`, `was running`.
    pub phrase: String,
    /// The surest class of the evidence.
    pub class: String,
    /// Why, in words, where the step was computed.
    pub reason: Option<String>,
    /// What the step rests on, the surest first; empty for a computed step.
    pub evidence: Vec<Evidence>,
}

/// Something that should be there and is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct Missing {
    /// Key of the node that lacks it.
    pub node: String,
    /// What is missing: `ticket`.
    pub what: String,
    /// What that means.
    pub why: String,
    /// What to do about it.
    pub fix: String,
}

/// The answer to `trace` and `impact`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct TraceAnswer {
    /// Key of the node that was asked about.
    pub start: String,
    /// Every node that the answer names, each once.
    pub nodes: Vec<NodeSummary>,
    /// Keys of the chain, the start first.
    pub chain: Vec<String>,
    /// The arrows of the chain.
    pub steps: Vec<Step>,
    /// Arrows to what stands beside the chain: people, services, runbooks, tests.
    pub context: Vec<Step>,
    /// What the chain lacks.
    pub missing: Vec<Missing>,
    /// True where the answer was cut because it grew too large.
    pub cut: bool,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

/// The answer to `path`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct PathAnswer {
    /// Key of the first end.
    pub from: String,
    /// Key of the other end.
    pub to: String,
    /// Whether there is a path.
    pub found: bool,
    /// Every node on the path, in order.
    pub nodes: Vec<NodeSummary>,
    /// The arrows between them; each points from the later to the earlier node, whichever way the path runs.
    pub steps: Vec<Step>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

/// The answer to `resolve`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct ResolveAnswer {
    /// What was asked, cleaned of control characters.
    pub input: String,
    /// `one`, `several` or `none`.
    pub result: String,
    /// The node, or the candidates, in order of stage.
    pub candidates: Vec<NodeSummary>,
    /// What to try, where nothing was found.
    pub hint: Option<String>,
}

/// One line of a node's timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct TimelineEvent {
    /// When, RFC 3339, by the provider's clock.
    pub at: String,
    /// What happened: `merged`.
    pub what: String,
    /// Who did it.
    pub actor: Option<String>,
    /// One line for people.
    pub summary: String,
    /// The ledger entry that states it.
    pub entry: u64,
}

/// A node's own page: what is said of it, what happened to it, what it lacks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct NodeAnswer {
    /// The node.
    pub node: NodeSummary,
    /// Attribute words with their values and the entry that states each, in order of word.
    pub attributes: Vec<AttributeValue>,
    /// Every name by which it can be found.
    pub names: Vec<String>,
    /// What happened, the newest first.
    pub timeline: Vec<TimelineEvent>,
    /// Every direct link, in both directions, with evidence.
    pub links: Vec<Step>,
    /// The nodes at the other ends of those links.
    pub neighbours: Vec<NodeSummary>,
    /// What the node lacks.
    pub missing: Vec<Missing>,
}

/// One attribute of a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct AttributeValue {
    /// The attribute's word: `title`.
    pub name: String,
    /// Its newest value.
    pub value: String,
    /// When it was so, RFC 3339, by the provider's clock.
    pub at: Option<String>,
    /// The ledger entry that states it.
    pub entry: u64,
}

/// A received delivery in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct DeliverySummary {
    /// The index of its ledger entry.
    pub entry: u64,
    /// When it was received, RFC 3339.
    pub received: String,
    /// The source's name.
    pub source: String,
    /// The provider's name.
    pub provider: String,
    /// The sender's own id, or the one that was given on receipt.
    pub delivery_id: String,
    /// The tool's own name of the event, once it has been read.
    pub event: Option<String>,
    /// `waiting`, `parsed`, `ignored`, `duplicate`, `failed`.
    pub status: String,
    /// Why it was ignored or could not be read, or what it duplicates.
    pub detail: Option<String>,
    /// Who vouches for it.
    pub vouched: String,
    /// The size of the body in bytes.
    pub size_bytes: u64,
    /// True where the same id had come before with another body.
    pub conflicting: bool,
}

/// The catalog in force, and what tools name beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogAnswer {
    /// The whole text, as it was applied; null where no catalog was applied yet.
    pub text: Option<String>,
    /// The ledger entry that applied it.
    pub entry: Option<u64>,
    /// When it was applied, RFC 3339.
    pub applied: Option<String>,
    /// What it says: services, trackers, repositories, environments, teams, people, signers, in this order.
    pub groups: Vec<CatalogGroup>,
    /// Services, environments and people that deliveries name and the catalog does not.
    pub unlisted: Vec<Unlisted>,
}

/// The entries of one sort.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogGroup {
    /// What one of them is called: `service`.
    pub one: String,
    /// The heading: `Services`.
    pub title: String,
    /// The entries, in the order of the catalog.
    pub entries: Vec<CatalogEntry>,
}

/// One entry of the catalog.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogEntry {
    /// The name that counts.
    pub name: String,
    /// The key of its node; null for trackers and signers, which have none.
    pub key: Option<String>,
    /// What else is said of it; what is not given is left out.
    pub fields: Vec<CatalogField>,
}

/// One thing that the catalog says of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CatalogField {
    /// What it is, for people: `owner`, `also called`.
    pub name: String,
    /// Its value, or its values.
    pub values: Vec<String>,
}

/// What deliveries name and the catalog does not, of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Unlisted {
    /// The kind's word: `service`, `environment` or `person`.
    pub kind: String,
    /// The kind for people.
    pub label: String,
    /// How many there are.
    pub count: usize,
    /// Those that came last, at most 200, in order of title.
    pub nodes: Vec<NodeSummary>,
}

/// The answer to `search`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct SearchAnswer {
    /// What was looked for without its filters, cleaned of control characters.
    pub input: String,
    /// The words and phrases that every result holds; empty where only filters were given.
    pub words: Vec<String>,
    /// The filters that applied.
    pub filters: Vec<SearchFilter>,
    /// What was found, the best first; where only filters were given, the newest first.
    pub results: Vec<NodeSummary>,
    /// True where more fits, or may fit, than is listed.
    pub more: bool,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

/// A filter of a search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct SearchFilter {
    /// Its word: `kind`, `service`, `environment`, `team`, `after` or `before`.
    pub name: String,
    /// Its value: kinds separated by commas, a name, or a time in RFC 3339.
    pub value: String,
    /// The key of the service, environment or team that it names.
    pub key: Option<String>,
}
