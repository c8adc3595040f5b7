//! What stands around an alert: its rule, the service and environment it fires on, its runbook and dashboard.

use throughline_domain::fact::{Attribute, LinkFact, NodeFact};
use throughline_domain::key::{self, Key};
use throughline_domain::link::{LinkClass, LinkKind};
use throughline_domain::name::Name;
use throughline_domain::node::NodeKind;
use throughline_domain::rules::{document_key, web_key};
use url::Url;

use super::alert::Firing;
use super::collector::Collector;

/// The rule that all links are made by; the same for firing and resolved, so that a link is one link.
const RULE: &str = "alertmanager/alert";

/// Labels that often hold the service's name, the more telling ones first.
const LIKELY_SERVICE: &[&str] = &["app", "deployment", "job"];

/// Adds everything that an alert's labels and annotations point at.
pub fn add(collector: &mut Collector, firing: &Firing<'_>) {
    let rule = firing.rule.and_then(|name| add_named(collector, firing, NodeKind::AlertRule, name));
    if let Some(rule) = &rule {
        collector.link(link(firing, &firing.key, LinkKind::InstanceOf, rule, "the label alertname"));
    }
    add_service(collector, firing);
    add_environment(collector, firing);
    add_runbook(collector, firing, rule.as_ref());
    add_dashboard(collector, firing);
}

fn add_service(collector: &mut Collector, firing: &Firing<'_>) {
    let (class, found) = match firing.alert.label(&["service"]) {
        Some(found) => (LinkClass::Asserted, Some(found)),
        None => (LinkClass::Guessed, firing.alert.label(LIKELY_SERVICE)),
    };
    let Some((label, name)) = found else { return };
    let Some(service) = add_named(collector, firing, NodeKind::Service, name) else { return };
    let reason = match class {
        LinkClass::Guessed => format!("the label {label}, which often holds the service's name"),
        LinkClass::Declared | LinkClass::Asserted | LinkClass::Cryptographic => format!("the label {label}"),
    };
    let asserted = link(firing, &firing.key, LinkKind::FiresOn, &service, &reason);
    collector.link(LinkFact { class, ..asserted });
}

fn add_environment(collector: &mut Collector, firing: &Firing<'_>) {
    let Some((label, name)) = firing.alert.label(&["environment", "env"]) else { return };
    if let Some(environment) = add_named(collector, firing, NodeKind::Environment, name) {
        let reason = format!("the label {label}");
        collector.link(link(firing, &firing.key, LinkKind::FiresOn, &environment, &reason));
    }
}

/// The runbook explains the rule as much as this firing of it, and the rule is there before the next one.
fn add_runbook(collector: &mut Collector, firing: &Firing<'_>, rule: Option<&Key>) {
    let Some(address) = firing.alert.annotation(&["runbook_url", "runbook"]) else { return };
    let Some(document) = document_key(address) else { return };
    let fact = NodeFact::new(document.clone(), firing.started).page(Some(address));
    collector.node(fact.with(Attribute::Category, "runbook"));
    for from in [Some(&firing.key), rule].into_iter().flatten() {
        collector.link(link(firing, from, LinkKind::DocumentedBy, &document, "the runbook annotation"));
    }
}

fn add_dashboard(collector: &mut Collector, firing: &Firing<'_>) {
    let Some(address) = firing.alert.annotation(&["dashboard_url", "dashboard"]) else { return };
    let Some(page) = without_query(address) else { return };
    let Some(dashboard) = web_key(NodeKind::Dashboard, &page) else { return };
    let mut fact = NodeFact::new(dashboard.clone(), firing.started).page(Some(address));
    if let Some(name) = Name::url(&page) {
        fact = fact.named(name);
    }
    collector.node(fact);
    collector.link(link(firing, &firing.key, LinkKind::DocumentedBy, &dashboard, "the dashboard annotation"));
}

/// The query of a dashboard's address holds its variables and its period: the dashboard is the same without them.
fn without_query(address: &str) -> Option<String> {
    let mut url = Url::parse(address.trim()).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    Some(url.into())
}

/// Adds a plainly named node; `None` where the name cannot be part of a key.
fn add_named(collector: &mut Collector, firing: &Firing<'_>, kind: NodeKind, name: &str) -> Option<Key> {
    let key = key::named(kind, name).ok()?;
    collector.node(
        NodeFact::new(key.clone(), firing.started)
            .with(Attribute::Title, name)
            .with(Attribute::Reference, name)
            .named(Name::plain(name)),
    );
    Some(key)
}

fn link(firing: &Firing<'_>, from: &Key, kind: LinkKind, to: &Key, reason: &str) -> LinkFact {
    LinkFact {
        from: from.clone(),
        kind,
        to: to.clone(),
        class: LinkClass::Asserted,
        rule: RULE.to_owned(),
        reason: reason.to_owned(),
        at: firing.started,
    }
}

#[cfg(test)]
mod tests {
    use super::without_query;

    #[test]
    fn a_dashboard_is_the_same_for_every_period() {
        let expected = Some("https://grafana.acme.example/d/k7/checkout".to_owned());
        for address in [
            "https://grafana.acme.example/d/k7/checkout",
            " https://grafana.acme.example/d/k7/checkout?orgId=1&from=now-1h#panel",
        ] {
            assert_eq!(without_query(address), expected);
        }
        assert_eq!(without_query("the checkout dashboard"), None);
    }
}
