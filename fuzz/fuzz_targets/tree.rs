#![no_main]

libfuzzer_sys::fuzz_target!(|document: linchpin_fuzz::tree::Document| {
    linchpin_fuzz::targets::generated(document.0.to_string().as_bytes());
});
