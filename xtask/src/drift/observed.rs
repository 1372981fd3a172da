//! Reports on drift of payloads: which files belong to which connector.

use std::path::{Path, PathBuf};

use linchpin_codegen::drift::observed::{self, Observations, ObservedReport};
use linchpin_codegen::generate::MANIFEST;
use linchpin_codegen::manifest;
use linchpin_codegen::source::{self, Limits, SourceFiles};

use super::Told;

/// What was observed of each connector. `None` where a file is no report, or one of a connector that is not looked at; why is told then.
pub(super) fn read(paths: &[PathBuf], folders: &[PathBuf]) -> Option<Vec<Observations>> {
    let mut all: Vec<Observations> = folders.iter().map(|_| Observations::default()).collect();
    if paths.is_empty() {
        return Some(all);
    }
    let names: Vec<Option<String>> = folders.iter().map(|folder| name(folder)).collect();
    if names.contains(&None) {
        // Reading the connector itself says what is wrong with its manifest, and nothing of reports can be said before.
        return Some(all);
    }
    let names: Vec<&str> = names.iter().flatten().map(String::as_str).collect();
    let mut good = true;
    for path in paths {
        let mut told = Told::default();
        let index = report(path, &mut told).and_then(|report| {
            let (index, found) = observed::belongs(&report, &names);
            told.tell(found);
            index
        });
        let Some(observations) = index.and_then(|index| all.get_mut(index)) else {
            good = false;
            continue;
        };
        // Places count within the texts of the connector that the report belongs to, which is known only now.
        let (tree, _) = source::load(&mut observations.files, path, &Limits::default());
        observations.reports.extend(tree.and_then(|tree| observed::read(&tree).0));
    }
    good.then_some(all)
}

fn report(path: &Path, told: &mut Told) -> Option<ObservedReport> {
    let (tree, found) = source::load(&mut told.files, path, &Limits::default());
    told.tell(found);
    let (report, found) = observed::read(&tree?);
    told.tell(found);
    report
}

/// The name of a folder's connector.
fn name(folder: &Path) -> Option<String> {
    let tree = source::load(&mut SourceFiles::new(), &folder.join(MANIFEST), &Limits::manifest()).0?;
    manifest::read(&tree).0.map(|manifest| manifest.name.value.clone())
}
