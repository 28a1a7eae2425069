//! Exit codes, streams, standard input, broken pipes.
