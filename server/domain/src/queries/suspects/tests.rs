//! Suspects: what comes first, what is never named, and what is said where nothing can be told.

use std::collections::HashMap;

use super::{Texts, gather, rank};
use crate::queries::testing::World;
use crate::time::Timestamp;

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

/// What had become of each lead of the alert or incident `word`, by the words of the leads.
fn standings(text: &str, word: &str) -> Vec<String> {
    let world = World::read(text);
    let leads = gather(&world.graph, world.id(word), None);
    let mut told: Vec<String> =
        leads.leads.iter().map(|lead| format!("{} {:?}", world.word(lead.node), lead.standing)).collect();
    told.sort();
    told
}

#[test]
fn a_revert_counts_until_it_is_reverted() {
    let line = "alert:a @900 fires_on service:shop environment:live
        commit:1 @10 part_of change:1; commit:2 @20 parent commit:1 part_of change:2
        commit:b @25 reverts commit:2 part_of change:r; commit:r @30 parent commit:2 part_of change:r
        commit:s @40 parent commit:r reverts commit:r part_of change:s; change:w reverts change:s
        commit:w @50 parent commit:s part_of change:w
        deployment:0 @100 ok of service:shop deployed_to environment:live deploys commit:1";
    let deployed = |commits: &[&str]| {
        let told = commits.iter().enumerate().map(|(number, commit)| {
            let at = 200 + number;
            let place = "of service:shop deployed_to environment:live";
            format!("\ndeployment:d{number} @{at} ok {place} deploys commit:{commit}")
        });
        let text = format!("{line}{}", told.collect::<String>());
        standings(&text, "alert:a").join(", ")
    };
    for (commits, expected) in [
        (vec!["2"], "change:1 StillThere, change:2 Running"),
        (vec!["2", "r"], "change:1 StillThere, change:2 TakenBack, change:r Running"),
        (vec!["r"], "change:1 StillThere, change:2 TakenBack, change:r Running"),
        (vec!["2", "r", "s"], "change:1 StillThere, change:2 StillThere, change:r TakenBack, change:s Running"),
        (vec!["s"], "change:1 StillThere, change:2 Running, change:r TakenBack, change:s Running"),
        (
            vec!["s", "w"],
            "change:1 StillThere, change:2 TakenBack, change:r StillThere, change:s TakenBack, change:w Running",
        ),
    ] {
        assert_eq!(deployed(&commits), expected, "{commits:?}");
    }
}

#[test]
fn a_deployment_that_was_under_way_is_a_lead_once_it_is_known_when_it_began() {
    let world = World::read(
        "alert:a @1000 fires_on service:shop environment:production
         commit:1 @1 part_of change:1; commit:2 @2 parent commit:1 part_of change:2
         commit:3 @3 parent commit:2 part_of change:3
         deployment:1 @100 ok of service:shop deployed_to environment:production deploys commit:1
         deployment:2 @1300 ok of service:shop deployed_to environment:production deploys commit:2
         deployment:3 @1400 failed of service:shop deployed_to environment:production deploys commit:3
         deployment:4 @9000 ok of service:shop deployed_to environment:production deploys commit:3",
    );
    for (began, expected) in [
        (vec![], "change:1 Running"),
        (vec![("deployment:2", 1100)], "change:1 Running"),
        (vec![("deployment:2", 900)], "change:1 Running change:2 UnderWay"),
        (vec![("deployment:2", 700), ("deployment:3", 950)], "change:1 Running change:2 UnderWay change:3 UnderWay"),
        (vec![("deployment:4", 900)], "change:1 Running"),
    ] {
        let began: HashMap<_, _> =
            began.into_iter().map(|(word, at)| (world.id(word), Timestamp::from_seconds(at))).collect();
        let mut leads = gather(&world.graph, world.id("alert:a"), None);
        leads.begun(&world.graph, &began);
        let found = rank(&world.graph, &leads, &Texts::default());
        let mut told: Vec<String> =
            found.iter().map(|suspect| format!("{} {:?}", world.word(suspect.node), suspect.standing)).collect();
        told.sort();
        assert_eq!(told.join(" "), expected, "{began:?}");
    }
}

#[test]
fn the_order_of_arrival_changes_nothing() {
    let more = format!(
        "{SHOP}\nalert:a fires_on service:web\nalert:a instance_of alert_rule:slow
        deployment:w @99000 ok of service:web deployed_to environment:production deploys commit:5
        deployment:v @99000 ok of service:web deployed_to environment:production deploys commit:5"
    );
    let turned: Vec<&str> = more.lines().rev().collect();
    let told = |text: &str| {
        let world = World::read(text);
        let leads = gather(&world.graph, world.id("alert:a"), None);
        let running: Vec<_> = leads.running.iter().map(|rollout| rollout.deployment).collect();
        let found = rank(&world.graph, &leads, &Texts::default());
        let suspects: Vec<String> = found
            .iter()
            .map(|one| {
                let by = one.deployment.map(|node| world.word(node)).unwrap_or_default();
                format!("{} {by} {}", world.word(one.node), one.score)
            })
            .collect();
        (world.words(&leads.services), world.words(&running), suspects, leads.cuts)
    };
    assert_eq!(told(&more), told(&turned.join("\n")));
}

#[test]
fn what_somebody_found_to_be_the_cause_comes_first() {
    let cause = format!("{SHOP}\nincident:i groups alert:a caused_by change:1");
    assert_eq!(suspects(&cause, &[])[0], "change:1");
    let earlier = format!("{SHOP}\nalert:b @5000 caused_by change:2");
    let world = World::read(&earlier);
    let leads = gather(&world.graph, world.id("alert:a"), None);
    let found = rank(&world.graph, &leads, &Texts::default());
    let two = found.iter().find(|one| world.word(one.node) == "change:2").unwrap();
    assert!(two.reasons.iter().any(|reason| reason == "it was found to be the cause of something earlier"), "{two:?}");
}

#[test]
fn an_incident_without_a_service_is_about_those_of_its_alerts() {
    let text = "incident:i @110 groups alert:a; alert:a @100 fires_on service:shop environment:production
        commit:1 @1 part_of change:1
        deployment:1 @50 ok of service:shop deployed_to environment:production deploys commit:1";
    assert_eq!(standings(text, "incident:i"), ["change:1 Running"]);
    let world = World::read(text);
    let leads = gather(&world.graph, world.id("incident:i"), None);
    let reasons = rank(&world.graph, &leads, &Texts::default())[0].reasons.join("; ");
    assert!(reasons.contains("before it began") && reasons.contains("was running when it began"), "{reasons}");
    let leads = gather(&world.graph, world.id("alert:a"), Some(Timestamp::from_seconds(90)));
    let reasons = rank(&world.graph, &leads, &Texts::default())[0].reasons.join("; ");
    assert!(reasons.contains("before the moment that was asked for"), "{reasons}");
}

#[test]
fn what_was_planned_and_given_up_changed_nothing() {
    let text = "alert:a @1000 fires_on service:shop environment:production
        config_change:applied @900 ok of service:shop; config_change:flag @910 of service:shop
        config_change:planned @920 abandoned of service:shop; config_change:broken @930 failed of service:shop
        config_change:later @1100 ok of service:shop";
    let expected = ["config_change:applied Running", "config_change:broken Failed", "config_change:flag Running"];
    assert_eq!(standings(text, "alert:a"), expected);
}

#[test]
fn deployments_without_an_environment_are_named_as_the_reason() {
    let world = World::read(
        "alert:a @10 fires_on service:shop environment:production; deployment:d @5 ok of service:shop deploys commit:1",
    );
    let leads = gather(&world.graph, world.id("alert:a"), None);
    let why: Vec<&str> = leads.cuts.iter().map(|cut| cut.why.as_str()).collect();
    assert!(why.iter().any(|why| why.contains("do not name their environment")), "{why:?}");
}

#[test]
fn what_two_tools_report_of_two_repositories_runs_side_by_side() {
    let text = "alert:a @1000 fires_on service:shop environment:production
        commit:app!1 @1 part_of change:1; commit:app!2 @2 parent commit:app!1 part_of change:2
        commit:conf!3 @3 part_of change:3; commit:conf!4 @4 parent commit:conf!3 part_of change:4
        deployment:1 @100 ok of service:shop deployed_to environment:production deploys commit:app!1
        deployment:3 @110 ok of service:shop deployed_to environment:production deploys commit:conf!3
        deployment:2 @200 ok of service:shop deployed_to environment:production deploys commit:app!2
        deployment:4 @210 ok of service:shop deployed_to environment:production deploys commit:conf!4";
    let expected = ["change:1 StillThere", "change:2 Running", "change:3 StillThere", "change:4 Running"];
    assert_eq!(standings(text, "alert:a"), expected);
    let world = World::read(text);
    let leads = gather(&world.graph, world.id("alert:a"), None);
    let running: Vec<_> = leads.running.iter().map(|rollout| rollout.deployment).collect();
    assert_eq!(world.words(&running), "deployment:4 deployment:2");
}
