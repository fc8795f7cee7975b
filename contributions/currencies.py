"""Currencies in use and how many digits their minor unit has (ISO 4217, list one)."""

from __future__ import annotations

from contributions.errors import ContributionError

_TWO_DIGITS = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA "
    "MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN "
    "QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
    "TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG"
)
_NO_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"

MINOR_DIGITS: dict[str, int] = (
    dict.fromkeys(_TWO_DIGITS.split(), 2)
    | dict.fromkeys(_NO_DIGITS.split(), 0)
    | dict.fromkeys(_THREE_DIGITS.split(), 3)
)
"""Currency code to the number of decimal digits of its minor unit."""


class CurrencyUnknown(ContributionError):
    """No currency in use has this code."""

    code = "currency_unknown"


def minor_digits(currency: str) -> int:
    """Return how many digits the minor unit of a currency has.

    >>> minor_digits("CNY"), minor_digits("JPY")
    (2, 0)

    Raises:
        CurrencyUnknown: Not an ISO 4217 code in use.
    """
    try:
        return MINOR_DIGITS[currency]
    except KeyError:
        raise CurrencyUnknown(
            f"{currency} is not a currency code of ISO 4217.", pointer="/currency"
        ) from None
