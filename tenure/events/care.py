"""Standard events of the relationship: help, surveys, reviews, loyalty, referral, messages, notes."""

from __future__ import annotations

from tenure.events.standard import StandardEvent, event

_CASE = "case_id, type, complaint ?, severity, topic, product_id, order_id"
_POINTS = "programme, points #, order_id, expires_at @"
_REWARD = "reward_id, kind, value $, code, existing_only ? (only for those who are customers), expires_at @"
_REFERRAL = "code, friend_id, share_via, reward $"
_MESSAGE = "message_id, play, template, subject, campaign_id, campaign_name"
_REVIEW = "review_id, review_body, rating # (1 to 5)"
_SURVEY = "survey (nps, csat, ces, rqi or a name of one's own), invitation_id, case_id"

CARE: tuple[StandardEvent, ...] = (
    event("help_viewed", "Help Viewed", "A help article was read.", "article, topic", "help desk, web"),
    event(
        "help_searched", "Help Searched", "Help was searched for.",
        "query, results #", "help desk, web",
    ),
    event("case", "Case Opened", "A question, fault or complaint became a case.", _CASE, "help desk"),
    event("case_reopened", "Case Reopened", "A resolved case was taken up again.", _CASE, "help desk"),
    event(
        "case_replied", "Case Replied", "One side wrote in a case.",
        "case_id, by (agent or customer), public ?", "help desk",
    ),
    event(
        "case_resolved", "Case Resolved", "A case was settled.",
        "case_id, complaint ?, resolution, upheld ?, root_cause", "help desk",
    ),
    event(
        "followup", "Follow-up Done", "The company got back to somebody.",
        "about (survey, case, purchase or risk), outcome, staff, note", "CRM, help desk",
    ),
    event("survey_sent", "Survey Sent", "Somebody was asked for an opinion.", _SURVEY, "survey"),
    event(
        "survey", "Survey Answered", "A survey came back.",
        f"{_SURVEY}, score #, comment, answers []", "survey", value="score",
    ),
    event(
        "product_review", "Product Reviewed", "A product was rated in the shop.",
        f"product_id, {_REVIEW}", "shop, web", value="rating", segment=True,
    ),
    event(
        "review", "Review Posted", "The company was rated on some site.",
        f"site, {_REVIEW}", "shop, web", value="rating",
    ),
    event("joined", "Programme Joined", "The loyalty programme was joined.", "programme", "shop"),
    event("tier", "Tier Changed", "A member moved to another tier.", "programme, from, to", "shop", value="to"),
    event("points_earned", "Points Earned", "Points were credited.", _POINTS, "shop", value="points"),
    event("points_redeemed", "Points Redeemed", "Points were spent.", _POINTS, "shop", value="points"),
    event("points_expired", "Points Expired", "Points lapsed unused.", _POINTS, "shop", value="points"),
    event("reward", "Reward Issued", "A voucher, gift or credit was granted.", _REWARD, "shop", value="value"),
    event("reward_redeemed", "Reward Redeemed", "A reward was used.", _REWARD, "shop", value="value"),
    event(
        "referral", "Referral Shared", "An advocate passed a code or link on to a friend.",
        _REFERRAL, "web, shop",
    ),
    event(
        "referral_signup", "Referral Signed Up", "The friend opened an account; told of the advocate.",
        _REFERRAL, "web, shop",
    ),
    event(
        "referral_qualified", "Referral Qualified", "The friend did what earns the reward; told of the advocate.",
        _REFERRAL, "web, shop", value="reward",
    ),
    event("message", "Message Sent", "The company wrote to somebody, on any channel.", _MESSAGE, "mail tool"),
    event(
        "message_delivered", "Message Delivered", "A message arrived.",
        _MESSAGE, "mail tool", also=("Email Delivered",),
    ),
    event(
        "message_opened", "Message Opened", "A message was opened.",
        _MESSAGE, "mail tool", also=("Email Opened",),
    ),
    event(
        "message_clicked", "Message Clicked", "A link in a message was followed.",
        f"{_MESSAGE}, link_id, link_url", "mail tool", also=("Email Link Clicked",),
    ),
    event(
        "message_bounced", "Message Bounced", "A message could not be delivered.",
        f"{_MESSAGE}, reason", "mail tool", also=("Email Bounced",),
    ),
    event(
        "message_complained", "Message Complained", "A message was reported as spam.",
        f"{_MESSAGE}, reason", "mail tool", also=("Email Marked as Spam",),
    ),
    event(
        "recommendation", "Recommendation Shown", "A product was recommended.",
        "product_id, model, place, position #, clicked ?", "web, mail tool",
    ),
    event("task", "Task Created", "Somebody has something to do.", "task_id, title, owner, due_at @", "CRM"),
    event(
        "task_done", "Task Completed", "It is done.",
        "task_id, title, owner, due_at @, outcome", "CRM",
    ),
    event(
        "stage_set", "Stage Set", "A stage was set by hand; `clear` as the stage takes it back.",
        "lifecycle, stage, reason, by", "CRM", value="stage",
    ),
    event(
        "feature_shipped", "Feature Shipped", "The company released something.",
        "feature, title, url", "release notes", customer="never",
    ),
    event("noted", "Noted", "A note on the time axis.", "text, until @", "by hand", customer="never"),
)  # fmt: skip
