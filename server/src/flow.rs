//! `flow`, dressed: how work flows to production, each number with what it rests on and the deliveries that state it.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use throughline_domain::fact::Attribute;
use throughline_domain::graph::{Graph, LinkId, NodeId};
use throughline_domain::node::NodeKind;
use throughline_domain::queries::flow::{
    self, Figure, MAX_PIECES, Measure, Number, Piece, Question, Survey, Times, Week,
};
use throughline_domain::time::Timestamp;
use throughline_store::{Connection, StoreError, dossiers, questions};
use utoipa::{IntoParams, ToSchema};

use crate::answer::NodeSummary;
use crate::ask::{AskError, Desk};
use crate::live::State;
use crate::plain;

pub mod report;
mod words;

pub(crate) use words::percent;
pub use words::{duration, number, short_duration};

/// The parts into which figures are put, with their headings, in the order in which they are shown.
pub const SECTIONS: [(&str, &str); 5] = [
    ("delivery", "Delivery"),
    ("stages", "From ticket to live"),
    ("in_progress", "In progress at the end"),
    ("size", "Batch size"),
    ("rework", "Rework"),
];

/// How many pieces of a figure are listed that was not opened.
const LISTED: usize = 5;

/// The most ledger entries that are named for one piece; the newest are.
const MAX_ENTRIES: usize = 20;

/// How many nodes' attributes are held at once while times are read.
const NODES_AT_ONCE: usize = 500;

/// The length of the period where no beginning is given: twelve weeks.
const USUAL_DAYS: i64 = 84;

/// The longest period: ten years.
const MAX_DAYS: i64 = 3_653;

const SECONDS_PER_DAY: i64 = 86_400;

/// The events by which a tool tells that something began.
const BEGINNINGS: [&str; 5] = ["opened", "created", "declared", "triggered", "started"];

/// The events by which a tool tells that something ended.
const ENDS: [&str; 5] = ["merged", "closed", "resolved", "completed", "finished"];

/// What is asked, as it is written on the command line, in an address or in a form; what is empty is not given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
pub struct FlowQuery {
    /// The first day or moment: `2026-01-01` (its beginning in UTC) or RFC 3339; twelve weeks before the end unless given.
    pub from: Option<String>,
    /// The last day, which is part of the period: `2026-03-31`; or the first moment after the period, RFC 3339; now unless
    /// given.
    pub to: Option<String>,
    /// Only this service.
    pub service: Option<String>,
    /// Only the services that this team answers for.
    pub team: Option<String>,
    /// Where "live" is: the last environment on the way of a change, unless given.
    pub env: Option<String>,
    /// The name of a figure all pieces of which are to be listed: `lead-time`.
    pub open: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum FlowError {
    /// Something in the question cannot be read; the text says what to write.
    #[error("{0}")]
    Wrong(String),
    /// As other questions.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// One thing that was counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct FlowPiece {
    /// Key of the deployment, commit, change or incident.
    pub node: String,
    /// The moment by which it is put into a week, RFC 3339.
    pub at: String,
    /// Seconds, or a size; null where pieces are only counted.
    pub value: Option<i64>,
    /// Keys of what it rests on beside: the deployment that brought it, the alert that fired, what took it back.
    pub beside: Vec<String>,
    /// Why it counts, in words; empty where that is plain.
    pub says: String,
    /// The ledger entries that state it, the newest first; at most 20.
    pub entries: Vec<u64>,
}

/// Pieces that could not be counted, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct FlowUnknown {
    /// The reason as a word: `no_commit`.
    pub why: String,
    /// The same for people.
    pub says: String,
    /// How many.
    pub total: usize,
    /// Keys of the first of them; at most 20.
    pub nodes: Vec<String>,
}

/// One week of a figure, from Monday to Monday in UTC; the first and the last are cut to the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct FlowWeek {
    /// Its first moment, RFC 3339.
    pub start: String,
    /// The first moment after it, RFC 3339.
    pub end: String,
    /// How many pieces it has.
    pub count: usize,
    /// How many they are of, where the figure is a share.
    pub of: Option<usize>,
    /// Half of its pieces are no larger.
    pub median: Option<i64>,
    /// Nine tenths of its pieces are no larger.
    pub p90: Option<i64>,
    /// False where the history begins later: nothing is known of it then.
    pub is_known: bool,
}

/// One number, and all that it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct FlowFigure {
    /// Its name: `lead-time`.
    pub name: String,
    /// Its part of the page: `delivery`, `stages`, `in_progress`, `size` or `rework`.
    pub section: String,
    /// Its name for people.
    pub title: String,
    /// What is counted, in a sentence.
    pub meaning: String,
    /// How pieces are summed up: `count` how many there are, `time` how many seconds each took, `share` how many there are
    /// of a larger number, `size` how large each is.
    pub measure: String,
    /// The number for people: `2.4 days`; null where nothing could be counted.
    pub value: Option<String>,
    /// How many pieces.
    pub count: usize,
    /// How many they are of, where it is a share.
    pub of: Option<usize>,
    /// Half of the pieces are no larger: seconds, or a size.
    pub median: Option<i64>,
    /// Three quarters of the pieces are no larger.
    pub p75: Option<i64>,
    /// Nine tenths of the pieces are no larger.
    pub p90: Option<i64>,
    /// When the history begins that it is counted from, RFC 3339; null where nothing is known.
    pub known_from: Option<String>,
    /// The same where that is within the period: before it, the number is not known.
    pub unknown_before: Option<String>,
    /// What could not be counted, by reason.
    pub unknown: Vec<FlowUnknown>,
    /// Week by week, in order.
    pub weeks: Vec<FlowWeek>,
    /// The pieces, the newest first: the first 5, or the first 500 of the figure that was opened.
    pub pieces: Vec<FlowPiece>,
}

/// The answer to `flow`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, SimpleObject)]
pub struct FlowAnswer {
    /// The first moment of the period, RFC 3339.
    pub from: String,
    /// The first moment after it, RFC 3339.
    pub to: String,
    /// Key of the environment that counts as live; null where none is known, and deployments to any place count.
    pub environment: Option<String>,
    /// Keys of the environments through which a change comes there, in order, that one last.
    pub way: Vec<String>,
    /// Keys of the services that are asked about; null for all.
    pub services: Option<Vec<String>>,
    /// The figures, in the order in which they are shown.
    pub figures: Vec<FlowFigure>,
    /// Every node that the answer names.
    pub nodes: Vec<NodeSummary>,
    /// The size of the ledger that the answer was computed over.
    pub ledger_size: u64,
}

impl FlowQuery {
    /// The period that is asked for: its first moment, and the first one after it. `now` ends it where no end is given.
    ///
    /// # Errors
    /// [`FlowError::Wrong`] where an end cannot be read, or the period is empty or longer than ten years.
    pub fn period(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), FlowError> {
        // A last day is part of the period.
        let to = given(&self.to).map_or(Ok(now), |text| moment(text, 1))?;
        let from =
            given(&self.from).map_or(Ok(to.plus_seconds(-USUAL_DAYS * SECONDS_PER_DAY)), |text| moment(text, 0))?;
        if from >= to {
            return Err(FlowError::Wrong(format!("the period from {from} to {to} has nothing in it")));
        }
        if from.plus_seconds(MAX_DAYS * SECONDS_PER_DAY) < to {
            let text = format!("the period from {from} to {to} is longer than ten years; ask for a part of it");
            return Err(FlowError::Wrong(text));
        }
        Ok((from, to))
    }

    /// The address of the page with one figure opened, or with none.
    pub fn address(&self, open: Option<&str>) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        let Self { from, to, service, team, env, open: _ } = self;
        for (name, value) in [("from", from), ("to", to), ("service", service), ("team", team), ("env", env)] {
            if let Some(value) = given(value) {
                pairs.append_pair(name, value);
            }
        }
        if let Some(open) = open {
            pairs.append_pair("open", open);
        }
        format!("/flow?{}", pairs.finish())
    }
}

impl Desk {
    /// How work flows to production. `now` is the end of the period where none is given.
    ///
    /// # Errors
    /// A [`FlowError`].
    pub fn flow(&self, query: &FlowQuery, now: Timestamp) -> Result<FlowAnswer, FlowError> {
        let (from, to) = query.period(now)?;
        let question = Question {
            from,
            to,
            service: self.given_one(&query.service, NodeKind::Service)?,
            team: self.given_one(&query.team, NodeKind::Team)?,
            environment: self.given_one(&query.env, NodeKind::Environment)?,
        };
        let open = given(&query.open);
        let (mut answer, named) = {
            let state = self.live.read();
            let survey = flow::survey(&state.graph, &question);
            let times = self.times(&survey.needs(&state.graph)).map_err(AskError::from)?;
            let figures = flow::measure(&state.graph, &survey, &times);
            check_open(open, &figures)?;
            self.dress_flow(&state, &survey, &figures, open).map_err(AskError::from)?
        };
        let named: Vec<NodeId> = named.into_iter().collect();
        answer.nodes = self.summaries(&named).map_err(AskError::from)?.into_values().collect();
        Ok(answer)
    }

    /// The node of that kind that a text stands for, where one is given.
    fn given_one(&self, text: &Option<String>, kind: NodeKind) -> Result<Option<NodeId>, FlowError> {
        let Some(text) = given(text) else { return Ok(None) };
        let node = self.one_of(text, kind)?;
        let found = self.live.read().graph.node(node).map(|record| record.kind);
        if found == Some(kind) {
            return Ok(Some(node));
        }
        let (text, kind) = (plain::clip(&plain::line(text), 60), kind.label().to_lowercase());
        Err(FlowError::Wrong(format!("'{text}' is no {kind}; write the name of one, as its tools do")))
    }

    /// When things began and ended: as their tool states it, and where it does not, by what happened to them.
    fn times(&self, needed: &BTreeSet<NodeId>) -> Result<Times, StoreError> {
        let needed: Vec<u32> = needed.iter().map(|node| node.0).collect();
        let mut times = Times::default();
        self.store.read(|connection| {
            for some in needed.chunks(NODES_AT_ONCE) {
                read_times(connection, &some.iter().copied().collect(), &mut times)?;
            }
            Ok(())
        })?;
        Ok(times)
    }

    fn dress_flow(
        &self,
        state: &State,
        survey: &Survey,
        figures: &[Figure],
        open: Option<&str>,
    ) -> Result<(FlowAnswer, BTreeSet<NodeId>), StoreError> {
        let graph = &state.graph;
        let listed = |figure: &Figure| if open == Some(figure.number.word().as_str()) { MAX_PIECES } else { LISTED };
        let pieces = figures.iter().flat_map(|figure| figure.pieces.iter().take(listed(figure)));
        let pieces: BTreeSet<NodeId> = pieces.map(|piece| piece.node).collect();
        let entries = self.store.read(|connection| entries(connection, graph, &pieces))?;
        let mut gown = Gown { graph, entries, named: BTreeSet::new() };
        let answer = FlowAnswer {
            from: survey.from.to_string(),
            to: survey.to.to_string(),
            environment: survey.environment.map(|node| gown.key(node)),
            way: gown.keys(&survey.way),
            services: survey.services.as_ref().map(|services| gown.keys(services)),
            figures: figures.iter().map(|figure| gown.figure(survey, figure, listed(figure))).collect(),
            nodes: Vec::new(),
            ledger_size: state.cursor,
        };
        Ok((answer, gown.named))
    }
}

fn check_open(open: Option<&str>, figures: &[Figure]) -> Result<(), FlowError> {
    let names: Vec<String> = figures.iter().map(|figure| figure.number.word()).collect();
    match open.filter(|open| !names.iter().any(|name| name == open)) {
        None => Ok(()),
        Some(open) => {
            let open = plain::clip(&plain::line(open), 60);
            Err(FlowError::Wrong(format!("there is no figure '{open}' here; open one of {}", names.join(", "))))
        }
    }
}

/// A text that was given: not only white space.
fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().map(str::trim).filter(|text| !text.is_empty())
}

/// A day, moved by some days, or a moment.
fn moment(text: &str, days: i64) -> Result<Timestamp, FlowError> {
    if let Some(midnight) = Timestamp::parse(&format!("{text}T00:00:00Z")) {
        return Ok(midnight.plus_seconds(days * SECONDS_PER_DAY));
    }
    Timestamp::parse(text).ok_or_else(|| {
        let text = plain::clip(&plain::line(text), 60);
        FlowError::Wrong(format!("'{text}' is no day such as 2026-03-31 and no time in RFC 3339"))
    })
}

fn read_times(connection: &mut Connection, nodes: &BTreeSet<u32>, times: &mut Times) -> Result<(), StoreError> {
    let attributes = questions::attributes(connection, nodes)?;
    let mut untold = BTreeSet::new();
    for &node in nodes {
        let told = |attribute: Attribute| {
            let value = attributes.get(&node)?.get(attribute.word())?;
            Timestamp::parse(&value.value)
        };
        let (began, ended) = (told(Attribute::StartedAt), told(Attribute::FinishedAt));
        times.began.extend(began.map(|at| (NodeId(node), at)));
        times.ended.extend(ended.map(|at| (NodeId(node), at)));
        if began.is_none() || ended.is_none() {
            untold.insert(node);
        }
    }
    for (node, events) in dossiers::events(connection, &untold)? {
        let of = |words: &[&str]| {
            let found = events.iter().filter(|event| words.contains(&event.what.as_str()));
            found.map(|event| event.at).collect::<Vec<Timestamp>>()
        };
        // What was reopened ends when it was closed last.
        if let Some(began) = of(&BEGINNINGS).into_iter().min() {
            times.began.entry(NodeId(node)).or_insert(began);
        }
        if let Some(ended) = of(&ENDS).into_iter().max() {
            times.ended.entry(NodeId(node)).or_insert(ended);
        }
    }
    Ok(())
}

/// The ledger entries that state some nodes: their attributes, their events, their own links. The newest first.
fn entries(
    connection: &mut Connection,
    graph: &Graph,
    nodes: &BTreeSet<NodeId>,
) -> Result<BTreeMap<NodeId, Vec<u64>>, StoreError> {
    let ids: BTreeSet<u32> = nodes.iter().map(|node| node.0).collect();
    let links: BTreeMap<LinkId, NodeId> =
        nodes.iter().flat_map(|node| graph.upstream(*node).map(move |(link, _)| (link, *node))).collect();
    let mut found: BTreeMap<NodeId, BTreeSet<u64>> = BTreeMap::new();
    for (node, values) in questions::attributes(connection, &ids)? {
        found.entry(NodeId(node)).or_default().extend(values.values().map(|value| value.entry));
    }
    for (node, events) in dossiers::events(connection, &ids)? {
        found.entry(NodeId(node)).or_default().extend(events.iter().map(|event| event.entry));
    }
    for (link, stated) in dossiers::link_entries(connection, &links.keys().map(|link| link.0).collect())? {
        if let Some(node) = links.get(&LinkId(link)) {
            found.entry(*node).or_default().extend(stated);
        }
    }
    let newest = |entries: BTreeSet<u64>| entries.into_iter().rev().take(MAX_ENTRIES).collect();
    Ok(found.into_iter().map(|(node, entries)| (node, newest(entries))).collect())
}

struct Gown<'g> {
    graph: &'g Graph,
    entries: BTreeMap<NodeId, Vec<u64>>,
    named: BTreeSet<NodeId>,
}

impl Gown<'_> {
    fn key(&mut self, node: NodeId) -> String {
        self.named.insert(node);
        self.graph.node(node).map(|record| record.key.as_str().to_owned()).unwrap_or_default()
    }

    fn keys(&mut self, nodes: &[NodeId]) -> Vec<String> {
        nodes.iter().map(|node| self.key(*node)).collect()
    }

    fn figure(&mut self, survey: &Survey, figure: &Figure, listed: usize) -> FlowFigure {
        let Figure { number, sum, pieces, unknown, known_from, weeks } = figure;
        let words = words::of(self.graph, *number);
        FlowFigure {
            name: number.word(),
            section: section(*number).to_owned(),
            title: words.title,
            meaning: words.meaning,
            measure: measure(number.measure()).to_owned(),
            value: words::value(figure, survey.from, survey.to),
            count: sum.count,
            of: sum.of,
            median: sum.median,
            p75: sum.p75,
            p90: sum.p90,
            known_from: known_from.map(|at| at.to_string()),
            unknown_before: known_from.filter(|at| *at > survey.from).map(|at| at.to_string()),
            unknown: unknown
                .iter()
                .map(|one| FlowUnknown {
                    why: one.why.word().to_owned(),
                    says: one.why.says().to_owned(),
                    total: one.total,
                    nodes: self.keys(&one.nodes),
                })
                .collect(),
            weeks: weeks.iter().map(week).collect(),
            pieces: pieces.iter().take(listed).map(|piece| self.piece(piece)).collect(),
        }
    }

    fn piece(&mut self, piece: &Piece) -> FlowPiece {
        let Piece { node, at, value, beside, says } = piece;
        FlowPiece {
            node: self.key(*node),
            at: at.to_string(),
            value: *value,
            beside: self.keys(beside),
            says: says.clone(),
            entries: self.entries.get(node).cloned().unwrap_or_default(),
        }
    }
}

fn week(week: &Week) -> FlowWeek {
    let Week { start, end, sum, is_known } = week;
    FlowWeek {
        start: start.to_string(),
        end: end.to_string(),
        count: sum.count,
        of: sum.of,
        median: sum.median,
        p90: sum.p90,
        is_known: *is_known,
    }
}

fn measure(measure: Measure) -> &'static str {
    match measure {
        Measure::Count => "count",
        Measure::Time => "time",
        Measure::Share => "share",
        Measure::Size => "size",
    }
}

fn section(number: Number) -> &'static str {
    match number {
        Number::Deployments
        | Number::LeadTime
        | Number::MergeToLive
        | Number::FailureRate
        | Number::TimeToRestore
        | Number::Rollbacks
        | Number::Redeployments => "delivery",
        Number::WholeWay | Number::Stage(..) => "stages",
        Number::OpenChanges | Number::MergedWaiting | Number::Waiting { .. } => "in_progress",
        Number::BatchChanges | Number::BatchCommits => "size",
        Number::Rework | Number::Reverts | Number::Fixes => "rework",
    }
}

#[cfg(test)]
mod tests {
    use throughline_domain::time::Timestamp;

    use super::FlowQuery;

    fn query(from: &str, to: &str) -> FlowQuery {
        let text = |text: &str| Some(text.to_owned());
        FlowQuery { from: text(from), to: text(to), ..FlowQuery::default() }
    }

    #[test]
    fn a_period_is_of_days_or_moments_and_has_an_end() {
        let now = Timestamp::parse("2026-03-31T12:00:00Z").unwrap();
        for (from, to, expected) in [
            ("2026-03-01", "2026-03-02", "2026-03-01T00:00:00Z 2026-03-03T00:00:00Z"),
            ("2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z", "2026-03-01T08:00:00Z 2026-03-01T09:00:00Z"),
            ("2026-03-01", "", "2026-03-01T00:00:00Z 2026-03-31T12:00:00Z"),
            ("", " ", "2026-01-06T12:00:00Z 2026-03-31T12:00:00Z"),
            ("", "2026-03-31", "2026-01-07T00:00:00Z 2026-04-01T00:00:00Z"),
        ] {
            let (from, to) = query(from, to).period(now).unwrap();
            assert_eq!(format!("{from} {to}"), expected);
        }
        for (from, to, part) in [
            ("yesterday", "", "is no day"),
            ("2026-03-03", "2026-03-02", "has nothing in it"),
            ("2010-01-01", "2026-03-02", "longer than ten years"),
        ] {
            let error = query(from, to).period(now).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn an_address_keeps_what_was_asked() {
        let mut asked = query("2026-03-01", "");
        asked.service = Some("shop & co".to_owned());
        asked.open = Some("rework".to_owned());
        assert_eq!(asked.address(Some("lead-time")), "/flow?from=2026-03-01&service=shop+%26+co&open=lead-time");
        assert_eq!(asked.address(None), "/flow?from=2026-03-01&service=shop+%26+co");
    }
}
