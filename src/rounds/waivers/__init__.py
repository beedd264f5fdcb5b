"""Waivers: known faults that need not alarm for a while, in a row itself or in the file of its system."""
