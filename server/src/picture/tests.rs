//! What every picture must hold to: whole, apart, within its edges, and the same each time.

use std::collections::BTreeSet;

use super::draw::DARK;
use super::fold::MAX_CARDS;
use super::layout::{CARD_HEIGHT, Plan};
use super::scene::{Content, MAX_ARROWS, MAX_LACKING, MAX_ROWS, Scene, keys};
use super::{chain, file, file_policy, href, layout, scene};
use crate::answer::{Missing, TraceAnswer};
use crate::plain::samples::{incident_chain, key, node, step};

/// How many chains are made up.
const SEEDS: u64 = 40;

const KINDS: [&str; 10] =
    ["ticket", "change", "commit", "pipeline_run", "build", "test_run", "artifact", "deployment", "alert", "incident"];

#[test]
fn shows_every_piece_of_the_chain_and_what_stands_beside_it() {
    let picture = chain(&incident_chain());
    for expected in [
        "<title>Alert CheckoutErrors: Checkout answers with errors, success, 2026-03-14 09:26 UTC</title>",
        "href=\"/node/cdevents:v0:throughline::::change:acme%2Fcheckout%2342\"",
        ">PAY-31<",
        ">DOC-7<",
        ">No alert rule<",
        ">L3 proved by a digest<",
        ">computed from times<",
        "pic-line-computed",
        "pic-line-l3",
        "pic-line-l1",
        "pic-start",
        "pic-beside",
        "viewBox=\"0 0 ",
    ] {
        assert!(picture.contains(expected), "{expected}\n{picture}");
    }
    for absent in [":person:", "environment:production", "style=", "<style", "<script", "\"-0\"", "NaN"] {
        assert!(!picture.contains(absent), "{absent}\n{picture}");
    }
}

#[test]
fn says_in_words_what_it_shows() {
    let picture = chain(&incident_chain());
    for expected in [
        ">The chain of alert CheckoutErrors</title>",
        "8 pieces in 6 stages, the earliest on the left.",
        "It leads from alert CheckoutErrors, by way of deployment deploy-41, artifact checkout:1.4.2, commit 3f2a1b9, \
         pull request acme/checkout#42, to ticket PAY-31.",
        "Work: ticket PAY-31 (Retry card authorisation); document DOC-7 (Design: payment retries).",
        "Missing: no alert rule for alert CheckoutErrors.",
        "8 arrows, each from the later piece to the earlier one: 1 L3 proved by a digest, 4 L2 asserted by the tool, \
         2 L1 declared by a person, 1 computed from times.",
        "The same pieces and arrows stand as lists below the picture.",
    ] {
        assert!(picture.contains(expected), "{expected}\n{picture}");
    }
}

#[test]
fn the_pictures_are_the_stored_ones() {
    for (name, picture) in [
        ("incident.svg", chain(&incident_chain())),
        ("by_itself.svg", file(&many_changes(201), "https://trace.example/")),
    ] {
        let path = format!("{}/src/picture/golden/{name}", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &picture).unwrap();
        }
        let stored = std::fs::read_to_string(&path).unwrap();
        assert_eq!(stored, picture, "{name}: run the tests with UPDATE_GOLDEN=1 and look at it");
    }
}

#[test]
fn a_picture_by_itself_needs_nothing_else() {
    let picture = file(&incident_chain(), "https://trace.example/");
    for expected in [
        "<svg xmlns=\"http://www.w3.org/2000/svg\"",
        "role=\"img\" aria-labelledby=\"pic-",
        "href=\"https://trace.example/node/cdevents:v0:throughline::::ticket:PAY-31\"",
        "href=\"https://trace.example/node/cdevents:v0:throughline::::alert:CheckoutErrors#missing\"",
        "class=\"pic-ground\"",
    ] {
        assert!(picture.contains(expected), "{expected}\n{picture}");
    }
    assert!(picture.contains(&format!("<style>{DARK}</style>")), "the hash of the policy is that of the style");
    assert!(!picture.contains("below the picture"), "there is nothing below it");
    assert!(!picture.contains("href=\"#") && !picture.contains("href=\"/"), "{picture}");
    assert!(!DARK.contains(['<', '>', '&']), "the style would have to be escaped");
    let policy = file_policy();
    assert!(policy.contains("style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
    check_form(&picture, "the incident by itself");
}

#[test]
fn addresses_of_files() {
    for (at, expected) in [
        (None, "/picture/a:b%2Fc.svg?question=impact"),
        (Some("2026-03-14T09:26:00Z"), "/picture/a:b%2Fc.svg?question=impact&at=2026-03-14T09%3A26%3A00Z"),
    ] {
        assert_eq!(href("a:b/c", "impact", at), expected);
    }
}

#[test]
fn hostile_text_stays_text() {
    for title in [
        "</title><script>alert(1)</script>",
        "\"><a href=\"javascript:alert(1)\">",
        "' onload='alert(1)",
        "a & b &lt; <![CDATA[",
        "\u{202e}txt\u{0}\u{1b}[31m\u{ffff}",
    ] {
        let mut answer = incident_chain();
        for node in &mut answer.nodes {
            node.title = title.to_owned();
            node.reference = Some(title.to_owned());
            node.state = Some(title.to_owned());
            node.kind_label = title.to_owned();
        }
        for step in &mut answer.steps {
            step.phrase = title.to_owned();
            step.class = title.to_owned();
            step.kind = title.to_owned();
        }
        for missing in &mut answer.missing {
            missing.what = title.to_owned();
            missing.why = title.to_owned();
            missing.fix = title.to_owned();
        }
        for picture in [chain(&answer), file(&answer, "https://trace.example")] {
            let forbidden =
                ["<script", "<![", "<a href=\"java", "' onload", "\u{202e}", "\u{0}", "\u{1b}", "\u{ffff}", "& "];
            for forbidden in forbidden {
                assert!(!picture.contains(forbidden), "{forbidden:?} from {title:?}\n{picture}");
            }
            check_form(&picture, title);
        }
    }
}

#[test]
fn up_to_the_bound_every_node_has_a_card_of_its_own() {
    for (count, folded) in [(2, false), (MAX_CARDS, false), (MAX_CARDS + 1, true), (3_000, true)] {
        let answer = many_changes(count);
        let picture = chain(&answer);
        assert!(picture.matches("<a ").count() <= MAX_CARDS, "{count}");
        assert_eq!(picture.contains("pic-more"), folded, "{count}");
        assert!(picture.contains("pic-start"), "the start is never folded");
        if folded {
            let expected = format!("{} pull requests in one card: acme/checkout#1, acme/checkout#2, ", count - 1);
            assert!(picture.contains(&expected), "{count}\n{picture}");
        } else {
            assert_eq!(picture.matches("<a ").count(), count);
        }
    }
}

#[test]
fn folding_keeps_the_ways_and_what_lacks_something() {
    let mut answer = commits_of_an_artifact(300);
    answer.missing = vec![lack("commit", "c7", "change")];
    let scene = scene::of(&answer);
    let alone: BTreeSet<&str> = scene
        .cards
        .iter()
        .filter(|card| matches!(card.content, Content::Node(..)))
        .flat_map(|card| keys(&card.content))
        .collect();
    for (kind, name) in
        [("alert", "A"), ("deployment", "D"), ("artifact", "I"), ("commit", "c0"), ("change", "X"), ("ticket", "T-1")]
    {
        assert!(alone.contains(key(kind, name).as_str()), "{name} is on the way from the start to the ticket");
    }
    assert!(alone.contains(key("commit", "c7").as_str()), "it lacks something");
    assert_eq!(alone.len(), 7);
    assert_eq!(folded(&scene), [298]);
    assert!(chain(&answer).contains("298 commits in one card: c1, c2, c3, c4, c5, c6, c8, "));
}

#[test]
fn only_as_much_is_folded_as_must_be() {
    let mut answer = incident_chain();
    answer.context.clear();
    answer.missing.clear();
    answer.nodes = vec![node("ticket", "work", "T-1", "A large piece of work")];
    answer.start = key("ticket", "T-1");
    answer.steps.clear();
    for change in ["x", "y", "z"] {
        answer.nodes.push(node("change", "change", change, "A change"));
        answer.steps.push(step(("change", change), "resolves", "L1", ("ticket", "T-1")));
        for number in 0..100 {
            let commit = format!("{change}{number}");
            answer.nodes.push(node("commit", "change", &commit, "A commit"));
            answer.steps.push(step(("commit", &commit), "part_of", "L2", ("change", change)));
        }
    }
    answer.chain = answer.nodes.iter().map(|node| node.key.clone()).collect();
    assert_eq!(folded(&scene::of(&answer)), [100, 100], "the commits of one change stay apart from those of another");
}

#[test]
fn where_neighbours_differ_the_kind_is_what_counts() {
    let mut answer = commits_of_an_artifact(400);
    for number in 0..400 {
        let build = format!("b{number}");
        answer.nodes.push(node("build", "verify", &build, "A build"));
        answer.steps.push(step(("build", &build), "built_from", "L2", ("commit", &format!("c{number}"))));
    }
    answer.chain = answer.nodes.iter().map(|node| node.key.clone()).collect();
    let scene = scene::of(&answer);
    assert!(scene.cards.len() <= MAX_CARDS, "{}", scene.cards.len());
    assert!(!folded(&scene).is_empty());
    check_whole(&scene, &answer, "commits with a build each");
}

#[test]
fn the_same_answer_gives_the_same_picture() {
    assert_eq!(chain(&incident_chain()), chain(&incident_chain()));
    let mut turned = incident_chain();
    turned.nodes.reverse();
    assert_eq!(chain(&turned), chain(&incident_chain()));
    let mut large = commits_of_an_artifact(300);
    let before = chain(&large);
    large.nodes.reverse();
    large.steps.reverse();
    assert_eq!(chain(&large), before);
}

#[test]
fn odd_answers_are_drawn_too() {
    let mut empty = incident_chain();
    empty.nodes.clear();
    check_form(&chain(&empty), "no node");
    let mut circle = incident_chain();
    circle.steps.push(step(("ticket", "PAY-31"), "mentions", "L9", ("alert", "CheckoutErrors")));
    circle.steps.push(step(("ticket", "PAY-31"), "mentions", "L0", ("ticket", "PAY-31")));
    assert!(chain(&circle).contains("pic-line-l0"));
    let mut lacking = incident_chain();
    lacking.missing =
        (0..100).map(|number| lack("alert", "CheckoutErrors", if number == 0 { "owner" } else { "build" })).collect();
    let picture = chain(&lacking);
    assert_eq!(picture.matches("pic-card pic-lacking").count(), MAX_LACKING);
    assert!(picture.contains(">No owner<") && picture.contains(&format!(": {}.<", 100 - MAX_LACKING)), "{picture}");
    let mut cut = incident_chain();
    cut.cut = true;
    assert!(chain(&cut).contains("was cut.<"));
}

#[test]
fn chains_of_any_shape_are_drawn_whole_and_apart() {
    for seed in 0..SEEDS {
        let what = format!("seed {seed}");
        let answer = made_up(seed);
        let scene = scene::of(&answer);
        let plan = layout::place(&scene);
        check_whole(&scene, &answer, &what);
        check_apart(&scene, &plan, &what);
        check_form(&chain(&answer), &what);
        check_form(&file(&answer, "https://trace.example"), &what);
    }
}

/// Every node is on exactly one card, within the bounds, and the start still leads to all of them.
fn check_whole(scene: &Scene<'_>, answer: &TraceAnswer, what: &str) {
    let mut drawn: Vec<&str> = scene.cards.iter().flat_map(|card| keys(&card.content)).collect();
    drawn.sort_unstable();
    let mut expected: Vec<&str> = answer.chain.iter().map(String::as_str).collect();
    expected.sort_unstable();
    assert_eq!(drawn, expected, "{what}");
    let cards = scene.cards.iter().filter(|card| !matches!(card.content, Content::Lacking(_))).count();
    assert!(cards <= MAX_CARDS && scene.cards.len() <= cards + MAX_LACKING, "{what}: {cards}");
    assert_eq!(folded(scene).is_empty(), answer.chain.len() <= MAX_CARDS, "{what}");
    assert!(scene.arrows.len() <= MAX_ARROWS, "{what}");
    let mut reached: BTreeSet<usize> = scene
        .cards
        .iter()
        .enumerate()
        .filter(|(_, card)| keys(&card.content) == [answer.start.as_str()])
        .map(|(index, _)| index)
        .collect();
    assert_eq!(reached.len(), 1, "{what}: the start has a card of its own");
    loop {
        let before = reached.len();
        for arrow in &scene.arrows {
            if reached.contains(&arrow.from) || reached.contains(&arrow.to) {
                reached.extend([arrow.from, arrow.to]);
            }
        }
        if reached.len() == before {
            break;
        }
    }
    assert_eq!(reached.len(), scene.cards.len(), "{what}: the start leads to every card");
}

/// No card lies on another one, no column is too long, and no lane runs through a card.
fn check_apart(scene: &Scene<'_>, plan: &Plan, what: &str) {
    for column in 0..scene.columns.len() {
        let of_column = scene.cards.iter().zip(&plan.middles).filter(|(card, _)| card.column == column);
        let mut middles: Vec<i64> = of_column.map(|(_, middle)| *middle).collect();
        middles.sort_unstable();
        assert!((1..=MAX_ROWS).contains(&middles.len()), "{what}: column {column} has {}", middles.len());
        assert!(middles.windows(2).all(|pair| pair[1] - pair[0] > CARD_HEIGHT), "{what}: column {column}");
        let lanes = plan.lanes.iter().flatten().filter(|(passed, _)| *passed == column);
        for (_, lane) in lanes {
            let clear = middles.iter().all(|middle| (middle - lane).abs() > CARD_HEIGHT / 2);
            assert!(clear, "{what}: a lane runs through a card of column {column}");
        }
    }
}

/// Every element is closed, every id is there once, and all boxes and texts are within the edges.
fn check_form(picture: &str, what: &str) {
    let mut open = Vec::new();
    for tag in picture.split('<').skip(1).map(|rest| rest.split('>').next().unwrap()) {
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "{what}");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{what}: {open:?} left open");
    let ids: Vec<&str> = picture.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{what}: {ids:?}");
    assert_eq!(ids.len(), 3, "{what}");
    let (width, height) = (number(picture, "width"), number(picture, "height"));
    assert!(picture.contains(&format!("viewBox=\"0 0 {width} {height}\"")), "{what}");
    for rect in picture.split("<rect class=\"pic-box\"").skip(1) {
        let (x, y) = (number(rect, "x"), number(rect, "y"));
        let inside = x >= 0 && y >= 0 && x + number(rect, "width") <= width && y + number(rect, "height") <= height;
        assert!(inside, "{what}: a card at {x} {y} in {width} {height}");
    }
    for text in picture.split("<text ").skip(1) {
        let (x, y) = (number(text, "x"), number(text, "y"));
        assert!((0..=width).contains(&x) && (0..=height).contains(&y), "{what}: a text at {x} {y}");
    }
}

/// The first value of an attribute that is a whole number.
fn number(tag: &str, attribute: &str) -> i64 {
    let (_, rest) = tag.split_once(&format!(" {attribute}=\"")).unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

/// How many nodes each card of several stands for.
fn folded(scene: &Scene<'_>) -> Vec<usize> {
    let nodes = |content: &Content<'_>| match content {
        Content::Folded(nodes) => Some(nodes.len()),
        Content::Node(..) | Content::Lacking(_) => None,
    };
    scene.cards.iter().filter_map(|card| nodes(&card.content)).collect()
}

fn lack(kind: &str, name: &str, what: &str) -> Missing {
    Missing { node: key(kind, name), what: what.to_owned(), why: "it is not known".to_owned(), fix: String::new() }
}

/// A ticket with so many changes that there are `count` nodes.
fn many_changes(count: usize) -> TraceAnswer {
    let mut answer = incident_chain();
    answer.context.clear();
    answer.missing.clear();
    answer.nodes = vec![node("ticket", "work", "PAY-31", "A large piece of work")];
    answer.start = key("ticket", "PAY-31");
    let names: Vec<String> = (1..count).map(|number| format!("acme/checkout#{number}")).collect();
    answer.nodes.extend(names.iter().map(|name| node("change", "change", name, "A change")));
    answer.steps = names.iter().map(|name| step(("change", name), "resolves", "L1", ("ticket", "PAY-31"))).collect();
    answer.chain = answer.nodes.iter().map(|node| node.key.clone()).collect();
    answer
}

/// From an alert to an artifact of so many commits; only the first of them leads to a change and a ticket.
fn commits_of_an_artifact(count: usize) -> TraceAnswer {
    let mut answer = incident_chain();
    answer.context.clear();
    answer.missing.clear();
    answer.nodes = vec![
        node("alert", "observe", "A", "An alert"),
        node("deployment", "run", "D", "A deployment"),
        node("artifact", "artifact", "I", "An artifact"),
        node("change", "change", "X", "A change"),
        node("ticket", "work", "T-1", "A ticket"),
    ];
    answer.start = key("alert", "A");
    answer.steps = vec![
        step(("alert", "A"), "running_at", "L0", ("deployment", "D")),
        step(("deployment", "D"), "deploys", "L3", ("artifact", "I")),
        step(("commit", "c0"), "part_of", "L2", ("change", "X")),
        step(("change", "X"), "resolves", "L1", ("ticket", "T-1")),
    ];
    for number in 0..count {
        let commit = format!("c{number}");
        answer.nodes.push(node("commit", "change", &commit, "A commit"));
        answer.steps.push(step(("artifact", "I"), "built_from", "L2", ("commit", &commit)));
    }
    answer.chain = answer.nodes.iter().map(|node| node.key.clone()).collect();
    answer
}

/// A chain of any shape: the same for the same seed.
fn made_up(seed: u64) -> TraceAnswer {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(1);
    // Xorshift: enough to make shapes differ.
    let mut below = |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(limit).unwrap()).unwrap()
    };
    let mut answer = incident_chain();
    answer.context.clear();
    answer.missing.clear();
    answer.steps.clear();
    let count = if seed.is_multiple_of(4) { 201 + below(500) } else { 1 + below(MAX_CARDS) };
    let pieces: Vec<(&str, String)> =
        (0..count).map(|number| (KINDS[below(KINDS.len())], format!("n{number}"))).collect();
    answer.nodes = pieces.iter().map(|(kind, name)| node(kind, "work", name, "A piece")).collect();
    answer.chain = answer.nodes.iter().map(|node| node.key.clone()).collect();
    answer.start.clone_from(&answer.chain[0]);
    // A tree, by which everything is reached, and some arrows more.
    let more = below(count + 1);
    for number in 1..count + more {
        let (one, other) = if number < count { (number, below(number)) } else { (below(count), below(count)) };
        let (from, to) = if below(2) == 0 { (one, other) } else { (other, one) };
        let class = ["L0", "L1", "L2", "L3"][below(4)];
        let ((from_kind, from), (to_kind, to)) = (&pieces[from], &pieces[to]);
        answer.steps.push(step((from_kind, from), "mentions", class, (to_kind, to)));
    }
    for _ in 0..below(20) {
        let (kind, name) = &pieces[below(count)];
        answer.missing.push(lack(kind, name, ["ticket", "owner", "runbook", "running deployment"][below(4)]));
    }
    answer
}
