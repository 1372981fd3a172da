//! Whether a text is written as its format says. Only formats whose breach costs a reader something are looked at: a date that is none, or a
//! time without a zone, makes an order that does not hold.

/// Whether a text, as it stands between its quotes, fits a format. Every text fits a format that is not looked at.
pub(super) fn fits(format: &str, text: &[u8]) -> bool {
    match format {
        "date-time" => date_time(text),
        "date" => date(text) == Some(&[]),
        "uuid" => uuid(text),
        _ => true,
    }
}

/// RFC 3339, 5.6: what is left after a full date.
fn date(text: &[u8]) -> Option<&[u8]> {
    let (day, rest) = text.split_first_chunk::<10>()?;
    let [_, _, _, _, b'-', m1, m2, b'-', d1, d2] = day else { return None };
    let digits = day.iter().enumerate().all(|(at, byte)| matches!(at, 4 | 7) || byte.is_ascii_digit());
    let number = |tens: &u8, ones: &u8| (tens & 15) * 10 + (ones & 15);
    let valid = (1..=12).contains(&number(m1, m2)) && (1..=31).contains(&number(d1, d2));
    (digits && valid).then_some(rest)
}

fn date_time(text: &[u8]) -> bool {
    let Some(rest) = date(text) else { return false };
    let Some((time, rest)) = rest.split_first_chunk::<9>() else { return false };
    let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, b':', s1, s2] = time else { return false };
    if ![h1, h2, m1, m2, s1, s2].iter().all(|byte| byte.is_ascii_digit()) {
        return false;
    }
    let rest = match rest.split_first() {
        Some((b'.', fraction)) => {
            let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        _ => rest,
    };
    match rest {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].iter().all(|byte| byte.is_ascii_digit()),
        _ => false,
    }
}

fn uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn formats_are_those_of_their_standards() {
        for (format, text, expected) in [
            ("date-time", "2026-11-21T15:00:00Z", true),
            ("date-time", "2026-11-21t15:00:00.123+05:30", true),
            ("date-time", "2026-11-21 15:00:00Z", true),
            ("date-time", "2026-11-21T15:00:00", false),
            ("date-time", "2026-11-21T15:00:00.Z", false),
            ("date-time", "2026-13-21T15:00:00Z", false),
            ("date-time", "1763737200", false),
            ("date-time", "", false),
            ("date", "2026-11-21", true),
            ("date", "2026-11-21T", false),
            ("date", "21.11.2026", false),
            ("uuid", "123e4567-e89b-12d3-a456-426614174000", true),
            ("uuid", "123e4567e89b12d3a456426614174000", false),
            ("uri", "no uri at all", true),
            ("", "anything", true),
        ] {
            assert_eq!(fits(format, text.as_bytes()), expected, "{format} {text:?}");
        }
    }
}
