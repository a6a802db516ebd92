"""Makes the groups `curator` and `approver` with their permissions."""

from django.contrib.auth.management import create_permissions
from django.db import migrations

READS = ["view_{}"]
WRITES = ["view_{}", "add_{}", "change_{}"]
ALL = [*WRITES, "delete_{}"]
EVERYBODY = {
    ("market", "asset"): READS,
    ("market", "assetalias"): READS,
    ("market", "dailyprice"): READS,
    ("market", "datafinding"): READS,
    ("market", "sourcerun"): READS,
    ("market", "classification"): READS,
    ("market", "assetevent"): READS,
    ("market", "duediligence"): READS,
    ("indices", "index"): READS,
    ("indices", "methodology"): READS,
    ("indices", "review"): READS,
    ("indices", "reviewline"): READS,
    ("indices", "rebalance"): READS,
    ("indices", "holding"): READS,
    ("indices", "level"): READS,
    ("indices", "restatement"): READS,
    ("indices", "signal"): READS,
    ("indices", "ballot"): READS,
    ("analytics", "backtest"): READS,
}
CURATOR = EVERYBODY | {
    ("market", "asset"): ["view_{}", "change_{}"],
    ("market", "assetalias"): ALL,
    ("market", "classification"): ALL,
    ("market", "dailyprice"): WRITES,
    ("market", "assetevent"): ALL,
    ("market", "duediligence"): WRITES,
    ("indices", "index"): ALL,
    ("indices", "methodology"): ALL,
    ("indices", "review"): WRITES,
    ("indices", "restatement"): ["view_{}", "add_{}"],
    ("indices", "signal"): ["view_{}", "add_{}"],
    ("analytics", "backtest"): ["view_{}", "add_{}"],
}
APPROVER = EVERYBODY | {
    ("market", "assetevent"): ["view_{}", "approve_{}"],
    ("indices", "methodology"): ["view_{}", "approve_{}"],
    ("indices", "review"): ["view_{}", "approve_{}"],
    ("indices", "restatement"): ["view_{}", "approve_{}"],
}


def make_groups(apps, schema_editor):
    # Permissions are made after all migrations; these groups need them now.
    for label in ("market", "indices", "analytics"):
        config = apps.get_app_config(label)
        known = getattr(config, "models_module", None)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
        config.models_module = known
    for name, granted in (("curator", CURATOR), ("approver", APPROVER)):
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        permissions = apps.get_model("auth", "Permission").objects
        for (app, model), patterns in granted.items():
            codenames = [pattern.format(model) for pattern in patterns]
            group.permissions.add(*permissions.filter(content_type__app_label=app, codename__in=codenames))


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0002_backtest"),
        ("market", "0002_events_and_diligence"),
        ("indices", "0004_constraints"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
