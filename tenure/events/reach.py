"""Standard events up to the first sale: being met, looking around, getting in touch, leads and deals."""

from __future__ import annotations

from tenure.events.standard import StandardEvent, event

PRODUCT = "product_id, sku, category, name, brand, variant, price $, quantity #, coupon, position #, url, image_url"
_TALK = "direction (in or out), duration # (seconds), staff, outcome, product_id, note"
_DEAL = (
    "deal_id, pipeline, type (new, expansion, renewal or win_back), amount $, expected_close @, owner, probability #"
)
_OUTCOME = "deal_id, type (new, expansion, renewal or win_back), amount $, category, criteria [], competitor, reason"
_TRIAL = "trial_start_date @, trial_end_date @, trial_plan_name"
_LIST = "list_id, list_name, email_id, campaign_id"

REACH: tuple[StandardEvent, ...] = (
    event(
        "visit", "Page Viewed", "A page or screen was opened; Segment's page and screen calls.",
        "url, path, title, name, referrer, search", "web", segment=True, customer="may lack",
    ),
    event(
        "impression", "Ad Viewed", "An advertisement was shown.",
        "ad, ad_group, cost $", "ads total, web", customer="may lack",
    ),
    event(
        "click", "Ad Clicked", "An advertisement was clicked.",
        "ad, ad_group, cost $", "ads total, web", customer="may lack",
    ),
    event(
        "search", "Search Referred", "A search engine sent somebody here.",
        "query, branded ? (the query names the brand), impressions #, clicks #", "ads total, web", customer="may lack",
    ),
    event(
        "source_stated", "Source Stated", "Somebody told how they had heard of the company.",
        "answer, detail", "survey, shop, CRM", value="answer",
    ),
    event("subscribe", "Subscribed", "A newsletter or list was joined.", _LIST, "web, mail tool"),
    event("unsubscribe", "Unsubscribed", "A newsletter or list was left.", _LIST, "web, mail tool", segment=True),
    event(
        "identified", "Identified", "An anonymous visitor became a known person; Segment's identify call.",
        "by (email, login or import)", "web, shop, CRM", segment=True,
    ),
    event("form", "Form Submitted", "A form was sent.", "form, page, fields []", "web"),
    event(
        "inquiry", "Inquiry Sent", "A question about the offer came in, by whatever channel.",
        "topic, message, product_id", "web, CRM, help desk", also=("Live Chat Conversation Started",),
    ),
    event(
        "inquiry_answered", "Inquiry Answered", "The company answered an inquiry.",
        "answered_within # (seconds), staff", "CRM, help desk", value="answered_within",
    ),
    event(
        "lead", "Lead Created", "Sales took somebody on as a lead.",
        "score #, owner, rating", "CRM, web", value="score",
    ),
    event(
        "lead_qualified", "Lead Qualified", "A lead passed a team's test.",
        "stage (marketing or sales), score #, owner", "CRM", value="score",
    ),
    event("call", "Call Logged", "A telephone call took place.", _TALK, "CRM, help desk", value="duration"),
    event("meeting", "Meeting Held", "People met, on site or by video.", _TALK, "CRM", value="duration"),
    event("demo", "Demo Attended", "The product was demonstrated to them.", _TALK, "CRM, web", value="duration"),
    event(
        "store_visit", "Store Visited", "Somebody came into a shop.",
        "store, staff, product_id, place (store, sample or pilot), outcome", "shop, CRM",
    ),
    event(
        "tested", "Product Tested", "The product was tried: in a shop, as a sample, in a pilot.",
        "store, staff, product_id, place (store, sample or pilot), outcome", "shop, CRM",
    ),
    event("deal", "Deal Opened", "Sales sees a chance for a contract.", _DEAL, "CRM", value="amount"),
    event(
        "deal_stage", "Deal Stage Changed", "A deal moved in its pipeline.",
        f"{_DEAL}, from, to", "CRM", value="amount",
    ),
    event(
        "deal_won", "Deal Won", "The contract was signed.",
        f"{_OUTCOME}, margin $", "CRM", value="amount",
    ),
    event(
        "deal_lost", "Deal Lost", "The contract did not come about.",
        _OUTCOME, "CRM", value="amount",
    ),
    event(
        "signup", "Signed Up", "An account was opened.",
        "type, first_name, last_name, email, phone, username, title", "web", segment=True,
    ),
    event("signin", "Signed In", "A known person logged in.", "username", "web", segment=True),
    event(
        "invite", "Invite Sent", "A user invited a colleague or friend into the product.",
        "invitee_email, invitee_first_name, invitee_last_name, invitee_role", "web", segment=True,
    ),
    event("trial", "Trial Started", "A trial began.", _TRIAL, "web, billing", segment=True),
    event(
        "trial_ended", "Trial Ended", "A trial ran out or was ended.",
        f"{_TRIAL}, converted ? (it led to a subscription)", "web, billing", segment=True,
    ),
    event("product_search", "Products Searched", "The shop's own search was used.", "query", "web, shop", segment=True),
    event(
        "product_viewed", "Product Viewed", "A product's page was opened.",
        f"{PRODUCT}, value $", "web, shop", segment=True, also=("Viewed Product",),
    ),
    event(
        "wishlist", "Product Added to Wishlist", "A product was put on a wish list.",
        f"wishlist_id, wishlist_name, {PRODUCT}", "web, shop", segment=True,
    ),
    event(
        "cart", "Product Added", "A product was put into the cart.",
        f"cart_id, {PRODUCT}", "web, shop", segment=True, also=("Added Product",),
    ),
    event(
        "shared", "Product Shared", "A product was sent on to somebody.",
        f"share_via, share_message, recipient, {PRODUCT}", "web, shop", segment=True,
    ),
    event(
        "spend", "Marketing Spend Recorded", "What marketing cost, by day and channel or campaign.",
        "amount $, fully_loaded ? (wages and tools are in it)", "ads total", value="amount", customer="may lack",
    ),
)  # fmt: skip
