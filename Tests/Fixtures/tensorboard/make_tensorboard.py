"""Writes scalars.tfevents: what torch.utils.tensorboard's SummaryWriter writes at fixed times.

torch==2.13.0+cpu tensorboard==2.21.0

    python make_tensorboard.py
"""
import glob
import os
import shutil
import tempfile
import time

import torch.utils.tensorboard as board

HERE = os.path.dirname(os.path.abspath(__file__))
# The tags, values and steps of TensorBoardTests.
SCALARS = [
    ("train/loss", 2.5, 300),
    ("eval/loss", 0.1, 0),
    ("train/learning_rate", 1e-30, 1),
    ("train/grad_norm", -3.4e38, 2**31),
    ("test/rougeL", 0.0, 127),
    ("test/größe", 1.0, 128),
]

time.time = lambda: 1700000000.25
with tempfile.TemporaryDirectory() as folder:
    writer = board.SummaryWriter(folder)
    for index, (tag, value, step) in enumerate(SCALARS):
        writer.add_scalar(tag, value, step, walltime=1700000000.25 + index)
    writer.close()
    (path,) = glob.glob(f"{folder}/events.out.tfevents.*")
    shutil.copy(path, f"{HERE}/scalars.tfevents")
print(os.path.getsize(f"{HERE}/scalars.tfevents"), "bytes")
