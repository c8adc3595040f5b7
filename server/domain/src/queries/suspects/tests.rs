//! Suspects: what comes first, what is never named, and what is said where nothing can be told.

use super::{Texts, gather, rank};
use crate::queries::testing::World;

/// Seconds to the hour make the times below readable.
const SHOP: &str = "
    alert:a @100000 fires_on service:shop environment:production
    service:shop depends_on service:stock
    commit:1 @80000 part_of change:1
    commit:2 @81000 parent commit:1 part_of change:2
    commit:3 @96000 parent commit:2 part_of change:3
    commit:4 @97000 parent commit:3
    commit:5 @98500 parent commit:4 part_of change:5
    commit:s1 @70000 part_of change:s1
    commit:s2 @99000 parent commit:s1 part_of change:s2
    deployment:d1 @82000 ok of service:shop deployed_to environment:production deploys commit:1
    deployment:d2 @90000 ok of service:shop deployed_to environment:production deploys commit:2
    deployment:d4 @98000 ok of service:shop deployed_to environment:production deploys commit:4
    deployment:g5 @99000 ok of service:shop deployed_to environment:staging deploys commit:5
    deployment:x @100500 ok of service:shop deployed_to environment:production deploys commit:5
    deployment:s1 @71000 ok of service:stock deployed_to environment:production deploys commit:s1
    deployment:s2 @99500 ok of service:stock deployed_to environment:production deploys commit:s2
    config_change:flag @99900 deployed_to environment:production
    config_change:other @99900 deployed_to environment:staging
    deployment:o @99990 ok of service:other deployed_to environment:production deploys commit:o
    commit:o part_of change:o";

fn suspects(text: &str, texts: &[(&str, &str)]) -> Vec<String> {
    let world = World::read(text);
    let leads = gather(&world.graph, world.id("alert:a"), None);
    let mut known = Texts::default();
    for (word, said) in texts {
        if *word == "alert:a" {
            known.alert.push((*said).to_owned());
        } else {
            known.leads.insert(world.id(word), (*said).to_owned());
        }
    }
    let found = rank(&world.graph, &leads, &known);
    assert!(found.iter().all(|suspect| !suspect.reasons.is_empty() && (1..=100).contains(&suspect.score)));
    found.iter().map(|suspect| world.word(suspect.node)).collect()
}

#[test]
fn what_went_live_last_in_the_alerts_own_place_comes_first() {
    let found = suspects(SHOP, &[]);
    let position = |word: &str| found.iter().position(|known| known == word);
    assert!(position("change:3") < Some(2), "{found:?}");
    assert!(position("commit:4") < Some(2), "a commit that no change is known of stands for itself: {found:?}");
    assert!(position("change:3") < position("change:2"), "{found:?}");
    assert!(position("config_change:flag").is_some() && position("change:s2").is_some(), "{found:?}");
    assert!(position("change:5").is_some(), "what is in staging only is named: {found:?}");
    for never in ["change:o", "config_change:other"] {
        assert_eq!(position(never), None, "{never} is of another place");
    }
}

#[test]
fn a_word_that_only_one_lead_shares_with_the_alert_counts() {
    let texts =
        [("alert:a", "CheckoutPaypalErrors"), ("change:2", "Retry paypal twice"), ("change:3", "Sort the list")];
    let found = suspects(SHOP, &texts);
    let position = |word: &str| found.iter().position(|known| known == word);
    assert!(position("change:2") < position("change:3"), "{found:?}");
}

#[test]
fn what_was_taken_back_is_no_longer_likely() {
    let text = format!(
        "{SHOP}\ndeployment:back @99000 ok of service:shop deployed_to environment:production deploys commit:2"
    );
    let found = suspects(&text, &[]);
    let position = |word: &str| found.iter().position(|known| known == word);
    assert!(position("change:2") < position("change:3"), "{found:?}");
    assert!(position("deployment:back") < position("change:3"), "{found:?}");
}

#[test]
fn a_deployment_without_a_known_end_is_named() {
    let text = "alert:a @100000 fires_on service:shop environment:production
        commit:2 @400 parent commit:1 part_of change:2
        deployment:1 @100 ok of service:shop deployed_to environment:production deploys commit:1
        deployment:2 @99000 running of service:shop deployed_to environment:production deploys commit:2";
    assert_eq!(suspects(text, &[])[0], "change:2");
}

#[test]
fn where_nothing_can_be_told_it_says_why() {
    for (text, expected) in [
        ("alert:a @10 fires_on environment:production", "service"),
        ("alert:a fires_on service:shop", "time"),
        ("alert:a @10 fires_on service:shop", "running deployment"),
        ("alert:a @10 fires_on service:shop; deployment:d @5 ok of service:shop deploys artifact:x", "commit"),
    ] {
        let world = World::read(text);
        let leads = gather(&world.graph, world.id("alert:a"), None);
        let cuts: Vec<&str> = leads.cuts.iter().map(|cut| cut.what.as_str()).collect();
        assert!(cuts.contains(&expected), "{text}: {cuts:?}");
    }
}
