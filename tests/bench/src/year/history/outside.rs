//! What changes and breaks without a change of code: flags, infrastructure, and what nobody has done.

use throughline_domain::time::Timestamp;

use super::alerting::{self, Firing};
use super::pieces::{Cause, Setting, SettingSort};
use super::{DAY_SECONDS, History, Period, is_workday};
use crate::year::chance::Chance;
use crate::year::company::Service;
use crate::year::table::Id;

/// Of a thousand working days of a service.
const FLAG_PERMILLE: usize = 160;
const INFRASTRUCTURE_PERMILLE: usize = 40;

/// Of a thousand such changes, how many are felt.
const BROKEN_FLAG_PERMILLE: usize = 30;
const BROKEN_INFRASTRUCTURE_PERMILLE: usize = 70;

/// Of a thousand days of a service, on how many an alert fires that nobody has caused.
const NOISE_PERMILLE: usize = 25;

/// Adds it to every service.
pub(super) fn live(history: &mut History, seed: u64, period: Period) {
    let mut chance = Chance::new(seed, "outside");
    for service in history.company.services.ids() {
        for midnight in period.days() {
            if is_workday(midnight) {
                if chance.permille(FLAG_PERMILLE) {
                    set(history, &mut chance, midnight, (service, SettingSort::Flag));
                }
                if chance.permille(INFRASTRUCTURE_PERMILLE) {
                    set(history, &mut chance, midnight, (service, SettingSort::Infrastructure));
                }
            }
            if chance.permille(NOISE_PERMILLE) {
                let at = midnight.plus_seconds(chance.between(0, DAY_SECONDS - 1));
                fire(history, &mut chance, at, (service, None), Cause::Nothing);
            }
        }
    }
    // Whatever has not been mended by anybody stops by itself.
    for id in history.alerts.ids() {
        let alert = history.alerts.at_mut(id);
        let minutes = chance.between(10, 180);
        alert.ends = alert.ends.or(Some(alert.starts.plus_seconds(minutes * 60)));
    }
}

fn set(history: &mut History, chance: &mut Chance, midnight: Timestamp, (service, sort): (Id<Service>, SettingSort)) {
    let at = midnight.plus_seconds(chance.between(8 * 3_600, 17 * 3_600));
    let people = history.people_of(service);
    let area = *chance.pick(&history.company.services.at(service).areas);
    let (id, permille) = match sort {
        SettingSort::Flag => (chance.hex(24), BROKEN_FLAG_PERMILLE),
        SettingSort::Infrastructure => (format!("run-{}", chance.hex(16)), BROKEN_INFRASTRUCTURE_PERMILLE),
    };
    let setting = history.settings.add(Setting { sort, service, id, area, at, by: *chance.pick(&people) });
    if chance.permille(permille) {
        let at = at.plus_seconds(chance.between(60, 20 * 60));
        fire(history, chance, at, (service, Some(area)), Cause::Setting(setting));
    }
}

fn fire(
    history: &mut History,
    chance: &mut Chance,
    at: Timestamp,
    (service, area): (Id<Service>, Option<&'static str>),
    cause: Cause,
) {
    let some = *chance.pick(&history.company.services.at(service).areas);
    let firing = Firing { at, service, area: area.unwrap_or(some), upstream: None, cause };
    let alert = alerting::alert(&history.company, chance, firing);
    history.alerts.add(alert);
}
