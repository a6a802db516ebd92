"""Clicks on versions of rules, for tests of the admin."""

from django.contrib.auth.models import Group

from indices.forms import START, MethodologyForm, rules_as_initial
from indices.models import Methodology
from indices.services.governance import fingerprint
from tests.factories import make_user

LIST = "/admin/indices/methodology/"


def make_staff(email, group):
    """Make somebody of a group who may enter the admin."""
    person = make_user(email=email, is_staff=True)
    person.groups.add(Group.objects.get(name=group))
    return person


def typed(rules=START, **overrides):
    """Return what a browser sends when it is shown rules and some fields are changed."""
    shown = {field.html_name: field.value() for field in MethodologyForm(initial=rules_as_initial(rules))}
    return {name: value for name, value in (shown | overrides).items() if value is not None and value is not False}


def page_of(methodology):
    """Return the address of a version's page."""
    return f"{LIST}{methodology.pk}/change/"


def step(client, methodology, name, **sent):
    """Press a button on the page of a version as it is stored now; return the page that follows."""
    sent = {"seen": fingerprint(Methodology.objects.get(pk=methodology.pk))} | sent
    return client.post(f"{LIST}{methodology.pk}/{name}/step/", sent, follow=True).content.decode()


def act(client, methodology, name):
    """Run an action on the list of versions; return the page that follows."""
    chosen = {"action": name, "_selected_action": [methodology.pk]}
    return client.post(LIST, chosen, follow=True).content.decode()


def buttons(html):
    """Return the steps that a page offers."""
    return {name for name in ("approve", "send_back", "announce") if f"/{name}/step/" in html}
