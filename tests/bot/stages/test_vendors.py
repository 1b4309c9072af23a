"""The table of vendors is whole, and everything that lists vendors agrees with it."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import replace
from importlib.util import find_spec

import pytest

from bot.setting_checks import HTTP_SCHEMES, WEBSOCKET_SCHEMES
from bot.settings import PROJECT_ROOT, Settings
from bot.stages.questions.question import Question
from bot.stages.vendor import LOCAL, ModelFamily, Vendor, install_command, load
from bot.stages.vendors import KINDS, VENDORS, VendorSettings


def label(vendor: Vendor) -> str:
    return f"{vendor.kind.field}-{vendor.name}"


each_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=label)
FAMILIES = [(vendor, family) for vendor in VENDORS for family in vendor.families]


@each_vendor
def test_a_row_names_settings_that_there_are(vendor: Vendor) -> None:
    names = {*vendor.setting_names, *vendor.taken_up_by, vendor.kind.patience}
    names |= {vendor.kind.setting, vendor.kind.fallback_setting}
    assert {name.lower() for name in names} <= Settings.model_fields.keys()


def test_every_setting_of_vendors_is_read_by_a_row() -> None:
    read = {name for vendor in VENDORS for name in vendor.setting_names}
    read |= {kind.patience for kind in KINDS}
    assert {name.lower() for name in read} == VendorSettings.model_fields.keys()


@each_vendor
def test_a_vendor_is_asked_in_a_way_of_its_own(vendor: Vendor) -> None:
    assert isinstance(vendor.load_question(), Question)


@each_vendor
def test_the_service_of_a_vendor_is_a_file_of_ours(vendor: Vendor) -> None:
    module, _, name = vendor.service.partition(":")
    assert module.startswith("processors.") and find_spec(module) is not None
    assert not vendor.missing_package
    assert getattr(load(vendor.service), "__name__", "") == name


@pytest.mark.parametrize(("vendor", "family"), FAMILIES, ids=lambda one: "")
async def test_a_family_of_models_has_a_service_and_a_question_of_its_own(
    vendor: Vendor, family: ModelFamily
) -> None:
    row = vendor.with_model(f"{family.prefix}of-tomorrow")
    assert (row.service, row.question, row.languages) == (family.service, family.question, ())
    assert isinstance(row.load_question(), Question)
    for model, languages in family.languages.items():
        assert vendor.with_model(model) == replace(row, languages=languages)
        service = row.load_service()(api_key="a key", model=model, language=languages[0])
        assert service.settings.model == model
        await service.cleanup()
    assert vendor.with_model("another") is vendor


@pytest.mark.parametrize(("vendor", "family"), FAMILIES, ids=lambda one: "")
def test_pages_and_example_name_every_model_of_a_family(
    vendor: Vendor, family: ModelFamily
) -> None:
    for page in ("docs/services.md", ".env.example"):
        text = (PROJECT_ROOT / page).read_text(encoding="utf-8")
        assert vendor.model in text
        assert all(model in text for model in family.languages), page


@each_vendor
def test_an_address_has_the_scheme_that_the_service_wants(vendor: Vendor) -> None:
    schemes = {"http": HTTP_SCHEMES, "ws": WEBSOCKET_SCHEMES}[vendor.scheme]
    assert not vendor.url or vendor.url.partition("://")[0] in schemes


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.field)
def test_a_stage_has_a_local_row_and_each_vendor_once(kind: object) -> None:
    names = [vendor.name for vendor in VENDORS if vendor.kind is kind]
    assert names[-1] == LOCAL
    assert len({*names}) == len(names)


def test_extras_and_rows_agree() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"].get("optional-dependencies", {})
    wanted = {vendor.extra for vendor in VENDORS if vendor.extra}
    assert wanted <= extras.keys()
    assert all("==" in one for name in wanted for one in extras[name])
    assert all(bool(vendor.extra) == bool(vendor.package) for vendor in VENDORS)


def test_the_example_and_the_rows_agree() -> None:
    text = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8")
    for kind in KINDS:
        *first, last = [vendor.name for vendor in VENDORS if vendor.kind is kind]
        assert f"# {kind.setting}: {', '.join(first)} or {last}.\n" in text
    for vendor in VENDORS:
        for name in (vendor.model, vendor.voice):
            assert not name or Settings.model_fields[name.lower()].default in text, name
        assert not vendor.extra or install_command(vendor.extra) in text


@each_vendor
def test_the_page_on_services_tells_of_the_vendor(vendor: Vendor) -> None:
    text = (PROJECT_ROOT / "docs/services.md").read_text(encoding="utf-8")
    section = re.search(rf"## {vendor.kind.setting}\n(.*?)(\n## |\Z)", text, re.DOTALL)
    assert section
    row = re.search(rf"^\| `{vendor.name}` .*$", section.group(1), re.MULTILINE)
    assert row
    for name in vendor.setting_names:
        assert f"`{name}`" in row.group(), name
    assert not vendor.extra or f"[{vendor.extra}]" in row.group()


def test_a_missing_package_is_named_with_its_command() -> None:
    (anthropic,) = [vendor for vendor in VENDORS if vendor.name == "anthropic"]
    for package in ("no_such_package", "no_such_package.inside"):
        problem = replace(anthropic, package=package).missing_package
        assert problem == (
            "language-model by anthropic needs a package that is not installed: "
            "run `.venv/bin/python -m pip install '.[anthropic]'`"
        )
    assert replace(anthropic, package="httpx").missing_package == ""


def test_the_table_imports_no_vendor() -> None:
    """The runner reads it to show its help."""
    packages = {vendor.package for vendor in VENDORS if vendor.package}
    source = "\n".join(
        (PROJECT_ROOT / "bot/stages" / name).read_text(encoding="utf-8")
        for name in ("vendor.py", "vendors.py")
    )
    imported = set(re.findall(r"^(?:from|import) (\w+)", source, flags=re.MULTILINE))
    assert imported <= {"bot", "pydantic", "pydantic_settings"} | sys.stdlib_module_names
    assert not imported & packages


@each_vendor
async def test_a_service_defaults_to_what_the_settings_do(vendor: Vendor) -> None:
    """Who uses the service alone hears the same as who sets nothing but a key."""
    service = vendor.load_service()(api_key="a key")
    for chosen, setting in (("model", vendor.model), ("voice", vendor.voice)):
        if setting:
            default = VendorSettings.model_fields[setting.lower()].default
            assert getattr(service.settings, chosen) == default
    await service.cleanup()
