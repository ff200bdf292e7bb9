"""The models on disk and the card that vouches for them: a bundle in memory comes in, the same bundle goes out."""
