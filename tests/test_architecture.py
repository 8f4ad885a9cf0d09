"""The project keeps its own rules: who may import whom, what is documented, what a name may be."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from tests.architecture import LAYERS, RANKS, ROOT, sources, tracked_files

# Names that fit anything attract everything.
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "services", "service", "managers", "manager", "common", "misc"}


def test_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_layers_are_those_of_the_import_contract():
    contract = re.search(r"^layers = \[(.*)\]$", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert [set(layer.split(" | ")) for layer in re.findall(r'"([^"]+)"', contract[1])] == LAYERS


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "ARCHITECTURE.md"])
def test_pages_name_every_app_that_imports_downwards(page):
    (line,) = [
        line
        for line in (ROOT / page).read_text().splitlines()
        if "imports and foreign" in line.lower() or "import downwards" in line
    ]

    assert sorted(re.findall(r"`(\w+)`", line.replace(" | ", "` `"))) == sorted(RANKS)


@pytest.mark.parametrize(
    "model", [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in RANKS], ids=str
)
def test_foreign_keys_point_downwards(model):
    for field in model._meta.get_fields(include_hidden=True):
        if field.is_relation and field.concrete and (target := field.related_model._meta.app_label) in RANKS:
            own = model._meta.app_label
            assert target == own or RANKS[target] > RANKS[own], f"{model.__name__}.{field.name} points up or sideways"


@pytest.mark.parametrize(
    "model", [model for model in apps.get_models() if model._meta.app_label in RANKS and model._meta.ordering], ids=str
)
def test_the_order_of_a_table_is_total(model):
    """R07: rows of one name would come in another order each time, and pages of a list repeat some of them."""
    assert model._meta.ordering[-1].lstrip("-") == "id"


# Caches of texts that are our own, or cut before they get there; every other one is a `sites.remembering.remember`,
# which keeps no long ones.
SHORT = {
    "campaigns/bucketing.py": {"_after", "draw"},
    "campaigns/kept_releases.py": {"_load", "_parts"},
    "campaigns/treatments/bandit.py": {"beginning"},
    "campaigns/published.py": {"_read", "_windows"},
    "segments/features.py": {"plan"},
    "privacy/consent.py": {"_plain_name"},
    "personalization/context.py": {"place"},
    "personalization/edge/state.py": {"_is_host_of_ours"},
    "segments/conditions/event_rows.py": {"row_of"},  # names of rows, whose parts are bounded
    "segments/conditions/patterns.py": {"_compile"},
    "segments/tallies.py": {"_read"},
    "tracking/addresses.py": {"_country"},
    "tracking/bots.py": {"_names_nobody", "is_declared_bot"},
    "tracking/identity.py": {"is_signed"},
    "tracking/languages.py": {"_language"},
    "sites/local_time.py": {"_offset"},
    "sites/pseudonyms.py": {"visitor_of", "visitor_of_user", "visitor_of_claim"},
    "tracking/referrers.py": {"_classify"},
    "tracking/steps/description.py": {"_known_place"},
    "tracking/user_agents.py": {"parse"},
}


def test_what_strangers_send_is_not_remembered_whole():
    """Security finding B4: 1,024 Authorization headers of 500 KB were half a gigabyte. Who adds a cache says here why
    its texts are short."""
    found: dict[str, set[str]] = {}
    for path in tracked_files():
        if path.suffix != ".py" or path.parts[0] not in RANKS:
            continue
        for function in ast.walk(ast.parse((ROOT / path).read_text())):
            if (
                isinstance(function, ast.FunctionDef)
                and _is_cached(function)
                and any(_is_text(argument) for argument in function.args.args)
            ):
                found.setdefault(str(path), set()).add(function.name)

    assert found == SHORT


def _is_cached(function: ast.FunctionDef) -> bool:
    return any(
        re.match(r"(functools\.)?(lru_)?cache\b", ast.unparse(decorator)) for decorator in function.decorator_list
    )


def _is_text(argument: ast.arg) -> bool:
    return (
        argument.annotation is not None and re.search(r"\b(str|bytes)\b", ast.unparse(argument.annotation)) is not None
    )


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_setting_is_documented():
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', (ROOT / "personalization/settings.py").read_text()))
    example = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE))

    assert len(read) > 20
    assert example == read
    assert documented == read


def test_environment_is_read_in_settings_only():
    """`up` writes the addresses of its servers there for its children; nobody else looks."""
    reading = re.compile(r"os\.(environ\.get\(|getenv\(|environ\[)\"?(SEGUE_|DATABASE_URL|REDIS_URL)")
    sources = [path for path in tracked_files() if path.suffix == ".py" and path.parts[0] in RANKS]

    assert [str(path) for path in sources if reading.search((ROOT / path).read_text())] == [
        "personalization/management/commands/up.py"
    ]


def test_no_file_has_a_name_that_fits_anything():
    # Templates that replace those of a package lie where the package looks for them.
    named_by_us = [path for path in tracked_files() if path.parts[0] != "templates"]
    refused = [path for path in named_by_us if path.stem in REFUSED_NAMES or REFUSED_NAMES & set(path.parts)]

    assert not refused


@pytest.mark.parametrize("file", ["requirements.in", "requirements-dev.in", "requirements-uv.in"])
def test_every_requirement_has_a_reason(file):
    lines = [line for line in (ROOT / file).read_text().splitlines() if line and not line.startswith(("#", "-c"))]
    without = [line for line in lines if not re.search(r"\s# \S", line)]

    assert lines
    assert not without


@pytest.mark.parametrize(
    ("file", "least"), [("requirements.txt", 20), ("requirements-dev.txt", 20), ("requirements-uv.txt", 1)]
)
def test_every_pin_has_hashes(file, least):
    pins = re.findall(r"^[\w\[\]-]+==\S+ .*(?:\n    .*)*", (ROOT / file).read_text(), re.MULTILINE)

    assert len(pins) >= least
    assert all("--hash=sha256:" in pin for pin in pins)


@pytest.mark.parametrize("name", ["requirements.in", "requirements-dev.in", "requirements-uv.in"])
def test_pins_cover_what_is_required(name):
    def normalised(text: str) -> str:
        return re.sub(r"[-_.]+", "-", text).lower()

    wanted = {
        normalised(match)
        for match in re.findall(r"^([\w.-]+)", (ROOT / name).read_text(), re.MULTILINE)
        if not match.startswith("-")
    }
    pinned = {
        normalised(match)
        for match in re.findall(r"^([\w.-]+)==", (ROOT / name.replace(".in", ".txt")).read_text(), re.MULTILINE)
    }

    assert wanted <= pinned


def test_modules_say_what_question_they_answer():
    excused = {"apps.py", "__init__.py"}
    modules = [
        path
        for path in tracked_files()
        if path.suffix == ".py" and path.parts[0] in RANKS and "migrations" not in path.parts
    ]

    assert not [
        path for path in modules if path.name not in excused and not (ROOT / path).read_text().startswith('"""')
    ]


@pytest.mark.parametrize(
    "page", sorted({*(ROOT / "docs").rglob("*.md"), *ROOT.glob("*.md")}), ids=lambda path: str(path.relative_to(ROOT))
)
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text())

    assert not [target for target in targets if not (page.parent / target).exists()]


def test_what_pages_and_docstrings_name_is_there():
    """Modules, names in modules and paths, in backticks: what was moved or renamed is found here."""
    named = {(path, name) for path in tracked_files() if path.suffix in {".md", ".py"} for name in _names_in(path)}

    assert len(named) > 150
    assert sorted((str(path), name) for path, name in named if not _is_there(name)) == []


def _names_in(path: Path) -> list[str]:
    """`segments.stored.pack`, `tests/tracking/test_rates.py`: what begins with a room of ours."""
    packages, folders = "|".join((*RANKS, "tests", "benchmarks")), "docs|static|templates"
    return re.findall(rf"`((?:{packages})(?:\.\w+)+|(?:{packages}|{folders})/[\w./-]+)`", (ROOT / path).read_text())


def _is_there(name: str) -> bool:
    """A path, in full or as templates are named; or a module, or what stands in one, with a member at most."""
    if "/" in name:
        return (ROOT / name).exists() or (ROOT / "templates" / name).exists()
    if _source_of(name) is not None:
        return True
    module, _, within = name.rpartition(".")
    if "." in module and _source_of(module) is None:
        module, _, within = module.rpartition(".")
    source = _source_of(module)
    return source is not None and re.search(rf"\b{within}\b", source) is not None


def _source_of(module: str) -> str | None:
    path = ROOT / module.replace(".", "/")
    if path.is_dir():
        init = path / "__init__.py"
        return init.read_text() if init.exists() else ""
    return path.with_suffix(".py").read_text() if path.with_suffix(".py").exists() else None


def test_comments_stand_above_what_they_speak_of():
    """Behind the bracket that ends it, nobody knows which part of a statement a comment is about."""
    behind = re.compile(r"^\s*[)\]}].*  # (?!fmt:|noqa|type:)")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if behind.match(line)
    ]

    assert found == []


# Names of ours that are renamed where they are imported, because two modules call two things the same.
RENAMED = {
    "personalization/management/commands/demo.py": {"site"},
    "personalization/management/commands/simulate.py": {"site"},
    "personalization/recompute.py": {"Decision"},
}


def test_what_is_ours_is_called_the_same_everywhere():
    """Who reads of a thing in two modules looks for it by one name. What needs an alias is renamed at its source."""
    found: dict[str, set[str]] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in RANKS:
                renamed = {name.name for name in node.names if name.asname}
                if renamed:
                    found.setdefault(str(path.relative_to(ROOT)), set()).update(renamed)

    assert found == RENAMED


# Lines of templates that hold nothing but one value, which cannot be parted.
UNPARTED = {"templates/demo/base.html", "templates/segments/_estimator.html"}


def test_no_line_of_a_template_is_wider_than_a_screen():
    """HTML does not mind where a line ends between two attributes, cells or words; who reads it does. What follows the
    shell's own templates keeps their lines."""
    wide = [
        f"{path}:{number}"
        for path in tracked_files()
        if path.suffix == ".html" and path.parts[:3] != ("templates", "unfold", "helpers") and str(path) not in UNPARTED
        for number, line in enumerate((ROOT / path).read_text().splitlines(), 1)
        if len(line) > 160
    ]

    assert wide == []


def test_no_choice_stands_within_a_choice():
    """One statement, one idea. A conditional expression inside another is read twice by everybody."""
    found = [
        f"{path}:{outer.lineno}"
        for path in tracked_files()
        if path.suffix == ".py"
        for outer in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(outer, ast.IfExp) and _chooses_within(outer)
    ]

    assert found == []


def _chooses_within(outer: ast.IfExp) -> bool:
    return any(isinstance(inner, ast.IfExp) for inner in ast.walk(outer) if inner is not outer)
