//! What can be said of the types only when all of them are there: what tells a union's variants apart, which fields need a `Box`.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::diagnostic::{Code, Diagnostic};

use super::build::Builder;
use super::graph::{Object, TypeId, TypeKind, TypeRef, Types, Union, VariantTest};

/// Lists and maps are written in place and have no name, so one that holds itself by way of others like it alone could never be written to its
/// end. There its items are any JSON.
pub(super) fn end_nameless_recursion(builder: &mut Builder<'_>) {
    let held = |types: &Types, id: TypeId| match &types.get(id).kind {
        TypeKind::Array(held) | TypeKind::Map(held) => Some(held.id),
        _ => None,
    };
    let mut ends: HashSet<TypeId> = HashSet::new();
    let mut circles: Vec<TypeId> = Vec::new();
    for (id, _) in builder.types.iter() {
        let mut path = vec![id];
        let mut next = held(&builder.types, id);
        while let Some(inner) = next.filter(|inner| !ends.contains(inner)) {
            if let Some(start) = path.iter().position(|known| *known == inner) {
                // Whichever member was come upon first, the circle is cut at the same one: the nearest to the document's top.
                let circle = path.get(start..).unwrap_or_default();
                let pointer = |id: &TypeId| builder.types.get(*id).pointer.clone();
                circles.extend(circle.iter().min_by_key(|id| (pointer(id).len(), pointer(id))));
                break;
            }
            path.push(inner);
            next = held(&builder.types, inner);
        }
        ends.extend(path);
    }
    for id in circles {
        let pointer = builder.types.get(id).pointer.clone();
        let any = builder.any(&pointer);
        if let Some(TypeKind::Array(held) | TypeKind::Map(held)) =
            builder.types.all.get_mut(id.0 as usize).map(|found| &mut found.kind)
        {
            *held = any;
        }
        let message = "a list or map that holds itself; what it holds is taken as any JSON";
        builder.report(Diagnostic::warning(Code::NamelessRecursion, message), &pointer);
    }
}

/// Settles what tells the variants of each union apart.
pub(super) fn settle_unions(builder: &mut Builder<'_>) {
    let unions: Vec<TypeId> = builder
        .types
        .iter()
        .filter(|(_, kind)| matches!(&kind.kind, TypeKind::Union(union) if !union.is_by_status()))
        .map(|(id, _)| id)
        .collect();
    for id in unions {
        let TypeKind::Union(union) = &builder.types.get(id).kind else { continue };
        let tests = tests(&builder.types, union, builder.tags.get(&id));
        let pointer = builder.types.get(id).pointer.clone();
        if tests.iter().filter(|test| **test == VariantTest::Order).count() > 1 {
            builder.report(
                Diagnostic::warning(
                    Code::UnionByOrder,
                    "nothing tells all alternatives apart; a value is taken for the first that fits".to_owned(),
                )
                .help("a `discriminator`, or a property with a different constant in each alternative, would tell them apart"),
                &pointer,
            );
        }
        if let Some(TypeKind::Union(union)) =
            builder.types.all.get_mut(id.0 as usize).map(|kind| &mut kind.kind)
        {
            for (variant, test) in union.variants.iter_mut().zip(tests) {
                // Where anything is allowed, an object that knows little of a value would drop what it does not know.
                let by_type_alone = union.open && test == VariantTest::Type;
                variant.test = if by_type_alone { VariantTest::Order } else { test };
            }
        }
    }
}

fn tests(types: &Types, union: &Union, tags: Option<&Vec<Vec<String>>>) -> Vec<VariantTest> {
    let mut tests = vec![VariantTest::Order; union.variants.len()];
    let classes: Vec<BTreeSet<u8>> =
        union.variants.iter().map(|variant| classes(types, variant.type_ref)).collect();
    for (index, test) in tests.iter_mut().enumerate() {
        if let Some(values) = tags.and_then(|tags| tags.get(index)).filter(|values| !values.is_empty()) {
            *test = VariantTest::Tag(values.clone());
            continue;
        }
        let alone =
            classes.iter().enumerate().all(|(other, set)| other == index || set.is_disjoint(&classes[index]));
        if alone && !classes[index].is_empty() {
            *test = VariantTest::Type;
        }
    }
    let objects: Vec<(usize, &Object)> = union
        .variants
        .iter()
        .enumerate()
        .filter(|(index, _)| tests[*index] == VariantTest::Order)
        .filter_map(|(index, variant)| match &types.get(variant.type_ref.id).kind {
            TypeKind::Object(object) => Some((index, object)),
            _ => None,
        })
        .collect();
    if let Some((name, values)) = constant(types, &objects) {
        for ((index, _), values) in objects.iter().zip(values) {
            tests[*index] = VariantTest::Constant(name.clone(), values);
        }
        return tests;
    }
    for (index, object) in &objects {
        let unique = object.fields.iter().find(|field| {
            field.required
                && objects.iter().all(|(other, held)| other == index || held.field(&field.name).is_none())
        });
        if let Some(field) = unique {
            tests[*index] = VariantTest::Key(field.name.clone());
        }
    }
    tests
}

/// The required property whose listed values differ in every object, with these values: texts as they are, others as JSON.
fn constant(types: &Types, objects: &[(usize, &Object)]) -> Option<(String, Vec<Vec<String>>)> {
    let (_, first) = objects.first().filter(|_| objects.len() > 1)?;
    'fields: for field in &first.fields {
        let mut all: Vec<Vec<String>> = Vec::new();
        for (_, object) in objects {
            let Some(held) = object.field(&field.name).filter(|held| held.required) else { continue 'fields };
            let listed: Vec<String> = match &types.get(held.type_ref.id).kind {
                TypeKind::Enum(values) => values.iter().map(|value| value.value.clone()).collect(),
                _ => held.listed.clone(),
            };
            if listed.is_empty() || all.iter().flatten().any(|known| listed.contains(known)) {
                continue 'fields;
            }
            all.push(listed);
        }
        return Some((field.name.clone(), all));
    }
    None
}

/// The JSON types that a value of a type may be of, as small numbers. A union that is met again adds nothing.
fn classes(types: &Types, type_ref: TypeRef) -> BTreeSet<u8> {
    let mut found = BTreeSet::new();
    let mut met = HashSet::new();
    let mut open = vec![type_ref.id];
    while let Some(id) = open.pop() {
        match &types.get(id).kind {
            TypeKind::Any => return (0..5).collect(),
            TypeKind::Boolean => found.insert(0),
            TypeKind::Integer(_) | TypeKind::Number(_) => found.insert(1),
            TypeKind::Text(_) | TypeKind::Enum(_) => found.insert(2),
            TypeKind::Array(_) | TypeKind::Tuple(_) => found.insert(3),
            TypeKind::Map(_) | TypeKind::Object(_) => found.insert(4),
            TypeKind::Union(union) => {
                if met.insert(id) {
                    open.extend(union.variants.iter().map(|variant| variant.type_ref.id));
                }
                continue;
            }
        };
    }
    found
}

/// Boxes every field and variant by which a type would contain itself, and no other. A type that could hold no finite value, because it
/// requires itself, gets that field made optional.
pub(super) fn box_recursion(builder: &mut Builder<'_>) {
    let held = |id| direct(&builder.types, id).into_iter().map(|id: TypeId| id.0 as usize).collect();
    let all: Vec<Vec<usize>> = builder.types.iter().map(|(id, _)| held(id)).collect();
    let component = strong_components(&all);
    let same = |from: TypeId, to: TypeId| component[from.0 as usize] == component[to.0 as usize];
    let mut boxed_fields: Vec<(TypeId, usize)> = Vec::new();
    let edges: Vec<(TypeId, Vec<TypeId>)> =
        builder.types.iter().map(|(id, _)| (id, direct(&builder.types, id))).collect();
    let in_cycle: HashSet<TypeId> = edges
        .iter()
        .filter(|(id, targets)| targets.iter().any(|target| same(*id, *target)))
        .map(|(id, _)| *id)
        .collect();
    for id in &in_cycle {
        match &builder.types.get(*id).kind {
            TypeKind::Object(object) => {
                let boxed = object.fields.iter().enumerate().filter(|(_, field)| {
                    is_direct(&builder.types, field.type_ref.id)
                        && in_cycle.contains(&field.type_ref.id)
                        && same(*id, field.type_ref.id)
                });
                boxed_fields.extend(boxed.map(|(index, _)| (*id, index)));
            }
            TypeKind::Union(union) => {
                let boxed = union.variants.iter().enumerate().filter(|(_, variant)| {
                    is_direct(&builder.types, variant.type_ref.id)
                        && in_cycle.contains(&variant.type_ref.id)
                        && same(*id, variant.type_ref.id)
                });
                boxed_fields.extend(boxed.map(|(index, _)| (*id, index)));
            }
            _ => {}
        }
    }
    for (id, index) in boxed_fields {
        match builder.types.all.get_mut(id.0 as usize).map(|found| &mut found.kind) {
            Some(TypeKind::Object(object)) => object.fields[index].boxed = true,
            Some(TypeKind::Union(union)) => union.variants[index].boxed = true,
            _ => {}
        }
    }
    open_endless(builder);
}

/// Whether a field of that type holds it in place, so that recursion through it needs a `Box`.
fn is_direct(types: &Types, id: TypeId) -> bool {
    matches!(types.get(id).kind, TypeKind::Object(_) | TypeKind::Union(_))
}

/// The types that a type holds in place.
fn direct(types: &Types, id: TypeId) -> Vec<TypeId> {
    let held: Vec<TypeId> = match &types.get(id).kind {
        TypeKind::Object(object) => object.fields.iter().map(|field| field.type_ref.id).collect(),
        TypeKind::Union(union) => union.variants.iter().map(|variant| variant.type_ref.id).collect(),
        _ => Vec::new(),
    };
    held.into_iter().filter(|id| is_direct(types, *id)).collect()
}

/// The number of the strongly connected component of each type (Tarjan's algorithm, with a stack of its own).
pub(super) fn strong_components(edges: &[Vec<usize>]) -> Vec<usize> {
    let count = edges.len();
    let (mut index, mut low) = (vec![usize::MAX; count], vec![0; count]);
    let (mut component, mut on_stack) = (vec![usize::MAX; count], vec![false; count]);
    let (mut stack, mut next, mut components) = (Vec::new(), 0, 0);
    for root in 0..count {
        if index[root] != usize::MAX {
            continue;
        }
        let mut calls = vec![(root, 0)];
        while let Some((node, edge)) = calls.pop() {
            if edge == 0 {
                (index[node], low[node]) = (next, next);
                next += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            match edges[node].get(edge) {
                Some(&target) => {
                    calls.push((node, edge + 1));
                    if index[target] == usize::MAX {
                        calls.push((target, 0));
                    } else if on_stack[target] {
                        low[node] = low[node].min(index[target]);
                    }
                }
                None => {
                    if low[node] == index[node] {
                        while let Some(member) = stack.pop() {
                            on_stack[member] = false;
                            component[member] = components;
                            if member == node {
                                break;
                            }
                        }
                        components += 1;
                    }
                    if let Some((parent, _)) = calls.last() {
                        low[*parent] = low[*parent].min(low[node]);
                    }
                }
            }
        }
    }
    component
}

/// Makes a required field optional where objects require each other in a circle.
fn open_endless(builder: &mut Builder<'_>) {
    let mut state: HashMap<TypeId, bool> = HashMap::new();
    let ids: Vec<TypeId> = builder.types.iter().map(|(id, _)| id).collect();
    let mut opened: Vec<(TypeId, usize)> = Vec::new();
    for root in ids {
        if state.contains_key(&root) {
            continue;
        }
        state.insert(root, true);
        let mut path: Vec<(TypeId, usize)> = vec![(root, 0)];
        while let Some((id, at)) = path.pop() {
            let TypeKind::Object(object) = &builder.types.get(id).kind else {
                state.insert(id, false);
                continue;
            };
            let next = object.fields.iter().enumerate().skip(at).find(|(_, field)| {
                field.required
                    && !field.type_ref.nullable
                    && matches!(builder.types.get(field.type_ref.id).kind, TypeKind::Object(_))
            });
            let Some((index, field)) = next else {
                state.insert(id, false);
                continue;
            };
            path.push((id, index + 1));
            match state.get(&field.type_ref.id) {
                Some(true) => opened.push((id, index)),
                Some(false) => {}
                None => {
                    state.insert(field.type_ref.id, true);
                    path.push((field.type_ref.id, 0));
                }
            }
        }
    }
    for (id, index) in opened {
        let pointer = builder.types.get(id).pointer.clone();
        let mut name = String::new();
        if let Some(TypeKind::Object(object)) =
            builder.types.all.get_mut(id.0 as usize).map(|found| &mut found.kind)
        {
            object.fields[index].required = false;
            name.clone_from(&object.fields[index].name);
        }
        builder.report(
            Diagnostic::warning(
                Code::EndlessType,
                format!("`{name}` is required and holds what holds it again, so no value could ever end; taken as optional"),
            ),
            &pointer,
        );
    }
}
