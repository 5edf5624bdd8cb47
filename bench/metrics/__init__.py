"""Metrics: how far a decoded picture is from its original.

``METRICS`` holds all of them in the order of a table's columns. Importing this loads no model
and no optional package; a metric's ``load`` does.
"""

from bench.metrics.brisque import BRISQUE
from bench.metrics.colour import BASE_COLOUR
from bench.metrics.cpbd import CPBD
from bench.metrics.deep import DISTS, LPIPS_ALEX, LPIPS_VGG
from bench.metrics.embeddings import CLIP, DINOV2
from bench.metrics.faces import FACES
from bench.metrics.fidelity import MS_SSIM, PSNR
from bench.metrics.metric import Metric
from bench.metrics.text import OCR, WORDS

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        LPIPS_ALEX,
        LPIPS_VGG,
        DISTS,
        MS_SSIM,
        PSNR,
        BASE_COLOUR,
        OCR,
        WORDS,
        FACES,
        CLIP,
        DINOV2,
        BRISQUE,
        CPBD,
    )
}


DEFAULT_METRICS = ("lpips-alex", "dists", "ms-ssim", "psnr", "base-colour")
"""What is measured unless asked otherwise."""
