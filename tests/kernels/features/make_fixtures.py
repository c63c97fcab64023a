"""Writes scipy.json: features of small planes with SciPy 1.10.1's Gaussian filters and NumPy 1.24.2.

    python3 tests/kernels/features/make_fixtures.py

Values are texts of numbers with 9 digits.
"""

import json
import pathlib

import numpy as np
from scipy import ndimage

random = np.random.default_rng(7)


def gaussian(plane, sigma, rows=0, columns=0):
    return ndimage.gaussian_filter(plane, sigma, order=(rows, columns), mode="mirror", truncate=4)


def eigenvalues(a, b, c):
    matrices = np.stack([np.stack([a, b], -1), np.stack([b, c], -1)], -1)
    small, large = np.moveaxis(np.linalg.eigvalsh(matrices), -1, 0)
    return [large, small]


def features(plane, sigma):
    dy, dx = gaussian(plane, sigma, 1, 0), gaussian(plane, sigma, 0, 1)
    dyy, dxx = gaussian(plane, sigma, 2, 0), gaussian(plane, sigma, 0, 2)
    tensor = [gaussian(product, sigma / 2) for product in (dx * dx, dx * dy, dy * dy)]
    return [
        gaussian(plane, sigma),
        ndimage.gaussian_laplace(plane, sigma, mode="mirror", truncate=4),
        ndimage.gaussian_gradient_magnitude(plane, sigma, mode="mirror", truncate=4),
        *eigenvalues(dxx, gaussian(plane, sigma, 1, 1), dyy),
        *eigenvalues(*tensor),
    ]


def text(values):
    return " ".join(f"{value:.9g}" for value in np.ravel(values))


def case(shape, sigma):
    plane = np.float64(np.float32(random.random(shape) * 3 - 1))
    return {
        "shape": shape,
        "sigma": sigma,
        "plane": text(plane),
        "features": [text(feature) for feature in features(plane, sigma)],
    }


sizes = [([9, 13], 0.7), ([8, 5], 1.6), ([6, 11], 3.5), ([1, 17], 1.0), ([3, 2], 2.0)]
cases = [case(shape, sigma) for shape, sigma in sizes]
path = pathlib.Path(__file__).with_name("scipy.json")
path.write_text(json.dumps(cases, indent=2) + "\n")
