"""`chatviewer doctor`: whether the database is sound. It looks and changes nothing. Exit 1: damage was found."""

from argparse import ArgumentParser, Namespace

from chatviewer.cli.opening import open_library
from chatviewer.cli.output import clean, say, say_document, tell


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="as JSON")


def run(arguments: Namespace) -> int:
    with open_library(arguments) as library:
        path, is_there = library.path, library.path.exists()
        findings = library.check() if is_there else []
    is_damaged = any(finding.severity == "damage" for finding in findings)
    if arguments.json:
        say_document(
            {
                "database": str(path),
                "exists": is_there,
                "is_sound": not is_damaged,
                "findings": [{"check": each.check, "severity": each.severity, "detail": each.detail} for each in findings],
            }
        )
    else:
        say(clean(f"{path}{'' if is_there else ': no database yet; the first import makes it'}"))
        for each in findings:
            say(clean(f"{each.severity:7} {each.check}{': ' + each.detail if each.detail else ''}"))
    for each in findings:
        if each.severity == "damage":
            tell(f"{path}: {each.check}: {each.detail}")
    return 1 if is_damaged else 0
