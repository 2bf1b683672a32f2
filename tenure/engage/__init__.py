"""What the company does with lists of people, and what came of it beside those who were held out."""
