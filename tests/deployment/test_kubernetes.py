"""The CronJobs have what Kubernetes asks for and what its `restricted` standard for pods demands."""

import json
import re
import tomllib

import pytest
import yaml

from rounds.cli import parser
from rounds.invocation import setting
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


def test_what_a_round_writes_is_on_the_claim_or_in_scratch(deploy, pod, container):
    kept = next(mount["mountPath"] for mount in container["volumeMounts"] if mount["name"] == "kept")
    options = parser().parse_args([str(word) for word in container["args"]])
    assert options.reports is options.state is None, "pytest.toml says it, to rounds and commands alike"
    for name in ("rounds_reports", "rounds_state"):
        assert setting(name, deploy).startswith(kept)
    assert container["workingDir"] == "/srv/rounds"
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
    assert "COPY deploy/pytest.toml /srv/rounds/pytest.toml" in lines


def test_the_image_holds_no_system_of_our_demos_and_can_tell_by_mail(deploy):
    text = (deploy / "kubernetes" / "Containerfile").read_text()
    (removed,) = re.findall(r"^RUN cd /src/systems && rm -r (.+)$", text, re.MULTILINE)
    ours = {path.name for path in (deploy.parent / "systems").iterdir() if path.name != "__pycache__"}
    assert set(removed.split()) == ours
    (extras,) = re.findall(r"pip install .*\[([a-z,]+)\]", text)
    known = tomllib.loads((deploy.parent / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert {"notify"} <= set(extras.split(",")) <= set(known)


def test_what_git_does_not_keep_does_not_get_into_the_image(deploy):
    left_out = set((deploy.parent / ".dockerignore").read_text().split())
    assert {".git", ".venv", ".tox", ".rounds", "reports"} <= left_out


def test_the_guides_command_for_a_person_is_one_and_says_who_types_it(deploy):
    guide = (deploy / "README.md").read_text()
    (words,) = re.findall(r"containers\[0\]\.args = (\[[^\]]+\])", guide)
    options = parser().parse_args(json.loads(words))
    assert (options.what, options.system, bool(options.by)) == ("open", "shop", True), "nobody has a name in a pod"
