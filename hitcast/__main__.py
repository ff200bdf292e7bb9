"""`python -m hitcast`."""

from hitcast.cli import main

main()
