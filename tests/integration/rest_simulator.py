"""ordersync-sim stripe and printful over HTTP: what the transport does. TAP on stdout.
Usage: rest_simulator.py STRIPE_BASE PRINTFUL_BASE WORK"""
import http.client
import json
import os
import sys
import threading
import time
import urllib.parse

stripe, printful, work = sys.argv[1:]
KEY = "rk_test_secret_of_the_harness"
count = 0


def check(name, good, told=""):
    global count
    count += 1
    print(("ok" if good else "not ok"), count, "-", name)
    if not good:
        print("#", told)


def connect(base):
    return http.client.HTTPConnection(urllib.parse.urlparse(base).netloc, timeout=60)


def ask(base, path, method="GET", connection=None, key=KEY, body=None):
    connection = connection or connect(base)
    connection.request(method, path, body=body, headers={"Authorization": "Bearer " + key})
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, text, answer


def control(source, line):
    """A line more; it is carried out before the next request is answered."""
    with open(os.path.join(work, source + ".control"), "a") as file:
        file.write(line + "\n")


def faults(source, *lines):
    """These in place of all that was there."""
    with open(os.path.join(work, source + ".control"), "w") as file:
        file.write("".join(line + "\n" for line in lines))


def requests(source):
    with open(os.path.join(work, source + ".requests")) as file:
        return [line.rstrip("\n").split("\t") for line in file]


SESSIONS = "/v1/checkout/sessions"
status, text, answer = ask(stripe, SESSIONS + "?limit=3&expand%5B%5D=data.line_items")
page = json.loads(text)
check("a page, its brackets encoded", status == 200 and len(page["data"]) == 3 and
      all("line_items" in session for session in page["data"]), text[:300])
check("a request id and the version", answer.headers["Request-Id"].startswith("req_") and
      answer.headers["Stripe-Version"] == "2026-08-26.dahlia", str(answer.headers))

kept = connect(stripe)
for _ in range(3):
    ask(stripe, SESSIONS + "?limit=1", connection=kept)
numbers = {line[5] for line in requests("stripe")[-3:]}
check("connections are kept, and the log tells them apart", len(numbers) == 1, str(numbers))

for method in ("POST", "DELETE", "PUT"):
    status, text, _ = ask(stripe, SESSIONS, method, body="amount=1")
    check(method + " is refused and logged", status == 405 and
          requests("stripe")[-1][1:4] == [method, SESSIONS, "405"], str(requests("stripe")[-1]))
ask(stripe, SESSIONS + "?limit=1&key=" + KEY)
check("no key is in the log", all(KEY not in cell for line in requests("stripe") for cell in line) and
      requests("stripe")[-1][2].endswith("key=[key]"), str(requests("stripe")[-1]))

faults("stripe", "cut:count=1")
try:
    told = ask(stripe, SESSIONS + "?limit=20")[1]
except (http.client.IncompleteRead, ConnectionError) as error:
    told = None
check("a cut answer ends in the middle", told is None, str(told)[:100])

faults("stripe", "truncate:count=1")
status, text, _ = ask(stripe, SESSIONS + "?limit=20")
try:
    json.loads(text)
    whole = True
except ValueError:
    whole = False
check("truncated JSON comes as if it were all", status == 200 and not whole)

faults("stripe", "html:count=1")
status, text, answer = ask(stripe, SESSIONS)
check("a gateway's HTML", status == 502 and answer.headers["Content-Type"] == "text/html")

faults("stripe", "latency:count=1,delay_ms=300")
begun = time.monotonic()
ask(stripe, SESSIONS)
check("latency is waited", time.monotonic() - begun >= 0.3)

faults("stripe", "stall:count=1,delay_ms=200")
try:
    told = ask(stripe, SESSIONS)[0]
except (http.client.RemoteDisconnected, ConnectionError):
    told = None
check("a stalled request gets no answer", told is None, str(told))

faults("stripe", "latency:delay_ms=1500")
threads = [threading.Thread(target=ask, args=(stripe, SESSIONS)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
most = max(int(line[4]) for line in requests("stripe")[-4:])
check("the log has how many were under way", most > 1, str(most))
faults("stripe")

before = json.loads(ask(stripe, SESSIONS + "?limit=5")[1])["data"]
control("stripe", "add 2 paid")
after = json.loads(ask(stripe, SESSIONS + "?limit=5&status=complete")[1])["data"]
check("sessions arrive on command", [s["id"] for s in after[:2]] !=
      [s["id"] for s in before[:2]] and after[0]["payment_status"] == "paid")
cursor = json.loads(ask(stripe, SESSIONS + "?limit=5&starting_after=" + after[1]["id"])[1])["data"]
check("and stand before what was there", cursor[0]["id"] == before[0]["id"])

control("stripe", "turn " + before[0]["id"] + " refunded")
told = json.loads(ask(stripe, SESSIONS + "/" + before[0]["id"])[1])
refunds = json.loads(ask(stripe, "/v1/refunds?payment_intent=" + told["payment_intent"])[1])["data"]
check("a session turns on command", told["payment_status"] == "paid" and len(refunds) > 0, str(told))

put = os.path.join(work, "put.json")
with open(put, "w") as file:
    file.write('{"id": "cs_put", "object": "checkout.session", "created": 12, "amount_total": 1.10}')
control("stripe", "put " + put)
status, text, _ = ask(stripe, SESSIONS + "/cs_put")
check("a file is taken in with its own digits", status == 200 and b"1.10" in text, text)
control("stripe", "remove cs_put")
check("and removed", ask(stripe, SESSIONS + "/cs_put")[0] == 404)

dump = os.path.join(work, "dump")
control("stripe", "dump " + dump)
ask(stripe, SESSIONS)
with open(dump) as file:
    check("what is there can be had", sum(1 for _ in file) == 302)

body = os.path.join(work, "body.json")
with open(body, "w") as file:
    file.write('{"error": {"message": "as it was"}}')
faults("stripe", "body:count=1,code=402,file=" + body)
status, text, _ = ask(stripe, SESSIONS)
check("any body can be the answer", status == 402 and b"as it was" in text)

# The Printful of this test has a rate of three requests in a second, then 429.
statuses, waits = [], []
for _ in range(8):
    status, text, answer = ask(printful, "/orders?limit=1")
    statuses.append(status)
    if status == 429:
        waits.append(answer.headers["X-Ratelimit-Reset"])
        told = json.loads(text)["error"]["message"]
check("a rate is kept", 200 in statuses and 429 in statuses, str(statuses))
check("and says how long to wait", set(waits) == {"60"} or all(0 < int(w) <= 60 for w in waits),
      str(waits))
check("in words, too", "try again after" in told, told)
print("1..%d" % count)
