"""The CronJobs have what Kubernetes asks for and what its `restricted` standard for pods demands."""

import re

import pytest
import yaml

from rounds.cli import parser
from rounds.quantities import read

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
CRON = re.compile(r"(\S+ ){4}\S+")


@pytest.fixture
def documents(deploy):
    paths = ("rounds.yaml", "secret.example.yaml")
    return [each for path in paths for each in yaml.safe_load_all((deploy / "kubernetes" / path).read_text())]


@pytest.fixture(params=["daily", "continuous"])
def job(documents, request):
    return next(each for each in documents if each["metadata"]["name"] == f"rounds-{request.param}")


@pytest.fixture
def pod(job):
    return job["spec"]["jobTemplate"]["spec"]["template"]["spec"]


@pytest.fixture
def container(pod):
    assert len(pod["containers"]) == 1
    return pod["containers"][0]


def test_every_document_is_of_a_kind_that_is_served(documents):
    kinds = {(each["apiVersion"], each["kind"]) for each in documents}
    assert kinds == {
        ("v1", "ServiceAccount"), ("v1", "PersistentVolumeClaim"), ("batch/v1", "CronJob"), ("v1", "Secret")
    }  # fmt: skip
    names = [(each["kind"], each["metadata"]["name"]) for each in documents]
    assert len(names) == len(set(names))
    assert all(NAME.fullmatch(name) for _, name in names)
    assert all(len(name) <= 52 for kind, name in names if kind == "CronJob"), "a job adds eleven characters"


def test_one_round_of_a_batch_at_a_time_and_none_is_run_twice(job, pod):
    spec = job["spec"]
    assert set(spec) == {
        "schedule", "timeZone", "concurrencyPolicy", "startingDeadlineSeconds", "successfulJobsHistoryLimit",
        "failedJobsHistoryLimit", "jobTemplate",
    }  # fmt: skip
    assert CRON.fullmatch(spec["schedule"])
    assert (spec["timeZone"], spec["concurrencyPolicy"]) == ("Etc/UTC", "Forbid")
    assert spec["startingDeadlineSeconds"] >= 60, "under ten seconds a job may never start"
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    assert pod["restartPolicy"] == "Never"


def test_the_round_ends_itself_before_kubernetes_ends_it(job, pod, container):
    deadline = read(container["args"][container["args"].index("--deadline") + 1], "s")
    assert deadline + 30 <= job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"]
    assert pod["terminationGracePeriodSeconds"] >= 30
    if job["spec"]["schedule"].startswith("*/5"):
        assert job["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 300


def test_it_runs_the_batch_of_its_name(job, container):
    options = parser().parse_args([str(word) for word in container["args"]])
    assert f"rounds-{options.batch}" == job["metadata"]["name"]
    assert "command" not in container, "the image's entry point is rounds"


def test_pods_keep_the_restricted_standard(pod, container):
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}
    }  # fmt: skip
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert {next(iter(set(volume) - {"name"})) for volume in pod["volumes"]} <= {
        "persistentVolumeClaim", "secret", "emptyDir", "configMap"
    }  # fmt: skip
    assert pod["automountServiceAccountToken"] is False
    assert container["resources"]["limits"]["memory"]
    assert set(container["resources"]["requests"]) == {"cpu", "memory"}


def test_all_that_a_pod_names_is_there(documents, pod, container):
    there = {(each["kind"], each["metadata"]["name"]) for each in documents}
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert ("PersistentVolumeClaim", volumes["kept"]["persistentVolumeClaim"]["claimName"]) in there
    assert ("Secret", volumes["secrets"]["secret"]["secretName"]) in there
    assert all(("Secret", each["secretRef"]["name"]) in there for each in container["envFrom"])
    assert ("ServiceAccount", pod["serviceAccountName"]) in there


def test_what_a_round_writes_is_on_the_claim_or_in_scratch(pod, container):
    kept = next(mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "kept")
    options = parser().parse_args([str(word) for word in container["args"]])
    assert options.reports.startswith(kept)
    assert options.state.startswith(kept)
    scratch = next(mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "scratch")
    assert {"name": "HOME", "value": scratch} in container["env"]
    assert pod["securityContext"]["fsGroup"] == pod["securityContext"]["runAsGroup"]


def test_pods_are_found_by_the_label_that_keeps_them_together(job, pod):
    rule = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
    wanted = rule["labelSelector"]["matchLabels"]
    labels = job["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    assert wanted.items() <= labels.items()


def test_the_image_runs_rounds_as_the_account_of_the_pods(deploy, pod):
    lines = (deploy / "kubernetes" / "Containerfile").read_text().splitlines()
    account = pod["securityContext"]
    assert f"USER {account['runAsUser']}:{account['runAsGroup']}" in lines
    assert 'ENTRYPOINT ["rounds"]' in lines
