"""What a day and a moment look like in JSON: RFC 3339, for schemas."""

FIRST_YEAR, LAST_YEAR = 1000, 2999
# The whole calendar of these years, so that a client can check a date by the contract alone.
DAYS_OF_EVERY_YEAR = (
    "((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
)
LEAP_YEAR = "([12][0-9](0[48]|[2468][048]|[13579][26])|(1[26]|2[048])00)"
DATE = f"^([12][0-9]{{3}}-{DAYS_OF_EVERY_YEAR}|{LEAP_YEAR}-02-29)"
HOUR_AND_MINUTE = r"([01][0-9]|2[0-3]):[0-5][0-9]"
TIME = rf"[Tt]{HOUR_AND_MINUTE}:[0-5][0-9](\.[0-9]{{1,9}})?([Zz]|[+-]{HOUR_AND_MINUTE})"
