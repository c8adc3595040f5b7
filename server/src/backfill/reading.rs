//! Reading one list of a tool, the newest first, page by page; interrupted, it goes on where it was.

use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use throughline_domain::time::Timestamp;
use throughline_store::backfill::Reading;

use super::BackfillError;
use super::api::{AT_ONCE, Answer, Api, ApiError, rows_of};
use super::intake::{Intake, Item};
use super::progress::Progress;
use crate::clock;

/// The most rows that a page may have; the tools give a hundred or so.
const MAX_ROWS: usize = 5_000;

/// How far a reading goes back beyond the one before: what was under way then may have changed without moving up in its
/// list, and clocks differ.
const OVERLAP_SECONDS: i64 = 3 * 24 * 3_600;

/// The most rows of one list of which something may have vanished; where there are more, the list itself is at fault.
const MAX_VANISHED: usize = 100;

/// The longest path of a page that is kept, in bytes.
const MAX_PATH_BYTES: usize = 4_096;

/// Which rows of a list are of the time that is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Order {
    /// It is sorted by this member, the newest first: what is older ends the reading.
    Newest(&'static str),
    /// It is in another order: what is older by this member is passed over.
    Any(&'static str),
    /// The tool has left out what is older.
    Chosen,
}

/// A list that is read.
#[derive(Clone, Debug)]
pub(super) struct List<K> {
    /// What its rows are.
    pub(super) kind: K,
    /// Its name for people and for the cursor: `acme/checkout/pulls`.
    pub(super) name: String,
    /// The member of a page that holds the rows, where a page is no list itself.
    pub(super) member: Option<&'static str>,
    /// Which of them to read.
    pub(super) order: Order,
}

/// A tool whose lists can be read.
pub(super) trait Tool {
    /// What lists it has.
    type Kind;

    /// The path of the first page, of what was changed at that moment or later.
    fn first(&self, list: &List<Self::Kind>, since: Timestamp) -> String;

    /// The path of the page after this one; as the answer's `Link` says, unless the tool has another way.
    fn next(&self, _list: &List<Self::Kind>, _path: &str, answer: &Answer) -> Option<String> {
        answer.next.clone()
    }

    /// The path by which an interrupted reading goes on at a page; the page's own, unless it tells of a time by its distance
    /// from now.
    fn resumed(&self, _list: &List<Self::Kind>, _since: Timestamp, page: &str) -> String {
        page.to_owned()
    }

    /// What a row comes to in the ledger.
    async fn items(&self, list: &List<Self::Kind>, row: Value) -> Result<Vec<Item>, BackfillError>;
}

/// What all lists of one reading share.
pub(super) struct Reader<'a> {
    pub(super) api: &'a Api,
    pub(super) intake: &'a Intake,
    pub(super) progress: &'a Progress,
    /// How far back was asked for.
    pub(super) since: Timestamp,
    /// The most pages of one list.
    pub(super) pages: usize,
}

/// From where to where one list is read.
struct Stretch {
    /// The page to begin with, where an earlier reading was interrupted.
    resumed: Option<String>,
    since: Timestamp,
    began: Timestamp,
    /// What the ledger has of the list, complete from the first moment to the second.
    complete: Option<(Timestamp, Timestamp)>,
}

impl Reader<'_> {
    /// Reads a list. What the login may not read, or the tool does not have, is left out and told.
    ///
    /// # Errors
    /// A [`BackfillError`]; the next reading goes on at the page that was being read.
    pub(super) async fn list<T: Tool>(&self, tool: &T, list: &List<T::Kind>) -> Result<Vec<String>, BackfillError> {
        let mut left_out = Vec::new();
        match self.read(tool, list, &mut left_out).await {
            Ok(rows) => {
                self.progress.list(&list.name, rows);
                Ok(left_out)
            }
            // An empty repository has no commits, and GitHub calls that a conflict.
            Err(BackfillError::Api(ApiError::Status { status: 409, .. })) => Ok(left_out),
            Err(BackfillError::Api(error @ ApiError::Status { status: 400 | 401 | 403 | 404 | 410 | 422, .. })) => {
                let what = format!("{} ({error})", list.name);
                self.progress.left_out(&what);
                left_out.push(what);
                Ok(left_out)
            }
            Err(error) => Err(error),
        }
    }

    async fn read<T: Tool>(
        &self,
        tool: &T,
        list: &List<T::Kind>,
        left_out: &mut Vec<String>,
    ) -> Result<u64, BackfillError> {
        let kept = self.intake.reading(&list.name).await?;
        let stretch = Stretch::of(kept.as_ref(), self.since, clock::now());
        let first = tool.first(list, stretch.since);
        let resumed = stretch.resumed.as_deref().map(|page| tool.resumed(list, stretch.since, page));
        let mut path = resumed.unwrap_or_else(|| first.clone());
        let mut count = 0;
        for page in 0..self.pages {
            let answer = match self.api.get(&path).await {
                // The mark of a page may have run out since; the list is then read from its beginning.
                Err(ApiError::Status { status: 400 | 404 | 410 | 422, .. }) if page == 0 && path != first => {
                    path.clone_from(&first);
                    self.api.get(&path).await?
                }
                answer => answer?,
            };
            self.keep(list, &stretch, Some(&path)).await?;
            let next = tool.next(list, &path, &answer);
            let rows = rows_of(answer.body, list.member, &path)?;
            if rows.len() > MAX_ROWS {
                let cause = format!("a page has {} rows; at most {MAX_ROWS} are read of one", rows.len());
                return Err(ApiError::Unreadable { path: list.name.clone(), cause }.into());
            }
            let (rows, is_end) = within(rows, list.order, stretch.since);
            count += u64::try_from(rows.len()).unwrap_or(0);
            self.take(tool, list, rows, left_out).await?;
            self.progress.page(&list.name, count, self.intake.counts().0);
            match next {
                Some(next) if !is_end && next == path => {
                    let cause = "a page leads to itself".to_owned();
                    return Err(ApiError::Unreadable { path: list.name.clone(), cause }.into());
                }
                Some(next) if !is_end => path = next,
                Some(_) | None => {
                    self.keep(list, &stretch, None).await?;
                    return Ok(count);
                }
            }
        }
        // Where the bound is one page, reading that page again would never come to an end.
        self.keep(list, &stretch, Some(&path)).await?;
        Err(BackfillError::TooManyPages { list: list.name.clone(), pages: self.pages })
    }

    /// Reads what belongs to each row, several at once, and appends it in order. A row of which something has vanished
    /// since it was listed costs itself and not the rest of its list.
    async fn take<T: Tool>(
        &self,
        tool: &T,
        list: &List<T::Kind>,
        rows: Vec<Value>,
        left_out: &mut Vec<String>,
    ) -> Result<(), BackfillError> {
        let mut read = stream::iter(rows.into_iter().map(|row| tool.items(list, row))).buffered(AT_ONCE);
        while let Some(items) = read.next().await {
            match items {
                Err(BackfillError::Api(error @ ApiError::Status { status: 404 | 410, .. }))
                    if left_out.len() < MAX_VANISHED =>
                {
                    let what = format!("one of {} ({error})", list.name);
                    self.progress.left_out(&what);
                    left_out.push(what);
                }
                items => self.intake.take(items?).await?,
            }
        }
        Ok(())
    }

    /// Keeps the page that is being read, or that all were. After an interruption that same page is read once more: what
    /// changes meanwhile moves up in the list, and everything below it one place down.
    async fn keep<K>(&self, list: &List<K>, stretch: &Stretch, page: Option<&str>) -> Result<(), BackfillError> {
        let page = page.filter(|page| page.len() <= MAX_PATH_BYTES);
        let complete = match page {
            Some(_) => stretch.complete,
            None => Some(stretch.completed()),
        };
        let reading = Reading {
            source: self.intake.source().row.name.clone(),
            list: list.name.clone(),
            page: page.map(str::to_owned),
            since: stretch.since,
            began: stretch.began,
            complete,
        };
        self.intake.keep(reading).await
    }
}

impl Stretch {
    fn of(kept: Option<&Reading>, asked: Timestamp, now: Timestamp) -> Self {
        let complete = kept.and_then(|kept| kept.complete);
        if let Some(kept) = kept
            && let Some(page) = &kept.page
            && kept.since <= asked
        {
            return Self { resumed: Some(page.clone()), since: kept.since, began: kept.began, complete };
        }
        // What is complete from before the moment that is asked for need not be read again.
        let since = match complete {
            Some((from, to)) if from <= asked => asked.max(to.plus_seconds(-OVERLAP_SECONDS)),
            Some(_) | None => asked,
        };
        Self { resumed: None, since, began: now, complete }
    }

    /// What is complete once the stretch has been read: with what was so before, unless a time lies between the two that
    /// nobody has read.
    fn completed(&self) -> (Timestamp, Timestamp) {
        match self.complete {
            Some((from, to)) if self.since <= to => (from.min(self.since), self.began.max(to)),
            Some(_) | None => (self.since, self.began),
        }
    }
}

/// The rows that are new enough, and whether the list goes on with older ones only. Rows without a time are read.
fn within(rows: Vec<Value>, order: Order, since: Timestamp) -> (Vec<Value>, bool) {
    let is_old = |row: &Value, member: &str| row.get(member).and_then(time_of).is_some_and(|at| at < since);
    match order {
        Order::Newest(member) => {
            let count = rows.len();
            let new: Vec<Value> = rows.into_iter().filter(|row| !is_old(row, member)).collect();
            let is_end = new.len() < count || count == 0;
            (new, is_end)
        }
        Order::Any(member) => (rows.into_iter().filter(|row| !is_old(row, member)).collect(), false),
        Order::Chosen => (rows, false),
    }
}

/// A time as the tools write it: as text, or in milliseconds since 1970.
fn time_of(value: &Value) -> Option<Timestamp> {
    value.as_str().and_then(Timestamp::parse).or_else(|| value.as_i64().map(Timestamp::from_millis))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use throughline_domain::time::Timestamp;
    use throughline_store::backfill::Reading;

    use super::{OVERLAP_SECONDS, Order, Stretch, within};

    fn reading(page: Option<&str>, since: i64, complete: Option<(i64, i64)>) -> Reading {
        Reading {
            source: "github".to_owned(),
            list: "acme/checkout/pulls".to_owned(),
            page: page.map(str::to_owned),
            since: Timestamp::from_seconds(since),
            began: Timestamp::from_seconds(5_000_000),
            complete: complete.map(|(from, to)| (Timestamp::from_seconds(from), Timestamp::from_seconds(to))),
        }
    }

    #[test]
    fn a_reading_goes_on_where_the_one_before_was() {
        let far = 10 * OVERLAP_SECONDS;
        for (kept, asked, resumed, since) in [
            (None, 1_000, None, 1_000),
            (Some(reading(Some("/page/7"), 1_000, None)), 1_000, Some("/page/7"), 1_000),
            (Some(reading(Some("/page/7"), 1_000, None)), 2_000, Some("/page/7"), 1_000),
            (Some(reading(Some("/page/7"), 2_000, None)), 1_000, None, 1_000),
            (Some(reading(None, 1_000, Some((1_000, far)))), 1_000, None, far - OVERLAP_SECONDS),
            (Some(reading(None, 1_000, Some((1_000, far)))), 500, None, 500),
            (Some(reading(None, 1_000, Some((1_000, far)))), far, None, far),
        ] {
            let stretch =
                Stretch::of(kept.as_ref(), Timestamp::from_seconds(asked), Timestamp::from_seconds(9_000_000));
            assert_eq!((stretch.resumed.as_deref(), stretch.since.seconds()), (resumed, since), "{kept:?} {asked}");
        }
    }

    #[test]
    fn a_time_that_nobody_has_read_is_not_called_complete() {
        let now = 9_000_000;
        for (kept, asked, complete) in [
            (None, 1_000, (1_000, now)),
            (Some((1_000, 5_000_000)), 2_000, (1_000, now)),
            (Some((1_000, 5_000_000)), 500, (500, now)),
            // Between the end of what was complete and the time that was asked for lies a gap.
            (Some((1_000, 5_000_000)), 6_000_000, (6_000_000, now)),
        ] {
            let kept = kept.map(|complete| reading(None, 1_000, Some(complete)));
            let stretch = Stretch::of(kept.as_ref(), Timestamp::from_seconds(asked), Timestamp::from_seconds(now));
            let (from, to) = stretch.completed();
            assert_eq!((from.seconds(), to.seconds()), complete, "{asked}");
        }
    }

    #[test]
    fn what_is_too_old_is_passed_over_and_ends_a_sorted_list() {
        let rows = vec![
            json!({"n": 1, "updated_at": "2026-03-14T09:26:06Z"}),
            json!({"n": 2}),
            json!({"n": 3, "updated_at": "2026-03-01T00:00:00Z"}),
        ];
        let since = Timestamp::parse("2026-03-10T00:00:00Z").unwrap();
        for (order, left, is_end) in
            [(Order::Newest("updated_at"), 2, true), (Order::Any("updated_at"), 2, false), (Order::Chosen, 3, false)]
        {
            let (kept, ended) = within(rows.clone(), order, since);
            assert_eq!((kept.len(), ended), (left, is_end), "{order:?}");
        }
        let builds = vec![json!({"timestamp": 1_773_480_366_000_i64}), json!({"timestamp": 5})];
        assert_eq!(within(builds, Order::Newest("timestamp"), since).0.len(), 1);
    }
}
