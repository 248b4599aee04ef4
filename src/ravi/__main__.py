"""`python -m ravi`: the same as the `ravi` command."""

from ravi.cli.main import console

if __name__ == "__main__":
    console()
