"""Builds the counting kernel where there is a C compiler; without one the NumPy kernel counts, more slowly."""

from __future__ import annotations

import os

from setuptools import Extension, setup

GNU = [
    *("-O3", "-std=c11", "-Wall", "-Wextra", "-Wno-psabi", "-fvisibility=hidden"),
    # Multiplying and adding in one step would round once where the definition rounds twice.
    "-ffp-contract=off",
    # Nobody looks at what a comparison of NaN leaves behind, so that loops may compare what they will not use, and be wide.
    "-fno-trapping-math",
    # Python's own -fwrapv, which we do not rely on, costs a tenth of the speed.
    "-fno-wrapv",
]

KERNEL = Extension(
    "driftline.engines._kernel",
    sources=["src/driftline/engines/_kernel.c"],
    depends=[
        f"src/driftline/engines/_{part}.h" for part in ("hash", "bins", "blocks", "find", "keys", "numbers", "codes", "scores", "tables")
    ],
    extra_compile_args=GNU if os.name == "posix" else [],
    define_macros=[("Py_LIMITED_API", "0x030B0000")],
    py_limited_api=True,
    optional=True,
)

setup(ext_modules=[KERNEL], options={"bdist_wheel": {"py_limited_api": "cp311"}})
