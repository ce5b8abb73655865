"""The exported model: text in, labels out, with numpy, onnxruntime and tokenizers alone."""

from benchmark.bundle.bundle import Bundle, readable, words_of
from benchmark.bundle.files import BundleError

__all__ = ["Bundle", "BundleError", "readable", "words_of"]
