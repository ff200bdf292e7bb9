"""Where the files and the environments of a deployment lie, and commands that must succeed."""

import re
import subprocess

from support import ROOT

DEPLOYED = ROOT / "tests" / "support" / "deployed"
SNOW = ROOT / "build" / "snow" / "bin" / "snow"
PYTHON = ROOT / "build" / "deployed" / "bin" / "python"


def run(*command, **options):
    """The standard output of a command that succeeds."""
    done = subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def as_xgboost_3_1_saves(model):
    """The model as XGBoost before 3.1 reads it once 3.1 has saved it: the base score is in brackets."""
    booster = model[-1].get_booster()
    text = bytes(booster.save_raw("json"))
    booster.load_model(bytearray(re.sub(rb'"base_score":"([^"\[]*)"', rb'"base_score":"[\1]"', text)))
    return model
