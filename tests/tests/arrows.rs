//! The parts of each library use one another one way: no circle leads from a module at its root back to itself.

#![allow(clippy::expect_used, clippy::panic, reason = "a panic is a failed test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// Which parts name which others, and one file in which they do.
type Arrows = BTreeMap<String, BTreeMap<String, PathBuf>>;

/// The parts that code names by `crate::PART`. What macros quote is other code, and tests may use anything.
struct Names {
    found: BTreeSet<String>,
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.ident != "tests" {
            visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let syn::UseTree::Path(path) = &item.tree else { return };
        if path.ident == "crate" {
            firsts(&path.tree, &mut self.found);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut segments = path.segments.iter();
        if segments.next().is_some_and(|segment| segment.ident == "crate") {
            self.found.extend(segments.next().map(|segment| segment.ident.to_string()));
        }
        visit::visit_path(self, path);
    }
}

/// The first names of what a `use` brings in.
fn firsts(tree: &syn::UseTree, found: &mut BTreeSet<String>) {
    match tree {
        syn::UseTree::Path(path) => found.extend([path.ident.to_string()]),
        syn::UseTree::Name(name) => found.extend([name.ident.to_string()]),
        syn::UseTree::Rename(rename) => found.extend([rename.ident.to_string()]),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| firsts(tree, found)),
        syn::UseTree::Glob(_) => {}
    }
}

/// The files below a folder that are code and no tests, with the part that each belongs to.
fn files(root: &Path) -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder of code") {
            let path = entry.expect("an entry").path();
            let is_tests = path.file_stem().is_some_and(|stem| stem == "tests");
            if is_tests {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let within = path.strip_prefix(root).expect("below the root");
                let part =
                    Path::new(within.components().next().expect("a name").as_os_str()).with_extension("");
                found.push((part.to_string_lossy().into_owned(), path));
            }
        }
    }
    found.sort();
    found
}

fn arrows(root: &Path) -> Arrows {
    let files = files(root);
    // The root may name all parts.
    let is_part = |part: &str| part != "lib" && part != "main";
    let parts: BTreeSet<&String> = files.iter().map(|(part, _)| part).filter(|part| is_part(part)).collect();
    let mut arrows = Arrows::new();
    for (part, path) in files.iter().filter(|(part, _)| is_part(part)) {
        let text = std::fs::read_to_string(path).expect("a file of code");
        let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut names = Names { found: BTreeSet::new() };
        names.visit_file(&file);
        for name in names.found.iter().filter(|name| parts.contains(name) && *name != part) {
            arrows.entry(part.clone()).or_default().entry(name.clone()).or_insert_with(|| path.clone());
        }
    }
    arrows
}

/// A way from a part back to itself, as `part -> part (file)`.
fn circle(arrows: &Arrows) -> Option<Vec<String>> {
    arrows.keys().find_map(|start| {
        let mut ways = vec![(start.clone(), Vec::new())];
        let mut seen = BTreeSet::new();
        while let Some((part, way)) = ways.pop() {
            for (next, file) in arrows.get(&part).into_iter().flatten() {
                let mut way: Vec<String> = way.clone();
                way.push(format!("{part} -> {next} ({})", file.display()));
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    ways.push((next.clone(), way));
                }
            }
        }
        None
    })
}

#[test]
fn parts_of_a_library_use_one_another_one_way() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    for library in ["codegen", "runtime", "xtask"] {
        let arrows = arrows(&workspace.join(library).join("src"));
        assert!(arrows.len() > 5, "{library}: its parts were not found: {arrows:?}");
        if let Some(circle) = circle(&arrows) {
            panic!("{library} has a circle:\n  {}", circle.join("\n  "));
        }
    }
}

#[test]
fn a_circle_is_found_and_an_order_is_none() {
    let of = |pairs: &[(&str, &str)]| {
        let mut arrows = Arrows::new();
        for (from, to) in pairs {
            arrows.entry((*from).to_owned()).or_default().insert((*to).to_owned(), PathBuf::from("x.rs"));
        }
        circle(&arrows)
    };
    assert_eq!(of(&[("a", "b"), ("b", "c"), ("a", "c")]), None);
    let found = of(&[("a", "b"), ("b", "c"), ("c", "b")]).expect("a circle");
    assert_eq!(found, ["b -> c (x.rs)", "c -> b (x.rs)"]);
}
