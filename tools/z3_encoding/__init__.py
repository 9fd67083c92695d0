"""An encoding of the specification for z3, written from its clauses and from AWS's JSON alone.

It shares no code and no design with the engine: that is its point. Clauses are cited as S0 to S12.
"""
