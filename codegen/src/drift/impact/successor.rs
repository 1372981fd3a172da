//! What takes the place of operations that are gone. Path and answer both have to speak for it: a stream that goes on with other records
//! under its old name is worse than one that is lost.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::places;
use crate::drift::view::{Document, Operation, Word};
use crate::source::Node;

/// Most schemas that are looked at for the names of an answer.
const MOST_SCHEMAS: usize = 64;
/// How much of two paths has to be alike at least.
const LIKE_PATHS: f64 = 0.5;
/// How many of the names in two answers have to be alike where the paths end alike.
const LIKE_ANSWERS: f64 = 0.5;
/// The same where the last part of the paths differs.
const SAME_ANSWERS: f64 = 0.7;
/// The same where other operations had the same part of their paths renamed.
const RELATED_ANSWERS: f64 = 0.3;

/// An operation of the revision that takes the place of one that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Successor {
    /// `GET /path`.
    pub(super) title: String,
    /// Whether it has the id of the one that is gone, which leaves no doubt.
    pub(super) same_id: bool,
}

/// A part of a path, without what differs between spellings and versions of it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Segment {
    Parameter,
    Literal(String),
}

type Path = Vec<Segment>;
/// A path before and after.
type Move = (Path, Path);

/// An operation as it is compared.
struct Candidate<'a, 't> {
    operation: &'a Operation<'t>,
    id: Option<&'t str>,
    path: Path,
}

impl<'a, 't> Candidate<'a, 't> {
    fn new(operation: &'a Operation<'t>) -> Self {
        let id = operation.node.get("operationId").and_then(|id| id.as_str());
        Self { operation, id, path: segments(operation) }
    }
}

/// The successors of all operations that the revision no longer has, by `GET /path`. No two have the same.
pub(super) fn all<'t>(
    (base, old): (&Document<'t>, &[Operation<'t>]),
    (revision, new): (&Document<'t>, &[Operation<'t>]),
) -> BTreeMap<String, Successor> {
    let wire = |operations: &[Operation<'t>]| {
        let own = operations.iter().filter(|operation| !operation.called_back);
        own.map(|operation| (operation.method.clone(), operation.route())).collect::<BTreeSet<_>>()
    };
    let (had, has) = (wire(old), wire(new));
    let only = |operations: &'_ [Operation<'t>], other: &BTreeSet<(String, String)>| {
        let fresh = |operation: &&Operation<'t>| {
            !operation.called_back && !other.contains(&(operation.method.clone(), operation.route()))
        };
        operations.iter().filter(fresh).cloned().collect::<Vec<_>>()
    };
    let (gone, fresh) = (only(old, &has), only(new, &had));
    let mut gone: Vec<Candidate<'_, 't>> = gone.iter().map(Candidate::new).collect();
    let mut fresh: Vec<Candidate<'_, 't>> = fresh.iter().map(Candidate::new).collect();
    let mut found = BTreeMap::new();
    let mut moves = Vec::new();
    pair(&mut gone, &mut fresh, (&mut found, &mut moves), |left, right| {
        left.id.is_some() && left.id == right.id
    });
    pair(&mut gone, &mut fresh, (&mut found, &mut moves), |left, right| {
        left.operation.method == right.operation.method && left.path == right.path
    });
    let renamed = renamings(moves, &gone, &fresh);
    let names = |document: &Document<'t>, list: &[Candidate<'_, 't>]| {
        list.iter().map(|candidate| told(document, candidate.operation)).collect::<Vec<_>>()
    };
    let (before, after) = (names(base, &gone), names(revision, &fresh));
    let mut scores: Vec<(f64, usize, usize)> = Vec::new();
    for (left, (from, had)) in gone.iter().zip(&before).enumerate() {
        for (right, (to, has)) in fresh.iter().zip(&after).enumerate() {
            if from.operation.method == to.operation.method
                && let Some(score) = score((&from.path, had), (&to.path, has), &renamed)
            {
                scores.push((score, left, right));
            }
        }
    }
    // The surest first; of equals, the document's order.
    scores.sort_by(|one, other| {
        other.0.total_cmp(&one.0).then_with(|| (one.1, one.2).cmp(&(other.1, other.2)))
    });
    let mut taken = (BTreeSet::new(), BTreeSet::new());
    for (_, left, right) in scores {
        if taken.0.contains(&left) || taken.1.contains(&right) {
            continue;
        }
        if let (Some(from), Some(to)) = (gone.get(left), fresh.get(right)) {
            taken.0.insert(left);
            taken.1.insert(right);
            found.insert(from.operation.title(), Successor { title: to.operation.title(), same_id: false });
        }
    }
    found
}

/// Takes out of both lists what is the same operation without doubt.
fn pair<'t>(
    gone: &mut Vec<Candidate<'_, 't>>,
    fresh: &mut Vec<Candidate<'_, 't>>,
    (found, moves): (&mut BTreeMap<String, Successor>, &mut Vec<Move>),
    same: impl Fn(&Candidate<'_, 't>, &Candidate<'_, 't>) -> bool,
) {
    gone.retain(|from| {
        let Some(at) = fresh.iter().position(|to| same(from, to)) else { return true };
        let to = fresh.remove(at);
        let same_id = from.id.is_some() && from.id == to.id;
        found.insert(from.operation.title(), Successor { title: to.operation.title(), same_id });
        moves.push((from.path.clone(), to.path));
        false
    });
}

/// The parts of paths that were renamed in at least two operations alike.
fn renamings(
    moves: Vec<Move>,
    gone: &[Candidate<'_, '_>],
    fresh: &[Candidate<'_, '_>],
) -> BTreeSet<(Segment, Segment)> {
    let mut counts: HashMap<(Segment, Segment), BTreeSet<Path>> = HashMap::new();
    let mut count = |from: &Path, to: &Path| {
        if let Some((left, right)) = one_renamed(from, to) {
            counts.entry((left.clone(), right.clone())).or_default().insert(from.clone());
        }
    };
    moves.iter().for_each(|(from, to)| count(from, to));
    for from in gone {
        let to = fresh.iter().filter(|to| to.operation.method == from.operation.method);
        to.for_each(|to| count(&from.path, &to.path));
    }
    counts.into_iter().filter(|(_, paths)| paths.len() > 1).map(|(renaming, _)| renaming).collect()
}

/// The one literal in which two paths differ.
fn one_renamed<'s>(left: &'s [Segment], right: &'s [Segment]) -> Option<(&'s Segment, &'s Segment)> {
    if left.len() != right.len() {
        return None;
    }
    let mut differing = left.iter().zip(right).filter(|(left, right)| left != right);
    let one = differing
        .next()
        .filter(|(left, right)| matches!(left, Segment::Literal(_)) && matches!(right, Segment::Literal(_)));
    one.filter(|_| differing.next().is_none())
}

/// How surely one operation takes the place of the other; `None` where too little speaks for it.
fn score(
    (from, had): (&[Segment], &BTreeSet<String>),
    (to, has): (&[Segment], &BTreeSet<String>),
    renamed: &BTreeSet<(Segment, Segment)>,
) -> Option<f64> {
    let paths = alike(from, to);
    let renaming = one_renamed(from, to);
    let ends = from.last() == to.last() && last_literal(from) == last_literal(to);
    if renaming.is_none() && !(ends && paths >= LIKE_PATHS) {
        return None;
    }
    let answers = (!had.is_empty() || !has.is_empty()).then(|| {
        let both = had.intersection(has).count() as f64;
        both / had.union(has).count().max(1) as f64
    });
    let known = renaming.is_some_and(|(left, right)| renamed.contains(&(left.clone(), right.clone())));
    let enough = match answers {
        Some(answers) if known => answers >= RELATED_ANSWERS,
        Some(answers) if ends => paths >= LIKE_PATHS && answers >= LIKE_ANSWERS,
        Some(answers) => renaming.is_some() && answers >= SAME_ANSWERS,
        None => known,
    };
    enough.then(|| paths + answers.unwrap_or_default() + f64::from(u8::from(known)))
}

fn last_literal(path: &[Segment]) -> Option<&Segment> {
    path.iter().rfind(|segment| matches!(segment, Segment::Literal(_)))
}

/// How much of two paths is alike and in the same order, from 0 to 1.
fn alike(left: &[Segment], right: &[Segment]) -> f64 {
    let mut row = vec![0_usize; right.len() + 1];
    for one in left {
        let mut corner = 0;
        for (at, other) in right.iter().enumerate() {
            let above = row.get(at + 1).copied().unwrap_or_default();
            let before = row.get(at).copied().unwrap_or_default();
            let longest = if one == other { corner + 1 } else { above.max(before) };
            if let Some(cell) = row.get_mut(at + 1) {
                *cell = longest;
            }
            corner = above;
        }
    }
    let common = row.last().copied().unwrap_or_default();
    2.0 * common as f64 / (left.len() + right.len()).max(1) as f64
}

/// A path as it is compared: without versions, a slash at the end, or the names of parameters, and words without case and separators.
fn segments(operation: &Operation<'_>) -> Vec<Segment> {
    let route = operation.route();
    let parts = route.split('/').filter(|part| !part.is_empty() && !is_version(part));
    parts
        .map(|part| match part {
            "{}" => Segment::Parameter,
            part => Segment::Literal(
                part.chars().filter(|sign| !matches!(sign, '-' | '_')).flat_map(char::to_lowercase).collect(),
            ),
        })
        .collect()
}

/// `v2`, `v1.1`, `2024-10-01`.
fn is_version(part: &str) -> bool {
    let numbers = |text: &str, separator: char| {
        text.split(separator).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    part.strip_prefix(['v', 'V']).is_some_and(|rest| numbers(rest, '.'))
        || (part.len() == 10 && part.split('-').count() == 3 && numbers(part, '-'))
}

/// The names of the properties in an operation's answer.
fn told<'t>(document: &Document<'t>, operation: &Operation<'t>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Some(answer) = places::answer(document, operation) else { return names };
    let mut seen = BTreeSet::new();
    let mut open: Vec<Node<'t>> = vec![answer];
    let mut next = Vec::new();
    while !open.is_empty() && seen.len() < MOST_SCHEMAS {
        // Level by level, so that the bound cuts what is deepest.
        for node in open.drain(..) {
            let core = document.core(node);
            if !seen.insert(core.node.id()) || seen.len() > MOST_SCHEMAS {
                continue;
            }
            let schema = document.schema(&core);
            for (name, property) in schema.properties() {
                names.insert(name.to_owned());
                next.push(property);
            }
            next.extend(schema.get(Word::Items));
            for word in [Word::AllOf, Word::OneOf, Word::AnyOf] {
                next.extend(schema.branches(word));
            }
        }
        std::mem::swap(&mut open, &mut next);
    }
    names
}

/// The words of a path that are others in what takes its place: before and after.
pub(super) fn renamed_words<'s>(from: &'s str, to: &'s str) -> Vec<(&'s str, &'s str)> {
    let (before, after): (Vec<&str>, Vec<&str>) = (from.split('/').collect(), to.split('/').collect());
    if before.len() != after.len() {
        return Vec::new();
    }
    let words = before.into_iter().zip(after);
    words.filter(|(before, after)| before != after && !before.contains('{') && !after.contains('{')).collect()
}

/// The parameters of a path that have another name in what takes its place: before and after. Empty where the paths do not have as many.
pub(super) fn renamed_parameters(from: &str, to: &str) -> Vec<(String, String)> {
    let names = |path: &str| -> Vec<String> {
        let parts = path.split('{').skip(1).filter_map(|part| part.split_once('}'));
        parts.map(|(name, _)| name.to_owned()).collect()
    };
    let (before, after) = (names(from), names(to));
    if before.len() != after.len() {
        return Vec::new();
    }
    before.into_iter().zip(after).filter(|(before, after)| before != after).collect()
}
