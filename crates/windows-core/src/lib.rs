//! N-dimensional sliding windows by stride arithmetic.
