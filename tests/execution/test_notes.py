"""What a run says of itself in the tracking UI."""

from benchmark.core.spec import RunSpec
from benchmark.execution.run_description import NOTE, ROLES, tags

SPEC = RunSpec(
    suite="classification", dataset="emot", task="classification", student="cnn", setting="kd_ulb_bert", seed=0,
    learning_rate=1e-3, teacher="indobert", teacher_key="t", data_digest="d", loss="mse", unlabeled=True,
    embeddings="bert", max_epochs=1, patience=1, batch_size=8, max_length=64,
)  # fmt: skip


def test_a_run_says_how_its_student_was_taught() -> None:
    note = tags(SPEC, "train", "paper")[NOTE]
    assert note.startswith(
        "**cnn** on **emot**, `kd_ulb_bert`: learns from the teacher's logits (MSE), on unlabelled text too; "
        "its embeddings start from the teacher's. Teacher: indobert."
    )
    assert "`score/test_f1` is F1 in 0..1" in note


def test_every_role_has_words_of_its_own() -> None:
    note = {role: tags(SPEC, role, "paper")[NOTE] for role in ROLES}
    assert len(set(note.values())) == len(ROLES) == 5
    assert all("emot" in text and "{" not in text for text in note.values())
