# SPDX-License-Identifier: BSD-3-Clause
"""docs/results.md: every stored benchmark as a table, with what made it, and pictures.

The studies' page, README's figures and the list of keys are made with it.

    python -m hw_bnn.report.results

It is run in the repository's root, after a benchmark was stored in benchmarks/results.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hw_bnn import files
from hw_bnn.report import benchmarks, keys, plots, readme, studies
from hw_bnn.report.svg import drawn

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RESULTS, PAGE = Path("benchmarks/results"), Path("docs/results.md")


class Section(NamedTuple):
    """One stored benchmark on the page."""

    file: str
    """Its name in benchmarks/results, without .json."""
    title: str
    words: str
    tables: tuple[Callable[[benchmarks.Row], str], ...]
    plot: Callable[[benchmarks.Row], Figure] | None = None


SECTIONS = (
    Section(
        "lanes",
        "Matrix unit, per lane",
        "One lane is one XNOR of a weight and an activation, with its share of popcount, "
        "accumulator and comparison with the threshold; 128 x 1,152 random weights in memories. "
        "The `for` loop is the same unit with a popcount as yosys makes it of a loop.",
        (benchmarks.lanes,),
        plots.lanes,
    ),
    Section(
        "constant",
        "Constant weights, a result every cycle",
        "Fully unrolled layers with random weights and thresholds as logic: generated here, the "
        "same with the pipeline that a build gives it (its shift registers count in the ratio), "
        "and da4ml 0.6.0. All go through the same script of yosys, which differs from that of the "
        "other sections: abc maps, as abc9 does not end on them. What is slow to generate or to "
        "map is kept from run to run, with the seconds of its first time. Every design was "
        "simulated.",
        (benchmarks.constant,),
        plots.constant,
    ),
    Section(
        "mlp",
        "TFC whole",
        "784-64-64-64-10 on MNIST at FINN's folding, trained here: the sum of its units, one flat "
        "run of yosys as a check, and the flat run with the popcount as a `for` loop.",
        (benchmarks.accelerators,),
    ),
    Section(
        "cnv",
        "CNV at FINN's folding",
        "BNN-PYNQ's network with weights trained here, with every window, converter, FIFO, pool "
        "and label select. For comparison: BNN-PYNQ's own takes 26,072 LUT, 124 BRAM36 and 24 DSP, "
        "as published; that is Vivado's count after place and route, with DMA and interconnect. "
        "Each unit's netlist was simulated beside its RTL; one flat run of yosys is a check. "
        "It has a path of six levels: there yosys maps the control of a window, which has five by "
        "itself, another way. Levels are counted unit by unit, with neighbours joined.",
        (benchmarks.accelerators, benchmarks.units),
    ),
    Section(
        "verify/cnv-cifar10-xc7z020",
        "CNV on the xc7z020",
        "The same network, folded by the solver for 80% of the part's 53,200 LUT and 140 BRAM36, "
        "which it counts as LC with LUT as memory. LC is yosys' estimate of what is left when LUT "
        "that share a site are paired; the cells alone are more, as the second table shows. "
        "FINN's record for the network, as published, is 9,130 cycles (21,906 images/s at 200 MHz) "
        "on a ZC706, four times larger.",
        (benchmarks.run, benchmarks.run_shares, benchmarks.run_units),
    ),
    Section(
        "finn-operators",
        "Stream operators beside FINN+'s",
        "What FINN+ has in RTL, read by slang and mapped by the same script; a padded window is "
        "two units there. Matrices of bits, max-pool and label select are HLS in FINN+, which "
        "yosys cannot count.",
        (benchmarks.operators,),
    ),
    Section(
        "fifo",
        "FIFO sizing of CNV",
        "Unbounded FIFOs in RTL, whose largest fill is measured, beside the depths that were "
        "chosen by the model of all handshakes and then measured in RTL. The seconds of RTL are to "
        "compile it and to simulate some images.",
        (benchmarks.fifo,),
    ),
    Section(
        "folding",
        "Folding solver",
        "Look-up tables by the same resource model, at the same target, beside FINN+'s SetFolding. "
        "The solver has as few of them as it can; block RAMs are what they then are.",
        (benchmarks.folding,),
        plots.folding,
    ),
    Section(
        "resources",
        "Resource models",
        "Models of the operators beside syntheses: |model - yosys| / yosys of logic cells and "
        "look-up tables as memory together, the signed error of their sum, and the largest "
        "difference in memories. Coefficients are fitted to small units (fitted), not to other "
        "small ones (held out) nor to the units of the two CNV above, of which those that are like "
        "a fitted one and those behind the sums are left out.",
        (benchmarks.resources,),
    ),
    Section(
        "size",
        "Cost over network size, and speed of simulation",
        "Untrained networks, folded by the solver to 1,000 cycles (perceptrons) and 32,768 cycles "
        "(convolutions), synthesised unit by unit, and simulated on one core; the golden executor "
        "uses all cores.",
        (benchmarks.size,),
        plots.size,
    ),
    Section(
        "rtl",
        "Drawn networks through RTL",
        "Shape, kernel, padding, pool, signs of scales, PE and SIMD, input quantiser and label "
        "select are drawn; compared with the golden executor behind every layer.",
        (benchmarks.rtl,),
    ),
    Section(
        "steps",
        "Training steps",
        "Forward, loss, backward, Adam and clipping on one thread, the designs taking turns: our "
        "layers, stock Brevitas layers, and float layers of the same shape.",
        (benchmarks.steps,),
    ),
    Section(
        "training",
        "TFC on MNIST, trained",
        "All weights and activations one bit; the epoch is the last, or chosen on held-out "
        "images. Brevitas publishes 93.17% for its own TFC.",
        (benchmarks.training,),
    ),
    Section(
        "training-sfc",
        "SFC on MNIST, trained",
        "All weights and activations one bit; the epoch is the last, or chosen on held-out "
        "images. Brevitas publishes 97.81% for its own SFC.",
        (benchmarks.training,),
    ),
    Section(
        "training-lfc",
        "LFC on MNIST, trained",
        "All weights and activations of LFC one bit; the epoch is the last, or chosen on held-out "
        "images. It learns from a small network of real numbers, mnist-teacher, which the three "
        "seeds share, and from images that are moved at random. Brevitas publishes "
        "98.88% for its own LFC.",
        (benchmarks.training,),
    ),
    Section(
        "costs",
        "What trainings cost on a CPU",
        "Processor time of steps on drawn images, one thread, the teacher included, extrapolated "
        "to all epochs; without decoding, augmentation and evaluation. Other work shared the "
        "machine; an idle core takes less. The ImageNet recipes have not been run.",
        (benchmarks.costs,),
    ),
    Section(
        "epochs",
        "First epochs of recipes that were not trained whole",
        "The first epoch of each CIFAR-10 recipe that takes days on a CPU, with the learning rate "
        "and gradients of the whole recipe, on one thread. A tenth of the training images is held "
        "out to judge; the test split was not used. It shows that these recipes run at full size, "
        "not what they reach. Guessing has a loss of 2.303 and 10% right.",
        (benchmarks.epochs,),
    ),
    Section(
        "proofs",
        "Proofs of the RTL library",
        "SymbiYosys with z3. Induction holds for all time, a bound for so many cycles after reset. "
        "In proofs, stream_window's ring has the words that its parameters need; as built it has "
        "32 at least. Every fault is planted in a copy of the module: an assertion must fail, or a "
        "cover be out of reach.",
        (benchmarks.proofs,),
    ),
)  # fmt: skip

HEAD = """\
# Measured

Made by `python -m hw_bnn.report.results` from the files in
[benchmarks/results](../benchmarks/results).

Counts are yosys estimates for the 7 series before place and route (`synth_xilinx -family xc7
-flatten`). LC is yosys' estimate of logic cells plus one for each LUT6_2, which it leaves out;
"LUT as memory" counts sites used as memory or shift register, which are not in LC; "LUT sites,
paired" puts two tables with at most five inputs together into one; INV are inverters, which stand
in none of these (older files do not have them). Levels are look-up tables on the longest path
between registers, a carry chain counting one and one more for each 16 bits, a block RAM's output
two: a proxy, not a timing result. Nothing here ran on a board.
"""


def stored(results: Path) -> list[Section]:
    """Return the sections whose benchmark is stored."""
    return [section for section in SECTIONS if (results / f"{section.file}.json").is_file()]


def page(results: Path) -> str:
    """Return the text of the page for the benchmarks that are stored."""
    parts = [HEAD]
    for section in stored(results):
        content = files.read_json(results / f"{section.file}.json")
        parts.append(f"## {section.title}\n\n{section.words}\n")
        if section.plot is not None:
            parts.append(f"![{section.title}](results/{section.file}.svg)\n")
        parts += [f"{tabulate(content)}\n" for tabulate in section.tables]
        parts.append(_origin(content))
    return "\n".join(parts)


def _origin(content: dict[str, Any]) -> str:
    """Say what made a benchmark, or the report of a run."""
    made = content.get("conditions")
    if made is None:
        return f"`hw-bnn run` at {content['commit']}.\n"
    return f"`{made['command']}` at {made['commit']}, {made['cores']} cores.\n"


def write(results: Path = RESULTS, target: Path = PAGE) -> None:
    """Write the page and its pictures."""
    for section in stored(results):
        if section.plot is not None:
            content = files.read_json(results / f"{section.file}.json")
            picture = drawn(lambda section=section, content=content: section.plot(content))  # type: ignore[misc]
            files.write_bytes(target.parent / "results" / f"{section.file}.svg", picture)
    files.write_text(target, page(results))


if __name__ == "__main__":
    write()
    studies.write(studies.stored(RESULTS))
    keys.write()
    readme.write(RESULTS)
