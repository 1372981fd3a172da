//! `oneOf` and `anyOf`: an enum with a variant for each alternative, or one object that has the properties of all.

use std::collections::HashSet;

use serde_json::Value;

use crate::diagnostic::{Code, Diagnostic};

use super::build::{Builder, text_enum};
use super::facts::{Additional, Alternatives, Facts, JsonType, Place, SchemaRef, is_component};
use super::graph::{TypeId, TypeKind, TypeRef, Union, Variant, VariantTest};
use super::names::{Use, ident};

/// So many alternatives of alternatives are folded into one object.
const MOST_FOLDED: usize = 500;

impl<'d> Builder<'d> {
    pub(super) fn alternatives(&mut self, id: TypeId, facts: &Facts<'d>, place: &Place<'d>) -> TypeKind {
        // An alternative such as `{required: [a]}` restricts, and describes nothing.
        let mut groups: Vec<Alternatives<'d>> = Vec::new();
        let mut open = false;
        let mut facts = facts.clone();
        for mut group in facts.alternatives.clone() {
            group.members.retain(|member| {
                let said = self.schemas.gather(std::slice::from_ref(member));
                open |= said.is_empty() && said.required.is_empty();
                if said.is_empty() {
                    facts.mentioned.extend(said.required);
                    return false;
                }
                true
            });
            if !group.members.is_empty() {
                groups.push(group);
            }
        }
        match groups.as_slice() {
            [] if facts.is_empty() || facts.kind().is_none() => TypeKind::Any,
            [] => self.by_type(&facts, place),
            [group] if facts.properties.is_empty() => self.union(id, group, open, place),
            groups => self.merged(&facts, groups, place),
        }
    }

    /// Properties of its own beside alternatives, or several groups of alternatives: one object that has the properties of all, of which only
    /// those are required that each alternative of a group requires.
    fn merged(&mut self, facts: &Facts<'d>, groups: &[Alternatives<'d>], place: &Place<'d>) -> TypeKind {
        let mut merged = facts.clone();
        merged.alternatives.clear();
        for group in &facts.alternatives {
            // An alternative that describes nothing asks for nothing either, so it counts here.
            let required =
                group.members.iter().map(|member| self.flattened(member, 0, &mut HashSet::new()).required);
            let common = required.reduce(|a, b| a.intersection(&b).copied().collect());
            merged.required.extend(common.unwrap_or_default());
        }
        for group in groups {
            for member in &group.members {
                let member_facts = self.flattened(member, 0, &mut HashSet::new());
                if member_facts.kind().is_some_and(|kind| kind != JsonType::Object) {
                    self.report(
                        Diagnostic::warning(
                            Code::MixedAlternatives,
                            "alternatives of different JSON types beside properties; taken as any JSON"
                                .to_owned(),
                        ),
                        &place.pointer,
                    );
                    return TypeKind::Any;
                }
                // Keys that one alternative leaves open are kept, as anything: another may say less of them.
                if !matches!(member_facts.additional, None | Some(Additional::None)) {
                    merged.additional.get_or_insert(Additional::Any);
                }
                merged.mentioned.extend(member_facts.required);
                for (name, places) in member_facts.properties {
                    merged.properties.entry(name).or_default().extend(places);
                }
            }
        }
        merged.json_type = Some(JsonType::Object);
        self.object(&merged, place)
    }

    /// What an alternative says, with its own alternatives folded in as optional properties. Each schema is folded in once: alternatives of
    /// alternatives may lead to the same ones by more ways than could be gone.
    pub(super) fn flattened(
        &self,
        member: &Place<'d>,
        depth: usize,
        folded: &mut HashSet<String>,
    ) -> Facts<'d> {
        let mut facts = self.schemas.gather(std::slice::from_ref(member));
        let groups = std::mem::take(&mut facts.alternatives);
        for inner in groups.iter().flat_map(|group| &group.members) {
            let (target, _) = self.schemas.peel(inner);
            if depth < 8 && folded.len() < MOST_FOLDED && folded.insert(target.pointer) {
                let inner = self.flattened(inner, depth + 1, folded);
                for (name, places) in inner.properties {
                    facts.properties.entry(name).or_default().extend(places);
                }
            }
        }
        facts
    }

    fn union(&mut self, id: TypeId, group: &Alternatives<'d>, open: bool, place: &Place<'d>) -> TypeKind {
        if let ([member], false) = (group.members.as_slice(), open) {
            let facts = self.schemas.gather(std::slice::from_ref(member));
            return self.kind(id, &facts, &Place { hint: place.hint.clone(), ..member.clone() });
        }
        let all: Vec<Facts<'d>> =
            group.members.iter().map(|member| self.schemas.gather(std::slice::from_ref(member))).collect();
        if all.iter().all(Facts::is_plain_text) && !open {
            return texts(&all);
        }
        let mut variants: Vec<Variant> = Vec::new();
        let mut tags: Vec<Vec<String>> = Vec::new();
        let mut names = Vec::new();
        for (index, member) in group.members.iter().enumerate() {
            // Where one alternative allows null, the union as a whole does.
            let type_ref = TypeRef { nullable: false, ..self.type_of(member) };
            let values = group
                .discriminator
                .map(|discriminator| self.tag_values(discriminator, member))
                .unwrap_or_default();
            if let Some(known) = variants.iter().position(|variant| variant.type_ref.id == type_ref.id) {
                tags[known].extend(values);
                continue;
            }
            names.push(self.variant_name(member, &all[index], place));
            tags.push(values);
            variants.push(Variant { ident: String::new(), type_ref, test: VariantTest::Order, boxed: false });
        }
        for index in 0..names.len() {
            // Two alternatives of one name are told apart by their place.
            let same = names[..index].iter().filter(|name| **name == names[index]).count();
            variants[index].ident = if same == 0 {
                names[index].clone()
            } else {
                super::names::with_mark(&names[index], &format!("{same}"), Use::Variant)
            };
        }
        if group.discriminator.is_some() {
            self.tags.insert(id, tags);
        }
        TypeKind::Union(Union {
            discriminator: group.discriminator.map(|found| found.property_name.clone()),
            variants,
            open,
        })
    }

    fn variant_name(&self, member: &Place<'d>, facts: &Facts<'d>, place: &Place<'d>) -> String {
        let (target, _) = self.schemas.peel(member);
        if is_component(&target.pointer) {
            return ident(&target.hint, Use::Variant);
        }
        let text = match facts.kind() {
            Some(JsonType::String) if facts.values.is_none() => "Text",
            Some(JsonType::Integer) => "Integer",
            Some(JsonType::Number) => "Number",
            Some(JsonType::Boolean) => "Boolean",
            Some(JsonType::Array) => "List",
            _ => member.hint.strip_prefix(place.hint.as_str()).unwrap_or(&member.hint),
        };
        ident(text, Use::Variant)
    }

    /// The discriminator's values that stand for a member: those mapped to it; else those that it lists for the property itself, as documents
    /// do that leave the mapping out; else its component's name (OpenAPI 3.1.1, 4.8.25).
    fn tag_values(&self, discriminator: &openapiv3::Discriminator, member: &Place<'d>) -> Vec<String> {
        let (target, _) = self.schemas.peel(member);
        let targets = [member, &target];
        let leads_there = |reference: &str| {
            let full = if reference.starts_with('#') {
                reference.to_owned()
            } else {
                format!("#/components/schemas/{reference}")
            };
            targets.iter().any(|place| {
                full.strip_prefix('#') == Some(place.pointer.as_str())
                    || matches!(place.schema, SchemaRef::Reference(known) if known == full)
            })
        };
        let mapped: Vec<String> = discriminator
            .mapping
            .iter()
            .filter(|(_, reference)| leads_there(reference))
            .map(|(value, _)| value.clone())
            .collect();
        if !mapped.is_empty() {
            return mapped;
        }
        let flattened = self.flattened(member, 0, &mut HashSet::new());
        let places = flattened.properties.get(discriminator.property_name.as_str());
        let listed = places.into_iter().flatten().map(|place| {
            let values = self.schemas.gather(std::slice::from_ref(place)).values?;
            Some(
                values
                    .iter()
                    .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                    .collect(),
            )
        });
        let listed: Option<Vec<Vec<String>>> = listed.collect();
        let listed = listed.unwrap_or_default().concat();
        if !listed.is_empty() {
            return listed;
        }
        let name = match member.schema {
            SchemaRef::Reference(reference) => reference.rsplit('/').next().map(str::to_owned),
            SchemaRef::Item(_) => None,
        };
        name.map(|name| name.replace("~1", "/").replace("~0", "~")).into_iter().collect()
    }
}

/// Texts of several kinds: all the listed values, since enums are open; or just text, where no member lists any.
fn texts(all: &[Facts<'_>]) -> TypeKind {
    let listed: Vec<&str> =
        all.iter().filter_map(|facts| facts.values.as_ref()).flatten().filter_map(Value::as_str).collect();
    if listed.is_empty() {
        let mut formats = all.iter().map(|facts| facts.format.clone().unwrap_or_default());
        let first = formats.next().unwrap_or_default();
        return TypeKind::Text(if formats.all(|format| format == first) { first } else { String::new() });
    }
    text_enum(listed)
}
