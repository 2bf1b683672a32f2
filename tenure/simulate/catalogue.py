"""What a company sells: the goods of the shop, the plans of the subscription, the services of the b2b company."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tenure.simulate.columns import Cents, Coded, Column
from tenure.simulate.draws import Floats, Ints

CATEGORIES = ("coffee", "tea", "kitchen", "table", "gifts", "sweets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An article: price and cost in cents, and how often it is asked for beside the others."""

    name: str
    category: str
    brand: str
    variant: str
    price: int
    cost: int
    weight: float


def _products() -> tuple[Product, ...]:
    listed = (
        (
            "coffee",
            "Hill & Harbour",
            0.52,
            (
                "House blend 250 g 7.50 9, House blend 1 kg 26.00 5, Decaf 250 g 8.20 3, "
                "Single origin 250 g 10.90 5, Espresso 500 g 15.40 6, Filter sampler 18.00 2"
            ),
        ),
        (
            "tea",
            "Leafworks",
            0.45,
            (
                "Green tea 100 g 6.40 4, Black tea 100 g 5.20 5, Mint 50 g 4.10 3, "
                "White tea 50 g 9.80 1, Chai 100 g 7.20 3, Tea chest 34.00 1"
            ),
        ),
        (
            "kitchen",
            "Plain",
            0.62,
            (
                "Hand grinder 54.00 2, Press for 8 32.50 3, Kettle 1 l 79.00 1.5, Scale 24.90 2, "
                "Filters 100 3.80 6, Electric grinder 139.00 0.7"
            ),
        ),
        (
            "table",
            "Plain",
            0.55,
            ("Small cup 9.00 4, Large cup 11.50 4, Saucer 5.50 2, Teapot 38.00 1.2, Tray 27.00 1, Spoons 14.00 1.5"),
        ),
        (
            "gifts",
            "Hill & Harbour",
            0.5,
            (
                "Gift box small 25.00 2.5, Gift box large 49.00 1.5, Voucher card 30.00 1, "
                "Calendar 22.00 0.8, Starter set 64.00 1.2, Tasting course 85.00 0.4"
            ),
        ),
        (
            "sweets",
            "Crumb",
            0.6,
            ("Biscuits 3.20 5, Chocolate 70 % 4.60 5, Fudge 5.90 3, Almonds 6.80 2, Honey 8.40 2, Shortbread 4.20 3"),
        ),
    )
    found = []
    for category, brand, cost, text in listed:
        for entry in text.split(", "):
            name, price, weight = entry.rsplit(" ", 2)
            cents = round(float(price) * 100)
            variant = next((word for word in ("250 g", "500 g", "1 kg", "100 g", "50 g") if word in name), "one size")
            found.append(
                Product(
                    name=name, category=category, brand=brand, variant=variant, price=cents, cost=round(cents * cost),
                    weight=float(weight),
                )
            )  # fmt: skip
    return tuple(found)


PRODUCTS = _products()
PRODUCT_IDS = tuple(f"p{place:02}" for place in range(1, len(PRODUCTS) + 1))
PRICES = np.array([product.price for product in PRODUCTS], dtype=np.int64)
COSTS = np.array([product.cost for product in PRODUCTS], dtype=np.int64)
WEIGHTS: Floats = np.array([product.weight for product in PRODUCTS])
CATEGORY_OF = np.array([CATEGORIES.index(product.category) for product in PRODUCTS], dtype=np.int32)
COUPONS = ("WELCOME10", "SEASON15", "FRIEND5")


def product_columns(codes: npt.NDArray[np.integer], *, price: Ints | None = None) -> dict[str, Column]:
    """The properties of the product that an event is about; `price` in cents where it is not the usual one."""
    slugs = [product.name.lower().replace(" %", "").replace(" ", "-") for product in PRODUCTS]
    return {
        "product_id": Coded(codes, PRODUCT_IDS),
        "sku": Coded(
            codes, [f"{product.category[:3].upper()}-{place:02}" for place, product in enumerate(PRODUCTS, 1)],
        ), "category": Coded(codes, [product.category for product in PRODUCTS]),
        "name": Coded(codes, [product.name for product in PRODUCTS]),
        "brand": Coded(codes, [product.brand for product in PRODUCTS]),
        "variant": Coded(codes, [product.variant for product in PRODUCTS]),
        "price": Cents(PRICES[codes] if price is None else price),
        "url": Coded(codes, [f"https://shop.example.com/p/{slug}" for slug in slugs]),
        "image_url": Coded(codes, [f"https://shop.example.com/images/{slug}.jpg" for slug in slugs]),
    }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A subscription's plan: its price a month in cents for one seat."""

    name: str
    category: str
    price: int


PLANS = (
    Plan(name="starter", category="notes", price=900),
    Plan(name="team", category="projects", price=2_400),
    Plan(name="business", category="projects", price=4_900),
    Plan(name="scale", category="suite", price=9_900),
)
FEATURES = ("board", "search", "export", "share", "report", "automation", "import", "api")
ONBOARDING = ("profile", "first_project", "colleagues", "import")
OFFBOARDING = ("export_data", "settle_invoice", "leave_lists")
SERVICES = ("platform", "analytics", "integration", "training")
