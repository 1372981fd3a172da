#![no_main]

libfuzzer_sys::fuzz_target!(|pair: linchpin_fuzz::tree::Pair| {
    linchpin_fuzz::targets::compared(pair.to_string().as_bytes());
});
