//! The contents of an opened entry: how they are written into a line, and read back and held against the leaf.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::fault::BundleFault;
use super::format::{EntryLine, from_hex};
use crate::hex;
use crate::ledger::{Commitments, EntryKeys, Field, FieldKey, FieldKeys, Salt};

/// What an entry is opened with, as the ledger keeps it. It cannot be printed: contents do not belong into logs.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// The salt of the commitments.
    pub salt: Salt,
    /// The sender's id of the delivery.
    pub delivery_id: &'a str,
    /// The kept headers in their stored form.
    pub headers: &'a str,
    /// The exact body; `None` where it was erased. The salt is not shown then: it would undo the erasure.
    pub body: Option<&'a [u8]>,
}

/// The line of an entry that is opened, or of one that is only counted.
pub(super) fn entry_line<'a>(index: u64, leaf: &[u8], evidence: Option<&Evidence<'a>>) -> EntryLine<'a> {
    let line = EntryLine { entry: index, leaf: hex::encode(leaf), ..EntryLine::default() };
    let Some(Evidence { salt, delivery_id, headers, body }) = evidence.copied() else { return line };
    let line =
        EntryLine { delivery_id: Some(Cow::Borrowed(delivery_id)), headers: Some(Cow::Borrowed(headers)), ..line };
    let key = |field| Some(hex::encode(FieldKey::derive(&salt, field).as_bytes()));
    let salt = Some(hex::encode(salt.as_bytes()));
    match body {
        None => EntryLine { delivery_key: key(Field::DeliveryId), headers_key: key(Field::Headers), ..line },
        Some(body) => match shown_as_text(body) {
            Some(text) => EntryLine { salt, body: Some(Cow::Borrowed(text)), ..line },
            None => EntryLine { salt, body_base64: Some(STANDARD.encode(body)), ..line },
        },
    }
}

/// The body as text, where no character of it takes more than two when it is escaped.
fn shown_as_text(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let is_plain = |letter: char| !letter.is_control() || matches!(letter, '\n' | '\r' | '\t');
    text.chars().all(is_plain).then_some(text)
}

/// What an opened entry gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// Whether its body is there; it was erased otherwise.
    pub(super) has_body: bool,
}

/// Opens the commitments of a leaf with what stands in its line; `None` where the entry is only counted.
pub(super) fn open(line: &EntryLine<'_>, commitments: &Commitments) -> Result<Option<Opened>, BundleFault> {
    let EntryLine { entry, leaf: _, salt, delivery_key, headers_key, delivery_id, headers, body, body_base64 } = line;
    let form = || BundleFault::OpeningForm { entry: *entry };
    let body = match (body, body_base64) {
        (Some(text), None) => Some(Cow::Borrowed(text.as_bytes())),
        (None, Some(text)) => Some(Cow::Owned(STANDARD.decode(text).map_err(|_| form())?)),
        (None, None) => None,
        (Some(_), Some(_)) => return Err(form()),
    };
    let keys = match (salt, delivery_key, headers_key) {
        (None, None, None) if delivery_id.is_none() && headers.is_none() && body.is_none() => return Ok(None),
        (Some(salt), None, None) if body.is_some() => EntryKeys::Salt(read_salt(salt).ok_or_else(form)?),
        (None, Some(delivery), Some(headers)) if body.is_none() => EntryKeys::Fields(FieldKeys {
            delivery_id: Some(read_key(delivery).ok_or_else(form)?),
            headers: Some(read_key(headers).ok_or_else(form)?),
            body: None,
        }),
        _ => return Err(form()),
    };
    let (Some(delivery_id), Some(headers)) = (delivery_id, headers) else { return Err(form()) };
    check(*entry, &keys, commitments, Field::DeliveryId, delivery_id.as_bytes())?;
    check(*entry, &keys, commitments, Field::Headers, headers.as_bytes())?;
    if let Some(body) = &body {
        check(*entry, &keys, commitments, Field::Body, body)?;
    }
    Ok(Some(Opened { has_body: body.is_some() }))
}

/// Holds one content against the commitment to it.
pub(super) fn check(
    entry: u64,
    keys: &EntryKeys,
    commitments: &Commitments,
    field: Field,
    content: &[u8],
) -> Result<(), BundleFault> {
    let opens = keys.key(field).is_some_and(|key| key.opens(content, commitments.of(field)));
    if opens { Ok(()) } else { Err(BundleFault::Opening { entry, field }) }
}

pub(super) fn read_salt(digits: &str) -> Option<Salt> {
    Salt::from_slice(&from_hex(digits)?)
}

fn read_key(digits: &str) -> Option<FieldKey> {
    FieldKey::from_slice(&from_hex(digits)?)
}
