#!/usr/bin/env python3
"""The public bodies of Stripe or Printful, laid out so that no two in a round have one id, and all orders one store.

    corpus_rounds.py stripe|printful FOLDER OUT

A body goes to OUT/N/ as it is, N being its round; a list of several objects is taken apart, for its objects may have
one id. Prints a line for each object: round, what it is (session, refund, order, none, empty for a list without any), its id,
a name for it, and of a session why it is no sale ("-": it is one).
Shares nothing with the program or its simulator but the rule of what is an order.
"""
import glob
import json
import os
import shutil
import sys

kind, folder, out = sys.argv[1:]


def why_no_sale(session):
    status, mode, payment = session.get("status"), session.get("mode"), session.get("payment_status")
    if status in ("open", "expired"):
        return "checkout session " + ("expired" if status == "expired" else "not completed")
    if mode == "setup":
        return "checkout session without a sale"
    return "-" if status == "complete" or payment == "paid" else "checkout session not completed"


def stripe_objects(body):
    """What is in a Stripe body: (kind, id, object), one for each."""
    data = body.get("data")
    if body.get("object") == "event":
        return stripe_objects(data["object"])
    if isinstance(data, list):
        if not data:
            return [("empty", None, body)]
        if "/sessions/" in body.get("url", ""):
            return [("none", None, body)]  # line items of a session that is not here
        return [found for element in data for found in stripe_objects(element)]
    name = str(body.get("id"))
    if body.get("object") == "checkout.session" or name.startswith("cs_"):
        return [("session", name, body)]
    return [("refund", name, body)] if body.get("object") == "refund" else [("none", None, body)]


def printful_objects(body):
    def of(order):
        good = isinstance(order, dict) and ("items" in order or "recipient" in order)
        return ("order", str(order["id"]), order) if good else ("none", None, order)

    result, data = body.get("result"), body.get("data")
    if isinstance(data, dict) and isinstance(data.get("order"), dict):
        return [of(data["order"])]
    if isinstance(result, list):
        return [of(order) for order in result] or [("empty", None, body)]
    return [of(result) if of(result)[0] == "order" else of(body)]


objects_of = {"stripe": stripe_objects, "printful": printful_objects}[kind]
taken = set()  # (round, what, id)
stores = {}  # of a round's orders: a target takes those of one store


def round_of(what, id, object):
    store = object.get("store") if what == "order" else None
    number = 1
    while (number, what, id) in taken or store and stores.get(number, store) != store:
        number += 1
    if id is not None:
        taken.add((number, what, id))
    if store:
        stores[number] = store
    return number


for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
    name = os.path.basename(path)[:-5]
    with open(path) as file:
        body = json.load(file)
    found = objects_of(body)
    for place, (what, id, object) in enumerate(found):
        number = round_of(what, id, object)
        into = os.path.join(out, str(number))
        os.makedirs(into, exist_ok=True)
        if len(found) == 1:
            shutil.copy(path, into)
        else:
            name = "%s.%d" % (os.path.basename(path)[:-5], place)
            with open(os.path.join(into, name + ".json"), "w") as file:
                json.dump(object, file)
        why = why_no_sale(object) if what == "session" else "-"
        print(number, what, id or "-", name, why, sep="\t")
