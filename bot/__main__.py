"""The `dateline` command line."""


def main() -> None:
    """Start."""
