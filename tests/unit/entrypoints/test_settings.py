"""Where settings come from and which source wins."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from entrypoints import resources, settings
from entrypoints.debug_variable import debug_is_on
from entrypoints.logs import configured
from entrypoints.registry import CLASSIFIERS
from entrypoints.settings import Settings, load_settings, merged, read_file
from entrypoints.settings_fields import NAMES
from entrypoints.settings_model import SettingsModel

SOURCES = ["default", "base file", "kind's file", "config file", "environment", "flag"]


@pytest.fixture(autouse=True)
def configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of configurations, and an environment that sets nothing of ours."""
    for name in [name for name in os.environ if name.startswith(("ARXIV_CLASSIFIER_", "MODEL_", "DEBUG"))]:
        monkeypatch.delenv(name)
    folder = tmp_path / "configs"
    folder.mkdir()
    monkeypatch.setattr(resources, "configs", lambda: folder)
    monkeypatch.setitem(CLASSIFIERS, "fake", "tests.fakes.classifier:FakeFamily")
    return folder


@pytest.mark.parametrize("highest", range(len(SOURCES)), ids=SOURCES)
def test_each_source_wins_over_those_below(
    configs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, highest: int
) -> None:
    """Flag over environment over --config over the kind's file over base.yaml over defaults, key by key."""
    config = tmp_path / "mine.yaml"
    for level, path in enumerate([configs / "base.yaml", configs / "baseline.yaml", config], start=1):
        if level <= highest:
            path.write_text(f"seed: {level}\nmodel:\n  epochs: {level}\n  level_{level}: true\n")
    if highest >= 4:
        monkeypatch.setenv("ARXIV_CLASSIFIER_SEED", "4")
        monkeypatch.setenv("ARXIV_CLASSIFIER_MODEL__EPOCHS", "4")
    flags = {"seed": 5, "model": {"epochs": 5}} if highest >= 5 else {}
    found = load_settings(flags, config=config if highest >= 3 else None)
    assert found.seed == highest
    assert found.model.get("epochs", 0) == highest
    assert [key for key in found.model if key != "epochs"] == [f"level_{i}" for i in range(1, min(highest, 3) + 1)]


def test_the_kind_that_wins_says_which_file_is_read(configs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The YAML of the kind that a flag or MODEL_TYPE names is read, and no other kind's."""
    (configs / "fake.yaml").write_text("model:\n  epochs: 9\n")
    (configs / "baseline.yaml").write_text("model:\n  hidden: 8\n")
    assert load_settings({"kind": "fake"}).model == {"epochs": 9}
    monkeypatch.setenv("MODEL_TYPE", "fake")
    assert load_settings() == load_settings({"kind": "fake"})


def test_the_shipped_base_file_restates_the_defaults(monkeypatch: pytest.MonkeyPatch, configs: Path) -> None:
    """configs/base.yaml names every setting but the path of one model, each at its default."""
    base = Path(settings.__file__).parents[1] / "configs" / "base.yaml"
    (configs / "base.yaml").write_bytes(base.read_bytes())
    assert load_settings() == Settings()
    assert {*read_file(base), "model_path", "model"} == set(NAMES)


def test_the_checked_form_has_the_same_settings_and_defaults() -> None:
    """The settings that pydantic checks are the fields of `Settings`."""
    assert set(SettingsModel.model_fields) == set(NAMES)
    assert load_settings({"seed": 0}) == Settings()


def test_defaults_are_read_without_pydantic(configs: Path, tmp_path: Path) -> None:
    """A configuration that says nothing new costs no import of pydantic, and one that does is checked by it."""
    code = (
        "import sys; from entrypoints.settings import load_settings; load_settings();"
        "assert 'pydantic' not in sys.modules; load_settings({'seed': 1}); assert 'pydantic' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(settings.__file__).parents[1])


def test_values_are_converted_to_their_type(configs: Path) -> None:
    """Text that spells a number is that number."""
    (configs / "base.yaml").write_text("seed: '7'\nartifacts: some/where\n")
    found = load_settings()
    assert (found.seed, found.artifacts) == (7, Path("some/where"))


def test_environment_names_without_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    """MODEL_PATH, MODEL_TYPE and DEBUG carry no prefix."""
    monkeypatch.setenv("MODEL_PATH", "some/where")
    monkeypatch.setenv("MODEL_TYPE", "fake")
    monkeypatch.setenv("DEBUG", "1")
    found = load_settings()
    assert (found.model_path, found.kind, found.debug) == ("some/where", "fake", True)
    assert found.model_reference == "some/where"


@pytest.mark.parametrize(
    ("value", "on"), [("on", True), (" True ", True), ("off", False), ("release", False), ("2", False)]
)
def test_a_debug_of_another_program_is_off(monkeypatch: pytest.MonkeyPatch, value: str, on: bool) -> None:
    """DEBUG counts as off unless it is a boolean that is true. In a file, another value is an error."""
    monkeypatch.setenv("DEBUG", value)
    assert (load_settings().debug, debug_is_on()) == (on, on)


def test_a_debug_that_is_no_boolean_is_warned_of_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """DEBUG=release is one line on stderr, however often settings are read, and none in processes started later."""
    monkeypatch.setenv("DEBUG", "release")
    for _ in range(2):
        assert configured().debug is False
    assert capsys.readouterr().err.count("DEBUG is 'release', which is no boolean, and counts as off.") == 1
    assert os.environ["DEBUG"] == "0"


@pytest.mark.parametrize(
    ("flag", "variable", "file", "base", "wanted"),
    [
        (None, None, None, None, "default"),
        (None, None, None, "baseline", "default"),
        (None, None, None, "fake", "fake"),
        (None, None, "baseline", None, "baseline"),
        (None, "baseline", None, None, "baseline"),
        (None, "fake", "baseline", None, "fake"),
        ("baseline", "fake", None, None, "baseline"),
    ],
)
def test_a_kind_that_is_named_goes_before_the_model_in_use(
    configs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    flag: str | None,
    variable: str | None,
    file: str | None,
    base: str | None,
    wanted: str,
) -> None:
    """A flag, MODEL_TYPE or a file names a kind, also the default one; base.yaml's default names none."""
    config = tmp_path / "mine.yaml"
    config.write_text(f"kind: {file}\n" if file else "seed: 1\n")
    (configs / "base.yaml").write_text(f"kind: {base}\n" if base else "")
    monkeypatch.setenv("MODEL_TYPE", variable or "")
    assert load_settings({"kind": flag}, config=config).model_reference == wanted
    if not file:
        assert load_settings({"kind": flag}).model_reference == wanted


def test_options_from_the_environment_have_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number in ARXIV_CLASSIFIER_MODEL__X is a number; what is no JSON is text."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_MODEL__EPOCHS", "3")
    monkeypatch.setenv("ARXIV_CLASSIFIER_MODEL__STEMMING", "porter")
    assert load_settings().model == {"epochs": 3, "stemming": "porter"}


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """`MODEL_PATH=` in a shell or a compose file means the default."""
    monkeypatch.setenv("MODEL_PATH", "")
    monkeypatch.setenv("ARXIV_CLASSIFIER_SEED", "")
    assert load_settings() == Settings()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("sed: 1\n", "has no option 'sed'. Did you mean 'seed'?"),
        ("debug: release\n", "The setting debug is 'release'"),
        ("seed: four\n", "The setting seed is 'four': input should be a valid integer"),
        ("max_characters: 0\n", "The setting max_characters is 0: input should be greater than 0"),
        ("- a\n- b\n", "is a list, not a mapping of settings"),
        ("seed: [\n", "is not YAML"),
        ("model: 3\n", "The setting model is 3, not a mapping of options"),
        ("kind: bert\n", "There is no kind of model 'bert'. Known are: baseline, ensemble, fake"),
        ("seed: \xff\n".encode("latin-1"), "is not YAML"),
    ],
)
def test_a_wrong_file_is_named_with_what_is_wanted(tmp_path: Path, text: str | bytes, wanted: str) -> None:
    """A mistake in a file is a ConfigurationError with the key, the value found and what is known or wanted."""
    config = tmp_path / "mine.yaml"
    config.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as raised:
        load_settings(config=config)
    assert wanted in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("ARXIV_CLASSIFIER_SEDE", "1", "Did you mean 'ARXIV_CLASSIFIER_SEED'?"),
        ("ARXIV_CLASSIFIER_MODEL_PATH", "x", "has no option 'ARXIV_CLASSIFIER_MODEL_PATH'"),
        ("ARXIV_CLASSIFIER_SEED", "-1", "The variable ARXIV_CLASSIFIER_SEED is '-1'"),
        ("ARXIV_CLASSIFIER_TRACKING", "{", '"tracking"'),
        ("MODEL_TYPE", "bert", "Known are: baseline, ensemble, fake"),
    ],
)
def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, wanted: str) -> None:
    """A mistake in the environment is a ConfigurationError that names the variable."""
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as raised:
        load_settings()
    assert wanted in str(raised.value)


def test_variables_of_tests_are_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """ARXIV_CLASSIFIER_DATA, where tests find real papers, is let be."""
    monkeypatch.setenv("ARXIV_CLASSIFIER_DATA", "/papers")
    assert load_settings() == Settings()


def test_the_environment_may_name_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ARXIV_CLASSIFIER_CONFIG names a file of settings. Other variables hold over it, and --config takes its place."""
    for name in ("named", "given"):
        (tmp_path / f"{name}.yaml").write_text(f"seed: 7\ndataset: {name}\n", "utf-8")
    monkeypatch.setenv("ARXIV_CLASSIFIER_CONFIG", str(tmp_path / "named.yaml"))
    assert (load_settings().dataset, load_settings().seed) == ("named", 7)
    monkeypatch.setenv("ARXIV_CLASSIFIER_SEED", "3")
    assert (load_settings().dataset, load_settings().seed) == ("named", 3)
    assert load_settings(config=tmp_path / "given.yaml").dataset == "given"


def test_a_missing_config_file_is_named() -> None:
    """--config with a file that is not there says so."""
    with pytest.raises(ConfigurationError, match=r"nowhere\.yaml cannot be read: No such file"):
        load_settings(config=Path("nowhere.yaml"))


def test_merging_goes_all_the_way_down() -> None:
    """Nested mappings are merged key by key, anything else is replaced."""
    over = {"a": {"b": {"c": 1}}, "d": [1]}
    under = {"a": {"b": {"c": 0, "e": 2}, "f": 3}, "d": [2, 3], "g": 4}
    assert merged(over, under) == {"a": {"b": {"c": 1, "e": 2}, "f": 3}, "d": [1], "g": 4}


def test_a_tracker_of_null_is_the_null_tracker(configs: Path) -> None:
    """YAML reads an unquoted null as nothing, and it is not held against the writer."""
    (configs / "base.yaml").write_text("tracker: null\n")
    assert load_settings().tracker == "null"
