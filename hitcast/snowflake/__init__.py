"""The models as SQL functions: the card of a bundle comes in, a script for Snowflake goes out."""

from hitcast.snowflake.sql import script
