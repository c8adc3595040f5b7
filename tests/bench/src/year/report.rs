//! What a year came to, in words and numbers, and whether its goals were met.

use std::time::Duration;

use super::history::Way;
use super::judge::{Case, Found, Sort};
use super::loss::Arrived;
use super::play::Played;

/// The goals, in thousandths of the alerts that a deployed change has caused and whose chain is not cut.
const IN_ANSWER_PERMILLE: usize = 990;
const FIRST_PERMILLE: usize = 900;
const WITHIN_THREE_PERMILLE: usize = 980;

/// How many wrong links are printed; all are counted.
const MAX_PRINTED: usize = 50;

/// How often the true cause stood where.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    asked: usize,
    cut: usize,
    said: usize,
    answered: usize,
    first: usize,
    three: usize,
}

impl Count {
    fn of<'a>(cases: impl Iterator<Item = &'a Case>) -> Self {
        let mut count = Self::default();
        for case in cases {
            count.asked += 1;
            if case.cut.is_some() {
                count.cut += 1;
                count.said += usize::from(case.says_cut);
                continue;
            }
            count.answered += usize::from(case.place.is_some());
            count.first += usize::from(case.place == Some(1));
            count.three += usize::from(case.place.is_some_and(|place| place <= 3));
        }
        count
    }

    const fn whole(&self) -> usize {
        self.asked - self.cut
    }

    fn print(&self, title: &str) {
        let said = format!("{}/{}", self.said, self.cut);
        println!(
            "{title:38} {:>6} {:>5} {said:>7} {:>8} {:>8} {:>8}",
            self.asked,
            self.cut,
            share(self.answered, self.whole()),
            share(self.first, self.whole()),
            share(self.three, self.whole())
        );
    }
}

impl Sort {
    const ALL: [Sort; 5] = [
        Sort::Deployed(Way::Own),
        Sort::Deployed(Way::AfterAnother),
        Sort::Deployed(Way::Caller),
        Sort::Flag,
        Sort::Infrastructure,
    ];

    const fn title(self) -> &'static str {
        match self {
            Sort::Deployed(Way::Own) => "  newest deployment of the service",
            Sort::Deployed(Way::AfterAnother) => "  an earlier deployment of it",
            Sort::Deployed(Way::Caller) => "  a service that it depends on",
            Sort::Flag => "flags",
            Sort::Infrastructure => "infrastructure",
        }
    }
}

/// Prints how the deliveries fared.
pub fn print_play(arrived: &Arrived, played: &Played) {
    let seconds = played.sending.as_secs_f64().max(0.001);
    let rate = f64::from(u32::try_from(played.acknowledged).unwrap_or(u32::MAX)) / seconds;
    println!(
        "deliveries: {} sent and acknowledged ({} of them repetitions), {} lost on the way",
        played.acknowledged, arrived.twice, arrived.lost
    );
    println!("  {rate:.0} a second for {:.0?}; the graph was there {:.1?} later", played.sending, played.folding);
}

/// Prints what was found, and with `misses` each question whose true answer did not stand first.
pub fn print_found(found: &Found, misses: bool) {
    println!(
        "alerts: {} fired, {} arrived; {} of these have no cause that anybody deployed or set",
        found.fired, found.arrived, found.uncaused
    );
    println!("{:38} {:>6} {:>5} {:>7} {:>8} {:>8} {:>8}", "cause", "alerts", "cut", "said", "in it", "first", "in 3");
    deployed(found).print("deployed changes");
    for sort in Sort::ALL {
        Count::of(found.cases.iter().filter(|case| case.sort == sort)).print(sort.title());
    }
    print_times("suspects", found.cases.iter().map(|case| case.taken).collect());
    print_times("trace", found.traces.clone());
    println!("links asserted or proved: {} measured, {} wrong", found.measured_links, found.wrong_links.len());
    for line in found.wrong_links.iter().take(MAX_PRINTED) {
        println!("  wrong: {line}");
    }
    if misses {
        found.cases.iter().filter(|case| is_miss(case)).for_each(print_miss);
    }
}

/// The goals that were missed, each in a sentence.
pub fn missed(found: &Found) -> Vec<String> {
    let count = deployed(found);
    let goals = [
        ("in the answer", count.answered, IN_ANSWER_PERMILLE),
        ("first", count.first, FIRST_PERMILLE),
        ("within the first three", count.three, WITHIN_THREE_PERMILLE),
    ];
    let mut missed: Vec<String> = goals
        .into_iter()
        .filter(|(_, part, permille)| part * 1_000 < count.whole() * permille)
        .map(|(what, part, permille)| {
            let share = share(part, count.whole());
            format!("the true change is {what} in {share}, not in {}.{}%", permille / 10, permille % 10)
        })
        .collect();
    if count.said < count.cut {
        missed.push(format!("of {} cut chains only {} are said to be cut", count.cut, count.said));
    }
    if !found.wrong_links.is_empty() {
        missed.push(format!("{} links are asserted or proved and not true", found.wrong_links.len()));
    }
    if count.whole() == 0 {
        missed.push("no alert with a deployed cause could be judged; simulate more days or services".to_owned());
    }
    missed
}

fn deployed(found: &Found) -> Count {
    Count::of(found.cases.iter().filter(|case| matches!(case.sort, Sort::Deployed(_))))
}

fn is_miss(case: &Case) -> bool {
    if case.cut.is_some() { !case.says_cut } else { case.place != Some(1) }
}

fn print_miss(case: &Case) {
    let place = case.place.map_or_else(|| "not in the answer".to_owned(), |place| format!("at place {place}"));
    println!("miss: {} [{}]", case.alert, case.sort.title().trim());
    println!("  truth: {} ({}), {place}", case.title, case.truth);
    if let Some(cut) = case.cut {
        println!("  the chain is cut, and the answer does not say so: {cut}");
    }
    for suspect in &case.first {
        let deployment = suspect.deployment.as_deref().unwrap_or("no deployment");
        println!("  {:>3} {} by {deployment}: {}", suspect.score, suspect.node, suspect.reasons.join("; "));
    }
    if !case.missing.is_empty() {
        println!("  said to be missing: {}", case.missing.join("; "));
    }
}

fn print_times(question: &str, mut taken: Vec<Duration>) {
    taken.sort_unstable();
    let at = |share: usize| taken.get((taken.len() * share / 100).min(taken.len().saturating_sub(1))).copied();
    let (median, most) = (at(50).unwrap_or_default(), at(99).unwrap_or_default());
    println!("{question}: {} asked, median {median:.1?}, 99 % within {most:.1?}", taken.len());
}

fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "-".to_owned();
    }
    let permille = part * 1_000 / whole;
    format!("{}.{}%", permille / 10, permille % 10)
}
