# SPDX-License-Identifier: BSD-3-Clause
from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from hw_bnn.config import DataConfig, ViewConfig, validate
from hw_bnn.data import image_folder, load
from hw_bnn.errors import HwBnnError
from tests.training.runs import draw_folder

WHOLE = ViewConfig(size=16, resize=16, min_area=1.0)


def ramp(width, height):
    """Red is the column, green the row."""
    rows, columns = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([columns, rows, 0 * rows], 2).astype(np.uint8))


@pytest.fixture
def folder(tmp_path):
    draw_folder(tmp_path, train=3, val=2)
    return tmp_path


def test_classes_and_files_are_sorted(folder):
    (folder / "train" / "square" / "notes.txt").write_text("no image")
    (folder / "train" / ".hidden").mkdir()
    (folder / "train" / "stray.png").touch()
    data = load("image_folder", folder, None, WHOLE)
    assert (data.classes, data.image_shape) == (2, (3, 16, 16))
    assert list(data.train_images.names[:3]) == [b"disc/0.png", b"disc/1.JPEG", b"disc/2.png"]
    assert data.train_labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert data.test_labels.tolist() == [0, 0, 1, 1]
    with Image.open(folder / "val" / "square" / "0.png") as file:
        expected = np.asarray(file)
    assert np.array_equal(data.test_array()[2].transpose(1, 2, 0), expected)


def test_the_folder_may_have_the_sets_name(folder, tmp_path):
    inner = tmp_path / "sets" / "image_folder"
    inner.parent.mkdir()
    for split in ("train", "val"):
        (inner / split).parent.mkdir(exist_ok=True)
        (folder / split).rename(inner / split)
    assert load("image_folder", inner.parent, None, WHOLE).classes == 2


def test_evaluation_sees_the_middle(folder):
    """Of 80 x 40 pixels the square of 28/32 x 40 in the middle: columns 22.5 to 57.5."""
    ramp(80, 40).save(folder / "val" / "disc" / "0.png")
    view = ViewConfig(size=28, resize=32)
    seen = load("image_folder", folder, None, view).test_images.read(0).astype(float)
    assert seen.shape == (28, 28, 3)
    width = 35 / 28  # of a pixel
    centres = (np.arange(28) + 0.5) * width - 0.5
    np.testing.assert_allclose(seen[14, 1:-1, 0], (22.5 + centres)[1:-1], atol=0.6)
    np.testing.assert_allclose(seen[1:-1, 14, 1], (2.5 + centres)[1:-1], atol=0.6)


def test_random_parts_are_of_the_image_and_of_the_area_asked_for():
    random = np.random.default_rng(0)
    boxes = np.array([image_folder.random_box((90, 60), 0.25, random) for _ in range(2000)])
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    assert boxes.min() == 0
    assert (boxes[:, 2].max(), boxes[:, 3].max()) == (90, 60)
    share = width * height / 5400
    assert 0.24 < share.min() < 0.27
    assert share.max() > 0.8
    ratio = width / height
    assert 0.72 < ratio.min() < 0.78
    assert 1.28 < ratio.max() < 1.38


def test_a_part_that_cannot_be_is_not_forced():
    assert image_folder.random_box((400, 10), 0.9, np.random.default_rng(0)) is None


def test_seed_epoch_and_index_decide_the_part(folder):
    for name in ("0.png", "1.JPEG"):
        ramp(80, 60).save(folder / "train" / "disc" / name, format="PNG")
    images = load("image_folder", folder, None, ViewConfig(size=16, resize=18)).train_images
    seen = [images.read(*which) for which in ((0, (1, 2)), (0, (1, 3)), (0, (2, 2)), (1, (1, 2)))]
    assert np.array_equal(seen[0], images.read(0, (1, 2)))
    for i in range(4):
        for j in range(i):
            assert not np.array_equal(seen[i], seen[j]), (i, j)
    still = load("image_folder", folder, None, WHOLE).train_images
    assert np.array_equal(still.read(0, (1, 2)), still.read(0))


@pytest.mark.parametrize("mode", ["L", "P", "CMYK"])
def test_other_colours_become_rgb(folder, mode):
    ramp(20, 20).convert(mode).save(folder / "val" / "disc" / "1.JPEG", format="TIFF")
    assert load("image_folder", folder, None, WHOLE).test_images.read(1).shape == (16, 16, 3)


def test_some_of_the_test_images_are_read_alone(folder):
    data = load("image_folder", folder, None, WHOLE)
    (folder / "val" / "square" / "0.png").write_bytes(b"")  # the third
    assert data.test_array(2).shape == (2, 3, 16, 16)


def test_sixteen_bits_are_not_cut_to_white(folder):
    deep = np.full((16, 16), 30_000, np.uint16)
    Image.fromarray(deep).save(folder / "val" / "disc" / "0.png")
    data = load("image_folder", folder, None, WHOLE)
    with pytest.raises(HwBnnError, match=r"0.png: cannot be read: pixels .*, must have 8 bits"):
        data.test_images.read(0)


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("1.JPEG", cut, r"1.JPEG: cannot be read: .*truncated"),
        ("0.png", cut, r"0.png: cannot be read: .*truncated"),
        ("0.png", lambda path: path.write_bytes(b""), "0.png: cannot be read: not an image"),
        ("0.png", lambda path: path.unlink(), "0.png: cannot be read: .*No such file"),
    ],
)
def test_a_damaged_file_is_named(folder, name, damage, message):
    data = load("image_folder", folder, None, WHOLE)
    damage(folder / "val" / "disc" / name)
    with pytest.raises(HwBnnError, match=message) as error:
        data.test_array()
    assert "\n" not in str(error.value)


def test_splits_must_have_the_same_classes(folder):
    (folder / "val" / "disc").rename(folder / "val" / "disk")
    with pytest.raises(HwBnnError, match=r"val/disc: no such folder, .*train/disc is there"):
        load("image_folder", folder, None, WHOLE)
    (folder / "val" / "disk").rename(folder / "val" / "disc")
    (folder / "val" / "extra").mkdir()
    with pytest.raises(HwBnnError, match=r"train/extra: no such folder, .*val/extra is there"):
        load("image_folder", folder, None, WHOLE)


def test_what_is_missing_is_said(folder, tmp_path):
    (folder / "train" / "empty").mkdir()
    (folder / "val" / "empty").mkdir()
    with pytest.raises(HwBnnError, match=r"train/empty: has no images; must have .jpeg"):
        load("image_folder", folder, None, WHOLE)
    (tmp_path / "flat" / "train").mkdir(parents=True)
    (tmp_path / "flat" / "val").mkdir()
    with pytest.raises(HwBnnError, match=r"flat/train: has no folders; must have one for each"):
        load("image_folder", tmp_path / "flat", None, WHOLE)
    with pytest.raises(HwBnnError, match=r"no folders train and val here nor in .*image_folder"):
        load("image_folder", folder / "train", None, WHOLE)


def test_nothing_is_downloaded(monkeypatch):
    monkeypatch.delenv("HW_BNN_DATA", raising=False)
    with pytest.raises(HwBnnError, match="no public set that could be downloaded"):
        load("image_folder", None, None, WHOLE)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "image_folder"}, "x.yaml: view is missing: must be given"),
        ({"name": "mnist", "view": {}}, 'view is given: must be left out with name "mnist"'),
        (
            {"name": "image_folder", "view": {"size": 224, "resize": 200}},
            "view.resize is 200: must be at least size, 224",
        ),
        ({"name": "image_folder", "view": {"min_area": 0}}, "min_area is 0: must be greater"),
    ],
)
def test_views_that_cannot_be_are_refused(values, message):
    with pytest.raises(HwBnnError, match=message):
        validate(DataConfig, values, "x.yaml")


def test_files_without_a_view_are_refused(tmp_path):
    with pytest.raises(HwBnnError, match=r"image_folder needs the section data\.view"):
        load("image_folder", tmp_path)
