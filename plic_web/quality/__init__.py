"""Perceptual quality of pictures, for the exporter's gate and for `plic eval`."""
