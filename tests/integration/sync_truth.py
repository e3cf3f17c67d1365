"""What a sync must have brought, read from the sources and said in one line a document: a reading of
the APIs that shares nothing with ordersync's own. Usage: sync_truth.py sessions|refunds|orders BASE [DAYS]"""
import json
import sys
import time
import urllib.request
from decimal import Decimal

ZERO = set("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
THREE = set("bhd jod kwd omr tnd".split())


def get(path):
    request = urllib.request.Request(sys.argv[2] + path, headers={"Authorization": "Bearer sk_test_sim"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def every(path):
    after = ""
    while True:
        page = get(path + "&limit=100" + after)
        yield from page["data"]
        if not page["has_more"]:
            return
        after = "&starting_after=" + page["data"][-1]["id"]


def money(minor, currency):
    digits = 0 if currency in ZERO else 3 if currency in THREE else 2
    return f"{Decimal(minor).scaleb(-digits):.{digits}f}"


def created():
    if len(sys.argv) < 4:
        return ""
    return "&created[gte]=%d" % (time.time() - 86400 * int(sys.argv[3]))


def sessions():
    for session in every("/v1/checkout/sessions?status=complete&expand[]=data.line_items" + created()):
        if session["mode"] != "setup":
            items = session["line_items"]["data"]
            if session["line_items"]["has_more"]:
                items = every("/v1/checkout/sessions/%s/line_items?" % session["id"])
            lines = sorted("%s:%d" % (item["id"], item["quantity"]) for item in items)
            yield "|".join([session["id"], session["payment_status"],
                            money(session["amount_total"], session["currency"]),
                            session["currency"].upper(), ",".join(lines)])


def refunds():
    for refund in every("/v1/refunds?" + created().lstrip("&")):
        yield refund["id"]


def orders():
    offset = 0
    while True:
        page = get("/orders?limit=100&offset=%d" % offset)
        for order in page["result"]:
            for shipment in order["shipments"]:
                yield "%d|%d" % (order["id"], shipment["id"])
            yield "%d|PF|%s|%s" % (order["id"], order["status"], Decimal(str(order["costs"]["total"])))
        offset += 100
        if offset >= page["paging"]["total"]:
            return


print("\n".join(sorted({"sessions": sessions, "refunds": refunds, "orders": orders}[sys.argv[1]]())))
