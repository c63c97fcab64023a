"""Makes stardist_loss.json: StarDist's loss by PyTorch 1.13 in float64, with its three errors of distances
(python3 make_stardist_loss.py > stardist_loss.json, then deno fmt)."""
import json
import torch

torch.manual_seed(5)
N, RAYS, H, W = 2, 5, 3, 4
BACKGROUND, DIST_WEIGHT, EPSILON = 1e-2, 0.2, 1e-7


def single(x):
    """As float32 has it, so that both sides begin with the same numbers."""
    return x.float().double()


prob = single(torch.rand(N, 1, H, W)).requires_grad_()
dist = single(torch.randn(N, RAYS, H, W) * 3 + 2).requires_grad_()
true_prob = single(torch.rand(N, 1, H, W))
true_prob[0, 0, 0] = 0  # Background.
true_prob[1, 0, 1, 1:3] = -1  # To be ignored.
true_dist = single(torch.rand(N, RAYS, H, W) * 6) * (true_prob > 0)

ERRORS = {
    "mae": lambda d, t: (d - t).abs().mean(1, keepdim=True),
    "mse": lambda d, t: ((d - t) ** 2).mean(1, keepdim=True),
    "iou": lambda d, t: 1
    - (d.sign() * torch.minimum(d, t) ** 2).mean(1, keepdim=True)
    / ((torch.maximum(d, t) ** 2).mean(1, keepdim=True) + EPSILON),
}


def losses(error):
    known = true_prob >= 0
    p = prob.clamp(EPSILON, 1 - EPSILON)[known]
    t = true_prob[known]
    of_prob = -(t * p.log() + (1 - t) * (1 - p).log()).mean()
    mask = true_prob.clamp(min=0)
    inside = (mask * ERRORS[error](dist, true_dist)).mean() / (mask.mean() + EPSILON)
    outside = ((1 - mask) * dist.abs().mean(1, keepdim=True)).mean()
    of_dist = inside + BACKGROUND * outside
    return of_prob, of_dist, of_prob + DIST_WEIGHT * of_dist


def numbers(tensor):
    return [float(f"{x:.9g}") for x in tensor.detach().flatten().tolist()]


cases = {}
for error in ERRORS:
    values = losses(error)
    dp, dd = torch.autograd.grad(values[2], [prob, dist])
    names = ["prob", "dist", "total"]
    cases[error] = {name: numbers(value)[0] for name, value in zip(names, values)}
    cases[error].update(dp=numbers(dp), dd=numbers(dd))

maps = {"prob": prob, "dist": dist, "trueProb": true_prob, "trueDist": true_dist}
print(
    json.dumps(
        {
            "shape": [N, RAYS, H, W],
            "background": BACKGROUND,
            "distWeight": DIST_WEIGHT,
            "maps": {name: numbers(value) for name, value in maps.items()},
            "cases": cases,
        }
    )
)
