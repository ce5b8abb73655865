"""The built-in data sets: the paper's twelve (Table 4), CLINC150, two bundled demonstrations."""

from benchmark.data.entry import SPLITS, DataFile, DatasetEntry, Format, Split
from benchmark.data.label_sets import CLINC150, POS, POSP

INDONLU = ("IndoNLP/indonlu", "ce728f6926a36174b9923dfe49d6a6839b6e9bb7")
INDOLEM = ("indolem/indolem", "777fdc680cfa85243f08e60045e3d34ca49756ed")
CLINC = ("clinc/oos-eval", "828f8093932c8fe6ca7936c3d2e52903b1c523de")


def _iob(*types: str) -> tuple[str, ...]:
    """O first, then B- and I- of each type."""
    return ("O", *(f"{prefix}-{kind}" for kind in types for prefix in "BI"))


def _rows(train: int, validation: int, test: int) -> dict[Split, int]:
    return {"train": train, "validation": validation, "test": test}


def _files(
    pattern: str,
    file_format: Format,
    sha256: tuple[str, str, str] = ("", "", ""),
    *,
    validation: str = "valid",
    quoted: bool = True,
) -> dict[Split, DataFile]:
    """`pattern` holds {} where the publishers name the split: train, `validation`, test."""
    return {
        split: DataFile(path=pattern.format(name), format=file_format, sha256=checksum, quoted=quoted)
        for split, name, checksum in zip(SPLITS, ("train", validation, "test"), sha256, strict=True)
    }


ENTITY_TYPES = """
area currency datetime duration email length location number percentage person phone temperature volume weight
"""

DATASETS: dict[str, DatasetEntry] = {
    "smltk": DatasetEntry(
        name="smltk",
        task="classification",
        origin="private",
        description="small talk with chatbots, informal and imbalanced",
        n_rows=_rows(1134, 1280, 1272),
        n_classes=96,
        metric="macro_f1",
        licence="private",
        stand_in="smalltalk_demo",
    ),
    "health": DatasetEntry(
        name="health",
        task="classification",
        origin="private",
        description="turns of online medical consultations",
        n_rows=_rows(57938, 6894, 6897),
        n_classes=5,
        metric="macro_f1",
        licence="private",
    ),
    "telco": DatasetEntry(
        name="telco",
        task="classification",
        origin="private",
        description="questions to a telecommunication company's bot",
        n_rows=_rows(11520, 1440, 1440),
        n_classes=144,
        metric="macro_f1",
        licence="private",
        stand_in="clinc150",
    ),
    "senta": DatasetEntry(
        name="senta",
        task="classification",
        origin="public",
        description="sentiment of tweets and hotel reviews (IndoLEM); 1 is positive",
        repository=INDOLEM[0],
        revision=INDOLEM[1],
        files=_files(
            "sentiment/data/{}0.csv",
            "csv",
            (
                "fba0e0c1518e8fb481a8864baafdaa55e29766eaf4335d02da98cc0d80132527",
                "4964a3d78a91df7c5ef5825fc80f5893f317acf1173ecaf09cfdbb997038256e",
                "1eb8881f9f9330d4a5bc0f160e249a5ae2bea607b5118ea9105d8e9db20a4dfb",
            ),
            validation="dev",
        ),
        text="sentence",
        label="sentiment",
        labels=("0", "1"),
        n_rows=_rows(3638, 399, 1011),
        n_classes=2,
        metric="macro_f1",
        licence="not stated by its publishers",
    ),
    "smsa": DatasetEntry(
        name="smsa",
        task="classification",
        origin="public",
        description="sentiment of comments and reviews from online platforms (IndoNLU)",
        repository=INDONLU[0],
        revision=INDONLU[1],
        files=_files(
            "dataset/smsa_doc-sentiment-prosa/{}_preprocess.tsv",
            "tsv",
            (
                "50f38ceed9b31521bf1581e126620532cc9b790712938159a2cdcf6906977a9b",
                "6ab41ddc9d58a35086f05ebd2e209c74cb03d87d4f51d6abdfba674eafbefa74",
                "4e8016daa8e4e1b193f2a28a79d3a7804dd4e3f926a3ab7e8a64264f5f416a6f",
            ),
            quoted=False,
        ),
        text=0,
        label=1,
        labels=("negative", "neutral", "positive"),
        n_rows=_rows(11000, 1260, 500),
        n_classes=3,
        metric="macro_f1",
        licence="Apache-2.0",
    ),
    "emot": DatasetEntry(
        name="emot",
        task="classification",
        origin="public",
        description="emotion of tweets (IndoNLU); the paper counted 442 test rows, 440 are published",
        repository=INDONLU[0],
        revision=INDONLU[1],
        files=_files(
            "dataset/emot_emotion-twitter/{}_preprocess.csv",
            "csv",
            (
                "51bb4e77d989004d0ca49c158f404d7eda956015a18b805401f7dee9b4d85fc1",
                "3cba3d7b2cc3afa5cdd452a13df2498ff8a32b420f59ed10a48e41a452c98f50",
                "e983b8e4b079a3b76f299cc801305f1098e35281f5b95636432981a2f2a1b461",
            ),
        ),
        text="tweet",
        label="label",
        labels=("anger", "fear", "happy", "love", "sadness"),
        n_rows=_rows(3521, 440, 440),
        n_classes=5,
        metric="macro_f1",
        licence="Apache-2.0",
    ),
    "entk": DatasetEntry(
        name="entk",
        task="sequence_labeling",
        origin="private",
        description="persons, places, contacts, dates, money and units in chat",
        n_rows=_rows(10955, 1250, 1372),
        n_classes=14,
        metric="entity_f1",
        licence="private",
        stand_in="entity_demo",
    ),
    "terma": DatasetEntry(
        name="terma",
        task="sequence_labeling",
        origin="public",
        description="aspect and sentiment terms of hotel reviews (IndoNLU); the paper counts O as a class",
        repository=INDONLU[0],
        revision=INDONLU[1],
        files=_files(
            "dataset/terma_term-extraction-airy/{}_preprocess.txt",
            "conll",
            (
                "5da1a89793eb0ea996874212e551a766d31f860c3797a186729bc6829b6a5610",
                "7bc98ac730da9beaba2c65ec2332a2e9c1953f060fa4cbf50a734274abbdfa60",
                "79400c1ba527bcf08906e5193d11cad776200d0359cf68ece66394ba805ebdfa",
            ),
        ),
        labels=_iob("ASPECT", "SENTIMENT"),
        n_rows=_rows(3000, 1000, 1000),
        n_classes=2,
        metric="entity_f1",
        licence="Apache-2.0",
    ),
    "pos": DatasetEntry(
        name="pos",
        task="sequence_labeling",
        origin="public",
        description="parts of speech, the split of Kurniawan and Aji (2018), fold 1 (IndoLEM)",
        repository=INDOLEM[0],
        revision=INDOLEM[1],
        files=_files(
            "pos_tagging/data/{}.01.tsv",
            "conll",
            (
                "6cf89137ac77b75a2872fbcf44ed32042795162ad3d73e0326836fa7ccfe1e01",
                "84e146c6cfd5a8fb3ffa95fc32bad958b4d9443e4d32ec56aec24ed1993ecc76",
                "a2be120757ee50a78d7f6244be863e9cbba34c97b4b981bd63f2fc508a8c42c0",
            ),
            validation="dev",
        ),
        labels=POS,
        n_rows=_rows(7222, 802, 2006),
        n_classes=23,
        metric="word_f1",
        licence="CC-BY-NC-SA-4.0",
    ),
    "nergrit": DatasetEntry(
        name="nergrit",
        task="sequence_labeling",
        origin="public",
        description="persons, places and organisations (IndoNLU); the paper counts O as a class",
        repository=INDONLU[0],
        revision=INDONLU[1],
        files=_files(
            "dataset/nergrit_ner-grit/{}_preprocess.txt",
            "conll",
            (
                "4bbef1355fad21b405b5c511a7c80331a5ee71c91db9b82dc03efda5cb99f964",
                "330ee7307f40f5e999110e02390243c07180b78c2e2a06f8a529ab46b0f4e907",
                "30c4fbcdfc6d4093c4fc802b00fa1b0842df548317f0b7f152669f9bd805d816",
            ),
        ),
        labels=_iob("ORGANISATION", "PERSON", "PLACE"),
        n_rows=_rows(1672, 209, 209),
        n_classes=3,
        metric="entity_f1",
        licence="Apache-2.0",
    ),
    "nerp": DatasetEntry(
        name="nerp",
        task="sequence_labeling",
        origin="public",
        description="names in Indonesian news (IndoNLU)",
        repository=INDONLU[0],
        revision=INDONLU[1],
        files=_files(
            "dataset/nerp_ner-prosa/{}_preprocess.txt",
            "conll",
            (
                "0361c2b4a40298f00c027ad80b3c29a1f2a14c3d6fea91ec292820af25821a2d",
                "5e08679148ada73a809a52fbe9695ac8d9b0acfe4e3e8f686fa6ab16048b4863",
                "c262b1bfd339e58ee347e1f7fd8fbc4584c61ed6e36e5da4786539611c80aa03",
            ),
        ),
        labels=_iob("EVT", "FNB", "IND", "PLC", "PPL"),
        n_rows=_rows(6720, 840, 840),
        n_classes=5,
        metric="entity_f1",
        licence="Apache-2.0",
    ),
    "posp": DatasetEntry(
        name="posp",
        task="sequence_labeling",
        origin="public",
        description="parts of speech in the sentences of nerp, INACL tags (IndoNLU)",
        repository=INDONLU[0],
        revision=INDONLU[1],
        files=_files(
            "dataset/posp_pos-prosa/{}_preprocess.txt",
            "conll",
            (
                "667d16f7e3e424fc1bf3d1aff8d99a0045ff07ca382c467f612d9ddc420803a1",
                "9af8289324391466c282132a8b47323b38e84daa3f0dd9b0d972da0a9f0970a9",
                "bc3f87f79d3753598f3d83218405c29468d9cc8aab02482710110657f5dd36b6",
            ),
        ),
        labels=POSP,
        n_rows=_rows(6720, 840, 840),
        n_classes=26,
        metric="word_f1",
        licence="Apache-2.0",
    ),
    "clinc150": DatasetEntry(
        name="clinc150",
        task="classification",
        origin="public",
        description="150 balanced intents in English, a public stand-in for telco",
        repository=CLINC[0],
        revision=CLINC[1],
        files={
            split: DataFile(
                path="data/data_full.json",
                format="clinc",
                sha256="36923c3705a59e08fe9c3883d8bc2dd966ef93e22cb78ac41171782a698d56e0",
            )
            for split in SPLITS
        },
        labels=CLINC150,
        n_rows=_rows(15000, 3000, 4500),
        n_classes=150,
        metric="macro_f1",
        licence="CC-BY-3.0",
    ),
    "smalltalk_demo": DatasetEntry(
        name="smalltalk_demo",
        task="classification",
        origin="demo",
        files=_files("smalltalk_demo/{}.csv", "csv", validation="validation"),
        unlabeled=("smalltalk_demo/unlabeled.txt",),
        description="small talk as the paper describes smltk, generated from a seed",
        n_rows=_rows(1100, 600, 1000),
        n_classes=52,
        metric="macro_f1",
        licence="MIT",
    ),
    "entity_demo": DatasetEntry(
        name="entity_demo",
        task="sequence_labeling",
        origin="demo",
        files=_files("entity_demo/{}.conll", "conll", validation="validation"),
        unlabeled=("entity_demo/unlabeled.txt",),
        labels=_iob(*ENTITY_TYPES.split()),
        description="entities in chat as the paper describes entk, generated from a seed",
        n_rows=_rows(1500, 400, 600),
        n_classes=14,
        metric="entity_f1",
        licence="MIT",
    ),
}
"""By name; the paper's twelve in Table 4's order."""
