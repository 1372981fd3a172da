use std::borrow::Cow;
use std::io::{ErrorKind, Write};

use clap::ArgMatches;

use super::{End, Global, Problem, output};
use crate::slices::Omitted;

pub(super) async fn run(global: &Global, matches: &ArgMatches) -> Result<End, Problem> {
    let name = matches.get_one::<String>("stream").map_or("", String::as_str);
    let stream = global.stream(name)?;
    let mut left = matches.get_one::<u64>("limit").copied().unwrap_or(u64::MAX);
    let client = global.client()?;
    let mut pages = client.stream_pages(stream)?;
    while let Some(page) = pages.next().await? {
        let mut text = Vec::with_capacity(page.body.len());
        for record in page.records()?.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
            text.extend_from_slice(one_line(record.get()).as_bytes());
            text.push(b'\n');
            left -= 1;
        }
        if !quietly(write_all(&text))? || left == 0 {
            break;
        }
    }
    tell(name, pages.omitted());
    Ok(End::Ok)
}

/// Says what is missing in what was read.
fn tell(stream: &str, omitted: Omitted) {
    let Omitted { left_out, gone, skipped } = omitted;
    for (lists, why) in [
        (left_out, "were left out, as the connector's error map says"),
        (gone, "are those of parents that the API no longer has"),
        (skipped, "could not be asked for, since the parent lacks a value for it"),
    ] {
        if lists > 0 {
            output::note(&format!("{lists} lists of `{stream}` {why}"));
        }
    }
}

pub(super) fn write_all(text: &[u8]) -> std::io::Result<()> {
    let mut output = std::io::stdout().lock();
    output.write_all(text)?;
    output.flush()
}

/// Whether someone still reads. Who closes the pipe has what he wanted: `read tickets | head`.
pub(super) fn quietly(written: std::io::Result<()>) -> Result<bool, Problem> {
    match written {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Problem::Output(error)),
    }
}

/// A record as it came, on one line: line breaks between its tokens are left out, since those within texts are escaped.
fn one_line(json: &str) -> Cow<'_, str> {
    // Most records hold no control character at all, which is seen many bytes at a time.
    let breaks = json.bytes().fold(u8::MAX, u8::min) < b' ' && json.contains(['\n', '\r']);
    if breaks { Cow::Owned(json.replace(['\n', '\r'], "")) } else { Cow::Borrowed(json) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_stands_on_one_line_with_its_bytes_kept() {
        for (json, expected) in [
            (r#"{"n":1.50, "t":"a\nb"}"#, r#"{"n":1.50, "t":"a\nb"}"#),
            ("{\r\n  \"n\": 1\n}", "{  \"n\": 1}"),
        ] {
            assert_eq!(one_line(json), expected, "{json}");
        }
    }

    #[test]
    fn a_closed_pipe_ends_quietly_and_a_full_disk_does_not() {
        assert!(quietly(Ok(())).unwrap());
        assert!(!quietly(Err(ErrorKind::BrokenPipe.into())).unwrap());
        assert!(quietly(Err(ErrorKind::StorageFull.into())).is_err());
    }
}
