"""A centre to begin with."""

from typing import Final

CENTRE: Final = """\
# A small back office: a week of it. `assigner simulate --sample` tries policies on it.
hours: 168

# Cases an hour: 1 number, 24 of a day or, as here, 168 of a week from Monday's midnight.
arrivals_per_hour: [
  0, 0, 0, 0, 0, 0, 2, 8, 16, 21, 23, 20, 16, 13, 16, 16, 15, 11, 8, 5, 4, 3, 2, 1,  # mon
  0, 0, 0, 0, 0, 0, 2, 8, 16, 21, 23, 20, 16, 13, 16, 16, 15, 11, 8, 5, 4, 3, 2, 1,  # tue
  0, 0, 0, 0, 0, 0, 2, 8, 16, 21, 23, 20, 16, 13, 16, 16, 15, 11, 8, 5, 4, 3, 2, 1,  # wed
  0, 0, 0, 0, 0, 0, 2, 8, 16, 21, 23, 20, 16, 13, 16, 16, 15, 11, 8, 5, 4, 3, 2, 1,  # thu
  0, 0, 0, 0, 0, 0, 2, 8, 16, 21, 23, 20, 16, 13, 16, 16, 15, 11, 8, 5, 4, 3, 2, 1,  # fri
  0, 0, 0, 0, 0, 0, 0, 1, 2, 4, 5, 5, 5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 0, 0,  # sat
  0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 2, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 0, 0,  # sun
]

# How uneven handling times are, deviation over mean: 0 always the same, 1 exponential.
variation: 1

# A category's `share` of the cases begins with it; `then` says what a case goes on with, and how often.
categories:
  invoice: {queue: billing, skills: {billing: 2}, handle_s: 900, share: 30}
  refund: {queue: billing, skills: {billing: 3}, handle_s: 600, share: 15, then: {invoice: 0.1}}
  breakdown:
    queue: technical
    skills: {technical: 2}
    handle_s: 1800
    share: 20
    priority: 75
    then: {visit: 0.3}
  visit: {queue: technical, skills: {technical: 1}, handle_s: 420, share: 0}
  complaint: {queue: complaints, skills: {writing: 3}, handle_s: 2700, share: 8, then: {refund: 0.3}}
  order: {queue: orders, skills: {orders: 1}, handle_s: 480, share: 27}

# What a queue promises from a task's arrival, and how long its clients wait before they leave.
queues:
  billing: {resolution_s: 28800}
  technical: {first_response_s: 7200}
  complaints: {resolution_s: 86400}
  orders: {resolution_s: 14400, patience_s: 172800}

# `pace` multiplies handling times; `handle_s` says an agent's own; `count` is how many are alike.
# Without `days` a shift is Monday's to Friday's; without shifts an agent is always there.
agents:
  ana: {skills: {billing: 5, writing: 4}, pace: 0.8, shifts: [{from: 08:00, until: 16:00}]}
  luis: {skills: {technical: 5, billing: 2}, handle_s: {invoice: 1800}, shifts: [{from: 09:00, until: 17:00}]}
  eva:
    skills: {billing: 3, orders: 4}
    shifts: [{from: 07:00, until: 12:00}, {from: 13:00, until: 16:00}]
  leo: {skills: {technical: 3, orders: 2}, pace: 1.2, declines: 0.03, shifts: [{from: 12:00, until: 20:00}]}
  mar: {skills: {writing: 5, orders: 3, billing: 3}, pace: 1.1, shifts: [{from: 10:00, until: 18:00}]}
  iker: {skills: {technical: 4}, shifts: [{from: 08:00, until: 16:00}]}
  sol: {skills: {orders: 5}, pace: 0.7, shifts: [{from: 09:00, until: 17:00}]}
  late:
    count: 2
    skills: {billing: 3, technical: 2, orders: 2, writing: 3}
    pace: 1.6
    shifts: [{days: [mon, tue, wed, thu, fri, sat, sun], from: 10:00, until: 22:00}]
"""
