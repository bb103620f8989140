"""Holds a CycloneDX file, given as the argument, against the schema of its version."""

import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

with open(sys.argv[1], encoding="utf-8") as file:
    errors = JsonStrictValidator(SchemaVersion.V1_5).validate_str(file.read())
if errors:
    sys.exit(f"{sys.argv[1]}: {errors}")
