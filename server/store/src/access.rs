//! Credentials: login links, sessions and API tokens, by the id that their tokens carry.

use diesel::prelude::*;
use throughline_domain::time::Timestamp;

use crate::connection::Connection;
use crate::dialect::on;
use crate::error::StoreError;
use crate::schema::credential;

/// What a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    /// Logs in once.
    LoginLink,
    /// A browser that has logged in.
    Session,
    /// A program.
    Token,
}

impl CredentialKind {
    /// The word in the table.
    pub const fn word(self) -> &'static str {
        match self {
            CredentialKind::LoginLink => "login-link",
            CredentialKind::Session => "session",
            CredentialKind::Token => "token",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [CredentialKind::LoginLink, CredentialKind::Session, CredentialKind::Token]
            .into_iter()
            .find(|kind| kind.word() == word)
    }
}

/// A credential as it is stored. For a login link the id is the digest of its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The id that the token carries.
    pub id: String,
    /// What it is for.
    pub kind: CredentialKind,
    /// Whom or what it stands for.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends by itself.
    pub expires: Timestamp,
    /// When it was taken back or used up.
    pub revoked: Option<Timestamp>,
}

type Row = (String, String, String, i64, i64, Option<i64>);

/// Adds a credential.
///
/// # Errors
/// As every query.
pub fn add(connection: &mut Connection, new: &Credential) -> Result<(), StoreError> {
    let row = (
        credential::id.eq(&new.id),
        credential::kind.eq(new.kind.word()),
        credential::name.eq(&new.name),
        credential::created.eq(new.created.micros()),
        credential::expires.eq(new.expires.micros()),
        credential::revoked.eq(new.revoked.map(Timestamp::micros)),
    );
    on!(connection, |inner| diesel::insert_into(credential::table).values(row).execute(inner))?;
    Ok(())
}

/// The credential of an id, if it is of that kind, not revoked and not expired.
///
/// # Errors
/// As every query.
pub fn live(
    connection: &mut Connection,
    id: &str,
    kind: CredentialKind,
    now: Timestamp,
) -> Result<Option<Credential>, StoreError> {
    let row: Option<Row> = on!(connection, |inner| credential::table
        .filter(
            credential::id
                .eq(id)
                .and(credential::kind.eq(kind.word()))
                .and(credential::expires.gt(now.micros()))
                .and(credential::revoked.is_null())
        )
        .first(inner)
        .optional())?;
    row.map(to_credential).transpose()
}

/// Takes a credential back; false where there was none to take back. Of several callers only one is told true.
///
/// # Errors
/// As every query.
pub fn revoke(connection: &mut Connection, id: &str, now: Timestamp) -> Result<bool, StoreError> {
    let changed = on!(connection, |inner| diesel::update(
        credential::table.filter(credential::id.eq(id).and(credential::revoked.is_null()))
    )
    .set(credential::revoked.eq(now.micros()))
    .execute(inner))?;
    Ok(changed == 1)
}

/// Credentials of a kind, the newest first.
///
/// # Errors
/// As every query.
pub fn of_kind(connection: &mut Connection, kind: CredentialKind) -> Result<Vec<Credential>, StoreError> {
    let rows: Vec<Row> = on!(connection, |inner| credential::table
        .filter(credential::kind.eq(kind.word()))
        .order((credential::created.desc(), credential::id))
        .load(inner))?;
    rows.into_iter().map(to_credential).collect()
}

/// Whether anybody has ever logged in, or been given a token; a link that nobody has used does not count.
///
/// # Errors
/// As every query.
pub fn any(connection: &mut Connection) -> Result<bool, StoreError> {
    let count: i64 = on!(connection, |inner| credential::table
        .filter(credential::kind.ne(CredentialKind::LoginLink.word()))
        .count()
        .get_result(inner))?;
    Ok(count > 0)
}

fn to_credential((id, kind, name, created, expires, revoked): Row) -> Result<Credential, StoreError> {
    let kind = CredentialKind::from_word(&kind)
        .ok_or_else(|| StoreError::Damaged(format!("a credential of the unknown kind '{kind}'")))?;
    Ok(Credential {
        id,
        kind,
        name,
        created: Timestamp::from_micros(created),
        expires: Timestamp::from_micros(expires),
        revoked: revoked.map(Timestamp::from_micros),
    })
}
