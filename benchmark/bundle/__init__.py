"""The exported model: text in, labels out, with numpy, onnxruntime and tokenizers alone."""

from benchmark.bundle.bundle import Bundle, readable, words_of
from benchmark.bundle.files import BundleError
from benchmark.bundle.slim import slim

__all__ = ["Bundle", "BundleError", "readable", "slim", "words_of"]
