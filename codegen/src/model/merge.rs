//! Makes one type of those that are alike, and drops those that nothing reaches. An inline schema that a document repeats in hundreds of places
//! is one type with a name for each place; a component stays a type of its own, whatever it is like.

use std::collections::HashMap;
use std::hash::Hash;

use super::api::Operation;
use super::build::{Builder, Standing, View};
use super::graph::{TypeId, TypeKind, TypeRef, Types};

/// Added to the name of a component's type where requests hold something else than responses.
const INPUT: &str = "Input";

/// Merges types that are alike in all that a reader or a server can see, and gives the places of each that is left, in the order of the types.
pub(super) fn merge(builder: &mut Builder<'_>, operations: &mut [Operation]) -> Vec<Vec<Standing>> {
    let types = std::mem::take(&mut builder.types);
    let standings = std::mem::take(&mut builder.standings);
    let classes = classes(&types, &standings);
    let standings = tell_views_apart(standings, &classes);

    let roots = operations.iter().flat_map(Operation::uses).map(|used| used.id);
    let reached = reach(&types, roots.collect());
    let mut groups: HashMap<u32, Vec<TypeId>> = HashMap::new();
    for id in reached.iter().filter(|id| types.get(**id).kind.is_named()) {
        groups.entry(classes[id.0 as usize]).or_default().push(*id);
    }
    let mut now: HashMap<TypeId, (TypeId, u32)> = HashMap::new();
    let mut merged = Types::default();
    let mut places = Vec::new();
    for id in reached {
        if now.contains_key(&id) {
            continue;
        }
        let named = types.get(id).kind.is_named();
        let group = if named { groups.remove(&classes[id.0 as usize]) } else { None };
        // What has no name is written in place, with the name that this place gives to what it holds.
        let mut ids = group.unwrap_or_else(|| vec![id]);
        // The nearest to the document's top stands for all of them, whichever was come upon first.
        ids.sort_by_cached_key(|id| {
            let standing = &standings[id.0 as usize];
            (standing.pointer.len(), standing.identity.clone(), standing.view)
        });
        let Some(first) = ids.first() else { continue };
        let mut found = types.get(*first).clone();
        if let TypeKind::Object(object) = &mut found.kind {
            let closed =
                |id: &TypeId| matches!(&types.get(*id).kind, TypeKind::Object(object) if object.closed);
            object.closed = ids.iter().all(closed);
        }
        let new = merged.add(found);
        now.extend(ids.iter().zip(0..).map(|(id, place)| (*id, (new, place))));
        places.push(ids.iter().map(|id| standings[id.0 as usize].clone()).collect());
    }
    let renumber = |used: &mut TypeRef| {
        if let Some((id, place)) = now.get(&used.id) {
            (used.id, used.place) = (*id, *place);
        }
    };
    for found in &mut merged.all {
        found.kind.uses_mut().into_iter().for_each(renumber);
    }
    for operation in operations {
        operation.uses_mut().for_each(renumber);
    }
    builder.types = merged;
    places
}

/// The types that these lead to, in the order in which they are come upon.
fn reach(types: &Types, roots: Vec<TypeId>) -> Vec<TypeId> {
    let mut seen = vec![false; types.len()];
    let mut reached = Vec::new();
    let mut open = std::collections::VecDeque::from(roots);
    while let Some(id) = open.pop_front() {
        if std::mem::replace(&mut seen[id.0 as usize], true) {
            continue;
        }
        reached.push(id);
        open.extend(types.get(id).kind.uses().into_iter().map(|used| used.id));
    }
    reached
}

/// The class of each type: types of one class are alike. At first all are in one class that say the same of themselves; then classes whose
/// members hold different things are split until none is, so that types which hold themselves can be alike too.
fn classes(types: &Types, standings: &[Standing]) -> Vec<u32> {
    let kinds: Vec<TypeKind> = types.iter().map(|(_, found)| in_order(found.kind.clone())).collect();
    let own = types.iter().zip(&kinds).zip(standings).map(|(((_, found), kind), standing)| {
        let mut kind = kind.clone();
        kind.uses_mut().into_iter().for_each(|used| used.id = TypeId(0));
        let component = (standing.component && kind.is_named()).then_some(&standing.identity);
        (component, found.description.as_deref(), found.deprecated, kind)
    });
    let (mut classes, mut count) = numbered(own);
    loop {
        let held = kinds.iter().zip(&classes).map(|(kind, class)| {
            let held: Vec<u32> = kind.uses().into_iter().map(|used| classes[used.id.0 as usize]).collect();
            (*class, held)
        });
        let (split, more) = numbered(held);
        if more == count {
            return split;
        }
        (classes, count) = (split, more);
    }
}

/// What tells types apart, fields and listed texts by the alphabet: in which order a document writes them makes no other type. Nor does what
/// only drift is measured by; what people see of bounds stands in the remarks.
fn in_order(mut kind: TypeKind) -> TypeKind {
    match &mut kind {
        TypeKind::Object(object) => {
            object.closed = false;
            object.additional_bounds = None;
            object.fields.iter_mut().for_each(|field| field.bounds = None);
            object.fields.sort_by(|a, b| a.name.cmp(&b.name));
        }
        TypeKind::Enum(values) => values.sort_by(|a, b| a.value.cmp(&b.value)),
        _ => {}
    }
    kind
}

/// A number for each key, the same for equal ones, and how many there are.
fn numbered<K: Eq + Hash>(keys: impl Iterator<Item = K>) -> (Vec<u32>, usize) {
    let mut known: HashMap<K, u32> = HashMap::new();
    let mut numbers = Vec::new();
    for key in keys {
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        numbers.push(*known.entry(key).or_insert(next));
    }
    (numbers, known.len())
}

/// What a request holds of a component, where a response holds something else, has a name of its own.
fn tell_views_apart(mut standings: Vec<Standing>, classes: &[u32]) -> Vec<Standing> {
    let response: HashMap<String, u32> = standings
        .iter()
        .zip(classes)
        .filter(|(standing, _)| standing.view == View::Response)
        .map(|(standing, class)| (standing.identity.clone(), *class))
        .collect();
    for (standing, class) in standings.iter_mut().zip(classes) {
        let differs = response.get(&standing.identity).is_some_and(|other| other != class);
        if standing.view == View::Request && differs {
            standing.hint.push_str(INPUT);
            standing.identity.push_str(" as a request");
            standing.component = false;
        }
    }
    standings
}
