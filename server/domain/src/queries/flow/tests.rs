//! Flow: what is counted, what is not and why, on a small shop.

use super::{Figure, Measure, Milestone, Number, Question, Times, last_environment, measure, survey, way_to};
use crate::queries::testing::World;
use crate::time::Timestamp;

/// A shop with one service whose fourth deployment goes wrong, and another of which nobody says what was deployed.
const SHOP: &str = "
    environment:production comes_after environment:staging
    service:shop owned_by team:pay in repository:shop
    service:odd owned_by team:other
    ticket:t2 @100
    change:2 @900 ok resolves ticket:t2 in repository:shop
    change:3 @1900 ok in repository:shop
    change:4 @2900 ok in repository:shop
    change:5 @3900 ok in repository:shop
    change:6 @4500 running in repository:shop
    change:7 @10 abandoned in repository:shop
    change:8 in repository:shop
    change:9 @4600 ok in repository:shop
    commit:1 @50 in repository:shop
    commit:2a @200 part_of change:2 in repository:shop
    commit:2 @800 parent commit:1 part_of change:2 in repository:shop
    commit:3 @1800 parent commit:2 part_of change:3 in repository:shop
    commit:4 @2800 parent commit:3 part_of change:4 in repository:shop
    commit:4b @2850 parent commit:4 in repository:shop
    commit:5 @3800 parent commit:4b fixes commit:4 part_of change:5 in repository:shop
    commit:9 @4600 parent commit:5 part_of change:9 in repository:shop
    artifact:v2 @950 built_from commit:2
    deployment:s1 @60 ok of service:shop deployed_to environment:staging deploys commit:1
    deployment:s2 @960 ok of service:shop deployed_to environment:staging deploys artifact:v2
    deployment:s9 @4700 ok of service:shop deployed_to environment:staging deploys commit:9
    deployment:p1 @500 ok of service:shop deployed_to environment:production deploys commit:1
    deployment:p2 @1000 ok of service:shop deployed_to environment:production deploys artifact:v2
    deployment:p3 @2000 ok of service:shop deployed_to environment:production deploys commit:3
    deployment:p3b @2100 ok of service:shop deployed_to environment:production deploys commit:3
    deployment:p4 @3000 ok of service:shop deployed_to environment:production deploys commit:4b
    deployment:back @3200 ok of service:shop deployed_to environment:production deploys commit:3
    deployment:p5 @4000 ok of service:shop deployed_to environment:production deploys commit:5
    deployment:odd @1500 ok of service:odd deployed_to environment:production deploys artifact:odd
    alert:page @3100 fires_on service:shop environment:production
    alert:noise @1100 fires_on service:shop environment:production
    incident:i @3150 ok of service:shop fires_on environment:production
    incident:open @3160 running of service:shop
    incident:lost @3170 ok of service:shop
    incident:elsewhere @3180 ok of service:shop fires_on environment:staging";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn times(world: &World) -> Times {
    let mut times = Times::default();
    for (word, began, ended) in [
        ("change:2", Some(300), Some(900)),
        ("change:3", Some(1700), Some(1900)),
        ("change:4", None, Some(2900)),
        ("change:5", Some(3700), Some(3900)),
        ("change:6", Some(4500), None),
        ("change:9", Some(4400), Some(4600)),
        ("incident:i", None, Some(3750)),
    ] {
        times.began.extend(began.map(|began| (world.id(word), at(began))));
        times.ended.extend(ended.map(|ended| (world.id(word), at(ended))));
    }
    times
}

struct Asked {
    world: World,
    figures: Vec<Figure>,
}

impl Asked {
    fn of(text: &str, change: impl FnOnce(&World, &mut Question)) -> Self {
        let world = World::read(text);
        let mut question = Question { from: at(0), to: at(5000), service: None, team: None, environment: None };
        change(&world, &mut question);
        let times = times(&World::read(SHOP));
        let survey = survey(&world.graph, &question);
        let needed = survey.needs(&world.graph);
        let times = Times {
            began: times.began.into_iter().filter(|(node, _)| needed.contains(node)).collect(),
            ended: times.ended.into_iter().filter(|(node, _)| needed.contains(node)).collect(),
        };
        let figures = measure(&world.graph, &survey, &times);
        Self { world, figures }
    }

    fn figure(&self, word: &str) -> &Figure {
        self.figures.iter().find(|figure| figure.number.word() == word).unwrap_or_else(|| panic!("no figure {word}"))
    }

    /// The pieces with their values, and what is unknown: `commit:a=90 | hole 1 [deployment:x]`.
    fn told(&self, word: &str) -> String {
        let figure = self.figure(word);
        let pieces: Vec<String> = figure
            .pieces
            .iter()
            .map(|piece| {
                let value = piece.value.map(|value| format!("={value}")).unwrap_or_default();
                format!("{}{value}", self.world.word(piece.node))
            })
            .collect();
        let unknown: Vec<String> = figure
            .unknown
            .iter()
            .map(|one| format!("{} {} [{}]", one.why.word(), one.total, self.world.words(&one.nodes)))
            .collect();
        format!("{} | {}", pieces.join(" "), unknown.join(" "))
    }
}

/// What of the deployments cannot be told; it is so for every figure that is counted from them.
const UNTOLD: &str = "first_known 1 [deployment:p1] no_commit 1 [deployment:odd]";

#[test]
fn each_figure_counts_its_pieces_and_names_what_it_cannot_count() {
    let asked = Asked::of(SHOP, |_, _| {});
    for (word, pieces, unknown) in [
        ("deployments", "deployment:p5 deployment:p4 deployment:p3 deployment:p2", ""),
        ("rollbacks", "deployment:back", ""),
        ("redeployments", "deployment:p3b", ""),
        ("lead-time", "commit:5=200 commit:4=200 commit:4b=150 commit:3=200 commit:2=200", ""),
        ("merge-to-live", "change:5=100 change:4=100 change:3=100 change:2=100", "no_change 1 [commit:4b]"),
        ("failure-rate", "deployment:p4", ""),
        ("ticket-to-live", "change:2=900", "no_change 1 [commit:4b] no_beginning 3 [change:3 change:4 change:5]"),
        ("to-first-commit", "change:2=100", "no_change 1 [commit:4b] no_beginning 3 [change:3 change:4 change:5]"),
        (
            "to-change-opened",
            "change:2=100",
            "no_change 1 [commit:4b] no_end 1 [change:4] out_of_order 2 [change:3 change:5]",
        ),
        ("to-merged", "change:5=200 change:3=200 change:2=600", "no_change 1 [commit:4b] no_beginning 1 [change:4]"),
        ("to-built", "change:2=50", "no_change 1 [commit:4b] no_end 3 [change:3 change:4 change:5]"),
        ("to-environment-1", "change:2=10", "no_change 1 [commit:4b] no_beginning 3 [change:3 change:4 change:5]"),
        ("to-live", "change:2=40", "no_change 1 [commit:4b] out_of_order 3 [change:3 change:4 change:5]"),
        ("batch-changes", "deployment:p5=2 deployment:p4=1 deployment:p3=1 deployment:p2=1", ""),
        ("batch-commits", "deployment:p5=3 deployment:p4=2 deployment:p3=1 deployment:p2=1", ""),
        ("rework", "deployment:p5 deployment:back", ""),
        ("reverts", "", ""),
        ("fixes", "change:5", ""),
    ] {
        let unknown = format!("{UNTOLD} {unknown}");
        assert_eq!(asked.told(word), format!("{pieces} | {}", unknown.trim_end()), "{word}");
    }
    for (word, expected) in [
        ("time-to-restore", "incident:i=600 | no_end 1 [incident:lost] still_open 1 [incident:open]"),
        ("open-changes", "change:6=500 | no_beginning 1 [change:4] no_end 1 [change:7] no_state 1 [change:8]"),
        ("merged-waiting", "change:9=400 | "),
        ("waiting-for-environment-2", "change:9=300 | "),
    ] {
        assert_eq!(asked.told(word), expected, "{word}");
    }
}

#[test]
fn sums_and_weeks_come_from_the_pieces() {
    let asked = Asked::of(SHOP, |_, _| {});
    let lead = asked.figure("lead-time");
    assert_eq!((lead.sum.count, lead.sum.median, lead.sum.p90), (5, Some(200), Some(200)));
    assert_eq!(lead.known_from, Some(at(500)));
    let failed = asked.figure("failure-rate");
    assert_eq!((failed.sum.count, failed.sum.of), (1, Some(4)));
    let week = failed.weeks.first().unwrap();
    assert_eq!((failed.weeks.len(), week.sum.count, week.sum.of, week.is_known), (1, 1, Some(4), true));
    let rework = asked.figure("rework");
    assert_eq!((rework.sum.count, rework.sum.of), (2, Some(5)));
    for figure in &asked.figures {
        assert_eq!(figure.sum.of.is_some(), figure.number.measure() == Measure::Share, "{:?}", figure.number);
        assert!(figure.pieces.len() <= figure.sum.count);
    }
    let open = asked.figure("open-changes");
    assert_eq!(open.weeks.first().unwrap().sum.count, 1);
    let earlier = Asked::of(SHOP, |_, question| question.from = at(-700_000));
    let weeks = &earlier.figure("deployments").weeks;
    assert_eq!((weeks.len(), weeks[0].is_known, weeks[1].is_known), (2, false, true));
}

#[test]
fn a_failure_needs_trouble_and_a_remedy_or_a_stated_cause() {
    let failed = |more: &str| {
        let text = format!("{SHOP}\n{more}");
        let asked = Asked::of(&text, |_, _| {});
        asked.told("failure-rate").split(" | ").next().unwrap().to_owned()
    };
    for (more, expected) in [
        ("", "deployment:p4"),
        // Somebody says so.
        ("alert:noise caused_by deployment:p2", "deployment:p4 deployment:p2"),
        ("alert:noise caused_by change:2", "deployment:p4 deployment:p2"),
        ("alert:noise caused_by commit:3", "deployment:p4"),
        ("alert:noise L0 caused_by deployment:p2", "deployment:p4"),
        // A later deployment mends it.
        ("commit:3 reverts commit:2", "deployment:p4 deployment:p2"),
        ("change:3 reverts change:2", "deployment:p4 deployment:p2"),
        ("change:3 mentions alert:noise", "deployment:p4 deployment:p2"),
        ("change:3 mentions incident:n; incident:n groups alert:noise", "deployment:p4 deployment:p2"),
        // Trouble of another environment or service says nothing.
        ("alert:far @2050 fires_on service:shop environment:staging; change:4 mentions alert:far", "deployment:p4"),
    ] {
        assert_eq!(failed(more), expected, "{more}");
    }
    let asked = Asked::of(SHOP, |_, _| {});
    let piece = &asked.figure("failure-rate").pieces[0];
    assert_eq!(asked.world.words(&piece.beside), "alert:page deployment:back");
    assert_eq!(piece.says, "alert page fired at 1970-01-01 00:51 UTC; deployment back took it back");
}

#[test]
fn a_period_a_service_or_a_team_limits_every_figure() {
    let told = |change: fn(&World, &mut Question), word: &str| Asked::of(SHOP, change).told(word);
    for (word, expected) in
        [("deployments", " | no_commit 1 [deployment:odd]"), ("time-to-restore", " | "), ("open-changes", " | ")]
    {
        assert_eq!(told(|world, question| question.service = Some(world.id("service:odd")), word), expected);
        assert_eq!(told(|world, question| question.team = Some(world.id("team:other")), word), expected);
        let both = |world: &World, question: &mut Question| {
            question.team = Some(world.id("team:pay"));
            question.service = Some(world.id("service:odd"));
        };
        assert_eq!(told(both, word), " | ");
    }
    let team = |world: &World, question: &mut Question| question.team = Some(world.id("team:pay"));
    assert_eq!(
        told(team, "open-changes"),
        "change:6=500 | no_beginning 1 [change:4] no_end 1 [change:7] no_state 1 [change:8]"
    );
    let middle = |_: &World, question: &mut Question| (question.from, question.to) = (at(2000), at(3100));
    assert_eq!(told(middle, "deployments"), "deployment:p4 deployment:p3 | ");
    let staging = |world: &World, question: &mut Question| question.environment = Some(world.id("environment:staging"));
    assert_eq!(told(staging, "deployments"), "deployment:s9 deployment:s2 | first_known 1 [deployment:s1]");
}

#[test]
fn the_last_environment_is_the_end_of_the_longest_way() {
    for (text, last, way) in [
        (
            "environment:production; environment:staging",
            "environment:production",
            "environment:staging environment:production",
        ),
        ("environment:production; environment:qa", "environment:production", "environment:production"),
        (
            "environment:live comes_after environment:test; environment:test comes_after environment:dev
             environment:demo comes_after environment:dev; environment:production",
            "environment:live",
            "environment:dev environment:test environment:live",
        ),
    ] {
        let world = World::read(text);
        let found = last_environment(&world.graph).unwrap();
        assert_eq!(world.word(found), last, "{text}");
        assert_eq!(world.words(&way_to(&world.graph, found)), way, "{text}");
    }
    let circle = World::read("environment:a comes_after environment:b; environment:b comes_after environment:a");
    assert_eq!(last_environment(&circle.graph), None);
    assert_eq!(circle.words(&way_to(&circle.graph, circle.id("environment:a"))), "environment:b environment:a");
}

#[test]
fn words_of_figures_are_of_one_kind() {
    let stage = Number::Stage(Milestone::FirstCommit, Milestone::ChangeOpened);
    assert_eq!(stage.word(), "to-change-opened");
    let asked = Asked::of(SHOP, |_, _| {});
    let mut words: Vec<String> = asked.figures.iter().map(|figure| figure.number.word()).collect();
    let count = words.len();
    words.sort();
    words.dedup();
    assert_eq!(words.len(), count, "two figures with one word");
}
