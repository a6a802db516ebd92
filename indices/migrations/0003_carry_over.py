"""Takes what was published under the first form of governance over into the second."""

from django.db import migrations
from django.db.models import F


def carry_over(apps, schema_editor):
    index_model = apps.get_model("indices", "Index")
    index_model.objects.update(auto_approve=True)
    for index in index_model.objects.all():
        _reviews(apps, index)
        _methodologies(apps, index)
    apps.get_model("indices", "HistoricalMethodology").objects.filter(status="published").update(status="announced")
    lines = apps.get_model("indices", "ReviewLine").objects.filter(is_selected=True)
    lines.update(base_weight=F("weight"))
    permissions = apps.get_model("auth", "Permission").objects
    permissions.filter(content_type__app_label="indices", codename="publish_methodology").update(
        codename="approve_methodology", name="Can approve a methodology"
    )


def _reviews(apps, index):
    reviews = apps.get_model("indices", "Review").objects.filter(index=index)
    reviews.update(announce_day=F("effective_day"))
    reviews.filter(status="pending").update(status="announced")
    newest = reviews.filter(status="effective").order_by("-effective_day").first()
    if newest:
        reviews.filter(status="effective").exclude(pk=newest.pk).update(status="superseded")


def _methodologies(apps, index):
    published = apps.get_model("indices", "Methodology").objects.filter(index=index, status="published")
    published.update(approved_at=F("announced_at"), status="announced")
    newest = apps.get_model("indices", "Review").objects.filter(index=index, status="effective").first()
    if newest is None:
        return
    versions = apps.get_model("indices", "Methodology").objects.filter(index=index, status="announced")
    versions.filter(version__lt=newest.methodology.version).update(status="superseded")
    versions.filter(pk=newest.methodology_id).update(status="effective")


class Migration(migrations.Migration):
    dependencies = [("indices", "0002_engine"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
