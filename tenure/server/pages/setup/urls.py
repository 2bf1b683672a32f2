"""The addresses of these pages."""

from __future__ import annotations

from django.urls import path

from tenure.server.pages.setup import (
    changing,
    data,
    definitions,
    editing,
    notes,
    planning,
    snippets,
    sources,
    uploading,
    users,
    webhooks,
)

urlpatterns = [
    path("definitions", definitions.definitions, name="definitions"),
    path("definitions/check/text", editing.check, name="definition_check"),
    path("definitions/check/condition", editing.check_condition, name="definition_check_condition"),
    path("definitions/check/words", editing.completion, name="definition_words"),
    path("definitions/new/segment", definitions.segment_new, name="segment_new"),
    path("definitions/new/lifecycle", definitions.lifecycle_library, name="lifecycle_library"),
    path("definitions/list/events", definitions.events, name="definition_events"),
    path("definitions/list/targets", definitions.targets, name="definition_targets"),
    path("definitions/file/<path:file>", editing.definition_file_page, name="definition_file"),
    path("definitions/<str:name>", definitions.definition, name="definition"),
    path("plan", planning.plan, name="plan"),
    path("plan/<str:token>", planning.plan_wait, name="plan_wait"),
    path("changes", changing.changes, name="changes"),
    path("changes/<int:number>", changing.change, name="change"),
    path("changes/<int:number>/undo", planning.undo, name="undo"),
    path("notes", notes.notes, name="notes"),
    path("data", data.data, name="data"),
    path("data/import", data.import_now, name="import_now"),
    path("data/export", data.export_now, name="export_now"),
    path("data/import/<str:token>", data.import_wait, name="import_wait"),
    path("data/rejected", data.rejected, name="rejected"),
    path("data/rejected.csv", data.rejected_csv, name="rejected_csv"),
    path("data/new/source", sources.source_new, name="source_new"),
    path("data/sources/<str:name>", data.source, name="source"),
    path("data/sources/<str:name>/change", sources.source_form, name="source_form"),
    path("data/snippets", snippets.snippets, name="snippets"),
    path("data/upload", uploading.upload, name="upload"),
    path("data/upload/<str:token>", uploading.upload_map, name="upload_map"),
    path("webhooks", webhooks.webhooks, name="webhooks"),
    path("webhooks/<int:number>", webhooks.webhook, name="webhook"),
    path("access", users.people_and_access, name="access"),
    path("access/keys", users.key_new, name="key_new"),
    path("access/keys/<int:number>/revoke", users.key_revoke, name="key_revoke"),
    path("access/log", users.audit, name="audit"),
    path("access/log.csv", users.audit_csv, name="audit_csv"),
    path("access/<int:number>", users.user, name="user"),
]
