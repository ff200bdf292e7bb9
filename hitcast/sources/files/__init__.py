"""Tables that people have: a path, an address, bytes or a stream comes in, raw rows with their damage go out."""
