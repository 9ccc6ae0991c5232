#!/usr/bin/env python3
"""Writes the same product reviews as CSV and as JSON lines: FOLDER/reviews-ROWS.csv and FOLDER/reviews-ROWS.jsonl.

    generate_reviews.py ROWS FOLDER [--seed 1]

Bodies have 20 to 150 words, about 60 in the mean (log-normal), made of sentences of a small grammar. As in real review
files, some hold quotes, commas, line breaks, `<br />` and characters beyond ASCII; 2 % of the products have no title,
1 row in 500 no headline and 1 row in 100 repeats an earlier one. Equal arguments give equal bytes.
"""

import argparse
import csv
import json
import random
from pathlib import Path

PRODUCTS = {
    "Kitchen": ["Electric Kettle", "Chef's Knife", "Cast Iron Skillet", "Espresso Machine", "Salad Spinner",
                "Hand Mixer"],
    "Electronics": ["Wireless Headphones", "USB-C Hub", "Phone Case", "27\" Monitor", "Action Camera", "Power Bank"],
    "Books": ["Travel Guide", "Crime Novel", "Cookbook for Beginners", "History of the Sea", "Picture Book"],
    "Toys": ["Wooden Train Set", "Puzzle, 1000 Pieces", "Remote Control Car", "Plush Bear", "Building Blocks"],
    "Garden": ["Pruning Shears", "Garden Hose, 50 ft", "Solar Lights", "Raised Bed", "Watering Can"],
    "Health & Personal Care": ["Electric Toothbrush", "Heating Pad", "Hair Dryer", "Massage Gun", "Night Light"],
}
BRANDS = ["Nordvik", "Café Aurora", "Hartmann", "BlueFinch", "Solène", "Kitagawa", "Oak & Iron", "Müller",
          "Zephyr", "Tidewell"]
GOOD = ["great", "excellent", "sturdy", "lovely", "reliable", "well made", "quiet", "comfortable", "superb",
        "first-class"]
FAIR = ["decent", "average", "acceptable", "a bit plain", "fine for the price", "so-so", "usable", "nothing special"]
BAD = ["flimsy", "disappointing", "cheaply made", "useless", "noisy", "defective", "terrible", "overpriced", "awkward"]
PARTS = ["handle", "lid", "cable", "battery", "cover", "packaging", "manual", "finish", "button", "strap",
         "motor", "screen"]
PEOPLE = ["my wife", "my husband", "my daughter", "my son", "our neighbour", "a colleague", "my mother",
          "the whole family"]
PLACES = ["the kitchen", "the office", "our holiday flat", "the garage", "my bag", "the living room", "the balcony"]
TIMES = ["two weeks", "a month", "three days", "half a year", "over a year", "one weekend", "about ten uses"]
ACTS = ["bought", "ordered", "picked", "chose", "received"]
VERBS = ["works", "performs", "looks", "feels", "holds up"]
HOWS = ["exactly as described", "better than I expected", "much like the old one", "worse every day",
        "without any trouble"]
SENTENCES = [
    "I {act} this {product} for {person} and it has been in {place} for {time} now.",
    "The {part} is {quality}, and the {part2} is {quality2} too.",
    "After {time} the {part} still {verb} {how}.",
    "{Person} said it was \"{quality}\", which sums it up.",
    "We use it in {place} nearly every day, {person} more than anyone.",
    "It {verb} {how}, so I have no reason to look for another {product}.",
    "Compared with the {brand} we had before, this one is {quality}.",
    "Delivery took {number} days; the {part} arrived {quality}.",
    "At {number}.99 € it is {quality} – you will hardly find another with such a {part}.",
    "My only remark: the {part} could be larger, say {number} cm instead of {number2}.",
    "I would describe the {part} as {quality} and the {part2} as {quality2}.",
    "It came with a {part}, a {part2} and a leaflet in {number} languages.",
    "Don't expect miracles from the {part}, it's {quality}.",
    "{Person} asked me whether the {product} was {quality}; I said yes, then no, then \"wait and see\".",
    "The seller answered within {number} hours and was {quality} to deal with.",
    "Überraschung: the {part} fits {place} perfectly 👍.",
    "For {place}, for {time}, with {person}: {quality} throughout.",
    "I gave it {number} tries before the {part} {verb} {how}.",
    "Short version: {quality}.",
    "If the {part} breaks again I will send it back to {brand}, because {person} will not wait another {time}.",
]
HEADLINES = [
    "{Quality} {product}", "{Quality}!", "{Quality}, but mind the {part}", "The {part} is {quality}",
    "Ideal for {place}",
    "{number} stars' worth of {part}", "\"{Quality}\" says {person}", "{Quality} after {time}",
]
JOINTS = [" "] * 17 + ["\n", "\n\n", "<br /><br />"]
COLUMNS = ["product_title", "product_category", "star_rating", "review_headline", "review_body", "customer_id",
           "verified_purchase"]


class Reviews:
    """An endless stream of rows that depends on the seed alone."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.categories = list(PRODUCTS)

    def words(self, stars, product, brand):
        choice = self.random.choice
        qualities = GOOD if stars > 3 else FAIR if stars == 3 else BAD
        person, quality = choice(PEOPLE), choice(qualities)
        return {
            "act": choice(ACTS), "product": product.lower(), "brand": brand, "person": person, "quality": quality,
            "Person": person.capitalize(), "Quality": quality.capitalize(), "quality2": choice(qualities),
            "place": choice(PLACES), "time": choice(TIMES), "part": choice(PARTS), "part2": choice(PARTS),
            "verb": choice(VERBS), "how": choice(HOWS), "number": int(self.random.random() * 90) + 2,
            "number2": int(self.random.random() * 90) + 2}

    def body(self, stars, product, brand):
        target = min(150, max(20, self.random.lognormvariate(3.9, 0.45)))
        text, count = "", 0
        while count < target:
            sentence = self.random.choice(SENTENCES).format_map(self.words(stars, product, brand))
            length = sentence.count(" ") + 1
            if count + length > 150:
                break
            text += (self.random.choice(JOINTS) if text else "") + sentence
            count += length
        return text

    def row(self):
        chance, choice = self.random.random, self.random.choice
        stars = self.random.choices((1, 2, 3, 4, 5), (9, 5, 8, 18, 60))[0]
        category, brand = choice(self.categories), choice(BRANDS)
        product = choice(PRODUCTS[category])
        headline = choice(HEADLINES).format_map(self.words(stars, product, brand))
        return [
            f"{brand} {product}" if chance() > 0.02 else "", category, stars, headline if chance() > 0.002 else "",
            self.body(stars, product, brand), 10_000_000 + int(chance() * 40_000_000), chance() < 0.85]


def write(rows, folder, seed):
    """Writes both files; rows are drawn once, so that the files hold the same."""
    reviews = Reviews(seed)
    repeats = random.Random(seed + 1)
    earlier = []
    with open(folder / f"reviews-{rows}.csv", "w", newline="", encoding="utf-8") as table, \
            open(folder / f"reviews-{rows}.jsonl", "w", encoding="utf-8") as lines:
        writer = csv.writer(table, lineterminator="\n")
        writer.writerow(COLUMNS)
        for _ in range(rows):
            if earlier and repeats.random() < 0.01:
                row = repeats.choice(earlier)
            else:
                row = reviews.row()
                if len(earlier) < 10_000:
                    earlier.append(row)
            writer.writerow(row)
            lines.write(json.dumps(dict(zip(COLUMNS, row)), ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    write(arguments.rows, arguments.folder, arguments.seed)


if __name__ == "__main__":
    main()
