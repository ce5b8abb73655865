"""Students: one row each, read without importing torch. A new student is its module and a row here.

Baselines have rows of their own, as they are no torch modules (students/baselines).
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Sizes that a student takes from its task: C `n_labels` (classes or tags) and V `vocab_size` tokens."""

    task: str
    vocab_size: int
    n_labels: int
    pad_id: int = 0

    @property
    def per_token(self) -> bool:
        """Whether the student labels every token rather than the sentence."""
        return self.task == "sequence_labeling"


@dataclass(frozen=True, kw_only=True)
class Student:
    """A student architecture, and what plans and reports show of it."""

    label: str
    """Name in prose, as the paper writes it."""
    description: str
    builder: str
    """`module:name` of a function or class that builds a torch module from a Shape."""
    learning_rate: float
    """Default where no grid is searched; chosen as docs/lab-log.md records."""
    milliseconds_per_step: float
    microseconds_per_token: float
    """Training on one core takes both, for each batch and for each of its tokens; for the plan's estimate."""
    embedding_scale: float = 1.0
    """Factor of the random initial embeddings. PyTorch's are of deviation 1, at which a token that training reads
    seldom stays noise."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """A model without a neural network, which stands beside the students, and what plans and reports show of it."""

    label: str
    description: str
    task: str
    builder: str
    """`module:class`, as `students.baselines.Baseline`."""
    package: str
    """Package that it needs, and `install`, what pip calls it."""
    install: str
    milliseconds_per_text: float
    """Training on one core, all variants together; for the plan's estimate."""


STUDENTS = {
    "bilstm": Student(
        label="BiLSTM", description="bidirectional LSTM with self-attention",
        builder="students.bilstm:BiLstm", learning_rate=3e-3, milliseconds_per_step=11,
        microseconds_per_token=13, embedding_scale=0.1),
    "cnn": Student(
        label="CNN", description="residual depthwise-separable convolutions",
        builder="students.cnn:Cnn", learning_rate=3e-3, milliseconds_per_step=14,
        microseconds_per_token=8, embedding_scale=0.03),
    "bert_tiny": Student(
        label="BERT-Tiny", description="BERT of 2 layers, width 128, untrained",
        builder="students.bert:bert_tiny", learning_rate=1e-3, milliseconds_per_step=14,
        microseconds_per_token=22),
    "bert_mini": Student(  # learning rate not tuned, as the next one's
        label="BERT-Mini", description="BERT of 4 layers, width 256, untrained",
        builder="students.bert:bert_mini", learning_rate=5e-4, milliseconds_per_step=65,
        microseconds_per_token=150),
    "bert_small": Student(
        label="BERT-Small", description="BERT of 4 layers, width 512, untrained",
        builder="students.bert:bert_small", learning_rate=2e-4, milliseconds_per_step=75,
        microseconds_per_token=800),
    "bilstm_small": Student(  # rate of bilstm
        label="BiLSTM-Small", description="bilstm of width 64",
        builder="students.bilstm:bilstm_small", learning_rate=3e-3, milliseconds_per_step=9,
        microseconds_per_token=9, embedding_scale=0.1),
    "static": Student(
        label="Static", description="weighted mean of token and bigram embeddings; for tagging a window of them",
        builder="students.static:Static", learning_rate=3e-3, milliseconds_per_step=3,
        microseconds_per_token=2, embedding_scale=0.03),
}  # fmt: skip

BASELINES = {
    "tfidf": Baseline(
        label="TF-IDF", description="TF-IDF of words and word pairs, linear support vector machine",
        task="classification", builder="students.baselines.tfidf:TfIdf", package="sklearn", install="scikit-learn",
        milliseconds_per_text=2),
    "fasttext": Baseline(
        label="fastText", description="fastText's classifier, of words and word pairs",
        task="classification", builder="students.baselines.fasttext:FastText", package="fasttext",
        install="fasttext-community", milliseconds_per_text=3),
    "crf": Baseline(
        label="CRF", description="conditional random field of word forms",
        task="sequence_labeling", builder="students.baselines.crf:Crf", package="pycrfsuite",
        install="which-student[crf]", milliseconds_per_text=30),
}  # fmt: skip
"""Baselines, which learn the labels of the data or of the teacher, in one step without a learning rate."""

NAMES = (*STUDENTS, *BASELINES)
"""What -s takes."""

PAPER = ("bilstm", "cnn", "bert_tiny", "bert_mini", "bert_small")
"""The paper's students, which a plan has that names none."""
