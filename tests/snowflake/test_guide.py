"""The guide's statements are documented ones, and its names stand everywhere."""

import re

import sqlglot
import yaml
from packaging.requirements import Requirement
from support import ROOT

from hitcast import snowflake

DEPLOY = ROOT / "deploy"
GUIDE = (DEPLOY / "README.md").read_text("utf-8")
SETUP, CATALOGUE = ((DEPLOY / name).read_text("utf-8") for name in ("setup.sql", "catalogue.sql"))
# From the documentation of CREATE STREAMLIT, CREATE FUNCTION, CREATE STAGE and CREATE TABLE.
DOCUMENTED = {
    "SCHEMA": {"USAGE", "CREATE STAGE", "CREATE STREAMLIT", "CREATE FUNCTION", "CREATE TABLE"},
    "DATABASE": {"USAGE"},
    "WAREHOUSE": {"USAGE"},
}
# Every statement that is written by hand, as the documentation has it; names in one place each.
ROLE, HOUSE, SCHEMA, STAGE = (
    "HITCAST_OWNER",
    "COMPUTE_WH",
    r"HITCAST_DB\.PUBLIC",
    r"HITCAST_DB\.PUBLIC\.HITCAST_APP",
)
STATEMENTS = (
    f"USE ROLE (ACCOUNTADMIN|{ROLE})",
    f"CREATE WAREHOUSE IF NOT EXISTS {HOUSE} WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 INITIALLY_SUSPENDED = TRUE",
    "CREATE DATABASE IF NOT EXISTS HITCAST_DB",
    f"CREATE ROLE IF NOT EXISTS {ROLE}",
    f"GRANT [A-Z, ]+ ON (WAREHOUSE {HOUSE}|DATABASE HITCAST_DB|SCHEMA {SCHEMA}) TO ROLE {ROLE}",
    rf"GRANT DATABASE ROLE SNOWFLAKE\.PYPI_REPOSITORY_USER TO ROLE {ROLE}",
    r"""SET ME = '"' \|\| CURRENT_USER\(\) \|\| '"'""",
    rf"GRANT ROLE {ROLE} TO (USER IDENTIFIER\(\$ME\)|ROLE SYSADMIN)",
    f"CREATE STAGE IF NOT EXISTS {STAGE}",
    (
        rf"CREATE OR REPLACE STREAMLIT {SCHEMA}\.HITCAST FROM '@{STAGE}' MAIN_FILE = 'app\.py' QUERY_WAREHOUSE = {HOUSE} "
        r"RUNTIME_NAME = 'SYSTEM\$WAREHOUSE_RUNTIME' TITLE = 'HitCast'"
    ),
    rf"ALTER STREAMLIT {SCHEMA}\.HITCAST ADD LIVE VERSION FROM LAST",
    r"PUT 'file://data/raw_tracks\.csv' @hitcast_stage/catalogue AUTO_COMPRESS = TRUE OVERWRITE = TRUE",
    (
        r"COPY INTO catalogue FROM @hitcast_stage/catalogue FILE_FORMAT = \(TYPE = CSV PARSE_HEADER = TRUE "
        r"""FIELD_OPTIONALLY_ENCLOSED_BY = '"' ERROR_ON_COLUMN_COUNT_MISMATCH = FALSE\) """
        "MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE"
    ),
)


def statements(script):
    """The statements of a script on a line each, without comments."""
    plain = re.sub(r"--.*", "", script)
    return [" ".join(each.split()) for each in plain.split(";") if each.strip()]


def test_the_setup_grants_what_is_documented_as_needed_and_nothing_else():
    granted = {}
    for names, kind in re.findall(r"^GRANT ([A-Z, ]+) ON (\w+)", SETUP, re.MULTILINE):
        granted.setdefault(kind, set()).update(names.split(", "))
    assert granted == DOCUMENTED
    assert all(f"`{name}`" in GUIDE for names in DOCUMENTED.values() for name in names)


def test_every_statement_written_by_hand_is_one_that_is_documented():
    guide = "".join(re.findall(r"```sql\n(.*?)```", GUIDE, re.DOTALL))
    written = [each for script in (SETUP, CATALOGUE, guide) for each in statements(script)]
    assert len(statements(SETUP)) == 11 and len(statements(CATALOGUE)) == 2 and len(written) == 18
    for statement in written:
        assert any(re.fullmatch(known, statement) for known in STATEMENTS), statement
        assert sqlglot.parse_one(statement, read="snowflake")


def test_the_same_names_stand_everywhere():
    defaults = yaml.safe_load((ROOT / "snowflake.yml").read_text("utf-8"))
    assert (defaults["env"]["warehouse"], defaults["env"]["database"], defaults["env"]["schema"]) == (
        HOUSE, "HITCAST_DB", "PUBLIC",
    )  # fmt: skip
    assert {entity["identifier"]["name"] for entity in defaults["entities"].values()} == set(
        re.findall(r"(?<=PUBLIC\.)HITCAST(?:_CONTAINER)?(?!_APP)\b", GUIDE)
    )


def test_every_command_of_the_guide_says_as_whom_and_where(card):
    commands = re.findall(r"^ *build/snow/bin/snow (?:sql|streamlit) .*$", GUIDE, re.MULTILINE)
    assert len(commands) >= 6 and all("--role" in command for command in commands)
    options = "--role HITCAST_OWNER --warehouse COMPUTE_WH --database HITCAST_DB --schema PUBLIC"
    scripts = [command for command in commands if "-f deploy/" in command]
    assert len(scripts) == 3 and all(options in command for command in scripts)
    assert options in snowflake.script(card)
    assert all("--role" in command for command in re.findall(r"make deploy SNOW_OPTIONS=.*", GUIDE))


def test_the_dashboard_needs_nothing_of_the_notebooks():
    listed = {
        Requirement(line.split("#")[0]).name
        for line in (ROOT / "requirements-app.txt").read_text().splitlines()
        if line.split("#")[0].strip()
    }
    assert not listed & {"jupyter", "vl-convert-python", "nbconvert", "ipython"}
    assert "requirements-app.txt" in (ROOT / "pyproject.toml").read_text()
