"""Claims on files and milliseconds, and on F1 against milliseconds."""

from benchmark.reporting.claims.claim import NAMES, Claim
from benchmark.reporting.claims.costs import Front, PerMillisecond, Shrinking
from benchmark.reporting.claims.paper import checkpoint_to_onnx, onnx_speed, weights_to_onnx

COSTS: tuple[Claim, ...] = (
    Claim(
        name="onnx_is_faster",
        section="5.2.3",
        text="ONNX speeds students up",
        kind=Shrinking(before="latency_torch_ms", after="latency_onnx_ms", paper=onnx_speed),
    ),
    Claim(
        name="onnx_is_smaller",
        section="5.2.3",
        text="ONNX shrinks students, against a checkpoint with the optimiser's moments",
        kind=Shrinking(before="size_checkpoint_mib", after="size_onnx_mib", paper=checkpoint_to_onnx),
    ),
    Claim(
        name="onnx_is_smaller_than_weights",
        section="5.2.3",
        text="ONNX shrinks students, against their weights alone",
        kind=Shrinking(before="size_weights_mib", after="size_onnx_mib", paper=weights_to_onnx),
        made_by="us",
    ),
    *(
        Claim(
            name=f"{student}_keeps_more_per_ms",
            section="7",
            text=f"{NAMES[student]} keeps more F1 a millisecond than BERT-Mini and BERT-Small",
            kind=PerMillisecond(student=student),
        )
        for student in ("bilstm", "cnn")
    ),
    *(
        Claim(
            name=f"{student}_is_on_the_front",
            section="7",
            text=f"{NAMES[student]} is on the Pareto front: no student as fast is better",
            kind=Front(student=student),
        )
        for student in ("bilstm", "cnn")
    ),
    Claim(
        name="bert_tiny_is_off_the_front",
        section="5.2.2",
        text="BERT-Tiny is off the Pareto front in PyTorch: a student as fast is better",
        kind=Front(student="bert_tiny", latency="latency_torch_ms"),
        expects="below",
    ),
)
