//! Makes one type of those that are alike, and drops those that nothing reaches. An inline schema that a document repeats in hundreds of places
//! is one type with a name for each place; a component stays a type of its own, whatever it is like.

use std::collections::HashMap;
use std::hash::Hash;

use super::api::{Operation, TypeId, TypeRef, Types};
use super::build::{Builder, Standing, View};

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
    let mut members: HashMap<u32, Vec<TypeId>> = HashMap::new();
    for id in &reached {
        members.entry(classes[id.0 as usize]).or_default().push(*id);
    }
    let rank = |id: &TypeId| {
        let standing = &standings[id.0 as usize];
        (standing.pointer.len(), standing.identity.clone(), standing.view)
    };
    let mut kept: HashMap<u32, TypeId> = HashMap::new();
    let mut merged = Types::default();
    let mut places = Vec::new();
    for id in &reached {
        let class = classes[id.0 as usize];
        if kept.contains_key(&class) {
            continue;
        }
        let mut ids = members.remove(&class).unwrap_or_default();
        // The nearest to the document's top stands for all of them, whichever was come upon first.
        ids.sort_by_cached_key(rank);
        let Some(first) = ids.first() else { continue };
        kept.insert(class, merged.add(types.get(*first).clone()));
        places.push(ids.iter().map(|id| standings[id.0 as usize].clone()).collect());
    }
    let now = |used: &mut TypeRef| {
        if let Some(id) = kept.get(&classes[used.id.0 as usize]) {
            used.id = *id;
        }
    };
    for found in &mut merged.all {
        found.kind.uses_mut().into_iter().for_each(now);
    }
    for operation in operations {
        operation.uses_mut().for_each(now);
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
    let own = types.iter().zip(standings).map(|((_, found), standing)| {
        let mut kind = found.kind.clone();
        kind.uses_mut().into_iter().for_each(|used| used.id = TypeId(0));
        let component = (standing.component && kind.is_named()).then_some(&standing.identity);
        (component, found.description.as_deref(), found.deprecated, kind)
    });
    let (mut classes, mut count) = numbered(own);
    loop {
        let held = types.iter().zip(&classes).map(|((_, found), class)| {
            let held: Vec<u32> =
                found.kind.uses().into_iter().map(|used| classes[used.id.0 as usize]).collect();
            (*class, held)
        });
        let (split, more) = numbered(held);
        if more == count {
            return split;
        }
        (classes, count) = (split, more);
    }
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
