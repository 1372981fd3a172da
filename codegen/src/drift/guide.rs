//! The kinds of the catalogue as other programs show them: each id with its class and its sentence.

use super::Class;
use super::catalogue::{Kind, Message, Named, Part, Place, Rule, ids};
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
    let parts = [
        Part::Body,
        Part::Property,
        Part::Parameter,
        Part::ParameterProperty,
        Part::HeaderParameter,
        Part::HeaderParameterProperty,
        Part::Header,
        Part::HeaderProperty,
    ];
    let messages = [(Message::Request, false), (Message::Response, true)];
    let places = messages
        .into_iter()
        .flat_map(|(message, received)| parts.into_iter().map(move |part| Place { message, part, received }));
    let at = places.flat_map(|place| Rule::ALL.iter().map(move |rule| Kind::at(place, *rule)));
    let all = Named::ALL.iter().copied().map(Kind::from).chain(at);
    let mut texts: Vec<(String, String)> =
        all.map(|kind| (kind.id().into_owned(), kind.text(&VALUES))).collect();
    texts.sort();
    let text_of = |id: &str| {
        let found = texts.binary_search_by(|(other, _)| other.as_str().cmp(id)).ok();
        found.and_then(|at| texts.get(at)).map(|(_, text)| text.clone())
    };
    ids()
        .into_iter()
        .filter_map(|(id, class)| text_of(&id).map(|text| ChangeKind { id, class, text }))
        .chain(ObservedKind::guide())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{ids, kinds};

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
