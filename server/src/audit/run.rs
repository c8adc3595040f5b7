//! Makes a report: fetches the dossiers in batches, and writes each row at once.

use throughline_domain::audit::changelog::Changelog;
use throughline_domain::audit::exceptions;
use throughline_domain::audit::population::LeftOut;
use throughline_domain::audit::row::Row;
use throughline_domain::audit::sample::Reservoir;
use throughline_domain::audit::totals::Totals;
use throughline_domain::dossier::Dossier;

use crate::ask::Desk;
use crate::audit::plan::Plan;
use crate::audit::{AuditError, Ending, Handover, Header, Writer};
use crate::dossiers::Remembered;

/// How many dossiers are fetched at once.
const BATCH: usize = 64;

/// What is told while a report is made: how many changes have been looked at, and of how many. An error ends the report.
pub type Progress<'a> = dyn FnMut(u64, u64) -> Result<(), AuditError> + 'a;

/// Writes a whole report, hands each row over besides where somebody takes them, and answers how it ends.
///
/// Memory grows with the ids of the changes, the sample and the distinct names, not with what the rows say.
///
/// # Errors
/// An [`AuditError`]; what was written until then is no whole report.
pub fn report(
    desk: &Desk,
    plan: &Plan,
    writer: &mut dyn Writer,
    progress: &mut Progress<'_>,
    mut handover: Option<&mut Handover<'_>>,
) -> Result<Ending, AuditError> {
    let header = &plan.header;
    writer.begin(header)?;
    let mut totals = Totals::of(&plan.population);
    let mut reservoir = Reservoir::new(header.sample_size, header.seed);
    let mut number = 0_u64;
    let gone = each(desk, plan, progress, &mut |dossier: &Dossier| {
        if header.only_exceptions && !has_exception(header, dossier) {
            totals.leave_out(LeftOut::WithoutException, 1);
            return Ok(());
        }
        number = number.saturating_add(1);
        let row = Row::of(number, dossier, &header.view);
        totals.add(&row, &header.controls);
        writer.row(header, &row)?;
        if let Some(handover) = handover.as_deref_mut() {
            handover(row.json(&header.view), &row.entries)?;
        }
        reservoir.offer(|| row);
        Ok(())
    })?;
    totals.leave_out(LeftOut::Gone, gone);
    let ending = Ending { totals, sample: reservoir.finish() };
    writer.end(header, &ending)?;
    Ok(ending)
}

/// The change log of the same changes.
///
/// # Errors
/// As [`report`].
pub fn changelog(desk: &Desk, plan: &Plan, progress: &mut Progress<'_>) -> Result<Changelog, AuditError> {
    let mut log = Changelog::default();
    each(desk, plan, progress, &mut |dossier: &Dossier| {
        log.add(dossier);
        Ok(())
    })?;
    Ok(log)
}

/// Shows every dossier in order, and answers how many were gone.
fn each(
    desk: &Desk,
    plan: &Plan,
    progress: &mut Progress<'_>,
    show: &mut dyn FnMut(&Dossier) -> Result<(), AuditError>,
) -> Result<u64, AuditError> {
    let (mut done, mut gone, of) = (0_u64, 0_u64, plan.count());
    let mut remembered = Remembered::default();
    progress(done, of)?;
    for rollouts in plan.population.rollouts.chunks(BATCH) {
        let dossiers = desk.dossiers(rollouts, plan.header.made, &mut remembered)?;
        dossiers.iter().try_for_each(&mut *show)?;
        gone = gone.saturating_add(count(rollouts.len().saturating_sub(dossiers.len())));
        done = done.saturating_add(count(rollouts.len()));
        progress(done, of)?;
    }
    Ok(gone)
}

fn has_exception(header: &Header, dossier: &Dossier) -> bool {
    exceptions::of(dossier).iter().any(|exception| header.view.exceptions.contains(exception))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
