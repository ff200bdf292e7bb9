"""Stands for the module that only exists inside Snowflake, where the app looks for it."""
