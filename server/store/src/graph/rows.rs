//! The rows of the graph's tables, and what they stand for.

use diesel::prelude::*;
use throughline_domain::fact::Field;
use throughline_domain::graph::fold::{Assertion, AssertionKey, MentionRow, NodeRow, Slice};
use throughline_domain::graph::{LinkId, LinkRecord, NodeId, NodeRecord};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::rules::Reference;
use throughline_domain::time::Timestamp;

use super::words::{damaged, origin_word, to_field, to_id, to_key, to_outcome, to_word, without_nul};
use crate::error::StoreError;
use crate::numbers::{to_signed, to_unsigned};
use crate::schema::{link, link_assertion, node, node_attribute, node_event, node_name, node_reference, node_text};

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node)]
pub(super) struct StoredNode {
    pub(super) id: i64,
    pub(super) key: String,
    pub(super) stated: bool,
    pub(super) live: bool,
    pub(super) degree: i64,
    pub(super) occurred: Option<i64>,
    pub(super) outcome: Option<String>,
    pub(super) revision: i64,
}

impl StoredNode {
    pub(super) fn load_into(self, slice: &mut Slice) -> Result<(), StoreError> {
        let row = NodeRow {
            id: NodeId(to_id(self.id)?),
            stated: self.stated,
            live: self.live,
            degree: to_id(self.degree)?,
            occurred: self.occurred.map(Timestamp::from_micros),
            outcome: to_outcome(self.outcome.as_deref())?,
        };
        slice.load_node(to_key(&self.key)?, row);
        Ok(())
    }

    pub(super) fn into_record(self) -> Result<(NodeId, NodeRecord), StoreError> {
        let key = to_key(&self.key)?;
        let kind = key.kind();
        let record = NodeRecord {
            key,
            kind,
            stated: self.stated,
            occurred: self.occurred.map(Timestamp::from_micros),
            outcome: to_outcome(self.outcome.as_deref())?,
            live: self.live,
        };
        Ok((NodeId(to_id(self.id)?), record))
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = link)]
pub(super) struct StoredLink {
    pub(super) id: i64,
    pub(super) origin: i64,
    pub(super) kind: String,
    pub(super) target: i64,
    pub(super) class: String,
    pub(super) live: bool,
    pub(super) revision: i64,
}

impl StoredLink {
    pub(super) fn into_record(self) -> Result<(LinkId, LinkRecord), StoreError> {
        let record = LinkRecord {
            from: NodeId(to_id(self.origin)?),
            kind: to_word(LinkKind::from_word(&self.kind), &self.kind)?,
            to: NodeId(to_id(self.target)?),
            class: to_word(LinkClass::from_word(&self.class), &self.class)?,
            live: self.live,
        };
        Ok((LinkId(to_id(self.id)?), record))
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node_attribute)]
pub(super) struct StoredAttribute {
    pub(super) node: i64,
    pub(super) attribute: String,
    pub(super) value: String,
    pub(super) at: Option<i64>,
    pub(super) entry: i64,
    pub(super) content: i64,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node_text)]
pub(super) struct StoredText {
    pub(super) node: i64,
    pub(super) field: String,
    pub(super) at: Option<i64>,
    pub(super) rank: i64,
    pub(super) entry: i64,
    pub(super) content: i64,
}

impl StoredText {
    pub(super) fn into_mention(self) -> Result<MentionRow, StoreError> {
        Ok(MentionRow {
            at: self.at.map(Timestamp::from_micros),
            rank: self.rank,
            entry: to_unsigned(self.entry)?,
            content: self.content,
        })
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node_reference)]
pub(super) struct StoredReference {
    pub(super) node: i64,
    pub(super) field: String,
    pub(super) ordinal: i64,
    pub(super) awaits: String,
    pub(super) resource: Option<String>,
    pub(super) intent: String,
    pub(super) class: String,
    pub(super) score: i16,
    pub(super) rule: String,
    pub(super) version: i32,
    pub(super) reason: String,
}

impl StoredReference {
    pub(super) fn of(node: NodeId, field: Field, ordinal: i64, reference: &Reference) -> Self {
        Self {
            node: i64::from(node.0),
            field: field.word().to_owned(),
            ordinal,
            awaits: without_nul(reference.awaits.as_str()),
            resource: reference.resource.as_deref().map(without_nul),
            intent: reference.intent.word().to_owned(),
            class: reference.class.word().to_owned(),
            score: i16::from(reference.score),
            rule: reference.rule.clone(),
            version: i32::from(reference.version),
            reason: without_nul(&reference.reason),
        }
    }

    pub(super) fn into_reference(self) -> Result<Reference, StoreError> {
        Ok(Reference {
            awaits: Name::from_stored(self.awaits),
            resource: self.resource,
            intent: to_word(LinkKind::from_word(&self.intent), &self.intent)?,
            class: to_word(LinkClass::from_word(&self.class), &self.class)?,
            score: u8::try_from(self.score).map_err(|_| damaged("a score"))?,
            rule: self.rule,
            version: u16::try_from(self.version).map_err(|_| damaged("a rule's version"))?,
            reason: self.reason,
        })
    }
}

#[derive(Insertable)]
#[diesel(table_name = node_name)]
pub(super) struct StoredName {
    pub(super) name: String,
    pub(super) key: String,
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = link_assertion)]
pub(super) struct StoredAssertion {
    pub(super) link: i64,
    pub(super) rule: String,
    pub(super) field: String,
    pub(super) class: String,
    pub(super) score: i16,
    pub(super) version: i32,
    pub(super) reason: String,
    pub(super) at: Option<i64>,
    pub(super) entry: i64,
    pub(super) content: i64,
}

impl StoredAssertion {
    pub(super) fn of(key: &AssertionKey, assertion: &Assertion) -> Result<Self, StoreError> {
        Ok(Self {
            link: i64::from(key.link.0),
            rule: key.rule.clone(),
            field: origin_word(key.origin).to_owned(),
            class: assertion.class.word().to_owned(),
            score: i16::from(assertion.score),
            version: i32::from(assertion.version),
            reason: without_nul(&assertion.reason),
            at: assertion.at.map(Timestamp::micros),
            entry: to_signed(assertion.entry)?,
            content: assertion.content,
        })
    }

    pub(super) fn into_assertion(self) -> Result<(AssertionKey, Assertion), StoreError> {
        let origin = if self.field.is_empty() { None } else { Some(to_field(&self.field)?) };
        let key = AssertionKey { link: LinkId(to_id(self.link)?), rule: self.rule, origin };
        let assertion = Assertion {
            class: to_word(LinkClass::from_word(&self.class), &self.class)?,
            score: u8::try_from(self.score).map_err(|_| damaged("a score"))?,
            version: u16::try_from(self.version).map_err(|_| damaged("a rule's version"))?,
            reason: self.reason,
            at: self.at.map(Timestamp::from_micros),
            entry: to_unsigned(self.entry)?,
            content: self.content,
        };
        Ok((key, assertion))
    }
}

#[derive(Insertable, Queryable, Selectable)]
#[diesel(table_name = node_event)]
pub(super) struct StoredEvent {
    pub(super) id: Vec<u8>,
    pub(super) node: i64,
    pub(super) at: i64,
    pub(super) what: String,
    pub(super) actor: Option<String>,
    pub(super) summary: String,
    pub(super) entry: i64,
    pub(super) content: i64,
}
