//! Questions and their answers as plain data: explain, and the smallest fix.
