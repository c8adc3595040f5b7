//! Rules by which alerts are raised: files of Prometheus and Loki, `PrometheusRule` of Kubernetes, and what Grafana is
//! provisioned with.

use serde_json::Value;
use throughline_domain::fact::Attribute;
use throughline_domain::key::KeyError;
use throughline_domain::link::LinkKind;
use throughline_domain::node::NodeKind;
use throughline_domain::rules::Stated;
use throughline_domain::yaml;

use super::files::{around, file_url, referred};
use super::owners::state_whole;
use super::payload::File;
use super::place::Place;
use crate::alert::Labels;
use crate::draft::Draft;

/// The most rules of one file that are read.
const MAX_RULES: usize = 1_000;

/// States every alert rule of a file. One that is no YAML, a template for instance, states none; the import names it.
pub(super) fn state(draft: &mut Draft, place: &Place<'_>, file: &File, path: &str, text: &str) -> Result<(), KeyError> {
    let Ok(documents) = yaml::documents(text) else { return Ok(()) };
    let common = around(draft, place, file)?;
    for rule in documents.iter().flat_map(rules).take(MAX_RULES) {
        one(draft, place, path, rule, &common)?;
    }
    Ok(())
}

fn one(draft: &mut Draft, place: &Place<'_>, path: &str, rule: &Value, common: &[Stated]) -> Result<(), KeyError> {
    // Prometheus and Loki call it `alert`, Grafana `title`; it is the alert's name either way.
    let Some(key) = draft.named(NodeKind::AlertRule, text(rule, "alert").or_else(|| text(rule, "title"))) else {
        return Ok(());
    };
    let (labels, annotations) = (labels(rule, "labels"), labels(rule, "annotations"));
    let fact = draft
        .fact(&key)
        .with_some(Attribute::Severity, plain(labels.value(&["severity"])))
        .with_some(Attribute::Description, plain(annotations.value(&["summary", "description", "message"])))
        .with(Attribute::Path, path)
        .with_some(Attribute::Url, file_url(place, path));
    draft.state(fact);
    draft.place(&key, &place.repository)?;
    let mut relations = common.to_vec();
    let mut relate = |kind, to, reason: &str| relations.push(Stated { kind, to, reason: reason.to_owned() });
    if let Some(to) = referred(draft, NodeKind::Document, annotations.value(&["runbook_url", "runbook"])) {
        relate(LinkKind::DocumentedBy, to, "the runbook annotation of the rule");
    }
    if let Some(to) = referred(draft, NodeKind::Dashboard, annotations.value(&["dashboard_url", "dashboard"])) {
        relate(LinkKind::DocumentedBy, to, "the dashboard annotation of the rule");
    }
    if let Some(to) = draft.named(NodeKind::Service, plain(labels.value(&["service"]))) {
        relate(LinkKind::Of, to, "the label service of the rule");
    }
    if let Some(to) = draft.named(NodeKind::Team, plain(labels.value(&["team"]))) {
        relate(LinkKind::OwnedBy, to, "the label team of the rule");
    }
    state_whole(draft, &key, &relations);
    Ok(())
}

/// The rules of a document: in its groups, in those of its specification, or in those of the items of a list.
fn rules(document: &Value) -> Vec<&Value> {
    let items = document.get("items").and_then(Value::as_array);
    let places = items.into_iter().flatten().chain([document]);
    let groups = places.flat_map(|place| [place.get("groups"), place.get("spec").and_then(|spec| spec.get("groups"))]);
    let groups = groups.flatten().filter_map(Value::as_array).flatten();
    groups.filter_map(|group| group.get("rules")).filter_map(Value::as_array).flatten().collect()
}

fn text<'a>(rule: &'a Value, name: &str) -> Option<&'a str> {
    plain(rule.get(name).and_then(Value::as_str))
}

fn labels(rule: &Value, name: &str) -> Labels {
    rule.get(name).and_then(|labels| serde_json::from_value(labels.clone()).ok()).unwrap_or_default()
}

/// A value that is written out; `None` for a template, which is another one with every alert.
fn plain(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty() && !value.contains("{{"))
}

#[cfg(test)]
mod tests {
    use throughline_domain::yaml;

    use super::{rules, text};

    #[test]
    fn rules_are_found_in_every_form() {
        let group = "groups: [{name: a, rules: [{alert: Slow, expr: x}, {record: y, expr: z}]}]";
        let grafana = "apiVersion: 1\ngroups: [{name: a, folder: b, rules: [{uid: k7, title: Slow}]}]";
        for file in [
            group.to_owned(),
            grafana.to_owned(),
            format!("kind: PrometheusRule\nspec: {{{group}}}"),
            format!("kind: List\nitems: [{{kind: PrometheusRule, spec: {{{group}}}}}]"),
        ] {
            let documents = yaml::documents(&file).unwrap();
            let found = documents.iter().flat_map(rules);
            let names: Vec<&str> =
                found.filter_map(|rule| text(rule, "alert").or_else(|| text(rule, "title"))).collect();
            assert_eq!(names, ["Slow"], "{file}");
        }
    }
}
