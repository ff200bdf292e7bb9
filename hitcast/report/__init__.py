"""One page to take along: a scored track comes in, one HTML file goes out."""

from hitcast.report.page import of_track
