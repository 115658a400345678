import pytest

DIGEST = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ("[{url: 'registry.example.com:5000/team', user: u, password: p, is_default: true}]", []),
        ("[{user: u, password: p}]", []),
        (
            "[{url: 'https://registry.example.com/'}]",
            ["private_registries[0].url: the url of a registry has no scheme"],
        ),
        ("[{url: 'registry example'}]", ["private_registries[0].url: 'registry example' is not host[:port][/path]"]),
        ("[{url: a.io}, {url: a.io}]", ["~private_registries[1].url: a.io is there already; the last one counts"]),
        ("[{url: a.io, user: u}]", ["private_registries[0]: the registry has no password"]),
        ("[{url: a.io, password: p}]", ["private_registries[0]: the registry has no user"]),
        ("[{is_default: true}]", ["~private_registries[0].is_default: is_default has no effect without url"]),
        (
            "[{url: a.io, is_default: true}, {url: b.io, is_default: true}]",
            ["~private_registries[1].is_default: private_registries[0] is the default already; the first one counts"],
        ),
    ],
)
def test_registries(told, entries, said):
    assert told(f"private_registries: {entries}") == said


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (
            "{url: 'https://registry.example.com/', user: u, password: p}",
            "~private_registries[0].url: the url of a registry has no scheme; RKE shows this login to kubelets only",
        ),
        (
            "{url: 'https://registry.example.com/', is_default: true}",
            "private_registries[0].url: the url of a registry has no scheme",
        ),
        ("{url: a.io, user: u}", "~private_registries[0]: the registry has no password"),
    ],
)
def test_what_rke_took_does_not_hinder_its_releases(told, entry, said):
    assert told(f"kubernetes_version: v1.28.15-rancher1-1\nprivate_registries: [{entry}]") == [said]


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("registry.k8s.io/pause:3.10", []),
        ("192.0.2.9:5000/a/b_c:v1.0-x", []),
        (f"a/b@{DIGEST}", []),
        ("a/b", ["~system_images.etcd: a/b has no tag, so what runs may change by itself"]),
        ("https://a/b:c", ["system_images.etcd: 'https://a/b:c' is not an image reference"]),
        ("a/B:c", ["system_images.etcd: 'a/B:c' is not an image reference"]),
    ],
)
def test_images(told, image, said):
    assert told(f"system_images: {{etcd: '{image}'}}") == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prefix_path: /", []),
        ("prefix_path: opt/rke", ["prefix_path: prefix_path opt/rke is not an absolute path"]),
        ("prefix_path: /opt/rke", []),
        ("win_prefix_path: 'c:/'", ["~win_prefix_path: win_prefix_path is for Windows hosts and has no effect"]),
    ],
)
def test_host_paths(told, text, said):
    assert told(text) == said
