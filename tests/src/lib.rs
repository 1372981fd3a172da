//! What no single crate can show: end to end, faults, real servers. The tests are in the files beside this folder.
