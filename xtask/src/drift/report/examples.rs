//! Comparisons for tests.

use linchpin_codegen::drift::decisions::{Acceptance, Judged, JudgedChange};
use linchpin_codegen::drift::observed::ObservedKind;
use linchpin_codegen::drift::{Change, Class, Side};

use super::{Impact, Shown, Spot};

/// Changes with these classes; `false` are accepted.
pub(in crate::drift) fn changes(classes: &[(Class, bool)]) -> Judged {
    let change = |(number, (class, new)): (usize, &(Class, bool))| {
        let operations = (0..number % 5).map(|path| format!("GET /p{path}")).collect();
        let text = format!(
            "Property `p{number}` of `Thing` in responses: the value `{number}` was added to `enum`."
        );
        let pointer = format!("/components/schemas/Thing/properties/p{number}/enum");
        judged(
            "response-property-enum-value-added",
            *class,
            operations,
            &pointer,
            text,
            (!new).then_some("seen"),
        )
    };
    Judged { changes: classes.iter().enumerate().map(change).collect() }
}

fn judged(
    id: &str,
    class: Class,
    operations: Vec<String>,
    pointer: &str,
    text: String,
    reason: Option<&str>,
) -> JudgedChange {
    let side = |file: &str, line| Some(Side { pointer: pointer.to_owned(), file: file.to_owned(), line });
    JudgedChange {
        change: Change {
            id: id.to_owned(),
            class,
            operation: operations.first().cloned(),
            operations,
            base: side("old.yaml", 3),
            revision: side("new.yaml", 4),
            text,
        },
        class_without_override: None,
        accepted: reason
            .map(|reason| Acceptance { reason: reason.to_owned(), expires: Some("2027-01-01".to_owned()) }),
    }
}

/// Texts that try to be something else, wherever they come to stand.
pub(in crate::drift) const HOSTILE: &[&str] = &[
    "<script>window.owned = 1</script>",
    "\"><img src=x onerror=\"window.owned = 2\">",
    "' onmouseover='window.owned = 3",
    "</style></title></script><svg onload=window.owned=4>",
    "javascript:window.owned=5",
    "[click](javascript:window.owned=6)",
    "`</code></details> | cell | ![x](https://evil.example/x.png)",
    "@everyone #1 GH-1 https://evil.example www.evil.example me@evil.example",
    "line\n::error file=a,line=1::spoofed\r\n::stop-commands::x",
    "]]></system-out><failure/>",
    "\u{0}\u{8}\u{1b}[31m\u{202e}\u{fffe}\u{ffff}\u{2028}",
    "%0A::warning::x, a:b",
    "<!-- --> --> <!-- linchpin-drift -->",
    "$\\\\alpha$ :smile: ~~gone~~ **bold** __init__",
    "{{7*7}} ${7*7} <%= 7*7 %>",
    "x ##[add-mask]a ##[error]spoofed",
    "::add-mask::a",
    "$(touch owned) `touch owned` ; touch owned | ${IFS} ${{ github.token }}",
    "](javascript:window.owned=7) <javascript:window.owned=8>",
];

/// A comparison in which every text of a document is hostile.
pub(in crate::drift) fn hostile() -> Judged {
    let change = |(number, text): (usize, &&str)| {
        let class = Class::ALL.get(number % 4).copied().unwrap_or(Class::Breaking);
        let operations = vec![
            format!("GET /{text}"),
            "GET /plain".to_owned(),
            format!("POST {text}"),
            "PUT /z".to_owned(),
        ];
        let sentence = format!("Property `{text}` of `Thing`: the value `{text}` was added to `enum`.");
        let reason = (number % 5 == 4).then_some(*text);
        judged(
            "response-property-enum-value-added",
            class,
            operations,
            &format!("/x/{text}"),
            sentence,
            reason,
        )
    };
    let mut judged = Judged { changes: HOSTILE.iter().enumerate().map(change).collect() };
    for (change, text) in judged.changes.iter_mut().zip(HOSTILE) {
        change.change.base =
            Some(Side { pointer: format!("/{text}"), file: format!("{text}.yaml"), line: 1 });
    }
    judged
}

/// The same as findings in payloads.
pub(in crate::drift) fn observed() -> Judged {
    let mut judged = hostile();
    for (change, kind) in judged.changes.iter_mut().zip(ObservedKind::ALL) {
        change.change.id = kind.id().to_owned();
        change.change.revision = None;
    }
    judged
}

/// What is shown of a comparison, with a look at a connector if `impact`.
pub(in crate::drift) fn shown(judged: &Judged, impact: bool) -> Shown<'_> {
    let declared = Spot { file: "specs/acme/connector.yaml".to_owned(), line: 41, column: Some(5) };
    let happens = |change, text: &str| Impact {
        change,
        class: Class::Breaking,
        text: text.to_owned(),
        spot: Some(declared.clone()),
    };
    let impact = impact.then(|| {
        vec![
            happens(Some(0), "stream `tickets` loses its cursor `updated_at`"),
            happens(None, "with the revision, `owner` leads nowhere"),
        ]
    });
    Shown::new(("old.yaml", "new.yaml"), Class::Breaking, judged, None, impact)
}
