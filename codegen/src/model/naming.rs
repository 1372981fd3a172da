//! Gives types their names: a component its own, others the name of their place. A type that stands in several places has the name of each.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::api::Names;
use super::build::Standing;
use super::graph::Types;
use super::names::{self, Use};

/// One place of one type.
struct Seat<'p> {
    standing: &'p Standing,
    /// Number of the type that stands there.
    index: usize,
}

/// Names every object, enum and union, and gives the names by the identity of their places. Where the places of different types give the same
/// name, a component keeps it, else the place that had it before, else the one nearest to the document's top; the others get a mark of their
/// pointer. `components` are the names of all components of the document, `earlier` those that an earlier run gave.
pub(super) fn name_types(
    types: &mut Types,
    places: &[Vec<Standing>],
    components: &HashMap<&str, String>,
    earlier: &Names,
) -> BTreeMap<String, String> {
    let mut given: BTreeMap<String, String> = BTreeMap::new();
    let mut taken: HashMap<String, Option<usize>> =
        components.values().map(|name| (name.clone(), None)).collect();
    let mut groups: BTreeMap<String, Vec<Seat<'_>>> = BTreeMap::new();
    let named = |index: usize| types.all.get(index).is_some_and(|found| found.kind.is_named());
    for (index, standings) in places.iter().enumerate().filter(|(index, _)| named(*index)) {
        for standing in standings {
            let seat = Seat { standing, index };
            if standing.component {
                given.insert(standing.identity.clone(), standing.hint.clone());
            } else if let Some(name) = earlier.types.get(&standing.identity) {
                // Two types can have had one name together while they were alike.
                if *taken.entry(name.clone()).or_insert(Some(index)) == Some(index) {
                    given.insert(standing.identity.clone(), name.clone());
                } else {
                    groups.entry(name.clone()).or_default().push(seat);
                }
            } else {
                groups.entry(names::ident(&standing.hint, Use::Type)).or_default().push(seat);
            }
        }
    }
    let plain: HashSet<String> = groups.keys().cloned().collect();
    for (name, mut seats) in groups {
        seats.sort_by_key(|seat| (seat.standing.pointer.len(), &seat.standing.identity));
        for seat in seats {
            let mut unique = name.clone();
            while taken.get(&unique).is_some_and(|holder| *holder != Some(seat.index))
                || (unique != name && plain.contains(&unique))
            {
                unique = names::with_mark(&unique, &seat.standing.identity, Use::Type);
            }
            taken.insert(unique.clone(), Some(seat.index));
            given.insert(seat.standing.identity.clone(), unique);
        }
    }
    for (index, standings) in places.iter().enumerate() {
        let Some(found) = types.all.get_mut(index) else { continue };
        found.place_names =
            standings.iter().filter_map(|standing| given.get(&standing.identity)).cloned().collect();
        found.name = found.place_names.first().cloned();
    }
    given
}
