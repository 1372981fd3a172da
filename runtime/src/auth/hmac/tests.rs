use super::*;

/// RFC 4231 4.2 to 4.8 and RFC 2202 3: key, data, and what the digests give, where the RFC has them.
#[test]
fn the_vectors_of_the_rfcs_are_met() {
    let long_key = vec![0xaa; 131];
    let hash_key = b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec();
    let table: [(&[u8], Vec<u8>, HmacAlgorithm, &str); 8] = [
        (
            &[0x0b; 20],
            b"Hi There".to_vec(),
            HmacAlgorithm::Sha256,
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            &[0x0b; 20],
            b"Hi There".to_vec(),
            HmacAlgorithm::Sha512,
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?".to_vec(),
            HmacAlgorithm::Sha256,
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 20],
            vec![0xdd; 50],
            HmacAlgorithm::Sha256,
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            &long_key,
            hash_key.clone(),
            HmacAlgorithm::Sha256,
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            &long_key,
            hash_key,
            HmacAlgorithm::Sha512,
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
        ),
        (&[0x0b; 20], b"Hi There".to_vec(), HmacAlgorithm::Sha1, "b617318655057264e28bc0b6fb378c8ef146be00"),
        (
            b"Jefe",
            b"what do ya want for nothing?".to_vec(),
            HmacAlgorithm::Sha1,
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        ),
    ];
    for (key, data, algorithm, expected) in table {
        let key = hmac::Key::new(hmac_algorithm(algorithm), key);
        assert_eq!(
            to_hex(hmac::sign(&key, &data).as_ref()),
            expected,
            "{algorithm:?} of {} bytes",
            data.len()
        );
    }
}

#[test]
fn keys_are_read_as_they_are_written() {
    for (encoding, text, expected) in [
        (KeyEncoding::Text, "a b", Ok(b"a b".to_vec())),
        (KeyEncoding::Base64, "//79", Ok(vec![0xff, 0xfe, 0xfd])),
        (KeyEncoding::Base64, "__79", Ok(vec![0xff, 0xfe, 0xfd])),
        (KeyEncoding::Base64, "/w==", Ok(vec![0xff])),
        (KeyEncoding::Base64, "/w", Ok(vec![0xff])),
        (KeyEncoding::Base64, "?", Err("it is no base64")),
        (KeyEncoding::Hex, "00fFa0", Ok(vec![0, 0xff, 0xa0])),
        (KeyEncoding::Hex, "0", Err("it is not written in pairs of hexadecimal digits")),
        (KeyEncoding::Hex, "é!", Err("it is not written in pairs of hexadecimal digits")),
    ] {
        assert_eq!(key_bytes(encoding, text), expected, "{encoding:?} {text}");
    }
}

#[test]
fn times_are_written_in_the_unit_of_the_contract() {
    let now: Timestamp = "2026-01-02T03:04:05.678Z".parse().expect("a time");
    for (format, expected) in [
        (SignedTime::Seconds, "1767323045"),
        (SignedTime::Milliseconds, "1767323045678"),
        (SignedTime::Rfc3339, "2026-01-02T03:04:05Z"),
        (SignedTime::HttpDate, "Fri, 02 Jan 2026 03:04:05 GMT"),
    ] {
        assert_eq!(time(format, now), expected);
    }
}
