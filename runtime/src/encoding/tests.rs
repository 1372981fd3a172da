//! Every coding against every way of being cut, damaged and followed by something else.

use std::io::{Read, Write};

use bytes::Bytes;
use flate2::Compression;
use http::{HeaderMap, HeaderValue};

use super::Decoder;

/// A text as an encoder of that coding gives it.
fn encode(coding: &str, text: &[u8]) -> Vec<u8> {
    match coding {
        "gzip" => {
            let mut encoder = flate2::GzBuilder::new()
                .filename("a name")
                .comment("a comment")
                .extra(b"extra".to_vec())
                .write(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        "deflate" => {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        "raw deflate" => {
            let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap()
        }
        "br" => {
            let mut encoded = Vec::new();
            brotli::CompressorReader::new(text, 4096, 5, 20).read_to_end(&mut encoded).unwrap();
            encoded
        }
        _ => ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest),
    }
}

const CODINGS: [&str; 5] = ["gzip", "deflate", "raw deflate", "br", "zstd"];

/// What comes of pieces: the body, or what is wrong.
fn decode(coding: &str, pieces: &[&[u8]]) -> Result<Vec<u8>, String> {
    let mut headers = HeaderMap::new();
    let name = coding.trim_start_matches("raw ");
    headers.insert("content-encoding", HeaderValue::from_str(name).unwrap());
    let mut decoder = Decoder::of(&headers).unwrap().unwrap();
    let mut body = Vec::new();
    for piece in pieces {
        let mut piece = Bytes::copy_from_slice(piece);
        while let Some(decoded) = decoder.next(&mut piece).map_err(|flaw| flaw.to_string())? {
            assert!(decoded.len() <= super::PIECE);
            body.extend_from_slice(&decoded);
        }
        assert!(piece.is_empty(), "{coding}");
    }
    if decoder.is_whole() { Ok(body) } else { Err("cut".to_owned()) }
}

/// Texts of all sizes around those at which pieces, blocks and windows end.
fn texts() -> Vec<Vec<u8>> {
    let line = |number: usize| format!("{{\"id\":{number},\"name\":\"größer {}\"}}\n", number * 7919 % 1013);
    let sizes = [0, 1, 2, 40, 4_000, 40_000];
    let mut texts: Vec<Vec<u8>> =
        sizes.iter().map(|lines| (0..*lines).map(line).collect::<String>().into_bytes()).collect();
    texts.push(vec![0; super::PIECE]);
    texts.push(vec![b'x'; super::PIECE + 1]);
    texts
}

#[test]
fn what_was_encoded_comes_back_in_whichever_pieces_it_comes() {
    for coding in CODINGS {
        for text in texts() {
            let encoded = encode(coding, &text);
            assert_eq!(decode(coding, &[&encoded]), Ok(text.clone()), "{coding}, {} bytes", text.len());
            for size in [1, 2, 7, 1_000] {
                let pieces: Vec<&[u8]> = encoded.chunks(size).collect();
                assert!(decode(coding, &pieces) == Ok(text.clone()), "{coding}, {} by {size}", text.len());
            }
        }
    }
}

#[test]
fn a_body_that_is_cut_at_any_byte_is_never_a_whole_one() {
    for coding in CODINGS {
        for text in [&b""[..], b"x", b"{\"items\":[1,2,3],\"more\":false}", &[b'a'; 300]] {
            let encoded = encode(coding, text);
            for length in 0..encoded.len() {
                let found = decode(coding, &[&encoded[..length]]);
                assert_eq!(found, Err("cut".to_owned()), "{coding}, {length} of {}", encoded.len());
            }
        }
    }
}

#[test]
fn what_follows_the_end_is_told() {
    let text = b"{\"items\":[1,2,3]}";
    for coding in CODINGS {
        for rubbish in [&b"\0"[..], b"\n", b"rubbish after it", b"\x1F", b"\x28\xB5"] {
            let body = [encode(coding, text), rubbish.to_vec()].concat();
            assert!(decode(coding, &[&body]).is_err(), "{coding} {rubbish:?}");
            let pieces: Vec<&[u8]> = body.chunks(1).collect();
            assert!(decode(coding, &pieces).is_err(), "{coding} {rubbish:?}, byte by byte");
        }
    }
}

#[test]
fn gzip_and_zstd_may_have_several_members_and_the_others_not() {
    let halves: [&[u8]; 2] = [b"{\"items\":", b"[1,2,3]}"];
    for coding in CODINGS {
        let [one, two] = halves.map(|half| encode(coding, half));
        let whole = [one.clone(), two.clone()].concat();
        let several = matches!(coding, "gzip" | "zstd");
        assert_eq!(decode(coding, &[&whole]).is_ok(), several, "{coding}");
        if several {
            assert_eq!(decode(coding, &[&whole]), Ok(halves.concat()), "{coding}");
            for length in one.len() + 1..whole.len() {
                assert!(decode(coding, &[&whole[..length]]).is_err(), "{coding}, {length}");
            }
        }
    }
    // A frame to be skipped is none of the body (RFC 8878, 3.1.2).
    let skipped = b"\x50\x2A\x4D\x18\x03\0\0\0abc";
    let body = [&skipped[..], &encode("zstd", b"text"), skipped].concat();
    assert_eq!(decode("zstd", &[&body]), Ok(b"text".to_vec()));
}

#[test]
fn a_flipped_bit_is_never_silent_where_the_coding_has_a_checksum() {
    let text = b"{\"items\":[1,2,3],\"more\":false}";
    let encoded = encode("gzip", text);
    for at in 0..encoded.len() {
        for bit in 0..8 {
            let mut damaged = encoded.clone();
            damaged[at] ^= 1 << bit;
            // What is not checked holds nothing of the body: time, system, name and the like.
            assert!(
                decode("gzip", &[&damaged]).is_err() || decode("gzip", &[&damaged]).unwrap() == text,
                "byte {at}, bit {bit}"
            );
        }
    }
}

#[test]
fn codings_are_known_by_name_and_never_stand_upon_each_other() {
    /// The headers' values, and the coding or what is refused.
    type Case = (&'static [&'static str], Result<Option<&'static str>, &'static str>);
    let cases: [Case; 12] = [
        (&[], Ok(None)),
        (&["identity"], Ok(None)),
        (&[""], Ok(None)),
        (&["gzip"], Ok(Some("gzip"))),
        (&["X-GZIP"], Ok(Some("gzip"))),
        (&["identity, br"], Ok(Some("br"))),
        (&["zstd"], Ok(Some("zstd"))),
        (&["gzip, gzip"], Err("gzip, gzip")),
        (&["gzip", "br"], Err("gzip, br")),
        (&["compress"], Err("compress")),
        (&["gzip;q=1"], Err("gzip;q=1")),
        (&["utf-8"], Err("utf-8")),
    ];
    for (values, expected) in cases {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("content-encoding", HeaderValue::from_static(value));
        }
        let found = Decoder::of(&headers).map(|decoder| decoder.map(|decoder| decoder.name()));
        assert_eq!(found, expected.map_err(str::to_owned), "{values:?}");
    }
}

#[test]
fn a_window_beyond_what_http_allows_is_refused_before_memory_is_taken() {
    // Magic, no content size, window of 2^41 bytes: the largest that the format can say.
    let frame = [&super::zstd::MAGIC[..], &[0x00, 0xFF], b"\x01\0\0"].concat();
    assert!(decode("zstd", &[&frame]).unwrap_err().contains("window"));
    // A brotli stream with the large-window extension.
    assert!(decode("br", &[&[0x11, 0x3F, 0, 0, 0, 0, 0, 0]]).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_alike_in_any_pieces(bytes: Vec<u8>, kind in 0..5_usize, size in 1..9_usize) {
        let coding = CODINGS[kind];
        let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
        proptest::prop_assert_eq!(decode(coding, &[&bytes]).ok(), decode(coding, &pieces).ok());
    }

    #[test]
    fn any_text_comes_back(text: Vec<u8>, kind in 0..5_usize, size in 1..99_usize) {
        let encoded = encode(CODINGS[kind], &text);
        let pieces: Vec<&[u8]> = encoded.chunks(size).collect();
        proptest::prop_assert_eq!(decode(CODINGS[kind], &pieces), Ok(text));
    }
}
