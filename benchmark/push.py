"""`python -m benchmark.push BUNDLE owner/name`: uploads a bundle with a model card to the Hugging Face Hub."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmark.cli.command import run_command
from benchmark.cli.parser import Parser
from benchmark.core.errors import DONE, InputError
from tracking import scratch_folder

PIPELINE_FILES = ("config.json", "model.safetensors", "tokenizer_config.json")
"""Files of a BERT student's bundle that transformers reads."""
CARD = "README.md"
EXAMPLES = ("bundle owner/name --dry-run card", "bundle owner/name --private")


def main(arguments: Sequence[str] | None = None) -> int:
    """Uploads, or with --dry-run writes the same folder."""
    args = build_parser().parse_args(arguments)
    _require_name(args.name)
    with scratch_folder() as scratch:
        folder = write_repository(args.bundle, scratch / "repository", args.name, served_only=args.slim)
        if args.dry_run:
            print(f"Written: {_copied(folder, args.dry_run)}")
        else:
            print(f"Uploaded: {_uploaded(folder, args.name, args.private)}")
    return DONE


def write_repository(bundle: Path, folder: Path, name: str, *, served_only: bool = False) -> Path:
    """Writes the files of the repository `name`: the bundle, checked, with a model card. Raises InputError.

    `served_only` leaves out the model that does not serve, and the files of transformers; models that the bundle lacks
    are left out anyway.
    """
    from benchmark.bundle import Bundle, BundleError  # onnxruntime and more, which help and usage errors do without
    from benchmark.bundle.files import MANIFEST, MODEL, served_files, write_manifest
    from benchmark.export.card_teacher import public_manifest
    from benchmark.export.model_card import model_card

    try:
        loaded = Bundle.load(bundle)
    except BundleError as error:
        raise InputError(str(error)) from error
    folder.mkdir()
    for_pipeline = [file for file in PIPELINE_FILES if (bundle / file).is_file() and not served_only]
    own = served_files(loaded.manifest) if served_only else loaded.manifest["files"]
    for file in (*own, *for_pipeline):
        if (bundle / file).is_file():  # the other form of the model may have been left out before
            shutil.copyfile(bundle / file, folder / file)
    manifest = public_manifest(loaded.manifest)
    write_manifest(folder / MANIFEST, manifest)
    has_pipeline, has_fp32 = len(for_pipeline) == len(PIPELINE_FILES), (folder / MODEL).is_file()
    card = model_card(name, manifest, loaded.labels, has_pipeline, with_fp32=has_fp32)
    (folder / CARD).write_text(card, encoding="utf-8")
    return folder


def _copied(folder: Path, target: Path) -> Path:
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"{target} exists and is not an empty folder. Name a new one.")
    return Path(shutil.copytree(folder, target, dirs_exist_ok=True))


def _uploaded(folder: Path, name: str, private: bool) -> str:
    """Address of the repository, which is made if it does not exist."""
    from huggingface_hub import HfApi, get_token

    from benchmark.bundle.hub import problem

    if not get_token():
        raise InputError("An upload needs a token: set HF_TOKEN to one that may write, or run `hf auth login`.")
    api = HfApi()
    try:
        address = api.create_repo(name, private=private, exist_ok=True)
        api.upload_folder(
            repo_id=name,
            folder_path=folder,
            commit_message="Bundle and model card",
            delete_patterns=["*.onnx", "*.safetensors"],
        )
    except Exception as error:
        raise InputError(f"{name} is not uploaded: {problem(error)}") from None
    return str(address)


def _require_name(name: str) -> None:
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(name)
    except HFValidationError:
        name = ""
    if name.count("/") != 1:
        raise InputError("A repository is named owner/name, of letters, digits, '-', '_' and '.'.")


def build_parser() -> Parser:
    """Parser of the command line."""
    parser = Parser("push", __doc__, EXAMPLES)
    parser.add_argument("bundle", type=Path, help="folder that a run exported (its artifact `bundle`)")
    parser.add_argument("name", metavar="owner/name", help="repository; it is made if it does not exist")
    parser.add_argument("--dry-run", type=Path, metavar="DIR", help="write the repository's files to DIR instead")
    slim = "upload what serves alone: no fp32 model where INT8 serves, no files of transformers"
    parser.add_argument("--slim", action="store_true", help=slim)
    parser.add_argument("--private", action="store_true", help="make a new repository private")
    return parser


if __name__ == "__main__":
    run_command(main)
