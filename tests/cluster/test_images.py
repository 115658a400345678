import dataclasses

REGISTRY = "private_registries: [{url: 'registry.example.com:5000/team/', is_default: true}]\n"


def test_default_images_are_the_catalogs(resolved):
    images = resolved("kubernetes_version: v1.34.4").images
    assert images.kube_apiserver == "registry.k8s.io/kube-apiserver:v1.34.4"
    assert images.kubelet == "ghcr.io/siderolabs/kubelet:v1.34.4"


def test_one_image_may_stand_for_all_five_components(resolved):
    images = resolved("system_images: {kubernetes: 'a/hyperkube:v1', kubelet: 'a/kubelet:v1'}").images
    assert {images.kube_apiserver, images.kube_controller_manager, images.kube_scheduler, images.kube_proxy} == {
        "a/hyperkube:v1"
    }
    assert images.kubelet == "a/kubelet:v1"


def test_the_default_registry_goes_before_default_images_only(resolved):
    images = resolved(REGISTRY + "system_images: {etcd: 'a/etcd:v3'}").images
    assert images.etcd == "a/etcd:v3"
    others = {field.name: getattr(images, field.name) for field in dataclasses.fields(images) if field.name != "etcd"}
    assert all(image.startswith("registry.example.com:5000/team/") for image in others.values() if image)
    assert images.kube_proxy.startswith("registry.example.com:5000/team/registry.k8s.io/kube-proxy:v")


def test_the_first_default_registry_counts(resolved):
    text = "private_registries: [{url: a.io}, {url: b.io, is_default: true}, {url: c.io, is_default: true}]"
    assert resolved(text).images.haproxy.startswith("b.io/haproxy:")


def test_the_kubelets_own_key_names_the_pause_image(resolved):
    text = (
        "services: {kubelet: {infra_container_image: 'a/pause:1'}}\nsystem_images: {pod_infra_container: 'b/pause:2'}"
    )
    assert resolved(text).images.pod_infra_container == "a/pause:1"


def test_a_registry_without_url_is_docker_hub(resolved):
    (registry,) = resolved("private_registries: [{user: u, password: p}]").registries
    assert (registry.url, registry.user, registry.password.get_secret_value()) == ("docker.io", "u", "p")


def test_an_add_ons_image_counts_where_the_release_has_none(resolved):
    assert resolved("").images.coredns_autoscaler == ""
    assert resolved("system_images: {coredns_autoscaler: 'a/b:1'}").images.coredns_autoscaler == "a/b:1"
