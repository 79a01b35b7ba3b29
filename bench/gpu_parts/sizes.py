# SPDX-License-Identifier: MIT
"""How large everything is: as the goals name it, and tiny, to try every part on a CPU."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Sizes:
    """`narrow`, `middle` and `wide` are the widths that the goals speak of, `batch` gives each width its batch."""

    batch: dict[int, int]
    narrow: tuple[int, ...]
    middle: int
    wide: tuple[int, ...]
    lanes: tuple[int, ...]
    rival_lanes: tuple[int, ...]
    steps: int  # of a timed training, at least
    seconds: float  # of a timed training, at least
    processes: int  # that train one model each, at once
    attacked: int  # images
    attack_lanes: tuple[int, ...]
    attack_steps: int
    epsilons: int
    change: dict = field(default_factory=dict)  # of every timed training

    @property
    def widths(self) -> tuple[int, ...]:
        return tuple(self.batch)


# Batches are 1.75 times the width for the wide, as in the paper's study files.
FULL = Sizes(batch={64: 128, 256: 384, 1000: 1500, 2000: 3500}, narrow=(64, 256), middle=1000, wide=(1000, 2000),
             lanes=(1, 4, 16, 64, 256), rival_lanes=(1, 16, 64), steps=20, seconds=0.5, processes=4, attacked=1000,
             attack_lanes=(1, 16), attack_steps=40, epsilons=14)
TINY = Sizes(batch={16: 64, 24: 64}, narrow=(16,), middle=24, wide=(24,), lanes=(1, 2), rival_lanes=(1, 2), steps=4,
             seconds=0.01, processes=2, attacked=50, attack_lanes=(1, 2), attack_steps=3, epsilons=3,
             change={"dataset": {"train_samples": 600}})

#: The conditions of "What a GPU would do" in docs/performance.md, as what differs from 784-N-10 with the penalty.
PLAIN = {"regularizers": {"spectral": None}}
CONDITIONS = {
    "plain": PLAIN,
    "penalised": {},
    "three layers, all penalised": {"model": {"depth": 3}, "regularizers": {"spectral": {"layers": "all"}}},
    "three layers, whitened": PLAIN | {"model": {"depth": 3, "whiten": 2, "whiten_about": "zero"}},
    "Jacobian penalty": {"regularizers": {"spectral": None, "jacobian": {"strength": 0.01, "projections": 1}}},
    "FGSM adversary": PLAIN | {"training": {"adversary": "fgsm"}},
    "PGD adversary, 7 steps": PLAIN | {"training": {"adversary": "pgd"}},
    "CNN": PLAIN | {"model": {"kind": "cnn", "depth": 2, "channels": 16}},
}
