//! What an event of any stream says, in one form.

use serde_json::Value;
use throughline_domain::time::Timestamp;

use super::payload::Event;
use super::refuse;
use crate::provider::ParseError;

/// What happened to a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Created,
    Edited,
    Moved,
    Deleted,
    Restored,
}

impl What {
    /// What MediaWiki calls it, in any of its streams.
    fn of(word: &str) -> Option<Self> {
        match word {
            "create" | "new" => Some(Self::Created),
            "edit" => Some(Self::Edited),
            "move" | "move_redir" => Some(Self::Moved),
            "delete" => Some(Self::Deleted),
            "undelete" | "restore" => Some(Self::Restored),
            _ => None,
        }
    }

    /// The word in the timeline.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Edited => "edited",
            Self::Moved => "moved",
            Self::Deleted => "deleted",
            Self::Restored => "restored",
        }
    }
}

/// A change of a page.
#[derive(Debug)]
pub(super) struct Change {
    /// What happened.
    pub(super) what: What,
    /// The page's address; of a moved one, where the event says it is.
    pub(super) address: String,
    /// The page's title.
    pub(super) title: String,
    /// The other title of a moved page.
    pub(super) other_title: Option<OtherTitle>,
    /// When.
    pub(super) at: Option<Timestamp>,
    /// Who did it.
    pub(super) user: Option<String>,
    /// Whether that is a program.
    pub(super) is_bot: bool,
    /// What was written about it.
    pub(super) comment: Option<String>,
}

/// The other title of a moved page: an entry of the log is about the former page, an event of EventBus about the new one.
#[derive(Debug)]
pub(super) enum OtherTitle {
    /// What it was called before.
    Former(String),
    /// What it is called now.
    New(String),
}

/// An event as it was understood.
#[derive(Debug)]
pub(super) struct Read {
    /// The name of the stream and of what happened: `recentchange.edit`.
    pub(super) event: String,
    /// What it says, or why nothing is read from it.
    pub(super) change: Result<Change, String>,
}

impl Change {
    /// Reads an event.
    ///
    /// # Errors
    /// [`ParseError::Body`] where nothing tells of which stream it is.
    pub(super) fn of(event: &Event) -> Result<Read, ParseError> {
        let (name, what) = named(event)?;
        let change = match what {
            None => Err(format!("nothing is read from MediaWiki's events of the kind '{name}'")),
            Some(what) => Self::read(event, what),
        };
        Ok(Read { event: name, change })
    }

    fn read(event: &Event, what: What) -> Result<Self, String> {
        let namespace = event.namespace();
        if namespace < 0 || namespace % 2 == 1 {
            return Err("the page holds talk, or is made by the wiki itself".to_owned());
        }
        let uri = event.meta.as_ref().and_then(|meta| meta.uri.as_deref());
        let addresses = [event.title_url.as_deref(), event.url.as_deref(), uri];
        let address = addresses.into_iter().flatten().find(|address| !address.is_empty());
        let (Some(address), Some(title)) = (address, event.title()) else {
            return Err("the event does not tell the address of the page, or its title".to_owned());
        };
        Ok(Self {
            what,
            address: address.to_owned(),
            title,
            other_title: if what == What::Moved { other_title(event) } else { None },
            at: event.at(),
            user: event.user().map(str::to_owned),
            is_bot: event.is_bot(),
            comment: event.comment().map(str::to_owned),
        })
    }
}

/// The event's name, and what happened, if that is read.
fn named(event: &Event) -> Result<(String, Option<What>), ParseError> {
    if let Some(kind) = event.page_change_kind.as_deref() {
        return Ok((format!("page_change.{kind}"), What::of(kind)));
    }
    if let Some(kind) = event.kind.as_deref() {
        let what = if kind == "log" { logged(event) } else { What::of(kind) };
        return Ok((format!("recentchange.{kind}"), what));
    }
    if let Some(action) = event.action.as_deref() {
        return Ok((format!("notification.{action}"), What::of(action)));
    }
    let stream = event.meta.as_ref().and_then(|meta| meta.stream.as_deref());
    let stream = stream.ok_or_else(|| refuse("neither 'type', 'action' nor 'meta.stream' tells what it is"))?;
    let name = stream.rsplit_once("mediawiki.").map_or(stream, |(_, name)| name);
    let what = match name {
        "revision-create" => Some(What::Edited),
        other => other.strip_prefix("page-").and_then(What::of),
    };
    Ok((name.to_owned(), what))
}

/// What an entry of the wiki's log says; of those only that of moves, and that of deletions, are about a page's being.
fn logged(event: &Event) -> Option<What> {
    match event.log_type.as_deref()? {
        "move" | "delete" => What::of(event.log_action.as_deref()?),
        _ => None,
    }
}

fn other_title(event: &Event) -> Option<OtherTitle> {
    let readable = |title: &str| title.replace('_', " ");
    if let Some(former) = event.prior_state.as_ref().and_then(|prior| prior.title()) {
        return Some(OtherTitle::Former(former));
    }
    let target = event.log_params.as_ref().and_then(|params| params.get("target")).and_then(Value::as_str);
    target.or(event.new_title.as_deref()).map(|title| OtherTitle::New(readable(title)))
}
