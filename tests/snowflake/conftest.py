"""What Snowflake runs, and the card of the sample's bundle."""

import pytest
from support import ROOT
from support.deployment import run

from hitcast.bundle.card import read_card


@pytest.fixture(scope="module")
def tools():
    """Snowflake's command line, and an environment with the versions that Snowflake runs."""
    run("make", "--silent", "snow", "deployed", cwd=ROOT)


@pytest.fixture(scope="module")
def card(built):
    return read_card(built / "models")
