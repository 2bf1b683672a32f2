"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.persons import actions, held, identities, listing, person

# an id may hold slashes; parts of a person's page therefore stand before it
urlpatterns = [
    path("people", listing.people, name="people"),
    path("people.csv", listing.people_csv, name="people_csv"),
    path("people-views", listing.change_view, name="people_views"),
    path("people/<path:customer>", person.person, name="person"),
    path("person/timeline/<path:customer>", person.person_timeline, name="person_timeline"),
    path("person/more/<path:customer>", person.person_more, name="person_more"),
    path("person/why/<path:customer>", person.person_why, name="person_why"),
    path("person/consent/<path:customer>", person.person_consent, name="person_consent"),
    path("person/ids/<path:customer>", identities.person_ids, name="person_ids"),
    path("duplicates", identities.duplicates, name="duplicates"),
    path("duplicates/decide", identities.decide, name="identity_decide"),
    path("person/do/<path:customer>", person.person_do, name="person_do"),
    path("person/held/<path:customer>", held.person_held, name="person_held"),
    path("person/erase/<path:customer>", held.person_erase, name="person_erase"),
    path("actions", actions.actions, name="actions"),
    path("actions/new", actions.action_new, name="action_new"),
    path("actions/<str:name>", actions.action, name="action"),
    path("actions/<str:name>/people.csv", actions.action_csv, name="action_csv"),
]
