"""`python -m benchmark.export.mlflow_model BUNDLE FOLDER`: a bundle as a model for `mlflow models serve -m FOLDER`."""

import re
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from benchmark import bundle
from benchmark.bundle import BundleError, slim
from tracking import TextModel, save_model, scratch_folder

LOADER = "benchmark.bundle:Bundle.load"
PARAMS = {"scores": False, "min_score": 0.0}
"""Arguments of Bundle.predict that a request may have."""
REQUIREMENTS = ("onnxruntime", "tokenizers", "numpy")
ROOT = Path(bundle.__path__[0]).parents[1]


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the model, or says in one line why it cannot."""
    parser = ArgumentParser("python -m benchmark.export.mlflow_model", description=__doc__)
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new folder")
    args = parser.parse_args(arguments)
    try:
        print(f"Written: {write_mlflow_model(args.bundle, args.folder)}")
    except BundleError as error:
        parser.error(str(error))


def text_model(served: Path, description: str = "") -> TextModel:
    """The model of a bundle that `slim` wrote."""
    return TextModel(
        folder=served,
        loader=LOADER,
        code=bundle_code(),
        requirements=_pinned(REQUIREMENTS),
        params=PARAMS,
        description=description,
    )


def bundle_code() -> dict[str, Path]:
    """Source files that a bundle needs to predict, by their path relative to the import path."""
    files = [ROOT / "benchmark" / "__init__.py", *Path(bundle.__path__[0]).glob("*.py")]
    return {str(file.relative_to(ROOT)): file for file in files}


def write_mlflow_model(folder: Path, target: Path) -> Path:
    """Writes the bundle of `folder` into the new folder `target`. Raises BundleError."""
    if target.exists():
        raise BundleError(f"{target} exists. Name a new folder.")
    with scratch_folder() as scratch:
        return save_model(text_model(slim(folder, scratch / "bundle")), target)


def _pinned(packages: tuple[str, ...]) -> list[str]:
    """Requirements pinned to the installed versions, without the suffix of a local build."""
    return [f"{package}=={re.sub(r'[+].*', '', version(package))}" for package in packages]


if __name__ == "__main__":
    main()
