"""The real data sets and public benchmarks that the product knows: where from, whose, which files.

None of them is ours to ship. `files` are those of the folder that TAKT_DATASETS names, one folder a
data set; `original` is what can be had from the public address instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.platform import supplygraph


@dataclass(frozen=True, slots=True)
class Original:
    """Files at a public address, and what turns them into the files of the data set.

    `assemble(originals, folder)` is given the downloaded file of each name and writes into the folder.
    """

    base: str
    files: Mapping[str, str]
    assemble: Callable[[Mapping[str, Path], Path], None]


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set: `files` gives each file's SHA-256, `address` where it comes from."""

    name: str
    title: str
    address: str
    licence: str
    files: Mapping[str, str]
    original: Original | None = None


_GITHUB = "https://github.com"

_ALL = (
    DataSet(
        name="fmcg_production",
        title="SupplyGraph: a maker of 41 products in 25 plants, 181 days (arXiv 2401.15299)",
        address=f"{_GITHUB}/ciol-researchlab/SupplyGraph",
        licence="LGPL-2.1, as its repository states",
        files={
            "daily.parquet": "4740b56e5e91d1dd37e04744b0048026d779e6af2cdda807dcaf592df8d21a4f",
            "product_groups.csv": (
                "949a75f6636f7c2917f655592d17abca7dfcd0a9597c838431a5df7b02fbfc31"
            ),
            "product_plant_storage.csv": (
                "c6dd5177227cd21ff6c6372f3dc6d0399b4f8263be89377f407c3798358cfe20"
            ),
        },
        original=Original(supplygraph.BASE, supplygraph.FILES, supplygraph.assemble),
    ),
    DataSet(
        name="orders",
        title="UCI Online Retail II: 200 products, daily demand and order lines",
        address="https://archive.ics.uci.edu/dataset/502/online+retail+ii",
        licence="CC BY 4.0 (Chen 2019)",
        files={
            "daily_demand.parquet": (
                "6893aef40ffffa494fa61324cce0ef415b63f949701306bcc80cf1af218b8cd4"
            ),
            "order_lines.parquet": (
                "eb975a6d71e6307f95755ec5210120aa0e23366f493b26f6ade5a3e08e6a2b69"
            ),
            "products.csv": "5ebab8f39c478448b32bf52f5a0be4789c3d4d76bc2878b5151f2b0123225e2c",
        },
    ),
    DataSet(
        name="garment_lines",
        title="Garment sewing and finishing lines, 922 line-days",
        address="https://archive.ics.uci.edu/dataset/597",
        licence="CC BY 4.0 (Imran et al.)",
        files={"line_days.csv": "251a48e934df9e481c9a0d16107a55fb5dcfb9a9677a428046eb5b97aa023b70"},
    ),
    DataSet(
        name="shop_floor_log",
        title="Production Analysis with Process Mining Technology (Levy 2014), 180 work orders",
        address=f"{_GITHUB}/lukaskirchdorfer/MTL4PPM",
        licence="4TU general terms of use",
        files={
            "events.parquet": "7eec6d3df13690f80aadd8d3de4395daef6600557e2cba1e99467a9399446854"
        },
    ),
    DataSet(
        name="late_delivery",
        title="USAID SCMS delivery history, 8,254 shipment lines",
        address=f"{_GITHUB}/Masoud2568/dataset",
        licence="US-government open data, as its publisher states",
        files={
            "shipments.parquet": "5a74738cef094ed0ae16d58f46e355fde95c2b801ef661ca5f3d925ea766becf"
        },
    ),
    DataSet(
        name="carparts",
        title="Car parts, intermittent monthly demand, 2,509 parts",
        address=f"{_GITHUB}/robjhyndman/expsmooth",
        licence="GPL-3",
        files={
            "monthly.parquet": "b9f19b43431cebdcba5e7c8ea4494da97d96f493d56979d316c69ffeb55b5654"
        },
    ),
    DataSet(
        name="m3",
        title="M3 Monthly, 1,428 series with the submitted methods' scores",
        address=f"{_GITHUB}/robjhyndman/Mcomp",
        licence="GPL-3",
        files={
            "monthly_train.parquet": (
                "914f548066f55d0316f9d00914057a6ac409f6da17dd6cfe39e2d2bbb7377b04"
            ),
            "monthly_naive2.parquet": (
                "3662e6769b57b3bdcb609ea92e7f84860110d8b9c30a84df064f56ac7af4a05d"
            ),
            "monthly_theta_submitted.parquet": (
                "c3b1e7bb271770e051b75a90d4354959f88f0376da523ba4bbe66fa36afbf033"
            ),
            "domains.csv": "0bd86eeb2c5c3acd962a4d4bf8ebe0090e52b990e1ee197d45efe261356412c7",
            "peers_recomputed.csv": (
                "92141159a45419889111cfa778bcffb6eff3b1851411a2d9cc9fc8ef76ee58dc"
            ),
        },
    ),
    DataSet(
        name="m4",
        title="M4 Weekly and Hourly with the published scores of 59 methods",
        address=f"{_GITHUB}/Mcompetitions/M4-methods",
        licence="none stated; reference data, not to be passed on",
        files={
            "weekly_train.parquet": (
                "8fb079061136efc04a362aad3d43a993584cf0b062ed11206fd428e721ff683b"
            ),
            "weekly_naive2.parquet": (
                "ea2c7db3f838d1724ca278c14032dd3c35cc276fea8898fec6e4158423b1185c"
            ),
            "hourly_train.parquet": (
                "58d468e43eca38a6fea13c15546bb45d9d68a8b6c8b8b80164ce313c09357311"
            ),
            "hourly_naive2.parquet": (
                "11a9e892b63dc66ab29da312d695859d2017abc92968249f674c5451c7bcc4c1"
            ),
            "peers_published.csv": (
                "844b83cc735a0578cf3e86c9cd5a072711f90371172048caf5fa435d1aadee0e"
            ),
        },
    ),
    DataSet(
        name="benchmarks",
        title="Scheduling instances with best-known values (parallel machines, shops)",
        address=f"{_GITHUB}/ScheduleOpt/benchmarks",
        licence="CC BY-SA 4.0 (fjsp, jsp), MIT (pmp); upms and twct as their repositories state",
        files={
            "pmp.jsonl.gz": "7b91c8cee7fdab83fb3478b4df67b6b283598042543e52e297c76c30dc450a43",
            "upms.jsonl.gz": "57e0331ddbc71bb90613b7fa1e2d07df1c3795c21763c36a320022a55943e4f9",
            "twct.jsonl.gz": "4d26bd72fda661816a25419c90f4c4ee170ae99d7f45374b622944e330447046",
            "fjsp.jsonl.gz": "41694147f62012b45622b2f156b93f202fcf333af86ea58a8cf29d773455b6de",
            "jsp.jsonl.gz": "2c0754faabca7791e880d920d959850c41f3aa216fb76592b6fc618af98a05f0",
        },
    ),
)

CATALOGUE: Mapping[str, DataSet] = {entry.name: entry for entry in _ALL}
