"""Standard events of what the company does on purpose: actions on lists of people, and the consent that allows it."""

from __future__ import annotations

from tenure.events.standard import StandardEvent, event

_CHANNEL = "channel (email, phone, sms, post, push …; absent: every one)"
_PROVENANCE = "how (form, import, agent, api …), text_version (of what they agreed to), by (who wrote it down), reason"

ENGAGEMENT: tuple[StandardEvent, ...] = (
    event(
        "action_defined", "Action Defined", "An action on a list of people was laid down, before it began.",
        "action, name, goal, goal_events [], goal_where, goal_values [], days # (in which the goal counts), owner, "
        "share # (held out), kind (download or tasks), channel, purpose (of the consent), "
        "consent (given or not_withdrawn), note, people (which list), treated #, held_out #, "
        "left_out # (without consent)",
        "Tenure", customer="never",
    ),
    event(
        "action", "Action Started", "An action began for somebody, who is treated or held out to compare with.",
        "action, name, arm (treated or held_out), goal, days #, owner, channel",
        "Tenure",
    ),
    event(
        "consent", "Consent Given", "Somebody agreed to be written to or called on a channel.",
        f"{_CHANNEL}, purpose (absent: marketing), {_PROVENANCE}, lawful_basis", "web, shop, CRM, Tenure",
    ),
    event(
        "consent_withdrawn", "Consent Withdrawn", "Somebody took the consent to a channel back.",
        f"{_CHANNEL}, purpose (absent: every one), {_PROVENANCE}", "web, shop, CRM, Tenure",
    ),
)  # fmt: skip
