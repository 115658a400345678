from rke_py.config.checks.aci import _REQUIRED

_LISTS = ("apic_hosts", "l3out_external_networks")


def block(**changes):
    given = {key: "[a]" if key in _LISTS else "vlan" for key in _REQUIRED} | changes
    inner = "".join(f"    {key}: {value}\n" for key, value in given.items())
    return f"network:\n  plugin: aci\n  aci_network_provider:\n{inner}"


def test_a_complete_block_is_accepted(told):
    assert told(block(capic="false", aep=1, drop_log_enable="true")) == []


def test_what_is_missing_is_named(told):
    assert told(block(token="''", apic_hosts="[]")) == [
        "network.aci_network_provider.token: plugin aci needs token",
        "network.aci_network_provider.apic_hosts: plugin aci needs apic_hosts",
    ]


def test_an_option_stands_for_a_key(told):
    assert told(block(token="''") + "  options: {aci_token: a, aci_multus_disable: 'true'}\n") == []


def test_what_only_a_cloud_sets_is_refused(told):
    assert told(block(capic="true", opflex_mode="overlay", encap_type="gre")) == [
        "network.aci_network_provider.encap_type: 'gre' is not a type of encapsulation",
        "network.aci_network_provider.capic: capic is for clouds and cannot be changed here",
        "network.aci_network_provider.opflex_mode: opflex_mode is for clouds and cannot be changed here",
    ]
