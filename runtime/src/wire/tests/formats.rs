//! What has a format: kept as it came, given as a value when asked. And tuples.

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::wire::*;

/// Reads and writes again; the text has to be the same.
#[track_caller]
fn same<T: serde::de::DeserializeOwned + serde::Serialize>(text: &str) -> T {
    let value: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
    value
}

#[test]
fn what_does_not_fit_its_format_is_kept() {
    for text in [r#""""#, r#""soon""#, r#""0000-00-00""#, r#""\u0000""#, r#""a b%""#] {
        assert!(same::<DateTime>(text).timestamp().is_err(), "{text}");
        assert!(same::<Date>(text).day().is_err(), "{text}");
        assert!(same::<Time>(text).time().is_err(), "{text}");
        assert!(same::<Duration>(text).span().is_err(), "{text}");
        assert!(same::<Uuid>(text).octets().is_err(), "{text}");
        assert!(same::<Uri>(text).url().is_err(), "{text}");
        assert!(same::<Decimal>(text).number().is_err(), "{text}");
    }
    assert!(same::<Base64>(r#""a=b=c""#).decode().is_err());
}

#[test]
fn times_of_day_and_durations_are_given_as_values() {
    let times = [
        ("12:30:05Z", Some("12:30:05")),
        ("12:30:05.250+02:00", Some("12:30:05.25")),
        ("23:59:59-08:00", Some("23:59:59")),
        ("08:15", Some("08:15:00")),
        ("25:00:00Z", None),
        ("noon", None),
        ("Z", None),
        ("", None),
    ];
    for (text, expected) in times {
        let time = Time::from(text).time().ok().map(|time| time.to_string());
        assert_eq!(time.as_deref(), expected, "{text}");
    }
    let durations = [
        ("P1DT12H", Some("P1DT12H")),
        ("PT0.5S", Some("PT0.5S")),
        ("-P3W", Some("-P3W")),
        ("1h 30m", Some("PT1H30M")),
        ("90", None),
        ("P", None),
    ];
    for (text, expected) in durations {
        let span = Duration::from(text).span().ok().map(|span| span.to_string());
        assert_eq!(span.as_deref(), expected, "{text}");
    }
    assert_eq!(Time::from(jiff::civil::time(7, 5, 0, 0)), "07:05:00");
    assert_eq!(Duration::from(jiff::Span::new().hours(2)), "PT2H");
}

#[test]
fn uuids_are_given_as_octets() {
    let octets =
        [0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6];
    for text in [
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
        "f81d4fae7dec11d0a76500a0c91e6bf6",
    ] {
        assert_eq!(Uuid::from(text).octets().unwrap(), octets, "{text}");
    }
    assert_eq!(Uuid::from(octets), "f81d4fae-7dec-11d0-a765-00a0c91e6bf6");
    for text in [
        "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
        "f81d4fae-7dec-11d0-a76500a0c91e6bf6",
        "f81d4f-ae7dec-11d0-a765-00a0c91e6bf6",
        "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
        "+81d4fae7dec11d0a76500a0c91e6bf6",
        "ää1d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ] {
        assert!(Uuid::from(text).octets().is_err(), "{text}");
    }
}

#[test]
fn uris_are_given_as_urls() {
    let uri = Uri::from("https://example.com/a?b=c#d");
    assert_eq!(uri.url().unwrap().query(), Some("b=c"));
    assert_eq!(Uri::from(uri.url().unwrap()), uri);
    let error = Uri::from("/a").url().unwrap_err().to_string();
    assert_eq!(error, "`/a` is not an absolute URI (RFC 3986): relative URL without a base");
}

#[test]
fn base64_is_given_as_bytes_in_whichever_way_it_was_written() {
    for text in ["+/+/YQ==", "+/+/YQ", "-_-_YQ", "+/+/\r\nYQ==", " +/+/ YQ== "] {
        let bytes = Base64::from(text).decode().unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(bytes, [0xfb, 0xff, 0xbf, b'a'], "{text:?}");
    }
    assert_eq!(Base64::from([0xfb_u8, 0xff, 0xbf, b'a'].as_slice()), "+/+/YQ==");
    assert_eq!(Base64::from("").decode().unwrap(), Vec::<u8>::new());
    let long = Base64::from("?".repeat(5_000)).decode().unwrap_err().to_string();
    assert!(long.len() < 300, "an error of {} bytes", long.len());
}

#[test]
fn decimals_keep_their_digits_and_how_they_were_written() {
    let table = [
        (r#""12.50""#, Some("12.50")),
        ("12.50", Some("12.50")),
        (r#""+1""#, Some("1")),
        (r#"" 7 ""#, Some("7")),
        ("123456789012345678901234567890.10", Some("123456789012345678901234567890.10")),
        (r#""1,5""#, None),
        (r#""NaN""#, None),
    ];
    for (text, expected) in table {
        let number = same::<Decimal>(text).number().ok();
        assert_eq!(number.as_ref().map(Number::as_str), expected, "{text}");
    }
    for text in ["null", "true", "[]", "{}"] {
        assert!(serde_json::from_str::<Decimal>(text).is_err(), "{text} was taken");
    }
    let sent = Decimal::from("12.50".parse::<Number>().unwrap());
    assert_eq!(serde_json::to_string(&sent).unwrap(), r#""12.50""#, "a text, as the document asks");
}

#[test]
fn unix_times_are_given_as_moments() {
    let table = [
        ("0", Some("1970-01-01T00:00:00Z")),
        ("1700000000", Some("2023-11-14T22:13:20Z")),
        ("-1", Some("1969-12-31T23:59:59Z")),
        ("-0.5", Some("1969-12-31T23:59:59.5Z")),
        ("1700000000.123456789123", Some("2023-11-14T22:13:20.123456789Z")),
        ("1.7e9", Some("2023-11-14T22:13:20Z")),
        ("1700000000000", None),
        ("99999999999999999999999999", None),
        ("1e999", None),
    ];
    for (text, expected) in table {
        let moment = same::<UnixTime>(text).timestamp().ok().map(|moment| moment.to_string());
        assert_eq!(moment.as_deref(), expected, "{text}");
    }
    assert_eq!(UnixTime::from(7).seconds(), Some(7));
    let moment: jiff::Timestamp = "1969-12-31T23:59:59.5Z".parse().unwrap();
    assert_eq!(UnixTime::from(moment).seconds(), Some(-1));
}

#[test]
fn tuples_keep_short_and_long_lists() {
    type Point = Tuple<(f64, f64, Maybe<f64>), 2>;
    let point: Point = same("[1.5,2.5]");
    assert_eq!((point.0, point.1, point.2), (1.5, 2.5, Maybe::Absent));
    assert_eq!(same::<Point>("[1.5,2.5,null]").2, Maybe::Null);
    assert_eq!(same::<Point>(r#"[1.5,2.5,3.5,"x",null]"#).rest, [json!("x"), Value::Null]);
    for (text, expected) in [
        ("[1.5]", "invalid length 1, expected a list of at least 2 items"),
        ("{}", "expected a list of at least 2 items"),
        (r#"["x",2.5]"#, "expected f64"),
    ] {
        let error = serde_json::from_str::<Point>(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    type Open = Tuple<(Option<String>, Option<i64>), 0, bool>;
    for text in ["[]", r#"["a"]"#, r#"["a",1]"#, r#"["a",1,true,false]"#, "[null,1]", "[null,null,true]"] {
        same::<Open>(text);
    }
    let made = Point::from((1.0, 2.0, Maybe::Absent));
    assert_eq!(serde_json::to_value(&made).unwrap(), json!([1.0, 2.0]));
    assert_eq!(format!("{made:?}"), "Array [Number(1.0), Number(2.0)]");
    assert_eq!(Open::default().into_items(), (None, None));
}

proptest! {
    #[test]
    fn any_text_survives_every_format(text in any::<String>()) {
        let json = serde_json::to_string(&text).unwrap();
        same::<DateTime>(&json);
        same::<Time>(&json);
        same::<Decimal>(&json);
        let _ = (Time::from(text.as_str()).time(), Duration::from(text.as_str()).span());
        let _ = (Uuid::from(text.as_str()).octets(), Uri::from(text.as_str()).url());
        let _ = (Base64::from(text.as_str()).decode(), Decimal::from(text.as_str()).number());
    }

    #[test]
    fn bytes_and_octets_come_back(bytes in any::<Vec<u8>>(), octets in any::<[u8; 16]>()) {
        prop_assert_eq!(Base64::from(bytes.clone()).decode().unwrap(), bytes);
        prop_assert_eq!(Uuid::from(octets).octets().unwrap(), octets);
    }

    #[test]
    fn moments_come_back_from_seconds(seconds in -253_402_207_199_i64..253_402_207_200, fraction in 0_u32..1_000_000_000) {
        prop_assert_eq!(UnixTime::from(seconds).timestamp().unwrap().as_second(), seconds);
        let text = format!("{}.{fraction:09}", seconds.abs());
        let moment = same::<UnixTime>(&text).timestamp().unwrap();
        prop_assert_eq!(moment.as_nanosecond(), i128::from(seconds.abs()) * 1_000_000_000 + i128::from(fraction));
    }

    #[test]
    fn lists_of_any_length_survive_a_tuple(list in prop::collection::vec(any::<Option<i64>>(), 0..6)) {
        // A null at the end of what may be missing means the same as nothing.
        let text = serde_json::to_string(&list).unwrap();
        let tuple: Tuple<(Maybe<i64>, Maybe<i64>, Maybe<i64>)> = same(&text);
        prop_assert_eq!(tuple.rest.len(), list.len().saturating_sub(3));
    }
}
