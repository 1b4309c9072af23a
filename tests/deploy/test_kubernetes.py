"""The files for Kubernetes: put together by kubectl itself, and read against its own schemas.

No cluster runs here: that pods start, move and scale as written is not shown.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.settings import PROJECT_ROOT
from bot.worker.worker_end import DRAIN_LIMIT_SECS, FAREWELL_SECS

_FOLDER = PROJECT_ROOT / "deploy" / "kubernetes"

needs_kubectl = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
needs_schemas = pytest.mark.skipif(
    not shutil.which("kubernetes-validate"),
    reason="kubernetes-validate is not installed (pip install kubernetes-validate)",
)


def _put_together() -> str:
    command = ["kubectl", "kustomize", str(_FOLDER)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.fixture(scope="module")
def objects() -> dict[str, Any]:
    """Each of them by kind and name."""
    rows = yaml.safe_load_all(_put_together())
    return {f"{row['kind']}/{row['metadata']['name']}": row for row in rows}


def _pods(objects: dict[str, Any]) -> dict[str, Any]:
    return {
        name.partition("/")[2]: row["spec"]["template"]["spec"]
        for name, row in objects.items()
        if name.startswith("Deployment/")
    }


@needs_kubectl
@needs_schemas
def test_kubernetes_own_schemas_take_all_of_them(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(_put_together())
    command = ["kubernetes-validate", "--strict", str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    path.write_text(_put_together().replace("terminationGracePeriodSeconds", "graceSeconds"))
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode != 0, "it refuses nothing"


@needs_kubectl
def test_pods_give_away_what_the_units_do(objects: dict[str, Any]) -> None:
    pods = _pods(objects)
    assert pods.keys() == {"runner", "worker"}
    for pod in pods.values():
        assert pod["automountServiceAccountToken"] is False
        # A service called `worker` would set WORKER_PORT.
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["containers"]
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        folders = {one["mountPath"] for one in container["volumeMounts"]}
        assert {"/data", "/tmp"} <= folders
    level = objects["Namespace/parley"]["metadata"]["labels"]
    assert level["pod-security.kubernetes.io/enforce"] == "restricted"


@needs_kubectl
def test_a_new_version_is_there_before_the_old_one_ends(objects: dict[str, Any]) -> None:
    pods = _pods(objects)
    for name in pods:
        strategy = objects[f"Deployment/{name}"]["spec"]["strategy"]["rollingUpdate"]
        assert strategy == {"maxSurge": 1, "maxUnavailable": 0}
        assert {"readinessProbe", "startupProbe"} <= pods[name]["containers"][0].keys()
    (runner,), (worker,) = (pods[name]["containers"] for name in ("runner", "worker"))
    pause = int(runner["lifecycle"]["preStop"]["exec"]["command"][1])
    told = (PROJECT_ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    found = re.search(r"does not rest within the (\d+) s that a runner has", told)
    assert found is not None
    needed = pause + int(found[1]) + FAREWELL_SECS
    assert pods["runner"]["terminationGracePeriodSeconds"] > needed
    assert pods["worker"]["terminationGracePeriodSeconds"] > DRAIN_LIMIT_SECS + FAREWELL_SECS
    assert "lifecycle" not in worker, "LiveKit sends it no more calls by itself"


@needs_kubectl
def test_what_scales_and_what_is_open_are_named_right(objects: dict[str, Any]) -> None:
    scaler = objects["HorizontalPodAutoscaler/worker"]["spec"]
    assert f"{scaler['scaleTargetRef']['kind']}/{scaler['scaleTargetRef']['name']}" in objects
    assert scaler["minReplicas"] >= 2, "one alone has nobody to give its calls to"
    service = objects["Service/runner"]["spec"]
    labels = objects["Deployment/runner"]["spec"]["template"]["metadata"]["labels"]
    assert service["selector"].items() <= labels.items()
    policies = [row["spec"] for name, row in objects.items() if name.startswith("NetworkPolicy/")]
    closed = [one for one in policies if one["policyTypes"] == ["Ingress"] and "ingress" not in one]
    assert [one["podSelector"] for one in closed] == [{}]
    (opened,) = [one for one in policies if "ingress" in one]
    assert opened["podSelector"]["matchLabels"].items() <= labels.items()
