//! A page as a document, known by its address.

use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::Key;
use throughline_domain::link::LinkKind;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;

use super::NAME;
use super::change::{Change, OtherTitle, What};
use crate::documents::sort;
use crate::draft::{Draft, Person, by};
use crate::provider::ParseError;

/// States what a change says of its page.
pub(super) fn state(draft: &mut Draft, change: &Change) -> Result<(), ParseError> {
    draft.at = change.at;
    match (change.what, &change.other_title) {
        (What::Moved, Some(OtherTitle::Former(former))) => {
            let former_address = renamed(&change.address, &change.title, former);
            moved(draft, change, former_address.as_deref(), former, Some(&change.address), &change.title)
        }
        (What::Moved, Some(OtherTitle::New(new))) => {
            let new_address = renamed(&change.address, &change.title, new);
            moved(draft, change, Some(&change.address), &change.title, new_address.as_deref(), new)
        }
        (What::Created | What::Edited | What::Moved | What::Deleted | What::Restored, _) => changed(draft, change),
    }
}

/// Any change but a move.
fn changed(draft: &mut Draft, change: &Change) -> Result<(), ParseError> {
    let state = if change.what == What::Deleted { "deleted" } else { "current" };
    let Some(key) = page(draft, &change.address, &change.title, state) else { return Ok(()) };
    if change.what == What::Created {
        let fact = draft.fact(&key).moment(Attribute::OccurredAt, change.at);
        draft.state(fact);
        add_author(draft, &key, change)?;
        // Of a new page MediaWiki writes the beginning of its text into the comment.
        draft.mention(&key, Field::Body, change.comment.as_deref(), None);
    }
    draft.mention(&key, Field::Title, Some(&change.title), None);
    let what = change.what.word();
    let said = match change.comment.as_deref() {
        Some(comment) if change.what != What::Created => format!("{} {what}: {comment}", change.title),
        Some(_) | None => by(&format!("{} {what}", change.title), change.user.as_deref()),
    };
    draft.event(&key, None, what, change.user.as_deref(), &said);
    Ok(())
}

/// A move: the page is another document at its new address, and the former one says where it went.
fn moved(
    draft: &mut Draft,
    change: &Change,
    from: Option<&str>,
    from_title: &str,
    to: Option<&str>,
    to_title: &str,
) -> Result<(), ParseError> {
    let summary = by(&format!("Moved from {from_title} to {to_title}"), change.user.as_deref());
    let ends = [(from, from_title, "moved"), (to, to_title, "current")];
    for (address, title, state) in ends {
        let Some(key) = address.and_then(|address| page(draft, address, title, state)) else { continue };
        draft.mention(&key, Field::Title, Some(title), None);
        draft.event(&key, None, What::Moved.word(), change.user.as_deref(), &summary);
    }
    Ok(())
}

fn page(draft: &mut Draft, address: &str, title: &str, state: &str) -> Option<Key> {
    let key = draft.web(NodeKind::Document, Some(address), category(title))?;
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, title)
        .with(Attribute::Reference, title)
        // Without a time the greater word would win, and not the later one.
        .with_some(Attribute::State, draft.at.map(|_| state))
        .named(Name::plain(title));
    draft.state(fact);
    Some(key)
}

fn add_author(draft: &mut Draft, key: &Key, change: &Change) -> Result<(), ParseError> {
    let host = key.parts().provider_id;
    let person = Person {
        provider: NAME,
        host: &host,
        login: change.user.as_deref(),
        is_bot: change.is_bot,
        ..Person::default()
    };
    draft.person(key, LinkKind::AuthoredBy, &person, "MediaWiki names who created it")?;
    Ok(())
}

/// The sort of document that the page's namespace says it is: `Runbook:Checkout`.
fn category(title: &str) -> Option<&'static str> {
    let (namespace, _) = title.split_once(':')?;
    sort(namespace)
}

/// The address of the page under another title; `None` where the address does not simply end with the title.
fn renamed(address: &str, title: &str, other: &str) -> Option<String> {
    let written = |title: &str| title.replace(' ', "_");
    Some(format!("{}{}", address.strip_suffix(&written(title))?, written(other)))
}

#[cfg(test)]
mod tests {
    use super::{category, renamed};

    #[test]
    fn the_namespace_is_the_category() {
        assert_eq!(category("Runbook:Checkout"), Some("runbook"));
        assert_eq!(category("Post-mortem: INC-7"), Some("postmortem"));
        assert_eq!(category("Checkout runbook"), None);
        assert_eq!(category("Note: this"), None);
    }

    #[test]
    fn an_address_ends_with_the_title() {
        let address = "https://wiki.acme.example/wiki/Card_retries";
        assert_eq!(
            renamed(address, "Card retries", "Runbook:Card retries").as_deref(),
            Some("https://wiki.acme.example/wiki/Runbook:Card_retries")
        );
        assert_eq!(renamed("https://wiki.acme.example/index.php?curid=7", "Card retries", "X"), None);
    }
}
