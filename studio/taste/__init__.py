"""What an artist likes, learnt from what they do, and what to show them next.

`features` turns works into numbers, `signals` turns events into comparisons, `belief` learns from
comparisons, `choosing` picks what to show and what to ask; `minds` keeps all of it per person.
"""
