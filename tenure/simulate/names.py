"""Names that people, companies and staff are given; all of them made up, and put together at random."""

from __future__ import annotations

FIRST_NAMES = tuple(
    "Ada Alba Amir Anna Anton Aoife Ben Björn Carla Chloe Claire Daan Daniel David Elena Eline Emil Emma "
    "Eva Felix Finn Grace Hanna Hugo Ida Isla Jack James Jana Jonas Julia Karim Kate Lara Leo Liam Lina "
    "Louis Lucy Luca Mara Marie Mila Mohamed Nadia Niall Nina Noah Olga Oscar Paul Petra Priya Rosa Ruth "
    "Sam Sara Sofia Theo Tom Uma Vera Will Yara Zoe".split()
)  # fmt: skip
LAST_NAMES = tuple(
    "Adams Ahmed Bakker Becker Bernard Brown Byrne Carter Clarke Cohen Collins Cooper Davies Dubois Evans "
    "Fischer Fox Garcia Green Hall Harris Hofmann Hughes Jansen Jones Kaya Kelly Khan King Klein Lambert "
    "Lee Lewis Lopez Marsh Martin Mayer Meyer Moore Morel Murphy Nowak Olsen Patel Peters Petit Price "
    "Reid Richter Roberts Robin Rossi Roux Ryan Schmidt Scott Shaw Silva Simon Singh Smit Smith Stone "
    "Taylor Thomas Turner Visser Wagner Walker Ward Weber White Wilson Wood Wright Young".split()
)  # fmt: skip
COMPANY_HEADS = tuple(
    "Alder Anchor Arden Barrow Beacon Birch Bramble Brook Calder Cedar Clover Copper Crane Dale Dover Elm "
    "Falcon Fern Forge Garnet Granite Hazel Heron Holly Ivy Juniper Keel Lark Larch Linden Maple Marble "
    "Meadow Mill North Oak Otter Pine Quarry Raven River Rowan Sable Slate Spruce Stone Swift Thorn Vale "
    "Willow".split()
)  # fmt: skip
COMPANY_TAILS = (
    "& Sons", "Analytics", "Bakeries", "Brothers", "Care", "Clinics", "Design", "Electric", "Energy", "Engineering",
    "Estates", "Foods", "Freight", "Group", "Homes", "Hotels", "Insurance", "Interiors", "Logistics", "Media",
    "Mutual", "Networks", "Outdoor", "Partners", "Pharma", "Print", "Retail", "Schools", "Services", "Software",
    "Systems", "Tools", "Travel", "Works",
)  # fmt: skip
INDUSTRIES = (
    "Manufacturing", "Retail", "Health", "Education", "Logistics", "Finance", "Construction", "Hospitality",
)  # fmt: skip
OWNERS = (
    "Amber Cole",
    "Bas de Wit",
    "Carys Pugh",
    "Dilan Aksoy",
    "Erik Lund",
    "Fiona Daly",
    "Greta Vogt",
    "Hamid Nasr",
)
STAFF = ("Iris", "Joel", "Kemi", "Lars", "Mona", "Nils", "Oona", "Pavel")
ROLES = ("Head of operations", "Buyer", "Analyst", "IT manager", "Managing director")
STORES = ("London", "Bristol", "Dublin", "Berlin")
