//! The audit of a period: one row for each change to an environment, what is out of the ordinary about it, totals that
//! reconcile with the graph, a sample that can be drawn again, and what the controls of frameworks look at.
//!
//! Everything here is a pure function of dossiers, so that two people who ask the same of the same ledger get the same
//! rows. [`population`] says which changes there are, [`row`] writes one of them down, [`exceptions`] judges it, [`totals`]
//! and [`sample`] add up, [`controls`] limits the report to what one control looks at, and [`changelog`] tells the same
//! period for people.

pub mod changelog;
pub mod columns;
pub mod controls;
pub mod exceptions;
pub mod population;
pub mod row;
pub mod sample;
#[cfg(test)]
mod samples;
pub mod totals;

#[cfg(test)]
mod tests {
    use super::columns::COLUMNS;
    use super::exceptions::Exception;
    use super::population::LeftOut;

    /// The page that describes all of this for auditors.
    const PAGE: &str = include_str!("../../../../docs/AUDIT.md");

    #[test]
    fn the_page_has_every_column_exception_and_reason() {
        let mut columns = String::from("| column | heading | what stands there |\n|---|---|---|\n");
        for column in COLUMNS {
            columns.push_str(&format!("| `{}` | {} | {} |\n", column.name, column.title, column.what));
        }
        let mut exceptions = String::from("| word | title | what it means |\n|---|---|---|\n");
        for exception in Exception::ALL {
            let (word, title, meaning) = (exception.word(), exception.title(), exception.meaning());
            exceptions.push_str(&format!("| `{word}` | {title} | {meaning} |\n"));
        }
        let mut reasons = String::from("| word | what it means |\n|---|---|\n");
        for reason in LeftOut::ALL {
            reasons.push_str(&format!("| `{}` | {} |\n", reason.word(), reason.meaning()));
        }
        for table in [columns, exceptions, reasons] {
            assert!(PAGE.contains(&table), "docs/AUDIT.md must hold this table as it is:\n{table}");
        }
    }
}
