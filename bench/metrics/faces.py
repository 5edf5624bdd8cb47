"""Do the original's faces survive? Counted with the detector that the exporter's gate uses."""

from __future__ import annotations

from bench.metrics.last import OfLast
from bench.metrics.metric import Measure, Metric, Picture

SURE = 0.8
"""Faces of the original that are scored lower are not asked for."""
SEEN = 0.5
"""A face counts as found again from this score on."""
SAME_PLACE = 0.5
"""... and where the boxes overlap so far (intersection over union)."""


def load() -> Measure:
    """The measure; its network ships with plic."""
    from plic_web.quality.faces import FaceDetector

    detector = FaceDetector(threshold=SEEN)
    faces_of = OfLast(lambda picture: [f for f in detector.detect(picture) if f.score >= SURE])

    def measure(original: Picture, decoded: Picture) -> float | None:
        """Share 0..1 of the original's faces that are found again; None without faces."""
        wanted = faces_of(original)
        if not wanted:
            return None
        found = detector.detect(decoded)
        kept = [any(face.overlap(other) >= SAME_PLACE for other in found) for face in wanted]
        return sum(kept) / len(kept)

    return measure


FACES = Metric(
    name="faces",
    label="Faces found again",
    unit="",
    better="higher",
    source="share of YuNet's faces in the original that it finds again in place (overlap 0.5)",
    span=(0, 1),
    load=load,
)
