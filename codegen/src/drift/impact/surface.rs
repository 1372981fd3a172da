//! What users of a generated crate can name, and what two versions of it differ in. It is read from the generated files, so it is what the
//! compiler sees, whatever changed in the document.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::generate::Connector;
use crate::model::{Operation, TypeId, TypeKind};
use crate::plan::Plan;
use crate::render::Files;
use crate::version::Bump;

/// How the public items of a generated crate changed. Items are written as `Type`, `Type.field`, `Type::Variant`, `Client::method()`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiChanges {
    /// Items that are gone.
    pub removed: Vec<String>,
    /// Items that have another type or signature.
    pub changed: Vec<Changed>,
    /// Items that are new.
    pub added: Vec<String>,
    /// Those of `added` that existing code has to give: fields without which a request can no longer be written.
    pub demanded: Vec<String>,
}

/// An item that has another type or signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changed {
    /// The item.
    pub item: String,
    /// What it was.
    pub from: String,
    /// What it is.
    pub to: String,
}

impl ApiChanges {
    /// Whether code that uses the crate sees no difference.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.changed.is_empty() && self.added.is_empty()
    }

    /// What the changes ask of the version. Further fields and variants are no break: matches on generated enums have an arm for what is not
    /// listed in any case, and structs that are sent have a default to be completed from.
    pub(super) fn bump(&self) -> Bump {
        if !(self.removed.is_empty() && self.changed.is_empty() && self.demanded.is_empty()) {
            Bump::Major
        } else if self.added.is_empty() {
            Bump::None
        } else {
            Bump::Minor
        }
    }
}

/// Compares the crates of two versions of a document.
pub(super) fn compare((old, old_plan): (&Files, &Plan), (new, new_plan): (&Files, &Plan)) -> ApiChanges {
    let (before, after) = (items(old), items(new));
    let mut changes = ApiChanges::default();
    let sent: BTreeSet<&str> = sent(old_plan).intersection(&sent(new_plan)).copied().collect();
    // A type that is gone, or new, is one change, whatever it holds.
    let within = |item: &str, others: &BTreeMap<String, String>| {
        let owner = owner(item);
        owner != item && owner != "Client" && !others.contains_key(owner)
    };
    for (item, signature) in &before {
        match after.get(item) {
            None if within(item, &after) => {}
            None => changes.removed.push(item.clone()),
            Some(now) if now != signature => {
                let (item, from, to) = (item.clone(), signature.clone(), now.clone());
                changes.changed.push(Changed { item, from, to });
            }
            Some(_) => {}
        }
    }
    for (item, signature) in after.iter().filter(|(item, _)| !before.contains_key(*item)) {
        if within(item, &before) {
            continue;
        }
        let owner = item.split_once('.').map(|(owner, _)| owner);
        if owner.is_some_and(|owner| sent.contains(owner)) && !may_be_left_out(signature) {
            changes.demanded.push(item.clone());
        }
        changes.added.push(item.clone());
    }
    changes
}

/// The type that an item is part of, or the item.
fn owner(item: &str) -> &str {
    item.split(['.', ':']).next().unwrap_or(item)
}

/// The operations of a connector whose callers have to change something, by their ids: those whose methods, or types that they take or give, are
/// among what is gone, differs or is demanded.
pub(super) fn broken(old: &Connector, changes: &ApiChanges) -> Vec<String> {
    let items = items(&old.files);
    let changed = changes.changed.iter().map(|changed| &changed.item);
    let touched: BTreeSet<&str> =
        changes.removed.iter().chain(changed).chain(&changes.demanded).map(String::as_str).collect();
    let owners: BTreeSet<&str> =
        touched.iter().map(|item| owner(item)).filter(|owner| *owner != "Client").collect();
    let types = &old.plan.api.types;
    let breaks = |operation: &&Operation| {
        let others = operation.bodies.others.iter().map(|other| &other.name);
        let methods: Vec<String> =
            std::iter::once(&operation.name).chain(others).map(|name| format!("Client::{name}()")).collect();
        if methods.iter().any(|method| touched.contains(method.as_str())) {
            return true;
        }
        let mut open: Vec<TypeId> = operation.uses().map(|used| used.id).collect();
        let mut seen: BTreeSet<TypeId> = BTreeSet::new();
        while let Some(id) = open.pop() {
            if seen.insert(id) {
                if types.get(id).names().any(|name| owners.contains(name)) {
                    return true;
                }
                open.extend(types.get(id).kind.uses().iter().map(|used| used.id));
            }
        }
        // Structs of parameters and parts are no types of the document.
        let words = |text: &str| {
            let words = text.split(|sign: char| !sign.is_alphanumeric() && sign != '_');
            words.map(str::to_owned).collect::<Vec<_>>()
        };
        methods
            .iter()
            .filter_map(|method| items.get(method))
            .any(|signature| words(signature).iter().any(|word| owners.contains(word.as_str())))
    };
    old.plan.api.operations.iter().filter(breaks).map(|operation| operation.head.id.clone()).collect()
}

fn may_be_left_out(signature: &str) -> bool {
    signature.starts_with("Option<") || signature.starts_with("Maybe<")
}

/// The names of types that requests hold.
fn sent(plan: &Plan) -> BTreeSet<&str> {
    let types = &plan.api.types;
    let mut open: Vec<TypeId> = Vec::new();
    for operation in &plan.api.operations {
        open.extend(operation.bodies.uses().map(|used| used.id));
        open.extend(operation.parameters.iter().map(|parameter| parameter.type_ref.id));
    }
    let mut seen: BTreeSet<TypeId> = BTreeSet::new();
    let mut names = BTreeSet::new();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let found = types.get(id);
        if matches!(found.kind, TypeKind::Object(_)) {
            names.extend(found.name.as_deref());
        }
        open.extend(found.kind.uses().iter().map(|used| used.id));
    }
    names
}

/// Every public item with its signature.
fn items(files: &Files) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (path, text) in files {
        // A module of old shapes comes and goes whole, so its methods stand for all of it.
        let old = path.strip_prefix("src/previous/").and_then(|rest| rest.split_once('/'));
        let inner = old.map_or(path.strip_prefix("src/").unwrap_or_default(), |(_, inner)| inner);
        let public = inner.starts_with("operations/")
            || (old.is_none() && (inner.starts_with("types/") || matches!(inner, "streams.rs" | "lib.rs")));
        if !public || !path.ends_with(".rs") {
            continue;
        }
        let mut here = BTreeMap::new();
        // What the renderer wrote was parsed when it was made pretty.
        let Ok(file) = syn::parse_file(text) else { continue };
        for item in &file.items {
            add(item, &mut here);
        }
        here.retain(|item: &String, _| old.is_none() || item.starts_with("Client::"));
        found.append(&mut here);
    }
    found
}

fn add(item: &syn::Item, found: &mut BTreeMap<String, String>) {
    let public = |visibility: &syn::Visibility| matches!(visibility, syn::Visibility::Public(_));
    match item {
        syn::Item::Struct(item) if public(&item.vis) => {
            let name = item.ident.to_string();
            for (index, field) in item.fields.iter().enumerate().filter(|(_, field)| public(&field.vis)) {
                let field_name = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
                found.insert(format!("{name}.{field_name}"), spelt(&field.ty));
            }
            found.insert(name, format!("struct{}", spelt(&item.generics)));
        }
        syn::Item::Enum(item) if public(&item.vis) => {
            let name = item.ident.to_string();
            for variant in &item.variants {
                found.insert(format!("{name}::{}", variant.ident), spelt(&variant.fields));
            }
            found.insert(name, format!("enum{}", spelt(&item.generics)));
        }
        syn::Item::Type(item) if public(&item.vis) => {
            found.insert(item.ident.to_string(), spelt(&item.ty));
        }
        syn::Item::Impl(item) if item.trait_.is_none() => {
            let owner = spelt(&item.self_ty);
            let owner = owner.split('<').next().unwrap_or_default().to_owned();
            for part in &item.items {
                if let syn::ImplItem::Fn(method) = part
                    && public(&method.vis)
                {
                    let mut signature = method.sig.clone();
                    // Names of arguments are nothing that callers write.
                    for argument in &mut signature.inputs {
                        if let syn::FnArg::Typed(typed) = argument {
                            *typed.pat = syn::parse_quote!(_);
                        }
                    }
                    found.insert(format!("{owner}::{}()", method.sig.ident), spelt(&signature));
                }
            }
        }
        _ => {}
    }
}

/// Tokens as people write them.
fn spelt(tokens: &impl quote::ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    let mut spelt = text.replace(" :: ", "::").replace(" < ", "<").replace(" <", "<").replace("< ", "<");
    for (from, to) in
        [(" >", ">"), (" ,", ","), ("& ", "&"), (" (", "("), ("( ", "("), (" )", ")"), (" ;", ";")]
    {
        spelt = spelt.replace(from, to);
    }
    spelt
}

#[cfg(test)]
mod tests {
    use super::items;
    use crate::render::Files;

    #[test]
    fn public_items_are_named_with_their_signatures() {
        let text = "pub struct A { pub b: Option<Vec<String>>, c: u8 } pub enum E { X, Y(i64) } struct Private;\n\
                    impl Client { pub fn get(&self, id: &str) -> Call<A> { todo!() } fn hidden(&self) {} }\n\
                    pub type Alias = A;";
        let files: Files = [("src/types/a.rs".to_owned(), text.to_owned())].into_iter().collect();
        let found: Vec<String> =
            items(&files).iter().map(|(item, signature)| format!("{item} = {signature}")).collect();
        assert_eq!(
            found,
            [
                "A = struct",
                "A.b = Option<Vec<String>>",
                "Alias = A",
                "Client::get() = fn get(&self, _ : &str) -> Call<A>",
                "E = enum",
                "E::X = ",
                "E::Y = (i64)",
            ]
        );
    }
}
