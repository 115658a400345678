import pytest

_ELSEWHERE = "external_urls: ['https://192.0.2.9:2379'], ca_cert: a, cert: b, key: c, path: /d"
_MOVED = "of one's own is not built: rke-py keeps and finds etcd's data in /var/lib/etcd/member"
_BACKUP = "services.etcd.backup_config"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{snapshot: true, creation: 12h, retention: 1h30m}", []),
        ("{creation: 12 hours}", ["services.etcd.creation: '12 hours' is not a duration"]),
        ("{creation: 2562047h, retention: 2562047h}", []),
        (
            "{creation: 2562048h, retention: 1h153722867280m}",
            [
                "services.etcd.creation: '2562048h' is longer than a snapshot can be kept",
                "services.etcd.retention: '1h153722867280m' is longer than a snapshot can be kept",
            ],
        ),
        ("{backup_config: {interval_hours: 24, retention: 106751}}", []),
        (
            "{backup_config: {interval_hours: 24, retention: 106752}}",
            [f"{_BACKUP}.retention: 106752 snapshots, one every 24 hours, are longer than a snapshot can be kept"],
        ),
        (
            "{backup_config: {interval_hours: 2562048}}",
            [f"{_BACKUP}.interval_hours: 2562048 hours are longer than a snapshot can be kept"],
        ),
        ("{uid: 52034, gid: 52034}", []),
        ("{extra_args: {data-dir: /var/lib/rancher/etcd/}}", []),
        (
            "{extra_args: {data-dir: /var/lib/rancher/etcd/data/}}",
            [f"services.etcd.extra_args.data-dir: data-dir {_MOVED}"],
        ),
        ("{extra_args: {wal-dir: /wal}}", [f"services.etcd.extra_args.wal-dir: wal-dir {_MOVED}"]),
        ("{extra_args_array: {data-dir: [/var/lib/rancher/etcd]}}", []),
        ("{uid: 52034}", ["~services.etcd.uid: uid and gid have an effect only together"]),
        ("{uid: -1, gid: 1}", ["services.etcd.uid: a negative number is nobody's"]),
        (
            "{ca_cert: a, key: b}",
            [
                "~services.etcd.ca_cert: ca_cert has no effect without external_urls",
                "~services.etcd.key: key has no effect without external_urls",
            ],
        ),
        ("{backup_config: {interval_hours: 0, retention: 0, timeout: 0}}", []),
        ("{backup_config: {enabled: true, retention: -1}}", [f"{_BACKUP}.retention: a negative number means nothing"]),
        (
            "{backup_config: {safe_timestamp: true}}",
            [f"~{_BACKUP}.safe_timestamp: safe_timestamp is for Rancher and has no effect"],
        ),
        (
            "{snapshot: false, backup_config: {enabled: true}}",
            ["~services.etcd.snapshot: backup_config is enabled, but snapshot: false turns recurring snapshots off"],
        ),
        (
            "{snapshot: true, backup_config: {enabled: false}}",
            [
                "~services.etcd.snapshot: backup_config.enabled: false turns recurring snapshots off, "
                "and snapshot: true on"
            ],
        ),
        ("{creation: 6h, backup_config: {}}", ["~services.etcd.creation: creation has no effect beside backup_config"]),
        (
            "{backup_config: {s3backupconfig: {region: a}}}",
            [
                f"{_BACKUP}.s3backupconfig.endpoint: copies in S3 need endpoint",
                f"{_BACKUP}.s3backupconfig.bucket_name: copies in S3 need bucket_name",
            ],
        ),
        (
            "{backup_config: {s3backupconfig: {endpoint: 'https://s', bucket_name: b, access_key: k, custom_ca: f}}}",
            [
                f"{_BACKUP}.s3backupconfig.secret_key: there is no secret_key",
                f"{_BACKUP}.s3backupconfig.endpoint: the endpoint has no scheme",
                f"{_BACKUP}.s3backupconfig.custom_ca: this is not the text of a certificate",
            ],
        ),
    ],
)
def test_etcd(told, block, said):
    assert told(f"services: {{etcd: {block}}}") == said


def test_a_folder_of_their_own_is_left_to_members_of_rkes(told):
    text = "kubernetes_version: v1.28.15-rancher1-1\nservices: {etcd: {extra_args: {wal-dir: /wal}}}"
    assert told(text) == [
        "~services.etcd.extra_args.wal-dir: with wal-dir of one's own rke-py does not find etcd's data: nothing that "
        "works on them is done"
    ]


def test_an_etcd_elsewhere_needs_no_node(told):
    assert (
        told(
            "nodes: [{address: 192.0.2.1, user: u, role: [controlplane, worker]}]\n"
            f"services: {{etcd: {{{_ELSEWHERE}}}}}"
        )
        == []
    )


def test_an_etcd_elsewhere_and_here_is_refused(told):
    assert told(f"services: {{etcd: {{{_ELSEWHERE}}}}}") == [
        "nodes[0].role[1]: etcd runs elsewhere (services.etcd.external_urls), so no node can have role etcd"
    ]


def test_an_etcd_elsewhere_is_named_in_full(told):
    text = (
        "nodes: [{address: 192.0.2.1, user: u, role: [controlplane, worker]}]\nservices: {etcd: {external_urls: [a]}}"
    )
    assert told(text) == [
        "services.etcd.ca_cert: an etcd elsewhere needs ca_cert",
        "services.etcd.cert: an etcd elsewhere needs cert",
        "services.etcd.key: an etcd elsewhere needs key",
        "services.etcd.path: an etcd elsewhere needs path",
        "services.etcd.external_urls[0]: 'a' is not the URL of an etcd member",
    ]


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (
            "v1.28.15-rancher1-1",
            ["~services.etcd.gid: RKE's releases run etcd as 52034:52034, whatever gid says"],
        ),
        ("v1.34.4", []),
    ],
)
def test_a_group_that_rke_does_not_heed_is_told(told, version, said):
    assert told(f"kubernetes_version: {version}\nservices: {{etcd: {{uid: 52034, gid: 52035}}}}") == said
