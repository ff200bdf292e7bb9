"""Where the app runs and for whom: in Snowflake or not, and under which names it may be opened."""

import ipaddress
import os
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

HOSTS = "HITCAST_HOSTS"


def in_snowflake() -> bool:
    """Whether Snowflake serves the app."""
    return find_spec("_snowflake") is not None or Path("/snowflake/session").exists()


def refusal() -> str:
    """Why a browser may not use the app under the name that it was opened by, empty where it may.

    Another site can let its own name lead to this machine (DNS rebinding), and the browser then takes
    that site and this app for one. A number cannot be made to lead elsewhere, so it needs no leave.
    """
    host = _host(st.context.headers.get("Host") or "")
    if not host or in_snowflake() or host in _served() or host.endswith(".localhost") or _is_number(host):
        return ""
    return (
        f"This app is not served as {host[:100]}. Open it as localhost, or, if you serve it under that name, name it in "
        f"the environment: {HOSTS}={host[:100]}"
    )


def is_own() -> bool:
    """Whether the app was opened as this machine's own and is served under no other name; a name can be forged."""
    host = _host(st.context.headers.get("Host") or "localhost")
    return {host} | _served() <= {"localhost", "127.0.0.1", "::1"} and not in_snowflake()


def _served() -> set[str]:
    listed = os.environ.get(HOSTS, "").split(",")
    settings = (st.get_option("server.address"), st.get_option("browser.serverAddress"))
    return {"localhost", *(_host(name.strip()) for name in (*listed, *settings) if name and name.strip())}


def _host(name: str) -> str:
    try:
        address = name if "//" in name else f"//{name}"
        return (urlsplit(address).hostname or "").rstrip(".").lower()
    except ValueError:
        return "a name that is none"


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
