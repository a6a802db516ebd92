"""Wallet, sleeve, order and transaction of a row belong to the row's portfolio: held by the database.

Written by hand, and not to be made anew by `makemigrations`: the unique constraints stand before the keys of two
columns that need them.
"""

import django.db.models.deletion
from django.db import migrations, models

from portfolios.models import SamePortfolio

PARENTS = ("wallet", "sleeve", "order", "transaction")
KEYS = (
    ("entry", "transaction", "entry_of_a_transaction_of_its_portfolio"),
    ("entry", "wallet", "entry_in_a_wallet_of_its_portfolio"),
    ("entry", "sleeve", "entry_in_a_sleeve_of_its_portfolio"),
    ("order", "sleeve", "order_in_a_sleeve_of_its_portfolio"),
    ("position", "wallet", "position_in_a_wallet_of_its_portfolio"),
    ("position", "sleeve", "position_in_a_sleeve_of_its_portfolio"),
    ("transaction", "order", "transaction_of_an_order_of_its_portfolio"),
    ("transaction", "supersedes", "correction_within_its_portfolio"),
)


def portfolio_key(**options):
    return models.ForeignKey("portfolios.portfolio", django.db.models.deletion.CASCADE, related_name="+", **options)


def fill(apps, schema_editor):
    schema_editor.execute(
        "UPDATE portfolios_entry SET portfolio_id = "
        "(SELECT portfolio_id FROM portfolios_transaction WHERE id = transaction_id)"
    )
    if schema_editor.connection.vendor == "postgresql":
        # A table with checks that wait for the commit cannot be altered.
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


class Migration(migrations.Migration):
    dependencies = [("portfolios", "0001_initial")]

    operations = [
        migrations.AddField("entry", "portfolio", portfolio_key(null=True)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField("entry", "portfolio", portfolio_key()),
        *(
            migrations.AddConstraint(
                model, models.UniqueConstraint(fields=("id", "portfolio"), name=f"{model}_of_a_portfolio")
            )
            for model in PARENTS
        ),
        *(migrations.AddConstraint(model, SamePortfolio(field=field, name=name)) for model, field, name in KEYS),
    ]
