//! Which commits a merge brought in: those that can be reached from its other parents and not from its first one.
//!
//! A merge of `main` into a branch brings main's commits there too, but from main they were reachable before: what is
//! new with a merge *on the branch that is followed* are only the branch's own commits. Therefore the merges are walked
//! along the first parents of the branch that is followed, the oldest first, and a commit belongs to the first of them
//! that reaches it.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// The merge that brought each commit in; commits that were made on the followed branch itself are in no merge.
///
/// `head` is the newest commit of the followed branch, `parents` tells the parents of every known commit, the first
/// parent first. A parent that is not known ends the walk there. The cost grows with the number of commits.
pub fn brought_in<Id: Copy + Eq + Hash>(head: Id, parents: &HashMap<Id, Vec<Id>>) -> HashMap<Id, Id> {
    let followed = first_parents(head, parents);
    let mut settled: HashSet<Id> = followed.iter().copied().collect();
    let mut found = HashMap::new();
    for commit in followed.iter().rev() {
        let others = parents.get(commit).map(Vec::as_slice).unwrap_or_default().iter().skip(1);
        let mut waiting: Vec<Id> = others.copied().collect();
        while let Some(other) = waiting.pop() {
            if !parents.contains_key(&other) || !settled.insert(other) {
                continue;
            }
            found.insert(other, *commit);
            waiting.extend(parents.get(&other).into_iter().flatten().copied());
        }
    }
    found
}

/// The commits of the followed branch itself, the newest first.
fn first_parents<Id: Copy + Eq + Hash>(head: Id, parents: &HashMap<Id, Vec<Id>>) -> Vec<Id> {
    let mut followed = Vec::new();
    let mut seen = HashSet::new();
    let mut next = Some(head);
    while let Some(commit) = next.filter(|commit| parents.contains_key(commit) && seen.insert(*commit)) {
        followed.push(commit);
        next = parents.get(&commit).and_then(|parents| parents.first()).copied();
    }
    followed
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::brought_in;

    fn history(commits: &[(u32, &[u32])]) -> HashMap<u32, Vec<u32>> {
        commits.iter().map(|(commit, parents)| (*commit, parents.to_vec())).collect()
    }

    fn merges(head: u32, commits: &[(u32, &[u32])]) -> Vec<(u32, u32)> {
        let mut found: Vec<(u32, u32)> = brought_in(head, &history(commits)).into_iter().collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn a_merge_brings_in_its_branch() {
        // 1 - 2 - - - 5 merges the branch 3 - 4.
        assert_eq!(merges(5, &[(1, &[]), (2, &[1]), (3, &[1]), (4, &[3]), (5, &[2, 4])]), [(3, 5), (4, 5)]);
    }

    #[test]
    fn what_was_on_main_before_stays_there() {
        // The branch 3 - 4 - 6 took main's 2 and 5 in by the back-merge 4 = 3 + 2 and 6 = 4 + 5; 7 merges it.
        let commits: &[(u32, &[u32])] =
            &[(1, &[]), (2, &[1]), (3, &[1]), (4, &[3, 2]), (5, &[2]), (6, &[4, 5]), (7, &[5, 6])];
        assert_eq!(merges(7, commits), [(3, 7), (4, 7), (6, 7)]);
    }

    #[test]
    fn nested_and_octopus_merges() {
        // 4 merges 3 into the branch of 2; 6 merges that branch and 5 at once.
        let commits: &[(u32, &[u32])] = &[(1, &[]), (2, &[1]), (3, &[1]), (4, &[2, 3]), (5, &[1]), (6, &[1, 4, 5])];
        assert_eq!(merges(6, commits), [(2, 6), (3, 6), (4, 6), (5, 6)]);
        // Merged twice: it belongs to the first merge.
        let commits: &[(u32, &[u32])] = &[(1, &[]), (2, &[1]), (3, &[1, 2]), (4, &[2]), (5, &[3, 4])];
        assert_eq!(merges(5, commits), [(2, 3), (4, 5)]);
    }

    #[test]
    fn unknown_parents_and_circles_end_the_walk() {
        assert_eq!(merges(2, &[(2, &[1, 9])]), []);
        assert_eq!(merges(2, &[(1, &[2]), (2, &[1, 3]), (3, &[3, 2])]), [(3, 2)]);
        assert_eq!(merges(9, &[(1, &[])]), []);
    }
}
