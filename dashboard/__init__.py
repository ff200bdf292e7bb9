"""What the pages are made of: a bundle and the session come in, elements on a page go out. Alone in knowing Streamlit."""
