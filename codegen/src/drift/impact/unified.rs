//! Two texts as a unified diff, as `git apply` and `patch` read it.

use std::fmt::Write as _;

/// Lines around a change.
const CONTEXT: usize = 3;

/// What to do with a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Keep,
    Remove,
    Add,
}

/// The difference between two texts; empty where there is none. `name` is the file's, with `a/` and `b/` before it; without an old text the
/// file is made.
pub(in crate::drift) fn diff(name: &str, old: Option<&str>, new: &str) -> String {
    let from = old.map_or_else(|| "/dev/null".to_owned(), |_| format!("a/{name}"));
    let old = old.unwrap_or_default();
    if old == new {
        return String::new();
    }
    let (before, after): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let steps = steps(&before, &after);
    let mut text = format!("--- {from}\n+++ b/{name}\n");
    let mut at = 0;
    while let Some(first) =
        steps.iter().skip(at).position(|(step, _)| *step != Step::Keep).map(|found| found + at)
    {
        let start = first.saturating_sub(CONTEXT).max(at);
        let mut end = first + 1;
        // Changes whose contexts meet are one hunk.
        let mut quiet = 0;
        for (index, (step, _)) in steps.iter().enumerate().skip(first + 1) {
            quiet = if *step == Step::Keep { quiet + 1 } else { 0 };
            if quiet > 2 * CONTEXT {
                break;
            }
            if *step != Step::Keep {
                end = index + 1;
            }
        }
        let end = (end + CONTEXT).min(steps.len());
        hunk(&mut text, &steps, start, end);
        at = end;
    }
    text
}

fn hunk(text: &mut String, steps: &[(Step, &str)], start: usize, end: usize) {
    let count =
        |range: &[(Step, &str)], without: Step| range.iter().filter(|(step, _)| *step != without).count();
    let (head, body) = (steps.get(..start).unwrap_or_default(), steps.get(start..end).unwrap_or_default());
    let (old_lines, new_lines) = (count(body, Step::Add), count(body, Step::Remove));
    // A range without lines is named by the line before it.
    let first = |before: usize, lines: usize| if lines == 0 { before } else { before + 1 };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "@@ -{},{old_lines} +{},{new_lines} @@",
        first(count(head, Step::Add), old_lines),
        first(count(head, Step::Remove), new_lines),
    );
    for (step, line) in body {
        text.push(match step {
            Step::Keep => ' ',
            Step::Remove => '-',
            Step::Add => '+',
        });
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// The way from one list of lines to the other, by their longest common subsequence.
fn steps<'l>(before: &[&'l str], after: &[&'l str]) -> Vec<(Step, &'l str)> {
    let common = before.iter().zip(after).take_while(|(left, right)| left == right).count();
    let (left, right) = (before.get(common..).unwrap_or_default(), after.get(common..).unwrap_or_default());
    let tail = left.iter().rev().zip(right.iter().rev()).take_while(|(left, right)| left == right).count();
    let left = left.get(..left.len() - tail).unwrap_or_default();
    let right = right.get(..right.len() - tail).unwrap_or_default();
    let width = right.len() + 1;
    let mut lengths = vec![0_u32; (left.len() + 1) * width];
    let get = |lengths: &[u32], row: usize, column: usize| {
        lengths.get(row * width + column).copied().unwrap_or_default()
    };
    for (row, line) in left.iter().enumerate().rev() {
        for (column, other) in right.iter().enumerate().rev() {
            let length = if line == other {
                get(&lengths, row + 1, column + 1) + 1
            } else {
                get(&lengths, row + 1, column).max(get(&lengths, row, column + 1))
            };
            if let Some(cell) = lengths.get_mut(row * width + column) {
                *cell = length;
            }
        }
    }
    let mut steps: Vec<(Step, &str)> = before.iter().take(common).map(|line| (Step::Keep, *line)).collect();
    let (mut row, mut column) = (0, 0);
    loop {
        match (left.get(row), right.get(column)) {
            (Some(line), Some(other)) if line == other => {
                steps.push((Step::Keep, line));
                row += 1;
                column += 1;
            }
            (Some(line), other)
                if other.is_none() || get(&lengths, row + 1, column) >= get(&lengths, row, column + 1) =>
            {
                steps.push((Step::Remove, line));
                row += 1;
            }
            (_, Some(other)) => {
                steps.push((Step::Add, other));
                column += 1;
            }
            (_, None) => break,
        }
    }
    steps.extend(before.iter().skip(before.len() - tail).map(|line| (Step::Keep, *line)));
    steps
}

#[cfg(test)]
mod tests {
    use super::diff;

    #[test]
    fn changes_come_as_hunks_that_patch_reads() {
        for (old, new, expected) in [
            ("a\n", "a\n", ""),
            ("a\nb\nc\n", "a\nx\nc\n", "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"),
            ("", "a\n", "--- a/f\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n"),
            (
                "a",
                "b",
                "--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n",
            ),
            (
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
                "x\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n",
                "--- a/f\n+++ b/f\n@@ -1,4 +1,4 @@\n-1\n+x\n 2\n 3\n 4\n@@ -9,4 +9,3 @@\n 9\n 10\n 11\n-12\n",
            ),
        ] {
            assert_eq!(diff("f", Some(old), new), expected, "{old:?} to {new:?}");
        }
        assert_eq!(diff("f", None, "a\n"), "--- /dev/null\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n");
    }
}
