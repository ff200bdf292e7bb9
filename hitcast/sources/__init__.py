"""Where tracks come from: the name of a source comes in, a tracks table that can be trained on goes out."""

from hitcast.sources.loading import Loaded, PassedOver, is_lasting, load
