//! The alerting of Grafana 8 and older: one rule, and the series that matched it.
//!
//! Its messages carry no time. Which of two came later cannot be told, so nothing that changes is stated: neither
//! state nor outcome, and no event.

use serde::Deserialize;
use throughline_domain::fact::{Attribute, Field};
use throughline_domain::key::of_tool;
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use url::Url;

use super::{EXPECTED, NAME, broken};
use crate::alert::{Around, Labels, MAX_EVENT_CHARS, Said, Text, host};
use crate::draft::{Draft, shortened};
use crate::json;
use crate::provider::{ParseError, Parsed};

/// The most series of one message.
const MAX_MATCHES: usize = 1_000;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message {
    org_id: Text,
    rule_id: Text,
    rule_name: Text,
    rule_url: Text,
    state: Text,
    message: Text,
    tags: Labels,
    eval_matches: Option<Vec<Match>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Match {
    tags: Labels,
}

pub(super) fn read(body: &[u8]) -> Result<Parsed, ParseError> {
    let message: Message = json::read(body, EXPECTED)?;
    let state = message.state.get().unwrap_or("unknown");
    let event = format!("legacy.{}", shortened(state, MAX_EVENT_CHARS));
    let rule = message.rule_id.get().or(message.rule_name.get()).ok_or_else(|| broken("the rule has no id"))?;
    let organisation = message.org_id.get().unwrap_or("0");
    let page = message.rule_url.get();
    let key = of_tool(NodeKind::Alert, NAME, &host(page), &format!("{organisation}/{rule}"))?;
    let labels = labels(&message)?;
    let name = message.rule_name.get().unwrap_or(rule);
    let mut draft = Draft::new("grafana/legacy", None);
    let fact = draft
        .fact(&key)
        .with(Attribute::Title, name)
        .with(Attribute::Reference, name)
        .with_some(Attribute::Description, message.message.get())
        .with(Attribute::Labels, labels.written())
        // It is no name of the alert: the dashboard is at this address, and other rules of it are, too.
        .with_some(Attribute::Url, page.filter(|page| Name::url(page).is_some()));
    draft.state(fact);
    let mut around = Around::labelled(&labels);
    around.rule = Said::asserted(message.rule_name.get(), "the message's ruleName");
    around.dashboard = Said::asserted(page.filter(|page| is_dashboard(page)), "the message's ruleUrl");
    around.state(&mut draft, &key);
    draft.mention(&key, Field::Body, message.message.get(), None);
    Ok(Parsed::facts(event, draft.finish()?))
}

/// The tags of the rule and of all its series; what the first of them says counts.
fn labels(message: &Message) -> Result<Labels, ParseError> {
    let matches = message.eval_matches.as_deref().unwrap_or_default();
    if matches.len() > MAX_MATCHES {
        return Err(ParseError::TooMany { what: "series", count: matches.len(), limit: MAX_MATCHES });
    }
    Ok(matches.iter().fold(message.tags.clone(), |labels, series| labels.and(&series.tags)))
}

/// Whether an address is that of a dashboard, of which the rule was a part then, and not of Grafana's front page.
fn is_dashboard(page: &str) -> bool {
    Url::parse(page).is_ok_and(|url| url.path().contains("/d/") || url.path().contains("/dashboard/"))
}
