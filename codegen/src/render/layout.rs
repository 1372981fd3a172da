//! Which item goes into which file, and under which Cargo feature it stands. A tag is a feature. A type that one tag alone reaches is in the
//! tag's file; one that several reach is in a file of its component, which stands under any of their features.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::names::{self, Use};
use crate::model::{Api, TypeId, TypeRef};

/// A file of types.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TypeFile {
    /// Of one tag: its module.
    Tag(String),
    /// Of several: the module of the component, below `common`.
    Common(String),
}

/// The layout of a generated crate.
#[derive(Debug)]
pub(super) struct Layout {
    /// Tag to module and feature, in the order of the alphabet.
    pub(super) tags: BTreeMap<String, String>,
    /// The types of each file, by name.
    pub(super) files: BTreeMap<TypeFile, Vec<TypeId>>,
    /// The tags under whose features each file stands.
    pub(super) features: BTreeMap<TypeFile, BTreeSet<String>>,
}

impl Layout {
    pub(super) fn new(api: &Api) -> Self {
        let texts: BTreeSet<&str> = api.operations.iter().map(|operation| operation.tag.as_str()).collect();
        let tags: BTreeMap<String, String> = names::idents(texts.iter().copied(), Use::Module)
            .into_iter()
            .map(|(tag, module)| (tag.to_owned(), module))
            .collect();
        let reached = reached(api, &tags);
        let mut file_of: HashMap<TypeId, TypeFile> = HashMap::new();
        let mut files: BTreeMap<TypeFile, Vec<TypeId>> = BTreeMap::new();
        let mut features: BTreeMap<TypeFile, BTreeSet<String>> = BTreeMap::new();
        let roots = common_modules(api, &reached);
        for (id, kind) in api.types.iter().filter(|(_, kind)| kind.name.is_some()) {
            let Some(modules) = reached.get(&id).filter(|modules| !modules.is_empty()) else { continue };
            let file = match (modules.len(), modules.first()) {
                (1, Some(module)) => TypeFile::Tag(module.clone()),
                _ => {
                    let root = root(&kind.pointer);
                    TypeFile::Common(roots.get(&root).cloned().unwrap_or(root))
                }
            };
            features.entry(file.clone()).or_default().extend(modules.iter().cloned());
            files.entry(file.clone()).or_default().push(id);
            file_of.insert(id, file);
        }
        for ids in files.values_mut() {
            ids.sort_by(|a, b| api.types.get(*a).name.cmp(&api.types.get(*b).name));
        }
        spread(api, &file_of, &mut features);
        Self { tags, files, features }
    }

    /// The module of an operation's tag.
    pub(super) fn module(&self, tag: &str) -> &str {
        self.tags.get(tag).map_or("common", String::as_str)
    }

    /// Whether a file stands under every feature, so that none need be named.
    pub(super) fn everywhere(&self, file: &TypeFile) -> bool {
        self.features.get(file).is_none_or(|features| features.len() == self.tags.len())
    }
}

/// The types that a type leads to directly.
fn targets(api: &Api, id: TypeId) -> impl Iterator<Item = TypeId> {
    api.types.get(id).kind.uses().into_iter().map(|used| used.id)
}

/// The modules of the tags that reach each type.
fn reached(api: &Api, tags: &BTreeMap<String, String>) -> HashMap<TypeId, BTreeSet<String>> {
    let mut reached: HashMap<TypeId, BTreeSet<String>> = HashMap::new();
    let mut by_module: BTreeMap<&str, Vec<TypeRef>> = BTreeMap::new();
    for operation in &api.operations {
        let module = tags.get(&operation.tag).map_or("common", String::as_str);
        let used = by_module.entry(module).or_default();
        used.extend(operation.uses());
    }
    for (module, used) in by_module {
        let mut open: Vec<TypeId> = used.into_iter().map(|used| used.id).collect();
        while let Some(id) = open.pop() {
            if reached.entry(id).or_default().insert(module.to_owned()) {
                open.extend(targets(api, id));
            }
        }
    }
    reached
}

/// What a shared type is filed under: its component, or the name of the place of an inline one.
fn root(pointer: &str) -> String {
    let mut tokens = pointer.trim_start_matches('/').split('/');
    match (tokens.next(), tokens.next(), tokens.next()) {
        (Some("components"), Some("schemas"), Some(name)) => name.replace("~1", "/").replace("~0", "~"),
        (Some("paths"), Some(path), _) => path.replace("~1", "/").replace("~0", "~"),
        _ => "shared".to_owned(),
    }
}

/// Modules below `common`, unique after casing.
fn common_modules(api: &Api, reached: &HashMap<TypeId, BTreeSet<String>>) -> HashMap<String, String> {
    let roots: BTreeSet<String> = api
        .types
        .iter()
        .filter(|(id, kind)| kind.name.is_some() && reached.get(id).is_some_and(|modules| modules.len() > 1))
        .map(|(_, kind)| root(&kind.pointer))
        .collect();
    names::idents(roots.iter().map(String::as_str), Use::Module)
        .into_iter()
        .map(|(root, module)| (root.to_owned(), module))
        .collect()
}

/// A file that stands under a feature needs what its types refer to under that feature too.
fn spread(
    api: &Api,
    file_of: &HashMap<TypeId, TypeFile>,
    features: &mut BTreeMap<TypeFile, BTreeSet<String>>,
) {
    let mut edges: BTreeSet<(&TypeFile, &TypeFile)> = BTreeSet::new();
    for (id, file) in file_of {
        let mut open: Vec<TypeId> = targets(api, *id).collect();
        let mut seen = BTreeSet::new();
        while let Some(target) = open.pop() {
            match file_of.get(&target) {
                Some(other) if other != file => {
                    edges.insert((file, other));
                }
                Some(_) => {}
                // A type without a name is written in place, so what it holds counts as held here.
                None if seen.insert(target) => open.extend(targets(api, target)),
                None => {}
            }
        }
    }
    loop {
        let mut grew = false;
        for (from, to) in &edges {
            let needed = features.get(*from).cloned().unwrap_or_default();
            let held = features.entry((*to).clone()).or_default();
            let before = held.len();
            held.extend(needed);
            grew |= held.len() > before;
        }
        if !grew {
            return;
        }
    }
}
