"""The exported model: text in, labels out, with numpy, onnxruntime and tokenizers alone."""

from benchmark.bundle.bundle import Bundle, text_of, words_of
from benchmark.bundle.files import BundleError
from benchmark.bundle.slim import slim

__all__ = ["Bundle", "BundleError", "slim", "text_of", "words_of"]
