//! Schemas as they become Rust: compared as syntax trees, so that no formatting counts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is a failed test")]

mod things;

use linchpin_codegen::render::Files;

/// The files of a document with these operations and components.
fn files(paths: &str, schemas: &str) -> Files {
    let indent = |text: &str, by: &str| text.lines().map(|line| format!("{by}{line}\n")).collect::<String>();
    let document = format!(
        "openapi: 3.1.0\ninfo: {{ title: Things, version: '1' }}\npaths:\n{}components:\n  schemas:\n{}",
        indent(paths, "  "),
        indent(schemas, "    ")
    );
    things::connector(&document, None).files
}

/// One operation that answers the schema.
fn answering(schema: &str) -> String {
    format!(
        "/things:\n  get:\n    operationId: getThing\n    tags: [things]\n    responses:\n      '200':\n        description: ok\n        content:\n          application/json:\n            schema: {schema}"
    )
}

/// The item of that name among all files below a folder of the crate, printed in one form.
fn item(files: &Files, folder: &str, name: &str) -> String {
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(folder) && path.ends_with(".rs")) {
        let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}\n{text}"));
        for item in file.items {
            let found = match &item {
                syn::Item::Struct(item) => item.ident == name,
                syn::Item::Enum(item) => item.ident == name,
                _ => false,
            };
            if found {
                return printed(item);
            }
        }
    }
    panic!("no item {name} below {folder}: {:?}", files.keys().collect::<Vec<_>>());
}

fn printed(item: syn::Item) -> String {
    prettyplease::unparse(&syn::File {
        shebang: None,
        frontmatter: None,
        attrs: Vec::new(),
        items: vec![item],
    })
}

#[track_caller]
fn assert_item(files: &Files, name: &str, expected: &str) {
    let expected = printed(syn::parse_str(expected).unwrap_or_else(|error| panic!("{expected}: {error}")));
    assert_eq!(item(files, "src/types/", name), expected);
}

#[test]
fn schemas_become_plain_structs_and_open_enums() {
    let table: &[(&str, &str, &str)] = &[
        (
            "required, optional, nullable and both",
            "Thing:\n  type: object\n  required: [a, b]\n  properties:\n    a: { type: string }\n    b: { type: [string, 'null'] }\n    c: { type: string }\n    d: { type: [string, 'null'] }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub a: String, pub b: Option<String>, pub c: Option<String>, pub d: Maybe<String>, }",
        ),
        (
            "numbers and formats",
            "Thing:\n  type: object\n  required: [i, j, u, f, d, n, t, y, b]\n  properties:\n    i: { type: integer }\n    j: { type: integer, format: int32 }\n    u: { type: integer, format: uint64 }\n    f: { type: number, format: float }\n    d: { type: number, format: double }\n    n: { type: number }\n    t: { type: string, format: date-time }\n    y: { type: string, format: date }\n    b: { type: boolean }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub i: i64, pub j: i64, pub u: u64, pub f: f64, pub d: f64, pub n: Number, pub t: DateTime, pub y: Date, pub b: bool, }",
        ),
        (
            "lists, maps, anything",
            "Thing:\n  type: object\n  required: [l, m, f, a]\n  properties:\n    l: { type: array, items: { type: [integer, 'null'] } }\n    m: { type: object, additionalProperties: { type: array, items: { type: string } } }\n    f: { type: object }\n    a: {}",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub l: Vec<Option<i64>>, pub m: BTreeMap<String, Vec<String>>, pub f: BTreeMap<String, Value>, pub a: Value, }",
        ),
        (
            "keys beside properties",
            "Thing:\n  type: object\n  properties:\n    additional: { type: string }\n  additionalProperties: { type: integer }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub additional: Option<String>, #[doc = \" Keys beside these fields.\"] pub additional_: BTreeMap<String, i64>, }",
        ),
        (
            "names that are no identifiers",
            "Thing:\n  type: object\n  required: [type, '+1', '-1', a_b, 1st, self]\n  properties:\n    type: { type: string }\n    '+1': { type: integer }\n    '-1': { type: integer }\n    a_b: { type: string }\n    1st: { type: string }\n    self: { type: string }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub type_: String, pub plus_1: i64, pub minus_1: i64, pub a_b: String, pub n1st: String, pub self_: String, }",
        ),
        (
            "allOf of a base and more",
            "Base:\n  type: object\n  required: [id]\n  properties: { id: { type: string } }\nThing:\n  allOf:\n    - $ref: '#/components/schemas/Base'\n    - type: object\n      required: [name]\n      properties: { name: { type: string } }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub id: String, pub name: String, }",
        ),
        (
            "a recursive type is boxed where it holds itself, and nowhere else",
            "Thing:\n  type: object\n  properties:\n    parent: { $ref: '#/components/schemas/Thing' }\n    children: { type: array, items: { $ref: '#/components/schemas/Thing' } }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub parent: Option<Box<Thing>>, pub children: Option<Vec<Thing>>, }",
        ),
        (
            "an enum is open, and its texts may be anything",
            "Thing: { type: string, enum: [open, '>=', 'A b', Unknown] }",
            "#[derive(Clone, PartialEq, Eq, Hash)] pub enum Thing { #[doc = \" `open`\"] Open, #[doc = \" `>=`\"] GreaterEqual, #[doc = \" `A b`\"] AB, #[doc = \" `Unknown`\"] UnknownValue, #[doc = \" A text that the document does not list, kept as it came.\"] Unknown(String), }",
        ),
        (
            "alternatives of different JSON types",
            "Label:\n  type: object\n  properties: { name: { type: string } }\nThing:\n  oneOf:\n    - type: string\n    - type: integer\n    - $ref: '#/components/schemas/Label'",
            "#[derive(Clone, PartialEq)] pub enum Thing { Text(String), Integer(i64), Label(Label), #[doc = \" A value that is none of these, kept as it came.\"] Unknown(Value), }",
        ),
        (
            "a text that may be listed or not is an open enum",
            "Thing:\n  anyOf:\n    - type: string\n    - type: string\n      enum: [a]",
            "#[derive(Clone, PartialEq, Eq, Hash)] pub enum Thing { #[doc = \" `a`\"] A, #[doc = \" A text that the document does not list, kept as it came.\"] Unknown(String), }",
        ),
        (
            "and may be null where one of the alternatives may",
            "Thing:\n  type: object\n  required: [a]\n  properties:\n    a:\n      anyOf:\n        - type: string\n        - type: [string, 'null']\n          format: uuid",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub a: Option<String>, }",
        ),
        (
            "properties beside alternatives are one struct, and only what all require is required",
            "Thing:\n  type: object\n  required: [id]\n  properties: { id: { type: string } }\n  oneOf:\n    - required: [a]\n      properties: { a: { type: string } }\n    - required: [b]\n      properties: { b: { type: string } }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub id: String, pub a: Option<String>, pub b: Option<String>, }",
        ),
        (
            "an alternative that describes nothing asks for nothing",
            "Thing:\n  type: object\n  properties: { id: { type: string } }\n  oneOf:\n    - required: [a]\n      properties: { a: { type: string } }\n    - title: Other",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub id: Option<String>, pub a: Option<String>, }",
        ),
        (
            "what one alternative alone requires and none describes has a place, and may be missing",
            "Thing:\n  type: object\n  properties: { id: { type: string } }\n  anyOf:\n    - required: [id]\n    - required: [other]",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub id: Option<String>, pub other: Option<Value>, }",
        ),
        (
            "keys that one alternative leaves open are kept",
            "Thing:\n  type: object\n  properties: { id: { type: string } }\n  anyOf:\n    - required: [a]\n      properties: { a: { type: string } }\n      additionalProperties: true\n    - required: [b]\n      properties: { b: { type: string } }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub id: Option<String>, pub a: Option<String>, pub b: Option<String>, #[doc = \" Keys beside these fields.\"] pub additional: BTreeMap<String, Value>, }",
        ),
        (
            "what is required and described nowhere has a place",
            "Thing:\n  type: object\n  required: [id, kind]\n  properties: { id: { type: string } }",
            "#[derive(Clone, PartialEq)] pub struct Thing { pub id: String, pub kind: Value, }",
        ),
        (
            "null stands where all parts that speak of it allow it, or one alternative does",
            "Thing:\n  type: object\n  required: [a, b, c]\n  properties:\n    a: { allOf: [{ type: [string, 'null'] }, { description: A part without a type. }] }\n    b: { allOf: [{ type: [string, 'null'] }, { type: string }] }\n    c: { oneOf: [{ type: [string, 'null'] }, { type: integer }] }",
            "#[derive(Clone, PartialEq)] pub struct Thing { #[doc = \" A part without a type.\"] pub a: Option<String>, pub b: String, pub c: Option<ThingC>, }",
        ),
        (
            "a description is a comment, and harmless",
            "Thing:\n  type: object\n  description: \"See [x] <b>.\\n\\n```\\nstd::process::exit(1)\\n```\"\n  deprecated: true\n  properties:\n    a: { type: string, description: The a., deprecated: true }",
            "#[doc = \" See \\\\[x\\\\] \\\\<b\\\\>.\"] #[doc = \"\"] #[doc = \" ```text\"] #[doc = \" std::process::exit(1)\"] #[doc = \" ```\"] #[deprecated] #[derive(Clone, PartialEq)] pub struct Thing { #[doc = \" The a.\"] #[deprecated] pub a: Option<String>, }",
        ),
    ];
    for (what, schemas, expected) in table {
        let files = files(&answering("{ $ref: '#/components/schemas/Thing' }"), schemas);
        eprintln!("{what}");
        assert_item(&files, "Thing", expected);
    }
}

#[test]
fn what_tells_the_variants_of_a_union_apart_is_in_its_shape() {
    let cat_and_dog = |cat: &str, dog: &str, end: &str| {
        format!(
            "Cat:\n  type: object\n  required: [kind, {cat}]\n  properties: {{ kind: {{ type: string, enum: [cat] }}, {cat}: {{ type: string }} }}\n\
             Dog:\n  type: object\n  required: [kind, {dog}]\n  properties: {{ kind: {{ type: string, enum: [dog] }}, {dog}: {{ type: string }} }}\n\
             Thing:\n  oneOf:\n    - $ref: '#/components/schemas/Cat'\n    - $ref: '#/components/schemas/Dog'\n{end}"
        )
    };
    let plain = "Cat:\n  type: object\n  required: [meows]\n  properties: { meows: { type: boolean } }\n\
                 Dog:\n  type: object\n  required: [barks]\n  properties: { barks: { type: boolean } }\n\
                 Thing:\n  oneOf:\n    - $ref: '#/components/schemas/Cat'\n    - $ref: '#/components/schemas/Dog'\n";
    let numbered = cat_and_dog("a", "a", "")
        .replace("type: string, enum: [cat]", "type: integer, enum: [1]")
        .replace("type: string, enum: [dog]", "type: integer, const: 2");
    let open = format!("{}    - {{}}\n", plain.replace("[barks]", "[]").replace("[meows]", "[]"));
    let table: [(&str, String, [&str; 2]); 7] = [
        (
            "a declared discriminator with a mapping",
            cat_and_dog(
                "a",
                "b",
                "  discriminator: { propertyName: kind, mapping: { c: '#/components/schemas/Cat', d: Dog } }\n",
            ),
            ["VariantTest::Tag(&[\"c\"])", "VariantTest::Tag(&[\"d\"])"],
        ),
        (
            "a declared discriminator without a mapping names the components",
            cat_and_dog("a", "b", "  discriminator: { propertyName: kind }\n")
                .replace(", enum: [cat]", "")
                .replace(", enum: [dog]", ""),
            ["VariantTest::Tag(&[\"Cat\"])", "VariantTest::Tag(&[\"Dog\"])"],
        ),
        (
            "or has the values that the components list themselves",
            cat_and_dog("a", "b", "  discriminator: { propertyName: kind }\n"),
            ["VariantTest::Tag(&[\"cat\"])", "VariantTest::Tag(&[\"dog\"])"],
        ),
        (
            "constants",
            cat_and_dog("a", "a", ""),
            ["VariantTest::Constant(\"kind\", &[\"cat\"])", "VariantTest::Constant(\"kind\", &[\"dog\"])"],
        ),
        (
            "constants that are numbers",
            numbered,
            ["VariantTest::Constant(\"kind\", &[\"1\"])", "VariantTest::Constant(\"kind\", &[\"2\"])"],
        ),
        (
            "an alternative that allows anything is read as what fits none",
            open,
            [
                "shape: Shape::Object(&DOG), test: VariantTest::Order,",
                "shape: Shape::Any, test: VariantTest::Order,",
            ],
        ),
        ("required keys", plain.to_owned(), ["VariantTest::Key(\"meows\")", "VariantTest::Key(\"barks\")"]),
    ];
    for (what, schemas, expected) in table {
        let files = files(&answering("{ $ref: '#/components/schemas/Thing' }"), &schemas);
        let wire: String = files
            .iter()
            .filter(|(path, _)| path.starts_with("src/wire/"))
            .map(|(_, text)| text.as_str())
            .collect();
        let flat = wire.split_whitespace().collect::<Vec<_>>().join(" ");
        for test in expected {
            assert!(flat.contains(test), "{what}: no {test} in\n{wire}");
        }
    }
}

#[test]
fn operations_take_what_is_required_in_place_and_the_rest_in_a_struct() {
    let paths = "/things/{id}:\n  post:\n    operationId: things/update\n    tags: [things]\n    summary: Update.\n    parameters:\n      - { name: id, in: path, required: true, schema: { type: integer } }\n      - { name: dry-run, in: query, schema: { type: boolean } }\n      - { name: X-Reason, in: header, required: true, schema: { type: string } }\n    requestBody:\n      required: true\n      content:\n        application/json:\n          schema: { type: object, properties: { name: { type: string } } }\n    responses:\n      '204': { description: done }";
    let files = files(paths, "Unused: { type: object, properties: { a: { type: string } } }");
    let text = &files["src/operations/things.rs"];
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for expected in [
        "pub fn things_update( &self, id: i64, x_reason: &str, body: &ThingsUpdateBody, params: &ThingsUpdateParams, ) -> Call<()> {",
        "request.set(0, &id); request.set(2, &x_reason); request.body(body); params.set(&mut request); self.0.empty_call(request)",
        "pub struct ThingsUpdateParams { pub dry_run: Option<bool>, }",
        "/// Update. /// /// `POST /things/{id}`",
    ] {
        assert!(flat.contains(expected), "no `{expected}` in\n{text}");
    }
    let types: String = files
        .iter()
        .filter(|(path, _)| path.starts_with("src/types/"))
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(!types.contains("Unused"), "a type that no operation reaches was generated:\n{types}");
}

#[test]
fn a_form_without_fields_is_no_body() {
    let operation = |schema: &str, media: &str| {
        format!(
            "/things:\n  delete:\n    operationId: deleteThing\n    tags: [things]\n    requestBody: {{ content: {{ {media}: {{ schema: {schema} }} }} }}\n    responses:\n      '204': {{ description: done }}"
        )
    };
    let table = [
        ("{ type: object, properties: {} }", "application/x-www-form-urlencoded", false),
        ("{ type: object, properties: { a: { type: string } } }", "application/x-www-form-urlencoded", true),
        ("{ type: object }", "application/json", true),
    ];
    for (schema, media, expected) in table {
        let files = files(&operation(schema, media), "Unused: { type: string }");
        let text = &files["src/operations/things.rs"];
        assert_eq!(text.contains("pub body:"), expected, "{media} {schema}:\n{text}");
    }
}

/// Adding an operation, other components and another order of keys rename nothing and move no public path.
#[test]
fn names_are_a_function_of_the_place() {
    let small = files(
        &answering("{ $ref: '#/components/schemas/thing' }"),
        "thing:\n  type: object\n  properties:\n    state: { type: string, enum: [a] }\n    owner: { type: object, properties: { id: { type: string } } }",
    );
    let grown = files(
        &format!(
            "/a:\n  get:\n    operationId: getA\n    tags: [a]\n    responses:\n      '200':\n        description: ok\n        content:\n          application/json:\n            schema: {{ $ref: '#/components/schemas/thing' }}\n{}",
            answering("{ $ref: '#/components/schemas/thing' }")
        ),
        "AAA:\n  type: object\n  properties: { thing_owner: { type: object, properties: { x: { type: string } } } }\nthing:\n  properties:\n    owner: { properties: { id: { type: string } }, type: object }\n    state: { enum: [a], type: string }\n  type: object",
    );
    for name in ["Thing", "ThingState", "ThingOwner"] {
        assert!(!item(&small, "src/types/", name).is_empty());
        assert!(!item(&grown, "src/types/", name).is_empty(), "{name} was renamed");
    }
    assert!(grown["src/operations/things.rs"].contains("pub fn get_thing("));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let schemas = "Thing:\n  type: object\n  properties:\n    other: { $ref: '#/components/schemas/Other' }\nOther: { type: object, properties: { a: { type: string } } }";
    let once = files(&answering("{ $ref: '#/components/schemas/Thing' }"), schemas);
    for _ in 0..5 {
        assert_eq!(files(&answering("{ $ref: '#/components/schemas/Thing' }"), schemas), once);
    }
}

/// The payloads of published vulnerabilities of other generators, in every text of a document that reaches a file.
#[test]
fn no_text_of_a_document_becomes_code() {
    let payloads = [
        "*/ pub fn pwned() {} /*",
        "\\n pub fn pwned() {} //",
        "\\\"); pub fn pwned() {} //",
        "\\\"#); pub fn pwned() {} //",
        "\\r pub fn pwned() {}",
        "{{ pwned }} {% raw %}",
        "\\u2028pub fn pwned() {}",
    ];
    for payload in payloads {
        let paths = format!(
            "\"/things/{payload}\":\n  get:\n    operationId: \"{payload}\"\n    tags: [\"{payload}\"]\n    summary: \"{payload}\"\n    description: \"{payload}\"\n    parameters:\n      - {{ name: \"{payload}\", in: query, description: \"{payload}\", schema: {{ type: string, enum: [\"{payload}\"] }} }}\n    responses:\n      '200':\n        description: \"{payload}\"\n        content:\n          application/json:\n            schema: {{ $ref: '#/components/schemas/Thing' }}"
        );
        let schemas = format!(
            "Thing:\n  type: object\n  title: \"{payload}\"\n  description: \"{payload}\"\n  properties:\n    \"{payload}\": {{ type: string, format: \"{payload}\", description: \"{payload}\", default: \"{payload}\", pattern: \"{payload}\" }}\n    kind: {{ type: string, enum: [\"{payload}\"] }}"
        );
        for (path, text) in &files(&paths, &schemas) {
            if !path.ends_with(".rs") {
                continue;
            }
            assert!(
                !path.contains("..") && path.chars().all(|c| c.is_alphanumeric() || "/_.".contains(c)),
                "{payload:?} made the path {path:?}"
            );
            let file = syn::parse_file(text)
                .unwrap_or_else(|error| panic!("{payload:?} in {path}: {error}\n{text}"));
            for item in file.items {
                if let syn::Item::Fn(function) = item {
                    assert_eq!(function.sig.ident, "main", "{payload:?} became code in {path}:\n{text}");
                }
            }
        }
    }
}

#[test]
fn what_drift_is_measured_by_is_in_the_shapes_and_makes_no_other_type() {
    let thing = "{type: object, additionalProperties: false, properties: {
        name: {type: string, minLength: 2, maxLength: 100}, share: {type: number, minimum: -0.5, exclusiveMaximum: 1},
        step: {type: integer, multipleOf: 5, format: int32, maximum: 2147483647}, tags: {type: array, items: {type: string}, maxItems: 3},
        marks: {type: array, uniqueItems: true, items: {type: array, items: {type: integer, maximum: 9}}},
        code: {type: string, pattern: '^a\\d$'}, level: {type: integer, enum: [1, 2]},
        labels: {type: object, maxProperties: 2, additionalProperties: {type: string, maxLength: 9}},
        keys: {type: object, patternProperties: {'^x': {type: string, maxLength: 3}}},
        rest: {type: object, properties: {a: {type: string}}, additionalProperties: {type: string, maxLength: 7}},
        plain: {type: string, minLength: 0}}}"
        .replace("\n        ", " ");
    let files = files(&answering(&thing), "Other: {type: object}");
    let wire: String = files
        .iter()
        .filter(|(path, _)| path.starts_with("src/wire/"))
        .map(|(_, text)| text.as_str())
        .collect();
    let wire: String = wire.split_whitespace().collect();
    for expected in [
        "additional:Some(Additional::NONE)",
        "additional:Some(Additional::new(Shape::String(\"\")).within(&Bounds{max_length:Some(7),..Bounds::NONE",
        "\"code\",Shape::String(\"\"),0).within(&Bounds{pattern:Some(\"^a\\\\d$\"),..Bounds::NONE",
        "\"level\",Shape::Integer,0).within(&Bounds{listed:&[1.0,2.0],..Bounds::NONE",
        ".within(&Bounds{max_properties:Some(2),each:Some(&Bounds{max_length:Some(9),..Bounds::NONE},),..Bounds::NONE",
        // What is said of keys of some pattern is said of no others.
        "FieldShape::new(\"keys\",Shape::Map(&Shape::String(\"\")),0)",
        "FieldShape::new(\"name\",Shape::String(\"\"),0).within(&Bounds{min_length:Some(2),max_length:Some(100),..Bounds::NONE",
        ".within(&Bounds{minimum:Some(-0.5),exclusive_maximum:Some(1.0),..Bounds::NONE",
        ".within(&Bounds{multiple_of:Some(5.0),..Bounds::NONE",
        ".within(&Bounds{max_items:Some(3),..Bounds::NONE",
        ".within(&Bounds{unique_items:true,each:Some(&Bounds{each:Some(&Bounds{maximum:Some(9.0),..Bounds::NONE},),..Bounds::NONE},),..Bounds::NONE",
        "FieldShape::new(\"plain\",Shape::String(\"\"),0)",
    ] {
        let expected: String = expected.split_whitespace().collect();
        assert!(wire.contains(&expected), "{expected} in\n{wire}");
    }
    for unbound in
        ["\"plain\",Shape::String(\"\"),0).within", "\"keys\",Shape::Map(&Shape::String(\"\")),0).within"]
    {
        assert!(!wire.contains(unbound), "{unbound} in\n{wire}");
    }

    // Two inline objects of which one is closed are one type, which allows what either allows.
    let one = |closed: &str| {
        format!("{{type: object{closed}, properties: {{a: {{type: integer, multipleOf: 2}}}}}}")
    };
    let both = format!(
        "{{type: object, properties: {{x: {}, y: {}}}}}",
        one(", additionalProperties: false"),
        one("")
    );
    let files = self::files(&answering(&both), "Other: {type: object}");
    let wire: String = files
        .iter()
        .filter(|(path, _)| path.starts_with("src/wire/"))
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(!wire.contains("Shape::Never"), "{wire}");
    assert_eq!(wire.matches("pub(crate) static ").count(), 2, "{wire}");
}
