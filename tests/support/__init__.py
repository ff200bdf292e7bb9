"""What several tests use: the project's folder, drivers of the app, services that are fake, tables that are damaged."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
