//! Names of Rust items. A name is a function of the place of its schema or of the text it stands for, never of an order; what collides after
//! casing is told apart by a mark that depends on its own text alone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use heck::{ToPascalCase, ToSnakeCase};
use sha2::{Digest, Sha256};

/// What an identifier is for, which decides its casing and which words are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A struct or enum.
    Type,
    /// A variant of an enum.
    Variant,
    /// A field, a parameter, a method.
    Value,
    /// A module or file.
    Module,
}

/// Keywords of all editions, which no item may be called.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop",
    "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "try", "type", "typeof", "union", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// Names that generated type files use, so that no generated type may be called the same.
const TAKEN_TYPES: &[&str] = &[
    "Self",
    "Option",
    "Vec",
    "String",
    "Box",
    "BTreeMap",
    "Maybe",
    "Number",
    "DateTime",
    "Date",
    "Time",
    "Duration",
    "Uuid",
    "Uri",
    "Base64",
    "Decimal",
    "UnixTime",
    "Tuple",
    "Value",
    "Some",
    "None",
    "Ok",
    "Err",
    "Result",
    "Default",
    "Clone",
    "Debug",
    "PartialEq",
    "Client",
    "Request",
    "Pages",
    "Records",
    "Error",
    "Bytes",
    "Call",
    "PagedCall",
    "RequestBuilder",
    "Multipart",
    "Upload",
    "Streams",
];

/// Names of modules and features of a generated crate, of crates that it uses, and those that some systems refuse as file names.
const TAKEN_MODULES: &[&str] = &[
    "types",
    "wire",
    "contract",
    "client",
    "streams",
    "operations",
    "main",
    "lib",
    "mod",
    "common",
    "con",
    "nul",
    "aux",
    "prn",
    "com1",
    "com2",
    "com3",
    "com4",
    "com5",
    "com6",
    "com7",
    "com8",
    "com9",
    "lpt1",
    "lpt2",
    "lpt3",
    "lpt4",
    "lpt5",
    "lpt6",
    "lpt7",
    "lpt8",
    "lpt9",
    "default",
    "cli",
    "otlp",
    "prometheus",
    "std",
    "core",
    "alloc",
    "linchpin_runtime",
];

/// A module's file may have no longer a name; most systems take 255 bytes.
const LONGEST_MODULE: usize = 100;

/// The identifier that a text gives, without regard to others in its scope.
pub fn ident(text: &str, purpose: Use) -> String {
    let words = spell_out(text);
    let cased = match purpose {
        Use::Type | Use::Variant => words.to_pascal_case(),
        Use::Value | Use::Module => words.to_snake_case(),
    };
    let mut ident: String = cased.chars().filter(|c| *c == '_' || unicode_ident(*c)).collect();
    // Files of modules have ASCII names (rustc, E0754), and short ones. What that loses is kept as a mark.
    if purpose == Use::Module && (!ident.is_ascii() || ident.len() > LONGEST_MODULE) {
        ident = ident.chars().filter(char::is_ascii).take(LONGEST_MODULE).collect();
        let kept = if ident.trim_matches('_').is_empty() { "group" } else { ident.trim_matches('_') };
        ident = with_mark(kept, text, purpose);
    }
    if ident.trim_matches('_').is_empty() {
        ident = match purpose {
            Use::Type | Use::Variant => "Empty".to_owned(),
            Use::Value | Use::Module => "empty".to_owned(),
        };
    }
    if !ident.starts_with(|c: char| c == '_' || c.is_alphabetic()) {
        ident.insert(0, if matches!(purpose, Use::Type | Use::Variant) { 'N' } else { 'n' });
    }
    match (is_taken(&ident, purpose), purpose) {
        (false, _) => ident,
        (true, Use::Type) => ident + "Type",
        (true, Use::Variant) => ident + "Value",
        (true, Use::Value | Use::Module) => ident + "_",
    }
}

/// Whether an item can have a name, whoever gave it.
pub fn is_usable(name: &str, purpose: Use) -> bool {
    let is_identifier = syn::parse_str::<syn::Ident>(name).is_ok() && !KEYWORDS.contains(&name);
    is_identifier && !name.starts_with('_') && !is_taken(name, purpose)
}

/// Whether generated files use a name themselves.
fn is_taken(name: &str, purpose: Use) -> bool {
    match purpose {
        Use::Type => TAKEN_TYPES.contains(&name),
        Use::Variant => matches!(name, "Self" | "Unknown"),
        Use::Value => KEYWORDS.contains(&name),
        Use::Module => KEYWORDS.contains(&name) || TAKEN_MODULES.contains(&name),
    }
}

/// Identifiers may hold what Unicode calls XID_Continue; letters and digits are the part of it that casing leaves in a predictable form.
fn unicode_ident(c: char) -> bool {
    c.is_ascii_alphanumeric() || (!c.is_ascii() && c.is_alphabetic())
}

/// Signs that carry the meaning of a name are spoken: `+1` is `plus 1`, `-created` is `minus created`, `>=` is `greater equal`.
fn spell_out(text: &str) -> String {
    let has_letters = text.chars().any(char::is_alphanumeric);
    let mut words = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let leading = at == 0;
        let word = match c {
            '+' if leading || !has_letters => "plus",
            '-' if leading || !has_letters => "minus",
            '<' => "less",
            '>' => "greater",
            '=' if !has_letters => "equal",
            '!' if !has_letters || leading => "not",
            '*' => "star",
            '%' => "percent",
            '&' => "and",
            '|' if !has_letters => "or",
            '#' if !has_letters => "hash",
            '@' if !has_letters => "at",
            '$' if !has_letters => "dollar",
            '/' if !has_letters => "slash",
            '.' if !has_letters => "dot",
            ',' if !has_letters => "comma",
            ':' if !has_letters => "colon",
            ';' if !has_letters => "semicolon",
            '?' if !has_letters => "question",
            '~' if !has_letters => "tilde",
            '^' if !has_letters => "caret",
            '_' if !has_letters => "underscore",
            ' ' if !has_letters => "space",
            c if c.is_alphanumeric() || c == '\'' => {
                if c != '\'' {
                    words.push(c);
                }
                continue;
            }
            _ => {
                words.push(' ');
                continue;
            }
        };
        words.push(' ');
        words.push_str(word);
        words.push(' ');
    }
    words
}

/// A mark that depends on a text alone.
pub fn mark(text: &str) -> String {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(2).map(|byte| format!("{byte:02x}")).collect()
}

/// Identifiers for texts that share a scope. Among those that are alike after casing, the one that is spelt like the identifier keeps it
/// (else the shortest, then the first by alphabet), and the others get a mark of their own text.
pub fn idents<'a>(texts: impl IntoIterator<Item = &'a str>, purpose: Use) -> HashMap<&'a str, String> {
    idents_beside(texts, purpose, |_| None, HashSet::new())
}

/// As [`idents`], where some texts have their identifier from before and keep it, and others of the scope are taken.
pub fn idents_beside<'a, 'k>(
    texts: impl IntoIterator<Item = &'a str>,
    purpose: Use,
    earlier: impl Fn(&str) -> Option<&'k str>,
    mut taken: HashSet<String>,
) -> HashMap<&'a str, String> {
    let mut given: HashMap<&'a str, String> = HashMap::new();
    let mut groups: BTreeMap<String, BTreeSet<&'a str>> = BTreeMap::new();
    for text in texts {
        match earlier(text) {
            Some(name) if !given.contains_key(text) && taken.insert(name.to_owned()) => {
                given.insert(text, name.to_owned());
            }
            _ if given.contains_key(text) => {}
            _ => {
                groups.entry(ident(text, purpose)).or_default().insert(text);
            }
        }
    }
    let plain: HashSet<String> = groups.keys().cloned().collect();
    for (ident, group) in groups {
        let mut group: Vec<&str> = group.into_iter().collect();
        group.sort_by_key(|text| (*text != ident, text.len(), *text));
        for text in group {
            let mut name = ident.clone();
            while taken.contains(&name) || (name != ident && plain.contains(&name)) {
                name = with_mark(&name, text, purpose);
            }
            taken.insert(name.clone());
            given.insert(text, name);
        }
    }
    given
}

/// The identifier with a mark of the text.
pub fn with_mark(ident: &str, text: &str, purpose: Use) -> String {
    match purpose {
        Use::Type | Use::Variant => format!("{ident}X{}", mark(text)),
        // With its mark, a keyword needs no `_` to be none; two of them are no snake case.
        Use::Value | Use::Module => format!("{}_x{}", ident.trim_end_matches('_'), mark(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Use, ident, idents};

    #[test]
    fn identifiers_of_hostile_texts() {
        let table = [
            ("ticket_field", Use::Type, "TicketField"),
            ("created_at", Use::Value, "created_at"),
            ("type", Use::Value, "type_"),
            ("self", Use::Value, "self_"),
            ("Self", Use::Type, "SelfType"),
            ("Option", Use::Type, "OptionType"),
            ("1st", Use::Value, "n1st"),
            ("1st", Use::Type, "N1st"),
            ("+1", Use::Value, "plus_1"),
            ("-1", Use::Value, "minus_1"),
            ("-created", Use::Variant, "MinusCreated"),
            ("_", Use::Value, "underscore"),
            ("", Use::Value, "empty"),
            (">=", Use::Variant, "GreaterEqual"),
            ("a-b", Use::Value, "a_b"),
            ("page[size]", Use::Value, "page_size"),
            ("Größe", Use::Value, "größe"),
            ("名前", Use::Value, "名前"),
            ("\u{202e}\0\r\n", Use::Value, "empty"),
            ("\"; drop table", Use::Value, "drop_table"),
            ("don't", Use::Value, "dont"),
            ("issues/list-for-repo", Use::Value, "issues_list_for_repo"),
            ("Unknown", Use::Variant, "UnknownValue"),
            ("Call", Use::Type, "CallType"),
            ("default", Use::Module, "default_"),
            ("CLI", Use::Module, "cli_"),
            ("COM1", Use::Module, "com1_"),
            ("linchpin-runtime", Use::Module, "linchpin_runtime_"),
            ("名前", Use::Module, "group_x7ec2"),
            ("Größe", Use::Module, "gre_xaedc"),
        ];
        for (text, purpose, expected) in table {
            let given = ident(text, purpose);
            assert_eq!(given, expected, "{text:?} as {purpose:?}");
            assert!(
                syn::parse_str::<syn::Ident>(&given).is_ok(),
                "{text:?} gives {given:?}, which is no identifier"
            );
        }
    }

    #[test]
    fn a_keyword_with_a_mark_is_in_snake_case() {
        let names = idents(["type", "Type", "@type"], Use::Value);
        let mut given: Vec<&String> = names.values().collect();
        given.sort();
        given.dedup();
        assert_eq!(given.len(), 3, "{names:?}");
        assert!(given.iter().all(|name| !name.contains("__")), "{names:?}");
    }

    #[test]
    fn collisions_do_not_depend_on_order() {
        let forward = idents(["Foo", "FOO", "foo", "bar"], Use::Type);
        let backward = idents(["bar", "foo", "FOO", "Foo"], Use::Type);
        assert_eq!(forward, backward);
        assert_eq!(forward["Foo"], "Foo");
        let mut names: Vec<_> = forward.values().collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 4, "{forward:?}");
        let grown = idents(["Foo", "FOO", "foo", "bar", "Fo-o", "f_oo"], Use::Type);
        for (text, name) in &forward {
            assert_eq!(&grown[text], name, "{text} was renamed when the scope grew");
        }
    }
}
