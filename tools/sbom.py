"""Write the bill of materials of headwater itself, as CycloneDX 1.6.

``python tools/sbom.py FILE`` lists what is installed with it: name, version, licence as
stated, package URL, and who needs whom. Validated against the schema before it is
written. With SOURCE_DATE_EPOCH the file is the same on every run.
"""

from __future__ import annotations

import os
import sys
import uuid
from datetime import UTC, datetime
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from installed import Package, packages
from packageurl import PackageURL

import headwater


def component(item: Package) -> Component:
    """Return a package as a component."""
    licence = LicenseFactory().make_from_string(item.licence)
    purl = PackageURL("pypi", None, item.name, item.version)
    made = Component(
        name=item.name, version=item.version, type=ComponentType.LIBRARY,
        licenses=[licence], purl=purl, bom_ref=purl.to_string(),
    )  # fmt: skip
    if item.url:
        made.external_references.add(
            ExternalReference(type=ExternalReferenceType.WEBSITE, url=XsUri(item.url))
        )
    return made


def bill() -> str:
    """Return the bill of materials as JSON."""
    purl = PackageURL("pypi", None, "headwater", headwater.__version__)
    root = Component(
        name="headwater", version=headwater.__version__, type=ComponentType.APPLICATION,
        licenses=[LicenseFactory().make_from_string("Apache-2.0")], purl=purl,
        bom_ref=purl.to_string(),
    )  # fmt: skip
    listed = packages()
    made = {item.name: component(item) for item in listed}
    bom = Bom(components=made.values())
    bom.metadata.component = root
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        bom.metadata.timestamp = datetime.fromtimestamp(int(epoch), UTC)
        bom.serial_number = uuid.uuid5(
            uuid.NAMESPACE_URL, f"{purl.to_string()}#{epoch}"
        )
    direct = [
        made[item.name]
        for item in listed
        if item.wanted_by.startswith(("headwater", "["))
    ]
    bom.register_dependency(root, direct)
    for item in listed:
        bom.register_dependency(made[item.name], [made[name] for name in item.needs])
    text = JsonV1Dot6(bom).output_as_string(indent=2)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        raise SystemExit(f"not valid CycloneDX 1.6: {wrong}")
    return text + "\n"


def main() -> None:
    """Write the file that is named."""
    target = Path(sys.argv[1])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(bill(), encoding="utf-8")
    sys.stdout.write(f"{target}: {len(packages())} packages\n")


if __name__ == "__main__":
    main()
