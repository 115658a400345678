"""``services.etcd``'s snapshots with RKE's defaults, by its newer keys and by its older ones."""

from __future__ import annotations

import pytest

from rke_py.cluster.backups import resolve_backup
from rke_py.config.schema.etcd import EtcdConfig

HOUR = 3600


@pytest.mark.parametrize(
    ("given", "recurring", "interval", "retention"),
    [
        pytest.param({}, True, 12 * HOUR, 6, id="nothing is said"),
        pytest.param({"snapshot": True}, True, 12 * HOUR, 6, id="on by the older key"),
        pytest.param({"snapshot": False}, False, 12 * HOUR, 6, id="off by the older key"),
        pytest.param({"creation": "6h", "retention": "48h"}, True, 6 * HOUR, 8, id="durations"),
        pytest.param({"creation": "1h30m", "retention": "2h"}, True, 5400, 2, id="rounded up, so that none goes early"),
        pytest.param({"creation": "1s", "retention": "1s"}, True, 60, 1, id="no more than one a minute"),
        pytest.param({"backup_config": {}}, True, 12 * HOUR, 6, id="RKE's defaults"),
        pytest.param({"backup_config": {"interval_hours": 1, "retention": 3}}, True, HOUR, 3, id="count"),
        pytest.param({"backup_config": {"enabled": False}}, False, 12 * HOUR, 6, id="off by the newer key"),
        pytest.param({"backup_config": {"enabled": True}, "snapshot": False}, False, 12 * HOUR, 6, id="off wins"),
        pytest.param({"external_urls": ["https://etcd:2379"]}, False, 12 * HOUR, 6, id="an etcd elsewhere"),
    ],
)
def test_when_and_how_many(given, recurring, interval, retention):
    backup = resolve_backup(EtcdConfig.model_validate(given))
    assert (backup.recurring, backup.interval, backup.retention) == (recurring, interval, retention)


def test_s3_is_known_when_recurring_ones_are_off():
    s3 = {"endpoint": "s3.example", "bucket_name": "b", "folder": "/a/b/", "access_key": "AK", "secret_key": "SK"}
    config = {"backup_config": {"enabled": False, "timeout": 60, "s3backupconfig": s3}}
    backup = resolve_backup(EtcdConfig.model_validate(config))
    assert backup.s3 is not None
    assert (backup.s3.folder, backup.timeout, backup.s3.secret_key.get_secret_value()) == ("a/b", 60, "SK")
    assert "SK" not in repr(backup)
