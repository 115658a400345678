import pytest


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("extra_binds: ['/data:/data', '/a:/b:ro,rslave', 'volume:/b']", []),
        ("extra_binds: ['/data']", ["extra_binds[0]: '/data' is not a bind: it has no two folders"]),
        (
            "extra_binds: ['./data:/data']",
            [
                "extra_binds[0]: './data:/data' is not a bind: "
                "the source is neither an absolute path nor a volume's name"
            ],
        ),
        (
            "extra_binds: ['/data:data']",
            ["extra_binds[0]: '/data:data' is not a bind: the target is not an absolute path"],
        ),
        (
            "extra_binds: ['/data:/data:readonly']",
            ["extra_binds[0]: '/data:/data:readonly' is not a bind: readonly is not an option"],
        ),
        ("extra_binds: ['/a:/b:ro:z']", ["extra_binds[0]: '/a:/b:ro:z' is not a bind: it has too many colons"]),
        ("extra_env: ['A=1', 'B=', 'C=a=b']", []),
        ("extra_binds: ['', null, ' /a:/b '], extra_env: [null, ' ', ' A=1']", []),
        ("extra_env: [SECRET]", ["extra_env[0]: this is not a variable"]),
        ("extra_env: ['1A=SECRET']", ["extra_env[0]: this variable's name cannot be used"]),
        ("extra_args: {v: 4, feature-gates: 'A=true'}", []),
        ("extra_args: {--v: 4}", ["extra_args.--v: '--v' is not the bare name of a flag"]),
        ("extra_args_array: {'v=4': [a]}", ["extra_args_array[\"v=4\"]: 'v=4' is not the bare name of a flag"]),
        ("image: a/b:c", ["~image: the image is taken from system_images, as in RKE"]),
        ("win_extra_args: {v: 4}", ["~win_extra_args: win_extra_args is for Windows hosts and has no effect"]),
        ("win_extra_env: []", []),
    ],
)
def test_additions_to_a_service(told, block, said):
    expected = [line.replace("~", "~services.kubelet.") if "~" in line else f"services.kubelet.{line}" for line in said]
    assert told(f"services: {{kubelet: {{{block}}}}}") == expected


def test_every_service_is_looked_at(told):
    keys = ("etcd", "kube-api", "kube-controller", "scheduler", "kubelet", "kubeproxy")
    text = "services:\n" + "".join(f"  {key}: {{extra_env: [A]}}\n" for key in keys)
    assert told(text) == [f"services.{key}.extra_env[0]: this is not a variable" for key in keys]
