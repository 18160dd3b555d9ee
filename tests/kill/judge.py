#!/usr/bin/env python3
"""Judges a run of the kill tests: the carrier's log against the dialer's tables. Uses none of the dialer's code.

    judge.py DIR        DIR holds run.json, deaths.jsonl, acknowledged.jsonl, as tests/kill.rs leaves them

The invariants are those of the reliability goals: I1 no lead dialed twice, I2 none lost, I3 no record missing, I4 no
abandoned call unaccounted for, I5 retry rules, I6 do not call, I7 recordings, I8 agents, I10 limits, I11 no zombie, I12
the store holds together; and A: what was acknowledged stands. Prints what is broken, and a summary; exits 1 if anything is.
"""
import hashlib
import json
import os
import re
import sqlite3
import sys
from collections import Counter, defaultdict

# A call that outlived its dialer is ended so long after the next start at the latest (I11).
ZOMBIE_SECONDS = 32.0
# Clocks are the same machine's; a message is logged a little after it was read.
LOG_LAG_SECONDS = 0.25
BROKEN = defaultdict(list)
NOTES = Counter()


def broken(invariant, text):
    BROKEN[invariant].append(text)


class Call:
    """What the carrier saw of one Call-ID."""

    def __init__(self, call_id):
        self.call_id = call_id
        self.number = None
        self.invites = []
        self.ringing = None
        self.answered = None
        self.final = None
        self.acked = None
        self.bye_in = None
        self.bye_out = None
        self.cancel = None
        self.over = None

    def reached(self):
        return self.ringing is not None or self.answered is not None


def read_carrier(path):
    calls = {}
    separator = re.compile(r"^-{40,} (\S+\s\S+?)(?:\s(\d+\.\d+))?\s*$")
    with open(path, encoding="utf-8", errors="replace") as log:
        at, block = None, []
        for line in log:
            found = separator.match(line)
            if found:
                take(calls, at, block)
                at, block = stamp(found), []
            else:
                block.append(line.rstrip("\r\n"))
        take(calls, at, block)
    return {call_id: call for call_id, call in calls.items() if call.invites}


def stamp(found):
    if found.group(2):
        return float(found.group(2))
    from datetime import datetime
    return datetime.fromisoformat(found.group(1).replace("\t", " ")).timestamp()


def take(calls, at, block):
    if at is None or not block:
        return
    received = "received" in block[0]
    lines = [line for line in block[1:] if line]
    if not lines:
        return
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip().lower(), value.strip())
    call_id = headers.get("call-id")
    if call_id is None:
        return
    call = calls.setdefault(call_id, Call(call_id))
    method = (headers.get("cseq", "").split() or [""])[-1]
    start = lines[0]
    if start.startswith("SIP/2.0 "):
        respond(call, at, int(start.split()[1]), method, received)
    else:
        request(call, at, start, received)


def request(call, at, start, received):
    method = start.split()[0]
    if received and method == "INVITE":
        call.invites.append(at)
        call.number = re.match(r"INVITE sip:([^@]*)@", start).group(1).lstrip("+")
    elif received and method == "ACK":
        call.acked = call.acked or at
    elif received and method == "BYE":
        call.bye_in = call.bye_in or at
        call.over = call.over or at
    elif received and method == "CANCEL":
        call.cancel = call.cancel or at
    elif not received and method == "BYE":
        call.bye_out = call.bye_out or at
        call.over = call.over or at


def respond(call, at, code, method, received):
    if received or method != "INVITE":
        return
    if 100 < code < 200:
        call.ringing = call.ringing or at
    elif 200 <= code < 300:
        call.answered = call.answered or at
        call.final = call.final or code
    elif code >= 300:
        call.final = call.final or code
        call.over = call.over or at


def lines_of(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


class Tables:
    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.db.row_factory = sqlite3.Row
        self.calls = [dict(row) for row in self.db.execute("SELECT * FROM call ORDER BY id")]
        self.leads = {
            row["id"]: dict(row)
            for row in self.db.execute("SELECT l.*, p.phone FROM lead AS l LEFT JOIN person AS p ON p.id = l.person")
        }
        self.facts = [
            (row["seq"], row["moment"], row["wall"] / 1e6, json.loads(row["body"]))
            for row in self.db.execute("SELECT seq, moment, wall, body FROM fact WHERE node < 2047 ORDER BY node, seq")
        ]

    def integrity(self):
        first = self.db.execute("PRAGMA integrity_check").fetchone()[0]
        if first != "ok":
            broken("I12", f"integrity_check: {first}")
        for row in self.db.execute("PRAGMA foreign_key_check"):
            broken("I12", f"foreign key: {tuple(row)}")
        for seq, (number, *_rest) in enumerate(self.facts, start=1):
            if seq != number:
                broken("I12", f"fact {number} stands where {seq} should: a gap")
                break


def who(number):
    return f"…{str(number)[-4:]}"


def no_lead_twice(tables, carrier):
    """Each Call-ID at the carrier belongs to exactly one record, each record has at most one that reached a phone."""
    by_call_id = defaultdict(list)
    for call in tables.calls:
        if call["sip_call_id"]:
            by_call_id[call["sip_call_id"]].append(call)
    for call_id, seen in carrier.items():
        records = by_call_id.get(call_id, [])
        if len(records) != 1:
            broken("I3", f"Call-ID {call_id} to {who(seen.number)} has {len(records)} records")
            continue
        lead = tables.leads.get(records[0]["lead"])
        if lead is None or (lead["phone"] or "").lstrip("+") != seen.number:
            broken("I3", f"Call-ID {call_id} went to {who(seen.number)}, its record is of another lead")
    per_attempt = defaultdict(set)
    for call_id, seen in carrier.items():
        for record in by_call_id.get(call_id, []):
            if seen.reached():
                per_attempt[(record["lead"], record["attempt"])].add(call_id)
    for (lead, attempt), ids in per_attempt.items():
        if len(ids) > 1:
            broken("I1", f"lead {lead:x}, attempt {attempt}: {len(ids)} calls reached the phone")
    attempts = Counter((c["lead"], c["attempt"]) for c in tables.calls if c["withdrawn"] is None)
    for (lead, attempt), count in attempts.items():
        if count > 1:
            broken("I1", f"lead {lead:x}: {count} records of attempt {attempt}")
    for call in tables.calls:
        if call["ended_at"] is None and call["withdrawn"] is None:
            broken("I3", f"call {call['id']:x} has no final state")
    return by_call_id


def none_lost(tables, run):
    if len(tables.leads) != run["leads"]:
        broken("I2", f"{run['leads']} leads were imported, {len(tables.leads)} stand in the table")
    numbers = Counter(lead["number_hash"] for lead in tables.leads.values())
    for number, count in numbers.items():
        if count > 1:
            broken("I2", f"a number stands {count} times")
    for lead in tables.leads.values():
        if lead["state"] in ("in_flight", "leased"):
            broken("I2", f"lead {lead['id']:x} is still {lead['state']} at rest")
    counted = Counter(lead["state"] for lead in tables.leads.values())
    for row in tables.db.execute("SELECT state, n FROM lead_count"):
        if row["n"] != counted.get(row["state"], 0):
            broken("I2", f"lead_count says {row['n']} {row['state']}, there are {counted.get(row['state'], 0)}")
    for row in tables.db.execute("SELECT number_hash, day, placed, reserved FROM number_day"):
        if row["reserved"] != 0:
            broken("I2", f"a number of {row['day']} has {row['reserved']} reservations at rest")


def abandoned(tables, carrier, by_call_id):
    """Everybody who picked up and got no agent counts, also when the process died in between."""
    for call_id, seen in carrier.items():
        if seen.answered is None:
            continue
        for record in by_call_id.get(call_id, []):
            if record["answered_at"] is None:
                broken("I4", f"the carrier saw an answer of {who(seen.number)}, call {record['id']:x} ({record['cause']}) has none")
            elif record["bridged_at"] is None and record["abandon"] is None:
                broken("I4", f"call {record['id']:x} was answered and met nobody: not counted as abandoned ({record['cause']})")
            if record["abandon"] == "crash":
                NOTES["abandoned by a death"] += 1


def interrupted_only_at_deaths(tables, deaths):
    moments = [death["died"] / 1e6 for death in deaths if "died" in death]
    for call in tables.calls:
        if call["cause"] != "interrupted":
            continue
        NOTES["calls cut by a death"] += 1
        placed = call["placed_at"] / 1e6
        ended = call["ended_at"] / 1e6
        if not any(placed - LOG_LAG_SECONDS <= at <= ended + LOG_LAG_SECONDS for at in moments):
            broken("I3", f"call {call['id']:x} is interrupted though nothing died in its time")


def retry_rules(tables, run):
    planned, made, days = {}, Counter(), Counter()
    for _, _, wall, fact in tables.facts:
        kind = fact["kind"]
        if kind in ("retry_planned", "callback_planned"):
            planned[fact["lead"]] = fact.get("not_before", fact.get("at"))
        elif kind == "call_placed":
            lead = fact["lead"]
            if lead in planned and wall * 1e6 < planned[lead] - 1e3:
                broken("I5", f"lead {lead} was placed {planned[lead] / 1e6 - wall:.3f} s before its time")
            made[lead] += 1
            days[(fact["number_hash"], int(wall + 8 * 3600) // 86400)] += 1
        elif kind == "call_withdrawn":
            pass
    withdrawn = Counter(f"{c['lead']:016x}" for c in tables.calls if c["withdrawn"] is not None)
    for lead, count in made.items():
        if count - withdrawn[lead] > run.get("attempts_total", 3):
            broken("I5", f"lead {lead}: {count - withdrawn[lead]} attempts, {run.get('attempts_total', 3)} are allowed")


def promises_kept(tables):
    """The last time that a call promised is the time its lead was planned for, unless that person opted out."""
    promised, planned = {}, defaultdict(list)
    for _, _, _, fact in tables.facts:
        if fact["kind"] == "callback_promised":
            promised[fact["call"]] = fact["at"]
        elif fact["kind"] == "callback_planned":
            planned[fact["after"]].append(fact["at"])
    suppressed = {row["number_hash"] for row in tables.db.execute("SELECT number_hash FROM suppression")}
    calls = {f"{call['id']:016x}": call for call in tables.calls}
    for call, at in promised.items():
        NOTES["callbacks promised"] += 1
        if tables.leads[calls[call]["lead"]]["number_hash"] not in suppressed and at not in planned[call]:
            broken("I2", f"call {call} promised a callback for {at}, planned are {planned[call]}")


def do_not_call(tables, carrier, acknowledged):
    numbers = defaultdict(list)
    for seen in carrier.values():
        numbers[seen.number].append(seen)
    lead_of = {f"{call['id']:016x}": call["lead"] for call in tables.calls}
    suppressed = {row["number_hash"] for row in tables.db.execute("SELECT number_hash FROM suppression")}
    for line in acknowledged:
        if line["outcome"] != "opt_out" or line["call"] not in lead_of:
            continue
        NOTES["opt-outs"] += 1
        lead = tables.leads[lead_of[line["call"]]]
        if lead["number_hash"] not in suppressed:
            broken("I6", f"the opt-out of {who(lead['phone'])} was acknowledged and does not stand")
        for seen in numbers.get((lead["phone"] or "").lstrip("+"), []):
            if any(at > line["at"] / 1e6 for at in seen.invites):
                broken("I6", f"{who(seen.number)} was called after its opt-out was acknowledged")


def acknowledged_stands(tables, acknowledged):
    calls = {f"{call['id']:016x}": call for call in tables.calls}
    for line in acknowledged:
        call = calls.get(line["call"])
        if call is None:
            broken("A", f"call {line['call']} had an outcome acknowledged, and is not in the table")
        elif line["outcome"] is not None and call["outcome"] != line["outcome"]:
            broken("A", f"call {line['call']}: {line['outcome']} was acknowledged, {call['outcome']} stands")
    NOTES["outcomes acknowledged"] = len(acknowledged)


def recordings(tables, data):
    known = set()
    for row in tables.db.execute("SELECT id, call, file, sha256, length_ms FROM recording"):
        known.add(row["file"])
        path = os.path.join(data, row["file"])
        if not os.path.isfile(path):
            broken("I7", f"recording {row['file']} is missing")
            continue
        with open(path, "rb") as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != row["sha256"]:
            broken("I7", f"recording {row['file']} has another checksum")
        head = int.from_bytes(content[40:44], "little")
        if content[:4] != b"RIFF" or head + 44 != len(content):
            broken("I7", f"recording {row['file']}: its head says {head} bytes, it has {len(content) - 44}")
    for folder, _, files in os.walk(os.path.join(data, "recordings")):
        for name in files:
            path = os.path.relpath(os.path.join(folder, name), data)
            if name.endswith(".part"):
                broken("I7", f"{path} was left half written")
            elif path not in known:
                broken("I7", f"{path} is an orphan")
    NOTES["recordings"] = len(known)


def agents(tables):
    """Nobody is in two calls; who talks has a call."""
    talking = {}
    for _, _, _, fact in tables.facts:
        kind = fact["kind"]
        if kind == "engine_started":
            talking.clear()
        elif kind == "call_bridged":
            if talking.get(fact["agent"], fact["call"]) != fact["call"]:
                broken("I8", f"agent {fact['agent']} is in calls {talking[fact['agent']]} and {fact['call']}")
            talking[fact["agent"]] = fact["call"]
        elif kind == "call_ended":
            for agent in [a for a, call in talking.items() if call == fact["call"]]:
                del talking[agent]
        elif kind == "agent_state_changed" and fact["state"] == "talk" and not fact.get("call"):
            broken("I8", f"agent {fact['agent']} talks without a call")


def limits(carrier, run):
    sent = sorted(call.invites[0] for call in carrier.values())
    rate = run["calls_per_second"]
    for at in range(len(sent) - rate):
        if sent[at + rate] - sent[at] < 0.98:
            broken("I10", f"{rate + 1} INVITEs in {sent[at + rate] - sent[at]:.3f} s at {sent[at]:.3f}, {rate} a second are allowed")
            break
    changes = []
    for call in carrier.values():
        changes += [(call.invites[0], 1), (call.over if call.over is not None else float("inf"), -1)]
    up, most = 0, 0
    for at, change in sorted(changes):
        up += change
        most = max(most, up)
        if up > run["channels"]:
            broken("I10", f"{up} calls at once at {at:.3f}, the trunk has {run['channels']} channels")
            break
    NOTES["most channels at once"] = most


def no_zombie(carrier, deaths):
    """Whatever was up at a death is over soon after the next start that lasted."""
    starts = sorted(death["started"] / 1e6 for death in deaths)
    died = [death["died"] / 1e6 for death in deaths if "died" in death]
    worst = 0.0
    for call in carrier.values():
        cut = [at for at in died if call.invites[0] <= at and (call.over is None or call.over > at)]
        if not cut:
            if call.over is None and call.final is None:
                broken("I11", f"{who(call.number)}: no end at the carrier ({call.call_id})")
            continue
        NOTES["calls up at a death"] += 1
        after = [at for at in starts if at > cut[-1]]
        if call.over is None:
            if call.answered is not None or call.ringing is not None:
                broken("I11", f"{who(call.number)} was up at a death and never ended ({call.call_id})")
            continue
        if after and not call.bye_out:
            worst = max(worst, call.over - after[0])
            if call.over - after[0] > ZOMBIE_SECONDS:
                broken("I11", f"{who(call.number)} was ended {call.over - after[0]:.1f} s after the start")
    NOTES["slowest end after a start, ms"] = int(worst * 1000)


def main(folder):
    with open(os.path.join(folder, "run.json"), encoding="utf-8") as file:
        run = json.load(file)
    deaths = lines_of(os.path.join(folder, "deaths.jsonl"))
    acknowledged = lines_of(os.path.join(folder, "acknowledged.jsonl"))
    carrier = read_carrier(run["messages"])
    tables = Tables(os.path.join(run["data"], "outpace.db"))
    tables.integrity()
    by_call_id = no_lead_twice(tables, carrier)
    none_lost(tables, run)
    abandoned(tables, carrier, by_call_id)
    interrupted_only_at_deaths(tables, deaths)
    retry_rules(tables, run)
    promises_kept(tables)
    do_not_call(tables, carrier, acknowledged)
    acknowledged_stands(tables, acknowledged)
    recordings(tables, run["data"])
    agents(tables)
    limits(carrier, run)
    no_zombie(carrier, deaths)
    ready = sorted(death["ready_ms"] for death in deaths if death.get("ready_ms"))
    talking = sorted(death["talking_ms"] for death in deaths if death.get("talking_ms"))
    print(f"{sum('died' in d for d in deaths)} deaths ({sum(d.get('by') == 'point' for d in deaths)} at fail points), "
          f"{len(carrier)} calls at the carrier, {len(tables.calls)} records, {len(tables.facts)} facts")
    print("; ".join(f"{name}: {count}" for name, count in sorted(NOTES.items())))
    if ready:
        print(f"ready after a start: median {ready[len(ready) // 2]} ms, worst {ready[-1]} ms")
    if talking:
        print(f"an agent talks after a start: median {talking[len(talking) // 2]} ms, worst {talking[-1]} ms")
    for invariant, texts in sorted(BROKEN.items()):
        print(f"{invariant} broken {len(texts)} times:")
        for text in texts[:8]:
            print(f"  {text}")
    if not carrier or not tables.calls:
        print("nothing was dialed: nothing was judged")
        return 1
    return 1 if BROKEN else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
