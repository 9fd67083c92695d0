//! Networks and packets written as text, for tests.
