//! What Shoplazza's bodies can carry comes back as it was, whatever it is.
