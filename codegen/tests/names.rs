//! Which item stands for which schemas, and that it keeps its name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

mod things;

use std::collections::BTreeMap;

use linchpin_codegen::generate::Connector;

use things::connector;

/// A document with these operations and components.
fn document(paths: &[&str], schemas: &str) -> String {
    let indent = |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let paths: String = paths.iter().map(|path| indent(path, "  ")).collect();
    format!(
        "openapi: 3.1.0\ninfo: {{ title: Things, version: '1' }}\npaths:\n{paths}components:\n  schemas:\n{}",
        indent(schemas, "    ")
    )
}

/// An operation that is sent the one schema and answers the other.
fn operation(path: &str, id: &str, sends: &str, answers: &str) -> String {
    format!(
        "{path}:\n  post:\n    operationId: {id}\n    tags: [{}]\n    requestBody: {{content: {{application/json: {{schema: {sends}}}}}}}\n    \
         responses: {{'200': {{description: ok, content: {{application/json: {{schema: {answers}}}}}}}}}",
        path.trim_matches('/')
    )
}

/// The items below `src/types`: name of each struct, enum and alias, with the fields, the variants, or what it stands for.
fn items(connector: &Connector) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (path, text) in connector.files.iter().filter(|(path, _)| path.starts_with("src/types/")) {
        for item in syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}")).items {
            let (name, what) = match item {
                syn::Item::Struct(item) => {
                    let names =
                        item.fields.iter().filter_map(|field| field.ident.as_ref()).map(ToString::to_string);
                    (item.ident, names.collect::<Vec<_>>().join(" "))
                }
                syn::Item::Enum(item) => {
                    let names = item.variants.iter().map(|variant| variant.ident.to_string());
                    (item.ident, names.collect::<Vec<_>>().join(" "))
                }
                syn::Item::Type(item) => {
                    let syn::Type::Path(target) = *item.ty else { panic!("{path}: an alias of no path") };
                    (item.ident, format!("= {}", target.path.segments.last().unwrap().ident))
                }
                _ => continue,
            };
            assert!(found.insert(name.to_string(), what).is_none(), "{path}: {name} stands twice");
        }
    }
    found
}

const ADDRESS: &str = "{type: object, properties: {street: {type: string}, kind: {enum: [home, work]}}}";

#[test]
fn inline_schemas_that_are_alike_are_one_type_with_a_name_for_each_place() {
    let person = format!("{{type: object, properties: {{address: {ADDRESS}}}}}");
    let order = format!("{{type: object, properties: {{to: {ADDRESS}, paid: {{type: boolean}}}}}}");
    let text = document(
        &[
            &operation("/people", "addPerson", &person, "{type: object}"),
            &operation("/orders", "addOrder", &order, "{type: object}"),
        ],
        "{}",
    );
    let found = items(&connector(&text, None));
    for (name, what) in [
        ("AddPersonBody", "address"),
        ("AddOrderBody", "to paid"),
        ("AddOrderBodyTo", "street kind"),
        ("AddPersonBodyAddress", "= AddOrderBodyTo"),
        ("AddOrderBodyToKind", "Home Work Unknown"),
        ("AddPersonBodyAddressKind", "= AddOrderBodyToKind"),
    ] {
        assert_eq!(found.get(name).map(String::as_str), Some(what), "{name} in {found:#?} of\n{text}");
    }
}

#[test]
fn what_differs_in_anything_a_reader_or_a_server_sees_stays_apart() {
    let base = "{type: object, properties: {a: {type: string}}}";
    for other in [
        "{type: object, properties: {b: {type: string}}}",
        "{type: object, properties: {a: {type: integer}}}",
        "{type: object, properties: {a: {type: [string, 'null']}}}",
        "{type: object, properties: {a: {type: string}}, required: [a]}",
        "{type: object, properties: {a: {type: string, description: text}}}",
        "{type: object, properties: {a: {type: string, format: date}}}",
        "{type: object, properties: {a: {type: string}}, additionalProperties: {type: string}}",
        "{type: object, properties: {a: {type: string}}, description: other}",
        "{type: object, properties: {a: {type: string, deprecated: true}}}",
    ] {
        let text = document(
            &[
                &operation("/people", "addPerson", base, "{type: object}"),
                &operation("/orders", "addOrder", other, "{type: object}"),
            ],
            "{}",
        );
        let found = items(&connector(&text, None));
        for name in ["AddPersonBody", "AddOrderBody"] {
            assert!(!found[name].starts_with('='), "{name} {} of {base} and {other}", found[name]);
        }
    }
}

#[test]
fn types_that_hold_themselves_can_be_alike() {
    let schemas = "A: {type: object, properties: {next: {$ref: '#/components/schemas/A'}}}\n\
                   B: {type: object, properties: {next: {$ref: '#/components/schemas/B'}}}\n\
                   C: {type: object, properties: {inner: {type: object, properties: {c: {$ref: '#/components/schemas/C'}}}}}\n\
                   D: {type: object, properties: {inner: {type: object, properties: {c: {$ref: '#/components/schemas/C'}}}}}";
    let answer = |name: &str| format!("{{$ref: '#/components/schemas/{name}'}}");
    let text = document(
        &[
            &operation("/a", "a", &answer("A"), &answer("B")),
            &operation("/b", "b", &answer("C"), &answer("D")),
        ],
        schemas,
    );
    let found = items(&connector(&text, None));
    assert_eq!(
        (found["A"].as_str(), found["B"].as_str()),
        ("next", "next"),
        "components stay apart: {found:#?}"
    );
    assert_eq!((found["CInner"].as_str(), found["DInner"].as_str()), ("c", "= CInner"), "{found:#?}");
}

#[test]
fn requests_and_responses_hold_what_goes_their_way() {
    let schemas = "Person:\n  type: object\n  required: [id, name, password]\n  properties:\n    \
                   id: {type: integer, readOnly: true}\n    name: {type: string}\n    password: {type: string, writeOnly: true}\n    \
                   home: {$ref: '#/components/schemas/Home'}\n    pet: {type: object, properties: {age: {type: integer, readOnly: true}, name: {type: string}}}\n\
                   Home: {type: object, properties: {street: {type: string}}}\n\
                   Sent: {type: object, writeOnly: true, properties: {at: {type: string}}}\n\
                   Mark: {type: object, properties: {by: {type: string}, seen: {readOnly: true, allOf: [{$ref: '#/components/schemas/Sent'}]}, kept: {allOf: [{$ref: '#/components/schemas/Sent'}]}}}\n\
                   Team: {type: object, properties: {lead: {$ref: '#/components/schemas/Person'}}}";
    let person = "{$ref: '#/components/schemas/Person'}";
    let team = "{$ref: '#/components/schemas/Team'}";
    let both = operation("/people", "addPerson", person, person);
    let only_sent = operation("/teams", "addTeam", team, "{type: object}");
    let mark = "{$ref: '#/components/schemas/Mark'}";
    let marked = operation("/marks", "addMark", mark, mark);
    let text = document(&[&both, &only_sent, &marked], schemas);
    let generated = connector(&text, None);
    let found = items(&generated);
    for (name, what) in [
        ("Person", Some("id name home pet")),
        ("PersonInput", Some("name password home pet")),
        ("PersonPet", Some("age name")),
        ("PersonInputPet", None),
        ("PersonPetInput", Some("name")),
        ("Home", Some("street")),
        ("HomeInput", None),
        // What is said where a property stands counts before what its schema says of itself.
        ("Mark", Some("by seen")),
        ("MarkInput", Some("by kept")),
        // Nobody is answered a team; its name says all the same that it is not what an answer would hold.
        ("TeamInput", Some("lead")),
        ("Team", None),
    ] {
        assert_eq!(found.get(name).map(String::as_str), what, "{name} in {found:#?} of\n{text}");
    }
    let methods = &generated.files["src/operations/people.rs"];
    assert!(methods.contains("body: Option<PersonInput>") && methods.contains("Call<Person>"), "{methods}");
}

/// Every name that a lock file holds for both documents is the same.
#[track_caller]
fn assert_kept(before: &str, after: &str, text: &str) {
    let lines = |lock: &str| -> Vec<String> {
        lock.lines()
            .filter(|line| line.starts_with("  ") && !line.contains("sha256"))
            .map(str::to_owned)
            .collect()
    };
    let after = lines(after);
    for line in lines(before) {
        assert!(after.contains(&line), "{line} was renamed: {after:#?} in\n{text}");
    }
}

#[test]
fn a_name_is_kept_when_the_document_grows() {
    let get = |path: &str, id: &str, schema: &str| operation(path, id, "{type: object}", schema);
    let inner = "{type: object, properties: {item: {type: object, properties: {x: {type: string}}}}}";
    let other = "{type: object, properties: {item: {type: object, properties: {y: {type: string}}}}}";
    // What is added would take the plain name of what was there, were nothing remembered.
    let table = [
        ("a method", get("/b", "list-pets", inner), get("/a", "listPets", inner), ""),
        ("an inline type", get("/bbb", "get-pet", inner), get("/a", "get pet", other), ""),
        (
            "a component",
            get("/b", "b", "{$ref: '#/components/schemas/foo-bar'}"),
            get("/a", "a", "{$ref: '#/components/schemas/FooBar'}"),
            "FooBar: {type: object, properties: {x: {type: string}}}",
        ),
        (
            "a component's inline type",
            get("/b", "b", "{$ref: '#/components/schemas/foo-bar'}"),
            get("/a", "a", inner),
            "FooBarItem: {type: object, properties: {x: {type: string}}}",
        ),
    ];
    let foo = "foo-bar: {type: object, properties: {item: {type: object, properties: {z: {type: string}}}}}";
    for (what, old, new, component) in table {
        let before = connector(&document(&[&old], foo), None);
        let text = document(&[&new, &old], &format!("{component}\n{foo}"));
        let after = connector(&text, Some(&before.lock));
        assert_kept(&before.lock, &after.lock, &format!("{what}\n{text}"));
        let again = connector(&text, Some(&after.lock));
        assert_eq!(after.lock, again.lock, "{what}: a second run changes nothing");
        assert_eq!(after.files, again.files, "{what}: a second run changes nothing");
    }
}

#[test]
fn alike_types_that_part_keep_their_names() {
    let inner = |x: &str| {
        format!(
            "{{type: object, properties: {{item: {{type: object, properties: {{{x}: {{type: string}}}}}}}}}}"
        )
    };
    let get = |path: &str, id: &str, x: &str| operation(path, id, "{type: object}", &inner(x));
    let before = connector(&document(&[&get("/a", "a", "x"), &get("/b", "b", "x")], "{}"), None);
    let text = document(&[&get("/a", "a", "x"), &get("/b", "b", "y")], "{}");
    let after = connector(&text, Some(&before.lock));
    assert_kept(&before.lock, &after.lock, &text);
    assert_eq!(items(&before)["BResponseItem"], "= AResponseItem");
    assert_eq!(items(&after)["BResponseItem"], "y");
}

#[test]
fn the_lock_file_says_what_it_was_made_from() {
    let text = document(&[&operation("/a", "getA", ADDRESS, "{type: object}")], "{}");
    let lock = connector(&text, None).lock;
    let expected = [
        format!("generator: \"{}\"", env!("CARGO_PKG_VERSION")),
        format!("  \"openapi.yaml\": \"{}\"", linchpin_codegen::lock::hash(&text)),
        "  \"getA\": \"get_a\"".to_owned(),
        "  \"/paths/~1a/post/requestBody/content/application~1json/schema\": \"GetABody\"".to_owned(),
    ];
    for line in expected {
        assert!(lock.lines().any(|held| held == line), "no {line} in\n{lock}");
    }
}
