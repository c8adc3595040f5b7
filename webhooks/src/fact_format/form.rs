//! How the value of an attribute is written.

use throughline_domain::fact::Attribute;

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// RFC 3339.
    Moment,
    /// One of the words of outcomes.
    Outcome,
    /// The address of the node's page, which facts have a member of their own for.
    Address,
    /// Labels, separated by commas.
    Labels,
    /// Anything.
    Text,
}

/// How the values of an attribute are written.
pub(crate) const fn form(attribute: Attribute) -> Form {
    match attribute {
        Attribute::OccurredAt | Attribute::StartedAt | Attribute::FinishedAt => Form::Moment,
        Attribute::Outcome => Form::Outcome,
        Attribute::Url => Form::Address,
        Attribute::Labels => Form::Labels,
        Attribute::Title
        | Attribute::Reference
        | Attribute::State
        | Attribute::Description
        | Attribute::Category
        | Attribute::Severity
        | Attribute::Version
        | Attribute::Branch
        | Attribute::Commit
        | Attribute::Digest
        | Attribute::Package
        | Attribute::Result
        | Attribute::Path
        | Attribute::Email
        | Attribute::Assignee
        | Attribute::ErrorBudget => Form::Text,
    }
}
