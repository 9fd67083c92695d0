//! Gates, routes and paths: what a connection meets on its way there and back.
