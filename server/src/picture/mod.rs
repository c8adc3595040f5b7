//! The chain as a picture: stages as columns, the upstream ones to the left, a card for each piece of work.
//!
//! `scene` decides what is drawn, `layout` where it stands, `draw` and `cards` write the SVG. The markup is made here and nowhere
//! else, and every text in it passes through one escaping function: it is the one value that a page shows unescaped.

use crate::answer::TraceAnswer;

mod cards;
mod draw;
mod layout;
mod scene;

/// The chain as an SVG document that can stand in a page or be saved by itself.
///
/// Each card is a link to its node's page. Never more than a bounded number of cards and arrows: what does not fit is
/// folded into a card that says how many there are. The same answer always gives the same text.
pub fn chain(answer: &TraceAnswer) -> String {
    let scene = scene::of(answer);
    let plan = layout::place(&scene);
    draw::svg(&scene, &plan)
}

#[cfg(test)]
mod tests {
    use super::chain;
    use super::scene::MAX_CARDS;
    use crate::answer::{Missing, TraceAnswer};
    use crate::plain::samples::{incident_chain, key, node, step};

    #[test]
    fn shows_every_piece_of_the_chain_and_what_stands_beside_it() {
        let picture = chain(&incident_chain());
        for expected in [
            "aria-label=\"Alert CheckoutErrors: Checkout answers with errors, success, 2026-03-14 09:26 UTC\"",
            "href=\"/node/cdevents:v0:throughline::::change:acme%2Fcheckout%2342\"",
            ">PAY-31<",
            ">DOC-7<",
            ">No alert rule<",
            "pic-line-computed",
            "pic-line-l3",
            "pic-start",
            "pic-beside",
            "viewBox=\"0 0 ",
        ] {
            assert!(picture.contains(expected), "{expected}\n{picture}");
        }
        for absent in [":person:", "environment:production", "style=", "<script", "\"-0\"", "NaN"] {
            assert!(!picture.contains(absent), "{absent}\n{picture}");
        }
    }

    #[test]
    fn hostile_text_stays_text() {
        for title in [
            "</title><script>alert(1)</script>",
            "\"><a href=\"javascript:alert(1)\">",
            "' onload='alert(1)",
            "a & b &lt; <![CDATA[",
            "\u{202e}txt\u{0}\u{1b}[31m",
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
                missing.why = title.to_owned();
                missing.fix = title.to_owned();
            }
            let picture = chain(&answer);
            for forbidden in ["<script", "<![", "<a href=\"java", "' onload", "\u{202e}", "\u{0}", "\u{1b}", "& "] {
                assert!(!picture.contains(forbidden), "{forbidden:?} from {title:?}\n{picture}");
            }
            assert_eq!(picture.matches("<a ").count(), picture.matches("</a>").count());
            assert_eq!(picture.matches("<title").count(), picture.matches("</title>").count());
        }
    }

    #[test]
    fn folds_what_does_not_fit() {
        for (count, folded) in [(MAX_CARDS, false), (MAX_CARDS + 1, true), (3_000, true)] {
            let picture = chain(&wide(count));
            let cards = picture.matches("<a ").count();
            assert!(cards <= MAX_CARDS, "{count} gave {cards}");
            assert_eq!(picture.contains("pic-more"), folded, "{count}");
            assert!(picture.contains("pic-start"), "the start is never folded");
            if folded {
                let shown = picture.matches("class=\"pic-card\"").count() + 1;
                assert!(picture.contains(&format!(">+{} more<", count - shown)), "{count}");
            }
        }
    }

    #[test]
    fn the_same_answer_gives_the_same_picture() {
        assert_eq!(chain(&incident_chain()), chain(&incident_chain()));
        let mut turned = incident_chain();
        turned.nodes.reverse();
        assert_eq!(chain(&turned), chain(&incident_chain()));
    }

    #[test]
    fn odd_answers_are_drawn_too() {
        let mut empty = incident_chain();
        empty.nodes.clear();
        assert!(chain(&empty).starts_with("<svg"));
        let mut circle = incident_chain();
        circle.steps.push(step(("ticket", "PAY-31"), "mentions", "L9", ("alert", "CheckoutErrors")));
        circle.steps.push(step(("ticket", "PAY-31"), "mentions", "L0", ("ticket", "PAY-31")));
        assert!(chain(&circle).contains("pic-line-l0"));
        let mut lacking = incident_chain();
        lacking.missing = (0..100)
            .map(|number| Missing {
                node: key("alert", "CheckoutErrors"),
                what: if number == 0 { "owner" } else { "build" }.to_owned(),
                why: String::new(),
                fix: String::new(),
            })
            .collect();
        assert!(chain(&lacking).matches("pic-lacking").count() < 40);
    }

    /// A ticket with very many changes.
    fn wide(count: usize) -> TraceAnswer {
        let mut answer = incident_chain();
        answer.context.clear();
        answer.missing.clear();
        answer.nodes = vec![node("ticket", "work", "PAY-31", "A large piece of work")];
        answer.start = key("ticket", "PAY-31");
        let names: Vec<String> = (1..count).map(|number| format!("acme/checkout#{number}")).collect();
        answer.nodes.extend(names.iter().map(|name| node("change", "change", name, "A change")));
        answer.steps =
            names.iter().map(|name| step(("change", name), "resolves", "L1", ("ticket", "PAY-31"))).collect();
        answer.chain = answer.nodes.iter().map(|node| node.key.clone()).collect();
        answer
    }
}
