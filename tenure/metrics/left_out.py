"""Well-known metrics that the library does not hold, and why; the reference page lists them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LEFT_OUT: Mapping[str, str] = MappingProxyType(
    {
        "Leads by campaign": "It is `tenure metric new_leads --by campaign`.",
        "First response in business hours": "No event tells the hours of business; times go by "
        "the clock.",
        "Platform over-claim": "No event tells the revenue that an advertising platform claims for itself.",
        "Attributed conversions (first, last, last non-direct, linear, U, J, time decay, Markov, Shapley), assists":
        "They share one conversion out among touches; that is an analysis of paths, not a figure of a period.",
        "PQL rate, time to PQL": "What qualifies an account is the workspace's own rule: make it a stage, and count "
        "`entered(stage)`.",
        "Activation-event validity": "It compares two groups; that is an analysis of drivers, with an interval.",
        "Step drop-off by step": "The whole is `onboarding_drop_off`; step by step it is a path, not a figure.",
        "Stage conversion and time in stage of deals": "Make deals a lifecycle (`unit: deal_id`); every lifecycle has "
        "both.",
        "Weighted pipeline": "A measure holds one property of an event, and this needs the product of amount and "
        "probability. `open_pipeline` is not weighted.",
        "Forecast accuracy": "No event keeps what was forecast at the start of the period.",
        "Rotten deals": "How long is too long is the workspace's own rule: make it a stage of a lifecycle of deals.",
        "Share of loss reasons, of root causes, of churn reasons": "It is a breakdown: `tenure metric deals_lost --by "
        "reason`, `cases_resolved --by root_cause`.",
        "Lifetime value of a cohort, with margin": "It is `first_year_revenue` times the margin, in a metric "
        "of your own; revenue by age is in `tenure cohorts`.",
        "Streaks and the overall line of retention": "They belong to the table of cohorts by age.",
        "Churn summed over days": "It is `tenure metric subscriber_churn_rate --period day`, added up.",
        "NRR from movements": "Whoever comes back stands above the line and not below it; `nrr` compares the same "
        "customers. The movements are in `net_mrr_churn_rate`.",
        "RFM scores and segments": "They rank customers among each other at a moment; that is an analysis of its own.",
        "Trend of the renewal interval of the same people": "It compares each person with themselves; the median is "
        "`time_between_orders`.",
        "Attach rate, support, lift": "They read lists of products, and a list is no measure; `cross_sell_rate` goes "
        "by category.",
        "Recommendation, win-back and loyalty uplift": "They need a hold-out, and are measured where plays are.",
        "Points liability": "It needs the value of a point and the breakage expected: multiply `points_outstanding` in "
        "a metric of your own.",
        "Tier migration": "Make tiers a lifecycle; its transitions are the matrix.",
        "Points expiring in 30 days": "Which points are spent first is known to the ledger, not to the events.",
        "Earned growth rate and ratio": "They split the revenue of new customers by how each was won: `tenure metric "
        "new_mrr --by channel`.",
        "Referral rejection rate": "The dictionary has no event for a rejected referral.",
        "Referred-customer retention gap": "It is the difference of two parts of `customer_retention_rate`, broken "
        "down by a trait.",
        "Cronbach's alpha of the relationship survey": "It says how well the survey measures, not how the relationship "
        "is.",
        "Trust drivers": "Which drivers were ticked is a list, and a list is no measure.",
        "Requester wait, agent wait, on-hold time": "The dictionary has no event for the status of a case.",
        "SLA attainment by timer": "The dictionary has no timers; `promises_kept` and the times to first answer go by "
        "events.",
        "Service level and abandonment of calls": "The dictionary has no event for a call that waits.",
        "First-contact resolution by number of answers": "It counts the answers inside each case; "
        "`first_contact_resolution_rate` asks whether the customer came back.",
        "Survey coverage": "Who could have been asked is not told by events.",
        "Offboarding on time, erasure on time": "The steps of offboarding carry no due date; as tasks they are in "
        "`promises_kept`.",
        "Contribution below zero over a lifetime": "`unprofitable_customers` counts it per period; take years.",
    }
)  # fmt: skip
"""What is left out by its usual name, and why."""
