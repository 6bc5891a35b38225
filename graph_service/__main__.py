"""`python -m graph_service` is the command `stormgraph`."""

from graph_service.cli import main

if __name__ == "__main__":
    main()
