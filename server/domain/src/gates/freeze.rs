//! No freeze is in force.
//!
//! | evidence | finding |
//! |---|---|
//! | no freeze window of the policy file that fits the service, environment and labels holds | pass |
//! | one does | fail |
//! | it is a rollback | not needed |
//!
//! Windows hold once (`from`, `to`) or every week (`weekly_from`, `weekly_to`, in UTC). What has been deployed is judged by
//! the moment of its deployment, a candidate by the moment of the evaluation. An emergency goes out in spite of a freeze, as
//! an exception that is listed.

use super::Gate;
use super::finding::{Finding, Weighing, short};
use crate::dossier::Dossier;
use crate::policy::Limits;

pub(super) const GATE: Gate = Gate {
    name: "freeze",
    title: "No freeze is in force",
    version: 1,
    weight: |settings| settings.freeze.weight,
    judge,
    source: include_str!("freeze.rs"),
};

fn judge(dossier: &Dossier, limits: &Limits) -> Finding {
    let mut weighing = Weighing::new(GATE.name, dossier);
    if dossier.is_rollback {
        return weighing.not_needed("A rollback may go out during a freeze.");
    }
    let place = &dossier.environment;
    for freeze in &limits.freezes {
        if let Some(end) = freeze.window.ends(dossier.moment()) {
            let text =
                format!("{} is frozen until {}: {}.", short(place.name()), end.to_minute(), short(&freeze.reason));
            weighing.fail(&place.key, text, &format!("Wait until {}.", end.to_minute()));
        }
    }
    weighing.finish()
}

#[cfg(test)]
mod tests {
    use super::GATE;
    use crate::gates::testing::{at, check, rollout};
    use crate::policy::{Freeze, Limits, Selector, Window};

    fn freeze(limits: &mut Limits, from: i64, to: i64) {
        let reason = "stocktaking".to_owned();
        let window = Window::Once(at(from), at(to));
        limits.freezes.push(Freeze { reason, selector: Selector::default(), window });
    }

    #[test]
    fn a_freeze_holds_it_up() {
        check(
            &GATE,
            &[
                ("as it should be", |_, _| {}, "pass"),
                ("over", |_, l| freeze(l, 0, 2_000), "pass"),
                (
                    "in force",
                    |_, l| freeze(l, 2_000, 2_001),
                    "fail: production is frozen until 2026-11-11 09:21 UTC: stocktaking.",
                ),
                (
                    "it went out before",
                    |d, l| {
                        d.deployment = Some(rollout("r2", "production", 1_900));
                        freeze(l, 1_950, 2_100);
                    },
                    "pass",
                ),
                (
                    "it went out in it",
                    |d, l| {
                        d.deployment = Some(rollout("r2", "production", 1_900));
                        freeze(l, 1_800, 1_950);
                    },
                    "fail: production is frozen until 2026-11-11 08:30 UTC: stocktaking.",
                ),
                (
                    "a rollback",
                    |d, l| {
                        d.is_rollback = true;
                        freeze(l, 0, 3_000);
                    },
                    "not_needed: A rollback may go out during a freeze.",
                ),
            ],
        );
    }
}
