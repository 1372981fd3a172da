//! The kinds of the catalogue as other programs show them: each id with its class and its sentence.

use super::Class;
use super::catalogue::{Kind, every};
use super::observed::ObservedKind;

/// A kind of change, without the values of one that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeKind {
    /// The stable id.
    pub id: String,
    /// What it means to a client, unless the place where it is found says otherwise.
    pub class: Class,
    /// What changed, with `…` in the place of each value.
    pub text: String,
}

/// Every kind of the catalogue, by id, then those of what is observed.
pub fn kinds() -> Vec<ChangeKind> {
    const VALUES: [&str; 4] = ["…"; 4];
    let shown =
        |kind: Kind| ChangeKind { id: kind.id().into_owned(), class: kind.class(), text: kind.text(&VALUES) };
    let mut kinds: Vec<ChangeKind> = every().map(shown).collect();
    kinds.sort_by(|one, other| (&one.id, one.class).cmp(&(&other.id, other.class)));
    kinds.dedup_by(|one, other| (&one.id, one.class) == (&other.id, other.class));
    kinds.extend(ObservedKind::guide());
    kinds
}

#[cfg(test)]
mod tests {
    use super::kinds;
    use crate::drift::ids;

    #[test]
    fn every_id_of_the_catalogue_has_a_sentence_without_places_for_values() {
        let kinds = kinds();
        let known: Vec<&str> = kinds.iter().map(|kind| kind.id.as_str()).collect();
        let mut all: Vec<String> = ids().into_iter().map(|(id, _)| id).collect();
        all.dedup();
        for id in &all {
            assert!(known.contains(&id.as_str()), "{id} has no sentence");
        }
        for kind in &kinds {
            assert!(!kind.text.is_empty() && !kind.text.contains('{'), "{}: {}", kind.id, kind.text);
        }
    }
}
