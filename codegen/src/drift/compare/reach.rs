//! From what was found in units to changes with the operations that they reach.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{Comparison, Document, Finding, Kind};
use crate::drift::{Change, Class, Report, Side};
use crate::source::{NodeId, SourceFiles};

/// A change while its operations are gathered.
struct Gathered {
    class: Class,
    base: Option<NodeId>,
    revision: Option<NodeId>,
    text: String,
    operations: Vec<u32>,
}

/// What makes two findings one change: their kind, the nodes that changed, and the values.
type Root = (Kind, Option<NodeId>, Option<NodeId>, String);

/// JSON Pointers of nodes.
type Pointers = BTreeMap<NodeId, String>;

impl Comparison<'_, '_> {
    /// The report of everything that was found.
    pub(super) fn report(mut self, files: &SourceFiles) -> Report {
        self.operations.sort();
        let told = self.tells();
        let mut reached: Vec<Vec<u32>> = vec![Vec::new(); self.units.len()];
        let mut seen: Vec<u32> = vec![u32::MAX; self.units.len()];
        for (number, (_, unit)) in (0..).zip(&self.operations) {
            let mut open = vec![*unit];
            while let Some(unit) = open.pop() {
                let at = unit as usize;
                let new = seen.get_mut(at).is_some_and(|seen| std::mem::replace(seen, number) != number);
                if !new || !told.get(at).copied().unwrap_or_default() {
                    continue;
                }
                if let Some(operations) = reached.get_mut(at) {
                    operations.push(number);
                }
                open.extend(self.units.get(at).into_iter().flat_map(|unit| &unit.parts));
            }
        }
        let mut roots: BTreeMap<Root, Gathered> = BTreeMap::new();
        for (unit, operations) in std::mem::take(&mut self.units).into_iter().zip(reached) {
            for finding in unit.findings {
                gather(&mut roots, finding, &operations);
            }
        }
        let places = |of: fn(&Gathered) -> Option<NodeId>| roots.values().filter_map(of).collect::<Vec<_>>();
        let pointers = (
            self.base.pointers(places(|gathered| gathered.base)),
            self.revision.pointers(places(|gathered| gathered.revision)),
        );
        let change = |(root, gathered): (Root, Gathered)| self.change(root.0, gathered, &pointers, files);
        let mut changes: Vec<Change> = roots.into_iter().map(change).collect();
        changes.sort_by(order);
        Report { changes }
    }

    /// Which units lead to anything that was found.
    fn tells(&self) -> Vec<bool> {
        let mut leads: Vec<Vec<u32>> = vec![Vec::new(); self.units.len()];
        for (number, unit) in (0..).zip(&self.units) {
            for part in &unit.parts {
                if let Some(from) = leads.get_mut(*part as usize) {
                    from.push(number);
                }
            }
        }
        let mut told = vec![false; self.units.len()];
        let found = (0..).zip(&self.units).filter(|(_, unit)| !unit.findings.is_empty());
        let mut open: Vec<u32> = found.map(|(number, _)| number).collect();
        while let Some(unit) = open.pop() {
            let at = unit as usize;
            if told.get_mut(at).is_some_and(|told| !std::mem::replace(told, true)) {
                open.extend(leads.get(at).into_iter().flatten());
            }
        }
        told
    }

    fn change(
        &self,
        kind: Kind,
        gathered: Gathered,
        pointers: &(Pointers, Pointers),
        files: &SourceFiles,
    ) -> Change {
        let mut operations: Vec<String> = gathered
            .operations
            .iter()
            .filter_map(|number| self.operations.get(*number as usize))
            .map(|(title, _)| title.clone())
            .collect();
        operations.sort_by(|left, right| path_first(left).cmp(&path_first(right)));
        operations.dedup();
        Change {
            id: kind.id().into_owned(),
            class: gathered.class,
            operation: operations.first().cloned(),
            operations,
            base: gathered.base.and_then(|id| side(self.base, id, &pointers.0, files)),
            revision: gathered.revision.and_then(|id| side(self.revision, id, &pointers.1, files)),
            text: gathered.text,
        }
    }
}

fn gather(roots: &mut BTreeMap<Root, Gathered>, finding: Finding, operations: &[u32]) {
    let Finding { kind, class, base, revision, counts, detail, text } = finding;
    let root = (kind, base.filter(|_| counts.0), revision.filter(|_| counts.1), detail);
    let gathered = roots.entry(root).or_insert_with(|| Gathered {
        class,
        base,
        revision,
        text: text.clone(),
        operations: Vec::new(),
    });
    gathered.class = gathered.class.max(class);
    // One root can be looked at from several places; the shortest way to say where it is does for all, with its own places.
    if (text.len(), &text, base, revision)
        < (gathered.text.len(), &gathered.text, gathered.base, gathered.revision)
    {
        (gathered.text, gathered.base, gathered.revision) = (text, base, revision);
    }
    gathered.operations.extend_from_slice(operations);
    gathered.operations.sort_unstable();
    gathered.operations.dedup();
}

/// `GET /path` as path and method, by which people look for it.
fn path_first(operation: &str) -> (&str, &str) {
    operation.split_once(' ').map_or(("", operation), |(method, path)| (path, method))
}

/// By what is reached, then by place, then by kind; what reaches no operation comes last.
fn order(left: &Change, right: &Change) -> Ordering {
    let reached = |change: &Change| change.operation.is_none();
    fn operation(change: &Change) -> (&str, &str) {
        change.operation.as_deref().map_or(("", ""), path_first)
    }
    reached(left)
        .cmp(&reached(right))
        .then_with(|| operation(left).cmp(&operation(right)))
        .then_with(|| left.base.cmp(&right.base))
        .then_with(|| left.revision.cmp(&right.revision))
        .then_with(|| left.id.cmp(&right.id))
        .then_with(|| left.text.cmp(&right.text))
}

fn side(document: &Document<'_>, id: NodeId, pointers: &Pointers, files: &SourceFiles) -> Option<Side> {
    let node = document.node(id)?;
    let place = files.place(node.span())?;
    Some(Side {
        pointer: pointers.get(&id).cloned().unwrap_or_default(),
        file: place.file.to_owned(),
        line: place.line,
    })
}
