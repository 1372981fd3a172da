//! JUnit's XML, in the shape that Jenkins, GitLab and the others read: a suite with a test case for each change. Jenkins' xUnit plugin reads nothing
//! that its schema does not allow (`junit-10.xsd` of <https://github.com/jenkinsci/xunit-plugin>), so places are texts: a case has no attributes for them.

use super::Shown;
use super::escape::markup;

/// A case for each change. It fails where the change makes the comparison fail, and is skipped where the change is accepted.
pub(super) fn render(shown: &Shown<'_>) -> String {
    let loose = shown.loose.iter().filter(|impact| impact.class >= shown.fail_on);
    let failures = shown.rows.iter().filter(|row| row.fails(shown.fail_on)).count() + loose.count();
    let skipped = shown.rows.iter().filter(|row| !row.judged.is_new()).count();
    // Some readers take a suite without cases for a run that broke.
    let tests = (shown.rows.len() + shown.loose.len()).max(1);
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!(
        "<testsuites name=\"drift\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">\n  <testsuite name=\"{}\" \
         tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\">\n",
        markup(&format!("{} -> {}", shown.base, shown.revision))
    ));
    for row in &shown.rows {
        let change = row.change();
        let (base, revision) = row.pointers();
        // What was removed or added is longer than what held it on the other side.
        let pointer = if base.len() > revision.len() { base } else { revision };
        text.push_str(&format!(
            "    <testcase classname=\"{}\" name=\"{}\"",
            markup(change.operation.as_deref().unwrap_or("document")),
            markup(&format!("{} {pointer}", change.id))
        ));
        text.push_str(">\n");
        let place =
            row.place.as_ref().map(|spot| format!(" {}:{}", spot.file, spot.line)).unwrap_or_default();
        let mut details: Vec<&str> = row.impact.iter().map(|impact| impact.text.as_str()).collect();
        details.push(&change.text);
        let details = details.join(" ");
        match row.accepted() {
            Some(accepted) => {
                text.push_str(&format!("      <skipped message=\"{}\"/>\n", markup(&accepted)));
            }
            None if row.fails(shown.fail_on) => text.push_str(&format!(
                "      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                row.class,
                markup(&details),
                markup(&format!("Reaches {}.{place}", reaches(&change.operations)))
            )),
            None => text.push_str(&format!(
                "      <system-out>{}</system-out>\n",
                markup(&format!("{details}{place}"))
            )),
        }
        text.push_str("    </testcase>\n");
    }
    for impact in &shown.loose {
        let name = markup(&impact.text);
        if impact.class >= shown.fail_on {
            text.push_str(&format!(
                "    <testcase classname=\"connector\" name=\"{name}\">\n      <failure type=\"{}\" message=\"{name}\"/>\n    \
                 </testcase>\n",
                impact.class
            ));
        } else {
            text.push_str(&format!("    <testcase classname=\"connector\" name=\"{name}\"/>\n"));
        }
    }
    if shown.rows.is_empty() && shown.loose.is_empty() {
        text.push_str("    <testcase classname=\"document\" name=\"no change\"/>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn reaches(operations: &[String]) -> String {
    if operations.is_empty() { "no operation".to_owned() } else { operations.join(", ") }
}
