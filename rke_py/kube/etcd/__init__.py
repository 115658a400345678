"""etcd's members, spoken to through their JSON gateway."""
