"""Reads NAME.bin as NAME.json beside it describes: {arrays: {key: {dtype, shape, offset}}, ...}."""

import json
from pathlib import Path

import numpy as np

DTYPES = {'u1': 'u1', 'i1': 'i1', 'u2': '<u2', 'i2': '<i2', 'u4': '<u4', 'f4': '<f4'}


def read_arrays(folder, name):
    """The description and its arrays by key, little-endian as stored."""
    description = json.loads((Path(folder) / f'{name}.json').read_text())
    data = (Path(folder) / f'{name}.bin').read_bytes()
    arrays = {}
    for key, entry in description['arrays'].items():
        count = int(np.prod(entry['shape']))
        values = np.frombuffer(data, DTYPES[entry['dtype']], count, entry['offset'])
        arrays[key] = values.reshape(entry['shape'])
    return description, arrays
