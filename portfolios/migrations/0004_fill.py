"""Entries take the instant of their transaction, and the lots of everything that is held are to be worked out."""

from django.db import migrations, models

ENTRIES = (
    "UPDATE portfolios_entry SET at = (SELECT at FROM portfolios_transaction WHERE id = transaction_id)"
)
MARKS = (
    "INSERT INTO portfolios_lotmark (portfolio_id, asset_id, version) "
    "SELECT DISTINCT portfolio_id, asset_id, 1 FROM portfolios_entry "
    "JOIN market_asset ON market_asset.id = asset_id WHERE market_asset.kind = 'crypto'"
)


def fill(apps, schema_editor):
    schema_editor.execute(ENTRIES)
    schema_editor.execute(MARKS)
    if schema_editor.connection.vendor == "postgresql":
        # A table with checks that wait for the commit cannot be altered.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [("portfolios", "0003_ledger_and_lots")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            "entry",
            "at",
            models.DateTimeField(help_text="The instant of its transaction, kept here so that an asset has an order."),
        ),
    ]
