"""What can go wrong in words a user can act on: the value, the rule and the way out."""


class HitCastError(Exception):
    """One clear sentence; the edges show it as it is, without a traceback."""


class SourceError(HitCastError):
    """A source of tracks refused, is not set up, or cannot be read."""


class TableError(HitCastError):
    """A table of tracks lacks what the step needs: columns, rows, hits or artists."""


class MissingColumn(TableError):
    """A table has no column for something that is needed."""


class BundleError(HitCastError):
    """A bundle on disk is missing, damaged, or does not compute what its card says."""


class BuildUnderWay(BundleError):
    """Another process or window is building the same bundle."""
