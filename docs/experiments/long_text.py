"""Cost of texts beyond the maximum length: `python docs/experiments/long_text.py BUNDLE`, one thread.

The text repeats one sentence. Milliseconds are processor time, the least of seven tries: other work counts little.
"""

import sys
from time import process_time
from timeit import repeat

from benchmark.bundle import Bundle
from benchmark.bundle.windows import windows_of

SENTENCE = "Presiden Joko Widodo meresmikan jalan tol di Provinsi Lampung pada hari Jumat pagi ."
LENGTHS = (50, 100, 200, 500, 1000, 2000)
TRIES = 7

bundle = Bundle.load(sys.argv[1])
print("| words | tokens | windows | read twice | ms | ms per 100 words |\n|---:|---:|---:|---:|---:|---:|")
for n_words in LENGTHS:
    text = " ".join((SENTENCE.split() * n_words)[:n_words])
    windows = windows_of(bundle._encode(text))
    n_read = sum(sum(word is not None for word in window.word_ids) for window in windows)
    tokenizer = bundle._tokenizer.from_str(bundle._tokenizer.to_str())
    tokenizer.no_truncation()
    words = text.split() if bundle.per_word else text
    n_tokens = len(tokenizer.encode(words, is_pretokenized=bundle.per_word, add_special_tokens=False).ids)
    ms = 1000 * min(repeat(lambda text=text: bundle.predict([text]), timer=process_time, number=1, repeat=TRIES))
    row = (n_words, n_tokens, len(windows), f"{n_read / n_tokens - 1:.0%}", f"{ms:.2f}", f"{100 * ms / n_words:.2f}")
    print("|", " | ".join(map(str, row)), "|")
