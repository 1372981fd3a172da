//! What is signed anew for each attempt.
