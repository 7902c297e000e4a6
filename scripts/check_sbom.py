"""Checks an SBOM against CycloneDX's schema: `python -m scripts.check_sbom FILE`; needs cyclonedx-python-lib."""

import sys
from pathlib import Path


def main() -> int:
    """0 where the file is valid CycloneDX 1.6, else 1 with the first fault."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = Path(sys.argv[1]).read_text("utf-8")
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    print(
        f"sbom: {fault}" if fault else f"sbom: {text.count(chr(34) + 'purl' + chr(34))} components, valid CycloneDX 1.6"
    )
    return 1 if fault else 0


if __name__ == "__main__":
    sys.exit(main())
