//! What the fuzz targets call. What has to hold stands beside the tests of the generator and the runtime, which replay what was found.

#[path = "../../runtime/tests/fuzzed/targets.rs"]
pub mod bodies;
#[path = "../../codegen/tests/checks/mod.rs"]
pub mod checks;
#[path = "../../codegen/tests/fuzzed/targets.rs"]
pub mod targets;
pub mod tree;
