//! What the fuzz targets call. What has to hold stands beside the tests of what they call, which replay what was found.

#[path = "../../runtime/tests/fuzzed/targets.rs"]
pub mod bodies;
#[path = "../../codegen/tests/checks/mod.rs"]
pub mod checks;
#[path = "../../pattern/tests/fuzzed/targets.rs"]
pub mod patterns;
#[path = "../../codegen/tests/fuzzed/targets.rs"]
pub mod targets;
pub mod tree;
