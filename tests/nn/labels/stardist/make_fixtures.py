"""Makes skimage.json: polygons filled by scikit-image 0.19.3 (python3 make_fixtures.py > skimage.json, then deno fmt)."""
import json
import numpy as np
from skimage.draw import polygon

SHAPE = (20, 23)
random = np.random.default_rng(7)


def star(point, dist):
    dist = np.asarray(dist, np.float32)
    angles = np.linspace(0, 2 * np.pi, len(dist), endpoint=False)
    coord = (dist * np.array([np.sin(angles), np.cos(angles)])).astype(np.float32)
    return (coord + np.asarray(point, np.float32)[:, None]).T


CASES = {
    "32 uneven rays": star((9, 11), random.uniform(3, 8, 32)),
    "32 rays of a wild network": star((10, 10), random.uniform(0.001, 12, 32)),
    "5 rays": star((8, 12), random.uniform(2, 9, 5)),
    "3 rays": star((8, 12), [6.5, 7, 5]),
    "circle through pixel centres": star((9, 9), [5] * 32),
    "circle between pixel centres": star((9, 9), [4.5] * 64),
    "one pixel": star((4, 6), [0.5] * 32),
    "one pixel and its four neighbours": star((4, 6), [1] * 32),
    "shortest rays": star((4, 6), [1e-3] * 32),
    "one long ray among the shortest": star((4, 6), [6] + [1e-3] * 31),
    "cut by the upper left corner": star((1, 2), [6] * 16),
    "cut by the lower right corner": star((18, 21), random.uniform(4, 7, 16)),
    "larger than the image": star((9, 11), [40] * 12),
    "outside": star((40, 11), [5] * 12),
    "above": star((-9, 11), [5] * 12),
    "square on pixel centres": np.float32([[2, 3], [2, 9], [7, 9], [7, 3]]),
    "square between pixel centres": np.float32([[2.5, 3.5], [2.5, 9.5], [7.5, 9.5], [7.5, 3.5]]),
    "concave, edges along pixels": np.float32(
        [[2, 2], [2, 14], [9, 14], [9, 10], [5, 10], [5, 6], [9, 6], [9, 2]]
    ),
    "pentagram": np.float32([[1, 10], [17, 15], [7, 2], [7, 18], [17, 5]]),
    "twice around": np.float32([[2, 2], [2, 9], [9, 9], [9, 2], [2, 2], [2, 6], [6, 6], [6, 2]]),
    "bow tie": np.float32([[2, 2], [10, 12], [2, 12], [10, 2]]),
    "line": np.float32([[3, 3], [9, 15], [6, 9]]),
    "line between pixel centres": np.float32([[3.25, 3.5], [9.25, 15.5], [6.25, 9.5]]),
    "point": np.float32([[5, 5], [5, 5], [5, 5]]),
}


def fill(vertices):
    image = np.full(SHAPE, ".")
    image[polygon(vertices[:, 0], vertices[:, 1], SHAPE)] = "#"
    return ["".join(row) for row in image]


cases = [
    {"name": name, "vertices": vertices.ravel().tolist(), "filled": fill(vertices)}
    for name, vertices in CASES.items()
]
print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
