"""A module imports only from floors below its own."""

import ast
from pathlib import Path

import pytest

import neuro

ROOT = Path(neuro.__file__).parent
FLOORS: list[set[str]] = [
    {"units", "errors", "ids", "pace", "dynamics"},
    {"arguments"},
    {"records"},
    {"engram"},
    {"signals", "query", "profiles"},
    {"clock", "observers", "plasticity", "indexing"},
    {"fading"},
    {"embedders", "stores"},
    {"concepts", "connectome", "retention"},
    {"entities"},
    {"regions"},
    {"sleep"},
    {"config"},
    {"presets", "pathways"},
    {"brain"},
    {"__init__"},
    {"testing"},
    {"frontends"},
    {"__main__"},
]
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(ROOT.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(node.module or "")
            if node.module == "neuro":
                names |= {f"neuro.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    inner = [name.split(".") for name in names if name.split(".")[0] == "neuro"]
    return {parts[1] if len(parts) > 1 and parts[1] in FLOOR_OF else "__init__" for parts in inner}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_from_floors_below(path: Path) -> None:
    room = room_of(path)
    assert room in FLOOR_OF, f"{room} has no floor"
    for other in imported_rooms(path) - {room}:
        assert FLOOR_OF[other] < FLOOR_OF[room], f"{room} imports {other}"


@pytest.mark.parametrize("path", sorted((ROOT / "regions").glob("*.py")), ids=lambda path: path.name)
def test_a_region_never_imports_another_region(path: Path) -> None:
    shared = {
        "base",
        "completion",
        "journal",
        "journalled_region",
        "memory_region",
        "recent_index",
        "stream",
        "tonight",
    }
    if path.stem in ("__init__", "anatomy"):
        return
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("neuro.regions."):
            assert (node.module or "").rsplit(".", 1)[1] in shared


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_clock_reads_the_wall_clock_and_nothing_draws_global_chance(path: Path) -> None:
    if path.name == "clock.py":
        return
    forbidden = {("time", "time"), ("datetime", "now"), ("datetime", "utcnow"), ("date", "today")}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in forbidden, f"line {node.lineno}"


def test_dynamics_know_only_numbers() -> None:
    for path in (ROOT / "dynamics").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module = node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
                assert (module or "").split(".")[0] in {
                    "__future__",
                    "math",
                    "typing",
                    "collections",
                    "numpy",
                }
