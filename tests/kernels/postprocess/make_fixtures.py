"""Writes skimage.json: maps and masks with what scikit-image 0.19.3 and NumPy 1.24.2 make of them.

    python3 tests/kernels/postprocess/make_fixtures.py

Arrays are base64 of deflated little-endian float32 (maps), uint16 (counts, labels) or packed bits (masks).
"""

import base64
import json
import pathlib
import zlib

import numpy as np
from scipy import ndimage
from skimage import filters, measure, morphology

random = np.random.default_rng(2020)


def text(array):
    return base64.b64encode(zlib.compress(np.ascontiguousarray(array).tobytes(), 9)).decode()


def bits(mask):
    return text(np.packbits(mask.ravel()))


def nuclei(height, width, radius):
    """Soft spots on a noisy ground, some cut by the border: like a network's answer."""
    spots = random.random((height, width)) > 0.985
    field = ndimage.gaussian_filter(spots.astype(float), radius)
    field += random.normal(size=field.shape) * 0.1 * field.max()
    return 1 / (1 + np.exp(-12 * (field / field.max() - 0.4)))


def narrow(start, steps, size):
    """Values a few float32 steps apart, so that neighbouring bin edges coincide."""
    first = np.full(size, start, np.float32).view(np.int32)
    return (first + random.integers(0, steps, size).astype(np.int32)).view(np.float32)


maps = {
    "nuclei": nuclei(37, 51, 2),
    "uniform noise": random.random((19, 23)),
    "camera counts": random.poisson(300, (16, 21)) + 1000,
    "below zero": random.normal(size=(17, 16)) * 1e3 - 500,
    "two values": random.integers(0, 2, (9, 14)) * 0.7 + 0.1,
    "four values, equal gaps": random.integers(0, 4, (12, 12)),
    "constant": np.full((3, 5), 0.3),
    "one pixel": np.full((1, 1), -2.5),
    "5 steps wide": narrow(1000, 5, (8, 16)),
    "200 steps wide": narrow(0.3, 200, (8, 16)),
    "900 steps wide": narrow(-1, 900, (8, 16)),
    "sorted ramp on the edges": np.arange(257).reshape(1, 257) / 256,
}


def map_case(name, values):
    values = np.asarray(values, np.float32)
    return {
        "name": name,
        "shape": values.shape,
        "values": text(values),
        "counts": text(np.histogram(values, 256)[0].astype(np.uint16)),
        "threshold": float(filters.threshold_otsu(values)),
    }


masks = {
    "nuclei": nuclei(41, 54, 2) > 0.5,
    "noise 0.5": random.random((23, 37)) < 0.5,
    "noise 0.85": random.random((29, 31)) < 0.85,
    "full": np.ones((7, 9), bool),
    "empty": np.zeros((6, 5), bool),
    "one row": random.random((1, 40)) < 0.7,
    "one column": random.random((40, 1)) < 0.7,
    "one pixel": np.ones((1, 1), bool),
    "checkerboard": np.indices((8, 9)).sum(0) % 2 == 1,
}


def without_small(labels, size):
    kept = morphology.remove_small_objects(labels, size) if labels.any() else labels
    ids = np.unique(kept[kept > 0])
    return np.where(kept > 0, np.searchsorted(ids, kept) + 1, 0)


def mask_case(name, mask):
    footprints = {"cross": morphology.disk(1), "square": morphology.square(3)}
    labels = {4: measure.label(mask, connectivity=1), 8: measure.label(mask, connectivity=2)}
    return {
        "name": name,
        "shape": mask.shape,
        "mask": bits(mask),
        "erosion": {k: bits(morphology.binary_erosion(mask, f)) for k, f in footprints.items()},
        "dilation": {k: bits(morphology.binary_dilation(mask, f)) for k, f in footprints.items()},
        "opening": {k: bits(morphology.binary_opening(mask, f)) for k, f in footprints.items()},
        "labels": {k: text(v.astype(np.uint16)) for k, v in labels.items()},
        "without5": {k: text(without_small(v, 5).astype(np.uint16)) for k, v in labels.items()},
    }


def region_case():
    values = random.integers(0, 3, (21, 26))
    labels = {4: measure.label(values, connectivity=1), 8: measure.label(values, connectivity=2)}
    return {
        "shape": values.shape,
        "values": text(values.astype(np.uint16)),
        "labels": {k: text(v.astype(np.uint16)) for k, v in labels.items()},
    }


fixtures = {
    "maps": [map_case(name, values) for name, values in maps.items()],
    "masks": [mask_case(name, mask) for name, mask in masks.items()],
    "regions": region_case(),
}
path = pathlib.Path(__file__).with_name("skimage.json")
path.write_text(json.dumps(fixtures, indent=2) + "\n")
