//! The fold, on a slice that holds everything.

use proptest::prelude::*;

use super::{Input, Slice, fold};
use crate::fact::{Announcement, Attribute, Decision, Event, Facts, Field, LinkFact, Mention, NodeFact};
use crate::key::{Key, KeyParts, named, of_tool};
use crate::link::{LinkClass, LinkKind};
use crate::name::Name;
use crate::node::{NodeKind, Outcome};
use crate::repository::Repository;
use crate::rules::{Stated, state};
use crate::time::Timestamp;

/// Everything that the slice holds, without what depends on the order of arrival: numbers and indexes of entries.
fn canonical(slice: &Slice) -> Vec<String> {
    let name = |id| slice.keys.get(id).map_or("?", Key::as_str);
    let mut lines = Vec::new();
    for (key, row) in slice.nodes.iter().filter(|(_, row)| row.live) {
        lines.push(format!("node {key} {} {} {:?} {:?}", row.stated, row.degree, row.occurred, row.outcome));
    }
    for ((node, attribute), register) in &slice.attributes {
        lines.push(format!(
            "attribute {} {attribute:?} {:?} {:?} {}",
            name(node),
            register.value,
            register.at,
            register.content
        ));
    }
    for ((node, field), row) in &slice.mentions {
        lines.push(format!("text {} {field:?} {:?} {} {}", name(node), row.at, row.rank, row.content));
    }
    for ((node, field), references) in &slice.references {
        lines.push(format!("references {} {field:?} {references:?}", name(node)));
    }
    for (text, keys) in &slice.names {
        lines.push(format!("name {text} {keys:?}"));
    }
    for ((from, kind, to), row) in slice.links.iter().filter(|(_, row)| row.live) {
        lines.push(format!("link {} {kind} {} {:?}", name(from), name(to), row.class));
        for (key, assertion) in slice.assertions.iter().filter(|(key, _)| key.link == row.id) {
            lines.push(format!(
                "  {} {:?} {:?} {} {:?} {}",
                key.rule, key.origin, assertion.class, assertion.score, assertion.at, assertion.content
            ));
        }
    }
    for row in slice.events.values() {
        lines.push(format!("event {:?} {}", row.event, row.content));
    }
    lines.sort();
    lines
}

fn folded(deliveries: &[(i64, Facts)]) -> Slice {
    let mut slice = Slice::default();
    for (entry, (content, facts)) in (0..).zip(deliveries) {
        fold(&mut slice, &[Input::new(entry, *content, facts.clone())]);
    }
    slice
}

fn ticket(number: u32) -> Key {
    let parts = KeyParts {
        provider: "jira".into(),
        provider_id: "acme.atlassian.net".into(),
        namespace: "PAY".into(),
        groups: String::new(),
        resource: format!("PAY-{number}"),
    };
    Key::new(NodeKind::Ticket, &parts).unwrap()
}

fn change(number: u32) -> Key {
    repository().resource("github", NodeKind::Change, &number.to_string()).unwrap()
}

fn repository() -> Repository {
    Repository::new("github.com", "acme/checkout").unwrap()
}

fn at(second: i64) -> Option<Timestamp> {
    Some(Timestamp::from_seconds(second))
}

fn tracker() -> Facts {
    let pattern = ticket(1).with_resource("PAY").unwrap();
    Facts { announcements: vec![Announcement { name: Name::ticket_project("PAY"), pattern }], ..Facts::default() }
}

fn numbers_elsewhere() -> Facts {
    let pattern = of_tool(NodeKind::Ticket, "redmine", "redmine.acme.example", "1").unwrap();
    Facts { announcements: vec![Announcement { name: Name::numbers(&repository()), pattern }], ..Facts::default() }
}

fn titled(number: u32, title: &str, second: i64) -> Facts {
    let key = change(number);
    Facts {
        nodes: vec![
            NodeFact::new(key.clone(), at(second))
                .with(Attribute::Title, title)
                .named(Name::number(&repository(), u64::from(number))),
        ],
        mentions: vec![Mention {
            from: key,
            field: Field::Title,
            text: title.to_owned(),
            at: at(second),
            repository: Some(repository()),
        }],
        ..Facts::default()
    }
}

fn links(slice: &Slice) -> Vec<String> {
    let lines = canonical(slice);
    let links = lines.into_iter().filter(|line| line.starts_with("link "));
    links.map(|line| line.replace("cdevents:v0:", "").replace("jira:acme.atlassian.net:PAY::", "")).collect()
}

#[test]
fn a_key_of_an_unknown_project_waits_until_the_tracker_is_known() {
    let mut slice = folded(&[(1, titled(7, "PAY-12: Retry", 10))]);
    assert_eq!(links(&slice), Vec::<String>::new());
    assert!(slice.nodes.values().all(|row| row.stated));
    fold(&mut slice, &[Input::new(1, 2, tracker())]);
    assert_eq!(links(&slice), ["link github:github.com:acme:checkout:change:7 resolves ticket:PAY-12 Declared"]);
    let target = &slice.nodes[&ticket(12)];
    assert!(target.live && !target.stated);
}

#[test]
fn an_edited_title_takes_its_link_back_and_the_guess_with_it() {
    let deliveries = [(1, tracker()), (2, titled(7, "PAY-13: Retry", 10)), (3, titled(7, "PAY-12: Retry", 20))];
    let slice = folded(&deliveries);
    assert_eq!(links(&slice), ["link github:github.com:acme:checkout:change:7 resolves ticket:PAY-12 Declared"]);
    assert!(!slice.nodes[&ticket(13)].live);
    let late = [deliveries[2].clone(), deliveries[1].clone(), deliveries[0].clone()];
    assert_eq!(canonical(&folded(&late)), canonical(&slice));
}

#[test]
fn a_name_that_two_things_claim_makes_no_link() {
    let mut other = tracker();
    other.announcements[0].pattern = named(NodeKind::Ticket, "PAY").unwrap();
    let slice = folded(&[(1, tracker()), (2, titled(7, "PAY-12: Retry", 10)), (3, other)]);
    assert_eq!(links(&slice), Vec::<String>::new());
    assert!(!slice.nodes[&ticket(12)].live);
}

#[test]
fn a_link_between_the_wrong_ends_is_passed_over() {
    let wrong = LinkFact {
        from: ticket(1),
        kind: LinkKind::Deploys,
        to: change(1),
        class: LinkClass::Asserted,
        rule: "test/wrong".into(),
        reason: "it is not".into(),
        at: None,
    };
    let slice = folded(&[(1, Facts { links: vec![wrong], ..Facts::default() })]);
    assert!(slice.links.is_empty() && slice.nodes.is_empty());
}

fn any_key() -> impl Strategy<Value = Key> {
    prop_oneof![
        (1u32..5).prop_map(ticket),
        (1u32..5).prop_map(change),
        (1u8..5).prop_map(|digit| repository().commit(&digit.to_string().repeat(40)).unwrap()),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        (1u32..5).prop_map(|number| format!("PAY-{number}")),
        (1u32..5).prop_map(|number| format!("fixes PAY-{number}")),
        (1u32..5).prop_map(|number| format!("(#{number})")),
        (1u8..5).prop_map(|digit| format!("This reverts commit {}.", digit.to_string().repeat(40))),
        (1u8..5).prop_map(|digit| format!("This reverts commit {}.", digit.to_string().repeat(7))),
        Just("and".to_owned()),
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.join(" "))
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let time = prop::option::of((0i64..4).prop_map(Timestamp::from_seconds));
    let node = (any_key(), time.clone(), "[a-c]{0,1}", 0usize..5).prop_map(|(key, at, title, outcome)| {
        let name = match key.kind() {
            NodeKind::Change if outcome == 0 => {
                Name::change_number(&repository(), key.parts().resource.parse().unwrap())
            }
            NodeKind::Change => Name::number(&repository(), key.parts().resource.parse().unwrap()),
            NodeKind::Commit => Name::commit(&key.parts().resource),
            _ => Name::ticket(&key.parts().resource),
        };
        NodeFact::new(key, at).with(Attribute::Title, title).outcome(Outcome::ALL[outcome]).named(name)
    });
    let link = (any_key(), any_key(), 0..LinkKind::ALL.len(), 0usize..4, time.clone()).prop_map(
        |(from, to, kind, class, at)| LinkFact {
            from,
            kind: LinkKind::ALL[kind],
            to,
            class: LinkClass::ALL[class],
            rule: format!("test/{class}"),
            reason: "because".into(),
            at,
        },
    );
    let event = (any_key(), 0i64..4, "[a-b]").prop_map(|(node, second, what)| Event {
        node,
        at: Timestamp::from_seconds(second),
        what: what.clone(),
        actor: None,
        summary: what,
    });
    let mention = (any_key(), 0usize..4, any_text(), time).prop_map(|(from, field, text, at)| Mention {
        from,
        field: Field::ALL[field],
        text,
        at,
        repository: Some(repository()),
    });
    (
        prop::collection::vec(node, 0..3),
        prop::collection::vec(link, 0..3),
        prop::collection::vec(event, 0..2),
        prop::collection::vec(prop_oneof![mention, any_list()], 0..3),
        (any::<bool>(), any::<bool>()),
        prop::collection::vec(any_decision(), 0..2),
    )
        .prop_map(|(nodes, links, events, mentions, (keyed, numbered), decisions)| {
            let announced = [(keyed, tracker()), (numbered, numbers_elsewhere())];
            let announced = announced.into_iter().filter(|(announces, _)| *announces);
            let announcements = announced.flat_map(|(_, facts)| facts.announcements).collect();
            Facts { nodes, links, events, mentions, announcements, decisions }
        })
}

fn any_list() -> impl Strategy<Value = Mention> {
    let time = prop::option::of((0i64..4).prop_map(Timestamp::from_seconds));
    (any_key(), prop::collection::vec(any_key(), 0..3), time).prop_map(|(from, ends, at)| {
        let relation = |to| Stated { kind: LinkKind::RelatesTo, to, reason: "the catalog".to_owned() };
        let relations: Vec<Stated> = ends.into_iter().map(relation).collect();
        state(&from, Field::Catalog, &relations, at)
    })
}

fn any_decision() -> impl Strategy<Value = Decision> {
    let kinds = [LinkKind::Resolves, LinkKind::RelatesTo, LinkKind::Mentions, LinkKind::Reverts];
    (any_key(), any_key(), 0..kinds.len(), any::<bool>(), 0i64..4).prop_map(move |(from, to, kind, holds, second)| {
        let at = Timestamp::from_seconds(second);
        Decision { from, kind: kinds[kind], to, holds, reason: "because".to_owned(), at }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_order_with_duplicates_gives_the_same_graph(
        (deliveries, shuffled) in prop::collection::vec(any_facts(), 1..8).prop_flat_map(|all| {
            let numbered: Vec<(i64, Facts)> = (1..).zip(all).collect();
            let mut twice = numbered.clone();
            twice.extend(numbered.iter().step_by(2).cloned());
            (Just(numbered), Just(twice).prop_shuffle())
        })
    ) {
        prop_assert_eq!(canonical(&folded(&shuffled)), canonical(&folded(&deliveries)));
    }

    #[test]
    fn batches_make_no_difference(deliveries in prop::collection::vec(any_facts(), 1..8)) {
        let numbered: Vec<(i64, Facts)> = (1..).zip(deliveries).collect();
        let inputs: Vec<Input> = (0..).zip(&numbered).map(|(entry, (content, facts))| Input::new(entry, *content, facts.clone())).collect();
        let mut at_once = Slice::default();
        fold(&mut at_once, &inputs);
        let one_by_one = folded(&numbered);
        prop_assert_eq!(canonical(&at_once), canonical(&one_by_one));
        prop_assert_eq!(&at_once.nodes, &one_by_one.nodes);
        prop_assert_eq!(&at_once.links, &one_by_one.links);
    }
}

#[test]
fn what_a_person_decides_outranks_the_rules_whenever_it_arrives() {
    let decision = |holds, second| Facts {
        decisions: vec![Decision {
            from: change(7),
            kind: LinkKind::Resolves,
            to: ticket(12),
            holds,
            reason: "decided by ada".to_owned(),
            at: Timestamp::from_seconds(second),
        }],
        ..Facts::default()
    };
    let text = titled(7, "PAY-12: Retry", 10);
    let link = "link github:github.com:acme:checkout:change:7 resolves ticket:PAY-12 Declared";
    for (deliveries, expected) in [
        (vec![(1, tracker()), (2, text.clone()), (3, decision(false, 20))], false),
        (vec![(3, decision(false, 20)), (2, text.clone()), (1, tracker())], false),
        (vec![(4, decision(true, 30)), (3, decision(false, 20)), (2, text.clone()), (1, tracker())], true),
        (vec![(3, decision(true, 20))], true),
        (vec![(4, decision(false, 30)), (3, decision(true, 20))], false),
    ] {
        let slice = folded(&deliveries);
        assert_eq!(links(&slice).iter().any(|line| line == link), expected, "{:?}", links(&slice));
        let mut reversed = deliveries.clone();
        reversed.reverse();
        assert_eq!(canonical(&slice), canonical(&folded(&reversed)));
    }
}

#[test]
fn a_short_id_is_a_commit_of_its_own_repository_while_it_is_the_only_one() {
    let commit = |path: &str, sha: &str| {
        let key = Repository::new("github.com", path).unwrap().commit(sha).unwrap();
        Facts { nodes: vec![NodeFact::new(key, None).named(Name::commit(sha))], ..Facts::default() }
    };
    let first = format!("1f0c4a5b{}", "0".repeat(32));
    let second = format!("1f0c4a5c{}", "0".repeat(32));
    let text = |id: &str| {
        let from = repository().commit(&"ab".repeat(20)).unwrap();
        let text = format!("Retry\n\nFixes: {id}");
        let mention = Mention { from, field: Field::Message, text, at: at(1), repository: Some(repository()) };
        Facts { mentions: vec![mention], ..Facts::default() }
    };
    let fixes =
        |deliveries: &[(i64, Facts)]| links(&folded(deliveries)).iter().filter(|line| line.contains(" fixes ")).count();
    let (own, fork) = (commit("acme/checkout", &first), commit("grace/checkout", &first));
    let other = commit("acme/checkout", &second);
    assert_eq!(fixes(&[(1, text("1f0c4a5"))]), 0);
    assert_eq!(fixes(&[(1, text("1f0c4a5")), (2, own.clone())]), 1);
    assert_eq!(fixes(&[(1, text("1f0c4a5")), (2, own.clone()), (3, fork.clone())]), 1);
    assert_eq!(fixes(&[(1, text("1f0c4a5")), (3, fork)]), 0);
    assert_eq!(fixes(&[(1, text("1f0c4a5")), (2, own.clone()), (4, other.clone())]), 0);
    assert_eq!(fixes(&[(1, text("1f0c4a5b")), (2, own), (4, other)]), 1);
}

#[test]
fn a_number_is_the_trackers_where_the_catalog_says_so() {
    let pull = NodeFact::new(change(42), at(1))
        .named(Name::number(&repository(), 42))
        .named(Name::change_number(&repository(), 42));
    let pull = Facts { nodes: vec![pull], ..Facts::default() };
    let commit = |text: &str| {
        let from = repository().commit(&"ab".repeat(20)).unwrap();
        let text = text.to_owned();
        let mention = Mention { from, field: Field::Message, text, at: at(2), repository: Some(repository()) };
        Facts { mentions: vec![mention], ..Facts::default() }
    };
    for (text, expected) in [
        ("Fixed #42 -- Retry", " resolves redmine:redmine.acme.example:::ticket:42 Declared"),
        ("Retry (#42)", " part_of github:github.com:acme:checkout:change:42 Declared"),
    ] {
        let mut deliveries = vec![(1, numbers_elsewhere()), (2, pull.clone()), (3, commit(text))];
        let found = links(&folded(&deliveries));
        assert!(matches!(found.as_slice(), [only] if only.ends_with(expected)), "{text}: {found:?}");
        for _ in 0..deliveries.len() {
            deliveries.rotate_left(1);
            assert_eq!(links(&folded(&deliveries)), found, "{text}");
            let reversed: Vec<(i64, Facts)> = deliveries.iter().rev().cloned().collect();
            assert_eq!(links(&folded(&reversed)), found, "{text}");
        }
    }
}

#[test]
fn a_newer_list_takes_back_what_an_older_one_stated() {
    let service = named(NodeKind::Service, "checkout").unwrap();
    let owned = |team: &str, second| {
        let to = named(NodeKind::Team, team).unwrap();
        let relations = [Stated { kind: LinkKind::OwnedBy, to, reason: "the catalog".to_owned() }];
        Facts { mentions: vec![state(&service, Field::Catalog, &relations, at(second))], ..Facts::default() }
    };
    for deliveries in
        [[(1, owned("payments", 10)), (2, owned("shop", 20))], [(2, owned("shop", 20)), (1, owned("payments", 10))]]
    {
        assert_eq!(
            links(&folded(&deliveries)),
            ["link throughline::::service:checkout owned_by throughline::::team:shop Declared"]
        );
    }
}
