//! What the fuzz targets call. What has to hold stands beside the generator's tests, which replay what was found.

#[path = "../../codegen/tests/checks/mod.rs"]
pub mod checks;
#[path = "../../codegen/tests/fuzzed/targets.rs"]
pub mod targets;
pub mod tree;
